//! Hands on a keyboard: letters in runs along its rows, and words that nobody can say.

/// Rows of a keyboard; a run along one is no word.
const ROWS: [&str; 6] = ["qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "azertyuiop", "qsdfghjklm"];

/// Keys in a row that are no accident ("wer" stands in "power").
pub(super) const RUN_MIN: usize = 4;

/// Letters of words that nobody can say, which are no accident.
pub(super) const UNSAYABLE_MIN: usize = 6;

/// Three keys in a row once and again: "lkjlkj", "asdasdasd".
pub(super) fn is_played(word: &str) -> bool {
    let bytes = word.as_bytes();
    bytes.len() >= 6 && bytes.chunks(3).all(|part| part == &bytes[..part.len()]) && {
        let pairs = [(bytes[0], bytes[1]), (bytes[1], bytes[2])];
        let steps = pairs.map(|(a, b)| {
            let letter = |b: u8| b.checked_sub(b'a').map(usize::from);
            letter(a).zip(letter(b)).and_then(|(a, b)| NEIGHBOURS.get(a)?.get(b).copied()).unwrap_or(0)
        });
        steps[0] & steps[1] != 0
    }
}

/// Four or more letters without a vowel among them, or on the middle row with three different consonants in a row.
pub(super) fn is_unsayable(word: &str) -> bool {
    let mute = |b: u8| !b"aeiouy".contains(&b);
    let bytes = word.as_bytes();
    bytes.len() >= 4
        && bytes.iter().all(u8::is_ascii_lowercase)
        && (bytes.iter().all(|b| mute(*b))
            || bytes.iter().all(|b| ROWS[1].as_bytes().contains(b))
                && bytes.windows(3).any(|w| w.iter().all(|b| mute(*b)) && w[0] != w[1] && w[1] != w[2]))
}

#[expect(clippy::cast_possible_truncation, reason = "a row has ten keys")]
/// For each row where each key stands in it, from 1; 0 where it does not.
const KEYS: [[u8; 128]; ROWS.len()] = {
    let mut keys = [[0; 128]; ROWS.len()];
    let mut row = 0;
    while row < ROWS.len() {
        let bytes = ROWS[row].as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            keys[row][bytes[at] as usize] = at as u8 + 1;
            at += 1;
        }
        row += 1;
    }
    keys
};

/// For each two letters the rows and directions in which they are neighbours, a bit each.
const NEIGHBOURS: [[u16; 26]; 26] = {
    let mut neighbours = [[0; 26]; 26];
    let mut row = 0;
    while row < ROWS.len() {
        let bytes = ROWS[row].as_bytes();
        let mut at = 1;
        while at < bytes.len() {
            let (a, b) = ((bytes[at - 1] - b'a') as usize, (bytes[at] - b'a') as usize);
            neighbours[a][b] |= 1 << (2 * row);
            neighbours[b][a] |= 2 << (2 * row);
            at += 1;
        }
        row += 1;
    }
    neighbours
};

/// Whether any [`RUN_MIN`] letters stand along one row: in most words none do.
fn may_run(bytes: &[u8]) -> bool {
    let mut steps = [0_u16; RUN_MIN - 1];
    for (i, pair) in bytes.windows(2).enumerate() {
        let letter = |b: u8| b.checked_sub(b'a').map(usize::from);
        let step = letter(pair[0]).zip(letter(pair[1])).and_then(|(a, b)| NEIGHBOURS.get(a)?.get(b));
        steps[i % steps.len()] = step.copied().unwrap_or(0);
        if i + 1 >= steps.len() && steps.iter().fold(u16::MAX, |all, s| all & s) != 0 {
            return true;
        }
    }
    false
}

/// Letters in the longest runs along one row in one direction.
pub(super) fn keys_in_runs(word: &str) -> usize {
    let bytes = word.as_bytes();
    if !may_run(bytes) {
        return 0;
    }
    KEYS.iter().map(|row| along(bytes, row, true).max(along(bytes, row, false))).max().unwrap_or(0)
}

fn along(bytes: &[u8], row: &[u8; 128], forward: bool) -> usize {
    let place = |b: u8| row.get(usize::from(b)).copied().unwrap_or(0);
    let mut total = 0;
    let mut run = 1;
    for pair in bytes.windows(2) {
        let (a, b) = (place(pair[0]), place(pair[1]));
        let follows = a > 0 && b > 0 && if forward { b == a + 1 } else { a == b + 1 };
        if follows {
            run += 1;
        } else {
            total += if run >= RUN_MIN { run } else { 0 };
            run = 1;
        }
    }
    total + if run >= RUN_MIN { run } else { 0 }
}
