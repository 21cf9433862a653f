//! Statistics, a method a file: pure maps from counts, which merge by adding, to what is said of them.
//!
//! Methods take what can't be wrong ([`share::Share`], [`share::Confidence`]) and give `None`, or an error that tells why,
//! where there is nothing to say; never NaN. All of them hold up to counts of 1e9. `hearback stats` runs each by its name
//! ([`by_name`]).
//!
//! | to say | file |
//! |---|---|
//! | a share and how sure it is | [`wilson`] to show, [`jeffreys`] to forecast, [`betabin_cs`] to peek at |
//! | a share corrected for the classifier; the balance of voices | [`rogan_gladen`], [`net_sentiment`] |
//! | one share against another | [`newcombe`]; over strata [`mantel_haenszel`] |
//! | one mean against another | [`moments`] (sums that merge), [`welch`], [`asymp_cs`] to peek at, [`cuped`], [`ratio_of_means`] |
//! | whether an event and negativity go together | [`table`], [`fisher`], [`mantel_haenszel`], [`logit`] |
//! | many questions at once | [`fdr`] |
//! | whether people went to the arms as planned | [`srm`] |
//! | what those would say who did not answer | [`poststrat`], [`rake`], [`nonresponse`] |
//! | how long until somebody acted | [`km`] |
//! | what comes next | [`betabin`], [`forecast`] |
//! | whether bad hours bring bad feedback, and how much later | [`circular_shift`], [`autoregression`], [`ccf`] |
//! | bursts, for charts | [`poisson_midp`], [`kleinberg`], [`decay`] |
//! | whether something became worse, looked at all the time | [`label`] with a control, [`hex`] without, [`poisson`]; [`rate_ratio`], [`sigma_day`] |
//! | what to look at first | [`priority`] |
//! | whether two themes are the same, or trouble the same people | [`cosine`], [`overlap`], [`minhash`] |
//! | what could have been seen, and when to stop asking | [`detectable`] |
//!
//! [`special`] is the kernel of special functions beneath.
#![expect(clippy::many_single_char_names, reason = "the letters of the formulas in the literature")]

pub mod asymp_cs;
pub mod autoregression;
pub mod betabin;
pub mod betabin_cs;
pub mod by_name;
pub mod ccf;
pub mod circular_shift;
pub mod cosine;
pub mod cuped;
pub mod decay;
pub mod detectable;
pub mod fdr;
pub mod fisher;
pub mod forecast;
pub mod hex;
pub mod jeffreys;
pub mod kleinberg;
pub mod km;
pub mod label;
pub mod logit;
pub mod mantel_haenszel;
pub mod minhash;
pub mod mixture;
pub mod moments;
pub mod net_sentiment;
pub mod newcombe;
pub mod nonresponse;
pub mod overlap;
pub mod poisson;
pub mod poisson_midp;
pub mod poststrat;
pub mod priority;
pub mod rake;
pub mod rate_ratio;
pub mod ratio_of_means;
pub mod rogan_gladen;
pub mod share;
pub mod sigma_day;
pub mod special;
pub mod srm;
pub mod table;
pub mod welch;
pub mod wilson;

#[cfg(test)]
mod tests;
