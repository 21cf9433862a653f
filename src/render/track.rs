//! A rollout's stages as one line: how many had it, for how long, and how it ended.

use crate::domain::rollout::{End, Rollout, Stage};
use crate::domain::signal::Exposure;
use crate::time::{UnixMs, span_in_words};

/// Stages that are drawn; of more, those in the middle are counted.
const STAGES_MAX: usize = 9;
/// Of these, the first.
const FIRST: usize = 3;

/// `▁ 10 % for 2 hours → ▄ 50 % for 1 day → █ 100 % for 3 hours so far`, or with how it ended at the end. `now` is the
/// present moment, to which the last stage lasts. Empty where nobody has it yet.
pub fn line(rollout: &Rollout, now: UnixMs) -> String {
    let stages = &rollout.stages;
    let mut parts: Vec<String> = Vec::new();
    let drawn = |s: &Stage| stage(s, now);
    if stages.len() > STAGES_MAX {
        let last = STAGES_MAX - FIRST - 1;
        parts.extend(stages[..FIRST].iter().map(drawn));
        parts.push(format!("… {} more …", stages.len() - FIRST - last));
        parts.extend(stages[stages.len() - last..].iter().map(drawn));
    } else {
        parts.extend(stages.iter().map(drawn));
    }
    if let Some((at, how)) = rollout.ended {
        parts.push(format!("{} {}", end(how), at.human()));
    }
    // A line breaks before an arrow, never between a height and its number.
    parts.join(" →\u{a0}")
}

fn stage(s: &Stage, now: UnixMs) -> String {
    let name =
        if s.name == s.exposure.words() { s.name.clone() } else { format!("{} ({})", s.name, s.exposure.words()) };
    let (until, so_far) = s.until.map_or((now, " so far"), |until| (until, ""));
    let hand = match s.by.words() {
        "" => String::new(),
        by => format!(", {by}"),
    };
    let name = name.replace(' ', "\u{a0}");
    format!("{}\u{a0}{name} for {}{so_far}{hand}", height(s.exposure), span_in_words(until.since(s.from).max(0)))
}

/// How high a stage stands: eighths of everybody.
fn height(exposure: Exposure) -> char {
    const EIGHTHS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    match exposure {
        Exposure::Off => '·',
        Exposure::Some => '░',
        Exposure::On => '█',
        Exposure::Percent(p) => {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 7")]
            let eighth = (p / 12.5).floor().clamp(0.0, 6.0) as usize;
            EIGHTHS[eighth]
        }
    }
}

/// How it ended, in words.
pub fn end(how: End) -> &'static str {
    match how {
        End::RolledBack => "✕\u{a0}rolled back",
        End::Deleted => "✕\u{a0}deleted",
        End::Archived => "■\u{a0}archived",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::flag::Hand;
    use crate::time::{DAY_MS, HOUR_MS};

    fn staged(percents: &[f64]) -> Rollout {
        let mut rollout = crate::render::sample::rollout();
        let from = |i: usize| UnixMs(DAY_MS + HOUR_MS * i64::try_from(i).unwrap());
        rollout.stages = percents
            .iter()
            .enumerate()
            .map(|(i, p)| {
                let exposure = Exposure::from_percent(*p).unwrap();
                let until = (i + 1 < percents.len()).then(|| from(i + 1));
                Stage { name: exposure.words(), exposure, from: from(i), until, by: Hand::Person }
            })
            .collect();
        rollout
    }

    /// The line as people read it.
    fn plain(rollout: &Rollout, now: UnixMs) -> String {
        line(rollout, now).replace('\u{a0}', " ")
    }

    #[test]
    fn stages_stand_in_order_with_their_height_and_time() {
        let mut rollout = staged(&[5.0, 50.0, 100.0]);
        rollout.stages[1].by = Hand::Ramp;
        assert_eq!(
            plain(&rollout, UnixMs(DAY_MS + 3 * HOUR_MS)),
            "▁ 5 % for 1 hour → ▅ 50 % for 1 hour, by a ramp → █ 100 % for 1 hour so far"
        );
        rollout.stages[2].until = Some(UnixMs(DAY_MS + 5 * HOUR_MS));
        rollout.ended = Some((UnixMs(DAY_MS + 5 * HOUR_MS), End::RolledBack));
        assert!(plain(&rollout, UnixMs(0)).ends_with("█ 100 % for 3 hours → ✕ rolled back 1970-01-02 05:00 UTC"));
    }

    #[test]
    fn of_many_stages_those_in_the_middle_are_counted() {
        let percents: Vec<f64> = (1..=20).map(f64::from).collect();
        let line = plain(&staged(&percents), UnixMs(3 * DAY_MS));
        assert!(line.contains("3 % for 1 hour → … 12 more … → "), "{line}");
        assert_eq!(line.matches(" → ").count(), STAGES_MAX - 1, "{line}");
    }
}
