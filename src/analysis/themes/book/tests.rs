use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::analysis::normalize::fingerprint;
use crate::domain::annotation::{Annotation, Details, Intent, Sentiment};
use crate::time::UnixMs;

const SAID: [&str; 16] = [
    "The checkout crashes when I pay",
    "Please add a dark mode",
    "checkout crashed again on payment!",
    "Awful",
    "a dark mode would be great",
    "App crashes at checkout when paying with PayPal",
    "Search results are slow",
    "The search is so slow now, results take ages",
    "I want a dark mode please",
    "the app crashes every time I checkout",
    "THE CHECKOUT CRASHES WHEN I PAY!!!",
    "search is slow again",
    "the checkout crashes when i pay...",
    "404",
    "My invoice has the wrong address on it",
    "the address on the invoice is wrong",
];

fn fb(n: usize) -> FeedbackId {
    FeedbackId(format!("fb_{n:04}"))
}

fn th(n: usize) -> ThemeId {
    ThemeId(format!("th_{n:04}"))
}

fn member(n: usize, text: &str) -> Member {
    let n_ms = i64::try_from(n).expect("a small number");
    let annotation = Annotation {
        language: "en".into(),
        sentiment: Sentiment::ALL[n % 4],
        score: 0.0,
        confidence: 0.1234 + 0.05 * (n % 7) as f64,
        intent: Intent::ALL[n % 6],
        intent_confidence: 0.5,
        spam: false,
        fingerprint: fingerprint(text),
        engine: String::new(),
        details: Details::default(),
    };
    let item = Feedback {
        id: fb(n),
        rollout: None,
        person: format!("p{n}"),
        anonymous: false,
        text: Some(text.into()),
        rating: None,
        variant: None,
        attributes: BTreeMap::new(),
        channel: "api".into(),
        occurred_at: UnixMs(n_ms),
        annotation: Some(annotation),
        theme: None,
    };
    Member::new(item, None)
}

fn filled(texts: &[&str]) -> Book {
    let mut book = Book::default();
    for (n, text) in texts.iter().enumerate() {
        book.add(member(n, text), &th(n));
    }
    book
}

fn one() -> NonZeroUsize {
    NonZeroUsize::MIN
}

/// What people see: the themes that are shown, and where each statement counts.
fn seen(book: &Book) -> (Vec<Theme>, Vec<Member>) {
    let shown = book.themes().filter(|t| t.into.is_none());
    (shown.cloned().collect(), book.members().cloned().collect())
}

fn told(book: &Book) -> String {
    let line = |theme: &Theme| {
        let in_it = book.members().filter(|m| m.item.theme.as_ref() == Some(&theme.id));
        let ids: Vec<String> = in_it.map(|m| m.item.id.as_str()[3..].to_owned()).collect();
        format!("{} {:?} {}", theme.id, theme.name, ids.join(" "))
    };
    book.themes().filter(|t| t.into.is_none()).map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn statements_about_one_thing_share_a_theme_while_they_arrive() {
    insta::assert_snapshot!(told(&filled(&SAID)), @r#"
    th_0000 "crashes at checkout" 0000 0002 0005 0009 0010 0012
    th_0001 "dark mode" 0001 0004 0008
    th_0003 "Awful" 0003
    th_0006 "Search results are slow" 0006 0007 0011
    th_0014 "address on the invoice is wrong" 0014 0015
    "#);
}

#[test]
fn looked_at_together_nothing_is_torn_apart() {
    let mut book = filled(&SAID);
    book.regroup(one(), || th(900));
    insta::assert_snapshot!(told(&book), @r#"
    th_0000 "crashes at checkout" 0000 0002 0005 0009 0010 0012
    th_0001 "dark mode" 0001 0004 0008
    th_0006 "Search results are slow" 0006 0007 0011
    th_0014 "address on the invoice is wrong" 0014 0015
    "#);
}

#[test]
fn copies_weigh_once_and_count_for_their_people() {
    let book = filled(&[SAID[0], SAID[10], SAID[12]]);
    let theme = book.theme(&th(0)).expect("they share one");
    assert_eq!((theme.vector.items, theme.tally.people()), (1, 3));
}

#[test]
fn what_people_decide_is_done_and_taken_back() {
    let mut book = filled(&SAID);
    let before = seen(&book);
    let homes: BTreeMap<FeedbackId, Option<ThemeId>> =
        book.members().map(|m| (m.item.id.clone(), m.item.theme.clone())).collect();
    let [crash, dark] = [0, 1].map(|n| homes[&fb(n)].clone().expect("it has a theme"));
    book.decide(Regrouping::Merge { theme: dark.clone(), into: crash.clone() }).expect("both are shown");
    assert_eq!(book.members().filter(|m| m.item.theme.as_ref() == Some(&dark)).count(), 0);
    let items = vec![fb(1), fb(4)];
    book.decide(Regrouping::Split { theme: crash.clone(), items, begins: th(77) }).expect("they are in it");
    assert_eq!(book.theme(&th(77)).map(|t| (t.tally.people(), t.name.clone())), Some((2, "dark mode".into())));
    book.decide(Regrouping::Move { item: fb(0), to: Some(th(77)) }).expect("it is elsewhere");
    assert_eq!(book.theme(&th(77)).map(|t| t.tally.people()), Some(3));
    for _ in 0..3 {
        book.decide(Regrouping::Undo).expect("there is something to take back");
    }
    assert_eq!(seen(&book), before);
    assert_eq!(book.decide(Regrouping::Undo), Err(Refused::NothingToUndo));
}

#[test]
fn what_cannot_be_is_refused_and_changes_nothing() {
    let mut book = filled(&SAID);
    let before = book.clone();
    let theme = before.members().next().and_then(|m| m.item.theme.clone()).expect("the first has a theme");
    let all: Vec<FeedbackId> =
        before.members().filter(|m| m.item.theme.as_ref() == Some(&theme)).map(|m| m.item.id.clone()).collect();
    let split = |items: Vec<FeedbackId>| Regrouping::Split { theme: theme.clone(), items, begins: th(99) };
    for (what, why) in [
        (Regrouping::Merge { theme: theme.clone(), into: theme.clone() }, Refused::Itself(theme.clone())),
        (Regrouping::Merge { theme: th(55), into: theme.clone() }, Refused::NoTheme(th(55))),
        (split(Vec::new()), Refused::NothingNamed),
        (split(all), Refused::NothingLeft(theme.clone())),
        (split(vec![fb(1)]), Refused::NotIn(fb(1), theme.clone())),
        (split(vec![fb(99)]), Refused::NoItem(fb(99))),
        (Regrouping::Move { item: fb(0), to: Some(theme.clone()) }, Refused::There(fb(0))),
        (Regrouping::Undo, Refused::NothingToUndo),
    ] {
        assert_eq!(book.decide(what), Err(why));
    }
    assert_eq!(book, before);
}

#[test]
fn a_theme_with_a_ticket_outlives_looking_at_all_together() {
    let mut book = filled(&SAID[..9]);
    let themes: Vec<Theme> = book.themes().cloned().collect();
    for theme in &themes {
        book.tell(&theme.id);
    }
    book.regroup(one(), || th(900));
    for theme in themes {
        assert_eq!(book.theme(&theme.id).map(|t| t.name.clone()), Some(theme.name));
    }
}

#[test]
fn any_number_of_threads_finds_the_same() {
    let texts: Vec<String> = (0..120).map(|n| format!("{} {}", SAID[n % 16], SAID[(n / 16 + n * 7) % 16])).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let found = [1, 2, 3, 7].map(|threads| {
        let mut book = filled(&texts);
        let mut next = 900;
        book.regroup(NonZeroUsize::new(threads).expect("more than none"), || {
            next += 1;
            th(next)
        });
        book
    });
    assert!(found.iter().all(|book| *book == found[0]));
}

/// One thing that may happen.
#[derive(Clone, Debug)]
enum Event {
    Arrives(usize, usize),
    Merges(usize, usize),
    Splits(usize, Vec<bool>),
    Moves(usize, Option<usize>),
    Undoes,
    Regroups,
    Tells(usize),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        6 => (0..SAID.len(), 0..SAID.len()).prop_map(|(a, b)| Event::Arrives(a, b)),
        2 => (0..20_usize, 0..20_usize).prop_map(|(a, b)| Event::Merges(a, b)),
        2 => (0..20_usize, prop::collection::vec(any::<bool>(), 8)).prop_map(|(t, i)| Event::Splits(t, i)),
        2 => (0..40_usize, prop::option::of(0..20_usize)).prop_map(|(i, t)| Event::Moves(i, t)),
        2 => Just(Event::Undoes),
        1 => Just(Event::Regroups),
        1 => (0..20_usize).prop_map(Event::Tells),
    ]
}

/// The decision that an event stands for, as far as it makes sense in this book.
fn decision(book: &Book, event: &Event, n: usize) -> Option<Regrouping> {
    let shown: Vec<&Theme> = book.themes().filter(|t| t.into.is_none() && t.tally.people() > 0).collect();
    let theme = |i: usize| shown.get(i % shown.len().max(1)).map(|t| t.id.clone());
    match event {
        Event::Merges(a, b) => Some(Regrouping::Merge { theme: theme(*a)?, into: theme(*b)? }),
        Event::Splits(t, leave) => {
            let theme = theme(*t)?;
            let in_it = book.members().filter(|m| m.item.theme.as_ref() == Some(&theme));
            let items = in_it.zip(leave.iter().cycle()).filter(|(_, l)| **l).map(|(m, _)| m.item.id.clone()).collect();
            Some(Regrouping::Split { theme, items, begins: th(5_000 + n) })
        }
        Event::Moves(i, t) => {
            let members: Vec<&Member> = book.members().collect();
            let item = members.get(i % members.len().max(1))?.item.id.clone();
            Some(Regrouping::Move { item, to: t.and_then(theme) })
        }
        Event::Undoes => Some(Regrouping::Undo),
        Event::Arrives(..) | Event::Regroups | Event::Tells(_) => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn whatever_happens_undo_is_exact_and_adding_renames_no_other(events in prop::collection::vec(event(), 1..40)) {
        let mut book = Book::default();
        for (n, event) in events.iter().enumerate() {
            match event {
                Event::Arrives(a, b) => {
                    let text = if a == b { SAID[*a].to_owned() } else { format!("{}, {}", SAID[*a], SAID[*b]) };
                    let before: BTreeMap<ThemeId, Theme> = book.themes().map(|t| (t.id.clone(), t.clone())).collect();
                    let members: Vec<Member> = book.members().cloned().collect();
                    let home = book.add(member(n, &text), &th(n));
                    let shown = book.members().find(|m| m.item.id == fb(n)).and_then(|m| m.item.theme.clone());
                    for (id, theme) in before.iter().filter(|(id, _)| Some(*id) != home.as_ref() && Some(*id) != shown.as_ref()) {
                        prop_assert_eq!(book.theme(id), Some(theme));
                    }
                    prop_assert!(members.iter().all(|m| book.members().any(|k| k == m)));
                }
                Event::Regroups => {
                    let mut next = 10_000 + n * 100;
                    let names: BTreeMap<ThemeId, String> = book.told.iter().filter_map(|id| Some((id.clone(), book.theme(id)?.name.clone()))).collect();
                    book.regroup(one(), || { next += 1; th(next) });
                    for (id, name) in names {
                        prop_assert_eq!(book.theme(&id).map(|t| t.name.clone()), Some(name));
                    }
                }
                Event::Tells(t) => {
                    let ids: Vec<ThemeId> = book.themes().map(|t| t.id.clone()).collect();
                    if let Some(id) = ids.get(t % ids.len().max(1)) {
                        book.tell(id);
                    }
                }
                Event::Undoes => {
                    let _ = book.decide(Regrouping::Undo);
                }
                Event::Merges(..) | Event::Splits(..) | Event::Moves(..) => {
                    let before = seen(&book);
                    let Some(what) = decision(&book, event, n) else { continue };
                    if book.decide(what).is_ok() {
                        let mut undone = book.clone();
                        undone.decide(Regrouping::Undo).expect("it was just decided");
                        prop_assert_eq!(seen(&undone), before);
                    } else {
                        prop_assert_eq!(seen(&book), before);
                    }
                }
            }
            // What was counted one by one is what is counted at once, and a book that is read back is the same.
            let again = Book::of(book.space.clone(), book.members().cloned(), book.themes().cloned(), book.decisions().to_vec(), book.told.clone());
            prop_assert_eq!(&again, &book);
        }
    }

    #[test]
    fn any_text_is_placed(texts in prop::collection::vec(any::<String>(), 1..8)) {
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let mut book = filled(&texts);
        book.regroup(one(), || th(900));
        prop_assert_eq!(book.members().count(), texts.len());
    }
}
