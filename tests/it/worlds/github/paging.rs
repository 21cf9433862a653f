//! Pages and `Link` headers. The links are by repository id, as GitHub's are: a client must follow, not build them.

use super::state::State;
use crate::worlds::ask::{Answer, Ask};

/// A page's `Link` header.
pub struct Links(Option<String>);

impl Links {
    /// The answer with the header.
    pub fn onto(self, answer: Answer) -> Answer {
        match self.0 {
            Some(links) => answer.with("link", links),
            None => answer,
        }
    }
}

/// The asked page of `items`, 30 of them unless asked otherwise, 100 at most.
pub fn page<T>(world: &State, ask: &Ask, path: &str, items: Vec<T>) -> (Vec<T>, Links) {
    let number = |name: &str, default: usize| ask.query(name).and_then(|v| v.parse().ok()).unwrap_or(default).max(1);
    let (size, page) = (number("per_page", 30).min(100), number("page", 1));
    let last = items.len().div_ceil(size).max(1);
    let kept = ask.query.iter().filter(|(k, _)| k != "page" && k != "per_page");
    let kept = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(kept).finish();
    let kept = if kept.is_empty() { kept } else { format!("&{kept}") };
    let link =
        |page: usize, rel: &str| format!("<{}{path}?page={page}&per_page={size}{kept}>; rel=\"{rel}\"", world.base);
    let mut links = Vec::new();
    if page > 1 {
        links.push(link(page - 1, "prev"));
        links.push(link(1, "first"));
    }
    if page < last {
        links.push(link(if world.link_loops { page } else { page + 1 }, "next"));
        links.push(link(last, "last"));
    }
    let items = items.into_iter().skip((page - 1) * size).take(size).collect();
    (items, Links((!links.is_empty()).then(|| links.join(", "))))
}
