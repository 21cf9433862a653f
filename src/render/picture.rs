//! Small pictures that every tracker shows, because they are text.

use crate::domain::annotation::Sentiment;
use crate::domain::tally::Tally;

/// Squares in a full bar.
const SQUARES: i64 = 10;

/// A bar of ten coloured squares, worst first: 🟥 negative, 🟧 mixed, ⬜ neutral, 🟩 positive. Whoever is there has at
/// least one square.
pub fn bar(tally: Tally) -> String {
    let people = tally.people();
    if people <= 0 {
        return "⬜".repeat(10);
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
    if parts.is_empty() { "nobody yet".into() } else { parts.join(", ") }
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
            (0, 0, 0, 0, "⬜⬜⬜⬜⬜⬜⬜⬜⬜⬜"),
        ] {
            assert_eq!(bar(Tally { negative, mixed, neutral, positive }), bar_is);
        }
    }
}
