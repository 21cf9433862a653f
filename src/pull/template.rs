//! A question with places for names: `$flag`, `$rollout`, `$environment`, and for the time that it is about: `$from`, `$to`
//! (seconds since 1970) and, in `PromQL`, `$step`.
//!
//! What a flag is called is the words of whoever made it: a name never becomes a part of the language that it stands in.
//! In `PromQL` it may stand in quotes alone, and is escaped there; in SQL and `HogQL` it may stand outside of quotes alone,
//! and becomes a parameter, or one whole literal. A template that would have it otherwise is refused at the start.

/// What a place is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Hole {
    Flag,
    Rollout,
    Environment,
    From,
    To,
    Step,
}

impl Hole {
    const ALL: [Self; 6] = [Self::Flag, Self::Rollout, Self::Environment, Self::From, Self::To, Self::Step];

    /// Its name behind the dollar, and as a parameter.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Flag => "flag",
            Self::Rollout => "rollout",
            Self::Environment => "environment",
            Self::From => "from",
            Self::To => "to",
            Self::Step => "step",
        }
    }

    /// Whether it is filled with somebody's words, and not with a number of ours.
    pub(super) fn is_name(self) -> bool {
        matches!(self, Self::Flag | Self::Rollout | Self::Environment)
    }
}

/// Where in a language a place stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stands {
    /// Outside of quotes.
    Plain,
    /// In a text of the language.
    Quoted {
        /// The text is a regular expression.
        regex: bool,
    },
}

/// A part of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Text(String),
    Hole(Hole, Stands),
}

/// The languages that questions are asked in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    PromQl,
    Sql,
}

/// A question with its places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Template(Vec<Piece>);

impl Template {
    /// Reads a template; the error says what to write instead.
    pub(super) fn read(text: &str, language: Language) -> Result<Self, String> {
        if text.trim().is_empty() {
            return Err("expected a query".into());
        }
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut quote: Option<(char, bool)> = None;
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            if let Some((hole, len)) = hole(rest) {
                let stands = match quote {
                    None => Stands::Plain,
                    Some((mark, regex)) => {
                        allowed_in_quotes(hole, mark, language)?;
                        Stands::Quoted { regex }
                    }
                };
                if stands == Stands::Plain {
                    allowed_outside(hole, language)?;
                }
                pieces.push(Piece::Text(std::mem::take(&mut plain)));
                pieces.push(Piece::Hole(hole, stands));
                rest = &rest[len..];
                continue;
            }
            if c == '$' && language == Language::PromQl && quote.is_none() {
                return Err("PromQL has no $ but $flag, $rollout, $environment, $from, $to and $step".into());
            }
            let mut taken = c.len_utf8();
            match quote {
                None if matches!(c, '\'' | '"' | '`') => quote = Some((c, plain.trim_end().ends_with('~'))),
                None => {
                    if let Some(len) = comment(rest, language) {
                        taken = len;
                    }
                }
                // In PromQL backticks hold a text without escapes.
                Some((mark, _)) if c == '\\' && !(mark == '`' && language == Language::PromQl) => {
                    taken += rest[1..].chars().next().map_or(0, char::len_utf8);
                }
                Some((mark, _)) if c == mark => quote = None,
                Some(_) => {}
            }
            plain.push_str(&rest[..taken]);
            rest = &rest[taken..];
        }
        if quote.is_some() {
            return Err("a quote is opened and not closed".into());
        }
        pieces.push(Piece::Text(plain));
        pieces.retain(|p| !matches!(p, Piece::Text(t) if t.is_empty()));
        Ok(Self(pieces))
    }

    /// Whether this place is there.
    pub(super) fn has(&self, hole: Hole) -> bool {
        self.0.iter().any(|p| matches!(p, Piece::Hole(h, _) if *h == hole))
    }

    /// Fills each place by what `fill` says.
    pub(super) fn fill(&self, mut fill: impl FnMut(Hole, Stands) -> Result<String, String>) -> Result<String, String> {
        let mut out = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Hole(hole, stands) => out.push_str(&fill(*hole, *stands)?),
            }
        }
        Ok(out)
    }
}

/// The place that a text begins with, and how long its name is. `$feature_flag_called` begins with none.
fn hole(text: &str) -> Option<(Hole, usize)> {
    let after = text.strip_prefix('$')?;
    let end = after.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(after.len());
    let found = Hole::ALL.into_iter().find(|h| h.name() == &after[..end])?;
    Some((found, end + 1))
}

/// How long the comment is that a text begins with.
fn comment(text: &str, language: Language) -> Option<usize> {
    let line = text.find('\n').unwrap_or(text.len());
    match language {
        Language::PromQl if text.starts_with('#') => Some(line),
        Language::Sql if text.starts_with("--") => Some(line),
        Language::Sql if text.starts_with("/*") => Some(text.find("*/").map_or(text.len(), |i| i + 2)),
        Language::PromQl | Language::Sql => None,
    }
}

fn allowed_in_quotes(hole: Hole, mark: char, language: Language) -> Result<(), String> {
    let name = hole.name();
    match language {
        Language::PromQl if mark == '`' => {
            Err(format!("${name} stands in backticks, where nothing can be escaped: put it into double quotes"))
        }
        Language::PromQl => Ok(()),
        Language::Sql => Err(format!("${name} stands in quotes: leave them out, it is bound as a value")),
    }
}

fn allowed_outside(hole: Hole, language: Language) -> Result<(), String> {
    let name = hole.name();
    match language {
        Language::PromQl if hole.is_name() => Err(format!(
            "${name} stands outside of quotes: write it as the value of a label, such as {{flag=\"${name}\"}}"
        )),
        Language::Sql if hole == Hole::Step => Err("$step is for Prometheus: group by the hour instead".into()),
        Language::PromQl | Language::Sql => Ok(()),
    }
}

/// A name as a part of a text of `PromQL`, and of a regular expression where the text is one.
pub(super) fn promql(name: &str, regex: bool) -> Result<String, String> {
    if name.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t')) {
        return Err("a name with control characters can't be asked for".into());
    }
    let mut out = String::new();
    let quoted = if regex { regex::escape(name) } else { name.to_owned() };
    for c in quoted.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            // Each kind of quotes takes the escape of its own mark alone; a number is taken by both.
            '"' => out.push_str("\\x22"),
            '\'' => out.push_str("\\x27"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c => out.push(c),
        }
    }
    Ok(out)
}

/// A name as a literal of SQL, quotes included: the one place where a name becomes a part of a query.
///
/// Databases disagree on the backslash: in standard SQL it is a letter, in `ClickHouse` and `MySQL` it escapes. A doubled
/// quote is a quote in all of them. So quotes are doubled, and a name with a backslash or a control character is refused.
pub(super) fn literal(name: &str) -> Result<String, String> {
    if name.chars().any(|c| c == '\\' || c.is_control()) {
        return Err(
            "a name with a backslash or control characters can't be asked for with binding = \"literals\"".into()
        );
    }
    Ok(format!("'{}'", name.replace('\'', "''")))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn filled(text: &str, language: Language) -> String {
        let template = Template::read(text, language).unwrap();
        template
            .fill(|hole, stands| Ok(format!("<{}{}>", hole.name(), if stands == Stands::Plain { "" } else { "\"" })))
            .unwrap()
    }

    #[test]
    fn places_are_told_from_other_dollars_and_comments() {
        for (text, language, out) in [
            ("sum(rate(e{flag=\"$flag\"}[$step]))", Language::PromQl, "sum(rate(e{flag=\"<flag\">\"}[<step>]))"),
            ("e{a=\"\\\"$flag\"} # $flag it's", Language::PromQl, "e{a=\"\\\"<flag\">\"} # $flag it's"),
            ("e{a=`\\`, b='$rollout'}", Language::PromQl, "e{a=`\\`, b='<rollout\">'}"),
            (
                "f = $flag AND e = '$feature_flag_called' AND properties.$feature_flag = $flag",
                Language::Sql,
                "f = <flag> AND e = '$feature_flag_called' AND properties.$feature_flag = <flag>",
            ),
            (
                "a = 'it''s \\' so' AND f = $flag -- it's $flag\n AND t >= $from /* ' */ AND t < $to",
                Language::Sql,
                "a = 'it''s \\' so' AND f = <flag> -- it's $flag\n AND t >= <from> /* ' */ AND t < <to>",
            ),
        ] {
            assert_eq!(filled(text, language), out);
        }
        let regex = Template::read("e{flag=~ \"$flag.*\", x=\"$flag\"}", Language::PromQl).unwrap();
        let stands: Vec<Stands> =
            regex.0.iter().filter_map(|p| if let Piece::Hole(_, s) = p { Some(*s) } else { None }).collect();
        assert_eq!(stands, [Stands::Quoted { regex: true }, Stands::Quoted { regex: false }]);
    }

    #[test]
    fn a_template_that_would_splice_a_name_is_refused() {
        for (text, language, said) in [
            ("sum($flag)", Language::PromQl, "$flag stands outside of quotes"),
            ("e{flag=`$flag`}", Language::PromQl, "$flag stands in backticks"),
            ("e{flag=\"$flag}", Language::PromQl, "a quote is opened and not closed"),
            ("sum($flg)", Language::PromQl, "PromQL has no $ but"),
            ("f = '$flag'", Language::Sql, "$flag stands in quotes"),
            ("properties.`$feature/$flag`", Language::Sql, "$flag stands in quotes"),
            ("\"$from\"", Language::Sql, "$from stands in quotes"),
            ("t > $step", Language::Sql, "$step is for Prometheus"),
            (" ", Language::Sql, "expected a query"),
        ] {
            let found = Template::read(text, language).unwrap_err();
            assert!(found.starts_with(said), "{text}: {found}");
        }
    }

    #[test]
    fn names_are_escaped_where_they_stand() {
        assert_eq!(promql("a\"b\\c\nd'", false).unwrap(), "a\\x22b\\\\c\\nd\\x27");
        assert_eq!(promql("a.b", true).unwrap(), "a\\\\.b");
        assert_eq!(literal("o'clock' OR '1'='1").unwrap(), "'o''clock'' OR ''1''=''1'");
        for name in ["a\\", "a\0b", "a\nb"] {
            assert!(literal(name).is_err(), "{name:?}");
        }
        assert!(promql("a\0", false).is_err());
    }

    /// A literal as a database reads it, with and without the backslash as an escape; `None` where it ends early.
    fn read_back(sql: &str, backslash: bool) -> Option<String> {
        let mut chars = sql.strip_prefix('\'')?.chars().peekable();
        let mut out = String::new();
        while let Some(c) = chars.next() {
            match c {
                '\\' if backslash => out.push(chars.next()?),
                '\'' if chars.peek() == Some(&'\'') => {
                    chars.next();
                    out.push('\'');
                }
                '\'' => return chars.next().is_none().then_some(out),
                c => out.push(c),
            }
        }
        None
    }

    proptest! {
        #[test]
        fn no_name_leaves_its_literal(name in "[ -~'\\\\]{0,30}") {
            if let Ok(sql) = literal(&name) {
                prop_assert_eq!(read_back(&sql, true), Some(name.clone()));
                prop_assert_eq!(read_back(&sql, false), Some(name));
            }
        }

        #[test]
        fn no_name_leaves_its_label(name in any::<String>()) {
            if let Ok(text) = promql(&name, false) {
                let mut escaped = false;
                for c in text.chars() {
                    prop_assert!(escaped || !matches!(c, '"' | '\'' | '\n'), "{}", text);
                    escaped = c == '\\' && !escaped;
                }
                prop_assert!(!escaped, "{}", text);
            }
        }

        #[test]
        fn no_template_makes_the_reader_panic(text in "[a-z$'\"`\\\\#/*\\-{}~= é]{0,40}") {
            for language in [Language::PromQl, Language::Sql] {
                let _ = Template::read(&text, language);
            }
        }
    }
}
