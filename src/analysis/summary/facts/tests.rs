use super::*;
use crate::id::FeedbackId;

fn said(person: &str, attributes: &[(&str, &str)]) -> Feedback {
    Feedback {
        id: FeedbackId(format!("fb_{person}")),
        rollout: None,
        person: person.into(),
        anonymous: false,
        text: Some("it crashes".into()),
        rating: None,
        variant: None,
        attributes: attributes.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
        channel: "api".into(),
        occurred_at: UnixMs(0),
        annotation: None,
        theme: None,
    }
}

/// Each value so many times, by people whose names begin with `who`.
fn people(who: &str, key: &str, values: &[(&str, usize)]) -> Vec<Feedback> {
    let each = values.iter().flat_map(|(value, n)| std::iter::repeat_n(*value, *n));
    each.enumerate().map(|(i, value)| said(&format!("{who}{i}"), &[(key, value)])).collect()
}

#[test]
fn what_a_theme_has_more_than_others_is_told() {
    type Values<'a> = &'a [(&'a str, usize)];
    type Found = Option<(i64, i64, Option<(i64, i64)>)>;
    let cases: &[(Values<'_>, Values<'_>, Found)] = &[
        // As often elsewhere: no sign.
        (&[("android", 9), ("ios", 1)], &[("android", 50), ("ios", 6)], None),
        (&[("android", 9), ("ios", 1)], &[("android", 30), ("ios", 30)], Some((9, 10, Some((30, 60))))),
        (&[("android", 9), ("ios", 1)], &[("ios", 5)], Some((9, 10, Some((0, 5))))),
        // Nobody to compare with.
        (&[("android", 9), ("ios", 1)], &[("ios", 4)], Some((9, 10, None))),
        (&[("android", 7), ("ios", 3)], &[], None),
        // Too few to tell without telling who.
        (&[("android", 2)], &[], None),
        (&[("android", 3)], &[], Some((3, 3, None))),
        // Divided.
        (&[("android", 5), ("ios", 5)], &[("web", 20)], None),
        (&[], &[("web", 20)], None),
    ];
    for (mine, theirs, wanted) in cases {
        let (pool, others) = (people("a", "platform", mine), people("b", "platform", theirs));
        let found = concentrations(&pool, &others);
        let got = found.first().map(|c| (c.part, c.whole, c.others));
        assert_eq!(got, *wanted, "{mine:?} against {theirs:?}");
        assert!(found.iter().all(|c| c.about == Trait::Platform && c.value == "android"));
    }
}

#[test]
fn a_person_counts_once_with_the_latest_statement() {
    let mut pool = people("a", "os", &[("android", 3)]);
    for n in 1..5 {
        pool.push(Feedback {
            occurred_at: UnixMs(n),
            id: FeedbackId(format!("fb_x{n}")),
            ..said("a0", &[("OS", "Android")])
        });
    }
    let found = concentrations(&pool, &[]);
    assert_eq!((found[0].part, found[0].whole, found[0].value.as_str()), (3, 3, "android"));
    pool.reverse();
    assert_eq!(concentrations(&pool, &pool), found, "the order does not matter, and nobody is among the others twice");
}

#[test]
fn what_could_name_a_person_or_do_harm_is_not_told() {
    for value in ["jane@acme.test", "a\nb", &"x".repeat(41), "", "  "] {
        let pool = people("a", "plan", &[(value, 5)]);
        assert_eq!(concentrations(&pool, &[]), [], "{value:?}");
    }
    assert_eq!(concentrations(&people("a", "shoe_size", &[("43", 9)]), &[]), [], "only what is known to be telling");
}

#[test]
fn a_variant_stands_beside_the_attributes() {
    let pool: Vec<Feedback> = people("a", "variant", &[("b", 4)])
        .into_iter()
        .map(|f| Feedback { variant: Some("treatment".into()), ..f })
        .collect();
    assert_eq!(concentrations(&pool, &[])[0].value, "treatment");
}
