//! Customers' words so that no tracker acts on them, while people read the same.
//!
//! Trackers look for mentions, references and addresses in the text that is *shown*, after the markup is gone, so
//! escaping markup does not stop them: `&#64;name` and `\@name` ping as well as `@name` does. What stops them is an
//! invisible word joiner within the thing they look for. It is put only where there is such a thing.

/// Breaks a word for machines and not for eyes; nothing wraps at it.
pub const JOINER: char = '\u{2060}';

/// Longest emoji shortcode that is looked for, in characters; the longest in use has 37.
const SHORTCODE_MAX: usize = 50;
/// A run of hex digits this long passes for an abbreviated commit.
const SHA_MIN: usize = 7;
/// Words longer than a SHA-256 are no commits.
const SHA_MAX: usize = 64;

/// A text without what hides or turns other text: control characters, bidirectional overrides, zero-width characters,
/// tags. Line ends become `\n` and tabs spaces. Joiners stay between characters that need them, as in `👩‍🔧`.
pub fn clean(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let before = shown.chars().next_back();
        match c {
            '\r' if chars.peek() == Some(&'\n') => {}
            '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => shown.push('\n'),
            '\t' => shown.push(' '),
            '\u{200c}' | '\u{200d}' => {
                let joins = |c: Option<char>| c.is_some_and(|c| !c.is_ascii() && !hidden(c) && !joiner(c));
                if joins(before) && joins(chars.peek().copied()) {
                    shown.push(c);
                }
            }
            // One variant of a character is a choice; a row of them is a hiding place.
            c if variant(c) => {
                if before.is_some_and(|b| !variant(b) && !b.is_whitespace()) {
                    shown.push(c);
                }
            }
            c if c.is_control() || hidden(c) => {}
            c => shown.push(c),
        }
    }
    shown
}

fn joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}')
}

fn variant(c: char) -> bool {
    matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

fn hidden(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}' | '\u{200b}'
            | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
    )
}

/// A cleaned text in which no tracker finds a mention, a reference to an issue or a commit, an address, an emoji
/// shortcode or a slash command.
pub fn quiet(text: &str) -> String {
    let chars: Vec<char> = clean(text).chars().collect();
    let mut breaks = vec![false; chars.len()];
    break_words(&chars, &mut breaks);
    let mut line_start = true;
    for (i, c) in chars.iter().enumerate() {
        let next = chars.get(i + 1).copied();
        breaks[i] |= match c {
            '@' | '＠' | '﹫' => next.is_some_and(|n| !n.is_whitespace()),
            '#' | '＃' | '﹟' => next.is_some_and(|n| n.is_ascii_digit()),
            ':' => chars[i + 1..].starts_with(&['/', '/']) || begins_shortcode(&chars[i + 1..]),
            // `[!NOTE]` makes a quote an alert, `[~name]` is Jira's mention.
            '!' | '~' => i > 0 && chars[i - 1] == '[' && next.is_some_and(char::is_alphabetic),
            // So that no comment is in what we write but our own markers.
            '<' => next == Some('!'),
            '/' => line_start && next.is_some_and(char::is_alphabetic),
            _ => false,
        };
        line_start = *c == '\n' || (line_start && c.is_whitespace());
    }
    let mut out = String::with_capacity(chars.len() * 2);
    for (c, broken) in chars.into_iter().zip(breaks) {
        out.push(c);
        if broken {
            out.push(JOINER);
        }
    }
    out
}

/// Whether a character is part of a word as trackers see words.
fn wordy(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Marks the breaks in and after words: commits, `www.`, `mailto:`, keys such as `GH-12` and `SHOP-1`.
fn break_words(chars: &[char], breaks: &mut [bool]) {
    let mut at = 0;
    while at < chars.len() {
        let len = chars[at..].iter().take_while(|c| wordy(**c)).count();
        if len == 0 {
            at += 1;
            continue;
        }
        let (word, rest) = (&chars[at..at + len], &chars[at + len..]);
        let ends = |name: &str| {
            len >= name.len()
                && word[len - name.len()..].iter().zip(name.chars()).all(|(a, b)| a.eq_ignore_ascii_case(&b))
        };
        let last = at + len - 1;
        if (SHA_MIN..=SHA_MAX).contains(&len) && word.iter().all(char::is_ascii_hexdigit) {
            // No piece may be long enough to be a commit again.
            for i in (at + SHA_MIN - 2..last).step_by(SHA_MIN - 1) {
                breaks[i] = true;
            }
        }
        match rest {
            ['.', ..] if ends("www") => breaks[last] = true,
            [':', ..] if ends("mailto") || ends("xmpp") => breaks[last + 1] = true,
            ['-', digit, ..] if digit.is_ascii_digit() && word.iter().any(char::is_ascii_alphabetic) => {
                breaks[last + 1] = true;
            }
            _ => {}
        }
        at += len;
    }
}

/// Whether what follows a colon is the rest of `:name:`.
fn begins_shortcode(rest: &[char]) -> bool {
    let name = rest.iter().take(SHORTCODE_MAX).take_while(|c| wordy(**c) || matches!(c, '+' | '-')).count();
    name > 0 && rest.get(name) == Some(&':')
}

/// A text as one line of at most `max` characters, quiet, with `…` where it was cut.
pub fn one_line(text: &str, max: usize) -> String {
    let words = quiet(&clean(text).split_whitespace().collect::<Vec<_>>().join(" "));
    if words.chars().count() <= max {
        return words;
    }
    let cut: String = words.chars().take(max.saturating_sub(1)).collect();
    format!("{}…", cut.trim_end_matches(|c: char| c.is_whitespace() || c == JOINER))
}

/// A text of at most `max` characters, its lines kept, cut at a word where one ends near, with `…` where it was cut.
pub fn shortened(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    let cut: String = text.chars().take(max.saturating_sub(1)).collect();
    let end = cut.rfind(char::is_whitespace).filter(|at| *at * 10 > cut.len() * 9).unwrap_or(cut.len());
    format!("{}…", cut[..end].trim_end())
}

/// The address as a link may carry it: `http` or `https`, and no character that ends a link in any markup. `None` for
/// everything else.
pub fn address(url: &str) -> Option<String> {
    let parsed = url::Url::parse(url).ok().filter(|u| matches!(u.scheme(), "http" | "https"))?;
    let mut safe = String::with_capacity(url.len());
    for c in parsed.as_str().chars() {
        match c {
            // In a host these are an IPv6 address, which no tracker lives at.
            '(' | ')' | '[' | ']' | '{' | '}' | '<' | '>' | '|' | '\\' | '`' | '"' | '\'' | '*' | '~' | '!' | '^' => {
                safe.push('%');
                safe.push_str(&hex::encode_upper(c.to_string()));
            }
            c => safe.push(c),
        }
    }
    Some(safe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_tracker_looks_for_is_broken_and_nothing_else_is() {
        for (text, shown) in [
            ("ask @octocat or @acme/team", "ask @|octocat or @|acme/team"),
            ("＠octocat", "＠|octocat"),
            ("mail jane@acme.test", "mail jane@|acme.test"),
            ("@ home, 5 @", "@ home, 5 @"),
            ("fixes #12, GH-12, acme/shop#12", "fixes #|12, GH-|12, acme/shop#|12"),
            ("# 1, C#, #tag", "# 1, C#, #tag"),
            ("SHOP-1 and utf-8", "SHOP-|1 and utf-|8"),
            ("2026-10-09 10:00 UTC", "2026-10-09 10:00 UTC"),
            ("&#64;x", "&#|64;x"),
            ("see https://evil.test/x", "see https:|//evil.test/x"),
            ("WWW.evil.test mailto:x _www.y", "WWW|.evil.test mailto:|x _www|.y"),
            ("reverted in deadbeef", "reverted in deadbe|ef"),
            ("0123456789abcdef0123456789ABCDEF01234567", "012345|6789ab|cdef01|234567|89ABCD|EF0123|4567"),
            ("decade facade1s ro_0123456789abcdef0123", "decade facade1s ro_0123456789abcdef0123"),
            (":tada: at 10:30", ":|tada: at 10:30"),
            ("/hearback close\n  /lgtm a/b", "/|hearback close\n  /|lgtm a/b"),
            ("<!-- hearback:end --> <b>", "<|!-- hearback:end --> <b>"),
            ("[!NOTE] [~jane] [!]", "[!|NOTE] [~|jane] [!]"),
        ] {
            assert_eq!(quiet(text).replace(JOINER, "|"), shown, "{text}");
        }
    }

    #[test]
    fn what_hides_text_is_gone_and_scripts_keep_their_joiners() {
        for (text, shown) in [
            ("\u{202e}evil\u{202c}", "evil"),
            ("a\u{200b}b\u{feff}c\u{2060}d\u{ad}e", "abcde"),
            ("@\u{200b}x", "@x"),
            ("a\u{200d}b", "ab"),
            ("👩\u{200d}🔧 می\u{200c}خواهم", "👩\u{200d}🔧 می\u{200c}خواهم"),
            ("❤\u{fe0f}\u{fe0f}\u{e0101}", "❤\u{fe0f}"),
            ("x\u{e0041}\u{e007f}y", "xy"),
            ("a\r\nb\rc\u{2028}d\te\0f", "a\nb\nc\nd ef"),
        ] {
            assert_eq!(clean(text), shown, "{text:?}");
        }
    }

    #[test]
    fn a_cut_says_that_it_cut() {
        assert_eq!(one_line("a  b\nc", 5), "a b c");
        assert_eq!(one_line("abcdefgh", 5), "abcd…");
        assert_eq!(shortened("one\ntwo", 7), "one\ntwo");
        assert_eq!(shortened("one two three four five six seven", 25), "one two three four five…");
    }

    #[test]
    fn only_the_web_is_linked() {
        assert_eq!(address("https://a.test/x(1)|]y z").as_deref(), Some("https://a.test/x%281%29%7C%5Dy%20z"));
        for bad in ["javascript:alert(1)", "data:text/html,x", "//a.test", "mailto:a@b.c", ""] {
            assert_eq!(address(bad), None, "{bad}");
        }
    }
}
