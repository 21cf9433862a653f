//! A whole page around a document.

use crate::render::doc::Doc;
use crate::render::html;

/// A page of its own: nothing is fetched from anywhere.
pub fn page(title: &str, doc: &Doc) -> String {
    let mut safe = String::with_capacity(title.len());
    for c in title.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            c => safe.push(c),
        }
    }
    let body = html::render(doc);
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{safe}</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><style>{STYLE}</style></head>\
         <body><h1>{safe}</h1>\n{body}\n</body></html>\n"
    )
}

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}\
table{border-collapse:collapse}th,td{text-align:left;vertical-align:top;padding:.3rem .8rem .3rem 0;\
border-bottom:1px solid #8884}blockquote{border-left:3px solid #8886;margin-left:0;padding-left:1rem}";
