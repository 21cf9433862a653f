//! Shares by name.

use serde_json::{Value, json};

use super::given::wrong;
use super::{ALPHA, Argument, ArgumentError, CONF, Function, Given, arg, fields, opt};
use crate::analysis::stats::rogan_gladen::{self, Classifier};
use crate::analysis::stats::{betabin_cs, detectable, jeffreys, net_sentiment, newcombe, srm, wilson};

const K: Argument = arg("k", "how many have it, a count");
const N: Argument = arg("n", "of how many, a count");

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        names: &["wilson", "jeffreys"],
        about: "intervals for a share: Wilson's to show, Jeffreys' to forecast",
        arguments: &[K, N, CONF],
        run: intervals,
    },
    Function {
        names: &["betabin_cs"],
        about: "interval for a share that may be looked at after every item",
        arguments: &[
            K,
            N,
            ALPHA,
            opt("a", "first shape of the mixture, above 0; 0.5"),
            opt("b", "second shape of the mixture, above 0; 0.5"),
        ],
        run: sequence,
    },
    Function {
        names: &["newcombe"],
        about: "difference of two shares with Newcombe's interval",
        arguments: &[
            arg("k1", "how many have it, a count"),
            arg("n1", "of how many, a count"),
            arg("k0", "how many of the others have it, a count"),
            arg("n0", "of how many others, a count"),
            CONF,
        ],
        run: difference,
    },
    Function {
        names: &["net_sentiment"],
        about: "positive less negative share, with its standard error",
        arguments: &[arg("pos", "positive ones, a count"), arg("neg", "negative ones, a count"), N, CONF],
        run: net,
    },
    Function {
        names: &["rogan_gladen"],
        about: "a share corrected for what the classifier gets wrong",
        arguments: &[
            K,
            N,
            arg("sens", "share of true ones that it finds, 0 to 1"),
            arg("n_sens", "true ones that were labelled, a count"),
            arg("spec", "share of others that it leaves alone, 0 to 1"),
            arg("n_spec", "others that were labelled, a count"),
            CONF,
        ],
        run: corrected,
    },
    Function {
        names: &["srm_logbf"],
        about: "whether people went to the arms as planned: ln Bayes factor, p at any time, chi-squared p at one look",
        arguments: &[
            arg("counts", "people an arm, counts"),
            arg("probs", "planned share an arm, together 1"),
            opt("concentration", "how tightly the alternative keeps to the plan, above 0; 10000"),
        ],
        run: sample_ratio,
    },
    Function {
        names: &["smallest_rise"],
        about: "the smallest rise of a share that is found with this power",
        arguments: &[
            arg("k0", "how many had it before, a count"),
            arg("n0", "of how many, a count"),
            arg("n", "items so far, a count"),
            opt("power", "between 0 and 1; 0.8"),
            CONF,
        ],
        run: smallest_rise,
    },
    Function {
        names: &["answers_needed"],
        about: "answers after which asking can stop, for a planned half-width",
        arguments: &[
            arg("half_width", "of the interval, between 0 and 1"),
            opt("p", "the share that is expected, 0 to 1; 0.5"),
            CONF,
        ],
        run: answers_needed,
    },
];

fn intervals(g: Given<'_>) -> Result<Value, ArgumentError> {
    let (share, confidence) = (g.share("k", "n")?, g.confidence()?);
    let (w, j) = (wilson::of(share, confidence), jeffreys::of(share, confidence));
    Ok(json!({ "wilson_lo": w.low, "wilson_hi": w.high, "jeffreys_lo": j.low, "jeffreys_hi": j.high }))
}

fn sequence(g: Given<'_>) -> Result<Value, ArgumentError> {
    let shape = |name| g.number_or(name, 0.5, "a number above 0", |x| x > 0.0);
    let i = betabin_cs::mixed(g.share("k", "n")?, g.alpha()?, shape("a")?, shape("b")?);
    Ok(json!({ "lo": i.low, "hi": i.high }))
}

fn difference(g: Given<'_>) -> Result<Value, ArgumentError> {
    let d = newcombe::difference(g.share("k1", "n1")?, g.share("k0", "n0")?, g.confidence()?);
    Ok(fields(["diff", "lo", "hi"], d.map(|d| [d.value, d.interval.low, d.interval.high])))
}

fn net(g: Given<'_>) -> Result<Value, ArgumentError> {
    let (positive, negative, n) = (g.count("pos")?, g.count("neg")?, g.count("n")?);
    if positive + negative > n {
        return Err(wrong("n", format!("expected at least pos + neg, {}, got {n}", positive + negative)));
    }
    let net = net_sentiment::of(positive, negative, n, g.confidence()?);
    Ok(fields(["net", "se", "lo", "hi"], net.map(|s| [s.net, s.se, s.interval.low, s.interval.high])))
}

fn corrected(g: Given<'_>) -> Result<Value, ArgumentError> {
    let by = Classifier {
        sensitivity: g.rate("sens")?,
        positives: g.count("n_sens")?,
        specificity: g.rate("spec")?,
        negatives: g.count("n_spec")?,
    };
    if by.sensitivity + by.specificity <= 1.0 {
        return Err(wrong("sens", "expected sens + spec above 1: a classifier no better than chance corrects nothing"));
    }
    let done = rogan_gladen::correct(g.share("k", "n")?, by, g.confidence()?);
    Ok(fields(["p", "se", "lo", "hi"], done.map(|c| [c.share, c.se, c.interval.low, c.interval.high])))
}

fn sample_ratio(g: Given<'_>) -> Result<Value, ArgumentError> {
    let (counts, shares) = (g.counts("counts")?, g.numbers("probs")?);
    let concentration = g.number_or("concentration", srm::CONCENTRATION_DEFAULT, "a number above 0", |x| x > 0.0)?;
    let told = |e| match e {
        srm::SrmError::Arms => wrong("probs", "expected a share for each of two or more counts"),
        srm::SrmError::Shares => wrong("probs", "expected shares from 0 to 1 that add up to 1"),
        srm::SrmError::Concentration => wrong("concentration", "expected a number above 0"),
    };
    let ln_bf = srm::ln_bayes_factor(&counts, &shares, concentration).map_err(told)?;
    let chi2 = srm::chi2_p(&counts, &shares).map_err(told)?;
    Ok(json!({ "ln_bf": ln_bf, "p_anytime_now": (-ln_bf).exp().min(1.0), "chi2_p": chi2 }))
}

fn smallest_rise(g: Given<'_>) -> Result<Value, ArgumentError> {
    let power = g.number_or("power", detectable::POWER_DEFAULT, "a number between 0 and 1", |x| x > 0.0 && x < 1.0)?;
    let rise = detectable::smallest_rise(g.share("k0", "n0")?, g.count("n")?, power, g.confidence()?);
    Ok(json!({ "rise": rise }))
}

fn answers_needed(g: Given<'_>) -> Result<Value, ArgumentError> {
    let expected = if g.has("p") { g.rate("p")? } else { 0.5 };
    let half = g.number_that("half_width", "a number between 0 and 1", |x| x > 0.0 && x < 1.0)?;
    Ok(json!({ "n": detectable::answers_needed(expected, half, g.confidence()?) }))
}
