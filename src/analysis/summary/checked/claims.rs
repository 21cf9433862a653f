//! What is claimed with a number or without one: "most", "everybody", "12 are unhappy".

use super::Fault;
use super::numbers::words::value;
use crate::analysis::summary::sentence::{Measure, Number, Sentence, Value};

/// Whom such words speak of.
const PEOPLE: &[&str] = &[
    "customer",
    "customers",
    "user",
    "users",
    "people",
    "person",
    "participants",
    "respondents",
    "of",
    "who",
    "say",
    "said",
    "are",
    "were",
    "report",
    "complain",
];

/// Words for people who are unhappy, and for those who are happy.
const UNHAPPY: &[&str] = &["negative", "unhappy", "dissatisfied", "displeased", "unsatisfied", "frustrated", "angry"];
const HAPPY: &[&str] = &["positive", "happy", "satisfied", "pleased", "delighted", "glad"];
/// Words before such a word among which the number stands that it is said of.
const WINDOW: usize = 8;

/// Checks that no more is claimed than the computed numbers bear.
pub(super) fn check(own: &str, computed: &Sentence) -> Result<(), Fault> {
    feelings(own, computed)?;
    let shares: Vec<(i64, i64)> = computed.numbers().filter_map(|n| share(&n)).collect();
    let any = |holds: &dyn Fn(i64, i64) -> bool| shares.iter().any(|(part, whole)| *whole > 0 && holds(*part, *whole));
    let lower = own.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
    for (i, word) in words.iter().enumerate() {
        let speaks_of_people = words.get(i + 1).is_some_and(|next| PEOPLE.contains(next));
        let borne = match *word {
            "majority" => any(&|part, whole| part * 2 > whole),
            "most" if speaks_of_people => any(&|part, whole| part * 2 > whole),
            "minority" => any(&|part, whole| part * 2 < whole),
            "everyone" | "everybody" | "unanimously" => any(&|part, whole| part == whole),
            "all" | "every" if speaks_of_people => any(&|part, whole| part == whole),
            "none" if speaks_of_people => any(&|part, _| part == 0),
            _ => true,
        };
        if !borne {
            return Err(Fault::WrongNumber);
        }
    }
    Ok(())
}

fn share(number: &Number) -> Option<(i64, i64)> {
    match number.value {
        Value::Share { part, whole } => Some((part, whole)),
        Value::Count(_) | Value::Day(_) | Value::Lasting(_) => None,
    }
}

/// Where a number is said to be of people who feel some way, it is the number of those who do.
fn feelings(own: &str, computed: &Sentence) -> Result<(), Fault> {
    let of = |measure: Measure| computed.numbers().find(|n| n.of == measure).and_then(|n| share(&n));
    for clause in own.to_lowercase().split([',', ';', ':', '!', '?', '—']).flat_map(|c| c.split(". ")) {
        let words: Vec<&str> =
            clause.split(|c: char| !c.is_alphanumeric() && c != '.').filter(|w| !w.is_empty()).collect();
        for (i, word) in words.iter().map(|w| w.trim_matches('.')).enumerate() {
            let turned = i > 0 && matches!(words[i - 1], "not" | "never" | "less");
            let feeling = match (UNHAPPY.contains(&word), HAPPY.contains(&word)) {
                (false, false) => continue,
                (unhappy, _) if unhappy != turned => Measure::Negative,
                (true | false, _) => Measure::Positive,
            };
            let before = &words[i.saturating_sub(WINDOW)..i];
            let mut numbers = before.iter().filter_map(|w| number(w)).peekable();
            if numbers.peek().is_none() {
                continue;
            }
            let Some((part, whole)) = of(feeling) else { return Err(Fault::WrongNumber) };
            let percent = if whole > 0 { (part * 200 + whole) / (2 * whole) } else { 0 };
            let borne = |n| matches!(n, Stated::Decimal) || matches!(n, Stated::Whole(n) if n == part || n == percent);
            if !numbers.any(borne) {
                return Err(Fault::WrongNumber);
            }
        }
    }
    Ok(())
}

/// A number as it stands before a feeling.
enum Stated {
    Whole(i64),
    /// Only a computed percentage may have decimals.
    Decimal,
}

fn number(word: &str) -> Option<Stated> {
    let word = word.trim_matches('.');
    if word.starts_with(|c: char| c.is_ascii_digit()) {
        Some(word.parse().map_or(Stated::Decimal, Stated::Whole))
    } else {
        value(word).map(Stated::Whole)
    }
}
