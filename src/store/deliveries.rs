//! Every received request, as bytes, with its outcome.

use anyhow::Result;

use super::Tx;
use crate::id::DeliveryId;
use crate::time::UnixMs;

/// A request as received.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Its id here.
    pub id: DeliveryId,
    /// `github`, `generic`.
    pub source: String,
    /// The sender's own id of it.
    pub dedupe_key: String,
    /// SHA-256 of the body, hex.
    pub body_hash: String,
    /// The kind of event, by the sender's name.
    pub event: String,
    /// The headers that matter, as JSON; never credentials or signatures.
    pub headers: String,
    /// The body, byte for byte.
    pub body: Vec<u8>,
    /// When it came.
    pub received_at: UnixMs,
    /// How it was proved.
    pub proof: Provenance,
    /// The last part of the path, where the source has several senders.
    pub connection: Option<String>,
}

/// How it is known that a delivery is true.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provenance {
    /// Its body is signed.
    Signed,
    /// Its sender knows a secret.
    Shared,
    /// Its platform told it when it was asked.
    Asked,
}

impl Provenance {
    /// The name that is stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Signed => "signed",
            Self::Shared => "shared",
            Self::Asked => "asked",
        }
    }

    fn parse(text: &str) -> Self {
        match text {
            "signed" => Self::Signed,
            "asked" => Self::Asked,
            _ => Self::Shared,
        }
    }
}

/// How a delivery ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Something followed from it.
    Applied,
    /// It says what another said.
    Duplicate,
    /// It does not concern us.
    Ignored,
    /// It could not be worked on.
    Failed,
}

impl Outcome {
    /// The name that is stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Duplicate => "duplicate",
            Self::Ignored => "ignored",
            Self::Failed => "failed",
        }
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    source: String,
    dedupe_key: String,
    body_hash: String,
    event: String,
    headers: String,
    body: Vec<u8>,
    received_ms: i64,
    proof: String,
    connection: Option<String>,
}

/// Keeps a delivery. `false` where the sender's id is known already, and nothing was written.
pub async fn insert(tx: &mut Tx, d: &Delivery) -> Result<bool> {
    let done = on!(tx, c => sqlx::query(
        "INSERT INTO deliveries (id, source, dedupe_key, body_hash, event, headers, body, received_ms, state, attempts, due_ms,
           proof, connection)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'waiting', 0, $8, $9, $10) ON CONFLICT (source, dedupe_key) DO NOTHING")
        .bind(d.id.as_str()).bind(&d.source).bind(&d.dedupe_key).bind(&d.body_hash).bind(&d.event)
        .bind(&d.headers).bind(&d.body).bind(d.received_at.0).bind(d.proof.as_str()).bind(&d.connection)
        .execute(c).await?.rows_affected());
    Ok(done > 0)
}

#[derive(sqlx::FromRow)]
struct Claimed {
    #[sqlx(flatten)]
    row: Row,
    attempts: i64,
}

/// Takes up to `limit` waiting deliveries, oldest first, until `lease_until`; after that another may take them.
pub async fn claim(tx: &mut Tx, now: UnixMs, lease_until: UnixMs, limit: i64) -> Result<Vec<(Delivery, i64)>> {
    let sql = if tx.skips_locked() {
        "UPDATE deliveries SET due_ms = $2, attempts = attempts + 1 WHERE id IN (
           SELECT id FROM deliveries WHERE state = 'waiting' AND due_ms <= $1 ORDER BY received_ms, id LIMIT $3
           FOR UPDATE SKIP LOCKED)
         RETURNING id, source, dedupe_key, body_hash, event, headers, body, received_ms, proof, connection, attempts"
    } else {
        "UPDATE deliveries SET due_ms = $2, attempts = attempts + 1 WHERE id IN (
           SELECT id FROM deliveries WHERE state = 'waiting' AND due_ms <= $1 ORDER BY received_ms, id LIMIT $3)
         RETURNING id, source, dedupe_key, body_hash, event, headers, body, received_ms, proof, connection, attempts"
    };
    let mut rows: Vec<Claimed> =
        on!(tx, c => sqlx::query_as(sql).bind(now.0).bind(lease_until.0).bind(limit).fetch_all(c).await?);
    rows.sort_by(|a, b| (a.row.received_ms, &a.row.id).cmp(&(b.row.received_ms, &b.row.id)));
    Ok(rows.into_iter().map(|r| (from_row(r.row), r.attempts)).collect())
}

/// Lets a delivery wait until `due`.
pub async fn postpone(tx: &mut Tx, id: &DeliveryId, due: UnixMs) -> Result<()> {
    on!(tx, c => sqlx::query("UPDATE deliveries SET due_ms = $2 WHERE id = $1 AND state = 'waiting'")
        .bind(id.as_str()).bind(due.0).execute(c).await?.rows_affected());
    Ok(())
}

/// Empties the bodies of deliveries that ended and came before `before`; what became of them stays. Gives how many.
pub async fn empty_old(tx: &mut Tx, before: UnixMs) -> Result<u64> {
    Ok(on!(tx, c => sqlx::query(
        "UPDATE deliveries SET body = $2 WHERE received_ms < $1 AND state = 'done' AND LENGTH(body) > 0")
        .bind(before.0).bind(Vec::<u8>::new()).execute(c).await?.rows_affected()))
}

/// Ends a delivery. `false` where somebody else ended it before.
pub async fn finish(tx: &mut Tx, id: &DeliveryId, outcome: Outcome, detail: &str, now: UnixMs) -> Result<bool> {
    let done = on!(tx, c => sqlx::query(
        "UPDATE deliveries SET state = 'done', outcome = $2, detail = $3, done_ms = $4 WHERE id = $1 AND state = 'waiting'")
        .bind(id.as_str()).bind(outcome.as_str()).bind(detail).bind(now.0).execute(c).await?.rows_affected());
    Ok(done > 0)
}

/// The first delivery of `source` with the same body as `id`, where there is an earlier one.
pub async fn earlier_twin(tx: &mut Tx, source: &str, body_hash: &str, id: &DeliveryId) -> Result<Option<DeliveryId>> {
    let found: Option<String> = on!(tx, c => sqlx::query_scalar(
        "SELECT id FROM deliveries WHERE source = $1 AND body_hash = $2 AND id < $3 AND outcome = 'applied' ORDER BY id LIMIT 1")
        .bind(source).bind(body_hash).bind(id.as_str()).fetch_optional(c).await?);
    Ok(found.map(DeliveryId))
}

/// Which of the sender's ids are kept already.
pub async fn known(tx: &mut Tx, source: &str, dedupe_key: &str) -> Result<bool> {
    let n: i64 = on!(tx, c => sqlx::query_scalar("SELECT COUNT(*) FROM deliveries WHERE source = $1 AND dedupe_key = $2")
        .bind(source).bind(dedupe_key).fetch_one(c).await?);
    Ok(n > 0)
}

/// When the next waiting delivery may be claimed.
pub async fn next_due(tx: &mut Tx) -> Result<Option<UnixMs>> {
    let at: Option<i64> = on!(tx, c => sqlx::query_scalar("SELECT MIN(due_ms) FROM deliveries WHERE state = 'waiting'")
        .fetch_one(c).await?);
    Ok(at.map(UnixMs))
}

/// Waiting deliveries, and how many came in all.
pub async fn counts(tx: &mut Tx) -> Result<(i64, i64)> {
    Ok(on!(tx, c => sqlx::query_as(
        "SELECT CAST(COALESCE(SUM(CASE WHEN state = 'waiting' THEN 1 ELSE 0 END), 0) AS BIGINT), COUNT(*) FROM deliveries")
        .fetch_one(c).await?))
}

/// How many deliveries wait, and since when the oldest does. Cheap however many came in all.
pub async fn waiting(tx: &mut Tx) -> Result<(i64, Option<UnixMs>)> {
    let (n, since): (i64, Option<i64>) = on!(tx, c => sqlx::query_as(
        "SELECT COUNT(*), MIN(received_ms) FROM deliveries WHERE state = 'waiting'").fetch_one(c).await?);
    Ok((n, since.map(UnixMs)))
}

/// The latest delivery that a source sent by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastSent {
    /// When it came.
    pub at: UnixMs,
    /// The kind of event.
    pub event: String,
    /// How it ended; `None` while it waits.
    pub outcome: Option<String>,
    /// What there is to say of that.
    pub detail: Option<String>,
    /// How it was proved.
    pub proof: Provenance,
}

/// The latest delivery that a source sent by itself.
pub async fn last_sent(tx: &mut Tx, source: &str) -> Result<Option<LastSent>> {
    let row: Option<SentRow> = on!(tx, c => sqlx::query_as(
        "SELECT received_ms, event, outcome, detail, proof FROM deliveries WHERE source = $1 AND proof <> 'asked'
         ORDER BY received_ms DESC, id DESC LIMIT 1")
        .bind(source).fetch_optional(c).await?);
    Ok(row.map(|r| LastSent {
        at: UnixMs(r.received_ms),
        event: r.event,
        outcome: r.outcome,
        detail: r.detail,
        proof: Provenance::parse(&r.proof),
    }))
}

#[derive(sqlx::FromRow)]
struct SentRow {
    received_ms: i64,
    event: String,
    outcome: Option<String>,
    detail: Option<String>,
    proof: String,
}

/// All outcomes, oldest first: event, outcome, detail. For `check` and tests.
pub async fn outcomes(tx: &mut Tx, limit: i64) -> Result<Vec<(String, String, Option<String>, Option<String>)>> {
    Ok(on!(tx, c => sqlx::query_as(
        "SELECT source, event, outcome, detail FROM deliveries ORDER BY received_ms, id LIMIT $1")
        .bind(limit).fetch_all(c).await?))
}

fn from_row(r: Row) -> Delivery {
    Delivery {
        id: DeliveryId(r.id),
        source: r.source,
        dedupe_key: r.dedupe_key,
        body_hash: r.body_hash,
        event: r.event,
        headers: r.headers,
        body: r.body,
        received_at: UnixMs(r.received_ms),
        proof: Provenance::parse(&r.proof),
        connection: r.connection,
    }
}
