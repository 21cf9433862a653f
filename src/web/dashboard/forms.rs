//! Whether a form came from a page of ours: a page elsewhere can have a reader's browser send one too (CSRF).
//!
//! The browser must say that it comes from here (`Origin`, and `Sec-Fetch-Site` where it sends that), and the form must
//! carry what only who read our page knows. There is no session to tie it to: it is for one statement and for a day or two.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use subtle::ConstantTimeEq;

use super::local_host;
use crate::flow::Context;
use crate::time::DAY_MS;
use crate::web::problem::Problem;

/// The header by which browsers tell how a request came to be.
const FETCH_SITE: &str = "sec-fetch-site";

/// What a form about this carries today.
pub fn token(ctx: &Context, what: &str) -> String {
    ctx.secrets.form_token(what, ctx.now().0.div_euclid(DAY_MS))
}

/// Refuses a form that a page elsewhere sent.
pub fn from_here(headers: &HeaderMap) -> Result<(), Problem> {
    let origin = headers.get(header::ORIGIN).map(HeaderValue::as_bytes);
    let ours = local_host(headers).map(|host| format!("http://{host}"));
    let same = headers.get_all(FETCH_SITE).iter().all(|site| site == "same-origin");
    if same && ours.is_some_and(|ours| origin == Some(ours.as_bytes())) {
        return Ok(());
    }
    Err(Problem::of(StatusCode::FORBIDDEN)
        .because("Forms are taken from the dashboard's own pages only, and this one came from elsewhere."))
}

/// Refuses a form that does not carry what was put into it today or yesterday.
pub fn carries(ctx: &Context, what: &str, token: &str) -> Result<(), Problem> {
    let today = ctx.now().0.div_euclid(DAY_MS);
    let fits = |day| bool::from(ctx.secrets.form_token(what, day).as_bytes().ct_eq(token.as_bytes()));
    if fits(today) || fits(today - 1) {
        return Ok(());
    }
    Err(Problem::of(StatusCode::FORBIDDEN)
        .because("This form is too old. Go back, load the page again, and send it anew."))
}
