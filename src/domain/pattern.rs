//! Names with wildcards, by which a team says what is watched.

use serde::{Deserialize, Serialize};
use wildmatch::WildMatch;

/// A name in which `*` stands for any characters, or none, and `?` for one. Upper and lower case differ, as they do in
/// flags' keys and tags.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Pattern(pub String);

impl Pattern {
    /// Whether `name` is one of those that are meant.
    pub fn matches(&self, name: &str) -> bool {
        WildMatch::new(&self.0).matches(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_any_characters_and_question_marks_for_one() {
        for (pattern, name, fits) in [
            ("new-*", "new-checkout", true),
            ("new-*", "new-", true),
            ("new-*", "a-new-one", false),
            ("*", "", true),
            ("v?.*", "v1.4.0", true),
            ("v?.*", "v12.0", false),
            ("checkout", "checkout", true),
            ("checkout", "Checkout", false),
            ("a[b]", "a[b]", true),
            ("ü?", "üß", true),
        ] {
            assert_eq!(Pattern(pattern.to_owned()).matches(name), fits, "{pattern} {name}");
        }
    }

    #[test]
    fn a_pattern_of_many_stars_is_soon_done() {
        let pattern = Pattern("*a".repeat(100));
        assert!(!pattern.matches(&format!("{}b", "a".repeat(10_000))));
    }
}
