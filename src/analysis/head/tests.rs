use std::collections::BTreeMap;

use proptest::prelude::*;

use super::learn::{For, learn};
use super::*;
use crate::analysis::Reader;
use crate::analysis::model::learn::{Labelled, Settings};
use crate::analysis::model::texts;
use crate::analysis::themes::{NotEmbedded, Space, WordVectors};

/// Knows what is left when a text's number is divided by three, to which the model is blind; nothing of texts without one.
#[derive(Debug)]
struct Jabberwock(Space);

impl Embedder for Jabberwock {
    fn space(&self) -> &Space {
        &self.0
    }

    fn embed(&self, texts: &[Text<'_>], _: NonZeroUsize) -> Result<Vec<Option<Direction>>, NotEmbedded> {
        let of = |text: &str| {
            let number: u32 = text.split(' ').find_map(|word| word.parse().ok())?;
            let left = |rest| if number % 3 == rest { 1.0 } else { 0.0 };
            Direction::of(&[left(0), left(1), 0.5])
        };
        Ok(texts.iter().map(|t| of(t.text)).collect())
    }
}

fn jabberwock() -> Arc<Jabberwock> {
    Arc::new(Jabberwock(Space::of_sentences("jabberwock")))
}

fn labelled() -> Vec<Labelled> {
    let mut csv = String::from("text,language,sentiment\n");
    for n in 0..60 {
        let sentiment = ["positive", "negative", "neutral"][n / 3 % 3];
        let thing = 3 * (n % 3 + n / 9) + n / 3 % 3;
        csv.push_str(&["the thing is ", &thing.to_string(), ",en,", sentiment, "\n"].concat());
    }
    texts::read(csv.as_bytes(), 0, 1.0).expect("texts")
}

fn learned(version: &str) -> Head {
    let embedder = jabberwock();
    let encoder = For { embedder: &*embedder, version, width: 3, threads: NonZeroUsize::MIN };
    learn(&labelled(), encoder, Settings { passes: 1, ..Settings::default() }, &mut |_| ()).expect("learned").head
}

#[test]
fn a_head_says_what_the_model_does_not_know() {
    let head = learned("jabberwock");
    assert!(head.shares()[0] > 0.0, "{:?}", head.shares());
    let reader = Reader::shipped().clone().and(Second::new(head.clone(), jabberwock()));
    let read = |text: &str| reader.annotate(Some(text), None, Some("en"));
    let labels: BTreeMap<&str, &str> =
        ["the thing is 300", "the thing is 301"].map(|text| (text, read(text).sentiment.as_str())).into();
    assert_eq!(labels.into_values().collect::<Vec<_>>(), ["positive", "negative"]);
    let engine = reader.engine();
    assert!(engine.ends_with(&format!(" jabberwock {}", head.version())), "{engine}");
    assert_eq!(read("the thing is 2").engine, engine);
}

#[test]
fn where_the_encoder_says_nothing_the_model_speaks_alone() {
    let reader = Reader::shipped().clone().and(Second::new(learned("jabberwock"), jabberwock()));
    let text = Some("nothing works and I hate it");
    let (with, without) = (reader.annotate(text, None, Some("en")), Reader::shipped().annotate(text, None, Some("en")));
    assert_eq!((with.score, with.confidence, with.sentiment), (without.score, without.confidence, without.sentiment));
}

#[test]
fn the_same_texts_make_the_same_bytes_and_they_come_back() {
    let bytes = learned("jabberwock").to_bytes();
    assert_eq!(bytes, learned("jabberwock").to_bytes());
    let back = Head::from_bytes(&bytes).expect("a head");
    assert_eq!(back, learned("jabberwock"));
    assert_eq!(back.to_bytes(), bytes);
    assert_ne!(learned("bandersnatch").version(), back.version());
}

#[test]
fn a_head_fits_its_own_encoder_alone() {
    let head = learned("jabberwock");
    assert_eq!(head.check("jabberwock", 3), Ok(()));
    assert_eq!(head.check("jabberwock", 4), Err(Misfit::Width { head: 3, encoder: 4 }));
    let said = head.check("bandersnatch", 3).expect_err("another").to_string();
    assert!(said.starts_with("it was made for jabberwock, and this is bandersnatch: run"), "{said}");
}

#[test]
fn what_is_no_head_is_refused_by_name() {
    let good = learned("jabberwock").to_bytes();
    let with = |at: usize, byte: u8| {
        let mut bytes = good.clone();
        bytes[at] = byte;
        bytes
    };
    let longer = [&good[..], &[0]].concat();
    for (bytes, want) in [
        (Vec::new(), HeadFileError::NoHead),
        (with(0, b'X'), HeadFileError::NoHead),
        (with(4, 9), HeadFileError::OtherFormat),
        (with(8, 4), HeadFileError::Damaged),
        (with(11, 0xff), HeadFileError::Damaged),
        (with(15, 0xff), HeadFileError::Damaged),
        (with(16, 0xff), HeadFileError::Damaged),
        (good[..10].to_vec(), HeadFileError::Damaged),
        (good[..good.len() - 1].to_vec(), HeadFileError::Damaged),
        (longer, HeadFileError::Damaged),
    ] {
        assert_eq!(Head::from_bytes(&bytes), Err(want), "{} bytes", bytes.len());
    }
}

#[test]
fn word_vectors_say_the_same_through_the_trait() {
    let text = Text { text: "The checkout crashes", language: "en" };
    let words = WordVectors::default();
    let said = words.embed(&[text], NonZeroUsize::MIN).expect("they do not fail");
    assert_eq!(said, [crate::analysis::themes::direction(text.text, text.language)]);
}

proptest! {
    #[test]
    fn no_bytes_are_a_panic(at in any::<prop::sample::Index>(), with in prop::collection::vec(any::<u8>(), 0..8)) {
        let linear = Linear { weights: vec![[0.5; FEELINGS]; 4], bias: [0.1; FEELINGS] };
        let mut bytes = Head::named("encoder-0", linear, [Mix::MODEL; 2]).to_bytes();
        let at = at.index(bytes.len());
        let end = (at + with.len()).min(bytes.len());
        bytes.splice(at..end, with);
        if let Ok(head) = Head::from_bytes(&bytes) {
            prop_assert_eq!(head.to_bytes(), bytes);
        }
    }
}
