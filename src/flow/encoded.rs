//! Places statements by a sentence encoder, and remembers where, because a statement is asked about again when its theme is
//! looked at: an encoder takes milliseconds a text.

use std::borrow::Cow;
use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

use sha2::{Digest, Sha256};

use crate::analysis::themes::{Direction, Embedder, NotEmbedded, Space, Text, in_english, in_parallel};
use crate::encoder::Encoder;

/// Directions that are remembered in each of two halves: the older half is forgotten when the younger is full. With 384
/// numbers a direction, both together take 150 MB at the most.
const REMEMBERED: usize = 100_000;

/// A sentence encoder that places statements.
#[derive(Debug)]
pub struct Encoded {
    encoder: Encoder,
    space: Space,
    memory: Mutex<Memory>,
}

impl Encoded {
    /// Places statements by this encoder.
    pub fn new(encoder: Encoder) -> Self {
        let space = Space::of_sentences(encoder.version());
        Self { encoder, space, memory: Mutex::default() }
    }

    /// The encoder.
    pub fn encoder(&self) -> &Encoder {
        &self.encoder
    }

    #[expect(
        clippy::option_option,
        reason = "the outer: whether it is remembered; the inner: whether the text says anything"
    )]
    fn known(&self, key: &Key) -> Option<Option<Direction>> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner).get(key)
    }

    fn direction(&self, text: &Text<'_>) -> Result<Option<Direction>, NotEmbedded> {
        let key = key(text);
        if let Some(known) = self.known(&key) {
            return Ok(known);
        }
        // Encoders of this make read English; what the word lists know of other languages comes to them in English.
        let read = match text.language {
            "en" | "und" => Cow::Borrowed(text.text),
            other => Cow::Owned(in_english(text.text, other)),
        };
        let direction = if read.trim().is_empty() {
            None
        } else {
            Direction::of(&self.encoder.encode_one(&read).map_err(|e| NotEmbedded(e.to_string()))?)
        };
        self.memory.lock().unwrap_or_else(PoisonError::into_inner).keep(key, direction.clone());
        Ok(direction)
    }
}

impl Embedder for Encoded {
    fn space(&self) -> &Space {
        &self.space
    }

    fn embed(&self, texts: &[Text<'_>], threads: NonZeroUsize) -> Result<Vec<Option<Direction>>, NotEmbedded> {
        in_parallel(texts.len(), threads, |i| self.direction(&texts[i])).into_iter().collect()
    }

    fn is_slow(&self) -> bool {
        true
    }
}

/// Half of the SHA-256 of a text and its language: texts of 20,000 letters are not kept twice.
type Key = [u8; 16];

fn key(text: &Text<'_>) -> Key {
    let hash = Sha256::new().chain_update(text.language).chain_update([0]).chain_update(text.text).finalize();
    std::array::from_fn(|i| hash[i])
}

#[derive(Debug, Default)]
struct Memory {
    young: HashMap<Key, Option<Direction>>,
    old: HashMap<Key, Option<Direction>>,
}

impl Memory {
    #[expect(
        clippy::option_option,
        reason = "the outer: whether it is remembered; the inner: whether the text says anything"
    )]
    fn get(&mut self, key: &Key) -> Option<Option<Direction>> {
        if let Some(known) = self.young.get(key) {
            return Some(known.clone());
        }
        let known = self.old.remove(key)?;
        self.keep(*key, known.clone());
        Some(known)
    }

    fn keep(&mut self, key: Key, direction: Option<Direction>) {
        if self.young.len() >= REMEMBERED {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, direction);
    }
}

#[cfg(test)]
mod tests;
