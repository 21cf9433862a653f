//! What the letters of a text tell by themselves.

use super::LOOKED_AT_CHARS;

/// Latin letters that say as much as one Chinese character or kana.
const LATIN_PER_HAN: usize = 3;

/// Letters of each script among those that are looked at.
#[derive(Clone, Copy, Debug, Default)]
struct Letters {
    latin: usize,
    han: usize,
    kana: usize,
    /// Of those Chinese characters that only Japanese writes so.
    japanese_han: usize,
    arabic: usize,
    persian: usize,
    urdu: usize,
    other: usize,
}

impl Letters {
    fn count(text: &str) -> Self {
        let mut n = Self::default();
        for c in text.chars().take(LOOKED_AT_CHARS) {
            match c {
                'a'..='z' | 'A'..='Z' => n.latin += 1,
                // This one letter is in fashion on Chinese shop signs.
                'の' => n.han += 1,
                '\u{3041}'..='\u{3096}' | '\u{30a1}'..='\u{30fa}' | '\u{ff66}'..='\u{ff9d}' => n.kana += 1,
                '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}' => {
                    n.han += 1;
                    n.japanese_han += usize::from(JAPANESE_HAN.contains(c));
                }
                'ٹ' | 'ڈ' | 'ڑ' | 'ے' | 'ں' | 'ہ' | 'ھ' => n.urdu += 1,
                'پ' | 'چ' | 'ژ' | 'گ' | 'ی' | 'ک' => n.persian += 1,
                '\u{621}'..='\u{6ff}' => n.arabic += 1,
                c if c.is_alphabetic() => n.other += 1,
                _ => {}
            }
        }
        n
    }
}

/// The language of letters that no other writes, or hardly any; with `among_latin`, however many Latin letters stand
/// around them. A Chinese character says as much as a few Latin letters,
/// and names of products are Latin everywhere.
pub(super) fn tells(text: &str, said: Option<&'static str>, among_latin: bool) -> Option<&'static str> {
    // Most texts have none of these letters: all of them begin with a byte from here on.
    if !text.bytes().any(|b| b >= 0xd8) {
        return None;
    }
    let n = Letters::count(text);
    let latin_per_han = if among_latin { usize::MAX } else { LATIN_PER_HAN };
    let eastern = n.han + n.kana;
    if eastern > 0 && eastern.saturating_mul(latin_per_han) >= n.latin + n.other {
        // Chinese has no kana but in a word here and there; Japanese is short without them.
        let japanese = n.kana * 6 >= eastern || n.japanese_han > 0 && n.japanese_han * 12 >= eastern;
        return Some(if japanese || n.kana == 0 && said == Some("ja") { "ja" } else { "zh" });
    }
    let arabic = n.arabic + n.persian + n.urdu;
    // Gulf Arabic borrows a Persian letter now and then, and some keyboards type its ya and kaf.
    let foreign = n.urdu > 0 || n.persian * 20 > arabic;
    (arabic > 0 && arabic * 2 >= n.latin + n.other && (!foreign || said == Some("ar"))).then_some("ar")
}

/// Chinese characters in the form that neither China nor Taiwan writes.
const JAPANESE_HAN: &str = "気対応込働円択楽続検険験実軽転駅毎売読変戻払図様価県帰単厳伝悪発広権労営録両桜歯恵拝弾\
    観関団済剣総処仮囲児効収栄歓沢渋満焼犠穂竜粋絵縁縄繊聴脳荘蔵薬覚訳豊辺郷鉄鋭陥隠雑霊顔髄黒巣賛齢壊亜圧";
