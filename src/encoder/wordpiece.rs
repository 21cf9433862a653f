//! Texts as a BERT's pieces: lower case, no accents, marks and Chinese characters by themselves, words cut from the left
//! into the longest pieces (as in Devlin et al. 2018's tokenizer for uncased models).

use std::collections::HashMap;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// A word longer than this, in characters, is one unknown piece.
const WORD_MAX: usize = 100;

/// The pieces that an encoder knows.
#[derive(Debug)]
pub(super) struct Vocabulary {
    pieces: Vec<String>,
    numbers: HashMap<String, u32>,
    longest: usize,
    unknown: u32,
    begin: u32,
    end: u32,
}

impl Vocabulary {
    /// Reads `vocab.txt`, a piece a line.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(bytes).map_err(|e| format!("not UTF-8: {e}"))?;
        let pieces: Vec<String> = text.lines().map(str::to_owned).collect();
        let numbers: HashMap<String, u32> = pieces.iter().cloned().zip(0..).collect();
        let number = |piece: &str| {
            numbers.get(piece).copied().ok_or_else(|| format!("no {piece}: expected the vocabulary of an uncased BERT"))
        };
        Ok(Self {
            longest: pieces.iter().map(|p| p.chars().count()).max().unwrap_or(0),
            unknown: number("[UNK]")?,
            begin: number("[CLS]")?,
            end: number("[SEP]")?,
            pieces,
            numbers,
        })
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.pieces.len()
    }

    /// In the order of the file.
    pub fn pieces(&self) -> &[String] {
        &self.pieces
    }

    /// A piece between the marks of begin and end.
    pub fn alone(&self, piece: usize) -> Vec<u32> {
        vec![self.begin, u32::try_from(piece).unwrap_or(self.unknown), self.end]
    }

    /// A text's pieces between the marks of begin and end, `most` with these.
    pub fn read(&self, text: &str, most: usize) -> Vec<u32> {
        let room = most.saturating_sub(2);
        let mut found = vec![self.begin];
        let mut word = String::new();
        let plain = text.nfd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).chain([' ']);
        for c in plain {
            if found.len() > room {
                break;
            }
            if c.is_alphanumeric() && !stands_alone(c) {
                word.push(c);
                continue;
            }
            self.cut(&word, &mut found);
            word.clear();
            if !c.is_whitespace() && !c.is_control() {
                self.cut(c.encode_utf8(&mut [0; 4]), &mut found);
            }
        }
        found.truncate(room + 1);
        found.push(self.end);
        found
    }

    /// Adds the pieces of one word; all of it is unknown where a part is.
    fn cut(&self, word: &str, found: &mut Vec<u32>) {
        let bounds: Vec<usize> = word.char_indices().map(|(i, _)| i).chain([word.len()]).take(WORD_MAX + 2).collect();
        let letters = bounds.len() - 1;
        if letters > WORD_MAX {
            found.push(self.unknown);
            return;
        }
        let before = found.len();
        let mut at = 0;
        let mut key = String::new();
        while at < letters {
            let ends = (at + 1..=letters.min(at + self.longest)).rev();
            let piece = ends.into_iter().find_map(|end| {
                key.clear();
                key.push_str(if at == 0 { "" } else { "##" });
                key.push_str(&word[bounds[at]..bounds[end]]);
                self.numbers.get(&key).map(|number| (end, *number))
            });
            let Some((end, number)) = piece else {
                found.truncate(before);
                found.push(self.unknown);
                return;
            };
            found.push(number);
            at = end;
        }
    }
}

/// Chinese characters are words of their own.
fn stands_alone(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{2fa1f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_as_uncased_bert_cuts_them() {
        let file = "[PAD]\n[UNK]\n[CLS]\n[SEP]\nre\n##fund\n##ed\nnot\ncafe\n!\n猫\n'\ndon\nt\n";
        let vocabulary = Vocabulary::parse(file.as_bytes()).expect("a vocabulary");
        for (text, want) in [
            ("Refunded", "[CLS] re ##fund ##ed [SEP]"),
            ("NOT refunded!", "[CLS] not re ##fund ##ed ! [SEP]"),
            ("Café don't", "[CLS] cafe don ' t [SEP]"),
            ("猫猫 cats", "[CLS] 猫 猫 [UNK] [SEP]"),
            ("refundx", "[CLS] [UNK] [SEP]"),
            ("", "[CLS] [SEP]"),
            ("not not not not not not not", "[CLS] not not not not not not [SEP]"),
        ] {
            let found = vocabulary.read(text, 8);
            let shown: Vec<&str> = found.iter().map(|n| vocabulary.pieces()[*n as usize].as_str()).collect();
            assert_eq!(shown.join(" "), want, "{text}");
        }
        assert_eq!(vocabulary.read(&"x".repeat(1 << 20), 8), [2, 1, 3]);
        assert_eq!(vocabulary.alone(4), [2, 4, 3]);
    }

    #[test]
    fn a_vocabulary_without_marks_is_refused() {
        assert_eq!(
            Vocabulary::parse(b"[UNK]\n[SEP]\n").map(|v| v.len()),
            Err("no [CLS]: expected the vocabulary of an uncased BERT".into())
        );
        assert!(Vocabulary::parse(&[0xff]).is_err());
    }
}
