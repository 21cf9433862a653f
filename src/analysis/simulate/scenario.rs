//! What may happen in a rollout.

use std::fmt;
use std::str::FromStr;

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scenario {
    /// Nothing, and there is no control.
    Null,
    /// Nothing, there is no control, and nothing is known to be usual.
    NullNew,
    /// Nothing, while the exposed share grows, with days and nights and an incident that hits everybody.
    NullControl,
    /// People change to a channel in which more have always been unhappy.
    Mix,
    /// A group sends one text.
    Brigade,
    /// A few senders write all day.
    Bots,
    /// The share of unhappy people rises by so many percentage points from a day on; no control.
    Shift {
        /// Percentage points.
        points: f64,
        /// Days after the opening.
        day: f64,
    },
    /// Exposed people are unhappy so many times as often from a day on; with a control, otherwise as in `NullControl`.
    Ratio {
        /// How many times.
        ratio: f64,
        /// Days after the opening.
        day: f64,
    },
}

/// Those with a name, in the order in which they are told.
pub const NAMED: &[(&str, Scenario)] = &[
    ("null", Scenario::Null),
    ("null-new", Scenario::NullNew),
    ("null-control", Scenario::NullControl),
    ("mix", Scenario::Mix),
    ("brigade", Scenario::Brigade),
    ("bots", Scenario::Bots),
    ("shift-10", Scenario::Shift { points: 10.0, day: 0.0 }),
    ("shift-20", Scenario::Shift { points: 20.0, day: 0.0 }),
    ("shift-35", Scenario::Shift { points: 35.0, day: 0.0 }),
    ("late-10", Scenario::Shift { points: 10.0, day: 5.0 }),
    ("late-20", Scenario::Shift { points: 20.0, day: 5.0 }),
    ("ratio-1.5", Scenario::Ratio { ratio: 1.5, day: 0.0 }),
    ("ratio-2", Scenario::Ratio { ratio: 2.0, day: 0.0 }),
    ("ratio-3", Scenario::Ratio { ratio: 3.0, day: 0.0 }),
    ("late-ratio-2", Scenario::Ratio { ratio: 2.0, day: 6.0 }),
];

/// The length of the window, days.
pub const WINDOW_DAYS: f64 = 14.0;
/// What is usual: a quarter of people is unhappy.
pub const USUAL: f64 = 0.25;

impl Scenario {
    /// Whether nothing happens that anybody should be told of.
    pub fn is_quiet(self) -> bool {
        match self {
            Self::Null | Self::NullNew | Self::NullControl | Self::Mix | Self::Brigade | Self::Bots => true,
            Self::Shift { .. } | Self::Ratio { .. } => false,
        }
    }

    /// When it begins, hours after the opening.
    pub fn onset_hours(self) -> f64 {
        match self {
            Self::Null | Self::NullNew | Self::NullControl | Self::Mix | Self::Brigade | Self::Bots => 0.0,
            Self::Shift { day, .. } | Self::Ratio { day, .. } => day * 24.0,
        }
    }

    /// All names and forms, for people.
    pub fn expected() -> String {
        let names: Vec<&str> = NAMED.iter().map(|(name, _)| *name).collect();
        format!("all, {}, shift:POINTS[@DAY] or ratio:TIMES[@DAY]", names.join(", "))
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((name, _)) = NAMED.iter().find(|(_, s)| s == self) {
            return f.write_str(name);
        }
        match self {
            Self::Shift { points, day } => write!(f, "shift:{points}@{day}"),
            Self::Ratio { ratio, day } => write!(f, "ratio:{ratio}@{day}"),
            Self::Null | Self::NullNew | Self::NullControl | Self::Mix | Self::Brigade | Self::Bots => {
                f.write_str("unnamed")
            }
        }
    }
}

impl FromStr for Scenario {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some((_, scenario)) = NAMED.iter().find(|(name, _)| *name == text) {
            return Ok(*scenario);
        }
        let wrong = || format!("unknown scenario {text:?}, expected {}", Self::expected());
        let (kind, rest) = text.split_once(':').ok_or_else(wrong)?;
        let (size, day) = rest.split_once('@').unwrap_or((rest, "0"));
        let (size, day): (f64, f64) = (size.parse().map_err(|_| wrong())?, day.parse().map_err(|_| wrong())?);
        if !(0.0..WINDOW_DAYS).contains(&day) {
            return Err(format!("{text:?}: expected a day from 0 to under {WINDOW_DAYS}"));
        }
        match kind {
            "shift" if size > 0.0 && size < 100.0 * (1.0 - USUAL) => Ok(Self::Shift { points: size, day }),
            "shift" => {
                Err(format!("{text:?}: expected percentage points above 0 and under 75: 25 % are unhappy anyway"))
            }
            "ratio" if size > 0.0 && size <= 100.0 => Ok(Self::Ratio { ratio: size, day }),
            "ratio" => Err(format!("{text:?}: expected a ratio above 0, up to 100")),
            _ => Err(wrong()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_read_again() {
        let made = ["shift:12.5@3", "ratio:1.7@2"].map(|t| t.parse().expect("a scenario"));
        for scenario in NAMED.iter().map(|(_, s)| *s).chain(made) {
            assert_eq!(scenario.to_string().parse(), Ok(scenario));
        }
        assert_eq!("shift:20@5".parse::<Scenario>().map(|s| s.to_string()), Ok("late-20".into()));
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_what_can() {
        for (text, said) in [
            ("nul", "unknown scenario \"nul\", expected all, null, "),
            ("shift:x", "unknown scenario"),
            ("shift:80", "\"shift:80\": expected percentage points"),
            ("shift:10@14", "\"shift:10@14\": expected a day"),
            ("ratio:0", "\"ratio:0\": expected a ratio"),
        ] {
            let error = text.parse::<Scenario>().expect_err(text);
            assert!(error.starts_with(said), "{error}");
        }
    }
}
