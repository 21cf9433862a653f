//! The computed words of a summary. Each number in them is a part of its own that says what it counts, so that none can come
//! from anywhere else.

use super::facts::{Concentration, Facts, Trait};
use crate::domain::annotation::Intent;
use crate::time::{DAY_MS, UnixMs, span_in_words};

/// A part of a sentence.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// Our words; they hold no number.
    Words(&'static str),
    /// What others call something: data.
    Name(String),
    /// A computed number.
    Number(Number),
}

/// A number with what it counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Number {
    /// How much.
    pub value: Value,
    /// Of what.
    pub of: Measure,
}

/// How much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// So many.
    Count(i64),
    /// So many of so many.
    Share {
        /// These.
        part: i64,
        /// Of these.
        whole: i64,
    },
    /// A day, UTC.
    Day(UnixMs),
    /// A length of time, ms.
    Lasting(i64),
}

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Distinct people.
    People,
    /// Statements.
    Statements,
    /// People whose latest statement is negative.
    Negative,
    /// People whose latest statement is positive.
    Positive,
    /// People who want it.
    Intent(Intent),
    /// People who share a value, of those of whom the trait is known.
    Trait(Trait),
    /// The same of the rollout's other people.
    Others(Trait),
    /// Distinct people in a theme.
    Theme,
    /// The first statement.
    First,
    /// The last statement.
    Last,
    /// From the first to the last.
    Span,
}

impl Measure {
    /// The name that is sent.
    pub fn name(self) -> String {
        match self {
            Self::People => "people".into(),
            Self::Statements => "statements".into(),
            Self::Negative => "negative people".into(),
            Self::Positive => "positive people".into(),
            Self::Intent(intent) => format!("people who want: {}", intent.as_str()),
            Self::Trait(about) => format!("people by {}", about.as_str()),
            Self::Others(about) => format!("other people by {}", about.as_str()),
            Self::Theme => "people in a theme".into(),
            Self::First => "first statement".into(),
            Self::Last => "last statement".into(),
            Self::Span => "from the first statement to the last".into(),
        }
    }
}

impl Value {
    /// As people read it: `12`, `11 of 12 (92 %)`, `2026-10-09`, `1 day 23 hours`.
    pub fn words(self) -> String {
        match self {
            Self::Count(n) => n.to_string(),
            Self::Share { part, whole } => format!("{part} of {whole} ({} %)", percent(part, whole)),
            Self::Day(at) => at.human().chars().take_while(|c| *c != ' ').collect(),
            Self::Lasting(ms) => span_in_words(ms),
        }
    }
}

/// A share in whole percent, halves up.
fn percent(part: i64, whole: i64) -> i64 {
    if whole <= 0 { 0 } else { (part * 200 + whole) / (2 * whole) }
}

/// Sentences.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sentence(pub Vec<Part>);

impl Sentence {
    /// The words.
    pub fn text(&self) -> String {
        self.0
            .iter()
            .map(|part| match part {
                Part::Words(words) => (*words).to_owned(),
                Part::Name(name) => name.clone(),
                Part::Number(number) => number.value.words(),
            })
            .collect()
    }

    /// The numbers, in order.
    pub fn numbers(&self) -> impl Iterator<Item = Number> + '_ {
        self.0.iter().filter_map(|part| match part {
            Part::Number(number) => Some(*number),
            Part::Words(_) | Part::Name(_) => None,
        })
    }

    /// What others call things, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|part| match part {
            Part::Name(name) => Some(name.as_str()),
            Part::Words(_) | Part::Number(_) => None,
        })
    }

    fn words(&mut self, words: &'static str) {
        self.0.push(Part::Words(words));
    }

    fn name(&mut self, name: &str) {
        self.0.push(Part::Name(name.to_owned()));
    }

    fn number(&mut self, value: Value, of: Measure) {
        self.0.push(Part::Number(Number { value, of }));
    }

    fn counted(&mut self, n: i64, of: Measure, one: &'static str, many: &'static str) {
        self.number(Value::Count(n), of);
        self.words(if n == 1 { one } else { many });
    }

    fn share(&mut self, part: i64, whole: i64, of: Measure) {
        self.number(Value::Share { part, whole }, of);
    }
}

/// What a theme comes to: `12 people made 14 statements that say “card is declined”: 11 of 12 (92 %) are negative, …`
pub fn of_theme(name: &str, facts: &Facts) -> Sentence {
    let mut s = Sentence::default();
    said_by(&mut s, facts);
    s.words(" that say “");
    s.name(name);
    s.words("”");
    feeling(&mut s, facts);
    span(&mut s, facts);
    for c in &facts.concentrated {
        s.words(" ");
        concentrated(&mut s, c);
    }
    s
}

/// What a rollout comes to; `themes` are the names and people of the largest.
pub fn of_rollout(label: &str, facts: &Facts, themes: &[(&str, i64)]) -> Sentence {
    let mut s = Sentence::default();
    if facts.tally.people() == 0 {
        s.words("Nobody answered about ");
        s.name(label);
        s.words(".");
        return s;
    }
    said_by(&mut s, facts);
    s.words(" about ");
    s.name(label);
    feeling(&mut s, facts);
    span(&mut s, facts);
    for (i, (name, people)) in themes.iter().enumerate() {
        s.words(if i == 0 { " Most often they say “" } else { ", “" });
        s.name(name);
        s.words("” (");
        s.counted(*people, Measure::Theme, " person)", " people)");
    }
    if !themes.is_empty() {
        s.words(".");
    }
    s
}

/// Where a theme is found more than elsewhere, a sentence each.
pub fn where_it_is(concentrated_in: &[Concentration]) -> Sentence {
    let mut s = Sentence::default();
    for (i, c) in concentrated_in.iter().enumerate() {
        if i > 0 {
            s.words(" ");
        }
        concentrated(&mut s, c);
    }
    s
}

fn said_by(s: &mut Sentence, facts: &Facts) {
    let people = facts.tally.people();
    s.counted(people, Measure::People, " person made ", " people made ");
    s.counted(facts.statements.max(people), Measure::Statements, " statement", " statements");
}

/// `: 11 of 12 (92 %) are negative, and 10 of 12 (83 %) tell of something that does not work.`
fn feeling(s: &mut Sentence, facts: &Facts) {
    let (tally, people) = (facts.tally, facts.tally.people());
    let are = |n: i64| n == 1;
    s.words(": ");
    if tally.positive > tally.negative {
        s.share(tally.positive, people, Measure::Positive);
        s.words(if are(tally.positive) { " is positive" } else { " are positive" });
    } else {
        s.share(tally.negative, people, Measure::Negative);
        s.words(if are(tally.negative) { " is negative" } else { " are negative" });
    }
    if let Some((intent, n)) = facts.intent.filter(|(_, n)| *n > 0)
        && let Some((one, many)) = wants(intent)
    {
        s.words(", and ");
        s.share(n, people, Measure::Intent(intent));
        s.words(if are(n) { one } else { many });
    }
    s.words(".");
}

/// What people with an intent do; `None` where that would say nothing.
fn wants(intent: Intent) -> Option<(&'static str, &'static str)> {
    match intent {
        Intent::Bug => Some((" tells of something that does not work", " tell of something that does not work")),
        Intent::Usability => Some((" finds it hard to use", " find it hard to use")),
        Intent::Request => Some((" wishes for something", " wish for something")),
        Intent::Question => Some((" asks something", " ask something")),
        Intent::Praise => Some((" praises it", " praise it")),
        Intent::Other => None,
    }
}

fn span(s: &mut Sentence, facts: &Facts) {
    let Some((first, last)) = facts.span else { return };
    if Value::Day(first).words() == Value::Day(last).words() {
        s.words(" All was said on ");
        s.number(Value::Day(first), Measure::First);
        s.words(".");
        return;
    }
    s.words(" It was said from ");
    s.number(Value::Day(first), Measure::First);
    s.words(" to ");
    s.number(Value::Day(last), Measure::Last);
    if last.since(first) >= DAY_MS {
        s.words(", over ");
        s.number(Value::Lasting(last.since(first)), Measure::Span);
    }
    s.words(".");
}

/// `9 of 10 (90 %) whose platform is known have “android”, against 30 of 60 (50 %) of the others.`
fn concentrated(s: &mut Sentence, c: &Concentration) {
    s.share(c.part, c.whole, Measure::Trait(c.about));
    s.words(match c.about {
        Trait::Variant => " whose variant is known saw “",
        Trait::Version => " whose version is known have “",
        Trait::Platform => " whose platform is known use “",
        Trait::Plan => " whose plan is known have “",
        Trait::Country => " whose country is known are in “",
    });
    s.name(&c.value);
    s.words("”");
    if let Some((part, whole)) = c.others {
        s.words(", against ");
        s.share(part, whole, Measure::Others(c.about));
        s.words(" of the others");
    }
    s.words(".");
}

#[cfg(test)]
mod tests;
