//! Functions that share a file of vectors.

use super::{Function, function};

/// A file of vectors: its name, its title, its functions.
#[derive(Clone, Copy, Debug)]
pub struct Family {
    /// The file's name without its extension.
    pub file: &'static str,
    /// A title beside the functions' names.
    title: &'static str,
    /// First names of its functions.
    names: &'static [&'static str],
}

const fn family(file: &'static str, title: &'static str, names: &'static [&'static str]) -> Family {
    Family { file, title, names }
}

/// All of them, in the files' order.
pub const FAMILIES: &[Family] = &[
    family("01_special", "special function kernel", super::kernel::NAMES),
    family("02_proportion_intervals", "wilson, jeffreys", &["wilson"]),
    family("03_newcombe_diff", "", &["newcombe"]),
    family("04_net_sentiment_misclassification", "net_sentiment, rogan_gladen", &["net_sentiment", "rogan_gladen"]),
    family("05_sentiment_difference", "welch, asymp_cs", &["welch"]),
    family("06_moments_merge", "moments_merge folded left", &["moments_merge"]),
    family("07_table_2x2", "", &["table_2x2"]),
    family("08_mantel_haenszel", "", &["mantel_haenszel"]),
    family("09_fdr", "bh, ebh", &["bh", "ebh"]),
    family("10_label_eprocess", "label_loge(cells, gamma_half(14))", &["label_loge"]),
    family("11_hex_eprocess", "hex_loge(cells, s, sd, gamma_half(14))", &["hex_loge"]),
    family("12_poisson_eprocess", "poisson_loge(cells, gamma_half(14))", &["poisson_loge"]),
    family("13_betabinomial_cs", "", &["betabin_cs"]),
    family("14_rate_ratio_cs", "", &["label_cs"]),
    family("15_sigma_day", "", &["sigma_day"]),
    family("16_srm", "", &["srm_logbf"]),
    family("17_logit_grouped", "", &["logit_grouped"]),
    family(
        "18_response_adjustment",
        "poststrat, rake, nonresponse_bounds",
        &["poststrat", "rake", "nonresponse_bounds"],
    ),
    family("19_time_to_action_km", "", &["km_quantile"]),
    family(
        "20_empirical_bayes_forecast",
        "betabin_logpmf, betabin_mom, forecast",
        &["betabin_logpmf", "betabin_mom", "forecast"],
    ),
    family("21_prewhitened_ccf", "", &["levinson"]),
    family("22_circular_shift", "", &["circular_shift_test"]),
    family("23_bursts", "poisson_midp, kleinberg2", &["poisson_midp", "kleinberg2"]),
    family("24_priority", "", &["priority"]),
    family("25_stream_assoc", "", &["assoc"]),
    family("26_usage_metrics", "cuped (sums n,sx,sy,sxx,syy,sxy), ratio_of_means", &["cuped", "ratio_of_means"]),
    family("27_decayed_share", "decay_add / decay_merge: any order, any split", &["decay_add"]),
    family("28_cross_feature", "overlap, centroid_cosine", &["overlap", "centroid_cosine"]),
];

impl Family {
    /// Whether a text is its file's name, with or without the number, or its title.
    pub(super) fn is_named(&self, text: &str) -> bool {
        let bare = self.file.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start_matches('_');
        text == self.file || text == bare || (!self.title.is_empty() && text == self.title)
    }

    /// Whether a function is one of it.
    pub fn has(&self, function: &Function) -> bool {
        self.names.iter().any(|name| function.names.contains(name))
    }

    /// Its function, where it has but one.
    pub(super) fn only(&self) -> Option<&'static Function> {
        match self.names {
            [name] => function(name),
            _ => None,
        }
    }

    pub(super) fn listed(&self) -> String {
        self.names.join(", ")
    }
}
