//! Which tickets a rollout wants, and why each other one is not wanted.

use serde_json::{Value, json};

use crate::domain::annotation::Intent;
use crate::domain::handling::Resolution;
use crate::domain::policy::{Policy, TicketMode};
use crate::domain::repo::RepoName;
use crate::domain::suggestion::{Answer, Said};
use crate::domain::tally::Tally;
use crate::domain::theme::Theme;
use crate::domain::ticket::{Severity, Ticket, TicketState, TrackerName};
use crate::domain::window::{Window, WindowState};
use crate::id::ThemeId;

/// Everything that the decision looks at.
#[derive(Clone, Copy, Debug)]
pub struct Picture<'a> {
    /// The rules in force.
    pub policy: &'a Policy,
    /// Whether the rules listen to this rollout at all.
    pub watched: bool,
    /// The repository of the rollout, where it has one.
    pub repo: Option<&'a RepoName>,
    /// The Jira project, where one is configured.
    pub jira_project: Option<&'a str>,
    /// The rollout's window.
    pub window: &'a Window,
    /// How people feel about it.
    pub tally: Tally,
    /// Its themes.
    pub themes: &'a [Theme],
    /// What was filed or wanted before.
    pub tickets: &'a [Ticket],
    /// What people said of tickets that would be filed.
    pub answers: &'a [Answer],
    /// Themes that a ticket of an earlier rollout is about, each with that ticket.
    pub returned: &'a [(ThemeId, Ticket)],
}

/// What is wanted for one subject in one tracker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// File it.
    File,
    /// It is there: keep it true.
    Keep,
    /// It would be filed if a person said yes.
    Suggest,
    /// It is not wanted, or not yet.
    Skip,
}

impl Verdict {
    /// The name that is stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Keep => "keep",
            Self::Suggest => "suggest",
            Self::Skip => "skip",
        }
    }
}

/// Why.
#[derive(Clone, Debug, PartialEq)]
pub enum Why {
    /// Enough distinct people say it.
    EnoughPeople {
        /// How many.
        people: i64,
        /// How many were asked for.
        min: i64,
    },
    /// Not enough do yet.
    TooFewPeople {
        /// How many.
        people: i64,
        /// How many are asked for.
        min: i64,
    },
    /// People are pleased: the report tells it, nobody has to act.
    Praise {
        /// How many.
        people: i64,
    },
    /// The engine is not sure enough of what people feel.
    Unsure {
        /// Mean confidence.
        confidence: f64,
        /// What is asked for.
        min: f64,
    },
    /// Somebody answered, so there is something to report.
    SomethingHeard {
        /// How many.
        people: i64,
    },
    /// The window is over, and its end is reported though nobody answered.
    EndWithoutSignal,
    /// Nobody answered yet.
    NothingHeard,
    /// The policy files nothing.
    SwitchedOff,
    /// The policy does not listen to this rollout.
    NotWatched,
    /// The policy wants a person's yes first.
    WantsApproval {
        /// How many people say it.
        people: i64,
    },
    /// A person said yes.
    SaidYes {
        /// Who.
        actor: String,
    },
    /// A person said no, and too few new people say it since.
    Refused {
        /// Who.
        actor: String,
        /// Why.
        reason: String,
        /// New people after whom it is offered again.
        min: i64,
    },
    /// A person said no, and enough new people say it since: it waits for another word.
    OfferedAgain {
        /// Who said no.
        actor: String,
        /// New people.
        fresh: i64,
    },
    /// It is wanted, and was not filed yet.
    OnItsWay,
    /// It was filed, and is kept true.
    FiledBefore,
    /// It was closed, and is kept true without a word until enough others say it.
    ClosedByPerson {
        /// Who closed it.
        by: String,
        /// As what.
        resolution: Resolution,
    },
    /// Nothing will be done about it: it is left alone until somebody opens it again.
    Muted {
        /// Who closed it.
        by: String,
    },
    /// A ticket of an earlier rollout is about it.
    CameBack {
        /// What that one is called.
        key: String,
    },
    /// A person deleted it.
    DeletedByPerson,
    /// It could not be filed; the ticket tells why.
    FailedBefore,
    /// The tracker needs to know where.
    NoTarget {
        /// Which tracker.
        tracker: TrackerName,
    },
}

impl Why {
    /// The reason as a sentence.
    pub fn sentence(&self) -> String {
        match self {
            Self::EnoughPeople { people, min } => format!("{people} distinct people say it; {min} were asked for"),
            Self::TooFewPeople { people, min } => format!("{people} of the {min} distinct people asked for say it"),
            Self::Praise { people } => format!("{people} people are pleased: the report tells it, nobody has to act"),
            Self::Unsure { confidence, min } => {
                format!("the reading is not sure enough: mean confidence {confidence:.2}, {min:.2} is asked for")
            }
            Self::SomethingHeard { people: 1 } => "1 person answered".into(),
            Self::SomethingHeard { people } => format!("{people} people answered"),
            Self::EndWithoutSignal => "the window is over and nobody answered: no signal is worth telling too".into(),
            Self::NothingHeard => "nobody answered yet".into(),
            Self::SwitchedOff => "policy.tickets is off".into(),
            Self::NotWatched => {
                "the policy does not watch this rollout: it names other flags, releases or environments".into()
            }
            Self::WantsApproval { people } => {
                format!("{people} distinct people say it; policy.tickets wants a person's yes before it is filed")
            }
            Self::SaidYes { actor } => format!("{actor} said yes"),
            Self::Refused { actor, reason, min } => {
                let because = if reason.is_empty() { String::new() } else { format!(" (“{reason}”)") };
                format!("{actor} refused it{because}; it is offered again once {min} more people say it")
            }
            Self::OfferedAgain { actor, fresh } => {
                format!("{actor} refused it, and {fresh} more people say it since: it wants another word")
            }
            Self::OnItsWay => "it is on its way; `hearback check` tells what holds it up".into(),
            Self::FiledBefore => "it is filed and kept true".into(),
            Self::ClosedByPerson { by, resolution } => {
                format!("{by} {}; it is kept true, and stays so until enough others say it", deed(*resolution))
            }
            Self::Muted { by } => {
                format!("{by} {}: it is left alone until somebody opens it again", deed(Resolution::NotPlanned))
            }
            Self::CameBack { key } => format!("it came back: {key}, of an earlier rollout, is about it"),
            Self::DeletedByPerson => "a person deleted it, so it is not filed again".into(),
            Self::FailedBefore => "it could not be filed; `hearback check` says what helps".into(),
            Self::NoTarget { tracker: TrackerName::GitHub } => {
                "no repository is known for this rollout; set policy.repository".into()
            }
            Self::NoTarget { tracker: TrackerName::Jira } => "no Jira project is known; set jira.project".into(),
            Self::NoTarget { tracker: TrackerName::Local } => "no folder is known; set local.dir".into(),
        }
    }

    /// The numbers behind it.
    pub fn evidence(&self) -> Value {
        match self {
            Self::EnoughPeople { people, min } | Self::TooFewPeople { people, min } => {
                json!({"people": people, "min_people": min})
            }
            Self::Unsure { confidence, min } => json!({"confidence": confidence, "min_confidence": min}),
            Self::Praise { people } | Self::SomethingHeard { people } | Self::WantsApproval { people } => {
                json!({"people": people})
            }
            Self::NoTarget { tracker } => json!({"tracker": tracker.as_str()}),
            Self::SaidYes { actor } => json!({"actor": actor}),
            Self::Refused { actor, reason, min } => json!({"actor": actor, "reason": reason, "min_people": min}),
            Self::OfferedAgain { actor, fresh } => json!({"actor": actor, "new_people": fresh}),
            Self::ClosedByPerson { by, .. } | Self::Muted { by } => json!({"by": by}),
            Self::CameBack { key } => json!({"key": key}),
            Self::EndWithoutSignal
            | Self::NothingHeard
            | Self::SwitchedOff
            | Self::NotWatched
            | Self::OnItsWay
            | Self::FiledBefore
            | Self::DeletedByPerson
            | Self::FailedBefore => json!({}),
        }
    }
}

/// One decision: about the report (`theme: None`) or a theme, in one tracker.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// The theme; `None` for the rollout's report.
    pub theme: Option<ThemeId>,
    /// The tracker.
    pub tracker: TrackerName,
    /// Where in it: repository, project, or empty for the local folder.
    pub target: String,
    /// What is wanted.
    pub verdict: Verdict,
    /// Why.
    pub why: Why,
}

/// Whether a ticket that is wanted and not there yet may still be filed: what was planned under other rules is not.
pub fn may_file(policy: &Policy, watched: bool, theme: Option<&ThemeId>, answers: &[Answer]) -> bool {
    let said_yes = || theme.is_some_and(|t| answers.iter().any(|a| a.theme == *t && a.said == Said::Yes));
    match policy.tickets {
        TicketMode::Off => said_yes(),
        TicketMode::Suggest | TicketMode::Approve => (watched && theme.is_none()) || said_yes(),
        TicketMode::Auto => watched || said_yes(),
    }
}

/// Themes smaller than this are not worth a recorded decision: most are one person's.
const WORTH_A_WORD: i64 = 2;

/// Decides about the report and every theme worth a word, in every tracker of the policy.
pub fn plan(p: &Picture<'_>) -> Vec<Decision> {
    p.policy.trackers.iter().flat_map(|tracker| in_tracker(p, *tracker)).collect()
}

fn in_tracker(p: &Picture<'_>, tracker: TrackerName) -> Vec<Decision> {
    let target = target(p.policy, p.repo, p.jira_project, tracker);
    let decide = |theme: Option<&Theme>| {
        let before = p.tickets.iter().find(|t| t.tracker == tracker && t.theme.as_ref() == theme.map(|t| &t.id));
        let returned = theme.and_then(|t| {
            p.returned.iter().find(|(id, ticket)| *id == t.id && ticket.tracker == tracker).map(|(_, ticket)| ticket)
        });
        let (verdict, why) = match (before.map(known).or_else(|| returned.map(came_back)), &target) {
            (Some(before), _) => before,
            (None, _) if !p.watched => (Verdict::Skip, Why::NotWatched),
            (None, None) => (Verdict::Skip, Why::NoTarget { tracker }),
            (None, Some(_)) => theme.map_or_else(|| report(p), |t| about_theme(p, t)),
        };
        let target = before.map(|t| t.target.clone()).or_else(|| target.clone()).unwrap_or_default();
        Decision { theme: theme.map(|t| t.id.clone()), tracker, target, verdict, why }
    };
    let themes = p.themes.iter().filter(|t| {
        t.tally.people() >= WORTH_A_WORD.min(p.policy.min_people)
            || p.tickets.iter().any(|k| k.theme.as_ref() == Some(&t.id))
    });
    std::iter::once(decide(None)).chain(themes.map(|t| decide(Some(t)))).collect()
}

/// What follows from what was done before.
fn known(ticket: &Ticket) -> (Verdict, Why) {
    match ticket.state {
        TicketState::Wanted => (Verdict::Keep, Why::OnItsWay),
        TicketState::Filed => match (ticket.handling.decided.resolution, ticket.handling.decided.by.clone()) {
            (Resolution::Open, _) => (Verdict::Keep, Why::FiledBefore),
            (Resolution::NotPlanned, by) => (Verdict::Skip, Why::Muted { by }),
            (resolution @ (Resolution::Completed | Resolution::Duplicate), by) => {
                (Verdict::Keep, Why::ClosedByPerson { by, resolution })
            }
        },
        TicketState::Dismissed => (Verdict::Skip, Why::DeletedByPerson),
        TicketState::Failed => (Verdict::Skip, Why::FailedBefore),
    }
}

/// What follows where a ticket of an earlier rollout is about a theme.
fn came_back(ticket: &Ticket) -> (Verdict, Why) {
    if ticket.handling.decided.resolution == Resolution::NotPlanned {
        return (Verdict::Skip, Why::Muted { by: ticket.handling.decided.by.clone() });
    }
    (Verdict::Keep, Why::CameBack { key: ticket.key.clone().unwrap_or_default() })
}

/// What was done to it, as people say it.
fn deed(resolution: Resolution) -> &'static str {
    match resolution {
        Resolution::Open => "opened it again",
        Resolution::Completed => "closed it as completed",
        Resolution::Duplicate => "closed it as a duplicate",
        Resolution::NotPlanned => "closed it as not planned",
    }
}

/// Where tickets of this rollout go in a tracker, by the settings of now.
pub fn target(
    policy: &Policy,
    repo: Option<&RepoName>,
    jira_project: Option<&str>,
    tracker: TrackerName,
) -> Option<String> {
    match tracker {
        TrackerName::GitHub => repo.or(policy.repository.as_ref()).map(ToString::to_string),
        TrackerName::Jira => jira_project.map(ToOwned::to_owned),
        TrackerName::Local => Some(String::new()),
    }
}

fn report(p: &Picture<'_>) -> (Verdict, Why) {
    let people = p.tally.people();
    match (p.policy.tickets, people) {
        (TicketMode::Off, _) => (Verdict::Skip, Why::SwitchedOff),
        (_, 1..) => (Verdict::File, Why::SomethingHeard { people }),
        _ if p.window.state == WindowState::Closed => (Verdict::File, Why::EndWithoutSignal),
        _ => (Verdict::Skip, Why::NothingHeard),
    }
}

fn about_theme(p: &Picture<'_>, theme: &Theme) -> (Verdict, Why) {
    let policy = p.policy;
    let (people, min) = (theme.tally.people(), policy.min_people);
    let confidence = theme.confidence();
    let answer = p.answers.iter().find(|a| a.theme == theme.id).filter(|a| a.said != Said::TakenBack);
    if policy.tickets == TicketMode::Off {
        (Verdict::Skip, Why::SwitchedOff)
    } else if let Some(Answer { said: Said::Yes, actor, .. }) = answer {
        (Verdict::File, Why::SaidYes { actor: actor.clone() })
    } else if let Some(no) = answer.filter(|a| a.refuses(people, min)) {
        (Verdict::Skip, Why::Refused { actor: no.actor.clone(), reason: no.reason.clone(), min })
    } else if people < min {
        (Verdict::Skip, Why::TooFewPeople { people, min })
    } else if pleased(theme) {
        (Verdict::Skip, Why::Praise { people })
    } else if confidence < policy.min_confidence {
        (Verdict::Skip, Why::Unsure { confidence, min: policy.min_confidence })
    } else if let Some(no) = answer {
        // Also where everything is filed: after a person's no a person says yes.
        (Verdict::Suggest, Why::OfferedAgain { actor: no.actor.clone(), fresh: no.fresh(people) })
    } else if policy.tickets == TicketMode::Auto {
        (Verdict::File, Why::EnoughPeople { people, min })
    } else {
        (Verdict::Suggest, Why::WantsApproval { people })
    }
}

/// Whether a theme is praise: most of its people are happy, and they neither report nor ask for anything.
pub fn pleased(theme: &Theme) -> bool {
    let happy = theme.tally.positive * 2 > theme.tally.people();
    happy && matches!(theme.intent(), None | Some(Intent::Praise | Intent::Other))
}

/// How much a theme hurts: by what people want, how unhappy they are, and how many they are.
///
/// A bug is high, a usability problem or an unhappy majority medium, anything else low; one grade more from four times
/// the people that the policy asks for.
pub fn severity(theme: &Theme, policy: &Policy) -> Severity {
    let people = theme.tally.people();
    let unhappy = theme.tally.negative * 2 >= people.max(1);
    let base = match theme.intent() {
        Some(Intent::Bug) if unhappy => Severity::High,
        Some(Intent::Bug | Intent::Usability) => Severity::Medium,
        Some(Intent::Request | Intent::Question | Intent::Praise | Intent::Other) | None if unhappy => Severity::Medium,
        Some(Intent::Request | Intent::Question | Intent::Praise | Intent::Other) | None => Severity::Low,
    };
    if people < policy.min_people.saturating_mul(4) {
        return base;
    }
    match base {
        Severity::Low => Severity::Medium,
        Severity::Medium | Severity::High => Severity::High,
    }
}
