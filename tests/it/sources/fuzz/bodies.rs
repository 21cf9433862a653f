//! Bodies that nobody would send, cheaply and the same each time: real payloads with other values at places of their
//! JSON, with members doubled, dropped and renamed, two of them spliced, cut off, with bytes flipped; and plain noise.

use std::ops::Range;

use super::seeds::{Body, Seed};

/// Stands in for customers' data, in values and in names.
pub const PRIVATE: &str = "rae@example.com 4111-1111";

/// Numbers that look random and come again (Vigna's `SplitMix64`).
pub struct Dice(u64);

impl Dice {
    /// Dice for the `part`th share of a source's bodies.
    pub fn of(name: &str, part: u64) -> Self {
        // FNV-1a of the name.
        let hash =
            name.bytes().fold(0xcbf2_9ce4_8422_2325, |h: u64, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
        Self(hash ^ part.wrapping_mul(0x2545_f491_4f6c_dd1d))
    }

    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`, which is more than 0.
    pub fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.roll() % n as u64).expect("it is below a usize")
    }

    /// One time in `n`.
    pub fn once_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

/// Values that are hard on a reader.
const HARD: &[&[u8]] = &[
    b"null",
    b"true",
    b"false",
    b"0",
    b"-1",
    b"-0.0",
    b"1e400",
    b"1e-400",
    b"-1e308",
    b"100.00000000000001",
    b"9223372036854775807",
    b"-9223372036854775808",
    b"18446744073709551615",
    b"99999999999999999999999999999999",
    b"253402300800000",
    b"\"\"",
    b"\"0\"",
    b"\"100\"",
    b"\"-1\"",
    b"\"1e400\"",
    b"\"NaN\"",
    b"\"true\"",
    b"\"\\u0000\\u202e\\n\"",
    b"\"\\ud800\"",
    b"\"\xff\xfe\"",
    b"\"\xf0\x9f\x98\"",
    b"\"unterminated",
    b"[]",
    b"{}",
    b"[null]",
    b"[[],{}]",
    b"\"9999-12-31T23:59:60.999999999+23:59\"",
    b"\"0000-01-01T00:00:00Z\"",
    b"\"2026-02-30T10:00:00Z\"",
    b"\"rae@example.com 4111-1111\"",
    b"[\"rae@example.com 4111-1111\"]",
    b"{\"id\":\"rae@example.com 4111-1111\"}",
    b"{\"rae@example.com 4111-1111\":{\"rae@example.com 4111-1111\":[7]}}",
    b"NaN",
    b"01",
    b"1.",
    b"tru",
    b"\\",
    b"",
];

/// A value to stand in another's place.
fn value(dice: &mut Dice, seeds: &[Seed]) -> Vec<u8> {
    let nested =
        |open: &str, shut: &str, depth: usize| format!("{}1{}", open.repeat(depth), shut.repeat(depth)).into_bytes();
    match dice.below(32) {
        0 => {
            let times = if dice.once_in(8) { dice.below(2_000) } else { dice.below(60) };
            format!("\"{}\"", "\u{1f600}x\\n".repeat(times)).into_bytes()
        }
        1 => nested("[", "]", *dice.pick(&[5, 100, 126, 127, 128, 1_000])),
        2 => nested("{\"a\":", "}", *dice.pick(&[5, 100, 126, 127, 128, 1_000])),
        3 => dice.roll().to_string().into_bytes(),
        4 => format!("\"{}\"", dice.roll()).into_bytes(),
        5 => f64::from_bits(dice.roll()).to_string().into_bytes(),
        6..14 => {
            let other = &dice.pick(seeds).core;
            if other.values.is_empty() { Vec::new() } else { other.text[dice.pick(&other.values).clone()].to_vec() }
        }
        _ => dice.pick(HARD).to_vec(),
    }
}

/// Puts `new` in the place of `old`.
fn put(text: &mut Vec<u8>, old: Range<usize>, new: &[u8]) {
    text.splice(old, new.iter().copied());
}

/// A payload with another thing in one to three of its places, from the last to the first.
fn replaced(dice: &mut Dice, body: &Body, seeds: &[Seed]) -> Vec<u8> {
    let mut text = body.text.clone();
    let mut end = text.len();
    let mut places: Vec<(Range<usize>, Option<usize>)> = (0..=dice.below(3))
        .filter_map(|_| match dice.below(3) {
            0 if !body.members.is_empty() => {
                Some(dice.pick(&body.members).clone()).map(|(all, name)| (all, Some(name)))
            }
            _ if !body.values.is_empty() => Some((dice.pick(&body.values).clone(), None)),
            _ => None,
        })
        .collect();
    places.sort_by_key(|(place, _)| std::cmp::Reverse(place.start));
    for (place, name) in places {
        if place.end > end {
            continue;
        }
        end = place.start;
        let Some(name) = name else {
            put(&mut text, place, &value(dice, seeds));
            continue;
        };
        match dice.below(4) {
            // Dropped, with the comma that is left over, or not.
            0 if text.get(place.end) == Some(&b',') => put(&mut text, place.start..place.end + 1, b""),
            0 => put(&mut text, place, b""),
            1 => put(&mut text, place.start..name, format!("\"{PRIVATE}\"").as_bytes()),
            // Doubled: with the same value, or with another.
            2 => {
                let again = [b",", &text[place.clone()]].concat();
                put(&mut text, place.end..place.end, &again);
            }
            _ => {
                let again = [b",", &text[place.start..name], b":", &value(dice, seeds)].concat();
                put(&mut text, place.end..place.end, &again);
            }
        }
    }
    text
}

/// A body for one of `seeds`, of which it gives the number.
pub fn body(dice: &mut Dice, seeds: &[Seed]) -> (usize, Vec<u8>) {
    // The smaller of two, which is quicker to read; the largest comes up now and then.
    let two = [dice.below(seeds.len()), dice.below(seeds.len())];
    let which = if seeds[two[0]].core.text.len() < seeds[two[1]].core.text.len() { two[0] } else { two[1] };
    let seed = &seeds[which];
    let base = if dice.once_in(256) { &seed.whole } else { &seed.core };
    let text = match dice.below(16) {
        0 => (0..dice.below(200)).map(|_| dice.roll().to_le_bytes()[0]).collect(),
        1 => base.text[..dice.below(base.text.len() + 1)].to_vec(),
        2 => {
            let other = &dice.pick(seeds).core.text;
            let (head, tail) = (dice.below(base.text.len() + 1), dice.below(other.len() + 1));
            [&base.text[..head], &other[tail..]].concat()
        }
        3 | 4 => {
            let mut text = base.text.clone();
            for _ in 0..=dice.below(4) {
                let at = dice.below(text.len().max(1));
                // Half of the time a byte that JSON is made of.
                let byte = if dice.once_in(2) { *dice.pick(b"{}[]\",:\\0-e.") } else { dice.roll().to_le_bytes()[0] };
                if let Some(place) = text.get_mut(at) {
                    *place = byte;
                }
            }
            text
        }
        5 if dice.once_in(4) => [b"payload=", &replaced(dice, base, seeds)[..]].concat(),
        _ => replaced(dice, base, seeds),
    };
    (which, text)
}
