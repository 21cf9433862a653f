//! What people say, counted beside what they do. A person's part is made anew from their statements whenever one was read,
//! corrected or found to be spam, so that it is always what the readings say now.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;

use super::exposures::is_control;
use super::fold::Fold;
use super::prepare::segment;
use super::usage;
use crate::analysis::usage::{Arm, Channel, Class, Item, Moment, Said, class_of, number_of};
use crate::domain::feedback::Feedback;
use crate::flow::Context;
use crate::id::RolloutId;
use crate::store::Tx;
use crate::store::usage::baseline::{self, BaselineCell, Uttered};
use crate::time::{DAY_MS, UnixMs};

/// What comes this long after it was said was brought in afterwards, ms: it must alarm nobody now.
const BACKFILL_MS: i64 = 3 * DAY_MS;

/// Counts what these statements say now. Called under the lock of their rollout, after they were read or taken back.
pub async fn hear(ctx: &Context, tx: &mut Tx, rollout: Option<&RolloutId>, items: &[&Feedback]) -> Result<()> {
    if items.is_empty() {
        return Ok(());
    }
    usage::alone(tx).await?;
    if let Some(rollout) = rollout {
        in_rollout(ctx, tx, rollout, items).await?;
    }
    let days: BTreeSet<(&str, i64)> =
        items.iter().map(|f| (f.person.as_str(), f.occurred_at.0.div_euclid(DAY_MS))).collect();
    for (person, day) in days {
        on_day(ctx, tx, person, day).await?;
    }
    Ok(())
}

async fn in_rollout(ctx: &Context, tx: &mut Tx, rollout: &RolloutId, items: &[&Feedback]) -> Result<()> {
    let persons: BTreeMap<&str, bool> = items.iter().map(|f| (f.person.as_str(), f.anonymous)).collect();
    let everybody: Vec<&str> = persons.keys().copied().collect();
    let mut fold = Fold::load(ctx, tx, &everybody).await?;
    if fold.meet(tx, rollout).await?.is_none() {
        return Ok(());
    }
    let mut said = Vec::new();
    let mut words = BTreeMap::new();
    for (person, anonymous) in &persons {
        let uttered = baseline::in_rollout(tx, person, rollout).await?;
        let segments = uttered.iter().filter_map(|u| Some((segment_of(ctx, u)?, u.occurred_at)));
        let segments: Vec<(String, UnixMs)> = segments.collect();
        words.extend(segments.iter().map(|(name, _)| (number_of("segment", name), name.clone())));
        said.push((*person, *anonymous, uttered, segments));
    }
    let known = usage::name(tx, &words).await?;
    fold.named(words);
    for (person, anonymous, uttered, segments) in said {
        for (name, at) in segments {
            let id = number_of("segment", &name);
            if !known.contains(&id) {
                continue;
            }
            if anonymous {
                let class = fold.register(rollout).map_or(id, |r| {
                    r.divide(id, &name);
                    r.class(id)
                });
                fold.row(person, rollout).belong(class, at);
            } else {
                fold.person(person).belong(id, at);
            }
        }
        if let Some(register) = fold.register(rollout) {
            register.engines.extend(uttered.iter().filter_map(|u| u.reading.as_ref()).map(|r| r.engine.clone()));
        }
        let row = fold.row(person, rollout);
        row.said = Said::of(uttered.iter().filter_map(|u| item(ctx, u)));
        if uttered.is_empty() && row.stages.is_empty() {
            // Nobody is there whose segment or deeds could count.
            *row = crate::analysis::usage::Participant::default();
        }
    }
    fold.settle(tx).await?;
    fold.save(tx).await
}

/// A statement as it counts.
fn item(ctx: &Context, u: &Uttered) -> Option<Item> {
    let reading = u.reading.as_ref()?;
    let channel = Channel::of(&u.channel);
    let backfill = channel == Channel::Imported || u.received_at.since(u.occurred_at) > BACKFILL_MS;
    #[expect(clippy::cast_possible_truncation, reason = "a score from -1 to 1 in millionths")]
    let score_micro = (reading.score.clamp(-1.0, 1.0) * 1e6).round() as i32;
    Some(Item {
        when: Moment { at: u.occurred_at, received: u.received_at, backfill },
        class: class_of(reading, u.rating),
        channel,
        score_micro,
        told: u.variant.as_deref().map(|v| if is_control(ctx, Some(v)) { Arm::Control } else { Arm::Treated }),
    })
}

fn segment_of(ctx: &Context, u: &Uttered) -> Option<String> {
    segment(&ctx.config.people.segment, &u.attributes)
}

/// Counts in the baseline what a person said on a day: the first statement that was read and meant.
async fn on_day(ctx: &Context, tx: &mut Tx, person: &str, day: i64) -> Result<()> {
    let uttered = baseline::between(tx, person, UnixMs(day * DAY_MS), UnixMs((day + 1) * DAY_MS)).await?;
    let mut spoken = false;
    for u in uttered {
        let counts = item(ctx, &u).filter(|_| !spoken);
        spoken |= counts.is_some();
        let wanted = counts.filter(|i| i.class != Class::Uncertain).map(|i| Counted {
            channel: i.channel,
            class: i.class,
            segment: segment_of(ctx, &u).unwrap_or_default(),
        });
        let written = wanted.as_ref().map(Counted::words);
        if written == u.baseline {
            continue;
        }
        if let Some(old) = u.baseline.as_deref().and_then(Counted::parse) {
            baseline::add(tx, &old.cell(day, -1)).await?;
        }
        if let Some(new) = &wanted {
            baseline::add(tx, &new.cell(day, 1)).await?;
        }
        baseline::note(tx, &u.id, written.as_deref()).await?;
    }
    Ok(())
}

/// What a statement counts in the baseline, as it is noted beside it.
pub struct Counted {
    channel: Channel,
    class: Class,
    segment: String,
}

impl Counted {
    fn words(&self) -> String {
        let class = match self.class {
            Class::Negative => "neg",
            Class::Positive => "pos",
            Class::Uncertain | Class::Other => "other",
        };
        format!("{}.{class}.{}", self.channel.as_str(), self.segment)
    }

    /// Reads what is noted.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '.');
        let channel = Channel::parse(parts.next()?)?;
        let class = match parts.next()? {
            "neg" => Class::Negative,
            "pos" => Class::Positive,
            _ => Class::Other,
        };
        Some(Self { channel, class, segment: parts.next()?.to_owned() })
    }

    /// What it adds to its day, `n` times.
    pub fn cell(&self, day: i64, n: i64) -> BaselineCell {
        let of = |class: Class| if self.class == class { n } else { 0 };
        BaselineCell {
            day,
            segment: self.segment.clone(),
            channel: self.channel.as_str().to_owned(),
            n,
            neg: of(Class::Negative),
            pos: of(Class::Positive),
        }
    }
}
