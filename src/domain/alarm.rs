//! When customers' words are an alarm: the grades, and the rules that lead to them.

use serde::{Deserialize, Serialize};

use crate::time::{DAY_MS, HOUR_MS};

/// How much an evaluation calls for somebody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Grade {
    /// Nothing to see.
    #[default]
    None,
    /// Worth a look on the dashboard; nobody is told.
    Watch,
    /// People are told.
    Alert,
    /// People are told that a pause is wise.
    Critical,
}

impl Grade {
    /// The name that is stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Watch => "watch",
            Self::Alert => "alert",
            Self::Critical => "critical",
        }
    }

    /// Whether people are told.
    pub fn tells(self) -> bool {
        self >= Self::Alert
    }
}

/// The rules in force. Evidence is an e-value: the chance that it ever reaches `x` while nothing happened is at most `1/x`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AlarmRules {
    /// Evidence from which on it is worth a look, above 1.
    pub watch: f64,
    /// Evidence from which on people are told.
    pub alert: f64,
    /// Evidence from which on a pause is suggested.
    pub critical: f64,
    /// Distinct people behind an alert or more, at least 1.
    pub min_people: u64,
    /// Epochs in which a change may begin, at least 1.
    pub epochs: u32,
    /// Factor by which the odds of being exposed may be misstated, at least 1.
    pub odds_guard: f64,
    /// Anytime-valid p below which an allocation does not match its plan.
    pub mismatch: f64,
    /// Evidence from which on the arms differ in how many statements are known to be whose.
    pub linkage: f64,
    /// Share of false ones among the themes, segments and events that are called, between 0 and 1.
    pub false_discoveries: f64,
    /// Evidence from which on a theme carries a badge.
    pub theme_badge: f64,
    /// Evidence from which on people are told of a theme.
    pub theme_notify: f64,
    /// Statements of one person in a day from which on they pass for a machine.
    pub items_per_day_max: u64,
}

impl Default for AlarmRules {
    fn default() -> Self {
        Self {
            watch: 5.0,
            alert: 20.0,
            critical: 100.0,
            min_people: 5,
            epochs: 14,
            odds_guard: 1.05,
            mismatch: 0.001,
            linkage: 20.0,
            false_discoveries: 0.10,
            theme_badge: 20.0,
            theme_notify: 100.0,
            items_per_day_max: 20,
        }
    }
}

impl AlarmRules {
    /// What evidence of `ln_e` by this many distinct people comes to after an alarm was acknowledged `rearms` times: each
    /// time doubles what it takes, so that all alarms of a window together are false at most twice as often as the first.
    pub fn grade(&self, ln_e: f64, people: u64, rearms: u32) -> Grade {
        let harder = f64::from(rearms) * std::f64::consts::LN_2;
        let reaches = |threshold: f64| ln_e >= threshold.ln() + harder;
        let told = people >= self.min_people;
        if told && reaches(self.critical) {
            Grade::Critical
        } else if told && reaches(self.alert) {
            Grade::Alert
        } else if reaches(self.watch) {
            Grade::Watch
        } else {
            Grade::None
        }
    }

    /// The length of an epoch of a window, ms: a part of it, from an hour to a day. A window without an end has days.
    pub fn epoch_ms(&self, window_ms: i64) -> i64 {
        if window_ms <= 0 { DAY_MS } else { (window_ms / i64::from(self.epochs.max(1))).clamp(HOUR_MS, DAY_MS) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grades_follow_evidence_people_and_rearming() {
        let rules = AlarmRules::default();
        for (e, people, rearms, grade) in [
            (4.9, 50, 0, Grade::None),
            (5.1, 50, 0, Grade::Watch),
            (27.0, 5, 0, Grade::Alert),
            (27.0, 4, 0, Grade::Watch),
            (101.0, 5, 0, Grade::Critical),
            (39.0, 9, 1, Grade::Watch),
            (41.0, 9, 1, Grade::Alert),
        ] {
            assert_eq!(rules.grade(f64::ln(e), people, rearms), grade, "{e} {people} {rearms}");
        }
    }

    #[test]
    fn an_epoch_is_a_part_of_the_window_between_an_hour_and_a_day() {
        let rules = AlarmRules::default();
        for (window, epoch) in
            [(0, DAY_MS), (HOUR_MS, HOUR_MS), (7 * DAY_MS, DAY_MS / 2), (14 * DAY_MS, DAY_MS), (90 * DAY_MS, DAY_MS)]
        {
            assert_eq!(rules.epoch_ms(window), epoch, "{window}");
        }
    }
}
