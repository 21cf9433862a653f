//! What each word of a text says by itself, whatever stands around it, and what all of them come to. People say much with
//! few words: what was worked out for one is kept for when it is said again. What is kept is found by the word's letters,
//! not by their hash alone, so that no word can pass for another, and nothing that was read before changes a reading.

use super::hashing::bucket;
use super::lexicon::{self, LANGUAGES};
use super::model::{self, Model, Sum};
use super::spam;
use super::words::{Kind, Words};

/// Words that are kept, as a power of two: 1 MiB. Those that are said often stay in a core's own memory by themselves, and
/// the others are found faster than worked out.
const KEPT_BITS: u32 = 14;
/// Longest word that is kept, in bytes.
const KEPT_BYTES: usize = 24;

/// What one word says.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Alone {
    /// The languages that know it, a bit each.
    speakers: u16,
    /// As spam is told by it.
    spam: spam::Alone,
    /// What the model makes of its pieces.
    pieces: Sum<i16>,
}

/// What all words of a text come to.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Together {
    /// For each language how many of the words its file knows; a word that several know counts for each in part.
    pub known: [f32; LANGUAGES.len()],
    /// As spam is told by them.
    pub spam: spam::Together,
    /// What the model makes of their pieces.
    pub pieces: Sum<i32>,
}

/// One word that is kept.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Kept {
    letters: [u8; KEPT_BYTES],
    /// 0 where none is kept.
    size: u8,
    alone: Alone,
}

impl Kept {
    const NONE: Self = Self { letters: [0; KEPT_BYTES], size: 0, alone: Alone::NOTHING };
}

impl Alone {
    const NOTHING: Self = Self { speakers: 0, spam: spam::Alone::NOTHING, pieces: Sum::NOTHING };

    fn of(hash: u64, lower: &str, model: &Model) -> Self {
        Self { speakers: lexicon::speakers(hash), spam: spam::Alone::of(hash, lower), pieces: model.pieces(lower) }
    }
}

/// What a model's reader remembers of words.
#[derive(Clone, Debug)]
pub(super) struct Memory<'a> {
    model: &'a Model,
    kept: Vec<Kept>,
}

impl<'a> Memory<'a> {
    /// Keeps what it worked out: for who reads many texts.
    pub fn keeping(model: &'a Model) -> Self {
        Self { model, kept: vec![Kept::NONE; 1 << KEPT_BITS] }
    }

    /// Works everything out anew.
    pub fn forgetting(model: &'a Model) -> Self {
        Self { model, kept: Vec::new() }
    }

    /// What the words of a text come to.
    pub fn read(&mut self, words: &Words) -> Together {
        let mut all = Together::default();
        for (i, word) in words.all.iter().enumerate() {
            match word.kind {
                Kind::Word if word.unspaced => all.spam.add_letter(word),
                Kind::Word => {
                    let alone = self.alone(word.hash, words.lower(i));
                    lexicon::count_speakers(alone.speakers, &mut all.known);
                    all.spam.add(word, alone.spam);
                    if i < model::WORDS_MAX {
                        all.pieces.add(alone.pieces);
                    }
                }
                Kind::Number => all.spam.add_number(word),
                Kind::Picture | Kind::Pause | Kind::Stop | Kind::Shout | Kind::Ask => {}
            }
        }
        all
    }

    #[expect(clippy::cast_possible_truncation, reason = "a word that is kept has few bytes")]
    fn alone(&mut self, hash: u64, lower: &str) -> Alone {
        let letters = lower.as_bytes();
        let kept = self.kept.get_mut(bucket(hash, KEPT_BITS)).filter(|_| letters.len() <= KEPT_BYTES);
        let Some(kept) = kept else { return Alone::of(hash, lower, self.model) };
        if kept.letters.get(..usize::from(kept.size)) != Some(letters) {
            kept.letters[..letters.len()].copy_from_slice(letters);
            kept.size = letters.len() as u8;
            kept.alone = Alone::of(hash, lower, self.model);
        }
        kept.alone
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_kept_word_lies_in_one_line_of_a_cache() {
        assert_eq!(size_of::<Kept>(), 64);
    }

    #[test]
    fn nothing_read_before_changes_a_reading() {
        let texts =
            ["Great app, great support", "qwertz", "l'app si blocca", "落ちる", "test test", "", "ausgezeichnet!"];
        let mut keeping = Memory::keeping(Model::shipped());
        for text in texts.into_iter().cycle().take(3 * texts.len()) {
            let words = Words::read(text);
            assert_eq!(keeping.read(&words), Memory::forgetting(Model::shipped()).read(&words), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_kept_is_what_would_be_worked_out(texts in prop::collection::vec("([a-zé]{1,3} ?){1,12}", 1..20)) {
            let mut keeping = Memory::keeping(Model::shipped());
            for text in &texts {
                let words = Words::read(text);
                prop_assert_eq!(keeping.read(&words), Memory::forgetting(Model::shipped()).read(&words), "{}", text);
            }
        }
    }
}
