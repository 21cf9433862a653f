use proptest::prelude::*;

use super::*;

fn shape(text: &str) -> String {
    let words = Words::read(text);
    let shown = (0..words.all.len()).map(|i| match words.all[i].kind {
        Kind::Word | Kind::Number => words.lower(i).to_owned(),
        Kind::Picture => format!("<{}>", words.lower(i)),
        Kind::Pause => ",".into(),
        Kind::Stop => ".".into(),
        Kind::Shout => "!".into(),
        Kind::Ask => "?".into(),
    });
    shown.collect::<Vec<_>>().join(" ")
}

#[test]
fn texts_are_read_as_people_write_them() {
    for (text, want) in [
        ("Don’t CRASH, pls!", "don't crash , pls !"),
        ("soooo goood :-) <3", "soo good <:-)> <<3>"),
        ("see https://a.b/c?d=1 now", "see now"),
        ("write [email] :D 👍🏽", "write <:d> <👍> <🏽>"),
        ("C:/dir v1.4", "c , dir v1 . 4"),
        ("L’appli n'est PAS là", "l' appli n' est pas là"),
        ("l'", "l'"),
        ("users'", "users"),
        ("落ちる。使えない", "落 ち る . 使 え な い"),
        ("التطبيق إلى مُشكلة", "التطبيق الي مشكله"),
        ("ज़्यादा \u{95b}्यादा हाँ", "ज्यादा ज्यादा हां"),
        ("ＡＰＰ落", "app 落"),
        ("", ""),
    ] {
        assert_eq!(shape(text), want, "{text}");
    }
}

#[test]
fn phrases_do_not_cross_marks() {
    let words = Words::read("not working, at all");
    assert_eq!(words.phrase(0, 2), Some("not working"));
    assert_eq!(words.phrase(1, 3), None);
    assert_eq!(words.phrase(4, 9), None);
    assert_eq!(Words::read("L’appli plante").phrase(0, 2), Some("l'appli"));
    assert_eq!(Words::read("すぐ落ちる").phrase(2, 3), Some("落ちる"));
}

#[test]
fn blocks_of_letters_hold_nothing_else() {
    for c in (char::MIN..=char::MAX).filter(|c| is_letter_of_block(*c)) {
        assert!(c.is_alphabetic(), "{c:?}");
        if is_caseless(c) {
            assert!(!c.is_uppercase() && c.to_lowercase().eq([c]), "{c:?}");
        }
    }
    assert_eq!(ELIDED.iter().map(|e| e.len()).max(), Some(ELIDED_MAX));
}

#[test]
fn a_plain_word_is_read_as_any_other() {
    for word in ["crash", "CRASH", "Crash", "x", "X", "v2", "2nd", "404", "0", "aa", "A1B2"] {
        let plain = Words::read(word);
        let mut any = Words::default();
        any.take_word(word, 0);
        assert_eq!((&plain.all, &plain.lower, plain.count), (&any.all, &any.lower, any.count), "{word}");
    }
}

proptest! {
    #[test]
    fn any_text_can_be_read(text in any::<String>()) {
        let words = Words::read(&text);
        for (i, word) in words.all.iter().enumerate() {
            prop_assert!(text.get(word.at.clone()).is_some());
            let _ = (words.lower(i), words.phrase(i, 3));
        }
    }
}
