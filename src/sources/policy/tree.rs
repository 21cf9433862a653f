//! YAML as a tree in which each value knows its place.
//!
//! Values are those of YAML's core schema. What a file of settings has no use for is a fault: anchors and aliases, by
//! which a few lines grow without bounds, tags, several documents, keys that are no text or that stand twice.

use saphyr_parser::{Event, Marker, Parser, ScalarStyle};

use crate::domain::policy_fault::{Fault, Place};

/// Lists and sections within each other.
const DEPTH_MAX: usize = 8;

/// A value and where it begins.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    pub at: Place,
    pub what: What,
}

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum What {
    Nothing,
    Truth(bool),
    Number(f64),
    Text(String),
    List(Vec<Node>),
    Section(Vec<Entry>),
}

/// A key with its value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    pub at: Place,
    pub key: String,
    pub value: Node,
}

impl What {
    /// What it is, for people.
    pub fn words(&self) -> String {
        match self {
            Self::Nothing => "nothing".to_owned(),
            Self::Truth(is) => is.to_string(),
            Self::Number(n) => n.to_string(),
            Self::Text(text) => format!("the text {}", shortened(text)),
            Self::List(_) => "a list".to_owned(),
            Self::Section(_) => "a section with keys".to_owned(),
        }
    }
}

/// A text from the file in quotes, so long that it is known again.
pub(super) fn shortened(text: &str) -> String {
    let begin: String = text.chars().filter(|c| !c.is_control()).take(40).collect();
    if text.chars().count() > 40 { format!("{begin:?}…") } else { format!("{begin:?}") }
}

/// Lists and sections that are not at their end yet.
enum Open {
    List(Place, Vec<Node>),
    Section { at: Place, entries: Vec<Entry>, key: Option<(Place, Option<String>)> },
}

/// Reads a document. `None` where it holds nothing. A tree may come with faults, which then are all of its own.
pub(super) fn read(text: &str) -> (Option<Node>, Vec<Fault>) {
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = match event {
            Ok(found) => found,
            Err(e) => {
                builder.faults.push(Fault::whole(place(*e.marker()), e.info(), "correct the YAML here or just before"));
                return (None, builder.faults);
            }
        };
        let at = place(span.start);
        if !builder.take(event, at) {
            return (None, builder.faults);
        }
    }
    (builder.root, builder.faults)
}

fn place(marker: Marker) -> Place {
    let whole = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Place { line: whole(marker.line()).max(1), column: whole(marker.col()).saturating_add(1) }
}

#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    root: Option<Node>,
    documents: usize,
    faults: Vec<Fault>,
}

impl Builder {
    /// `false` where it makes no sense to go on.
    fn take(&mut self, event: Event<'_>, at: Place) -> bool {
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    self.fault(at, "a second document begins here", "keep one: take the line --- away");
                    return false;
                }
            }
            Event::Alias(_) => {
                self.fault(at, "aliases are not used here", "write out what it stands for");
                self.put(Node { at, what: What::Nothing });
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.plain(at, anchor, tag.is_some());
                let what =
                    if style == ScalarStyle::Plain { core(&text) } else { What::Text(text.clone().into_owned()) };
                self.put_scalar(at, &text, what);
            }
            Event::SequenceStart(anchor, tag) => {
                self.plain(at, anchor, tag.is_some());
                return self.begin(Open::List(at, Vec::new()), at);
            }
            Event::MappingStart(anchor, tag) => {
                self.plain(at, anchor, tag.is_some());
                return self.begin(Open::Section { at, entries: Vec::new(), key: None }, at);
            }
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(Open::List(at, items)) => self.put(Node { at, what: What::List(items) }),
                Some(Open::Section { at, entries, .. }) => self.put(Node { at, what: What::Section(entries) }),
                None => {}
            },
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
        true
    }

    fn fault(&mut self, at: Place, problem: &str, remedy: &str) {
        self.faults.push(Fault::whole(at, problem, remedy));
    }

    fn plain(&mut self, at: Place, anchor: usize, tagged: bool) {
        if anchor > 0 {
            self.fault(at, "anchors are not used here", "take the & and its name away");
        }
        if tagged {
            self.fault(at, "tags are not used here", "take the ! and its name away, or put the text in quotes");
        }
    }

    fn begin(&mut self, what: Open, at: Place) -> bool {
        if self.open.len() >= DEPTH_MAX {
            self.fault(at, "lists and sections lie too deep within each other", "no setting needs more than three");
            return false;
        }
        self.open.push(what);
        true
    }

    fn put_scalar(&mut self, at: Place, text: &str, what: What) {
        match self.open.last_mut() {
            Some(Open::Section { key: key @ None, .. }) => *key = Some((at, Some(text.to_owned()))),
            _ => self.put(Node { at, what }),
        }
    }

    fn put(&mut self, node: Node) {
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some(Open::List(_, items)) => items.push(node),
            Some(Open::Section { entries, key, .. }) => match key.take() {
                None => {
                    *key = Some((node.at, None));
                    self.fault(node.at, "a key has to be text", "write it as name: value");
                }
                Some((_, None)) => {}
                Some((at, Some(name))) => match entries.iter().find(|e| e.key == name).map(|e| e.at.line) {
                    Some(line) => {
                        let problem = format!("{} stands twice, first in line {line}", shortened(&name));
                        self.faults.push(Fault::of(at, &name, problem, "keep one of them"));
                    }
                    None => entries.push(Entry { at, key: name, value: node }),
                },
            },
        }
    }
}

/// A plain scalar by YAML's core schema.
fn core(text: &str) -> What {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return What::Nothing,
        "true" | "True" | "TRUE" => return What::Truth(true),
        "false" | "False" | "FALSE" => return What::Truth(false),
        _ => {}
    }
    let numeric = text.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
    let number = text.parse::<f64>().ok().filter(|n| numeric && n.is_finite());
    number.map_or_else(|| What::Text(text.to_owned()), What::Number)
}
