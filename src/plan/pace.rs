//! How fast something new may be made in an account: GitHub limits issues and comments by the minute and by the hour,
//! and tells in no header how near the limit is.

use crate::time::{HOUR_MS, MINUTE_MS, UnixMs};

/// At most this many in any minute, and in any hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// In 60 seconds.
    pub a_minute: usize,
    /// In 60 minutes.
    pub an_hour: usize,
}

impl Limits {
    /// How long what was made counts, ms.
    pub const MEMORY_MS: i64 = HOUR_MS;

    /// From when on one more may be made; `now` where it may be at once. `made` are the moments at which
    /// something was made, in any order; those of the last hour are enough.
    pub fn opens_at(&self, made: &[UnixMs], now: UnixMs) -> UnixMs {
        let mut latest_first = made.to_vec();
        latest_first.sort_unstable_by(|a, b| b.cmp(a));
        let free = |most: usize, span_ms: i64| match most.checked_sub(1).map(|last| latest_first.get(last)) {
            // The one that has to be out of the span before another may be in it.
            Some(Some(at)) => at.plus(span_ms).max(now),
            Some(None) => now,
            None => UnixMs::NEVER,
        };
        free(self.a_minute, MINUTE_MS).max(free(self.an_hour, HOUR_MS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::DAY_MS;

    const LIMITS: Limits = Limits { a_minute: 80, an_hour: 500 };

    #[test]
    fn one_more_waits_for_the_oldest_to_be_out_of_the_span() {
        let made = |at: &[i64]| at.iter().map(|ms| UnixMs(*ms)).collect::<Vec<_>>();
        let two = Limits { a_minute: 2, an_hour: 3 };
        for (at, opens) in [
            (&[][..], 70_000),
            (&[69_000], 70_000),
            (&[69_000, 69_500], 129_000),
            (&[69_500, 69_000], 129_000),
            (&[1_000, 9_000], 70_000),
            (&[0, 69_000, 69_500], 3_600_000),
            (&[0, 1_000, 2_000, 3_000], 3_601_000),
        ] {
            assert_eq!(two.opens_at(&made(at), UnixMs(70_000)), UnixMs(opens), "{at:?}");
        }
    }

    /// The most in any span of this length, whichever moment it begins.
    fn most(made: &[UnixMs], span_ms: i64) -> usize {
        let mut most = 0;
        let mut first = 0;
        for (i, at) in made.iter().enumerate() {
            while at.since(made[first]) >= span_ms {
                first += 1;
            }
            most = most.max(i - first + 1);
        }
        most
    }

    #[test]
    fn a_day_of_ten_thousand_rollouts_stays_within_the_limits() {
        // Each rollout brings a report, an issue and its comment, as fast as the day allows; mornings are busy.
        let mut wanted: Vec<UnixMs> = Vec::new();
        for n in 0..10_000_i64 {
            let busy = n % 3 != 0;
            let begins = if busy { DAY_MS / 3 + n * HOUR_MS / 10_000 } else { n * DAY_MS / 10_000 };
            wanted.extend([0, 2_000, 4_000].map(|ms| UnixMs(begins + ms)));
        }
        wanted.sort_unstable();
        let (mut made, mut now) = (Vec::new(), UnixMs(0));
        for at in &wanted {
            now = now.max(*at);
            if now.0 >= DAY_MS {
                break;
            }
            let recent: Vec<UnixMs> =
                made.iter().rev().take_while(|m: &&UnixMs| now.since(**m) < Limits::MEMORY_MS).copied().collect();
            now = now.max(LIMITS.opens_at(&recent, now));
            made.push(now);
        }
        assert_eq!((most(&made, MINUTE_MS), most(&made, HOUR_MS)), (80, 500), "never more, and no less than may be");
        assert!(made.len() > 9_000, "the day is used: {}", made.len());
    }
}
