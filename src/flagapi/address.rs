//! Addresses of an API, and what headers tell of a page's neighbours.

use http::HeaderMap;
use http::header::LINK;
use url::Url;

use super::memory::Place;

/// Where a page lies in its list, as far as its headers tell.
pub(super) fn place(headers: &HeaderMap, url: &Url) -> Place {
    Place { next: next_query(headers, url), total: total(headers) }
}

/// An address below another.
pub(super) fn below<'a>(base: &Url, path: impl IntoIterator<Item = &'a str>) -> Url {
    let mut url = base.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(path);
    }
    url
}

/// Takes off the end of an address what the API's path begins with: people copy the one or the other.
pub(super) fn trim(url: &mut Url, prefix: &[&str]) {
    let path: Vec<String> =
        url.path_segments().into_iter().flatten().filter(|s| !s.is_empty()).map(ToOwned::to_owned).collect();
    let overlap = (1..=prefix.len().min(path.len())).rev().find(|n| path[path.len() - n..] == prefix[..*n]);
    let kept = path[..path.len() - overlap.unwrap_or(0)].join("/");
    url.set_path(&kept);
}

/// The query of the page that a `Link` header calls the next (RFC 8288). Its address is not followed: behind a proxy it
/// is another than ours, and a token is shown to no other.
fn next_query(headers: &HeaderMap, url: &Url) -> Option<String> {
    headers.get_all(LINK).iter().filter_map(|v| v.to_str().ok()).find_map(|links| {
        links.split(',').find_map(|link| {
            let (address, rel) = link.split_once('>')?;
            let is_next = rel.split(';').any(|p| matches!(p.trim(), "rel=\"next\"" | "rel=next"));
            let address = address.trim().strip_prefix('<').filter(|_| is_next)?;
            url.join(address).ok()?.query().map(ToOwned::to_owned)
        })
    })
}

/// How many the whole list holds, as GitLab tells it.
fn total(headers: &HeaderMap) -> Option<usize> {
    headers.get("x-total")?.to_str().ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_ends_before_the_api_begins() {
        for (given, kept) in [
            ("https://flags.test", "https://flags.test/"),
            ("https://flags.test/", "https://flags.test/"),
            ("https://flags.test/api", "https://flags.test/"),
            ("https://flags.test/api/v4/", "https://flags.test/"),
            ("https://flags.test/git%20lab/api/v4", "https://flags.test/git%20lab"),
            ("https://flags.test/v4", "https://flags.test/v4"),
            ("https://flags.test/api/v3", "https://flags.test/api/v3"),
        ] {
            let mut url = Url::parse(given).unwrap();
            trim(&mut url, &["api", "v4"]);
            assert_eq!(url.as_str(), kept);
        }
    }

    #[test]
    fn a_name_is_one_segment_of_an_address() {
        let base = Url::parse("https://flags.test/api/").unwrap();
        assert_eq!(
            below(&base, ["acme/shop", "a?b", "ü", ""]).as_str(),
            "https://flags.test/api/acme%2Fshop/a%3Fb/%C3%BC/"
        );
    }

    #[test]
    fn of_the_next_page_only_the_query_is_taken() {
        let url = Url::parse("https://flags.test/api/flags").unwrap();
        for (links, next) in [
            (
                "<http://10.0.0.1/x?page=2&per_page=9>; rel=\"next\", <http://10.0.0.1/x?page=1>; rel=\"first\"",
                Some("page=2&per_page=9"),
            ),
            ("</api/flags?id_after=7>; rel=next", Some("id_after=7")),
            ("<http://10.0.0.1/x?page=1>; rel=\"prev\"", None),
            ("nonsense", None),
        ] {
            let headers = HeaderMap::from_iter([(LINK, links.parse().unwrap())]);
            assert_eq!(place(&headers, &url).next.as_deref(), next, "{links}");
        }
    }
}
