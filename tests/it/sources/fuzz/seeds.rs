//! Real payloads, cut down to what their meaning hangs on, and the places of their JSON.

use std::ops::Range;

use serde_json::Value;

use crate::sources::Payload;

/// A payload to bend, and where in it things stand.
pub struct Seed {
    pub payload: Payload,
    /// Its kind of event.
    pub event: String,
    /// What its meaning hangs on and no more: quick to read, and a bent byte seldom misses.
    pub core: Body,
    pub whole: Body,
}

/// JSON and its places.
pub struct Body {
    pub text: Vec<u8>,
    pub values: Vec<Range<usize>>,
    /// `"name": value`, with the end of the name.
    pub members: Vec<(Range<usize>, usize)>,
}

impl Body {
    fn of(text: Vec<u8>) -> Self {
        let mut places = Places { text: &text, at: 0, values: Vec::new(), members: Vec::new() };
        // Of what is no JSON the places up to there are known.
        let _ = places.value(0);
        let (values, members) = (places.values, places.members);
        Self { text, values, members }
    }
}

/// Finds values and members in JSON that is known to be good.
struct Places<'a> {
    text: &'a [u8],
    at: usize,
    values: Vec<Range<usize>>,
    members: Vec<(Range<usize>, usize)>,
}

impl Places<'_> {
    fn peek(&mut self) -> Option<u8> {
        while self.text.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        self.text.get(self.at).copied()
    }

    fn value(&mut self, depth: usize) -> Option<()> {
        let first = self.peek()?;
        let start = self.at;
        match first {
            b'{' | b'[' if depth < 100 => {
                self.at += 1;
                while ![b'}', b']'].contains(&self.peek()?) {
                    let member = self.at;
                    if first == b'{' {
                        self.text()?;
                        let name = self.at;
                        self.peek().filter(|b| *b == b':')?;
                        self.at += 1;
                        self.value(depth + 1)?;
                        self.members.push((member..self.at, name));
                    } else {
                        self.value(depth + 1)?;
                    }
                    if self.peek()? == b',' {
                        self.at += 1;
                    }
                }
                self.at += 1;
            }
            b'"' => self.text()?,
            _ => {
                let rest = &self.text[self.at..];
                let len = rest.iter().position(|b| b",]} \t\r\n".contains(b)).unwrap_or(rest.len());
                self.at += Some(len).filter(|l| *l > 0)?;
            }
        }
        self.values.push(start..self.at);
        Some(())
    }

    fn text(&mut self) -> Option<()> {
        self.peek().filter(|b| *b == b'"')?;
        self.at += 1;
        loop {
            match *self.text.get(self.at)? {
                b'"' => break,
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
        }
        self.at += 1;
        Some(())
    }
}

impl Seed {
    /// The payloads that mean something of their own.
    pub fn all(payloads: Vec<Payload>) -> Vec<Self> {
        let mut meanings = Vec::new();
        let mut is_new = |p: &Payload| {
            let meaning = (p.envelope().map(|e| e.event), p.read());
            let new = !meanings.contains(&meaning);
            meanings.extend(Some(meaning).filter(|_| new));
            new
        };
        payloads.into_iter().filter(|p| is_new(p)).map(Self::of).collect()
    }

    fn of(payload: Payload) -> Self {
        let core = Body::of(core(&payload));
        let whole = Body::of(payload.body.clone());
        let event = payload.envelope().map(|e| e.event).unwrap_or_default();
        Self { payload, event, core, whole }
    }
}

/// The payload without what does not matter to its meaning.
pub fn core(payload: &Payload) -> Vec<u8> {
    let Ok(mut document) = serde_json::from_slice::<Value>(&payload.body) else { return payload.body.clone() };
    let meaning = payload.read();
    let same = |document: &Value| {
        let body = serde_json::to_vec(document).expect("JSON");
        payload.with_body(body).read() == meaning
    };
    prune(&mut document, "", &same);
    serde_json::to_vec(&document).expect("JSON")
}

/// Takes out each part below `at` without which the document is the `same`.
fn prune(document: &mut Value, at: &str, same: &impl Fn(&Value) -> bool) {
    let mut names: Vec<(usize, String)> = match document.pointer(at) {
        Some(Value::Object(fields)) => fields.iter().map(|(name, v)| (weight(v), name.clone())).collect(),
        Some(Value::Array(items)) => items.iter().enumerate().map(|(i, v)| (weight(v), i.to_string())).rev().collect(),
        _ => return,
    };
    let list = document.pointer(at).is_some_and(Value::is_array);
    if !list {
        // What is large first: then the rest is tried on a small document.
        names.sort_by(|a, b| b.cmp(a));
    }
    for (_, name) in names {
        let index = name.parse().unwrap_or_default();
        let part = match document.pointer_mut(at) {
            Some(Value::Object(fields)) => fields.remove(&name).unwrap_or_default(),
            Some(Value::Array(items)) => items.remove(index),
            _ => return,
        };
        if same(document) {
            continue;
        }
        match document.pointer_mut(at) {
            Some(Value::Object(fields)) => drop(fields.insert(name.clone(), part)),
            Some(Value::Array(items)) => items.insert(index, part),
            _ => return,
        }
        prune(document, &format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")), same);
    }
}

fn weight(value: &Value) -> usize {
    match value {
        Value::Object(fields) => 1 + fields.values().map(weight).sum::<usize>(),
        Value::Array(items) => 1 + items.iter().map(weight).sum::<usize>(),
        _ => 1,
    }
}
