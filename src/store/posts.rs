//! Answers, reactions and check runs: what each should be, and what was written last.
//!
//! As with actions, a claim is a lease with an end, and `sent_ms` stands while the outcome of a request is unknown.

use anyhow::{Context, Result};

use super::{Tx, to_json};
use crate::domain::post::{Post, WantedPost, hash};
use crate::domain::repo::RepoName;
use crate::id::{PostId, RolloutId};
use crate::time::UnixMs;

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    dedupe_key: String,
    repo: String,
    scope: String,
    payload: String,
    wanted_hash: String,
    written_hash: Option<String>,
    remote_id: Option<String>,
    attempts: i64,
    owner: Option<String>,
    lease_ms: i64,
    sent_ms: Option<i64>,
}

impl TryFrom<Row> for Post {
    type Error = anyhow::Error;

    fn try_from(r: Row) -> Result<Self> {
        Ok(Self {
            id: PostId(r.id),
            key: r.dedupe_key,
            repo: RepoName::parse(&r.repo).with_context(|| format!("{} is no repository", r.repo))?,
            scope: r.scope,
            payload: r.payload,
            wanted_hash: r.wanted_hash,
            written_hash: r.written_hash,
            remote: r.remote_id,
            attempts: r.attempts,
            owner: r.owner,
            lease_until: UnixMs(r.lease_ms),
            sent_at: r.sent_ms.map(UnixMs),
        })
    }
}

/// Wants a post. Where it stands already and should say something else now, it becomes due again, no sooner than
/// `coalesce_ms` after it was last written. `false` where just this was wanted already.
pub async fn want(tx: &mut Tx, w: &WantedPost, now: UnixMs, coalesce_ms: i64) -> Result<bool> {
    let payload = to_json(&w.content)?;
    let n = on!(tx, c => sqlx::query(
        "INSERT INTO posts (id, dedupe_key, kind, repo, place, scope, rollout_id, payload, wanted_hash, state, attempts,
           due_ms, lease_ms, created_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'waiting', 0, $10, 0, $10)
         ON CONFLICT (dedupe_key) DO UPDATE SET kind = $3, repo = $4, place = $5, scope = $6, rollout_id = $7, payload = $8,
           wanted_hash = $9, state = 'waiting', attempts = 0, error = NULL,
           due_ms = CASE WHEN posts.written_ms + $11 > $10 THEN posts.written_ms + $11 ELSE $10 END
         WHERE posts.wanted_hash <> $9")
        .bind(w.id().as_str()).bind(&w.key).bind(w.content.kind()).bind(w.repo.to_string()).bind(w.content.place())
        .bind(w.scope()).bind(w.rollout.as_ref().map(RolloutId::as_str)).bind(&payload).bind(hash(&payload))
        .bind(now.0).bind(coalesce_ms).execute(c).await?.rows_affected());
    Ok(n > 0)
}

/// Takes one due post whose scope is neither paused nor worked on, until `lease_until`.
pub async fn claim(tx: &mut Tx, owner: &str, now: UnixMs, lease_until: UnixMs) -> Result<Option<Post>> {
    if let Tx::Postgres(tx) = tx {
        // The lock of the other outbox: two claims at once would each see the other's scope as free.
        sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended('actions.claim', 0))").execute(&mut **tx).await?;
    }
    let row: Option<Row> = on!(tx, c => sqlx::query_as(
        "UPDATE posts SET owner = $2, lease_ms = $3 WHERE id IN (
           SELECT p.id FROM posts p WHERE p.state = 'waiting' AND p.due_ms <= $1 AND p.lease_ms <= $1
             AND NOT EXISTS (SELECT 1 FROM pauses h WHERE h.scope = p.scope AND h.until_ms > $1)
             AND NOT EXISTS (SELECT 1 FROM posts q WHERE q.scope = p.scope AND q.state = 'waiting' AND q.lease_ms > $1)
             AND NOT EXISTS (SELECT 1 FROM actions a
               WHERE a.scope = p.scope AND a.state = 'waiting' AND a.owner IS NOT NULL AND a.lease_ms > $1)
           ORDER BY p.due_ms, p.id LIMIT 1)
         RETURNING id, dedupe_key, repo, scope, payload, wanted_hash, written_hash, remote_id, attempts, owner, lease_ms,
           sent_ms")
        .bind(now.0).bind(owner).bind(lease_until.0).fetch_optional(c).await?);
    row.map(Post::try_from).transpose()
}

leased!("posts", Post);

/// Records that what `p` wanted is written, as `remote` where it has an id. Where something else is wanted by now it
/// becomes due again `coalesce_ms` from now; else its content is not kept. `false` where another worker took it over.
pub async fn done(tx: &mut Tx, p: &Post, remote: Option<&str>, now: UnixMs, coalesce_ms: i64) -> Result<bool> {
    let n = on!(tx, c => sqlx::query(
        "UPDATE posts SET
           state = CASE WHEN wanted_hash = $2 THEN 'done' ELSE 'waiting' END,
           payload = CASE WHEN wanted_hash = $2 THEN '' ELSE payload END,
           due_ms = CASE WHEN wanted_hash = $2 THEN due_ms ELSE $4 + $5 END,
           written_hash = $2, remote_id = $3, written_ms = $4, attempts = 0, sent_ms = NULL, owner = NULL, lease_ms = 0,
           error = NULL
         WHERE id = $1 AND owner = $6 AND lease_ms = $7")
        .bind(p.id.as_str()).bind(&p.wanted_hash).bind(remote).bind(now.0).bind(coalesce_ms)
        .bind(&p.owner).bind(p.lease_until.0).execute(c).await?.rows_affected());
    Ok(n > 0)
}

/// The repository has another name now.
pub async fn follow(tx: &mut Tx, p: &Post, repo: &RepoName) -> Result<()> {
    let scope = format!("github:{}", repo.owner().to_lowercase());
    on!(tx, c => sqlx::query("UPDATE posts SET repo = $2, scope = $3 WHERE id = $1")
        .bind(p.id.as_str()).bind(repo.to_string()).bind(scope).execute(c).await?.rows_affected());
    Ok(())
}

/// Ends a post for good; the reason is for people. Something else that is wanted, by now or later, gets a try.
pub async fn give_up(tx: &mut Tx, p: &Post, error: &str) -> Result<bool> {
    let n = on!(tx, c => sqlx::query(
        "UPDATE posts SET state = CASE WHEN wanted_hash = $5 THEN 'failed' ELSE 'waiting' END, error = $2, owner = NULL, lease_ms = 0
         WHERE id = $1 AND state = 'waiting' AND owner = $3 AND lease_ms = $4")
        .bind(p.id.as_str()).bind(error).bind(&p.owner).bind(p.lease_until.0).bind(&p.wanted_hash).execute(c).await?.rows_affected());
    Ok(n > 0)
}

/// When the next post may be claimed: due, not held, and its scope not paused.
pub async fn next_due(tx: &mut Tx) -> Result<Option<UnixMs>> {
    let at: Option<i64> = on!(tx, c => sqlx::query_scalar(
        "SELECT MIN(CASE WHEN h.until_ms > t.due_ms THEN h.until_ms ELSE t.due_ms END)
         FROM (SELECT scope, CASE WHEN lease_ms > due_ms THEN lease_ms ELSE due_ms END AS due_ms
               FROM posts WHERE state = 'waiting') AS t
         LEFT JOIN pauses h ON h.scope = t.scope")
        .fetch_one(c).await?);
    Ok(at.map(UnixMs))
}

/// How a post stands, for people: its state, GitHub's id of it, and what went wrong.
pub async fn standing(tx: &mut Tx, key: &str) -> Result<Option<(String, Option<String>, Option<String>)>> {
    Ok(on!(tx, c => sqlx::query_as("SELECT state, remote_id, error FROM posts WHERE dedupe_key = $1")
        .bind(key).fetch_optional(c).await?))
}

/// Posts that were not written at the first try, the newest first: their key, their state, and why.
pub async fn troubled(tx: &mut Tx, limit: i64) -> Result<Vec<(String, String, String)>> {
    Ok(on!(tx, c => sqlx::query_as(
        "SELECT dedupe_key, state, error FROM posts WHERE state IN ('waiting', 'failed') AND error IS NOT NULL
         ORDER BY created_ms DESC, id LIMIT $1").bind(limit).fetch_all(c).await?))
}

/// Forgets reactions that were given before: nothing is ever changed in them.
pub async fn forget_reactions(tx: &mut Tx, before: UnixMs) -> Result<u64> {
    Ok(on!(tx, c => sqlx::query("DELETE FROM posts WHERE kind = 'reaction' AND state = 'done' AND written_ms < $1")
        .bind(before.0).execute(c).await?.rows_affected()))
}
