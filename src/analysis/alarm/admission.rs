//! Which statements may speak for an alarm. All are kept and shown; one voice counts once.

use crate::domain::alarm::AlarmRules;

/// What is known of a statement when it arrives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Arrival {
    /// Whether it was brought in afterwards, by an import or a backfill.
    pub backfilled: bool,
    /// Statements of its person in this rollout before this one.
    pub earlier_of_person: u64,
    /// Statements of its person on this day (UTC), this one included.
    pub of_person_today: u64,
    /// Statements with the same normalised text on this day by whomever, before this one. 0 for one without a text.
    pub same_text_today: u64,
}

/// Why a statement does not count for alarms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Left {
    /// It is history: what it tells was known.
    Backfilled,
    /// Its person writes more than people do. What counted of them before does so no longer: their counts are taken back.
    Machine,
    /// Its person has spoken.
    Repeat,
    /// Somebody else sent the same text today: a campaign is one voice.
    Copy,
}

impl Left {
    /// The name that is stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Backfilled => "backfilled",
            Self::Machine => "machine",
            Self::Repeat => "repeat",
            Self::Copy => "copy",
        }
    }
}

/// Whether a statement counts; the error says why not.
pub fn admit(rules: &AlarmRules, arrival: &Arrival) -> Result<(), Left> {
    if arrival.backfilled {
        Err(Left::Backfilled)
    } else if arrival.of_person_today > rules.items_per_day_max {
        Err(Left::Machine)
    } else if arrival.earlier_of_person > 0 {
        Err(Left::Repeat)
    } else if arrival.same_text_today > 0 {
        Err(Left::Copy)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_first_voice_of_its_own_counts() {
        let first = Arrival { of_person_today: 1, ..Arrival::default() };
        for (arrival, outcome) in [
            (first, Ok(())),
            (Arrival { backfilled: true, ..first }, Err(Left::Backfilled)),
            (Arrival { earlier_of_person: 1, of_person_today: 2, ..first }, Err(Left::Repeat)),
            (Arrival { earlier_of_person: 20, of_person_today: 21, ..first }, Err(Left::Machine)),
            (Arrival { same_text_today: 1, ..first }, Err(Left::Copy)),
        ] {
            assert_eq!(admit(&AlarmRules::default(), &arrival), outcome, "{arrival:?}");
        }
    }
}
