//! Which quotes speak for a theme. Words are taken as they stand, never put together anew.

use unicode_segmentation::UnicodeSegmentation;

use super::gist::{Gist, centre, gist, likeness, nearness};
use crate::analysis::redact::redact;
use crate::domain::feedback::Feedback;
use crate::domain::theme::ThemeVector;
use crate::id::FeedbackId;

/// Longest quote, in characters.
pub(super) const QUOTE_MAX_CHARS: usize = 280;
/// Sentences in one quote.
const SENTENCES_MAX: usize = 2;
/// Sentences of a long statement that are looked at.
const LOOKED_AT: usize = 60;
/// How much a quote loses for saying what one chosen before says.
const SAID_BEFORE: f64 = 0.6;
/// From here two quotes say the same.
const SAME: f64 = 0.92;

/// A sentence or two of one statement, letter for letter.
#[derive(Clone, Debug, PartialEq)]
pub struct Quote {
    /// The statement.
    pub id: FeedbackId,
    /// Whose words, pseudonymous.
    pub person: String,
    /// The words, redacted.
    pub text: String,
}

/// Chooses at most `max` quotes: near the theme's centre, different from each other, from different people.
pub fn quotes(pool: &[Feedback], theme: &ThemeVector, max: usize) -> Vec<Quote> {
    let centre = centre(theme, pool);
    let mut left: Vec<Candidate<'_>> = pool.iter().filter_map(|f| Candidate::of(f, &centre)).collect();
    // The pool's order must not show in the choice.
    left.sort_by(|a, b| a.feedback.id.cmp(&b.feedback.id));
    let mut chosen: Vec<Candidate<'_>> = Vec::new();
    while chosen.len() < max {
        let worth = |c: &Candidate<'_>| c.nearness - SAID_BEFORE * likest(c, &chosen);
        let mut best: Option<(usize, f64)> = None;
        for (i, candidate) in left.iter().enumerate() {
            let worth = worth(candidate);
            if best.is_none_or(|(_, w)| worth > w) {
                best = Some((i, worth));
            }
        }
        let Some((at, _)) = best else { break };
        let next = left.remove(at);
        left.retain(|c| c.feedback.person != next.feedback.person && likeness(&c.gist, &next.gist) < SAME);
        chosen.push(next);
    }
    chosen
        .into_iter()
        .map(|c| Quote { id: c.feedback.id.clone(), person: c.feedback.person.clone(), text: c.text })
        .collect()
}

/// A theme with its statements.
#[derive(Clone, Copy, Debug)]
pub struct Pool<'a> {
    /// What it remembers.
    pub theme: &'a ThemeVector,
    /// Its statements, in any order.
    pub statements: &'a [Feedback],
}

/// Chooses at most `max` quotes for several themes together: the best of each in turn, the first theme first, each from
/// another person.
pub fn across(themes: &[Pool<'_>], max: usize) -> Vec<Quote> {
    let each: Vec<Vec<Quote>> = themes.iter().map(|t| quotes(t.statements, t.theme, max)).collect();
    let mut chosen: Vec<Quote> = Vec::new();
    for round in 0..max {
        for quote in each.iter().filter_map(|own| own.get(round)) {
            if chosen.len() < max && chosen.iter().all(|c| c.person != quote.person) {
                chosen.push(quote.clone());
            }
        }
    }
    chosen
}

struct Candidate<'a> {
    feedback: &'a Feedback,
    text: String,
    gist: Gist,
    nearness: f64,
}

impl<'a> Candidate<'a> {
    fn of(feedback: &'a Feedback, theme: &ThemeVector) -> Option<Self> {
        let language = feedback.annotation.as_ref().map_or("und", |a| a.language.as_str());
        // What was kept before a rule of redaction was made better has not met it yet.
        let whole = redact(feedback.text.as_deref()?).text;
        let (text, gist) = best_cut(whole.trim(), language, theme)?;
        let nearness = nearness(&gist, theme);
        Some(Self { feedback, text: text.to_owned(), gist, nearness })
    }
}

fn likest(candidate: &Candidate<'_>, chosen: &[Candidate<'_>]) -> f64 {
    chosen.iter().map(|c| likeness(&candidate.gist, &c.gist)).fold(0.0, f64::max)
}

/// The whole where it is short enough, else the run of sentences that is nearest to the theme.
fn best_cut<'a>(whole: &'a str, language: &str, theme: &ThemeVector) -> Option<(&'a str, Gist)> {
    if whole.is_empty() {
        return None;
    }
    if whole.chars().count() <= QUOTE_MAX_CHARS {
        return Some((whole, gist(whole, language)));
    }
    let mut best: Option<(&str, Gist, f64)> = None;
    for cut in cuts(whole) {
        let gist = gist(cut, language);
        let near = nearness(&gist, theme);
        if best.as_ref().is_none_or(|(_, _, n)| near > *n) {
            best = Some((cut, gist, near));
        }
    }
    best.map(|(cut, gist, _)| (cut, gist))
}

/// Runs of up to [`SENTENCES_MAX`] sentences that fit. A sentence that does not fit by itself is cut after a word.
fn cuts(whole: &str) -> Vec<&str> {
    let sentences: Vec<(usize, &str)> = whole.split_sentence_bound_indices().take(LOOKED_AT).collect();
    let mut cuts = Vec::with_capacity(sentences.len() * SENTENCES_MAX);
    for run in 1..=SENTENCES_MAX {
        for part in sentences.windows(run) {
            let (start, (at, last)) = (part[0].0, part[run - 1]);
            let cut = whole[start..at + last.len()].trim();
            if cut.chars().count() <= QUOTE_MAX_CHARS {
                cuts.push(cut);
            } else if run == 1 {
                cuts.push(beginning(cut));
            }
        }
    }
    cuts.retain(|c| !c.is_empty());
    cuts
}

/// As many whole words as fit; in a text without any, as many whole letters.
fn beginning(sentence: &str) -> &str {
    let fits = |pieces: &mut dyn Iterator<Item = (usize, &str)>| {
        let mut end = 0;
        let mut size = 0;
        for (at, piece) in pieces {
            size += piece.chars().count();
            if size > QUOTE_MAX_CHARS {
                break;
            }
            end = at + piece.len();
        }
        end
    };
    let by_words = fits(&mut sentence.split_word_bound_indices());
    let end = if by_words > 0 { by_words } else { fits(&mut sentence.grapheme_indices(true)) };
    sentence[..end].trim()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::analysis::themes;
    use crate::time::UnixMs;

    fn said(n: usize, person: &str, text: &str) -> Feedback {
        Feedback {
            id: FeedbackId(format!("fb_{n}")),
            rollout: None,
            person: person.into(),
            anonymous: false,
            text: Some(text.into()),
            rating: None,
            variant: None,
            attributes: BTreeMap::new(),
            channel: "api".into(),
            occurred_at: UnixMs(0),
            annotation: None,
            theme: None,
        }
    }

    fn theme_of(pool: &[Feedback]) -> ThemeVector {
        let mut vector = ThemeVector::default();
        for text in pool.iter().filter_map(|f| f.text.as_deref()) {
            if let Some(direction) = themes::direction(text, "und") {
                themes::absorb(&themes::Space::of_words(), &mut vector, &direction);
            }
        }
        vector
    }

    #[test]
    fn quotes_come_from_different_people_and_say_different_things() {
        let pool = [
            said(1, "ada", "The checkout crashes when I pay with my card"),
            said(2, "ada", "The checkout crashes when I pay by card again"),
            said(3, "bob", "the checkout CRASHES when i pay with my card!!"),
            said(4, "cy", "Checkout crashes on the payment page, I lost my basket"),
            said(5, "di", "Nice weather in Lisbon"),
        ];
        let theme = theme_of(&pool[..4]);
        let chosen = quotes(&pool, &theme, 2);
        let ids: Vec<&str> = chosen.iter().map(|q| q.id.as_str()).collect();
        assert_eq!(ids.len(), 2);
        assert!(ids.contains(&"fb_4") && !ids.contains(&"fb_5"), "{ids:?}");
        let mut turned = pool.to_vec();
        turned.reverse();
        assert_eq!(quotes(&turned, &theme, 2), chosen, "the pool's order does not matter");
        assert!(quotes(&pool, &theme, 0).is_empty());
    }

    #[test]
    fn a_long_statement_is_cut_between_sentences() {
        let chat = "I was in Lisbon last week and the weather was nice. ".repeat(8);
        let text = format!("{chat}The checkout crashes when I pay. Please fix it. {chat}");
        let pool = [said(1, "ada", &text), said(2, "bob", "checkout crashes when paying")];
        let theme = theme_of(&pool[1..]);
        let of_ada = quotes(&pool[..1], &theme, 1).remove(0).text;
        assert!(of_ada.starts_with("The checkout crashes when I pay."), "{of_ada}");
        assert!(of_ada.chars().count() <= QUOTE_MAX_CHARS && of_ada.ends_with('.'));
        assert!(text.contains(&of_ada), "letter for letter");
    }

    proptest! {
        #[test]
        fn any_quote_is_a_short_piece_of_its_statement(text in "(\\PC{0,40}[. ]?){0,30}") {
            let pool = [said(1, "ada", &text)];
            for quote in quotes(&pool, &theme_of(&pool), 3) {
                prop_assert!(quote.text.chars().count() <= QUOTE_MAX_CHARS);
                prop_assert!(redact(&text).text.contains(&quote.text));
            }
        }
    }
}
