//! Removes personal data and secrets: mail addresses, phones, cards, accounts, machines' addresses, street addresses, keys
//! and passwords; people's names where that is asked for. What is doubtful and costs little (a long random token) goes; what
//! people need to understand a report (versions, dates, amounts, error codes, commit-sized hashes) stays. Names are
//! removed only where words around them say that they are names: without a model every capitalised word would be one.
//!
//! Redacting again changes nothing, and the time taken grows with the text's length only: expressions are finite automata,
//! and everything looked up by hand looks at a bounded stretch. One pass ([`gate`]) tells which rules may find anything at
//! all; on most texts none can.

mod expression;
mod fold;
mod gate;
mod keys;
mod mail;
mod marked;
mod named;
mod names;
mod numbers;
mod phones;
mod places;
mod secrets;
mod urls;

use std::borrow::Cow;
use std::ops::Range;

use self::fold::Folded;
use self::gate::Signs;
use self::marked::Marked;

/// A text that may leave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Redacted {
    /// What is left, with `[email]`, `[phone]` and the like in place of what was removed.
    pub text: String,
    /// What was removed, in order and apart.
    pub found: Vec<Found>,
}

/// One stretch that was removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// What it was.
    pub kind: Kind,
    /// Where it stood, in bytes of the text that was given.
    pub range: Range<usize>,
}

/// What is removed. While the rules run, each stands in the text as one of Unicode's noncharacters ("for internal use"),
/// so that no rule reads another's placeholder as somebody's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A mail address.
    Email,
    /// A number to call.
    Phone,
    /// A payment card's number.
    Card,
    /// A bank account's number.
    Iban,
    /// A machine's address in a network.
    Ip,
    /// A network card's address.
    Mac,
    /// A social security number.
    Id,
    /// A key, token, password or code.
    Secret,
    /// Where somebody lives: street and number, and the town where it follows.
    Address,
    /// A person's name.
    Name,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Email,
        Self::Phone,
        Self::Card,
        Self::Iban,
        Self::Ip,
        Self::Mac,
        Self::Id,
        Self::Secret,
        Self::Address,
        Self::Name,
    ];

    /// What stands in its place.
    pub fn word(self) -> &'static str {
        match self {
            Self::Email => "[email]",
            Self::Phone => "[phone]",
            Self::Card => "[card]",
            Self::Iban => "[iban]",
            Self::Ip => "[ip]",
            Self::Mac => "[mac]",
            Self::Id => "[id]",
            Self::Secret => "[secret]",
            Self::Address => "[address]",
            Self::Name => "[name]",
        }
    }

    fn mark(self) -> char {
        match self {
            Self::Email => '\u{fdd0}',
            Self::Phone => '\u{fdd1}',
            Self::Card => '\u{fdd2}',
            Self::Iban => '\u{fdd3}',
            Self::Ip => '\u{fdd4}',
            Self::Mac => '\u{fdd5}',
            Self::Id => '\u{fdd6}',
            Self::Secret => '\u{fdd7}',
            Self::Address => '\u{fdd8}',
            Self::Name => '\u{fdd9}',
        }
    }
}

/// Stretches of a text, in order and apart, and what each is.
type Stretches = Vec<(Range<usize>, Kind)>;

/// One kind of thing to look for.
struct Rule {
    /// Of these [`Signs`] at least one is there where the rule may find anything.
    signs: Signs,
    find: fn(&str, &mut Stretches),
    /// Whether it reads the text with plain digits, spaces and dashes.
    folded: bool,
}

const fn rule(signs: Signs, find: fn(&str, &mut Stretches)) -> Rule {
    Rule { signs, find, folded: false }
}

const fn folded(signs: Signs, find: fn(&str, &mut Stretches)) -> Rule {
    Rule { signs, find, folded: true }
}

/// Whether a word is one of some, which are given with `|` between.
fn is_one_of(word: &str, words: &str) -> bool {
    words.split('|').any(|w| w == word)
}

/// In this order: what is certain by its shape goes first, so that no later rule cuts it.
const RULES: [Rule; 27] = [
    rule(Signs::BLOCK, secrets::key_blocks),
    rule(Signs::ADDRESS_OF_PAGE, urls::users_and_hooks),
    rule(Signs::TIE, urls::parameters),
    rule(Signs::KEY, keys::find),
    rule(Signs::CURL, named::after_curl),
    rule(Signs::SECRET, named::tied),
    rule(Signs::SECRET, named::below),
    rule(Signs::SECRET_ELSEWHERE, named::tied_elsewhere),
    folded(Signs::CODE, named::codes),
    folded(Signs::CODE, named::is_your_code),
    rule(Signs::SCHEME, named::after_scheme),
    rule(Signs::AT, mail::written),
    rule(Signs::SPOKEN_AT, mail::spoken),
    rule(Signs::AT, mail::spaced),
    rule(Signs::TOKEN, secrets::long_tokens),
    folded(Signs::ACCOUNT, numbers::ibans),
    folded(Signs::MACHINE, numbers::machines),
    folded(Signs::RUE, places::french),
    folded(Signs::CALLE, places::southern),
    folded(Signs::STREET, places::english),
    folded(Signs::STRASSE, places::german),
    folded(Signs::TOWN, places::with_town),
    folded(Signs::EAST, places::eastern),
    folded(Signs::ARABIC, places::arabic),
    folded(Signs::HINDI, places::hindi),
    folded(Signs::NUMBER, numbers::people),
    rule(Signs::PERSON, names::find),
];

/// Rounds of all rules. A removal can uncover what looked like part of something else; two rounds settle every text that
/// people write.
const ROUNDS_MAX: usize = 8;

/// Removes personal data and secrets from a text; names of people stay.
pub fn redact(text: &str) -> Redacted {
    remove(text, false)
}

/// Removes personal data, secrets and, where words around them give them away, names of people.
pub fn redact_with_names(text: &str) -> Redacted {
    remove(text, true)
}

/// The text that [`redact`] leaves, which is most of the time the one that was given.
pub fn redacted(text: &str) -> Cow<'_, str> {
    let signs = gate::look(text, false);
    if signs.is_empty() { Cow::Borrowed(text) } else { Cow::Owned(apply(text, signs).text) }
}

fn remove(text: &str, names: bool) -> Redacted {
    apply(text, gate::look(text, names))
}

/// Runs the rules that may find anything.
fn apply(text: &str, signs: Signs) -> Redacted {
    if signs.is_empty() {
        return Redacted { text: text.to_owned(), found: Vec::new() };
    }
    let mut marked = Marked::of(text, signs.any(Signs::PLACEHOLDER));
    let mut found = Stretches::new();
    for _ in 0..ROUNDS_MAX {
        let mut moved = false;
        // Removing adds no sign: a mark stands between what was apart.
        for rule in RULES.iter().filter(|r| signs.any(r.signs)) {
            found.clear();
            if rule.folded {
                let folded = Folded::of(marked.text());
                (rule.find)(&folded.text, &mut found);
                for (range, _) in &mut found {
                    *range = folded.origin(range.clone());
                }
            } else {
                (rule.find)(marked.text(), &mut found);
            }
            if !found.is_empty() {
                marked.replace(&found);
                moved = true;
            }
        }
        if !moved {
            return marked.into_words(text);
        }
    }
    // Only a text built to escape is still moving: nothing of it leaves.
    Redacted { text: Kind::Secret.word().to_owned(), found: vec![Found { kind: Kind::Secret, range: 0..text.len() }] }
}

#[cfg(test)]
mod tests;
