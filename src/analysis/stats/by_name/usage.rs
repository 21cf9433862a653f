//! Usage and overlap by name.

use serde_json::{Value, json};

use super::given::{count, number, same_length, wrong};
use super::means::moments;
use super::{ArgumentError, CONF, Function, Given, arg, fields};
use crate::analysis::stats::cuped::{self, PairSums};
use crate::analysis::stats::minhash::MinHash;
use crate::analysis::stats::{cosine, overlap, ratio_of_means};

/// What an arm's sums look like.
const SUMS: &str = "[n, Σx, Σy, Σx², Σy², Σxy]";

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        names: &["cuped"],
        about: "difference between arms with what was known before exposure taken out",
        arguments: &[
            arg("t", "[n, Σx, Σy, Σx², Σy², Σxy] over the exposed people; x before, y after"),
            arg("c", "the same over the control's"),
            CONF,
        ],
        run: adjusted,
    },
    Function {
        names: &["ratio_of_means"],
        about: "how many times as often, with an interval",
        arguments: &[arg("t", "[n, mean, M2]"), arg("c", "[n, mean, M2] of the others"), CONF],
        run: ratio,
    },
    Function {
        names: &["overlap"],
        about: "whether two themes or features trouble the same people",
        arguments: &[
            arg("n_a", "people in the first set, a count"),
            arg("n_b", "people in the second set, a count"),
            arg("n_ab", "people in both, a count"),
            arg("users", "all people, a count"),
        ],
        run: overlapping,
    },
    Function {
        names: &["centroid_cosine"],
        about: "how alike two themes are, from sums of their items' directions",
        arguments: &[arg("sum_a", "a list of numbers"), arg("sum_b", "as many numbers")],
        run: |g| {
            let (a, b) = (g.numbers("sum_a")?, g.numbers("sum_b")?);
            same_length("sum_b", b.len(), "sum_a", a.len())?;
            Ok(json!({ "cosine": cosine::of_sums(&a, &b) }))
        },
    },
    Function {
        names: &["minhash_jaccard"],
        about: "how much two sets overlap, estimated from 128 numbers each",
        arguments: &[arg("a", "members' hashes, counts"), arg("b", "members' hashes, counts")],
        run: |g| {
            let sketch = |members: Vec<u64>| {
                let mut sketch = MinHash::default();
                for member in members {
                    sketch.insert(member);
                }
                sketch
            };
            Ok(json!({ "jaccard": sketch(g.counts("a")?).jaccard(&sketch(g.counts("b")?)) }))
        },
    },
];

fn sums(g: Given<'_>, arm: &str) -> Result<PairSums, ArgumentError> {
    let all = g.list(arm, SUMS)?;
    let [n, rest @ ..] = all else { return Err(wrong(arm, format!("expected {SUMS}, got []"))) };
    let read = |i: usize| number(&format!("{arm}[{}]", i + 1), &rest[i]);
    if rest.len() != 5 {
        return Err(wrong(arm, format!("expected {SUMS}, got {} numbers", all.len())));
    }
    let n = count(&format!("{arm}[0]"), n)?;
    Ok(PairSums { n, x: read(0)?, y: read(1)?, xx: read(2)?, yy: read(3)?, xy: read(4)? })
}

fn adjusted(g: Given<'_>) -> Result<Value, ArgumentError> {
    let done = cuped::difference(&sums(g, "t")?, &sums(g, "c")?, g.confidence()?);
    let told = done.map(|d| [d.theta, d.difference, d.se, d.interval.low, d.interval.high]);
    Ok(fields(["theta", "diff", "se", "lo", "hi"], told))
}

fn ratio(g: Given<'_>) -> Result<Value, ArgumentError> {
    let arm = |name: &str| moments(name, g.value(name, "[n, mean, M2]")?);
    let done = ratio_of_means::compare(&arm("t")?, &arm("c")?, g.confidence()?);
    Ok(fields(["ratio", "lo", "hi"], done.map(|r| [r.ratio, r.interval.low, r.interval.high])))
}

fn overlapping(g: Given<'_>) -> Result<Value, ArgumentError> {
    let [a, b, both, users] = [g.count("n_a")?, g.count("n_b")?, g.count("n_ab")?, g.count("users")?];
    let o = overlap::of(a, b, both, users)
        .ok_or_else(|| wrong("n_ab", "expected no more than n_a and n_b, and no more people in either than users"))?;
    Ok(json!({
        "jaccard": o.jaccard, "lift": o.lift, "phi": o.phi, "log_or": o.log_odds_ratio, "log_or_se": o.se,
    }))
}
