//! Where people live: a street and a number as each language writes them, with the flat and the town where these follow.
//! A town alone is nobody's, and stays.

mod shapes;

use std::ops::Range;
use std::sync::LazyLock;

use regex::Captures;

use super::expression::Expression;
use super::{Kind, Stretches, is_one_of};
pub(super) use shapes::{ARABIC, CALLE, EAST, HINDI, RUE, STRASSE, STREET};
use shapes::{
    ARABIC_SHAPE, BOX, CHINESE, ENGLISH, ENGLISH_TAIL, FRENCH, GERMAN, GERMAN_WITH_TOWN, HINDI_SHAPE, JAPANESE, SMALL,
    SOUTHERN,
};

/// Digits that East Asia writes as words.
pub(super) const COUNTED_IN_WORDS: &[char] = &['一', '二', '三', '四', '五', '六', '七', '八', '九', '十'];

/// How one language, or several alike, writes addresses: the address is the first group.
struct Form {
    shape: Expression,
    /// What no expression can say: the address in a match, where it is one.
    holds: Holds,
}

type Holds = for<'t> fn(&'t str, &Captures<'t>) -> Option<Range<usize>>;

/// The forms of one rule.
fn forms(shapes: &[(&[&str], Holds)]) -> Vec<Form> {
    shapes.iter().map(|(parts, holds)| Form { shape: Expression::joined(parts), holds: *holds }).collect()
}

static ENGLISH_FORMS: LazyLock<Vec<Form>> = LazyLock::new(|| {
    forms(&[(&[r"(?-u:\b)(", ENGLISH, ENGLISH_TAIL, ")"], no_thing), (&[SMALL], no_words), (&[BOX], plain)])
});
static GERMAN_FORMS: LazyLock<Vec<Form>> = LazyLock::new(|| forms(&[(&[GERMAN], plain)]));
static TOWN_FORMS: LazyLock<Vec<Form>> = LazyLock::new(|| forms(&[(&[GERMAN_WITH_TOWN], plain)]));
static FRENCH_FORMS: LazyLock<Vec<Form>> = LazyLock::new(|| forms(&[(&[FRENCH], plain)]));
static SOUTHERN_FORMS: LazyLock<Vec<Form>> = LazyLock::new(|| forms(&[(&[SOUTHERN], a_name)]));
static EASTERN_FORMS: LazyLock<Vec<Form>> =
    LazyLock::new(|| forms(&[(&[JAPANESE], after_lead), (&[CHINESE], after_lead)]));
static ARABIC_FORMS: LazyLock<Vec<Form>> = LazyLock::new(|| forms(&[(&[ARABIC_SHAPE], plain)]));
static HINDI_FORMS: LazyLock<Vec<Form>> = LazyLock::new(|| forms(&[(&[HINDI_SHAPE], no_grammar)]));

/// Finds addresses in English, and boxes at a post office.
pub(super) fn english(text: &str, found: &mut Stretches) {
    find(&ENGLISH_FORMS, text, found);
}

/// Finds addresses in German and Dutch.
pub(super) fn german(text: &str, found: &mut Stretches) {
    find(&GERMAN_FORMS, text, found);
}

/// Finds addresses whose street has no word that says so, by the town that follows.
pub(super) fn with_town(text: &str, found: &mut Stretches) {
    find(&TOWN_FORMS, text, found);
}

/// Finds addresses in French.
pub(super) fn french(text: &str, found: &mut Stretches) {
    find(&FRENCH_FORMS, text, found);
}

/// Finds addresses in Spanish, Portuguese and Italian.
pub(super) fn southern(text: &str, found: &mut Stretches) {
    find(&SOUTHERN_FORMS, text, found);
}

/// Finds addresses in Japanese and Chinese.
pub(super) fn eastern(text: &str, found: &mut Stretches) {
    find(&EASTERN_FORMS, text, found);
}

/// Finds addresses in Arabic.
pub(super) fn arabic(text: &str, found: &mut Stretches) {
    find(&ARABIC_FORMS, text, found);
}

/// Finds addresses in Hindi.
pub(super) fn hindi(text: &str, found: &mut Stretches) {
    find(&HINDI_FORMS, text, found);
}

/// Finds what one of some forms sees, in a text with plain digits.
fn find(forms: &[Form], text: &str, found: &mut Stretches) {
    for form in forms {
        for c in form.shape.on(text).captures_iter(text) {
            let Some(range) = (form.holds)(text, &c) else { continue };
            if !is_counted(&text[range.end..]) {
                found.push((range, Kind::Address));
            }
        }
    }
    if forms.len() < 2 {
        return;
    }
    // Where two forms see one, the longer goes.
    found.sort_by_key(|(range, _)| (range.start, usize::MAX - range.end));
    let mut end = 0;
    found.retain(|(range, _)| {
        let apart = range.start >= end;
        end = end.max(range.end);
        apart
    });
}

fn plain(_: &str, c: &Captures<'_>) -> Option<Range<usize>> {
    let address = c.get(1)?;
    let first = address.as_str().split([' ', ',']).next()?.to_lowercase();
    (!is_one_of(&first, NO_STREETS)).then(|| address.range())
}

fn no_thing(_: &str, c: &Captures<'_>) -> Option<Range<usize>> {
    let named = c.get(2)?.as_str();
    let thing = named.split_whitespace().any(|w| is_one_of(w, NO_STREET_NAMES));
    (!thing).then(|| c.get(1)).flatten().map(|m| m.range())
}

fn no_words(_: &str, c: &Captures<'_>) -> Option<Range<usize>> {
    let said = c.get(2)?.as_str().split_whitespace().any(|w| is_one_of(w, NO_NAMES));
    (!said).then(|| c.get(1)).flatten().map(|m| m.range())
}

/// Names of streets are capitalised, or few words after a word that means nothing else.
fn a_name<'t>(text: &'t str, c: &Captures<'t>) -> Option<Range<usize>> {
    let (kind, name) = (c.get(2)?.as_str().to_lowercase(), c.get(3)?.as_str());
    let words: Vec<&str> = name.split_whitespace().filter(|w| !is_one_of(&w.to_lowercase(), PARTICLES)).collect();
    let capital = words.first().is_some_and(|w| w.chars().next().is_some_and(|c| c.is_uppercase() || c.is_numeric()));
    let only_streets = matches!(
        kind.as_str(),
        "calle" | "c" | "avenida" | "avda" | "avda." | "rua" | "alameda" | "travessa" | "viale" | "piazza"
    );
    let said = words.iter().any(|w| is_one_of(&w.to_lowercase(), SAID));
    // In English and others, things come `via` something.
    let before = &text[..c.get(1)?.start()];
    let leads = before.is_empty() || ["in ", "per ", ": ", "\n", "\"", ";", ","].iter().any(|l| before.ends_with(l));
    if c[2].starts_with("via") && !(leads && words.iter().all(|w| w.starts_with(char::is_uppercase))) {
        return None;
    }
    let holds = !words.is_empty() && !said && words.len() <= 4 && (capital || (only_streets && words.len() <= 2));
    holds.then(|| c.get(1)).flatten().map(|m| m.range())
}

/// Streets are named after people and places, not with words that join others.
fn no_grammar(_: &str, c: &Captures<'_>) -> Option<Range<usize>> {
    let m = c.get(1)?;
    let joined = m
        .as_str()
        .split_whitespace()
        .any(|w| ["और", "का", "की", "के", "पर", "में", "से", "को", "है", "बार", "दिन"].contains(&w));
    (!joined).then(|| m.range())
}

/// What stands before the town without a space is no part of it: `住所は…`.
fn after_lead(_: &str, c: &Captures<'_>) -> Option<Range<usize>> {
    let m = c.get(1)?;
    Some(after_last(m.as_str(), &["東京都", "北海道", "京都府", "大阪府"], LEADS) + m.start()..m.end())
}

/// Words right before an address in scripts without spaces.
const LEADS: &str = "住所|自宅|届先|勤務先|在|到|是|址|寄|送|往|去|为";

/// Where an address begins: at one of `heads`, else after the last of `leads`.
fn after_last(shown: &str, heads: &[&str], leads: &str) -> usize {
    if let Some(at) = heads.iter().filter_map(|h| shown.find(h)).min() {
        return at;
    }
    let end = shown.find(|c: char| c.is_ascii_digit()).unwrap_or(shown.len());
    leads.split('|').filter_map(|l| shown[..end].rfind(l).map(|at| at + l.len())).max().unwrap_or(0)
}

/// Whether what follows says that something was counted: `Arbeitsweg 45 Minuten`.
fn is_counted(after: &str) -> bool {
    let Some(after) = after.strip_prefix([' ', '\u{a0}']) else { return false };
    let word: String =
        after.chars().take_while(|c| c.is_alphabetic() || *c == '%').flat_map(char::to_lowercase).collect();
    is_one_of(&word, COUNTED)
}

const COUNTED: &str = concat!(
    "%|minuten|minute|min|stunden|stunde|sekunden|tage|tagen|mal|uhr|km|meter|m|gb|mb|tb|kb|euro|eur|prozent|leute|",
    "personen|jahre|wochen|monate|plätze|minuti|ore|volte|secondi|giorni|minutos|horas|veces|segundos|días|dias|",
    "vezes|personas|pessoas|minutes|hours|times|days|weeks|heures|fois|jours|uur|keer|dagen|weken|seconden|anni|años|",
    "anos|ans|users|items",
);
const NO_STREETS: &str = concat!(
    "speicherplatz|arbeitsplatz|arbeitsweg|heimweg|spielplatz|parkplatz|sitzplatz|stellplatz|ladeplatz|schulweg|",
    "rückweg|umweg|hinweg|ausweg|feedback|supermarkt|bildschirmplatz|steckplatz|lieferweg|monitoring|zahlungsweg|",
    "rating|tracking|string|januar|februar|märz|april|mai|juni|juli|august|september|oktober|november|dezember|",
    "fehler|error|version|datenstr.",
);
const NO_STREET_NAMES: &str = concat!(
    "Google|Hard|One|Flash|Test|USB|Disk|Solid|External|Shared|Network|Team|Each|The|New|No|Every|First|Second|Last|",
    "Same|Table|Data|Header|Empty",
);
const NO_NAMES: &str = concat!(
    "the|and|for|from|with|into|per|new|main|times|days|hours|minutes|miles|weeks|that|bis|ter|down|this|more|other|",
    "different|users|people|years|one|way|each|wrong|bus|fast|slow|off|out|closed|open",
);
const PARTICLES: &str = "de|del|la|las|los|el|da|do|das|dos|di|della|delle|dei|degli|del|al|e|y|san|santa|são|d'";
const SAID: &str = concat!(
    "es|está|a|con|que|en|por|para|no|é|com|em|não|sono|con|per|non|ha|il|app|email|chat|se|alle|alla|all'|ore|dalle|",
    "me|hay|tiene|son|estaba|estava|zoom|sms|web|api|wifi",
);
