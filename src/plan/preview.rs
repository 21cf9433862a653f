//! What a policy would have filed: what is remembered of past rollouts is gone through again, statement by statement,
//! under other rules. Each person counts with the latest that they said.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::tickets::{self, Picture, Verdict};
use super::windows::{self, Heard};
use crate::domain::feedback::Feedback;
use crate::domain::policy::Policy;
use crate::domain::repo::RepoName;
use crate::domain::rollout::{End, Rollout};
use crate::domain::tally::Tally;
use crate::domain::theme::Theme;
use crate::domain::ticket::Ticket;
use crate::domain::window::Window;
use crate::id::{ThemeId, TicketId};
use crate::time::UnixMs;

/// Steps of a window at one moment; more would mean that the rules go in a circle.
const STEPS_MAX: usize = 8;

/// A rollout of the past.
#[derive(Clone, Debug)]
pub struct Past {
    /// What the signals say of it.
    pub rollout: Rollout,
    /// The repository that it belongs to.
    pub home: Option<RepoName>,
    /// What people said of it, each their latest.
    pub said: Vec<Feedback>,
}

/// A ticket that would have been filed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Would {
    /// What it is about; `None` for the rollout's report.
    pub theme: Option<ThemeId>,
    /// When.
    pub at: UnixMs,
    /// Whether the rollout was taken back later.
    pub before_rollback: bool,
}

/// What would have become of one rollout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The rollout, for people.
    pub label: String,
    /// Why nobody would have listened, where that is so.
    pub deaf: Option<String>,
    /// Tickets.
    pub filed: Vec<Would>,
    /// Themes that would have waited for a person's yes.
    pub suggested: usize,
}

/// What a policy would have come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    /// How far back was looked, days.
    pub days: i64,
    /// Each rollout, as given.
    pub outcomes: Vec<Outcome>,
}

impl Preview {
    /// Goes through all of it again.
    pub fn of(policy: &Policy, past: &[Past], jira_project: Option<&str>, days: i64, now: UnixMs) -> Self {
        Self { days, outcomes: past.iter().map(|p| replay(p, policy, jira_project, now)).collect() }
    }

    /// Tickets that would have been filed.
    pub fn filed(&self) -> usize {
        self.outcomes.iter().map(|o| o.filed.len()).sum()
    }

    /// Of these, the ones of rollouts that were taken back later.
    pub fn before_rollback(&self) -> usize {
        self.outcomes.iter().flat_map(|o| &o.filed).filter(|w| w.before_rollback).count()
    }

    /// Themes that would have waited for a yes.
    pub fn suggested(&self) -> usize {
        self.outcomes.iter().map(|o| o.suggested).sum()
    }

    /// What it comes to, as a sentence or two.
    pub fn sentence(&self) -> String {
        let days = self.days;
        if self.outcomes.is_empty() {
            return format!("There is no rollout of the last {days} days on which this policy can be tried.");
        }
        let issues = counted(self.filed(), "issue");
        let mut said = format!("This policy would have filed {issues} in the last {days} days");
        match self.before_rollback() {
            0 => {}
            n => _ = write!(said, ", {n} of them before the rollback"),
        }
        said.push('.');
        if self.suggested() > 0 {
            let waiting = counted(self.suggested(), "theme");
            let _ = write!(said, " In the report {waiting} would have waited for a yes.");
        }
        let deaf = self.outcomes.iter().filter(|o| o.deaf.is_some()).count();
        if deaf > 0 {
            let _ = write!(said, " It does not watch {deaf} of {}.", counted(self.outcomes.len(), "rollout"));
        }
        said
    }
}

fn counted(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

/// One rollout gone through again.
pub fn replay(past: &Past, policy: &Policy, jira_project: Option<&str>, now: UnixMs) -> Outcome {
    let mut state = State::of(past, policy, jira_project);
    let mut said: Vec<&Feedback> = past.said.iter().collect();
    said.sort_by(|a, b| a.occurred_at.cmp(&b.occurred_at).then_with(|| a.id.cmp(&b.id)));
    let begin = past.rollout.started_at.unwrap_or(now);
    for item in said {
        // What was said before it began was joined to it when it did.
        let at = item.occurred_at.max(begin);
        state.step(at);
        if state.window.state.collects() {
            state.count(item);
            state.step(at);
            state.decide(at);
        }
    }
    state.step(now);
    state.decide(now);
    Outcome {
        label: past.rollout.label(),
        deaf: policy.deaf_to(&past.rollout),
        filed: state.filed,
        suggested: state.suggested.len(),
    }
}

/// How things would have stood at a moment.
struct State<'a> {
    past: &'a Past,
    policy: &'a Policy,
    jira_project: Option<&'a str>,
    window: Window,
    tally: Tally,
    themes: BTreeMap<ThemeId, Theme>,
    tickets: Vec<Ticket>,
    filed: Vec<Would>,
    suggested: BTreeSet<ThemeId>,
}

impl<'a> State<'a> {
    fn of(past: &'a Past, policy: &'a Policy, jira_project: Option<&'a str>) -> Self {
        Self {
            past,
            policy,
            jira_project,
            window: Window::unborn(past.rollout.id.clone()),
            tally: Tally::default(),
            themes: BTreeMap::new(),
            tickets: Vec::new(),
            filed: Vec::new(),
            suggested: BTreeSet::new(),
        }
    }

    /// Takes every step that would have been due.
    fn step(&mut self, at: UnixMs) {
        let rollout = as_of(&self.past.rollout, at);
        let heard = Heard { people: self.tally.people(), unread: false };
        for _ in 0..STEPS_MAX {
            let Some(step) = windows::next(&self.window, &rollout, self.policy, heard, at) else { return };
            self.window = self.window.after(&step);
        }
    }

    fn count(&mut self, item: &Feedback) {
        let Some(reading) = &item.annotation else { return };
        self.tally.add(reading.sentiment, 1);
        if let Some(id) = &item.theme {
            let theme = self.themes.entry(id.clone()).or_insert_with(|| Theme::begun(id.clone(), item.occurred_at));
            theme.count(item, 1);
        }
    }

    fn decide(&mut self, at: UnixMs) {
        let themes: Vec<Theme> = self.themes.values().cloned().collect();
        let decided = tickets::plan(&Picture {
            policy: self.policy,
            watched: self.policy.listens_to(&self.past.rollout),
            repo: self.past.home.as_ref(),
            jira_project: self.jira_project,
            window: &self.window,
            tally: self.tally,
            themes: &themes,
            tickets: &self.tickets,
            // What a policy would do by itself.
            answers: &[],
            returned: &[],
        });
        let rolled_back = self.past.rollout.ended.filter(|(_, how)| *how == End::RolledBack).map(|(at, _)| at);
        for d in decided {
            match (d.verdict, d.theme) {
                (Verdict::File, theme) => {
                    let id = TicketId(format!("preview-{}", self.tickets.len()));
                    let rollout = &self.past.rollout.id;
                    self.tickets.push(Ticket::wanted(id, rollout, theme.as_ref(), d.tracker, d.target, at));
                    self.filed.push(Would { theme, at, before_rollback: rolled_back.is_some_and(|end| at < end) });
                }
                (Verdict::Suggest, Some(theme)) => {
                    self.suggested.insert(theme);
                }
                (Verdict::Suggest, None) | (Verdict::Keep | Verdict::Skip, _) => {}
            }
        }
    }
}

/// What was known of a rollout at a moment.
fn as_of(rollout: &Rollout, at: UnixMs) -> Rollout {
    let mut then = rollout.clone();
    then.started_at = then.started_at.filter(|t| *t <= at);
    then.full_since = then.full_since.filter(|t| *t <= at);
    then.ended = then.ended.filter(|(t, _)| *t <= at);
    then.stages.retain(|stage| stage.from <= at);
    then
}

#[cfg(test)]
mod tests;
