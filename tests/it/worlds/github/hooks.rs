//! Deliveries: sent once, kept, listed to the App, and sent again only when asked.

use axum::routing::MethodFilter;
use serde_json::{Value, json};

use super::Call;
use super::provider::not_found;
use super::state::{APP_ID, Delivery, Event, INSTALLATION_ID, State};
use crate::worlds::ask::{Answer, Ask, Outcome};
use crate::worlds::post::{Heard, Hook, post, sign};
use crate::worlds::server::{Line, RUNTIME, Shared, lock};

/// Routes of the App's hook.
pub const ROUTES: &[Line<State>] = &[
    (MethodFilter::GET, "/app/hook/deliveries", Call::Deliveries, list),
    (MethodFilter::GET, "/app/hook/deliveries/{id}", Call::GetDelivery, get),
    (MethodFilter::POST, "/app/hook/deliveries/{id}/attempts", Call::Redeliver, redeliver),
];

/// Newest first. The cursor is opaque: it comes from the `Link` header alone.
fn list(world: &mut State, ask: &Ask) -> Outcome {
    let size: usize = ask.query("per_page").and_then(|v| v.parse().ok()).unwrap_or(30).clamp(1, 100);
    let below = match ask.query("cursor") {
        None => u64::MAX,
        Some(cursor) => {
            let id = cursor.strip_prefix("v1_").and_then(|id| id.parse().ok());
            id.ok_or_else(|| super::provider::problem(422, "Cursor is invalid"))?
        }
    };
    let status = ask.query("status");
    let wanted = |delivery: &&Delivery| match status {
        Some("failure") => (400..600).contains(&delivery.status),
        Some("success") => (200..400).contains(&delivery.status),
        _ => true,
    };
    let mut seen = world.deliveries.iter().rev().filter(|d| d.id < below).filter(wanted);
    let page: Vec<&Delivery> = seen.by_ref().take(size).collect();
    let more = seen.next().is_some();
    let answer = Answer::json(200, page.iter().map(|d| item(d)).collect());
    let Some(last) = page.last().filter(|_| more) else { return Ok(answer) };
    let cursor = if world.link_loops { below } else { last.id };
    let kept = status.map(|status| format!("&status={status}")).unwrap_or_default();
    let next = format!("<{}/app/hook/deliveries?per_page={size}&cursor=v1_{cursor}{kept}>; rel=\"next\"", world.base);
    Ok(answer.with("link", next))
}

fn item(delivery: &Delivery) -> Value {
    let payload: Value = serde_json::from_str(&delivery.event.payload).unwrap();
    json!({
        "id": delivery.id,
        "guid": delivery.event.guid,
        "delivered_at": delivery.at.rfc3339(),
        "redelivery": delivery.event.redelivery,
        "duration": 0.05,
        "status": delivery.reason,
        "status_code": delivery.status,
        "event": delivery.event.name,
        "action": delivery.event.action,
        "installation_id": INSTALLATION_ID,
        "repository_id": payload["repository"]["id"],
        "throttled_at": null,
    })
}

fn get(world: &mut State, ask: &Ask) -> Outcome {
    let id = ask.number("id");
    let delivery = world.deliveries.iter().find(|d| d.id == id).ok_or_else(not_found)?;
    let secret = world.hook.as_ref().map_or("", |hook| hook.secret.as_str());
    let headers: serde_json::Map<String, Value> =
        headers(&delivery.event, secret).into_iter().map(|(k, v)| (k.to_owned(), Value::from(v))).collect();
    let mut shape = item(delivery);
    shape["url"] = json!(world.hook.as_ref().map(|hook| &hook.url));
    shape["request"] = json!({
        "headers": headers,
        "payload": serde_json::from_str::<Value>(&delivery.event.payload).unwrap(),
    });
    shape["response"] = json!({"headers": {}, "payload": ""});
    Ok(Answer::json(200, shape))
}

fn redeliver(world: &mut State, ask: &Ask) -> Outcome {
    let id = ask.number("id");
    let delivery = world.deliveries.iter().find(|d| d.id == id).ok_or_else(not_found)?;
    let event = Event { redelivery: true, ..delivery.event.clone() };
    world.outgoing.push(event);
    Ok(Answer::json(202, json!({})))
}

fn headers(event: &Event, secret: &str) -> Vec<(&'static str, String)> {
    vec![
        ("Accept", "*/*".into()),
        ("User-Agent", "GitHub-Hookshot/044aadd".into()),
        ("X-GitHub-Event", event.name.clone()),
        ("X-GitHub-Delivery", event.guid.clone()),
        ("X-GitHub-Hook-ID", "42".into()),
        ("X-GitHub-Hook-Installation-Target-ID", APP_ID.to_string()),
        ("X-GitHub-Hook-Installation-Target-Type", "integration".into()),
        ("X-Hub-Signature-256", sign(secret, event.payload.as_bytes())),
    ]
}

/// Events that are on their way.
pub struct Bag(Vec<Event>, Option<Hook>);

/// Takes what waits.
pub fn take(world: &mut State) -> Bag {
    let events = std::mem::take(&mut world.outgoing);
    world.in_flight += events.len();
    Bag(events, world.hook.clone().filter(|_| !world.deliveries_fail))
}

/// Sends what waits without anybody waiting for it.
pub fn send_in_background(shared: &Shared<State>) {
    let bag = take(&mut lock(shared));
    if !bag.0.is_empty() {
        let shared = Shared::clone(shared);
        RUNTIME.spawn(async move { send(&shared, bag).await });
    }
}

/// Sends events in order; the attempts as they were noted.
pub async fn send(shared: &Shared<State>, Bag(events, hook): Bag) -> Vec<Delivery> {
    let mut noted = Vec::new();
    for event in events {
        let heard = match &hook {
            Some(hook) => attempt(hook, &event).await,
            None => Heard { status: 502, reason: "failed to connect to host".into() },
        };
        let mut world = lock(shared);
        world.in_flight -= 1;
        let (id, at) = (world.next_id(), world.clock.now());
        let delivery = Delivery { id, event, at, status: heard.status, reason: heard.reason };
        world.deliveries.push(delivery.clone());
        noted.push(delivery);
    }
    noted
}

/// Sends one event as it is.
pub async fn attempt(hook: &Hook, event: &Event) -> Heard {
    post(hook.url.clone(), headers(event, &hook.secret), event.payload.clone()).await
}
