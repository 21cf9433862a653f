//! Repositories' policies: what is in force, what was read last, and when they are asked again.

use anyhow::{Context as _, Result};

use super::{Tx, from_json, to_json};
use crate::domain::repo::RepoName;
use crate::domain::repo_policy::RepoPolicy;
use crate::time::UnixMs;

/// What is kept of a repository's policy.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    /// Whose.
    pub repo: RepoName,
    /// The file in force, and since when; `None` where there is none.
    pub in_force: Option<InForce>,
    /// The tag of what was read last.
    pub etag: Option<String>,
    /// The content that was read last.
    pub read_sha: Option<String>,
    /// What is wrong with it, as JSON.
    pub faults: Option<String>,
    /// When it was read last; `None` where it never was.
    pub read_at: Option<UnixMs>,
    /// The commit on which a check run waits to be told.
    pub check_sha: Option<String>,
    /// Attempts since an answer came, with this one.
    pub attempts: i64,
    /// Why the last attempt came to nothing.
    pub problem: Option<String>,
}

/// A file in force.
#[derive(Clone, Debug, PartialEq)]
pub struct InForce {
    /// The file.
    pub text: String,
    /// What it says.
    pub policy: RepoPolicy,
    /// The content's own hash.
    pub sha: String,
    /// Since when.
    pub since: UnixMs,
}

#[derive(sqlx::FromRow)]
struct Row {
    name: String,
    text: Option<String>,
    policy: Option<String>,
    sha: Option<String>,
    since_ms: Option<i64>,
    etag: Option<String>,
    read_sha: Option<String>,
    faults: Option<String>,
    read_ms: Option<i64>,
    check_sha: Option<String>,
    attempts: i64,
    problem: Option<String>,
}

impl TryFrom<Row> for Kept {
    type Error = anyhow::Error;

    fn try_from(r: Row) -> Result<Self> {
        let in_force = match (r.text, r.policy) {
            (Some(text), Some(policy)) => Some(InForce {
                text,
                policy: from_json(&policy)?,
                sha: r.sha.unwrap_or_default(),
                since: UnixMs(r.since_ms.unwrap_or_default()),
            }),
            (Some(_), None) | (None, _) => None,
        };
        Ok(Self {
            repo: repo(&r.name)?,
            in_force,
            etag: r.etag,
            read_sha: r.read_sha,
            faults: r.faults,
            read_at: r.read_ms.map(UnixMs),
            check_sha: r.check_sha,
            attempts: r.attempts,
            problem: r.problem,
        })
    }
}

fn repo(text: &str) -> Result<RepoName> {
    RepoName::parse(text).context("reading a repository's name from the database")
}

fn key(repo: &RepoName) -> String {
    repo.to_string().to_lowercase()
}

/// What a repository's file in force says, which is nothing where there is none; `None` where it was never asked for.
pub async fn in_force(tx: &mut Tx, repo: &RepoName) -> Result<Option<RepoPolicy>> {
    let row: Option<Option<String>> = on!(tx, c => sqlx::query_scalar("SELECT policy FROM policies WHERE repo = $1")
        .bind(key(repo)).fetch_optional(c).await?);
    row.map(|policy| policy.map_or_else(|| Ok(RepoPolicy::default()), |text| from_json(&text))).transpose()
}

/// Every policy that is in force.
pub async fn all_in_force(tx: &mut Tx) -> Result<Vec<RepoPolicy>> {
    let rows: Vec<String> = on!(tx, c => sqlx::query_scalar(
        "SELECT policy FROM policies WHERE policy IS NOT NULL ORDER BY repo").fetch_all(c).await?);
    rows.iter().map(|policy| from_json(policy)).collect()
}

/// What is kept of a repository's policy.
pub async fn get(tx: &mut Tx, repo: &RepoName) -> Result<Option<Kept>> {
    let row: Option<Row> = on!(tx, c => sqlx::query_as(
        "SELECT name, text, policy, sha, since_ms, etag, read_sha, faults, read_ms, check_sha, attempts, problem
         FROM policies WHERE repo = $1").bind(key(repo)).fetch_optional(c).await?);
    row.map(Kept::try_from).transpose()
}

/// What is kept of every repository's policy.
pub async fn all(tx: &mut Tx, limit: i64) -> Result<Vec<Kept>> {
    let rows: Vec<Row> = on!(tx, c => sqlx::query_as(
        "SELECT name, text, policy, sha, since_ms, etag, read_sha, faults, read_ms, check_sha, attempts, problem
         FROM policies ORDER BY repo LIMIT $1").bind(limit).fetch_all(c).await?);
    rows.into_iter().map(Kept::try_from).collect()
}

/// Has a repository's policy read for the first time. `false` where it is known.
pub async fn sight(tx: &mut Tx, repo: &RepoName, now: UnixMs) -> Result<bool> {
    let done = on!(tx, c => sqlx::query(
        "INSERT INTO policies (repo, name, due_ms, attempts) VALUES ($1, $2, $3, 0) ON CONFLICT (repo) DO NOTHING")
        .bind(key(repo)).bind(repo.to_string()).bind(now.0).execute(c).await?.rows_affected());
    Ok(done > 0)
}

/// Has a repository's policy read at once, and a check run told on a commit.
pub async fn pushed(tx: &mut Tx, repo: &RepoName, sha: &str, now: UnixMs) -> Result<()> {
    on!(tx, c => sqlx::query(
        "INSERT INTO policies (repo, name, check_sha, due_ms, attempts) VALUES ($1, $2, $3, $4, 0)
         ON CONFLICT (repo) DO UPDATE SET name = $2, check_sha = $3, due_ms = $4, attempts = 0")
        .bind(key(repo)).bind(repo.to_string()).bind(sha).bind(now.0).execute(c).await?.rows_affected());
    Ok(())
}

/// Takes a policy that is due, until `lease_until`; after that another may take it.
pub async fn take(tx: &mut Tx, now: UnixMs, lease_until: UnixMs) -> Result<Option<Kept>> {
    let sql = if tx.skips_locked() {
        "UPDATE policies SET due_ms = $2, attempts = attempts + 1 WHERE repo IN (
           SELECT repo FROM policies WHERE due_ms <= $1 ORDER BY due_ms, repo LIMIT 1 FOR UPDATE SKIP LOCKED)
         RETURNING name, text, policy, sha, since_ms, etag, read_sha, faults, read_ms, check_sha, attempts, problem"
    } else {
        "UPDATE policies SET due_ms = $2, attempts = attempts + 1 WHERE repo IN (
           SELECT repo FROM policies WHERE due_ms <= $1 ORDER BY due_ms, repo LIMIT 1)
         RETURNING name, text, policy, sha, since_ms, etag, read_sha, faults, read_ms, check_sha, attempts, problem"
    };
    let row: Option<Row> = on!(tx, c => sqlx::query_as(sql).bind(now.0).bind(lease_until.0).fetch_optional(c).await?);
    row.map(Kept::try_from).transpose()
}

/// Keeps what was read of a policy that was taken until `lease_until`, and when it is asked again. A push that came
/// meanwhile has it read again at once, and its check run told then.
pub async fn keep(tx: &mut Tx, k: &Kept, lease_until: UnixMs, due: UnixMs) -> Result<()> {
    let force = k.in_force.as_ref();
    let policy = force.map(|f| to_json(&f.policy)).transpose()?;
    on!(tx, c => sqlx::query(
        "UPDATE policies SET text = $2, policy = $3, sha = $4, since_ms = $5, etag = $6, read_sha = $7, faults = $8,
           read_ms = $9, problem = $10, attempts = $11,
           check_sha = CASE WHEN due_ms = $12 THEN NULL ELSE check_sha END,
           due_ms = CASE WHEN due_ms = $12 THEN $13 ELSE due_ms END
         WHERE repo = $1")
        .bind(key(&k.repo)).bind(force.map(|f| &f.text)).bind(&policy).bind(force.map(|f| &f.sha))
        .bind(force.map(|f| f.since.0)).bind(&k.etag).bind(&k.read_sha).bind(&k.faults).bind(k.read_at.map(|t| t.0))
        .bind(&k.problem).bind(k.attempts).bind(lease_until.0).bind(due.0).execute(c).await?.rows_affected());
    Ok(())
}

/// Lets a policy wait until `due`, after so many attempts, the last of which came to nothing.
pub async fn postpone(tx: &mut Tx, repo: &RepoName, due: UnixMs, attempts: i64, problem: &str) -> Result<()> {
    on!(tx, c => sqlx::query("UPDATE policies SET due_ms = $2, attempts = $3, problem = $4 WHERE repo = $1")
        .bind(key(repo)).bind(due.0).bind(attempts).bind(problem).execute(c).await?.rows_affected());
    Ok(())
}

/// A pull request that may propose another policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposed {
    /// Whose.
    pub repo: RepoName,
    /// The number.
    pub number: String,
    /// Its latest commit.
    pub sha: String,
    /// Attempts so far, with this one.
    pub attempts: i64,
}

/// Has a pull request looked at.
pub async fn proposed(tx: &mut Tx, repo: &RepoName, number: &str, sha: &str, now: UnixMs) -> Result<()> {
    on!(tx, c => sqlx::query(
        "INSERT INTO policy_pulls (repo, number, name, sha, due_ms, attempts) VALUES ($1, $2, $3, $4, $5, 0)
         ON CONFLICT (repo, number) DO UPDATE SET name = $3, sha = $4, due_ms = $5, attempts = 0")
        .bind(key(repo)).bind(number).bind(repo.to_string()).bind(sha).bind(now.0).execute(c).await?.rows_affected());
    Ok(())
}

/// Takes a pull request that is due, until `lease_until`; after that another may take it.
pub async fn take_pull(tx: &mut Tx, now: UnixMs, lease_until: UnixMs) -> Result<Option<Proposed>> {
    let sql = if tx.skips_locked() {
        "UPDATE policy_pulls SET due_ms = $2, attempts = attempts + 1 WHERE (repo, number) IN (
           SELECT repo, number FROM policy_pulls WHERE due_ms <= $1 ORDER BY due_ms, repo, number LIMIT 1
           FOR UPDATE SKIP LOCKED)
         RETURNING name, number, sha, attempts"
    } else {
        "UPDATE policy_pulls SET due_ms = $2, attempts = attempts + 1 WHERE (repo, number) IN (
           SELECT repo, number FROM policy_pulls WHERE due_ms <= $1 ORDER BY due_ms, repo, number LIMIT 1)
         RETURNING name, number, sha, attempts"
    };
    let row: Option<(String, String, String, i64)> =
        on!(tx, c => sqlx::query_as(sql).bind(now.0).bind(lease_until.0).fetch_optional(c).await?);
    row.map(|(name, number, sha, attempts)| Ok(Proposed { repo: repo(&name)?, number, sha, attempts })).transpose()
}

/// A pull request was looked at. A later commit of it waits all the same.
pub async fn pull_done(tx: &mut Tx, of: &Proposed) -> Result<()> {
    on!(tx, c => sqlx::query("DELETE FROM policy_pulls WHERE repo = $1 AND number = $2 AND sha = $3")
        .bind(key(&of.repo)).bind(&of.number).bind(&of.sha).execute(c).await?.rows_affected());
    Ok(())
}

/// Lets a pull request wait until `due`, after so many attempts.
pub async fn postpone_pull(tx: &mut Tx, of: &Proposed, due: UnixMs, attempts: i64) -> Result<()> {
    on!(tx, c => sqlx::query(
        "UPDATE policy_pulls SET due_ms = $4, attempts = $5 WHERE repo = $1 AND number = $2 AND sha = $3")
        .bind(key(&of.repo)).bind(&of.number).bind(&of.sha).bind(due.0).bind(attempts)
        .execute(c).await?.rows_affected());
    Ok(())
}

/// When the next policy or pull request is due.
pub async fn next_due(tx: &mut Tx) -> Result<Option<UnixMs>> {
    let at: Option<i64> = on!(tx, c => sqlx::query_scalar(
        "SELECT MIN(due_ms) FROM (SELECT due_ms FROM policies UNION ALL SELECT due_ms FROM policy_pulls) AS all_due")
        .fetch_one(c).await?);
    Ok(at.map(UnixMs))
}
