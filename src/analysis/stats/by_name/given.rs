//! The arguments of a call, read one by one; what is wrong is told with the field and what it should be.

use std::fmt;

use serde_json::{Map, Value};

use crate::analysis::stats::share::{Confidence, Share};

/// Largest count that is taken: all whole numbers up to it are exact.
pub(super) const COUNT_MAX: u64 = 1 << 53;

/// What is wrong with a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArgumentError {
    /// The argument, or where in it.
    pub field: String,
    /// What it should be.
    pub says: String,
}

impl fmt::Display for ArgumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.says)
    }
}

impl std::error::Error for ArgumentError {}

pub(super) fn wrong(field: impl Into<String>, says: impl Into<String>) -> ArgumentError {
    ArgumentError { field: field.into(), says: says.into() }
}

type Read<T> = Result<T, ArgumentError>;

/// The arguments by name.
#[derive(Clone, Copy)]
pub struct Given<'a>(&'a Map<String, Value>);

impl<'a> Given<'a> {
    /// Of an object, all of whose fields are `known`.
    pub(super) fn of(call: &'a Map<String, Value>, known: &[super::Argument]) -> Read<Self> {
        let strange =
            call.keys().find(|key| *key != super::FUNCTION_KEY && !known.iter().any(|k| k.name == key.as_str()));
        match strange {
            None => Ok(Self(call)),
            Some(key) => {
                let names: Vec<&str> = known.iter().map(|k| k.name).collect();
                Err(wrong(key, format!("not an argument; expected {}", names.join(", "))))
            }
        }
    }

    /// Whether it is there and not null.
    pub fn has(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|v| !v.is_null())
    }

    /// As it was given.
    pub fn value(&self, name: &str, expected: &str) -> Read<&'a Value> {
        self.0.get(name).ok_or_else(|| wrong(name, format!("missing; expected {expected}")))
    }

    /// A number.
    pub fn number(&self, name: &str) -> Read<f64> {
        number(name, self.value(name, NUMBER)?)
    }

    /// A number for which `holds`, else told what was `expected`.
    pub fn number_that(&self, name: &str, expected: &str, holds: impl Fn(f64) -> bool) -> Read<f64> {
        let x = number(name, self.value(name, expected)?)?;
        if holds(x) { Ok(x) } else { Err(wrong(name, format!("expected {expected}, got {x}"))) }
    }

    /// The same, or a default where it is not given.
    pub fn number_or(&self, name: &str, default: f64, expected: &str, holds: impl Fn(f64) -> bool) -> Read<f64> {
        if self.has(name) { self.number_that(name, expected, holds) } else { Ok(default) }
    }

    /// A number above 0.
    pub fn positive(&self, name: &str) -> Read<f64> {
        self.number_that(name, "a number above 0", |x| x > 0.0)
    }

    /// A number from 0 to 1.
    pub fn rate(&self, name: &str) -> Read<f64> {
        self.number_that(name, "a number from 0 to 1", |x| (0.0..=1.0).contains(&x))
    }

    /// A whole number from 0.
    pub fn count(&self, name: &str) -> Read<u64> {
        count(name, self.value(name, COUNT)?)
    }

    /// The same, or a default where it is not given.
    pub fn count_or(&self, name: &str, default: u64) -> Read<u64> {
        if self.has(name) { self.count(name) } else { Ok(default) }
    }

    /// `part` of `whole`, the part no larger.
    pub fn share(&self, part: &str, whole: &str) -> Read<Share> {
        let (k, n) = (self.count(part)?, self.count(whole)?);
        Share::new(k, n).ok_or_else(|| wrong(part, format!("expected no more than {whole}, {n}, got {k}")))
    }

    /// Shares from two lists of the same length.
    pub fn shares(&self, parts: &str, wholes: &str) -> Read<Vec<Share>> {
        let (k, n) = (self.counts(parts)?, self.counts(wholes)?);
        same_length(parts, k.len(), wholes, n.len())?;
        let one = |(i, (k, n)): (usize, (&u64, &u64))| {
            Share::new(*k, *n).ok_or_else(|| {
                wrong(format!("{parts}[{i}]"), format!("expected no more than {wholes}[{i}], {n}, got {k}"))
            })
        };
        k.iter().zip(&n).enumerate().map(one).collect()
    }

    /// `conf`, 0.95 where it is not given.
    pub fn confidence(&self) -> Read<Confidence> {
        self.confidence_or(Confidence::P95)
    }

    /// `conf`, or a default.
    pub fn confidence_or(&self, default: Confidence) -> Read<Confidence> {
        if !self.has("conf") {
            return Ok(default);
        }
        let given = self.number("conf")?;
        Confidence::new(given).ok_or_else(|| wrong("conf", format!("expected a number between 0 and 1, got {given}")))
    }

    /// `alpha`, 0.05 where it is not given.
    pub fn alpha(&self) -> Read<f64> {
        self.number_or("alpha", 0.05, "a number between 0 and 1", |x| x > 0.0 && x < 1.0)
    }

    /// A list of anything.
    pub fn list(&self, name: &str, expected: &str) -> Read<&'a [Value]> {
        list(name, self.value(name, expected)?, expected)
    }

    /// A list of numbers.
    pub fn numbers(&self, name: &str) -> Read<Vec<f64>> {
        numbers(name, self.value(name, NUMBERS)?)
    }

    /// A list of whole numbers from 0.
    pub fn counts(&self, name: &str) -> Read<Vec<u64>> {
        counts(name, self.value(name, COUNTS)?)
    }

    /// A list of lists of numbers.
    pub fn rows(&self, name: &str) -> Read<Vec<Vec<f64>>> {
        let rows = self.list(name, "a list of lists of numbers")?;
        rows.iter().enumerate().map(|(i, row)| numbers(&format!("{name}[{i}]"), row)).collect()
    }

    /// An object inside.
    pub fn object(&self, name: &str, expected: &str) -> Read<&'a Map<String, Value>> {
        self.value(name, expected)?.as_object().ok_or_else(|| wrong(name, format!("expected {expected}")))
    }
}

const NUMBER: &str = "a number";
const COUNT: &str = "a count: a whole number from 0";
const NUMBERS: &str = "a list of numbers";
const COUNTS: &str = "a list of counts: whole numbers from 0";

pub(super) fn number(field: &str, value: &Value) -> Read<f64> {
    value.as_f64().filter(|x| x.is_finite()).ok_or_else(|| wrong(field, format!("expected {NUMBER}, got {value}")))
}

pub(super) fn count(field: &str, value: &Value) -> Read<u64> {
    whole(value).ok_or_else(|| wrong(field, format!("expected {COUNT}, got {value}")))
}

/// A count, also where it is written as 400.0.
fn whole(value: &Value) -> Option<u64> {
    let n = value.as_u64().or_else(|| {
        let x = value.as_f64().filter(|x| *x >= 0.0 && x.fract() == 0.0 && *x <= COUNT_MAX as f64)?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a whole number from 0 to 2^53")]
        Some(x as u64)
    })?;
    (n <= COUNT_MAX).then_some(n)
}

/// An integer of any size that 128 bits hold, as a number or, where a JSON number could lose digits, as a decimal string.
pub(super) fn integer(field: &str, value: &Value) -> Read<i128> {
    let read = match value {
        Value::String(digits) => digits.trim().parse().ok(),
        Value::Number(n) => n.as_i64().map(i128::from).or_else(|| n.as_u64().map(i128::from)),
        _ => None,
    };
    read.ok_or_else(|| wrong(field, format!("expected an integer, as a number or a decimal string, got {value}")))
}

pub(super) fn list<'a>(field: &str, value: &'a Value, expected: &str) -> Read<&'a [Value]> {
    value.as_array().map(Vec::as_slice).ok_or_else(|| wrong(field, format!("expected {expected}, got {value}")))
}

pub(super) fn numbers(field: &str, value: &Value) -> Read<Vec<f64>> {
    list(field, value, NUMBERS)?.iter().enumerate().map(|(i, v)| number(&format!("{field}[{i}]"), v)).collect()
}

pub(super) fn counts(field: &str, value: &Value) -> Read<Vec<u64>> {
    list(field, value, COUNTS)?.iter().enumerate().map(|(i, v)| count(&format!("{field}[{i}]"), v)).collect()
}

pub(super) fn same_length(one: &str, n: usize, other: &str, m: usize) -> Read<()> {
    if n == m { Ok(()) } else { Err(wrong(one, format!("expected as many as in {other}, {m}, got {n}"))) }
}
