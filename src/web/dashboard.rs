//! `GET /` and `/rollouts/{id}`: pages for people on this machine. `POST /feedback/{id}/reading`: what they send from there.
//!
//! The pages have no login, so only this machine sees them: a peer on loopback, by a local name, and through no proxy,
//! because behind one every peer is on loopback. A foreign name would be a page elsewhere that had its own name point
//! here (DNS rebinding).

mod forms;
mod reading;
mod statements;

use std::net::SocketAddr;

use axum::Extension;
use axum::extract::{ConnectInfo, Path, Request, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};

pub use self::reading::post as correct;
use super::App;
use super::frame::HasForms;
use super::problem::Problem;
use super::query::{Page, no_such_rollout, rollout_id};
use super::rollouts::{Overview, newest};
use crate::flow::reports;
use crate::render::doc::{Block, Doc, Inline};
use crate::render::statements::section;
use crate::render::{html, picture, report, track};
use crate::store::rollouts;
use crate::time::UnixMs;

/// Rollouts on the first page.
const ROLLOUTS_MAX: i64 = 100;
/// What the names of headers begin with that a proxy adds.
const FORWARDED: [&str; 7] = ["forwarded", "x-forwarded-", "x-real-ip", "x-client-ip", "true-client-ip", "via", "cf-"];

/// Lets only this machine through. Where the service has a public address, a proxy that says nothing of itself would make
/// everybody look like this machine: there the dashboard is off unless `server.dashboard` says otherwise.
pub async fn only_this_machine(State(on): State<bool>, request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|c| c.0.ip().to_canonical());
    let direct = request.headers().keys().all(|name| FORWARDED.iter().all(|f| !name.as_str().starts_with(f)));
    if on && peer.is_some_and(|ip| ip.is_loopback()) && direct && local_host(request.headers()).is_some() {
        return next.run(request).await;
    }
    Problem::of(StatusCode::FORBIDDEN)
        .because(
            "The dashboard has no login and is shown on the machine itself only. From elsewhere: \
             ssh -L 8080:127.0.0.1:8080 HOST, then open http://127.0.0.1:8080/ (with the port of server.listen). \
             Where server.public_url is set it is off, unless server.dashboard is true.",
        )
        .into_response()
}

/// The name and port by which this machine was called, where it is a local one.
fn local_host(headers: &HeaderMap) -> Option<&str> {
    let host = headers.get(header::HOST)?.to_str().ok()?;
    let name =
        host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit())).map_or(host, |(n, _)| n);
    ["127.0.0.1", "localhost", "[::1]"].contains(&name).then_some(host)
}

/// All rollouts, newest first.
pub async fn index(State(app): State<App>, headers: HeaderMap) -> Result<Html<String>, Problem> {
    let host = local_host(&headers).unwrap_or("127.0.0.1");
    let mut tx = app.ctx.db.read().await?;
    let (ids, more) = newest(&mut tx, &Page { limit: ROLLOUTS_MAX, after: None }).await?;
    let mut rows = Vec::with_capacity(ids.len());
    for id in ids {
        rows.extend(Overview::load(&app, &mut tx, &id).await?.map(|o| row(&o, host, app.ctx.now())));
    }
    tx.commit().await?;
    let text = |t: &str| Block::Paragraph(vec![Inline::Text(t.into())]);
    let mut blocks = Vec::new();
    if rows.is_empty() {
        blocks.push(text("No rollout yet: publish a release or switch a flag on, and it stands here."));
    } else {
        let head = ["Rollout", "Who has it", "Window", "People", "Feeling", "Verdict"].map(ToOwned::to_owned).to_vec();
        blocks.push(Block::Table { head, rows });
    }
    if more.is_some() {
        blocks.push(text(&format!("The newest {ROLLOUTS_MAX} are shown; GET /v1/rollouts lists all.")));
    }
    Ok(Html(html::page("What customers think of each rollout", &Doc { blocks })))
}

fn row(o: &Overview, host: &str, now: UnixMs) -> Vec<Vec<Inline>> {
    let label = o.rollout.label();
    vec![
        vec![Inline::Link { text: label, url: format!("http://{host}/rollouts/{}", o.rollout.id) }],
        vec![Inline::Text(track::line(&o.rollout, now))],
        vec![Inline::Text(o.window.state.as_str().into())],
        vec![Inline::Text(o.tally.people().to_string())],
        vec![Inline::Text(picture::bar(o.tally))],
        vec![Inline::Text(o.sentence())],
    ]
}

/// One rollout's report, and its statements. Further pages hold statements alone.
pub async fn rollout(
    State(app): State<App>,
    Path(id): Path<String>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Problem> {
    let id = rollout_id(&id)?;
    let wanted = statements::Wanted::of(&uri)?;
    let host = local_host(&headers).unwrap_or("127.0.0.1");
    let list = statements::list(&app.ctx, &id, wanted, &headers).await?;
    let (title, mut doc) = if list.after.is_none() {
        let full = reports::by_id(&app.ctx, &id).await?.ok_or_else(no_such_rollout)?;
        let account = full.account();
        (report::title(account.rollout), report::body(&account))
    } else {
        let mut tx = app.ctx.db.read().await?;
        let rollout = rollouts::get(&mut tx, &id).await?.ok_or_else(no_such_rollout)?;
        (report::title(&rollout), Doc::default())
    };
    let up = |text: &str, path: String| Inline::Link { text: text.into(), url: format!("http://{host}{path}") };
    let mut links = vec![up("All rollouts", "/".into()), Inline::Text(" · ".into())];
    links.push(match list.after {
        None => up("Statements", format!("/rollouts/{id}#statements")),
        Some(_) => up("Report", format!("/rollouts/{id}")),
    });
    doc.blocks.insert(0, Block::Paragraph(links));
    let page = html::page_with_forms(&title, &doc, &section(&list));
    Ok((Extension(HasForms), Html(page)).into_response())
}
