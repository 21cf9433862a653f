//! What stands behind the question mark, and ids in paths.

use std::collections::BTreeMap;

use axum::http::Uri;
use serde::Serialize;

use super::problem::Problem;
use crate::id::{FeedbackId, RolloutId, ThemeId};
use crate::time::UnixMs;

/// Items of a page where none is asked for, and the most that may be.
const LIMIT: i64 = 50;
const LIMIT_MAX: i64 = 200;
/// Longest id, bytes.
const ID_MAX: usize = 40;

/// The parameters of a request.
pub struct Query(BTreeMap<String, String>);

impl Query {
    /// Reads them; one that is not among `known` is a slip that would otherwise go unseen.
    pub fn of(uri: &Uri, known: &[&str]) -> Result<Self, Problem> {
        let mut found = BTreeMap::new();
        for (name, value) in url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
            if !known.contains(&&*name) {
                let name: String = name.chars().filter(|c| !c.is_control()).take(ID_MAX).collect();
                let expected = match known {
                    [] => "this address takes no parameters".to_owned(),
                    known => format!("unknown parameter, expected one of {}", known.join(", ")),
                };
                return Err(Problem::field(&name, expected));
            }
            found.insert(name.into_owned(), value.into_owned());
        }
        Ok(Self(found))
    }

    /// A parameter's value.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

/// Which part of a list is wanted.
#[derive(Debug, PartialEq, Eq)]
pub struct Page {
    /// So many items.
    pub limit: i64,
    /// After this one: its moment and id.
    pub after: Option<(UnixMs, String)>,
}

impl Page {
    /// Reads `limit` and `after`.
    pub fn of(uri: &Uri) -> Result<Self, Problem> {
        let query = Query::of(uri, &["limit", "after"])?;
        let expected = || Problem::field("limit", format!("expected a whole number from 1 to {LIMIT_MAX}"));
        let limit = match query.get("limit").map(str::parse::<i64>) {
            None => LIMIT,
            Some(Ok(n)) if (1..=LIMIT_MAX).contains(&n) => n,
            Some(_) => return Err(expected()),
        };
        let after = match query.get("after") {
            None => None,
            Some(text) => {
                let cursor = || Problem::field("after", "expected the value of next of an earlier page");
                let (ms, id) = text.split_once('.').ok_or_else(cursor)?;
                let ms = ms.parse().ok().filter(|ms| *ms >= 0).ok_or_else(cursor)?;
                if !is_id(id) {
                    return Err(cursor());
                }
                Some((UnixMs(ms), id.to_owned()))
            }
        };
        Ok(Self { limit, after })
    }

    /// Cuts a list that was read with one item more than wanted, and gives the cursor of the next page.
    pub fn cut<T>(&self, items: &mut Vec<T>, cursor: impl Fn(&T) -> (UnixMs, String)) -> Option<String> {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        if items.len() <= limit {
            return None;
        }
        items.truncate(limit);
        items.last().map(cursor).map(|(at, id)| format!("{}.{id}", at.0))
    }
}

/// A page of a list as it is sent: the list under its own name, and where the next page begins.
pub fn listed(name: &str, items: impl Serialize, next: Option<&str>) -> serde_json::Value {
    serde_json::json!({ name: items, "next": next })
}

fn is_id(text: &str) -> bool {
    !text.is_empty() && text.len() <= ID_MAX && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// A rollout's id from a path. What can't be one is told as what is not there.
pub fn rollout_id(text: &str) -> Result<RolloutId, Problem> {
    if text.starts_with(RolloutId::PREFIX) && is_id(text) {
        return Ok(RolloutId(text.to_owned()));
    }
    Err(no_such_rollout())
}

/// A theme's id from a path, likewise.
pub fn theme_id(text: &str) -> Result<ThemeId, Problem> {
    if text.starts_with(ThemeId::PREFIX) && is_id(text) {
        return Ok(ThemeId(text.to_owned()));
    }
    Err(Problem::unknown("There is no such theme in this rollout."))
}

/// A statement's id from a path, likewise.
pub fn feedback_id(text: &str) -> Result<FeedbackId, Problem> {
    if text.starts_with(FeedbackId::PREFIX) && is_id(text) {
        return Ok(FeedbackId(text.to_owned()));
    }
    Err(Problem::unknown("There is no statement with this id."))
}

/// There is no rollout with that id.
pub fn no_such_rollout() -> Problem {
    Problem::unknown("There is no rollout with this id; GET /v1/rollouts lists all.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_ends_where_the_next_begins() {
        let uri: Uri = "/v1/rollouts?limit=2&after=17.ro_a".parse().unwrap();
        let page = Page::of(&uri).unwrap();
        assert_eq!(page, Page { limit: 2, after: Some((UnixMs(17), "ro_a".into())) });
        let mut items = vec![5, 4, 3];
        assert_eq!(page.cut(&mut items, |n| (UnixMs(*n), format!("x{n}"))).as_deref(), Some("4.x4"));
        assert_eq!(items, [5, 4]);
        assert_eq!(page.cut(&mut items, |n| (UnixMs(*n), String::new())), None);
    }
}
