//! Small pictures that every tracker shows, because they are text.

use crate::domain::annotation::Sentiment;
use crate::domain::tally::Tally;

/// Squares in a full bar.
const SQUARES: i64 = 10;

/// A bar of ten coloured squares, worst first: 🟥 negative, 🟧 mixed, ⬜ neutral, 🟩 positive. Whoever is there has at
/// least one square. Where nobody is, there is none: ten white ones would say that they don't care.
pub fn bar(tally: Tally) -> String {
    let people = tally.people();
    if people <= 0 {
        return String::new();
    }
    let counts = Sentiment::ALL.map(|s| (s, tally.of(s).max(0)));
    let mut squares = counts.map(|(_, n)| if n == 0 { 0 } else { (n * SQUARES / people).max(1) });
    // Rounding gives and takes at the largest, where it shows least.
    let (largest, _) =
        counts.iter().enumerate().max_by_key(|(i, (_, n))| (*n, std::cmp::Reverse(*i))).expect("four counts");
    squares[largest] += SQUARES - squares.iter().sum::<i64>();
    counts
        .iter()
        .zip(squares)
        .map(|((sentiment, _), n)| {
            let square = match sentiment {
                Sentiment::Negative => "🟥",
                Sentiment::Mixed => "🟧",
                Sentiment::Neutral => "⬜",
                Sentiment::Positive => "🟩",
            };
            square.repeat(usize::try_from(n).unwrap_or(0))
        })
        .collect()
}

/// The bar's numbers in words: `11 negative, 1 neutral`.
pub fn legend(tally: Tally) -> String {
    let parts: Vec<String> = Sentiment::ALL
        .into_iter()
        .filter(|s| tally.of(*s) > 0)
        .map(|s| format!("{} {}", tally.of(s), s.as_str()))
        .collect();
    if parts.is_empty() { "nobody answered yet".into() } else { parts.join(", ") }
}

/// The bar and its numbers, as one line: colours alone tell some people nothing.
pub fn line(tally: Tally) -> String {
    format!("{} {}", bar(tally), legend(tally)).trim_start().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_has_ten_squares_and_hides_nobody() {
        for (negative, mixed, neutral, positive, bar_is) in [
            (11, 0, 1, 0, "🟥🟥🟥🟥🟥🟥🟥🟥🟥⬜"),
            (1, 1, 1, 97, "🟥🟧⬜🟩🟩🟩🟩🟩🟩🟩"),
            (0, 0, 0, 3, "🟩🟩🟩🟩🟩🟩🟩🟩🟩🟩"),
            (0, 0, 1, 0, "⬜⬜⬜⬜⬜⬜⬜⬜⬜⬜"),
            (0, 0, 0, 0, ""),
        ] {
            assert_eq!(bar(Tally { negative, mixed, neutral, positive }), bar_is);
        }
    }

    #[test]
    fn a_line_has_the_numbers_beside_the_bar() {
        assert_eq!(
            line(Tally { negative: 2, positive: 2, ..Tally::default() }),
            "🟥🟥🟥🟥🟥🟩🟩🟩🟩🟩 2 negative, 2 positive"
        );
        assert_eq!(line(Tally::default()), "nobody answered yet");
    }
}
