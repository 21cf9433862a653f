//! What a statement is about, as a direction in the space of the word vectors.

use crate::analysis::lexicon::Lexicon;
use crate::analysis::vectors;
use crate::analysis::words::{Kind, Words};

/// Length of a direction. Whole numbers, so that sums of directions are exact and what was added can be taken away again
/// without a rest.
pub(in crate::analysis) const UNIT: i16 = 4096;
/// Words of a statement that are looked at; what a long letter is about stands in its beginning.
const WORDS_MAX: usize = 160;

/// A direction: [`UNIT`] long but for rounding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Direction(Box<[i16]>);

impl Direction {
    /// Of a vector of any length; `None` of one without a direction.
    pub fn of(vector: &[f32]) -> Option<Self> {
        let length = vector.iter().map(|v| f64::from(*v) * f64::from(*v)).sum::<f64>().sqrt();
        (length.is_finite() && length > 0.0)
            .then(|| Self(vector.iter().map(|v| rounded(f64::from(*v) / length)).collect()))
    }

    /// Of a sum of directions; `None` where they cancel each other out.
    pub(super) fn of_sum(sum: &[i64]) -> Option<Self> {
        let length = length(sum);
        (length > 0.0).then(|| Self(sum.iter().map(|v| rounded(*v as f64 / length)).collect()))
    }

    /// As seen from `middle`, which is given in units of a direction; `None` where it is that middle.
    /// What `middle` does not reach stays as it is.
    pub(super) fn less(&self, middle: &[f64]) -> Option<Self> {
        let middle = middle.iter().copied().chain(std::iter::repeat(0.0));
        let seen: Vec<f64> = self.0.iter().zip(middle).map(|(v, m)| f64::from(*v) - m).collect();
        let length = seen.iter().map(|v| v * v).sum::<f64>().sqrt();
        (length > 1.0).then(|| Self(seen.iter().map(|v| rounded(v / length)).collect()))
    }

    /// How many numbers it has.
    pub fn width(&self) -> usize {
        self.0.len()
    }

    /// Its coordinates, [`UNIT`] for 1.
    pub(in crate::analysis) fn values(&self) -> &[i16] {
        &self.0
    }

    /// The product of the lengths and the cosine.
    pub(super) fn dot(&self, other: &Self) -> i32 {
        self.0.iter().zip(&other.0).map(|(a, b)| i32::from(*a) * i32::from(*b)).sum()
    }

    /// The cosine to another, -1 to 1.
    pub(super) fn cosine(&self, other: &Self) -> f64 {
        (f64::from(self.dot(other)) / (f64::from(UNIT) * f64::from(UNIT))).clamp(-1.0, 1.0)
    }

    /// The cosine to a vector of any length, -1 to 1; 0 where that has no direction.
    pub(super) fn cosine_to(&self, vector: impl Iterator<Item = f64>) -> f64 {
        let (mut dot, mut square) = (0.0, 0.0);
        for (own, other) in self.0.iter().zip(vector) {
            dot += f64::from(*own) * other;
            square += other * other;
        }
        (dot / (square.sqrt() * f64::from(UNIT)).max(f64::MIN_POSITIVE)).clamp(-1.0, 1.0)
    }

    /// Adds it to a sum.
    pub(super) fn add_to(&self, sum: &mut [i64]) {
        sum.iter_mut().zip(&self.0).for_each(|(s, v)| *s += i64::from(*v));
    }

    /// Takes it from a sum.
    pub(super) fn take_from(&self, sum: &mut [i64]) {
        sum.iter_mut().zip(&self.0).for_each(|(s, v)| *s -= i64::from(*v));
    }
}

fn length(sum: &[i64]) -> f64 {
    sum.iter().map(|v| *v as f64 * *v as f64).sum::<f64>().sqrt()
}

#[expect(clippy::cast_possible_truncation, reason = "a share of a length is at most 1, times 4096")]
fn rounded(share: f64) -> i16 {
    (share * f64::from(UNIT)).round() as i16
}

/// What a (redacted) statement is about; `None` where it says nothing that could be shared. What a language's file knows in
/// English is read in English, so that the same thing said in two languages has nearly the same direction.
pub fn direction(text: &str, language: &str) -> Option<Direction> {
    vectors::sentence([in_english(text, language).as_str()]).as_ref().and_then(|v| Direction::of(v))
}

/// The words that count, those of other languages by what they mean in English where their file tells.
pub fn in_english(text: &str, language: &str) -> String {
    let words = Words::read(text);
    let mut read = String::with_capacity(text.len().min(1_000));
    let lexicon = Lexicon::of(language).filter(|_| language != "en");
    let found = lexicon.map(|l| l.find(&words)).unwrap_or_default();
    let mut found = found.iter().peekable();
    let mut at = 0;
    while at < words.all.len().min(WORDS_MAX) {
        let known = found.next_if(|f| f.first == at);
        let count = known.map_or(1, |f| f.count.max(1));
        match known.map(|f| f.entry) {
            Some(entry) if !entry.gloss.is_empty() => push(&mut read, entry.gloss),
            Some(entry) if entry.stop => {}
            Some(_) | None => (at..at + count)
                .filter(|i| matches!(words.all[*i].kind, Kind::Word | Kind::Number))
                .for_each(|i| push(&mut read, words.lower(i))),
        }
        at += count;
    }
    read
}

fn push(read: &mut String, words: &str) {
    if !read.is_empty() {
        read.push(' ');
    }
    read.push_str(words);
}
