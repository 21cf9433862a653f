//! What findings say in words. Only figures of the finding stand in its line; the strongest verb is *more likely*.

use super::doc::{Block, Inline};
use super::picture;
use super::tame::one_line;
use crate::domain::alarm::Grade;
use crate::domain::finding::{Against, Direction, Finding, Interval, Of, Standing, What};
use crate::domain::tally::Tally;

/// Longest name of an event, metric or stage within a line, in characters.
const NAME_MAX: usize = 80;

/// What a finding says. `name` gives the words for a theme's id.
pub fn line(finding: &Finding, name: &dyn Fn(&str) -> String) -> String {
    let said = match (&finding.standing, &finding.what) {
        (Standing::TooFew { of, have, need }, _) => {
            format!(
                "{}: too few to compare, {have} {} of the {need} that it takes",
                topic(finding, name),
                one_line(of, NAME_MAX)
            )
        }
        (_, Some(what)) => told(what, &finding.subject, name),
        (_, None) => format!("{}: nothing to tell", topic(finding, name)),
    };
    match (&finding.standing, finding.detectable) {
        (Standing::Chance | Standing::TooFew { .. }, Some(shift)) => {
            format!("{said}; a shift of {} points or more would have been seen by now.", points(shift))
        }
        (Standing::Chance, None) if !matches!(finding.what, Some(What::Allocation { .. } | What::Alarm { .. })) => {
            format!("{said}; chance alone could explain it.")
        }
        _ => format!("{said}."),
    }
}

/// Findings as a list of at most `max`, those that tell something first, as they come within each half. Alarms that are
/// loud lead the page, [`alarms`], and are not told twice.
pub fn bullets(findings: &[Finding], max: usize, name: &dyn Fn(&str) -> String) -> Option<Block> {
    let quiet = findings.iter().filter(|f| !grade(f).is_some_and(Grade::tells));
    let (told, rest): (Vec<_>, Vec<_>) = quiet.partition(|f| f.standing == Standing::Told);
    let all = told.len() + rest.len();
    let mut items: Vec<Vec<Inline>> = told.into_iter().chain(rest).take(max).map(|f| item(f, name)).collect();
    if all > items.len() {
        items.push(vec![Inline::Emph(format!("{} more are not shown", all - items.len()))]);
    }
    (!items.is_empty()).then_some(Block::Bullets(items))
}

/// The alarms that people are told of, a paragraph each.
pub fn alarms(findings: &[Finding]) -> Vec<Block> {
    let loud = findings.iter().filter(|f| grade(f).is_some_and(Grade::tells));
    loud.map(|f| Block::Paragraph(item(f, &str::to_owned))).collect()
}

/// The arms side by side as a picture, where they are compared.
pub fn arms(findings: &[Finding]) -> Option<Block> {
    let (exposed, control) = findings.iter().find_map(|f| match &f.what {
        Some(What::AgainstControl { exposed, control, .. }) => Some((*exposed, *control)),
        _ => None,
    })?;
    let row = |name: &str, of: Of| {
        let tally = Tally { negative: of.part, neutral: of.whole - of.part, ..Tally::default() };
        vec![Inline::Text(format!("{} {} negative in {name}", picture::bar(tally), share_of(of)))]
    };
    Some(Block::Bullets(vec![row("exposed people", exposed), row("the control", control)]))
}

fn item(finding: &Finding, name: &dyn Fn(&str) -> String) -> Vec<Inline> {
    let text = Inline::Text(line(finding, name));
    match grade(finding) {
        Some(grade) if grade > Grade::None => {
            vec![Inline::Strong(format!("{}:", capital(grade.as_str()))), Inline::Text(" ".into()), text]
        }
        Some(_) | None => vec![text],
    }
}

/// How loud it is, where it is an alarm about harm.
fn grade(finding: &Finding) -> Option<Grade> {
    match &finding.what {
        Some(What::Alarm { grade, direction: Direction::Worse, unreliable: None, .. }) => Some(*grade),
        _ => None,
    }
}

#[expect(clippy::too_many_lines, reason = "a sentence for each kind of finding, and nothing else")]
fn told(what: &What, subject: &str, name: &dyn Fn(&str) -> String) -> String {
    match what {
        What::Alarm { direction, against, ln_e, rate, at_least, shares, began_day, unreliable, .. } => {
            let said = match (against, rate, at_least) {
                (Against::Control, Some(r), _) => more_often(
                    *direction,
                    subject,
                    &format!(
                        "{}× as often as {} (95 % CI {}-{} however often one looks, stages compared like with like)",
                        ratio(r.value),
                        others(subject),
                        ratio(r.low),
                        ratio(r.high)
                    ),
                ),
                (Against::Control, None, Some(low)) => more_often(
                    *direction,
                    subject,
                    &format!(
                        "at least {}× as often as {} (95 %, however often one looks; no other spoke)",
                        ratio(*low),
                        others(subject)
                    ),
                ),
                (Against::Control | Against::Usual, _, _) => against_usual(*direction, subject, *shares),
            };
            let began = began_day.map_or_else(String::new, |d| format!(", change most likely on day {}", d + 1));
            let sure = match (against, unreliable) {
                (_, Some(why)) => format!(". Not reliable: {why}"),
                (Against::Usual, None) => ". No control group: the cause is not established".into(),
                (Against::Control, None) => String::new(),
            };
            format!("{said}; evidence {}{began}{sure}", evidence(*ln_e))
        }
        What::Allocation { counts, planned, p, is_off } => {
            let people: Vec<String> = counts.iter().map(ToString::to_string).collect();
            let plan: Vec<String> = planned.iter().map(|p| percent(*p)).collect();
            let fits = if *is_off { "does not match the plan" } else { "matches the plan" };
            format!(
                "The allocation {fits}: {} people where {} % were planned (p {})",
                people.join(" and "),
                plan.join(" and "),
                p_words(*p)
            )
        }
        What::NegativeShare { of, share, anytime, asked } => {
            let who = if *asked { "who were asked" } else { "who spoke up by themselves" };
            format!(
                "{} of {} people {who} are negative ({} %, 95 % CI {}; {} however often one looks)",
                of.part,
                of.whole,
                percent(share.value),
                percents(share),
                percents(anytime)
            )
        }
        What::Reception { net } => {
            format!("Positive less negative: {} points (95 % CI {})", signed(net.value), signed_range(net))
        }
        What::AgainstControl { exposed, control, difference, ratio } => {
            let times = ratio.as_ref().map_or_else(String::new, |r| {
                format!("; of all people of an arm, exposed ones were {} to turn negative, {}", times(r), compared())
            });
            format!(
                "Of exposed people who spoke {} are negative against {} of the control: {} points (95 % CI {}){times}",
                share_of(*exposed),
                share_of(*control),
                signed(difference.value),
                signed_range(difference)
            )
        }
        What::StageOverStage { stage, before, now, then, ratio } => format!(
            "At {}, {} are negative; at {}, {}: {}, compared within segment and channel",
            short(stage),
            share_of(*now),
            short(before),
            share_of(*then),
            times(ratio)
        ),
        What::Trend { share, weight } => {
            format!("Lately {} % are negative (the last day weighs most; like {weight:.0} people)", percent(*share))
        }
        What::Event { event, with, ratio, q, differs, .. } => {
            let differ = if *differs { "; it differs by stage or segment" } else { "" };
            format!(
                "People who met {} were {} to be negative (n = {} with it, q {}, {}{differ})",
                short(event),
                likely(ratio),
                with.whole,
                p_words(*q),
                compared()
            )
        }
        What::Retention { day, negative, others, difference } => {
            let less = if difference.value < 0.0 { "less" } else { "more" };
            format!(
                "People negative by day 3 were {} points {less} likely to come back by day {day} (95 % CI {}; {} against {} people)",
                points(difference.value.abs()),
                signed_range(difference),
                negative.whole,
                others.whole
            )
        }
        What::Adoption { event, of, share } => format!(
            "{} of {} exposed people used it ({}: {} %, 95 % CI {})",
            of.part,
            of.whole,
            short(event),
            percent(share.value),
            percents(share)
        ),
        What::Conversion { event, exposed, control, difference, adjusted } => {
            let how = if *adjusted { ", adjusted by what they did before" } else { "" };
            format!(
                "{}: {:+.4} per exposed person against the control (95 % CI {:+.4} to {:+.4}; {exposed} against {control} people{how})",
                short(event),
                difference.value,
                difference.low,
                difference.high
            )
        }
        What::Performance { metric, bad, odds, p, lag_hours, .. } => {
            let lag = lag_hours.map_or_else(String::new, |h| format!("; it goes {h} h before"));
            let often = if *odds >= 1.0 { "more" } else { "less" };
            format!(
                "Feedback within 2 h of bad hours of {} was {often} often negative (odds ratio {odds:.1}, p {}, {} of {} statements{lag}). They move together; the rollout may drive both",
                short(metric),
                p_words(*p),
                bad.part,
                bad.whole
            )
        }
        What::Burst { theme, ln_e, of, usual } => format!(
            "“{}” is told much more often than usual: {} against {} % usual; evidence {}",
            name(theme),
            share_of(*of),
            percent(*usual),
            evidence(*ln_e)
        ),
        What::Together { one, other, both, lift, odds, .. } => format!(
            "“{}” and “{}” come from the same people {lift:.1}× as often as chance has it ({both} people in both, odds ratio {:.1}, 95 % CI {:.1}-{:.1})",
            name(one),
            name(other),
            odds.value,
            odds.low,
            odds.high
        ),
        What::Silent { of, range, weighted } => {
            let weigh = weighted.as_ref().map_or_else(String::new, |w| {
                format!("; weighted to the segments' sizes {} % (95 % CI {})", percent(w.value), percents(w))
            });
            format!(
                "{} of {} exposed people spoke; were the silent a quarter, half or just as likely to be negative, it would be {}, {} or {} % of all{weigh}",
                of.part,
                of.whole,
                percent(range[0]),
                percent(range[1]),
                percent(range[2])
            )
        }
        What::Forecast { share, chance, above, people, rollouts } => {
            let past = match rollouts {
                0 => "no past rollout".to_owned(),
                1 => "1 past rollout".to_owned(),
                n => format!("{n} past rollouts"),
            };
            format!(
                "At 100 % {} % negative are to be expected (90 %: {}); chance above {} %: {} %; based on {people} people and {past}",
                percent(share.value),
                percents(share),
                percent(*above),
                percent(*chance)
            )
        }
        What::Priority { theme, score, reach } => {
            format!("“{}”: priority {score:.0} of 100, at least {reach:.0} people at 100 %", name(theme))
        }
    }
}

/// Whose feedback an alarm is about, and how much more of it there is.
fn more_often(direction: Direction, subject: &str, how: &str) -> String {
    let who = match subject.split_once('/') {
        Some(("event", event)) => format!("People who met {}", short(event)),
        Some(("segment", segment)) => format!("Exposed people of {}", named_segment(segment)),
        Some(_) | None => "Exposed people".into(),
    };
    format!("{who} send {} feedback {how}", mind(direction))
}

/// Whom they are compared with.
fn others(subject: &str) -> &'static str {
    if subject.starts_with("event/") { "those who did not" } else { "the control" }
}

fn against_usual(direction: Direction, subject: &str, shares: Option<(f64, f64)>) -> String {
    let of = match subject.split_once('/') {
        Some(("segment", segment)) => format!(" of {}", named_segment(segment)),
        Some(_) | None => String::new(),
    };
    let share = format!("{} share{of}", capital(mind(direction)));
    match shares {
        Some((now, usual)) => {
            format!("{share} {} % against {} % usual ({} points)", percent(now), percent(usual), signed(now - usual))
        }
        None => format!("{share} against that of the first days"),
    }
}

fn named_segment(segment: &str) -> String {
    if segment.is_empty() { "no segment".into() } else { short(segment) }
}

fn mind(direction: Direction) -> &'static str {
    match direction {
        Direction::Worse => "negative",
        Direction::Better => "positive",
    }
}

/// Longest counter that is shown whole, in characters.
const COUNTER_MAX: usize = 200;

/// A counter in a line; a long one is cut, and `--json` has all of it.
pub fn abridged(value: &serde_json::Value) -> String {
    let whole = value.to_string();
    if whole.chars().count() <= COUNTER_MAX {
        return whole;
    }
    let cut: String = whole.chars().take(COUNTER_MAX).collect();
    format!("{cut} … (--json has all of it)")
}

/// What a finding is about, in words.
fn topic(finding: &Finding, name: &dyn Fn(&str) -> String) -> String {
    let subject = &finding.subject;
    let about = |what: &str| if subject.is_empty() { what.to_owned() } else { format!("{what} of {}", short(subject)) };
    match finding.kind.as_str() {
        "alarm" => "Alarm".into(),
        "allocation" => "Allocation to the plan".into(),
        "level" => "Negative share".into(),
        "reception" => "Reception".into(),
        "against_control" => "Against the control".into(),
        "stage_over_stage" => about("Stage over stage"),
        "event" => format!("People who met {}", short(subject)),
        "retention" => "Coming back".into(),
        "adoption" => about("Use"),
        "conversion" => about("Value"),
        "performance" => about("Bad hours"),
        "burst" | "priority" => format!("“{}”", name(subject)),
        "silent" => "The silent".into(),
        "forecast" => "Forecast".into(),
        other => about(&capital(&other.replace('_', " "))),
    }
}

fn compared() -> &'static str {
    "compared within stage and segment"
}

/// `1.6× as likely (95 % CI 1.2-2.2)`.
fn times(r: &Interval) -> String {
    format!("{}× as likely (95 % CI {}-{})", ratio(r.value), ratio(r.low), ratio(r.high))
}

/// `3.1× more likely (95 % CI 2.0-4.8)`; where the ratio is below 1, `0.4× as likely`.
fn likely(r: &Interval) -> String {
    let word = if r.value >= 1.0 { "more" } else { "as" };
    format!("{}× {word} likely (95 % CI {}-{})", ratio(r.value), ratio(r.low), ratio(r.high))
}

/// Evidence as people say it: `41:1`.
fn evidence(ln_e: f64) -> String {
    match ln_e.exp() {
        e if e >= 1e6 => "more than a million to 1".into(),
        e if e >= 1.0 => format!("{e:.0}:1"),
        _ => "none".into(),
    }
}

fn share_of(of: Of) -> String {
    let share = if of.whole > 0 { of.part as f64 / of.whole as f64 } else { 0.0 };
    format!("{} of {} ({} %)", of.part, of.whole, percent(share))
}

fn short(name: &str) -> String {
    one_line(name, NAME_MAX)
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
}

/// A ratio with as many digits as it bears.
fn ratio(r: f64) -> String {
    if r >= 10.0 {
        format!("{r:.0}")
    } else if r >= 0.1 {
        format!("{r:.1}")
    } else {
        format!("{r:.2}")
    }
}

/// A share in whole percent, or with a digit where it is small.
fn percent(share: f64) -> String {
    let p = share * 100.0;
    if p > 0.0 && p < 1.0 { format!("{p:.1}") } else { format!("{p:.0}") }
}

fn percents(i: &Interval) -> String {
    format!("{}-{} %", percent(i.low), percent(i.high))
}

/// A difference of shares in percentage points.
fn points(shift: f64) -> String {
    let p = shift * 100.0;
    if p > 0.0 && p < 1.0 { format!("{p:.1}") } else { format!("{p:.0}") }
}

fn signed(shift: f64) -> String {
    let p = (shift * 100.0).round();
    // Neither +0 nor -0.
    if p.abs() < 0.5 { "0".into() } else { format!("{p:+.0}") }
}

fn signed_range(i: &Interval) -> String {
    format!("{} to {}", signed(i.low), signed(i.high))
}

fn p_words(p: f64) -> String {
    if p < 0.001 {
        "< 0.001".into()
    } else if p < 0.1 {
        format!("= {p:.3}")
    } else {
        format!("= {p:.2}")
    }
}

#[cfg(test)]
mod tests;
