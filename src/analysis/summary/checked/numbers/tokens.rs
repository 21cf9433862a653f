//! A text as words, digits and marks.

/// A word, a run of digits with what belongs to it, or a mark.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Word(String),
    Digits(String),
    Mark(char),
    Space,
}

/// The tokens of a text.
pub(super) fn tokens(own: &str) -> Vec<Token> {
    let chars: Vec<char> = own.chars().collect();
    let mut all = Vec::new();
    let mut at = 0;
    let run = |from: usize, part_of: &dyn Fn(usize) -> bool| (from..chars.len()).take_while(|i| part_of(*i)).count();
    let digit = |i: usize| chars.get(i).is_some_and(char::is_ascii_digit);
    while at < chars.len() {
        let c = chars[at];
        let len = if c.is_ascii_digit() {
            let inner = |i: usize| matches!(chars[i], '.' | ',') && i > at && digit(i - 1) && digit(i + 1);
            let len = run(at, &|i| digit(i) || inner(i));
            all.push(Token::Digits(chars[at..at + len].iter().collect()));
            len
        } else if c.is_alphabetic() {
            let inner =
                |i: usize| matches!(chars[i], '\'' | '’') && chars.get(i + 1).is_some_and(|c| c.is_alphabetic());
            let len = run(at, &|i| chars[i].is_alphabetic() || (i > at && inner(i)));
            all.push(Token::Word(chars[at..at + len].iter().collect()));
            len
        } else if c.is_whitespace() {
            all.push(Token::Space);
            run(at, &|i| chars[i].is_whitespace())
        } else {
            all.push(Token::Mark(c));
            1
        };
        at += len;
    }
    all
}

/// The word at a place, in lower case.
pub(super) fn word(tokens: &[Token], at: usize) -> Option<String> {
    match tokens.get(at) {
        Some(Token::Word(word)) => Some(word.to_lowercase()),
        _ => None,
    }
}

/// The place behind a space, where one stands here.
pub(super) fn skip_space(tokens: &[Token], at: usize) -> usize {
    if tokens.get(at) == Some(&Token::Space) { at + 1 } else { at }
}

/// The place behind a percent sign or word, where one stands here.
pub(super) fn percent(tokens: &[Token], at: usize) -> Option<usize> {
    let at = skip_space(tokens, at);
    if tokens.get(at) == Some(&Token::Mark('%')) {
        return Some(at + 1);
    }
    match word(tokens, at)?.as_str() {
        "percent" | "pct" => Some(at + 1),
        "per" => {
            let next = skip_space(tokens, at + 1);
            word(tokens, next).filter(|w| w == "cent").map(|_| next + 1)
        }
        _ => None,
    }
}

/// The digits of what something is a part of: `of 12`, `out of the 12`, `/12`, `in 12`.
pub(super) fn whole_of(tokens: &[Token], at: usize) -> Option<&str> {
    let mut at = if tokens.get(at) == Some(&Token::Mark('/')) {
        at + 1
    } else {
        let mut at = skip_space(tokens, at);
        if word(tokens, at)? == "out" {
            at = skip_space(tokens, at + 1);
        }
        word(tokens, at).filter(|w| matches!(w.as_str(), "of" | "in" | "from" | "among"))?;
        at + 1
    };
    for _ in 0..3 {
        at = skip_space(tokens, at);
        match tokens.get(at) {
            Some(Token::Digits(digits)) if percent(tokens, at + 1).is_none() => return Some(digits),
            Some(Token::Word(w)) if ["all", "the", "these", "those", "them"].contains(&w.to_lowercase().as_str()) => {
                at += 1;
            }
            _ => return None,
        }
    }
    None
}
