//! JSON as the library writes it, for the few shapes that an answer has.

use serde::Serialize;

/// Numbers are whole in units of this, most of the time.
const UNIT: f64 = 1e-4;

/// JSON that is written.
pub(super) struct Json<'a> {
    pub out: &'a mut Vec<u8>,
}

impl Json<'_> {
    /// What is JSON already.
    pub fn raw(&mut self, json: &str) -> &mut Self {
        self.out.extend_from_slice(json.as_bytes());
        self
    }

    /// Yes or no.
    pub fn truth(&mut self, yes: bool) -> &mut Self {
        self.raw(if yes { "true" } else { "false" })
    }

    /// A text.
    pub fn string(&mut self, text: &str) -> &mut Self {
        if text.as_bytes().chunks(32).any(|part| part.iter().fold(false, |any, b| any | is_escaped(*b))) {
            return self.value(&text);
        }
        self.raw("\"").raw(text).raw("\"")
    }

    /// A number: one with four digits behind the point, as shares and scores are, from -1 to 1, quickly.
    pub fn number(&mut self, number: f64) -> &mut Self {
        let units = (number.abs() / UNIT).round();
        let exact = units <= 1.0 / UNIT && (units / (1.0 / UNIT)).to_bits() == number.abs().to_bits();
        if !exact {
            return self.value(&number);
        }
        #[expect(clippy::cast_sign_loss, clippy::cast_possible_truncation, reason = "from 0 to 10,000")]
        let units = units as u32;
        let digits = [1_000, 100, 10, 1].map(|unit| b'0' + (units / unit % 10) as u8);
        let shown = digits.iter().rposition(|d| *d != b'0').map_or(1, |last| last + 1);
        self.raw(if number.is_sign_negative() { "-" } else { "" });
        self.raw(if units < 10_000 { "0." } else { "1." });
        self.out.extend_from_slice(&digits[..shown]);
        self
    }

    /// Whatever else.
    pub fn value(&mut self, value: &impl Serialize) -> &mut Self {
        serde_json::to_writer(&mut *self.out, value).expect("a value that was read from JSON, a text or a number");
        self
    }
}

fn is_escaped(b: u8) -> bool {
    b < b' ' || b == b'"' || b == b'\\'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_texts_are_written_as_the_library_does() {
        let numbers = (-10_001..=10_001).map(|n| f64::from(n) / 10_000.0);
        for number in numbers.chain([-0.0, 0.3 - 0.2, 1e-7, 12.5, 1e300, f64::NAN, 0.000_05]) {
            let mut out = Vec::new();
            Json { out: &mut out }.number(number);
            assert_eq!(String::from_utf8(out).ok(), serde_json::to_string(&number).ok(), "{number}");
        }
        for text in ["", "plain", "a\"b", "\\", "\u{1}", "\n", "é😀\u{7f}\u{2028}", &"x".repeat(99)] {
            let mut out = Vec::new();
            Json { out: &mut out }.string(text);
            assert_eq!(String::from_utf8(out).ok(), serde_json::to_string(text).ok(), "{text:?}");
        }
    }
}
