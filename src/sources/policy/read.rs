//! Judges a tree by the table, and makes of it what is kept.

use serde_json::{Map, Value, json};

use super::fields::{Field, Holds, ITEMS_MAX, Texts, is_plain, is_team, span_ms};
use super::tree::{Entry, Node, What, shortened};
use crate::domain::policy_fault::Fault;

/// How like an unknown key a known one must be to be what was meant.
const ALIKE_MIN: f64 = 0.8;

/// Reads the entries of a section. `path` is empty, or ends with a point.
pub(super) fn section(entries: &[Entry], fields: &[Field], path: &str, faults: &mut Vec<Fault>) -> Map<String, Value> {
    let mut read = Map::new();
    for entry in entries {
        let name = format!("{path}{}", entry.key);
        match fields.iter().find(|f| f.name == entry.key) {
            Some(field) => {
                if let Some(value) = value(field, &entry.value, &name, faults) {
                    read.insert(entry.key.clone(), value);
                }
            }
            None => faults.push(unknown(entry, &name, fields)),
        }
    }
    read
}

fn unknown(entry: &Entry, name: &str, fields: &[Field]) -> Fault {
    let key = entry.key.to_lowercase().replace('-', "_");
    let alike = fields.iter().map(|f| (strsim::jaro_winkler(f.name, &key), f.name));
    let best = alike.filter(|(how, _)| *how >= ALIKE_MIN).max_by(|a, b| a.0.total_cmp(&b.0));
    let remedy = match best {
        Some((_, meant)) => format!("did you mean {meant}?"),
        None => format!("there are {}", fields.iter().map(|f| f.name).collect::<Vec<_>>().join(", ")),
    };
    Fault::of(entry.at, name, format!("there is no setting {}", shortened(&entry.key)), remedy)
}

fn value(field: &Field, node: &Node, name: &str, faults: &mut Vec<Fault>) -> Option<Value> {
    let mut wrong = |problem: String, remedy: String| {
        faults.push(Fault::of(node.at, name, problem, remedy));
        None
    };
    let found = node.what.words();
    match (&field.holds, &node.what) {
        (Holds::Version, What::Number(n)) if (*n - 1.0).abs() < f64::EPSILON => Some(json!(1)),
        (Holds::Version, _) => wrong(format!("{found} is no version that is known"), "write 1".to_owned()),
        (Holds::Word(words), What::Text(text)) if words.contains(&text.as_str()) => Some(json!(text)),
        (Holds::Word(words), _) => wrong(format!("found {found}"), one_of(words, &node.what)),
        (Holds::Span, What::Text(text)) if span_ms(text).is_some() => span_ms(text).map(Value::from),
        (Holds::Span, _) => wrong(
            format!("{found} is no length of time"),
            "write digits and a unit, such as 90s, 15m, 12h, 7d or 2w".into(),
        ),
        (Holds::Whole { min, max }, What::Number(n)) if is_whole(*n, *min, *max) => Some(json!(whole(*n))),
        (Holds::Whole { min, max }, _) => {
            wrong(format!("found {found}"), format!("write a whole number from {min} to {max}"))
        }
        (Holds::Share, What::Number(n)) if (0.0..=1.0).contains(n) => Some(json!(n)),
        (Holds::Share, _) => wrong(format!("found {found}"), "write a number from 0 to 1, such as 0.3".to_owned()),
        (Holds::Words(words), What::List(items)) => listed(items, name, faults, |node| match &node.what {
            What::Text(text) if words.contains(&text.as_str()) => Ok(text.clone()),
            what => Err((format!("found {}", what.words()), one_of(words, what))),
        })
        .filter(|list| !list.is_empty() || missing(node, name, 1, faults))
        .map(Value::from),
        (Holds::Words(words), _) => wrong(format!("found {found}"), format!("write a list of {}", words.join(", "))),
        (Holds::Texts(of), What::List(items)) => listed(items, name, faults, |node| text(node, of))
            .filter(|list| list.len() >= of.items_min || missing(node, name, of.items_min, faults))
            .map(Value::from),
        (Holds::Texts(of), _) => wrong(format!("found {found}"), format!("write a list such as [\"{}\"]", of.such_as)),
        (Holds::Section(fields), What::Section(entries)) => {
            Some(Value::Object(section(entries, fields, &format!("{name}."), faults)))
        }
        (Holds::Section(fields), _) => {
            let names: Vec<&str> = fields.iter().map(|f| f.name).collect();
            wrong(format!("found {found}"), format!("write a section with {}", names.join(" and ")))
        }
    }
}

fn one_of(words: &[&str], what: &What) -> String {
    let meant = match what {
        What::Text(text) => words.iter().find(|w| strsim::jaro_winkler(w, &text.to_lowercase()) >= ALIKE_MIN),
        _ => None,
    };
    match meant {
        Some(meant) => format!("did you mean {meant}?"),
        None => format!("write one of {}", words.join(", ")),
    }
}

fn is_whole(n: f64, min: u32, max: u32) -> bool {
    n.fract() == 0.0 && (f64::from(min)..=f64::from(max)).contains(&n)
}

/// A number that was found to be whole and small.
fn whole(n: f64) -> u64 {
    format!("{n:.0}").parse().unwrap_or(0)
}

/// The texts of a list; `None` where one of them is faulty.
fn listed(
    items: &[Node],
    name: &str,
    faults: &mut Vec<Fault>,
    read: impl Fn(&Node) -> Result<String, (String, String)>,
) -> Option<Vec<String>> {
    let before = faults.len();
    let mut list: Vec<String> = Vec::new();
    for (i, node) in items.iter().enumerate() {
        let place = format!("{name}[{i}]");
        if i >= ITEMS_MAX {
            faults.push(Fault::of(node.at, name, format!("the list is longer than {ITEMS_MAX}"), "make it shorter"));
            break;
        }
        match read(node) {
            Ok(text) if list.contains(&text) => {
                let problem = format!("{} stands twice in the list", shortened(&text));
                faults.push(Fault::of(node.at, &place, problem, "keep one of them"));
            }
            Ok(text) => list.push(text),
            Err((problem, remedy)) => faults.push(Fault::of(node.at, &place, problem, remedy)),
        }
    }
    (faults.len() == before).then_some(list)
}

/// Notes that a list holds too little.
fn missing(node: &Node, name: &str, min: usize, faults: &mut Vec<Fault>) -> bool {
    faults.push(Fault::of(
        node.at,
        name,
        "the list is empty",
        format!("name at least {min}, or leave the setting out"),
    ));
    false
}

fn text(node: &Node, of: &Texts) -> Result<String, (String, String)> {
    let What::Text(text) = &node.what else {
        let remedy = match node.what {
            What::Number(_) | What::Truth(_) => "put it in quotes",
            _ => "write a text",
        };
        return Err((format!("found {}", node.what.words()), remedy.to_owned()));
    };
    if of.teams && !is_team(text) {
        return Err((format!("{} is no team", shortened(text)), "write team, or organisation/team".to_owned()));
    }
    if !is_plain(text) {
        let problem = format!("{} is empty, or has spaces at its ends or control characters", shortened(text));
        return Err((problem, format!("write it like {}", of.such_as)));
    }
    if text.chars().count() > of.chars_max {
        return Err((format!("{} is too long", shortened(text)), format!("use at most {} characters", of.chars_max)));
    }
    Ok(text.clone())
}
