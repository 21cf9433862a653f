//! Keys and tokens that are known by their shape: who gives them out marks them so that they can be found.

use std::sync::LazyLock;

use regex::Regex;

use super::{Kind, Stretches};

/// How they begin: one of these stands in every text in which [`SHAPES`] find one.
pub(super) const BEGINNINGS: &str = concat!(
    "ghp_|gho_|ghu_|ghs_|ghr_|github_pat_|glpat-|gldt-|glrt-|glptt-|akia|asia|agpa|aida|aroa|xox|xapp-|k_live_|",
    "k_test_|sk-|whsec_|aiza|ya29.|gocspx-|npm_|hf_|dop_v1_|shpat_|shpss_|shpca_|shppa_|pypi-|dckr_pat_|lin_api_|",
    "phx_|phc_|sg.|atatt|eyj|key-|dapi|eaa|ntn_|secret_|pmak-|sntry|hvs.|figd_|sbp_|glc_|glsa_|pscale_|sq0|nrak-|",
    "age-secret-key-|dp.pt.|rubygems_|r8_|gsk_|pat-|xkeysib-|hrku-|:aa",
);

const SHAPES: &[&str] = &[
    "gh[pousr]_[A-Za-z0-9]{16,}",
    "github_pat_[A-Za-z0-9_]{16,}",
    "gl(?:pat|dt|rt|ptt)-[A-Za-z0-9_-]{16,}",
    "(?:AKIA|ASIA|AGPA|AIDA|AROA)[A-Z0-9]{12,}",
    "xox[a-z](?:\\.xox[a-z])?-[A-Za-z0-9-]{8,}",
    "xapp-[A-Za-z0-9-]{8,}",
    "(?:sk|pk|rk)_(?:live|test)_[A-Za-z0-9]{8,}",
    "sk-[A-Za-z0-9_-]{20,}",
    "whsec_[A-Za-z0-9+/=]{16,}",
    "AIza[A-Za-z0-9_-]{30,}",
    "ya29\\.[A-Za-z0-9_-]{16,}",
    "GOCSPX-[A-Za-z0-9_-]{16,}",
    "(?:npm|hf|dop_v1|shp(?:at|ss|ca|pa)|pypi|dckr_pat|lin_api|phx|phc|ntn|figd|sbp|glc|glsa|rubygems|r8|gsk)[_-][A-Za-z0-9_-]{20,}",
    "pscale_(?:tkn|pw|oauth)_[A-Za-z0-9_-]{16,}",
    "secret_[A-Za-z0-9]{32,}",
    "xkeysib-[a-f0-9]{32,}[A-Za-z0-9-]*",
    "sntry[su]_[A-Za-z0-9+/=_-]{20,}",
    "SG\\.[A-Za-z0-9_-]{16,}\\.[A-Za-z0-9_-]{16,}",
    "ATATT[A-Za-z0-9_=-]{16,}",
    "key-[a-f0-9]{32}",
    "dapi[a-f0-9]{32}",
    "EAA[A-Za-z0-9]{30,}",
    "PMAK-[a-f0-9]{24}-[a-f0-9]{34}",
    "hv[sb]\\.[A-Za-z0-9_-]{24,}",
    "dp\\.pt\\.[A-Za-z0-9]{30,}",
    "sq0(?:atp|csp|idp)-[A-Za-z0-9_-]{20,}",
    "NRAK-[A-Z0-9]{20,}",
    "AGE-SECRET-KEY-1[A-Z0-9]{50,}",
    "HRKU-[A-Za-z0-9_-]{30,}",
    "pat-(?:na1|eu1)-[a-f0-9-]{36}",
    // A chat's bot: its number and what it signs in with.
    "(?:bot)?[0-9]{8,10}:AA[A-Za-z0-9_-]{32,}",
    "[MNO][A-Za-z0-9_-]{23,27}\\.[A-Za-z0-9_-]{6}\\.[A-Za-z0-9_-]{27,}",
    // A signed JSON token begins with `{"` in base64.
    "eyJ[A-Za-z0-9_-]{6,}\\.[A-Za-z0-9_-]+(?:\\.[A-Za-z0-9_-]*){0,3}",
];

/// Each only where no letter or digit stands before it.
static SHAPE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(&format!("(?:^|[^A-Za-z0-9])({})", SHAPES.join("|"))).expect("fixed expressions"));

/// Finds keys of known shapes.
pub(super) fn find(text: &str, found: &mut Stretches) {
    found.extend(SHAPE.captures_iter(text).filter_map(|c| c.get(1)).map(|m| (m.range(), Kind::Secret)));
}
