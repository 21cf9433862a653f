//! Numbers in words.

/// Words that claim a number without saying which.
pub(super) fn vague(word: &str) -> bool {
    matches!(
        word,
        "dozens"
            | "tens"
            | "hundreds"
            | "thousands"
            | "millions"
            | "billions"
            | "third"
            | "thirds"
            | "quarter"
            | "quarters"
            | "fifth"
            | "fifths"
            | "tenth"
            | "tenths"
            | "halves"
            | "double"
            | "doubled"
            | "triple"
            | "tripled"
            | "twofold"
            | "threefold"
            | "tenfold"
            | "twice"
            | "thrice"
            | "percentage"
            | "percent"
            | "pct"
    )
}

/// Two, three and so on in Roman digits.
pub(super) fn is_roman(word: &str) -> bool {
    word.len() > 1 && word.chars().all(|c| matches!(c, 'I' | 'V' | 'X'))
}

/// The value of one number word, in English and, where they are no English words, in its neighbours' languages.
pub(in super::super) fn value(word: &str) -> Option<i64> {
    const WORDS: &[(i64, &[&str])] = &[
        (0, &["zero", "nil"]),
        (1, &["one", "eins"]),
        (2, &["two", "couple", "pair", "zwei", "deux", "dos", "dois", "duas", "twee"]),
        (3, &["three", "drei", "trois", "tres", "três", "tre", "drie"]),
        (4, &["four", "vier", "quatre", "cuatro", "quattro", "quatro"]),
        (5, &["five", "fünf", "cinq", "cinco", "cinque", "vijf"]),
        (6, &["six", "sechs", "seis", "zes"]),
        (7, &["seven", "sieben", "siete", "sette", "sete", "zeven"]),
        (8, &["eight", "acht", "huit", "ocho", "otto", "oito"]),
        (9, &["nine", "neun", "neuf", "nueve", "nove", "negen"]),
        (10, &["ten", "zehn", "dix", "diez", "dieci", "dez", "tien"]),
        (11, &["eleven", "elf", "onze", "undici"]),
        (12, &["twelve", "dozen", "zwölf", "douze", "doce", "dodici", "doze", "twaalf"]),
        (13, &["thirteen"]),
        (14, &["fourteen"]),
        (15, &["fifteen"]),
        (16, &["sixteen"]),
        (17, &["seventeen"]),
        (18, &["eighteen"]),
        (19, &["nineteen"]),
        (20, &["twenty", "zwanzig", "vingt", "veinte", "venti", "vinte", "twintig"]),
        (30, &["thirty", "dreißig", "trente"]),
        (40, &["forty", "vierzig", "quarante"]),
        (50, &["fifty", "fünfzig", "cinquante"]),
        (60, &["sixty"]),
        (70, &["seventy"]),
        (80, &["eighty"]),
        (90, &["ninety"]),
        (100, &["hundred", "hundert", "cien", "cento", "honderd"]),
        (1_000, &["thousand", "tausend", "mille", "mil", "duizend"]),
        (1_000_000, &["million"]),
        (1_000_000_000, &["billion"]),
    ];
    WORDS.iter().find(|(_, words)| words.contains(&word)).map(|(n, _)| *n)
}

/// Number words in a row as one number: `one hundred twenty five` is 125. `None` where they are none together.
pub(super) fn number(parts: &[String]) -> Option<i64> {
    let (mut total, mut group, mut last) = (0_i64, 0_i64, i64::MAX);
    for n in parts.iter().map(|w| value(w)) {
        let n = n?;
        match n {
            100 if (1..100).contains(&group) && group % 100 != 0 || parts.len() == 1 => group = group.max(1) * 100,
            100 if group == 0 => group = 100,
            1_000.. => {
                total = total.checked_add(group.max(1).checked_mul(n)?)?;
                group = 0;
            }
            20..=99 if group % 100 == 0 && last != 0 => group += n,
            0..=19 if group % 100 == 0 => group += n,
            1..=9 if group % 10 == 0 && group % 100 >= 20 => group += n,
            _ => return None,
        }
        last = n;
    }
    total.checked_add(group)
}
