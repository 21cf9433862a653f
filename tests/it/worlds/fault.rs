//! What can go wrong with one request, and the queue of what shall.

use super::ask::Answer;

/// One thing that goes wrong. "Before" and "after" are seen from the effect: an issue made, a comment edited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// This status with the provider's error body; nothing happened.
    Status(u16),
    /// It happened, then this status.
    StatusAfter(u16),
    /// The connection closes without an answer; nothing happened.
    DropBefore,
    /// It happened, then the connection closes without an answer.
    DropAfter,
    /// A pause, then all goes well; nothing happens when the client leaves first.
    Hang {
        /// How long.
        ms: u64,
    },
    /// It happened, then a pause before the answer.
    HangAfter {
        /// How long.
        ms: u64,
    },
    /// No answer, and it happens this much later, whether or not the client is still there.
    LateEffect {
        /// How much later.
        ms: u64,
    },
    /// It happened; the right status, and half of the JSON document as a whole, well-formed answer.
    TruncatedJson,
    /// It happened; the right status, half of the promised bytes, then the connection closes.
    BodyCut,
    /// `200` with somebody's HTML page; nothing happened.
    HtmlPage,
    /// It happened, then `200` with somebody's HTML page.
    HtmlPageAfter,
    /// GitHub `403` by its secondary limit; Jira `429` by burst. The header as it is sent, or none.
    SecondaryLimit {
        /// `Retry-After`: seconds, a date, or nonsense.
        retry_after: Option<&'static str>,
    },
    /// Nothing remains until a moment: GitHub `403` with `x-ratelimit-reset`, Jira `429` with `X-RateLimit-Reset`.
    PrimaryLimit {
        /// Seconds from now until the reset; negative for a server whose clock is behind.
        reset_in_s: i64,
    },
    /// `429`, with `RateLimit-Reason` on Jira.
    TooMany {
        /// `jira-burst-based`, `jira-per-issue-on-write`, `jira-quota-tenant-based`, …
        reason: &'static str,
        /// `Retry-After`: seconds, a date, or nonsense.
        retry_after: Option<&'static str>,
    },
    /// `401`.
    Unauthorized,
    /// `403` without any sign of a limit: the permission is missing.
    NotAccessible,
    /// GitHub `422`, Jira `400`, with the field named.
    Validation {
        /// The field.
        field: &'static str,
        /// GitHub's code; Jira's sentence about the field.
        code: &'static str,
    },
}

/// What a request meets.
pub enum Course {
    /// Answer instead of doing it.
    Refuse(Answer),
    /// Do it, then say this instead.
    DoThenSay(Answer),
    /// Close without an answer, having done it or not.
    HangUp {
        /// Whether it is done first.
        done: bool,
    },
    /// Wait, before doing it or after.
    Wait {
        /// How long.
        ms: u64,
        /// Whether it is done first.
        done: bool,
    },
    /// Do it later, unseen.
    Later {
        /// How much later.
        ms: u64,
    },
    /// Do it and send half of the answer.
    Half {
        /// Whether the other half was promised.
        promised: bool,
    },
}

impl Fault {
    /// What to do about it, with the provider's own words for a status.
    pub fn course(self, refusal: impl Fn(Self) -> Answer) -> Course {
        let page = || Answer::html(200, "<html><body><h1>We'll be right back</h1></body></html>");
        match self {
            Self::StatusAfter(status) => Course::DoThenSay(refusal(Self::Status(status))),
            Self::DropBefore => Course::HangUp { done: false },
            Self::DropAfter => Course::HangUp { done: true },
            Self::Hang { ms } => Course::Wait { ms, done: false },
            Self::HangAfter { ms } => Course::Wait { ms, done: true },
            Self::LateEffect { ms } => Course::Later { ms },
            Self::TruncatedJson => Course::Half { promised: false },
            Self::BodyCut => Course::Half { promised: true },
            Self::HtmlPage => Course::Refuse(page()),
            Self::HtmlPageAfter => Course::DoThenSay(page()),
            Self::Status(_)
            | Self::SecondaryLimit { .. }
            | Self::PrimaryLimit { .. }
            | Self::TooMany { .. }
            | Self::Unauthorized
            | Self::NotAccessible
            | Self::Validation { .. } => Course::Refuse(refusal(self)),
        }
    }
}

/// The faults to come, in order, each for one call or for every call.
#[derive(Debug)]
pub struct Faults<C> {
    planned: Vec<Planned<C>>,
}

#[derive(Debug)]
struct Planned<C> {
    call: Option<C>,
    fault: Fault,
    /// How often it still happens; `None` for until healed.
    left: Option<u32>,
}

impl<C> Default for Faults<C> {
    fn default() -> Self {
        Self { planned: Vec::new() }
    }
}

impl<C: Copy + PartialEq + std::fmt::Debug> Faults<C> {
    /// Plans `fault` for `call` (`None`: any), `times` (`None`: until healed).
    pub fn plan(&mut self, call: Option<C>, times: Option<u32>, fault: Fault) {
        self.planned.push(Planned { call, fault, left: times });
    }

    /// The fault that this request meets; the first planned that fits.
    pub fn take(&mut self, call: C) -> Option<Fault> {
        let at = self.planned.iter().position(|p| p.call.is_none_or(|c| c == call) && p.left != Some(0))?;
        let planned = &mut self.planned[at];
        let fault = planned.fault;
        planned.left = planned.left.map(|n| n - 1);
        if planned.left == Some(0) {
            self.planned.remove(at);
        }
        Some(fault)
    }

    /// All goes well again.
    pub fn heal(&mut self) {
        self.planned.clear();
    }

    /// Counted faults that no request met.
    pub fn unmet(&self) -> Vec<String> {
        let counted = self.planned.iter().filter(|p| p.left.is_some());
        counted.map(|p| format!("{:?} for {:?}, {} left", p.fault, p.call, p.left.unwrap_or(0))).collect()
    }
}
