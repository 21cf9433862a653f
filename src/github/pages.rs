//! Lists, page by page, by the links that GitHub gives.

use std::collections::BTreeSet;

use http::HeaderMap;
use http::header::LINK;
use serde::de::DeserializeOwned;

use super::GitHub;
use super::answers::Failure;
use super::call::{Call, Whom};
use crate::http::RemoteError;

/// Pages of one list: beyond it something is wrong, and half a list must not pass for the whole.
const PAGES_MAX: usize = 200;

impl GitHub {
    /// A list as far as `more` wants it, which sees each page.
    pub(super) async fn pages<T: DeserializeOwned>(
        &self,
        whom: Whom<'_>,
        path: &str,
        what: &str,
        more: impl Fn(&[T]) -> bool,
    ) -> Result<Vec<T>, Failure> {
        let mut all = Vec::new();
        let mut seen = BTreeSet::new();
        let mut next = Some(path.to_owned());
        while let Some(path) = next {
            if !seen.insert(path.clone()) || seen.len() > PAGES_MAX {
                let problem = format!("GitHub's list of {what} has no end");
                return Err(RemoteError::NotSent { problem }.into());
            }
            let call = Call::get(path, what);
            let asked = self.asked(&call);
            let heard = self.call(whom, call).await?;
            let page: Vec<T> = heard.read(asked)?;
            next = match next_of(&heard.headers).filter(|_| more(&page)) {
                Some(to) => Some(self.path_of(to).ok_or_else(|| RemoteError::NotSent {
                    problem: format!("GitHub's list of {what} goes on at another address than {}", self.api_url),
                })?),
                None => None,
            };
            all.extend(page);
        }
        Ok(all)
    }
}

/// The address behind `rel="next"` (RFC 8288).
fn next_of(headers: &HeaderMap) -> Option<&str> {
    let links = headers.get(LINK)?.to_str().ok()?;
    links.split(',').find_map(|link| {
        let (address, rel) = link.split_once('>')?;
        let is_next = rel.split(';').any(|p| matches!(p.trim(), "rel=\"next\"" | "rel=next"));
        address.trim().strip_prefix('<').filter(|_| is_next)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_the_one_that_is_called_next() {
        let next = |links: &str| {
            let headers = HeaderMap::from_iter([(LINK, links.parse().unwrap())]);
            next_of(&headers).map(ToOwned::to_owned)
        };
        let links =
            "<https://x/?page=1>; rel=\"prev\", <https://x/?page=3>; rel=\"next\", <https://x/?page=9>; rel=\"last\"";
        assert_eq!(next(links).as_deref(), Some("https://x/?page=3"));
        assert_eq!(next("<https://x/?page=1>; rel=\"prev\""), None);
        assert_eq!(next("nonsense"), None);
    }
}
