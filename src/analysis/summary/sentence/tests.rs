use super::*;
use crate::domain::tally::Tally;

fn facts() -> Facts {
    let at = |text: &str| UnixMs::parse_rfc3339(text).unwrap();
    Facts {
        tally: Tally { negative: 11, neutral: 1, ..Tally::default() },
        statements: 14,
        intent: Some((Intent::Bug, 10)),
        span: Some((at("2026-10-09T11:00:00Z"), at("2026-10-11T10:00:00Z"))),
        concentrated: vec![
            Concentration {
                about: Trait::Platform,
                value: "Android".into(),
                part: 9,
                whole: 10,
                others: Some((30, 60)),
            },
            Concentration { about: Trait::Version, value: "14.2".into(), part: 4, whole: 4, others: None },
        ],
    }
}

#[test]
fn a_theme_in_a_few_sentences() {
    insta::assert_snapshot!(of_theme("card is declined", &facts()).text(), @"12 people made 14 statements that say “card is declined”: 11 of 12 (92 %) are negative, and 10 of 12 (83 %) tell of something that does not work. It was said from 2026-10-09 to 2026-10-11, over 1 day 23 hours. 9 of 10 (90 %) whose platform is known use “Android”, against 30 of 60 (50 %) of the others. 4 of 4 (100 %) whose version is known have “14.2”.");
    let one = Facts {
        tally: Tally { positive: 1, ..Tally::default() },
        statements: 1,
        intent: Some((Intent::Praise, 1)),
        span: facts().span.map(|(first, _)| (first, first)),
        concentrated: Vec::new(),
    };
    insta::assert_snapshot!(of_theme("so fast", &one).text(), @"1 person made 1 statement that say “so fast”: 1 of 1 (100 %) is positive, and 1 of 1 (100 %) praises it. All was said on 2026-10-09.");
}

#[test]
fn a_rollout_in_a_few_sentences() {
    let themes = [("card is declined", 12), ("so fast", 1)];
    insta::assert_snapshot!(of_rollout("v1.4.0", &facts(), &themes).text(), @"12 people made 14 statements about v1.4.0: 11 of 12 (92 %) are negative, and 10 of 12 (83 %) tell of something that does not work. It was said from 2026-10-09 to 2026-10-11, over 1 day 23 hours. Most often they say “card is declined” (12 people), “so fast” (1 person).");
    let nobody = Facts { tally: Tally::default(), statements: 0, intent: None, span: None, concentrated: Vec::new() };
    assert_eq!(of_rollout("v1.4.0", &nobody, &[]).text(), "Nobody answered about v1.4.0.");
}

#[test]
fn every_digit_comes_from_a_number_or_a_name() {
    for sentence in [of_theme("card 3 is declined", &facts()), of_rollout("v1.4.0", &facts(), &[("404", 3)])] {
        for part in &sentence.0 {
            let Part::Words(words) = part else { continue };
            assert!(!words.contains(char::is_numeric), "{words}");
        }
    }
    let measures: Vec<String> = of_theme("x", &facts()).numbers().map(|n| n.of.name()).collect();
    assert_eq!(
        measures,
        [
            "people",
            "statements",
            "negative people",
            "people who want: bug",
            "first statement",
            "last statement",
            "from the first statement to the last",
            "people by platform",
            "other people by platform",
            "people by version",
        ]
    );
}

#[test]
fn shares_are_rounded_halves_up() {
    for (part, whole, shown) in [(1, 8, 13), (1, 3, 33), (2, 3, 67), (0, 5, 0), (5, 5, 100), (1, 200, 1), (0, 0, 0)] {
        assert_eq!(percent(part, whole), shown, "{part} of {whole}");
    }
}
