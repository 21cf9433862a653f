//! What customers think of a rollout, in one line that its numbers bear.

use crate::analysis::stats::wilson;
use crate::domain::rollout::{End, Rollout};
use crate::domain::tally::Tally;

/// The normal quantile of a two-sided 95 % interval.
pub const Z_95: f64 = 1.959_963_984_540_054;

/// Which way customers lean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaning {
    /// Nobody answered.
    NoSignal,
    /// Fewer answered than a ticket asks for.
    TooFew,
    /// Most are unhappy, and chance does not explain it.
    Unhappy,
    /// Most are happy, and chance does not explain it.
    Happy,
    /// Most are unhappy, and chance alone could explain it.
    PerhapsUnhappy,
    /// Most are happy, and chance alone could explain it.
    PerhapsHappy,
    /// No mind has a majority.
    Divided,
}

impl Leaning {
    /// The name that is stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoSignal => "no_signal",
            Self::TooFew => "too_few",
            Self::Unhappy => "unhappy",
            Self::Happy => "happy",
            Self::PerhapsUnhappy => "perhaps_unhappy",
            Self::PerhapsHappy => "perhaps_happy",
            Self::Divided => "divided",
        }
    }
}

/// A share with its 95 % Wilson interval, each from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share {
    /// Of these.
    pub part: i64,
    /// Out of these.
    pub whole: i64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Share {
    /// `part` of `whole`.
    pub fn of(part: i64, whole: i64) -> Self {
        let (low, high) = wilson::interval(part, whole, Z_95);
        Self { part, whole, low, high }
    }

    /// `12 of 15 (80 %, 95 % CI 55-93 %)`.
    pub fn words(&self) -> String {
        if self.whole == 0 {
            return "0 of 0".into();
        }
        let percent = |share: f64| (share * 100.0).round();
        let point = percent(self.part as f64 / self.whole as f64);
        format!("{} of {} ({point} %, 95 % CI {}-{} %)", self.part, self.whole, percent(self.low), percent(self.high))
    }
}

/// Which way the people of a tally lean. `min_people` is what a ticket asks for.
pub fn leaning(tally: Tally, min_people: i64) -> Leaning {
    let people = tally.people();
    if people == 0 {
        Leaning::NoSignal
    } else if people < min_people {
        Leaning::TooFew
    } else if Share::of(tally.negative, people).low > 0.5 {
        Leaning::Unhappy
    } else if Share::of(tally.positive, people).low > 0.5 {
        Leaning::Happy
    } else if tally.negative * 2 > people {
        Leaning::PerhapsUnhappy
    } else if tally.positive * 2 > people {
        Leaning::PerhapsHappy
    } else {
        Leaning::Divided
    }
}

/// The verdict as a sentence.
pub fn sentence(rollout: &Rollout, tally: Tally, min_people: i64) -> String {
    let what = rollout.label();
    let people = tally.people();
    let ended = match rollout.ended {
        Some((_, End::RolledBack)) => "Rolled back. ",
        Some((_, End::Deleted)) => "Deleted. ",
        Some((_, End::Archived)) => "Archived. ",
        None => "",
    };
    let body = match leaning(tally, min_people) {
        Leaning::NoSignal => format!("No signal on {what}: nobody answered."),
        Leaning::TooFew => format!(
            "Too few to tell what customers think of {what}: {people} {} answered, {} unhappy.",
            if people == 1 { "person" } else { "people" },
            tally.negative
        ),
        Leaning::Unhappy => {
            format!("Customers are unhappy with {what}: {} are negative.", Share::of(tally.negative, people).words())
        }
        Leaning::Happy => {
            format!("Customers like {what}: {} are positive.", Share::of(tally.positive, people).words())
        }
        Leaning::PerhapsUnhappy => format!(
            "Most who answered are unhappy with {what}, too few to be sure of it: {} are negative, {} positive.",
            Share::of(tally.negative, people).words(),
            tally.positive
        ),
        Leaning::PerhapsHappy => format!(
            "Most who answered like {what}, too few to be sure of it: {} are positive, {} negative.",
            Share::of(tally.positive, people).words(),
            tally.negative
        ),
        Leaning::Divided => format!(
            "Customers are divided on {what}: {} are negative, {} positive.",
            Share::of(tally.negative, people).words(),
            tally.positive
        ),
    };
    format!("{ended}{body}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lean_is_told_only_where_chance_does_not_explain_it() {
        let tally = |negative, positive| Tally { negative, positive, ..Tally::default() };
        for (tally, lean) in [
            (tally(0, 0), Leaning::NoSignal),
            (tally(4, 0), Leaning::TooFew),
            (tally(5, 0), Leaning::Unhappy),
            (tally(3, 2), Leaning::PerhapsUnhappy),
            (tally(2, 3), Leaning::PerhapsHappy),
            (tally(3, 3), Leaning::Divided),
            (tally(12, 3), Leaning::Unhappy),
            (tally(1, 14), Leaning::Happy),
        ] {
            assert_eq!(leaning(tally, 5), lean, "{tally:?}");
        }
    }
}
