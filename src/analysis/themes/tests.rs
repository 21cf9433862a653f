use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::domain::tally::Tally;
use crate::time::UnixMs;

/// Places texts in order, and gives the theme of each.
fn sort(texts: &[&str]) -> (Vec<Option<usize>>, Vec<Theme>) {
    let mut themes: Vec<Theme> = Vec::new();
    let mut places = Vec::new();
    for text in texts {
        let features = features(text, "en");
        let at = match place(&features, &themes) {
            Placement::Nothing => None,
            Placement::Join { theme, .. } => themes.iter().position(|t| t.id == theme),
            Placement::Start => {
                themes.push(empty(themes.len()));
                Some(themes.len() - 1)
            }
        };
        if let Some(at) = at {
            absorb(&mut themes[at].vector, &features);
        }
        places.push(at);
    }
    (places, themes)
}

fn empty(number: usize) -> Theme {
    Theme {
        id: ThemeId(format!("th_{number}")),
        name: String::new(),
        vector: ThemeVector::default(),
        tally: Tally::default(),
        intents: BTreeMap::new(),
        confidence_sum: 0.0,
        first_at: UnixMs(0),
        last_at: UnixMs(0),
    }
}

const SAID: [&str; 10] = [
    "The checkout crashes when I pay",
    "Please add a dark mode",
    "checkout crashed again on payment!",
    "Awful",
    "dark mode would be great",
    "App crashes at checkout when paying with PayPal",
    "Search results are slow",
    "The search is so slow now, results take ages",
    "I want a dark mode please",
    "crashes every time I checkout",
];

#[test]
fn statements_about_one_thing_share_a_theme() {
    let (places, themes) = sort(&SAID);
    let [crash, dark, search] = [places[0], places[1], places[6]];
    assert_eq!(places, [crash, dark, crash, None, dark, crash, search, search, dark, crash]);
    assert_eq!(themes.len(), 3);
    let names: Vec<String> = themes.iter().map(|t| name(&t.vector)).collect();
    insta::assert_snapshot!(names.join("\n"), @r#"
    checkout crashed again on payment
    dark mode
    search results are slow
    "#);
}

#[test]
fn a_copy_joins_its_original_however_far_the_theme_moved() {
    let mut said = vec!["The export to PDF loses the second page"];
    said.extend(["PDF export", "PDF export button", "export button is gone", "the PDF button"]);
    said.push("the EXPORT to PDF loses the second page!!!");
    let (places, _) = sort(&said);
    assert_eq!(places.first(), places.last());
}

#[test]
fn what_was_absorbed_can_be_released_without_a_rest() {
    let mut vector = ThemeVector::default();
    for text in SAID {
        absorb(&mut vector, &features(text, "en"));
    }
    let before = vector.clone();
    let late = features("a crash on the payment page, dark mode too", "en");
    absorb(&mut vector, &late);
    assert_ne!(vector, before);
    release(&mut vector, &late);
    assert_eq!(vector, before);
    for text in SAID {
        release(&mut vector, &features(text, "en"));
    }
    assert_eq!(vector, ThemeVector::default());
}

#[test]
fn a_theme_is_bounded_and_keeps_what_most_say() {
    let mut vector = ThemeVector::default();
    for i in 0..2_000_u32 {
        let odd: String = format!("{i:b}").chars().map(|c| if c == '0' { 'k' } else { 'z' }).collect();
        absorb(&mut vector, &features(&format!("checkout crashes on the {odd} page"), "en"));
    }
    assert!(vector.features.len() <= 2 * FEATURES_MAX && vector.phrases.len() <= 2 * PHRASES_MAX);
    assert_eq!(vector.phrases.get("checkout crashes"), Some(&2_000));
    assert_eq!(name(&vector), "checkout crashes");
}

#[test]
fn a_name_is_never_empty_where_there_are_words() {
    for text in ["pay", "アプリが落ちます", "supercalifragilisticexpialidocious", "a1 b2 c3 checkout"] {
        let mut vector = ThemeVector::default();
        absorb(&mut vector, &features(text, "und"));
        assert!(!name(&vector).is_empty() && name(&vector).chars().count() <= 60, "{text}");
    }
    assert_eq!(name(&ThemeVector::default()), "");
}

proptest! {
    #[test]
    fn any_text_is_placed_and_can_be_taken_back(texts in prop::collection::vec(any::<String>(), 1..6)) {
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let (_, mut themes) = sort(&texts);
        for theme in &mut themes {
            let one = features(texts[0], "en");
            let before = theme.vector.clone();
            absorb(&mut theme.vector, &one);
            release(&mut theme.vector, &one);
            prop_assert_eq!(&theme.vector, &before);
        }
    }
}
