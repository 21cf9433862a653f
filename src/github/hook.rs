//! The App's own deliveries: GitHub sends each once, keeps it for three days, and sends it again only when asked.

use serde::Deserialize;
use serde_json::json;

use super::GitHub;
use super::call::{Call, Whom};
use crate::http::RemoteError;
use crate::time::UnixMs;

/// One attempt of GitHub's to deliver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookDelivery {
    /// This attempt's number.
    pub id: i64,
    /// The delivery's id, which a repeated attempt keeps: `X-GitHub-Delivery`.
    pub guid: String,
    /// `release`, `issues`, …
    pub event: String,
    /// When it was sent.
    pub delivered_at: UnixMs,
    /// Whether it arrived, or is still on its way.
    pub ok: bool,
}

#[derive(Deserialize)]
struct WireDelivery {
    id: i64,
    guid: String,
    delivered_at: String,
    #[serde(default)]
    status: String,
    #[serde(default)]
    status_code: i64,
    event: String,
}

impl WireDelivery {
    fn at(&self) -> UnixMs {
        UnixMs::parse_rfc3339(&self.delivered_at).unwrap_or_default()
    }
}

impl From<WireDelivery> for HookDelivery {
    fn from(wire: WireDelivery) -> Self {
        Self {
            delivered_at: wire.at(),
            // GitHub counts 200 to 399 as success.
            ok: (200..400).contains(&wire.status_code) || wire.status.eq_ignore_ascii_case("pending"),
            id: wire.id,
            guid: wire.guid,
            event: wire.event,
        }
    }
}

impl GitHub {
    /// The attempts since `since`, newest first, those that arrived included. Without an App there are none.
    pub async fn hook_deliveries(&self, since: UnixMs) -> Result<Vec<HookDelivery>, RemoteError> {
        if !self.is_app() {
            return Ok(Vec::new());
        }
        let young = |page: &[WireDelivery]| page.last().is_some_and(|d| d.at() >= since);
        let path = "/app/hook/deliveries?per_page=100";
        let listed: Vec<WireDelivery> = self.pages(Whom::Root, path, "the App's deliveries", young).await?;
        Ok(listed.into_iter().map(HookDelivery::from).filter(|d| d.delivered_at >= since).collect())
    }

    /// Asks GitHub to send an attempt's delivery again.
    pub async fn redeliver(&self, id: i64) -> Result<(), RemoteError> {
        let what = format!("delivery {id}");
        self.as_root(Call::post(format!("/app/hook/deliveries/{id}/attempts"), json!({}), &what)).await?;
        Ok(())
    }
}
