//! Every number, in digits or in words, must be one that was computed.

mod tokens;
pub(super) mod words;

use std::collections::BTreeSet;

use self::tokens::{Token, percent, skip_space, tokens, whole_of, word};
use self::words::{is_roman, number, vague, value};
use super::Fault;

/// Numbers that may be in a text.
#[derive(Clone, Debug, Default)]
pub(super) struct Allowed {
    /// Counts, those of shares among them.
    pub counts: BTreeSet<i64>,
    /// So many of so many.
    pub shares: Vec<(i64, i64)>,
}

/// Decimals that a percentage may have.
const DECIMALS_MAX: usize = 2;

/// Units of what is not computed, and the months: a day is given as it is to be written.
const NOT_COUNTED: &[&str] = &[
    "second",
    "seconds",
    "minute",
    "minutes",
    "hour",
    "hours",
    "day",
    "days",
    "week",
    "weeks",
    "month",
    "months",
    "year",
    "years",
    "time",
    "times",
    "euro",
    "euros",
    "dollar",
    "dollars",
    "pound",
    "pounds",
    "star",
    "stars",
    "point",
    "points",
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
    "Jan",
    "Feb",
    "Mar",
    "Apr",
    "Jun",
    "Jul",
    "Aug",
    "Sep",
    "Oct",
    "Nov",
    "Dec",
];

/// Whether a name is nothing but a number.
pub(super) fn is_number(name: &str) -> bool {
    !name.contains(char::is_alphabetic) && name.matches('.').count() <= 1
}

/// Checks the words that are the model's own. Gives the counts that are in them.
pub(super) fn check(own: &str, allowed: &Allowed) -> Result<BTreeSet<i64>, Fault> {
    let tokens = tokens(own);
    let mut found = BTreeSet::new();
    let mut at = 0;
    while at < tokens.len() {
        at = match &tokens[at] {
            Token::Digits(digits) => in_digits(&tokens, at, digits, allowed, &mut found)?,
            Token::Word(word) => in_words(&tokens, at, word, allowed, &mut found)?,
            // A percentage takes its mark along.
            Token::Mark('%') => return Err(Fault::WrongNumber),
            Token::Mark(_) | Token::Space => at + 1,
        };
    }
    Ok(found)
}

/// A number in digits and what belongs to it. Gives the place behind it.
fn in_digits(
    tokens: &[Token],
    at: usize,
    digits: &str,
    allowed: &Allowed,
    found: &mut BTreeSet<i64>,
) -> Result<usize, Fault> {
    let stands = |token: Option<&Token>, marks: &str| match token {
        None | Some(Token::Space) => true,
        Some(Token::Mark(c)) => marks.contains(*c),
        Some(Token::Word(_) | Token::Digits(_)) => false,
    };
    let before = at.checked_sub(1).and_then(|b| tokens.get(b));
    if !stands(before, "(/—") || !stands(tokens.get(at + 1), ")/%.,;:!?—…") {
        return Err(Fault::WrongNumber);
    }
    if let Some(behind) = percent(tokens, at + 1) {
        return if is_share(digits, allowed) { Ok(behind) } else { Err(Fault::WrongNumber) };
    }
    let next = word(tokens, skip_space(tokens, at + 1));
    if counts_something_else(tokens, at, at + 1) || next.is_some_and(|w| value(&w).is_some() || vague(&w)) {
        return Err(Fault::WrongNumber);
    }
    let n = integer(digits).filter(|n| allowed.counts.contains(n)).ok_or(Fault::WrongNumber)?;
    found.insert(n);
    if let Some(whole) = whole_of(tokens, at + 1)
        && !integer(whole).is_some_and(|whole| allowed.shares.contains(&(n, whole)))
    {
        return Err(Fault::WrongNumber);
    }
    Ok(at + 1)
}

/// Whether a number at `at` that ends before `behind` counts what is not computed, or is part of a day.
fn counts_something_else(tokens: &[Token], at: usize, behind: usize) -> bool {
    let is = |place: usize| matches!(tokens.get(place), Some(Token::Word(w)) if NOT_COUNTED.contains(&w.as_str()));
    is(skip_space(tokens, behind)) || at.checked_sub(2).is_some_and(is)
}

/// `1,234` and `1234`.
fn integer(digits: &str) -> Option<i64> {
    let mut groups = digits.split(',');
    let first = groups.next()?;
    let rest: Vec<&str> = groups.collect();
    let grouped = rest.is_empty() || (first.len() <= 3 && rest.iter().all(|g| g.len() == 3));
    if !grouped || (digits.len() > 1 && digits.starts_with('0')) {
        return None;
    }
    digits.replace(',', "").parse().ok()
}

/// Whether digits are a computed share in percent, rounded to as many decimals as they have, halves up.
fn is_share(digits: &str, allowed: &Allowed) -> bool {
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = whole.len() <= 3 && !whole.contains(',') && !(whole.len() > 1 && whole.starts_with('0'));
    if !plain || decimals.len() > DECIMALS_MAX || decimals.contains(['.', ',']) {
        return false;
    }
    let Ok(said) = format!("{whole}{decimals}").parse::<i128>() else { return false };
    let scale = [100_i128, 1_000, 10_000][decimals.len()];
    allowed.shares.iter().filter(|(_, n)| *n > 0).any(|(part, n)| {
        let (part, n) = (i128::from(*part), i128::from(*n));
        (2 * part * scale + n) / (2 * n) == said
    })
}

/// A number in words and what belongs to it. Gives the place behind it.
fn in_words(
    tokens: &[Token],
    at: usize,
    first: &str,
    allowed: &Allowed,
    found: &mut BTreeSet<i64>,
) -> Result<usize, Fault> {
    let lower = first.to_lowercase();
    if vague(&lower) || is_roman(first) {
        return Err(Fault::WrongNumber);
    }
    if lower == "half" {
        let is = allowed.shares.iter().any(|(part, whole)| *whole > 0 && part * 2 == *whole);
        return if is { Ok(at + 1) } else { Err(Fault::WrongNumber) };
    }
    if value(&lower).is_none() || is_pronoun(tokens, at, &lower) {
        return Ok(at + 1);
    }
    let (mut parts, mut behind) = (vec![lower], at + 1);
    while let Some((next, place)) = next_number_word(tokens, behind) {
        parts.push(next);
        behind = place;
    }
    let n = number(&parts).ok_or(Fault::WrongNumber)?;
    if let Some(behind) = percent(tokens, behind) {
        return if is_share(&n.to_string(), allowed) { Ok(behind) } else { Err(Fault::WrongNumber) };
    }
    let next = skip_space(tokens, behind);
    let another = matches!(tokens.get(next), Some(Token::Digits(_))) || word(tokens, next).is_some_and(|w| vague(&w));
    if another || counts_something_else(tokens, at, behind) || !allowed.counts.contains(&n) {
        return Err(Fault::WrongNumber);
    }
    found.insert(n);
    if let Some(whole) = whole_of(tokens, behind)
        && !integer(whole).is_some_and(|whole| allowed.shares.contains(&(n, whole)))
    {
        return Err(Fault::WrongNumber);
    }
    Ok(behind)
}

/// The number word after a space, a hyphen, or `and` after a hundred.
fn next_number_word(tokens: &[Token], at: usize) -> Option<(String, usize)> {
    let joint = match tokens.get(at) {
        Some(Token::Space | Token::Mark('-')) => at + 1,
        _ => return None,
    };
    let next = word(tokens, joint)?;
    if next == "and" {
        let beyond = skip_space(tokens, joint + 1);
        return word(tokens, beyond).filter(|w| value(w).is_some()).map(|w| (w, beyond + 1));
    }
    value(&next).is_some().then_some((next, joint + 1))
}

/// `one` that counts nothing: `no one`, `the new one`, `one another`.
fn is_pronoun(tokens: &[Token], at: usize, word_here: &str) -> bool {
    let before = at.checked_sub(2).filter(|b| tokens[b + 1] == Token::Space).and_then(|b| word(tokens, b));
    let after = word(tokens, skip_space(tokens, at + 1));
    word_here == "one"
        && (before.is_some_and(|w| {
            ["no", "this", "that", "each", "every", "any", "which", "another", "new", "old", "previous"]
                .contains(&w.as_str())
        }) || after.is_some_and(|w| w == "another"))
}
