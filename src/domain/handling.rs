//! What people do with a ticket in its tracker: close it, open it again, say that nothing will be done about it.

use serde::{Deserialize, Serialize};

use super::ticket::TrackerName;
use crate::time::UnixMs;

/// Where a ticket stands with the people who work on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resolution {
    /// Somebody is to act, or acts.
    Open,
    /// What was to be done is done.
    Completed,
    /// Another ticket says the same: people go on there.
    Duplicate,
    /// Nothing will be done about it: it is muted.
    NotPlanned,
}

impl Resolution {
    const ALL: [Self; 4] = [Self::Open, Self::Completed, Self::Duplicate, Self::NotPlanned];

    /// The name that is stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Completed => "completed",
            Self::Duplicate => "duplicate",
            Self::NotPlanned => "not_planned",
        }
    }

    /// Reads [`Self::as_str`] back.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|r| r.as_str() == text)
    }

    /// Whether somebody is to act.
    pub fn is_open(self) -> bool {
        self == Self::Open
    }

    /// Whether both are open, or both closed: a tracker may know no reasons.
    pub fn agrees(self, other: Self) -> bool {
        self.is_open() == other.is_open()
    }

    /// What was done, for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Open => "opened again",
            Self::Completed => "closed as completed",
            Self::Duplicate => "closed as a duplicate",
            Self::NotPlanned => "closed as not planned",
        }
    }
}

/// What a tracker showed of a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Where it stands.
    pub resolution: Resolution,
    /// When the ticket last changed, by the tracker's clock: what is older is not news.
    pub version: UnixMs,
    /// Since when it stands so, where the tracker tells.
    pub since: Option<UnixMs>,
}

impl Seen {
    /// Whether its state changed from what was seen before, there and back included where the tracker tells since when.
    pub fn differs_from(&self, before: &Self) -> bool {
        self.resolution != before.resolution || self.is_later_than(before)
    }

    /// Whether it came to its state later than to the one before.
    pub fn is_later_than(&self, before: &Self) -> bool {
        self.since.zip(before.since).is_some_and(|(now, then)| now > then)
    }

    /// The moment that its state counts by.
    pub fn at(&self) -> UnixMs {
        self.since.unwrap_or(self.version)
    }
}

/// What was last decided of what a ticket is about, whichever tracker it was said in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// What.
    pub resolution: Resolution,
    /// When; the beginning of time where nobody decided anything yet.
    pub at: UnixMs,
    /// Who: a person's name in the tracker, or hearback.
    pub by: String,
    /// Why, for people; empty where nobody said.
    pub why: String,
}

/// What is known of a ticket's state in its tracker, and what it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handling {
    /// What the tracker showed last.
    pub seen: Seen,
    /// Whether that is certain: two changes at one moment can't be told apart, so the tracker is asked.
    pub sure: bool,
    /// Whether hearback made it so: what people did before that may not have been heard yet.
    pub ours: bool,
    /// What was decided.
    pub decided: Decided,
}

impl Default for Handling {
    fn default() -> Self {
        let decided = Decided { resolution: Resolution::Open, at: UnixMs(0), by: String::new(), why: String::new() };
        let seen = Seen { resolution: Resolution::Open, version: UnixMs(0), since: None };
        Self { seen, sure: true, ours: false, decided }
    }
}

/// An account of a tracker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// What the tracker calls it: a login, an account's id.
    pub id: String,
    /// What people call it.
    pub name: String,
}

/// What happened to a ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Its state changed; the fact tells to what.
    Settled,
    /// It has a label more.
    Labelled(String),
    /// It has a label less.
    Unlabelled(String),
    /// Somebody is to work on it; `None`: nobody any more.
    Assigned(Option<String>),
    /// It has another title.
    Retitled(String),
    /// It lives elsewhere now.
    Moved {
        /// The repository or project.
        target: String,
        /// What it is called there.
        key: String,
        /// Where people open it, where that is told.
        url: Option<String>,
    },
    /// It is gone.
    Deleted,
    /// Something that hearback does not look at; the fact tells where the ticket stands all the same.
    Other,
}

impl Change {
    /// The name that is stored and shown.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Settled => "settled",
            Self::Labelled(_) => "labelled",
            Self::Unlabelled(_) => "unlabelled",
            Self::Assigned(_) => "assigned",
            Self::Retitled(_) => "retitled",
            Self::Moved { .. } => "moved",
            Self::Deleted => "deleted",
            Self::Other => "changed",
        }
    }

    /// What was done, for people; a label or a title is not told, only that it changed.
    pub fn words(&self) -> String {
        match self {
            Self::Settled => "changed its state".into(),
            Self::Labelled(_) => "gave it a label".into(),
            Self::Unlabelled(_) => "took a label away".into(),
            Self::Assigned(Some(_)) => "assigned it".into(),
            Self::Assigned(None) => "took it from who had it".into(),
            Self::Retitled(_) => "gave it another title, which stays".into(),
            Self::Moved { target, key, .. } => format!("moved it to {key} in {target}"),
            Self::Deleted => "deleted it".into(),
            Self::Other => "changed it".into(),
        }
    }
}

/// A change of a ticket, as its tracker tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TicketChange {
    /// In which tracker.
    pub tracker: TrackerName,
    /// Where: the repository or the project.
    pub target: String,
    /// Which: `41`, `SHOP-7`.
    pub key: String,
    /// What happened.
    pub change: Change,
    /// Where the ticket stood after it; told with every change, so that one that got lost is made good by the next.
    pub seen: Option<Seen>,
    /// What the tracker calls the way it ended, where it does: a resolution, a status.
    pub ended_as: Vec<String>,
    /// Who did it.
    pub by: Option<Account>,
}

/// Names of resolutions and statuses that mean that nothing will be done, apart from spelling.
const NOT_PLANNED: &[&str] = &[
    "wontdo",
    "wontfix",
    "willnotdo",
    "willnotfix",
    "notplanned",
    "declined",
    "rejected",
    "canceled",
    "cancelled",
    "abandoned",
    "obsolete",
    "wirdnichterledigt",
    "abgelehnt",
];

/// What a closed ticket was closed as, by what its tracker calls that; `not_planned` are further names that mean that
/// nothing will be done.
pub fn closed_as(names: &[&str], not_planned: &[String]) -> Resolution {
    let plain =
        |name: &str| -> String { name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect() };
    let known = |name: &&str| {
        let name = plain(name);
        NOT_PLANNED.contains(&name.as_str()) || not_planned.iter().any(|own| plain(own) == name)
    };
    if names.iter().any(known) {
        Resolution::NotPlanned
    } else if names.iter().any(|name| plain(name).contains("duplicate")) {
        Resolution::Duplicate
    } else {
        Resolution::Completed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_ends_mean_what_people_mean() {
        for (names, own, meant) in [
            (&["Done"][..], &[][..], Resolution::Completed),
            (&["Won't Do", "Done"], &[], Resolution::NotPlanned),
            (&["Won’t fix"], &[], Resolution::NotPlanned),
            (&["WONTFIX"], &[], Resolution::NotPlanned),
            (&["Cancelled"], &[], Resolution::NotPlanned),
            (&["Closed as Duplicate"], &[], Resolution::Duplicate),
            (&["Nope"], &[], Resolution::Completed),
            (&["Nope"], &["nope"], Resolution::NotPlanned),
            (&[], &["nope"], Resolution::Completed),
        ] {
            let own: Vec<String> = own.iter().map(|n: &&str| (*n).to_owned()).collect();
            assert_eq!(closed_as(names, &own), meant, "{names:?} {own:?}");
        }
    }
}
