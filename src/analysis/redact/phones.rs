//! Which digits are a phone's: by their own shape, or by the words around them.

use std::ops::Range;

use super::expression::Expression;
use super::numbers::Run;

/// A word just before a number that says it is one to call.
static CALL: Expression = Expression::of(concat!(
    r"(?i)(?:(?:(?:phone|telefon|telefono|teléfono|telefone|téléphone|mobile|móvil|celular|whatsapp|телефон)\p{L}{0,6}",
    r"|(?:^|[^\p{Latin}])(?:tel|tél|tlf|tlfn|tfno|mob|gsm|cel|cell|handy|fax|sms|(?:call|text|ring|dial)(?:s|ed|er|ing|back)?",
    r"|contact|contacto|contato|kontakt|reach|reachable|erreichbar|mich[ \t]+an|тел|llám\p{L}+|llam\p{L}+|ligu\p{L}+|appel\p{L}+|joignable|portable|chiam\p{L}+|cellulare|telemóvel|bel|mobiel|rappel\p{L}*))",
    r"[ \t.:#]*(?:(?:me|us|him|her|them|back|is|at|on|under|unter|number|nummer|número|numéro|no|nr|au|al|es|ist|est|en|é|è|mij|op|meu|para|no|die)[ \t.:]*){0,4}",
    r"|(?:number|nummer|numéro|número|numero)[ \t]*(?:is|ist|est|es|é|è|:)[ \t:]*",
    r"|(?:電話|电话|手机|手機|携帯|微信|联系|聯絡|連絡先|전화|휴대폰|연락처|โทร|เบอร์)[\p{L}\p{M}]{0,8}[ \t:：]*",
    r"|(?:هاتف|جوال|موبايل|رقمي|واتساب|اتصل|الاتصال|تليفون|फोन|फ़ोन|मोबाइल|नंबर|कॉल|व्हाट्सएप|व्हाट्सऐप|संपर्क)[\p{L}\p{M}]{0,4}[ \t:：]*(?:(?:على|هو|رقم|بي|पर|है|नंबर|करें)[ \t:]*){0,3})$",
));

/// A word just before a number that says it is a record's.
static RECORD: Expression = Expression::of(concat!(
    r"(?i)(?:^|[^\p{L}])(?:order|invoice|ticket|case|ref|reference|tracking|serial|sku|part|bestellung|rechnung|pedido|factura|commande|facture)",
    r"[ \t]*(?:(?:id|number|nummer|no|nr|is|was)[ \t.]*){0,2}[ \t:#=]*$",
));

/// A word just after a number that says what was counted.
static COUNTED: Expression = Expression::of(concat!(
    r"(?i)^[ \t]?(?:(?:times|user|customer|client|row|record|line|item|file|entry|event|message|request|view|visit|download",
    r"|click|error|byte|pixel|point|job|token|char|character|second|minute|hour|day|sec|dollar|euro|result|quer(?:y|ies)|entries|people)s?",
    r"|px|ms|kb|mb|gb|tb|kib|mib|gib|eur|usd|gbp|mal|veces|fois|zeilen|nutzer|usuarios|filas|lignes|overflow(?:s|ed)?)(?:[^\p{L}\p{N}_]|$)",
    r"|^[ \t]?(?:%|円|元|回|件|人|次|条|个|個|원|명|건|번)",
));

/// Characters before and after a number that are searched for words about it.
const AROUND_CHARS: usize = 40;
/// Digits of which a number to call has at least, and at most.
const DIGITS: std::ops::RangeInclusive<usize> = 7..=15;
/// Where machines' counters end: no phone's, whatever stands before.
const LIMITS: [&str; 4] = ["2147483647", "2147483648", "4294967295", "4294967296"];

/// The part of a run of digits that is a phone's number.
pub(super) fn phone(text: &str, run: &Run<'_>, end: usize) -> Option<Range<usize>> {
    let after = &text[end..];
    let after = &after[..after.char_indices().nth(AROUND_CHARS).map_or(after.len(), |(i, _)| i)];
    let before = &text[..run.start];
    let before = &before[before.char_indices().rev().nth(AROUND_CHARS).map_or(0, |(i, _)| i)..];
    if !COUNTED.on(after).is_match(after) {
        return is_phone(run, before).then_some(run.start..end);
    }
    // `+49 171 1234567 3 times`: what was counted is the last group.
    let [.., (number, _), (_, count)] = &run.groups[..] else { return None };
    if count.len() > 2 {
        return None;
    }
    let range = run.start..number.end;
    is_phone(&Run::of(text, range.clone()), before).then_some(range)
}

fn is_phone(run: &Run<'_>, before: &str) -> bool {
    if !DIGITS.contains(&run.digits) || is_date(run) || is_round(run) {
        return false;
    }
    let lengths: Vec<usize> = run.groups.iter().map(|(_, g)| g.len()).collect();
    let first = run.groups[0].1;
    let shown = run.shown;
    if shown.contains('+') {
        return run.digits >= 8;
    }
    if LIMITS.contains(&first) {
        return false;
    }
    if first.starts_with("00") && !first.starts_with("000") {
        // Without its zeros, what follows `+`; North America's numbers all have ten digits.
        let enough = if first.starts_with("001") { 13 } else { 11 };
        if run.digits >= enough {
            return true;
        }
    }
    if shown.starts_with('(') && shown.contains(')') && run.digits >= 9 && lengths.len() >= 2 {
        return true;
    }
    if RECORD.on(before).is_match(before) {
        return false;
    }
    let starts = first.bytes().next().unwrap_or(b'0');
    // National numbers begin with one zero in most of Europe.
    let national = starts == b'0' && (9..=12).contains(&run.digits) && first.len() >= 2 && first.as_bytes()[1] != b'0';
    is_american(run, &lengths) || is_chinese(first, &lengths) || national || CALL.on(before).is_match(before)
}

/// `415-555-2671`. With nothing but spaces between, three counts look the same, unless no area or exchange begins so.
fn is_american(run: &Run<'_>, lengths: &[usize]) -> bool {
    let local = match lengths {
        [3, 3, 4] => &run.groups[..],
        [1, 3, 3, 4] => &run.groups[1..],
        _ => return false,
    };
    let opens = |group: &str| group.as_bytes()[0] >= b'2';
    let spaced = run.shown.bytes().all(|b| b == b' ' || b.is_ascii_digit());
    !run.groups[0].1.starts_with('0') && (!spaced || (opens(local[0].1) && opens(local[1].1)))
}

/// `138 1234 5678`: a mobile's.
fn is_chinese(first: &str, lengths: &[usize]) -> bool {
    lengths == [3, 4, 4] && ("130"..="199").contains(&first)
}

/// `2 000 000`: an amount.
fn is_round(run: &Run<'_>) -> bool {
    let [(_, first), rest @ ..] = &run.groups[..] else { return false };
    first.len() <= 3
        && rest.len() >= 2
        && rest.iter().all(|(_, g)| g.len() == 3)
        && rest.iter().rev().take(2).all(|(_, g)| *g == "000")
}

/// `2026-10-09`, `09.10.2026 10`, `9/10/26`.
fn is_date(run: &Run<'_>) -> bool {
    let parts: Vec<&str> = run.groups.iter().take(3).map(|(_, g)| *g).collect();
    let [a, b, c] = parts[..] else { return false };
    let number = |s: &str| s.parse::<u32>().unwrap_or(u32::MAX);
    let day_month = |a: &str, b: &str| {
        a.len() <= 2 && b.len() <= 2 && number(a) <= 31 && number(b) <= 31 && number(a) + number(b) > 0
    };
    let between = |from: usize| {
        let gap = run.groups[from].0.end - run.start..run.groups[from + 1].0.start - run.start;
        matches!(&run.shown[gap], "-" | "." | "/" | ". ")
    };
    let year = |y: &str| y.len() == 4 && (1900..=2199).contains(&number(y));
    between(0) && between(1) && ((year(a) && day_month(b, c)) || (day_month(a, b) && year(c)))
}
