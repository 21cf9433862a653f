//! What is written in a tracker: the issue itself, the section in it, and comments of ours.

use anyhow::Result;

use super::leave::{Leave, holds, leaves};
use super::{Attempt, COMMENT_DELETED, Change, FULL, LOOK_BACK_MS, SETTLES};
use crate::crash_point;
use crate::domain::existing::Beside;
use crate::domain::ticket::Ticket;
use crate::flow::reconcile::Wanted;
use crate::flow::{Context, existing as others, policies};
use crate::http::RemoteError;
use crate::id::RolloutId;
use crate::plan::likely::Choice;
use crate::render::markers::{Marker, MarkerKind};
use crate::store::actions::Action;
use crate::store::rollouts;
use crate::time::UnixMs;
use crate::trackers::{Draft, IssueTracker, Revised, Written};

/// One attempt to write what is wanted of a ticket.
#[derive(Clone, Copy)]
pub(super) struct Writing<'a> {
    pub ctx: &'a Context,
    pub tracker: &'a dyn IssueTracker,
    pub action: &'a Action,
    pub ticket: &'a Ticket,
    pub wanted: &'a Wanted,
}

/// A comment of ours on an issue.
#[derive(Clone, Copy)]
struct Place<'a> {
    /// The issue.
    key: &'a str,
    /// Which of our comments.
    kind: MarkerKind,
    /// The tracker's id of it, where it is known.
    known: Option<&'a str>,
}

impl Writing<'_> {
    /// Makes the issue, or adopts what is there: ours of an earlier try, or somebody's own that says the same.
    pub async fn file(self) -> Result<Attempt> {
        let Self { ctx, tracker, action, ticket, wanted } = self;
        if let Some(at) = self.settles_at() {
            return Ok(Attempt::NotYet(at, SETTLES));
        }
        let marker = self.marker(MarkerKind::Section);
        let since = ticket.created_at.plus(-LOOK_BACK_MS);
        let found = match tracker.find(&ticket.target, &marker, since).await {
            Ok(found) => found,
            Err(error) => return Ok(Attempt::Failed { error, sent: false }),
        };
        crash_point!("hb.deliver.looked");
        if let Some(remote) = found.into_iter().next() {
            // What it says was wanted when it was made; the next look brings it to what is wanted now.
            return Ok(Attempt::Done(Change::Filed { remote, hash: None, notes: Vec::new() }, "adopted"));
        }
        // Once something may have been sent, ours is what there will be.
        let choice = match action.sent_at {
            None => others::look(ctx, tracker, ticket).await?,
            Some(_) => Choice::Mention(others::beside(ctx, ticket).await?.related),
        };
        let related = match choice {
            Choice::Link(to) => {
                // Whoever took the lease over may be filing ours.
                let ours = holds(ctx, action).await?;
                return Ok(if ours { Attempt::Done(Change::Linked(to), "linked") } else { Attempt::LostLease });
            }
            Choice::Mention(related) => related,
        };
        others::name(ctx, ticket, &related).await?;
        let wanted = &wanted.clone().naming(&related)?;
        let labels = labels(ctx, &ticket.rollout).await?;
        match leaves(ctx, action, true).await? {
            Leave::Now => {}
            Leave::Taken => return Ok(Attempt::LostLease),
            Leave::At(at) => return Ok(Attempt::NotYet(at, FULL)),
        }
        crash_point!("hb.deliver.checked");
        let draft = Draft {
            marker: &marker,
            title: &wanted.title,
            body: &wanted.body,
            labels: &labels,
            severity: wanted.severity,
        };
        let created = tracker.create(&ticket.target, &draft).await;
        crash_point!("hb.deliver.sent");
        Ok(match created {
            Ok(Written { remote, notes }) => {
                Attempt::Done(Change::Filed { remote, hash: Some(wanted.hash.clone()), notes }, "filed")
            }
            Err(error) => Attempt::Failed { error, sent: true },
        })
    }

    /// Brings our section to what is wanted.
    pub async fn revise(self, key: &str) -> Result<Attempt> {
        let Self { ctx, tracker, action, ticket, wanted } = self;
        if ticket.section_hash.as_deref() == Some(&wanted.hash) {
            return Ok(Attempt::Done(Change::None, "unchanged"));
        }
        let beside = others::beside(ctx, ticket).await?;
        if beside.linked {
            return self.say(key, &beside).await;
        }
        let marker = self.marker(MarkerKind::Section);
        let draft =
            Draft { marker: &marker, title: &wanted.title, body: &wanted.body, labels: &[], severity: wanted.severity };
        if !holds(ctx, action).await? {
            return Ok(Attempt::LostLease);
        }
        crash_point!("hb.deliver.checked");
        let revised = tracker.revise(&ticket.target, key, &draft).await;
        crash_point!("hb.deliver.sent");
        let hash = wanted.hash.clone();
        Ok(match revised {
            // The same content written twice is the same: nothing has to settle.
            Err(error) => Attempt::Failed { error, sent: false },
            Ok(Revised::Deleted) => Attempt::Done(Change::Dismissed, "dismissed"),
            Ok(Revised::Written) => Attempt::Done(Change::Revised { hash }, "revised"),
            Ok(Revised::Unchanged) => Attempt::Done(Change::Revised { hash }, "unchanged"),
        })
    }

    /// Brings the quotes' comment to what is wanted.
    pub async fn quote(self, key: &str) -> Result<Attempt> {
        let Self { ticket, wanted, .. } = self;
        if ticket.quotes_hash.as_deref() == Some(&wanted.hash) {
            return Ok(Attempt::Done(Change::None, "unchanged"));
        }
        let quoted = |comment, hash| Change::Quoted { comment, hash };
        let place = Place { key, kind: MarkerKind::Quotes, known: ticket.comment.as_deref() };
        self.comment(place, "quoted", quoted).await
    }

    /// Says in a comment of ours what would be our section, because the issue is somebody's own.
    async fn say(self, key: &str, beside: &Beside) -> Result<Attempt> {
        let said = |comment, hash| Change::Said { comment, hash };
        if beside.comment.as_deref() == Some(COMMENT_DELETED) {
            return Ok(Attempt::Done(said(COMMENT_DELETED.into(), self.wanted.hash.clone()), "unchanged"));
        }
        let place = Place { key, kind: MarkerKind::Section, known: beside.comment.as_deref() };
        self.comment(place, "revised", said).await
    }

    /// Puts a comment of ours. `outcome` is what to call that, `change` what it changes in the ticket.
    async fn comment(
        self,
        place: Place<'_>,
        outcome: &'static str,
        change: impl Fn(String, String) -> Change,
    ) -> Result<Attempt> {
        let Self { ctx, tracker, action, ticket, wanted } = self;
        if let Some(at) = self.settles_at() {
            return Ok(Attempt::NotYet(at, SETTLES));
        }
        let creates = place.known.is_none();
        let may = if creates {
            leaves(ctx, action, true).await?
        } else if holds(ctx, action).await? {
            Leave::Now
        } else {
            Leave::Taken
        };
        match may {
            Leave::Now => {}
            Leave::Taken => return Ok(Attempt::LostLease),
            Leave::At(at) => return Ok(Attempt::NotYet(at, FULL)),
        }
        crash_point!("hb.deliver.checked");
        let marker = self.marker(place.kind);
        let put = tracker.put_comment(&ticket.target, place.key, &marker, place.known, &wanted.body).await;
        crash_point!("hb.deliver.sent");
        let hash = wanted.hash.clone();
        Ok(match put {
            Ok(comment) => Attempt::Done(change(comment, hash), outcome),
            // It was there, and a person deleted it: that is a decision.
            Err(RemoteError::Gone { .. }) if !creates => {
                Attempt::Done(change(COMMENT_DELETED.into(), hash), "dismissed")
            }
            // No issue to comment on, in a place that is there: a person deleted it.
            Err(RemoteError::Gone { .. }) if tracker.check(&ticket.target).await.is_ok() => {
                Attempt::Done(Change::Dismissed, "dismissed")
            }
            Err(error) => Attempt::Failed { error, sent: creates },
        })
    }

    fn marker(self, kind: MarkerKind) -> Marker {
        let Self { ctx, ticket, .. } = self;
        Marker::sign(&ctx.secrets.marker, kind, ticket.tracker.as_str(), &ticket.rollout, ticket.subject())
    }

    /// When an earlier request of unknown outcome has settled; `None` where there is none or it has.
    fn settles_at(self) -> Option<UnixMs> {
        let settled = |sent: UnixMs| sent.plus(self.ctx.config.outbox.settle.ms());
        self.action.sent_at.map(settled).filter(|at| *at > self.ctx.now())
    }
}

/// The labels of a rollout's tickets, by the rules in force now.
async fn labels(ctx: &Context, rollout: &RolloutId) -> Result<Vec<String>> {
    let mut tx = ctx.db.read().await?;
    Ok(match rollouts::get(&mut tx, rollout).await? {
        Some(rollout) => policies::of(ctx, &mut tx, &rollout).await?.labels,
        None => ctx.config.policy().labels,
    })
}
