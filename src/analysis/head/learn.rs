//! Fitting a head to labelled texts, and how much it counts beside the model to texts of sets that neither saw.

use std::num::NonZeroUsize;

use super::fit::{Example, fit};
use super::mix::{Mix, Opinions};
use super::{Head, mix_of};
use crate::analysis::model::Model;
use crate::analysis::model::learn::{self, Labelled, Settings, shares};
use crate::analysis::reader;
use crate::analysis::themes::{Direction, Embedder, NotEmbedded, Text};
use crate::analysis::words::Words;
use crate::analysis::{language, lexicon};

/// Parts of the texts; each is held back once.
const FOLDS: usize = 3;
/// Texts that are encoded between two signs of progress.
const BLOCK: usize = 256;

/// A head, and what it is good for.
#[derive(Clone, Debug, PartialEq)]
pub struct Learned {
    /// The head.
    pub head: Head,
    /// Texts with a feeling that it learned from.
    pub texts: usize,
    /// Mean surprise about texts of sets that were held back, in nats: of the model alone, as sure as it can rightly be, and
    /// of both together.
    pub surprise: [f64; 2],
}

/// The encoder that a head is for.
#[derive(Clone, Copy, Debug)]
pub struct For<'a> {
    /// What asks it.
    pub embedder: &'a dyn Embedder,
    /// Its version.
    pub version: &'a str,
    /// Numbers that it gives.
    pub width: usize,
    /// How many texts it reads at one time.
    pub threads: NonZeroUsize,
}

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// So many texts of so many are encoded.
    Encoded(usize, usize),
    /// So many parts of so many were held back.
    HeldBack(usize, usize),
}

/// Makes a head for an encoder.
///
/// # Errors
/// Where the encoder fails.
pub fn learn(
    texts: &[Labelled],
    encoder: For<'_>,
    settings: Settings,
    progress: &mut dyn FnMut(Step),
) -> Result<Learned, NotEmbedded> {
    let texts: Vec<&Labelled> = texts.iter().filter(|t| t.sentiment.is_some()).collect();
    let languages: Vec<&str> = texts.iter().map(|t| language_of(t)).collect();
    let mut directions: Vec<Option<Direction>> = Vec::with_capacity(texts.len());
    let all: Vec<Text<'_>> =
        texts.iter().zip(&languages).map(|(t, language)| Text { text: &t.text, language }).collect();
    for block in all.chunks(BLOCK) {
        directions.extend(encoder.embedder.embed(block, encoder.threads)?);
        progress(Step::Encoded(directions.len(), all.len()));
    }
    let example = |i: usize| {
        let (text, direction) = (texts[i], directions[i].as_ref()?);
        Some(Example { direction, shares: shares(text.sentiment?), set: text.set, weight: text.weight })
    };
    let sets = texts.iter().map(|t| t.set + 1).max().unwrap_or(0);
    // Sets that were never seen are what it will meet; where there are too few, texts have to do.
    let fold = |i: usize| if sets >= FOLDS { texts[i].set % FOLDS } else { i % FOLDS };
    let mut opinions: [Vec<Opinions>; 2] = [Vec::new(), Vec::new()];
    for held in 0..FOLDS {
        let seen: Vec<usize> = (0..texts.len()).filter(|i| fold(*i) != held).collect();
        let known: Vec<Labelled> = seen.iter().map(|i| texts[*i].clone()).collect();
        let model = learn::learn(&known, settings, &mut |_, _| ());
        let head = fit(&seen.iter().filter_map(|i| example(*i)).collect::<Vec<_>>(), encoder.width, settings.seed);
        for i in (0..texts.len()).filter(|i| fold(*i) == held) {
            let Some(e) = example(i) else { continue };
            let one = Opinions {
                shares: e.shares,
                weight: e.weight,
                model: opinion(&model, texts[i]),
                head: head.ask(e.direction),
            };
            opinions[mix_of(languages[i])].push(one);
        }
        progress(Step::HeldBack(held + 1, FOLDS));
    }
    let mixes = [Mix::fitted(&opinions[0]), Mix::fitted(&opinions[1])];
    let surprise = [Mix::alone, Mix::fitted].map(|find| {
        let weight = |o: &[Opinions]| o.iter().map(|o| f64::from(o.weight)).sum::<f64>();
        let sum: f64 = opinions.iter().map(|o| find(o).surprise(o) * weight(o)).sum();
        sum / opinions.iter().map(|o| weight(o)).sum::<f64>().max(f64::MIN_POSITIVE)
    });
    let examples: Vec<Example<'_>> = (0..texts.len()).filter_map(example).collect();
    let linear = fit(&examples, encoder.width, settings.seed);
    Ok(Learned { head: Head::named(encoder.version, linear, mixes), texts: examples.len(), surprise })
}

fn language_of(text: &Labelled) -> &'static str {
    let words = Words::read(&text.text);
    language::detect(&text.text, &words, &lexicon::known(&words), text.language.as_deref())
}

fn opinion(model: &Model, text: &Labelled) -> [f32; crate::analysis::model::FEELINGS] {
    reader::opinion(model, &text.text, text.language.as_deref()).0.log_shares()
}
