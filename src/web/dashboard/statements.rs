//! Which statements of a rollout a page shows.

use anyhow::Result;
use axum::http::{HeaderMap, Uri, header};

use super::forms;
use crate::domain::feedback::Feedback;
use crate::flow::Context;
use crate::id::{FeedbackId, RolloutId};
use crate::render::statements::{List, Order, Shown};
use crate::store::{Tx, corrections, doubts, feedback, themes};
use crate::time::UnixMs;
use crate::web::problem::Problem;
use crate::web::query::{Query, feedback_id};

/// Statements on one page.
const LIMIT: i64 = 20;
/// The cookie that remembers who corrects, so that a name is typed once.
pub const WHO: &str = "hearback_who";

/// What an address asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    order: Order,
    after: Option<String>,
    saved: Option<FeedbackId>,
}

impl Wanted {
    /// Reads `order`, `after` and `saved`.
    pub fn of(uri: &Uri) -> Result<Self, Problem> {
        let query = Query::of(uri, &["order", "after", "saved"])?;
        let (order, after) = place(query.get("order"), query.get("after"))?;
        Ok(Self { order, after, saved: query.get("saved").map(feedback_id).transpose()? })
    }
}

/// Reads where on the list a page begins; an empty `after` is the first page.
pub fn place(order: Option<&str>, after: Option<&str>) -> Result<(Order, Option<String>), Problem> {
    let order = match order {
        None => Order::Newest,
        Some(name) => Order::parse(name).ok_or_else(|| Problem::field("order", "expected newest or least_sure"))?,
    };
    let after = after.filter(|after| !after.is_empty());
    if let Some(after) = after {
        Cursor::parse(order, after)?;
    }
    Ok((order, after.map(ToOwned::to_owned)))
}

/// The last statement of the page before.
enum Cursor {
    Said(UnixMs, FeedbackId),
    Sure(f64, FeedbackId),
}

impl Cursor {
    fn parse(order: Order, text: &str) -> Result<Self, Problem> {
        let expected = || Problem::field("after", "expected what the link to more statements holds");
        let (key, id) = text.rsplit_once('.').ok_or_else(expected)?;
        let id = feedback_id(id).map_err(|_| expected())?;
        match order {
            Order::Newest => key.parse().ok().filter(|ms| *ms >= 0).map(|ms| Self::Said(UnixMs(ms), id)),
            Order::LeastSure => {
                // A number as we write it, so that nothing else comes back onto the page.
                let plain = key.bytes().all(|b| b.is_ascii_digit() || b == b'.');
                key.parse::<f64>().ok().filter(|c| plain && (0.0..=1.0).contains(c)).map(|c| Self::Sure(c, id))
            }
        }
        .ok_or_else(expected)
    }

    /// What [`Self::parse`] reads.
    fn of(order: Order, item: &Feedback) -> String {
        match order {
            Order::Newest => format!("{}.{}", item.occurred_at.0, item.id),
            // The shortest form that reads back as the same number.
            Order::LeastSure => format!("{}.{}", item.annotation.as_ref().map_or(1.0, |a| a.confidence), item.id),
        }
    }
}

/// A page of a rollout's statements.
pub async fn list(ctx: &Context, rollout: &RolloutId, wanted: Wanted, headers: &HeaderMap) -> Result<List, Problem> {
    let Wanted { order, after, saved } = wanted;
    let mut tx = ctx.db.read().await?;
    let cursor = after.as_deref().map(|after| Cursor::parse(order, after)).transpose()?;
    let mut items = page(&mut tx, rollout, order, cursor.as_ref()).await?;
    let limit = usize::try_from(LIMIT).unwrap_or(usize::MAX);
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more).map(|last| Cursor::of(order, last));
    let saved = match &saved {
        Some(id) => feedback::get(&mut tx, id).await?.map(|(f, _)| f).filter(|f| f.rollout.as_ref() == Some(rollout)),
        None => None,
    };
    // One statement stands on a page once.
    items.retain(|item| saved.as_ref().is_none_or(|s| s.id != item.id));
    let first = saved.is_some();
    let mut shown = dress(ctx, &mut tx, saved.into_iter().chain(items).collect()).await?;
    tx.commit().await?;
    let saved = first.then(|| shown.remove(0));
    Ok(List { rollout: rollout.clone(), order, after, shown, next, saved, who: who(headers).unwrap_or_default() })
}

async fn page(tx: &mut Tx, rollout: &RolloutId, order: Order, after: Option<&Cursor>) -> Result<Vec<Feedback>> {
    match (order, after) {
        (Order::Newest, Some(Cursor::Said(at, id))) => {
            feedback::of_rollout(tx, rollout, Some((*at, id)), LIMIT + 1).await
        }
        (Order::LeastSure, Some(Cursor::Sure(confidence, id))) => {
            doubts::of_rollout(tx, rollout, Some((*confidence, id)), LIMIT + 1).await
        }
        (Order::Newest, _) => feedback::of_rollout(tx, rollout, None, LIMIT + 1).await,
        (Order::LeastSure, _) => doubts::of_rollout(tx, rollout, None, LIMIT + 1).await,
    }
}

/// Statements with their themes, what people said of the readings, and what their forms carry.
async fn dress(ctx: &Context, tx: &mut Tx, items: Vec<Feedback>) -> Result<Vec<Shown>> {
    let names = themes::names(tx, items.iter().filter_map(|item| item.theme.as_ref())).await?;
    let mut kept = corrections::of_all(tx, items.iter().map(|item| &item.id)).await?;
    let dressed = items.into_iter().map(|item| Shown {
        theme: item.theme.as_ref().and_then(|id| names.get(id)).filter(|name| !name.is_empty()).cloned(),
        kept: kept.remove(&item.id),
        token: forms::token(ctx, item.id.as_str()),
        item,
    });
    Ok(dressed.collect())
}

/// The name that the cookie remembers.
fn who(headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok());
    let value = cookies.flat_map(|v| v.split(';')).find_map(|c| c.trim().strip_prefix(WHO)?.strip_prefix('='))?;
    let mut decoded = url::form_urlencoded::parse(value.as_bytes());
    decoded.next().map(|(name, _)| name.into_owned())
}
