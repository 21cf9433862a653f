//! Spans of time as people type them: `12h`, `7d`, `2w`, `1d12h`.

/// The shortest span that a command takes, ms: a minute.
const MIN_MS: i64 = 60_000;
/// The longest, ms: a year.
const MAX_MS: i64 = 366 * 24 * 60 * 60_000;

/// A span in ms; `None` where the text is none, or is shorter than a minute or longer than a year.
pub(super) fn parse(text: &str) -> Option<i64> {
    let mut total: i64 = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let number: i64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let unit = rest.chars().next()?;
        let ms: i64 = match unit.to_ascii_lowercase() {
            'm' => 60_000,
            'h' => 60 * 60_000,
            'd' => 24 * 60 * 60_000,
            'w' => 7 * 24 * 60 * 60_000,
            _ => return None,
        };
        rest = &rest[unit.len_utf8()..];
        total = total.checked_add(number.checked_mul(ms)?)?;
    }
    (MIN_MS..=MAX_MS).contains(&total).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_numbers_with_a_unit() {
        let hour = 60 * 60_000;
        for (text, wanted) in [
            ("7d", Some(168 * hour)),
            ("12h", Some(12 * hour)),
            ("2W", Some(14 * 24 * hour)),
            ("90m", Some(hour + 30 * 60_000)),
            ("1d12h", Some(36 * hour)),
            ("366d", Some(366 * 24 * hour)),
            ("367d", None),
            ("0d", None),
            ("", None),
            ("d", None),
            ("7", None),
            ("7s", None),
            ("-7d", None),
            ("7 d", None),
            ("7dd", None),
            ("99999999999999999999d", None),
            ("9223372036854775807w", None),
            ("７d", None),
        ] {
            assert_eq!(parse(text), wanted, "{text}");
        }
    }
}
