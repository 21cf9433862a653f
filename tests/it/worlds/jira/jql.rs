//! The part of JQL that is needed to find what one has filed: clauses of one field each, joined by AND.

use super::state::{Issue, State};

/// A parsed query.
#[derive(Debug, PartialEq, Eq)]
pub struct Jql {
    clauses: Vec<Clause>,
    descending: bool,
}

#[derive(Debug, PartialEq, Eq)]
struct Clause {
    field: String,
    negated: bool,
    values: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Quoted(String),
    Mark(char),
}

impl Token {
    fn is(&self, word: &str) -> bool {
        matches!(self, Self::Word(own) if own.eq_ignore_ascii_case(word))
    }

    fn value(self) -> Result<String, String> {
        match self {
            Self::Word(text) | Self::Quoted(text) => Ok(text),
            Self::Mark(mark) => Err(format!("Expecting a value but got '{mark}'.")),
        }
    }
}

impl Jql {
    /// Reads `labels = "x" AND project in (A, B) ORDER BY created DESC`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut tokens = tokens(text)?;
        let order = tokens.windows(2).position(|pair| pair[0].is("order") && pair[1].is("by"));
        let order = tokens.split_off(order.unwrap_or(tokens.len()));
        let descending = order.last().is_some_and(|last| last.is("desc"));
        let clauses: Result<_, _> =
            tokens.split(|token| token.is("and")).filter(|c| !c.is_empty()).map(clause).collect();
        Ok(Self { clauses: clauses?, descending })
    }

    /// Whether it asks for anything at all.
    pub fn bounded(&self) -> bool {
        !self.clauses.is_empty()
    }

    /// Whether the newest come first.
    pub fn descending(&self) -> bool {
        self.descending
    }

    /// Whether the issue fits; an error for what is not known here.
    pub fn fits(&self, world: &State, issue: &Issue) -> Result<bool, String> {
        for clause in &self.clauses {
            let own: Vec<String> = match clause.field.as_str() {
                "labels" => issue.labels.clone(),
                "project" => {
                    for key in &clause.values {
                        if super::meta::find(world, key).is_none() {
                            return Err(format!("The value '{key}' does not exist for the field 'project'."));
                        }
                    }
                    vec![issue.project.clone(), world.projects[&issue.project].id.to_string()]
                }
                "key" | "issuekey" | "id" | "issue" => vec![issue.key.clone(), issue.id.to_string()],
                "status" => vec![issue.status.0.clone()],
                "issuetype" | "type" => vec![issue.kind.clone()],
                "statuscategory" => vec![issue.status.1.to_owned(), issue.status.0.clone()],
                "creator" | "reporter" => vec![issue.creator.to_owned(), format!("712020:{}", issue.creator)],
                other => {
                    return Err(format!("Field '{other}' does not exist or you do not have permission to view it."));
                }
            };
            let hit = clause.values.iter().any(|value| own.iter().any(|own| own.eq_ignore_ascii_case(value)));
            if hit == clause.negated {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

fn clause(tokens: &[Token]) -> Result<Clause, String> {
    let wrong = || format!("Error in the JQL Query near {tokens:?}.");
    let (field, rest) = tokens.split_first().ok_or_else(wrong)?;
    let field = field.clone().value()?.to_lowercase();
    let (negated, values) = match rest {
        [Token::Mark('='), value] => (false, vec![value.clone()]),
        [Token::Mark('!'), Token::Mark('='), value] => (true, vec![value.clone()]),
        [word, Token::Mark('('), list @ .., Token::Mark(')')] if word.is("in") => (false, items(list)),
        [not, word, Token::Mark('('), list @ .., Token::Mark(')')] if not.is("not") && word.is("in") => {
            (true, items(list))
        }
        _ => return Err(wrong()),
    };
    let values: Result<_, _> = values.into_iter().map(Token::value).collect();
    Ok(Clause { field, negated, values: values? })
}

fn items(list: &[Token]) -> Vec<Token> {
    list.iter().filter(|token| **token != Token::Mark(',')).cloned().collect()
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut chars = text.chars().peekable();
    let mut tokens = Vec::new();
    while let Some(c) = chars.next() {
        match c {
            c if c.is_whitespace() => {}
            '=' | '!' | '(' | ')' | ',' => tokens.push(Token::Mark(c)),
            '"' | '\'' => {
                let mut quoted = String::new();
                loop {
                    match chars.next() {
                        None => return Err("The quoted string has not been completed.".into()),
                        Some('\\') => quoted.extend(chars.next()),
                        Some(end) if end == c => break,
                        Some(other) => quoted.push(other),
                    }
                }
                tokens.push(Token::Quoted(quoted));
            }
            c => {
                let mut word = String::from(c);
                while let Some(next) = chars.next_if(|n| !n.is_whitespace() && !"=!(),\"'".contains(*n)) {
                    word.push(next);
                }
                tokens.push(Token::Word(word));
            }
        }
    }
    Ok(tokens)
}
