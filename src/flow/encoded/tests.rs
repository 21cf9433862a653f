use super::*;
use crate::encoder::tests::folder;

fn encoded(dir: &tempfile::TempDir) -> Encoded {
    Encoded::new(Encoder::open(dir.path()).expect("an encoder"))
}

#[test]
fn a_text_has_one_direction_whoever_asks_with_whatever_beside_it() {
    let dir = folder();
    let texts =
        ["Refund not received!", "refunds", "", "not received refund"].map(|text| Text { text, language: "en" });
    let threads = |n| NonZeroUsize::new(n).expect("some");
    let first = encoded(&dir).embed(&texts, threads(1)).expect("directions");
    assert!(first[0].is_some() && first[2].is_none(), "{first:?}");
    assert_eq!(first, encoded(&dir).embed(&texts, threads(3)).expect("directions"));
    let warm = encoded(&dir);
    for (text, want) in texts.iter().zip(&first).rev() {
        assert_eq!(warm.embed(&[*text, *text], threads(2)).expect("directions"), [want.clone(), want.clone()]);
    }
}

#[test]
fn other_languages_come_in_english() {
    let dir = folder();
    let encoded = encoded(&dir);
    let one =
        |text, language| encoded.embed(&[Text { text, language }], NonZeroUsize::MIN).expect("a direction").remove(0);
    assert_eq!(one("Rückerstattung", "de"), one("refund", "en"));
    assert_ne!(one("not refund", "en"), one("refund", "en"));
}

#[test]
fn what_was_asked_long_ago_is_forgotten() {
    let mut memory = Memory::default();
    let key = |n: usize| std::array::from_fn(|i| if i < 8 { n.to_le_bytes()[i] } else { 0 });
    memory.keep(key(0), None);
    for n in 1..=REMEMBERED {
        memory.keep(key(n), None);
    }
    assert_eq!(memory.get(&key(0)), Some(None), "in the older half");
    for n in 1..2 * REMEMBERED {
        memory.keep(key(n + REMEMBERED), None);
    }
    assert_eq!(memory.get(&key(1)), None);
    assert!(memory.young.len() + memory.old.len() <= 2 * REMEMBERED);
}
