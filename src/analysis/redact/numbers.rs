//! What is known by its digits: cards, accounts, addresses of machines, numbers of people and of their phones.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::expression::Expression;
use super::fold::joins;
use super::phones::phone;
use super::{Kind, Stretches};

/// Digits with what people put between them.
static DIGITS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?:\+|\(\+?)?[0-9](?:[ .()/-]{0,3}[0-9])*").expect("a fixed expression"));

static MACHINE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"[0-9A-Fa-f:.-]{7,}").expect("a fixed expression"));

/// What says before four numbers that they are a version's.
static VERSION: Expression = Expression::of(concat!(
    r"(?i)(?:(?:^|[^\p{L}])(?:v|ver|rel|kernel|firmware|driver|build|version|versión|versão|versione|versie|release|update|upgrade|downgrade)",
    r"|(?:^|[^\p{L}])(?:upgrad|updat|downgrad|aktualisier|actualiz|atualiz|aggiorn|bijgewerkt|mis à jour|passé)\p{L}{0,6}",
    r"|版本|升级|更新|バージョン|버전|الإصدار|إصدار|حدثت|تحديث|वर्ज़न|वर्जन|संस्करण|अपडेट)",
    r#"["']?[ \t:=#("']*(?:(?:version|from|to|von|van|da|dalla|auf|de|a|à|من|到|为)[ \t]*){0,2}"#,
    r"(?:v?[0-9]+(?:\.[0-9]+){1,4}[ \t]*(?:to|and|auf|a|à|naar|para|->|→|,|إلى|から|到|升级到|से)[ \t]*)?$",
));

/// A neighbour to which or from which a number leads: `3.5.1.0 to `, ` auf 3.5.1.0`.
static BEFORE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"([0-9]+(?:\.[0-9]+){1,4})[^0-9.]{1,12}$").expect("a fixed expression"));
static AFTER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^[^0-9.]{1,12}([0-9]+(?:\.[0-9]+){1,4})").expect("a fixed expression"));

/// Digits below which a number is nobody's.
const DIGITS_MIN: usize = 7;
/// Digits in the shortest group that a card's number is written in; versions and dates have shorter ones.
const CARD_GROUP_MIN: usize = 3;
/// Characters before an address that are searched for [`VERSION`].
const BEFORE_CHARS: usize = 60;

/// Countries and the length of their account numbers (ISO 13616 registry).
const IBANS: &str = "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DK18 DO28 EE20 EG29 \
                     ES24 FI18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 \
                     LB28 LC32 LI21 LT20 LU20 LV21 MC27 MD24 ME22 MK19 MR27 MT31 MU30 NL18 NO15 PK24 PL28 PS29 PT25 QA29 \
                     RO24 RS22 SA24 SC31 SE24 SI19 SK24 SM27 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20";

/// Finds accounts of banks, in a text with plain digits.
pub(super) fn ibans(text: &str, found: &mut Stretches) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at + 15 <= bytes.len() {
        let begins = at == 0 || !bytes[at - 1].is_ascii_alphanumeric();
        match begins.then(|| iban(bytes, at)).flatten() {
            Some(end) => {
                found.push((at..end, Kind::Iban));
                at = end;
            }
            None => at += 1,
        }
    }
}

/// Where the account number that begins at `at` ends.
fn iban(bytes: &[u8], at: usize) -> Option<usize> {
    let [a, b, c, d, ..] = bytes[at..] else { return None };
    if !(a.is_ascii_alphabetic() && b.is_ascii_alphabetic() && c.is_ascii_digit() && d.is_ascii_digit()) {
        return None;
    }
    let country = [a.to_ascii_uppercase(), b.to_ascii_uppercase()];
    let known = IBANS.split_whitespace().find(|c| c.as_bytes()[..2] == country[..])?;
    let wanted: usize = known[2..].parse().ok()?;
    let mut code = Vec::with_capacity(wanted);
    let mut end = at;
    while code.len() < wanted {
        let b = *bytes.get(end)?;
        let gap = matches!(b, b' ' | b'-') && end > at && bytes[end - 1].is_ascii_alphanumeric();
        if b.is_ascii_alphanumeric() {
            code.push(b.to_ascii_uppercase());
        } else if !gap {
            return None;
        }
        end += 1;
    }
    let whole = bytes.get(end).is_none_or(|b| !b.is_ascii_alphanumeric());
    (whole && mod_97(&code) == 1).then_some(end)
}

/// ISO 7064: country and check digits go to the end, letters count from 10.
fn mod_97(code: &[u8]) -> u32 {
    code[4..].iter().chain(&code[..4]).fold(0, |rest, b| match b {
        b'0'..=b'9' => (rest * 10 + u32::from(b - b'0')) % 97,
        _ => (rest * 100 + u32::from(b - b'A') + 10) % 97,
    })
}

/// Finds addresses of machines, in a text with plain digits.
pub(super) fn machines(text: &str, found: &mut Stretches) {
    for m in MACHINE.find_iter(text) {
        let shown = m.as_str().trim_end_matches(['.', ':', '-']);
        let shown =
            if m.as_str().ends_with("::") && !shown.is_empty() { &m.as_str()[..shown.len() + 2] } else { shown };
        // `ip:192.168.0.1`; two colons begin an address.
        let lead = usize::from(shown.starts_with(':') && !shown.starts_with("::"));
        let shown = &shown[lead..];
        let range = m.start() + lead..m.start() + lead + shown.len();
        let before = text[..range.start].chars().next_back();
        let after = text[range.end..].chars().next();
        if joins(before) || joins(after) {
            continue;
        }
        if let Some((length, what)) = machine(shown, &text[..range.start], &text[range.end..]) {
            found.push((range.start..range.start + length, what));
        }
    }
}

/// Whether a stretch is the address of a machine, and how much of it.
fn machine(shown: &str, before: &str, after: &str) -> Option<(usize, Kind)> {
    let is_mac = shown.len() == 17
        && shown
            .bytes()
            .enumerate()
            .all(|(i, b)| if i % 3 == 2 { b == shown.as_bytes()[2] } else { b.is_ascii_hexdigit() })
        && matches!(shown.as_bytes()[2], b':' | b'-');
    if is_mac {
        return Some((shown.len(), Kind::Mac));
    }
    // A port may follow.
    let v4 = shown.split(':').next().unwrap_or_default();
    if let Ok(address) = v4.parse::<Ipv4Addr>() {
        // Every machine is 127.0.0.1 to itself.
        let home = address.octets()[..2] == [192, 168];
        let somebodys =
            !address.is_loopback() && !address.is_unspecified() && (home || !names_a_version(before, after));
        return somebodys.then_some((v4.len(), Kind::Ip));
    }
    // `a::b` is a path in some languages, `::1` every machine's name for itself.
    let groups = shown.split(':').filter(|g| !g.is_empty()).count();
    let is_v6 = shown.parse::<Ipv6Addr>().is_ok() && groups >= 2 && shown.bytes().any(|b| b.is_ascii_digit());
    is_v6.then_some((shown.len(), Kind::Ip))
}

/// `version 1.2.3.4` has four parts too, and so have both of `upgraded from 1.2.3.4 to 1.2.3.5`. Where a neighbour has a
/// part that no machine's address has, both are versions.
fn names_a_version(before: &str, after: &str) -> bool {
    let from = before.char_indices().rev().nth(BEFORE_CHARS).map_or(0, |(i, _)| i);
    let to = after.char_indices().nth(BEFORE_CHARS).map_or(after.len(), |(i, _)| i);
    let (before, after) = (&before[from..], &after[..to]);
    let is_version = |neighbour: &str| {
        neighbour.split('.').count() != 4 || neighbour.split('.').any(|part| part.parse::<u8>().is_err())
    };
    let neighbour = |c: Option<regex::Captures<'_>>| {
        c.and_then(|c| c.get(1)).is_some_and(|m| m.as_str().contains('.') && is_version(m.as_str()))
    };
    VERSION.on(before).is_match(before) || neighbour(BEFORE.captures(before)) || neighbour(AFTER.captures(after))
}

/// Finds cards, social security numbers and phones, in a text with plain digits.
pub(super) fn people(text: &str, found: &mut Stretches) {
    for m in DIGITS.find_iter(text).filter(|m| m.len() >= DIGITS_MIN) {
        let before = text[..m.start()].chars().next_back();
        let after = text[m.end()..].chars().next();
        if joins(before) || joins(after) {
            continue;
        }
        let run = Run::of(text, m.range());
        let amount = before.is_some_and(|c| matches!(c, '$' | '€' | '£' | '¥' | ',' | '#'));
        if let Some(cards) = run.cards() {
            found.extend(cards.into_iter().map(|r| (r, Kind::Card)));
        } else if run.is_social_security() {
            found.push((m.range(), Kind::Id));
        } else if !amount && let Some(range) = phone(text, &run, m.end()) {
            found.push((range, Kind::Phone));
        }
    }
}

/// Digits in groups, as they stand in the text.
pub(super) struct Run<'a> {
    pub(super) shown: &'a str,
    pub(super) start: usize,
    /// Start and end of each group in the text, and its digits.
    pub(super) groups: Vec<(Range<usize>, &'a str)>,
    pub(super) digits: usize,
}

impl<'a> Run<'a> {
    pub(super) fn of(text: &'a str, range: Range<usize>) -> Self {
        let shown = &text[range.clone()];
        let mut groups = Vec::new();
        let mut from = None;
        for (i, c) in shown.char_indices().chain([(shown.len(), ' ')]) {
            match (c.is_ascii_digit(), from) {
                (true, None) => from = Some(i),
                (false, Some(start)) => {
                    groups.push((range.start + start..range.start + i, &shown[start..i]));
                    from = None;
                }
                (true, Some(_)) | (false, None) => {}
            }
        }
        let digits = groups.iter().map(|(_, g)| g.len()).sum();
        Self { shown, start: range.start, groups, digits }
    }

    /// Card numbers in it: whole groups, 12 to 19 digits that pass Luhn's check and begin as cards do.
    fn cards(&self) -> Option<Vec<Range<usize>>> {
        let mut cards = Vec::new();
        let mut first = 0;
        while first < self.groups.len() {
            let mut number = String::new();
            let mut hit = None;
            for (last, (range, digits)) in self.groups.iter().enumerate().skip(first) {
                if digits.len() < CARD_GROUP_MIN || number.len() + digits.len() > 19 {
                    break;
                }
                number.push_str(digits);
                if is_card(&number) {
                    hit = Some((last, range.end));
                }
            }
            match hit {
                Some((last, end)) => {
                    cards.push(self.groups[first].0.start..end);
                    first = last + 1;
                }
                None => first += 1,
            }
        }
        (!cards.is_empty()).then_some(cards)
    }

    /// The United States' only: other countries' numbers look like orders and invoices.
    fn is_social_security(&self) -> bool {
        let lengths: Vec<usize> = self.groups.iter().map(|(_, g)| g.len()).collect();
        let area = self.groups[0].1;
        lengths == [3, 2, 4]
            && self.shown.matches('-').count() == 2
            && self.shown.len() == 11
            && area != "000"
            && area != "666"
            && !area.starts_with('9')
    }
}

fn is_card(number: &str) -> bool {
    let begins = |n: usize| number[..n].parse::<u32>().unwrap_or(0);
    let length = number.len();
    if length < 12 {
        return false;
    }
    let network = match (begins(2), begins(4)) {
        (34 | 37, _) => length == 15,
        (36 | 38 | 39 | 30, _) => (14..=19).contains(&length),
        (51..=55, _) | (_, 2221..=2720) => length == 16,
        (40..=49, _) => matches!(length, 13 | 16 | 19),
        (35 | 60 | 62 | 64 | 65 | 81, _) => (16..=19).contains(&length),
        (50 | 56..=59 | 61 | 63 | 66..=69, _) => length == 16 || length == 18 || length == 19,
        _ => false,
    };
    network && luhn(number) && number.bytes().any(|b| b != number.as_bytes()[0])
}

/// ISO/IEC 7812: every second digit from the right is doubled.
fn luhn(number: &str) -> bool {
    let sum: u32 = number
        .bytes()
        .rev()
        .enumerate()
        .map(|(i, b)| {
            let digit = u32::from(b - b'0');
            if i % 2 == 0 { digit } else { digit * 2 - if digit > 4 { 9 } else { 0 } }
        })
        .sum();
    sum.is_multiple_of(10)
}
