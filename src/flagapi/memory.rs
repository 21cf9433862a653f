//! What was answered before, for questions that are asked again: the platform need not send what has not changed.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::Arc;

use http::HeaderValue;

/// Answers that are remembered.
const ANSWERS_MAX: usize = 500;
/// Their bodies taken together, bytes; read, most are far smaller.
const BODIES_MAX_BYTES: usize = 16 << 20;

/// Where a page lies in its list, as far as headers tell.
#[derive(Clone, Debug, Default)]
pub(super) struct Place {
    /// The query of the page behind it.
    pub next: Option<String>,
    /// How many the whole list holds.
    pub total: Option<usize>,
}

/// An answer that may come again.
#[derive(Clone)]
pub(super) struct Remembered {
    /// The platform's name of this state of things.
    pub etag: HeaderValue,
    /// What was read of it.
    pub value: Arc<dyn Any + Send + Sync>,
    /// Where it lies in its list.
    pub place: Place,
    /// How long its body was, bytes.
    pub bytes: usize,
}

/// The answers by their address; those that were not asked for longest go first.
#[derive(Default)]
pub(super) struct Memory {
    answers: BTreeMap<String, (u64, Remembered)>,
    bytes: usize,
    uses: u64,
}

impl Memory {
    /// What was answered before.
    pub fn get(&mut self, url: &str) -> Option<Remembered> {
        self.uses += 1;
        let (used, answer) = self.answers.get_mut(url)?;
        *used = self.uses;
        Some(answer.clone())
    }

    /// Keeps an answer in the place of the one before.
    pub fn put(&mut self, url: &str, answer: Remembered) {
        self.forget(url);
        if answer.bytes > BODIES_MAX_BYTES {
            return;
        }
        self.uses += 1;
        self.bytes += answer.bytes;
        self.answers.insert(url.to_owned(), (self.uses, answer));
        while self.answers.len() > ANSWERS_MAX || self.bytes > BODIES_MAX_BYTES {
            let Some(oldest) = self.answers.iter().min_by_key(|(_, (used, _))| *used).map(|(url, _)| url.clone())
            else {
                break;
            };
            self.forget(&oldest);
        }
    }

    /// Forgets an answer.
    pub fn forget(&mut self, url: &str) {
        if let Some((_, old)) = self.answers.remove(url) {
            self.bytes -= old.bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(bytes: usize) -> Remembered {
        Remembered { etag: HeaderValue::from_static("\"1\""), value: Arc::new(bytes), place: Place::default(), bytes }
    }

    #[test]
    fn what_was_not_asked_for_longest_goes_first() {
        let mut memory = Memory::default();
        for n in 0..ANSWERS_MAX {
            memory.put(&n.to_string(), answer(1));
        }
        assert!(memory.get("0").is_some());
        memory.put("one more", answer(1));
        assert!(memory.get("0").is_some(), "it was just asked for");
        assert!(memory.get("1").is_none());
        assert_eq!(memory.answers.len(), ANSWERS_MAX);
    }

    #[test]
    fn bodies_are_bounded_together() {
        let mut memory = Memory::default();
        memory.put("a", answer(BODIES_MAX_BYTES - 1));
        memory.put("b", answer(2));
        assert!(memory.get("a").is_none() && memory.get("b").is_some());
        memory.put("b", answer(BODIES_MAX_BYTES + 1));
        assert!(memory.get("b").is_none(), "the one before must not stand for it");
        assert_eq!(memory.bytes, 0);
    }
}
