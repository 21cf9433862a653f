//! A flood of bent bodies for each source: nothing panics, no refusal repeats what the sender wrote, and what comes out
//! stays small.
use std::num::NonZero;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{iter, thread};

use hearback::sources::signature::schemes::Algorithm;
use hearback::sources::signature::{Claim, sign, verify};
use hearback::sources::{BadBody, Envelope, Fact, Headers, Incoming, Meaning, Source, all};

use super::bodies::{Dice, PRIVATE, body};
use super::seeds::Seed;
use crate::sources::{RECEIVED, payloads};

/// Bodies for each source.
const BODIES: usize = 100_000;
/// Bodies with one throw of the dice: small enough to be run again alone, and to be shared among threads.
const PART: usize = 2_000;
/// Facts of one delivery at most.
pub const FACTS_MAX: usize = 1_000;
/// Longest fact as JSON, bytes, besides lists that a sender fills: names of 200 characters, an address of 2,000.
const FACT_MAX: usize = 32_768;
/// Longest sentence of a refusal or of what is ignored, bytes.
const SENTENCE_MAX: usize = 1_000;

/// Of one body in so many at least facts come: else the flood would break at the door.
const TOLD_ONE_IN: usize = 500;

/// A source, its payloads once they are read, and of how many bodies facts came.
struct Target {
    source: &'static Source,
    seeds: OnceLock<Vec<Seed>>,
    told: AtomicUsize,
}

#[test]
fn no_flood_of_bent_bodies_makes_a_source_panic_or_talk() {
    let target = |source| Target { source, seeds: OnceLock::new(), told: AtomicUsize::new(0) };
    let targets: Vec<Target> = all().map(target).collect();
    let next = AtomicUsize::new(0);
    let threads = thread::available_parallelism().map_or(2, NonZero::get);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                // Threads begin with different sources, so that each is prepared once, beside others.
                for part in iter::from_fn(|| Some(next.fetch_add(1, Ordering::Relaxed))) {
                    let (target, part) = (&targets[part % targets.len()], part / targets.len());
                    if part >= BODIES / PART {
                        break;
                    }
                    let seeds = || Seed::all(payloads(target.source));
                    let told = flood(target.source, target.seeds.get_or_init(seeds), part);
                    target.told.fetch_add(told, Ordering::Relaxed);
                }
            });
        }
    });
    for Target { source, told, .. } in targets {
        let told = told.into_inner();
        assert!(told * TOLD_ONE_IN >= BODIES, "only {told} of {BODIES} bodies for {} told anything", source.name);
    }
}

/// Tells on the way out which body it was.
struct Case<'a> {
    source: &'a str,
    part: usize,
    number: usize,
    body: &'a [u8],
}

impl Drop for Case<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            let body = self.body.escape_ascii().to_string();
            eprintln!(
                "{}: body {} of part {}: {}",
                self.source,
                self.number,
                self.part,
                &body[..body.len().min(4_000)]
            );
        }
    }
}

/// Reads a part of a source's bodies; gives of how many facts came.
fn flood(source: &Source, seeds: &[Seed], part: usize) -> usize {
    let mut dice = Dice::of(source.name, part as u64);
    let mut told = 0;
    for number in 0..PART {
        let (which, body) = body(&mut dice, seeds);
        let _case = Case { source: source.name, part, number, body: &body };
        let mut headers = seeds[which].payload.headers.clone();
        if dice.once_in(16) && !headers.0.is_empty() {
            let at = dice.below(headers.0.len());
            let other = *dice.pick(&[
                "",
                "0",
                "-1",
                PRIVATE,
                "application/x-www-form-urlencoded",
                "\u{0}\u{202e}",
                "99999999999999999999",
            ]);
            if let Some(value) = headers.0.values_mut().nth(at) {
                other.clone_into(value);
            }
        }
        check_proof(source, &mut dice, &headers, &body);
        told += usize::from(read(source, &mut dice, &headers, &body, &seeds[which]));
    }
    told
}

/// Nobody's signature is believed; ours is, of whatever body.
fn check_proof(source: &Source, dice: &mut Dice, headers: &Headers, body: &[u8]) {
    let secrets = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned()];
    let check = |headers: &Headers, token| verify(source.schemes, &Claim { headers, body, token }, &secrets, RECEIVED);
    let scheme = *dice.pick(source.schemes);
    let text = || String::from_utf8_lossy(&body[..body.len().min(80)]).into_owned();
    let refused = match dice.below(32) {
        0 => {
            let signed = sign(scheme, &secrets[0], "msg_1", RECEIVED, body);
            // Only who has the private key signs so.
            let Some(signed) = signed else {
                assert_eq!(scheme.algorithm, Algorithm::Ed25519);
                return;
            };
            let mut headers = headers.clone();
            headers.0.extend(signed.into_iter().map(|(k, v)| (k.to_owned(), v)));
            let proof = check(&headers, None);
            assert!(proof.is_ok(), "{proof:?}");
            return;
        }
        kind @ 1..4 => {
            let mut headers = headers.clone();
            let signature = if kind == 1 { "00".to_owned() } else { text() };
            headers.0.insert(scheme.header.to_owned(), format!("{}{signature}", scheme.prefix));
            if let Some((header, _)) = scheme.time {
                headers.0.insert(header.to_owned(), if kind == 2 { RECEIVED.0.to_string() } else { text() });
            }
            check(&headers, Some("x"))
        }
        4..10 => check(headers, None),
        // Without a header of the scheme's nothing of a body is looked at.
        _ => return,
    };
    let Err(why) = refused else { panic!("nobody's signature is believed: {refused:?}") };
    let said = why.to_string();
    assert!(!said.contains(PRIVATE) && said.len() < SENTENCE_MAX, "{said}");
}

/// Reads a body as the service does; `true` where it tells facts. What is refused with its envelope is read no further
/// there; here it sometimes is, as what reads bodies must not rely on that.
fn read(source: &Source, dice: &mut Dice, headers: &Headers, body: &[u8], seed: &Seed) -> bool {
    let incoming = Incoming::new(headers, body, RECEIVED);
    let envelope = (source.envelope)(&incoming);
    let event = match &envelope {
        Ok(Envelope { id, event, .. }) => {
            for text in [id, event] {
                assert!(text.len() <= SENTENCE_MAX && !text.contains(char::is_control), "{text:?}");
            }
            event.clone()
        }
        Err(bad) => {
            check_refusal(bad);
            if !dice.once_in(4) {
                return false;
            }
            seed.event.clone()
        }
    };
    match (source.parse)(&Incoming { event: &event, ..incoming }) {
        Err(bad) => check_refusal(&bad),
        Ok(Meaning::Ignored(why)) => check_sentence(&why),
        Ok(Meaning::Hint { facts, why }) => {
            check_sentence(&why);
            check_facts(&facts, body);
            return !facts.is_empty();
        }
        Ok(Meaning::Facts(facts)) => {
            assert!(!facts.is_empty(), "facts without a fact");
            check_facts(&facts, body);
            return true;
        }
    }
    false
}

fn check_refusal(bad: &BadBody) {
    let said = bad.to_string();
    assert!(!bad.problem.is_empty());
    assert!(!said.contains(PRIVATE), "{said}");
    check_sentence(&said);
}

fn check_sentence(said: &str) {
    assert!(!said.is_empty() && said.len() < SENTENCE_MAX && !said.contains(char::is_control), "{said:?}");
}

fn check_facts(facts: &[Fact], body: &[u8]) {
    assert!(facts.len() <= FACTS_MAX, "{} facts", facts.len());
    for size in facts.iter().map(size) {
        assert!(size <= FACT_MAX + 2 * body.len(), "a fact of {size} bytes");
    }
}

/// A fact's length as JSON, bytes.
pub fn size(fact: &Fact) -> usize {
    match fact {
        Fact::Flag(change) => serde_json::to_vec(change).expect("JSON").len(),
        Fact::Seen(seen) => serde_json::to_vec(seen).expect("JSON").len(),
        Fact::Signal(signal) => serde_json::to_vec(signal).expect("JSON").len(),
        Fact::Comment(comment) => serde_json::to_vec(comment).expect("JSON").len(),
        Fact::Named(_)
        | Fact::Head(_)
        | Fact::Policy(_)
        | Fact::Installation { .. }
        | Fact::Repositories { .. }
        | Fact::IssueEdited(_)
        | Fact::Ticket(_) => format!("{fact:?}").len(),
    }
}
