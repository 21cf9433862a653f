//! Makes a table of vectors out of what a sentence encoder says of each piece alone and of many texts.
//!
//! Each piece begins where the encoder puts it, seen along the [`DIM`] axes in which texts differ most, lighter the more
//! often it is met (Arora, Liang and Ma 2017, "A simple but tough-to-beat baseline for sentence embeddings"); then
//! [`Fit`] moves the pieces until their sums come near to the texts. In the end the axes are made more alike: the widest
//! of them tell questions from remarks rather than one matter from another.

use super::file::WEIGHT_MAX;
use super::fit::{Example, Fit, add, dot};
use super::pca::Axes;
use super::pieces::Seen;
use super::{DIM, FileError, Table};

/// How rare a piece must be to weigh half.
const RARE: f32 = 1e-3;
/// Pieces that are thought to be met besides those of the texts, shared out by rank in the vocabulary (Zipf's law).
const THOUGHT: f32 = 200_000.0;
/// The power of an axis' variance by which the outcome is divided; 0.5 would make all alike.
const FLATTEN: f32 = 0.25;
/// Axes narrower than this share of the widest's variance hold noise, and are not widened further.
const NARROW: f32 = 1e-3;

/// What an encoder said of a text.
#[derive(Clone, Debug, PartialEq)]
pub struct Encoded {
    /// A piece, or a text.
    pub text: String,
    /// Where the encoder puts it; all of one width.
    pub vector: Vec<f32>,
}

/// Whether a table has use for a piece: letters and digits of the Latin script. Other scripts have only single letters
/// in an English vocabulary, and a bag of letters says nothing.
pub fn is_useful(piece: &str) -> bool {
    let bare = piece.strip_prefix("##").unwrap_or(piece);
    !bare.is_empty() && bare.chars().all(|c| c.is_alphanumeric() && c < '\u{250}')
}

/// The file of a table. `pieces` are the useful ones of the encoder's vocabulary, the most frequent first; `watch` is
/// told the mean cosine between sums and texts after each round of the fit.
///
/// # Errors
/// Where there are more pieces than a file holds, or one stands there twice.
pub fn distil(
    pieces: &[Encoded],
    texts: &[Encoded],
    fit: &Fit,
    watch: impl FnMut(usize, f32),
) -> Result<Vec<u8>, FileError> {
    let names = || pieces.iter().map(|p| p.text.clone());
    let blank: Vec<_> = names().map(|name| (name, 0, [0; DIM])).collect();
    let reader = Table::from_bytes(Table::write(&[0.0; DIM], &blank)?.into())?;
    let vectors: Vec<Vec<f32>> = texts.iter().map(|t| t.vector.clone()).collect();
    let axes = Axes::of(&vectors, DIM);
    drop(vectors);
    let examples: Vec<Example> = texts
        .iter()
        .filter_map(|text| {
            let mut seen = Seen::default();
            reader.read(&text.text.to_lowercase(), &mut seen);
            let pieces: Vec<u32> = seen.rows().iter().map(|row| u32::from(*row)).collect();
            let target = wide(axes.project(&text.vector));
            (!pieces.is_empty()).then(|| Example { pieces, target: unit(&target) })
        })
        .collect();
    let mut table = beginning(pieces, &axes, &weights(pieces.len(), &examples));
    fit.run(&mut table, DIM, &examples, watch);
    let widest = axes.spreads().first().copied().unwrap_or(1.0).max(1e-9);
    for row in table.chunks_exact_mut(DIM) {
        for (x, spread) in row.iter_mut().zip(axes.spreads()) {
            *x *= (spread / widest).max(NARROW).powf(-FLATTEN);
        }
    }
    let rows = in_bytes(&table);
    let mean = mean_of(&rows, &examples);
    let rows: Vec<_> = names().zip(rows).map(|(name, (weight, row))| (name, weight, row)).collect();
    Table::write(&mean, &rows)
}

/// The lighter the more often a piece is met.
fn weights(pieces: usize, examples: &[Example]) -> Vec<f32> {
    let ranks: f32 = (1..=pieces).map(|rank| 1.0 / rank as f32).sum();
    let mut met: Vec<f32> = (1..=pieces).map(|rank| THOUGHT / ranks / rank as f32).collect();
    for piece in examples.iter().flat_map(|e| &e.pieces) {
        met[*piece as usize] += 1.0;
    }
    let all: f32 = met.iter().sum();
    met.iter().map(|met| RARE / (RARE + met / all.max(1.0))).collect()
}

/// Where the pieces begin, about 1 long before they are weighed.
fn beginning(pieces: &[Encoded], axes: &Axes, weights: &[f32]) -> Vec<f32> {
    let units: Vec<Vec<f32>> = pieces.iter().map(|p| unit(&p.vector)).collect();
    let axes = axes.for_others(&units);
    let rows: Vec<Vec<f32>> = units.iter().map(|u| wide(axes.project(u))).collect();
    let length = rows.iter().map(|r| dot(r, r).sqrt()).sum::<f32>() / rows.len().max(1) as f32;
    let scaled =
        |(row, weight): (&Vec<f32>, &f32)| -> Vec<f32> { row.iter().map(|x| x * weight / length.max(1e-9)).collect() };
    rows.iter().zip(weights).flat_map(scaled).collect()
}

/// Each row in bytes, and what they are to be taken times.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "rounded and cut to what fits")]
fn in_bytes(table: &[f32]) -> Vec<(u16, [i8; DIM])> {
    let rows = table.as_chunks::<DIM>().0;
    let steps: Vec<f32> = rows.iter().map(|r| r.iter().fold(0.0_f32, |m, x| m.max(x.abs())) / 127.0).collect();
    let most = steps.iter().fold(1e-9_f32, |m, s| m.max(*s));
    let row = |(row, step): (&[f32; DIM], &f32)| {
        let weight = (step / most * f32::from(WEIGHT_MAX)).round().max(1.0) as u16;
        (weight, row.map(|x| (x / step.max(1e-12)).round().clamp(-127.0, 127.0) as i8))
    };
    rows.iter().zip(&steps).map(row).collect()
}

/// The mean direction of the texts.
fn mean_of(rows: &[(u16, [i8; DIM])], examples: &[Example]) -> [f32; DIM] {
    let mut mean = [0.0; DIM];
    for example in examples {
        let mut sum = vec![0.0; DIM];
        for piece in &example.pieces {
            let (weight, row) = &rows[*piece as usize];
            add(&mut sum, &row.map(f32::from), f32::from(*weight));
        }
        add(&mut mean, &unit(&sum), 1.0 / examples.len() as f32);
    }
    mean
}

/// Filled up with zeros where the encoder is narrower than the table.
fn wide(mut vector: Vec<f32>) -> Vec<f32> {
    vector.resize(DIM, 0.0);
    vector
}

fn unit(vector: &[f32]) -> Vec<f32> {
    let length = dot(vector, vector).sqrt().max(1e-9);
    vector.iter().map(|x| x / length).collect()
}

#[cfg(test)]
mod tests {
    use super::super::nearness;
    use super::*;

    const MATTERS: [[&str; 4]; 3] =
        [["refund", "money", "paid", "##back"], ["crash", "freeze", "bug", "##es"], ["dark", "theme", "colour", "##s"]];

    /// An encoder that puts all words of a matter on one axis of six, and each a little on another.
    fn encoded(text: &str) -> Encoded {
        let mut vector = vec![0.05_f32; 6];
        for (axis, words) in MATTERS.iter().enumerate() {
            for (i, word) in words.iter().enumerate() {
                let found = text.contains(word.trim_start_matches('#'));
                vector[axis] += if found { 1.0 } else { 0.0 };
                vector[3 + i % 3] += if found { 0.05 } else { 0.0 };
            }
        }
        Encoded { text: text.to_owned(), vector: unit(&vector) }
    }

    fn table() -> Vec<u8> {
        let pieces: Vec<Encoded> =
            ["the", "is"].into_iter().chain(MATTERS.into_iter().flatten()).map(encoded).collect();
        let pairs = MATTERS.into_iter().flat_map(|m| (0..3).flat_map(move |i| (0..3).map(move |j| (m[i], m[j]))));
        let texts: Vec<Encoded> = pairs.map(|(a, b)| encoded(&format!("The {a} is {b}"))).collect();
        let mut seen = Vec::new();
        let fit = Fit { rounds: 20, batch: 4, step: 0.02, ..Fit::default() };
        let bytes = distil(&pieces, &texts, &fit, |_, cosine| seen.push(cosine)).expect("a file");
        assert!(seen.len() == 20 && seen[19] > seen[0] && seen[19] > 0.9, "{seen:?}");
        bytes
    }

    #[test]
    fn what_the_encoder_puts_together_the_table_does() {
        let table = Table::from_bytes(table().into()).expect("a table");
        let of = |text: &str| table.sentence([text]).expect("a vector");
        let near = |a: &str, b: &str| nearness(&of(a), &of(b));
        for (text, same, other) in [
            ("the refund is money", "refund is paid", "the crash is bug"),
            ("the crashes", "the bug", "the colours"),
            ("dark", "colour is theme", "freeze"),
        ] {
            assert!(near(text, same) > near(text, other) + 0.3, "{text}: {} {}", near(text, same), near(text, other));
        }
    }

    #[test]
    fn the_same_texts_and_seed_make_the_same_file() {
        assert_eq!(table(), table());
    }

    #[test]
    fn pieces_without_use_are_left_out() {
        for piece in ["a", "##ing", "été", "3g"] {
            assert!(is_useful(piece), "{piece}");
        }
        for piece in ["[CLS]", "##", "", "!", "猫", "##ж", "ع", "don't"] {
            assert!(!is_useful(piece), "{piece}");
        }
    }

    #[test]
    fn a_piece_that_stands_there_twice_is_refused() {
        assert_eq!(distil(&[encoded("a"), encoded("a")], &[], &Fit::default(), |_, _| ()), Err(FileError::Pieces));
        assert!(distil(&[], &[], &Fit::default(), |_, _| ()).is_ok());
    }
}
