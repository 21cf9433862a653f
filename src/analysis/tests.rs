use proptest::prelude::*;

use super::*;
use crate::domain::annotation::{Annotation, Intent, Sentiment};
use crate::domain::feedback::Rating;

fn annotate(text: Option<&str>, rating: Option<Rating>, locale: Option<&str>) -> Annotation {
    Reader::shipped().annotate(text, rating, locale)
}

fn read(text: &str) -> Annotation {
    annotate(Some(text), None, None)
}

fn stars(value: f64) -> Rating {
    Rating { value, scale: 5.0 }
}

#[test]
fn feelings_are_read_as_people_mean_them() {
    use Sentiment::{Negative, Neutral, Positive};
    for (text, want) in [
        ("Love the new checkout!", Positive),
        ("great app", Positive),
        ("The app crashes every time I pay", Negative),
        ("Doesn't work since the update", Negative),
        ("not good at all", Negative),
        ("not bad", Positive),
        ("No problems so far, works great", Positive),
        ("never had any issues, very reliable", Positive),
        ("Nice design but it keeps crashing and support is useless", Negative),
        ("It was slow before but now it is fantastic", Positive),
        ("soooo gooood!!!", Positive),
        ("😡😡", Negative),
        ("👍", Positive),
        ("I use it on my tablet", Neutral),
        ("How do I export my data?", Neutral),
        ("Would love to see a dark mode", Neutral),
        ("Die App ist super, sehr schnell", Positive),
        ("Die App stürzt ständig ab, sehr schlecht", Negative),
        ("L'application est géniale, merci", Positive),
        ("La aplicación no funciona, es horrible", Negative),
        ("O aplicativo é ótimo, recomendo", Positive),
        ("Pessima app, non funziona mai", Negative),
        ("De app werkt niet, waardeloos", Negative),
    ] {
        let got = read(text);
        assert_eq!(got.sentiment, want, "{text}: {got:?}");
        assert!(got.score.abs() <= 1.0 && (0.0..=1.0).contains(&got.confidence), "{text}: {got:?}");
    }
}

#[test]
fn a_language_without_a_file_is_named_and_not_guessed_at() {
    let got = read("Приложение постоянно вылетает после обновления, исправьте пожалуйста эту ошибку");
    assert_eq!((got.language.as_str(), got.sentiment, got.score), ("ru", Sentiment::Neutral, 0.0));
    assert!(got.confidence < 0.3, "{got:?}");
    assert_eq!(read("アプリが最高です 😍😍").sentiment, Sentiment::Positive, "pictures are understood everywhere");
}

#[test]
fn wants_are_read() {
    for (text, want) in [
        ("The app crashes every time I pay", Intent::Bug),
        ("I can't log in since the last update", Intent::Bug),
        ("Please add a dark mode", Intent::Request),
        ("It would be nice to have an export to CSV", Intent::Request),
        ("The new menu is confusing and hard to use", Intent::Usability),
        ("I can't find the settings, too many clicks", Intent::Usability),
        ("How do I change my password?", Intent::Question),
        ("Is there a way to export my data?", Intent::Question),
        ("Love it, works great", Intent::Praise),
        ("I was there on Tuesday", Intent::Other),
        ("Bitte einen Dark Mode hinzufügen, wäre schön", Intent::Request),
        ("L'application ne fonctionne plus", Intent::Bug),
        ("¿Cómo puedo cambiar la foto?", Intent::Question),
    ] {
        let got = read(text);
        assert_eq!(got.intent, want, "{text}: {got:?}");
        assert!((0.0..=1.0).contains(&got.intent_confidence), "{text}");
    }
}

#[test]
fn a_mark_speaks_where_words_do_not() {
    for (value, want) in [(1.0, Sentiment::Negative), (3.0, Sentiment::Neutral), (5.0, Sentiment::Positive)] {
        assert_eq!(annotate(None, Some(stars(value)), None).sentiment, want, "{value}");
    }
    let nothing = annotate(None, None, None);
    assert_eq!((nothing.sentiment, nothing.score, nothing.confidence), (Sentiment::Neutral, 0.0, 0.0));
    assert_eq!((nothing.language.as_str(), nothing.intent, nothing.fingerprint), ("und", Intent::Other, 0));
    assert_eq!(annotate(Some("I use it on my tablet"), Some(stars(1.0)), None).sentiment, Sentiment::Negative);
}

#[test]
fn a_mark_and_words_that_contradict_each_other_are_believed_less() {
    let agree = annotate(Some("It crashes all the time"), Some(stars(1.0)), None);
    let words = annotate(Some("It crashes all the time"), None, None);
    let contradict = annotate(Some("It crashes all the time"), Some(stars(5.0)), None);
    assert_eq!((agree.sentiment, contradict.sentiment), (Sentiment::Negative, Sentiment::Mixed));
    assert!(agree.confidence > words.confidence && words.confidence > contradict.confidence);
    assert_eq!(contradict.intent, Intent::Bug, "what is wanted stands in the words");
}

#[test]
fn happy_with_one_thing_and_unhappy_with_another_is_mixed() {
    for text in [
        // Clear by the words alone, and by the words where the model is in doubt.
        "I love the beautiful design and it is fantastic. The sync is terrible, awful and it crashes.",
        "Love the icons, hate the font.",
    ] {
        let got = read(text);
        assert_eq!(got.sentiment, Sentiment::Mixed, "{text}: {got:?}");
    }
}

#[test]
fn spam_that_no_rule_names_is_learned() {
    let advert = "Guadagna 500 euro al giorno da casa, scrivimi su WhatsApp!!!";
    assert!(read(advert).spam, "{:?}", read(advert));
    assert!(!read("Ho pagato 500 euro e da tre giorni nessuno risponde su WhatsApp").spam);
}

#[test]
fn a_reading_is_whole() {
    let got = annotate(Some("Checkout crashes on pay since the update!"), Some(stars(2.0)), Some("en-GB"));
    assert_eq!(got.engine, Reader::shipped().engine());
    insta::assert_json_snapshot!(Annotation { engine: "ENGINE".into(), ..got }, @r#"
    {
      "language": "en",
      "sentiment": "negative",
      "score": -0.7042,
      "confidence": 0.98,
      "intent": "bug",
      "intent_confidence": 0.9934,
      "spam": false,
      "fingerprint": 15218383250461801493,
      "engine": "ENGINE",
      "details": {
        "supported": true,
        "abstains": false,
        "contradicts": false,
        "intents": [
          {
            "intent": "bug",
            "confidence": 0.9934
          }
        ],
        "aspects": [
          {
            "about": "checkout",
            "score": -0.5852
          }
        ]
      }
    }
    "#);
}

proptest! {
    #[test]
    fn any_statement_can_be_read(text in any::<Option<String>>(), value in any::<f64>(), scale in any::<f64>(), locale in any::<Option<String>>()) {
        let got = annotate(text.as_deref(), Some(Rating { value, scale }), locale.as_deref());
        prop_assert!((-1.0..=1.0).contains(&got.score) && (0.0..=1.0).contains(&got.confidence), "{got:?}");
        prop_assert!((0.0..=1.0).contains(&got.intent_confidence));
        prop_assert_eq!(annotate(text.as_deref(), Some(Rating { value, scale }), locale.as_deref()), got);
    }
}

#[test]
fn hostile_texts_are_read() {
    let marks = format!("a{}", "\u{301}".repeat(200_000));
    for text in [
        "a".repeat(1_000_000),
        "😀".repeat(100_000),
        "not but very ".repeat(80_000),
        "落ちる".repeat(100_000),
        "qwerty ".repeat(150_000),
        "((((((:".repeat(150_000),
        "@a.b@".repeat(200_000),
        marks,
    ] {
        let plain = redact::redact(&normalize::normalize(&text)).text;
        let got = read(&plain);
        assert!((-1.0..=1.0).contains(&got.score), "{got:?}");
        // What is said of the beginning does not change with what follows far behind.
        assert!(got.details.aspects.len() <= 8 && got.details.intents.len() <= 6, "{got:?}");
        let _ = themes::direction(&plain, &got.language);
    }
}
