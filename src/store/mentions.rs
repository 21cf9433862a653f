//! Releases and merged pull requests, and the flags that they may name.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};

use super::Tx;
use crate::domain::mention::{Mention, MentionId, MentionKind, PullHead};
use crate::domain::repo::RepoName;
use crate::id::RolloutId;
use crate::time::UnixMs;

/// What a pull request's text names.
const TEXT: &str = "text";
/// What its changed files name: they stay as they were merged when the text is edited.
const FILES: &str = "files";

#[derive(sqlx::FromRow)]
struct Row {
    origin: String,
    kind: String,
    id: String,
    repo: String,
    key: String,
    title: String,
    url: Option<String>,
    at_ms: i64,
    written_ms: i64,
}

impl Row {
    fn mention(self, flags: Vec<String>) -> Result<Mention> {
        Ok(Mention {
            of: MentionId { origin: self.origin, kind: kind(&self.kind)?, id: self.id },
            repo: repo(&self.repo)?,
            key: self.key,
            title: self.title,
            url: self.url,
            at: UnixMs(self.at_ms),
            written_at: UnixMs(self.written_ms),
            flags,
        })
    }
}

fn kind(text: &str) -> Result<MentionKind> {
    MentionKind::parse(text).context("reading what names a flag from the database")
}

fn repo(text: &str) -> Result<RepoName> {
    RepoName::parse(text).context("reading a repository's name from the database")
}

/// Keeps what a release or pull request says, in place of what it said before. Where it is new and `files_due` is given,
/// its files are asked for from then on. `false` where all of it was known, or something newer is.
///
/// Two at once for one repository must be kept apart by the caller.
pub async fn keep(tx: &mut Tx, m: &Mention, files_due: Option<UnixMs>) -> Result<bool> {
    let (origin, kind, id) = (&m.of.origin, m.of.kind.as_str(), &m.of.id);
    let wanted: BTreeSet<&String> = m.flags.iter().collect();
    on!(tx, c => {
        let row: Option<Row> = sqlx::query_as(
            "SELECT origin, kind, id, repo, key, title, url, at_ms, written_ms FROM mentions
             WHERE origin = $1 AND kind = $2 AND id = $3")
            .bind(origin).bind(kind).bind(id).fetch_optional(&mut *c).await?;
        if row.as_ref().is_some_and(|r| r.written_ms > m.written_at.0) {
            return Ok(false);
        }
        let known: Vec<String> = sqlx::query_scalar(
            "SELECT flag FROM mentioned_flags WHERE origin = $1 AND kind = $2 AND id = $3 AND via = $4")
            .bind(origin).bind(kind).bind(id).bind(TEXT).fetch_all(&mut *c).await?;
        sqlx::query(
            "INSERT INTO mentions (origin, kind, id, repo, key, title, url, at_ms, written_ms, files_due_ms, files_attempts)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0)
             ON CONFLICT (origin, kind, id) DO UPDATE SET repo = $4, key = $5, title = $6, url = $7, at_ms = $8,
               written_ms = $9")
            .bind(origin).bind(kind).bind(id).bind(m.repo.to_string()).bind(&m.key).bind(&m.title).bind(&m.url)
            .bind(m.at.0).bind(m.written_at.0).bind(files_due.map(|at| at.0)).execute(&mut *c).await?;
        let same_flags = known.iter().collect::<BTreeSet<_>>() == wanted;
        if !same_flags {
            sqlx::query("DELETE FROM mentioned_flags WHERE origin = $1 AND kind = $2 AND id = $3 AND via = $4")
                .bind(origin).bind(kind).bind(id).bind(TEXT).execute(&mut *c).await?;
            for flag in wanted {
                sqlx::query("INSERT INTO mentioned_flags (flag, origin, kind, id, via) VALUES ($1, $2, $3, $4, $5)")
                    .bind(flag).bind(origin).bind(kind).bind(id).bind(TEXT).execute(&mut *c).await?;
            }
        }
        let as_before = row.map(|r| r.mention(m.flags.clone())).transpose()?;
        Ok(!same_flags || as_before.is_none_or(|b| Mention { written_at: m.written_at, ..b } != *m))
    })
}

/// When a release or pull request that is known was published or merged.
pub async fn at(tx: &mut Tx, of: &MentionId) -> Result<Option<UnixMs>> {
    let at: Option<i64> = on!(tx, c => sqlx::query_scalar(
        "SELECT at_ms FROM mentions WHERE origin = $1 AND kind = $2 AND id = $3")
        .bind(&of.origin).bind(of.kind.as_str()).bind(&of.id).fetch_optional(c).await?);
    Ok(at.map(UnixMs))
}

/// The releases, or the pull requests, that name a flag and came no later than `until`: the latest first. Of what each
/// names, only this flag is told.
pub async fn of_flag(tx: &mut Tx, flag: &str, of: MentionKind, until: UnixMs, limit: i64) -> Result<Vec<Mention>> {
    let rows: Vec<Row> = on!(tx, c => sqlx::query_as(
        "SELECT m.origin, m.kind, m.id, m.repo, m.key, m.title, m.url, m.at_ms, m.written_ms FROM mentions m
         JOIN (SELECT DISTINCT origin, kind, id FROM mentioned_flags WHERE flag = $1 AND kind = $2) f
           ON f.origin = m.origin AND f.kind = m.kind AND f.id = m.id
         WHERE m.at_ms <= $3 ORDER BY m.at_ms DESC, m.origin, m.id DESC LIMIT $4")
        .bind(flag).bind(of.as_str()).bind(until.0).bind(limit).fetch_all(c).await?);
    rows.into_iter().map(|r| r.mention(vec![flag.to_owned()])).collect()
}

/// The repository whose releases and pull requests, up to `until`, name a flag, under its latest name; `None` where none
/// or several do.
pub async fn repo_of_flag(tx: &mut Tx, flag: &str, until: UnixMs) -> Result<Option<RepoName>> {
    let rows: Vec<(String, String)> = on!(tx, c => sqlx::query_as(
        "SELECT m.origin, m.repo FROM mentions m JOIN mentioned_flags f
           ON f.origin = m.origin AND f.kind = m.kind AND f.id = m.id
         WHERE f.flag = $1 AND m.at_ms <= $2
         GROUP BY m.origin, m.repo ORDER BY MAX(m.at_ms) DESC, m.origin, m.repo")
        .bind(flag).bind(until.0).fetch_all(c).await?);
    match rows.split_first() {
        Some(((origin, name), others)) if others.iter().all(|(o, _)| o == origin) => repo(name).map(Some),
        Some(_) | None => Ok(None),
    }
}

/// Rollouts of the flags that a release or pull request names, the latest first.
pub async fn rollouts_named(tx: &mut Tx, of: &MentionId, limit: i64) -> Result<Vec<RolloutId>> {
    let rows: Vec<String> = on!(tx, c => sqlx::query_scalar(
        "SELECT id FROM rollouts WHERE flag IN (
           SELECT flag FROM mentioned_flags WHERE origin = $1 AND kind = $2 AND id = $3)
         ORDER BY COALESCE(started_ms, created_ms) DESC, id LIMIT $4")
        .bind(&of.origin).bind(of.kind.as_str()).bind(&of.id).bind(limit).fetch_all(c).await?);
    Ok(rows.into_iter().map(RolloutId).collect())
}

/// Keeps the latest commit of a merged pull request.
pub async fn keep_head(tx: &mut Tx, head: &PullHead) -> Result<()> {
    on!(tx, c => sqlx::query(
        "INSERT INTO pull_heads (origin, number, repo, sha) VALUES ($1, $2, $3, $4)
         ON CONFLICT (origin, number) DO UPDATE SET repo = $3, sha = $4")
        .bind(&head.of.origin).bind(&head.of.id).bind(head.repo.to_string()).bind(&head.sha)
        .execute(c).await?.rows_affected());
    Ok(())
}

fn heads(rows: Vec<(String, String, String, String)>) -> Result<Vec<PullHead>> {
    rows.into_iter()
        .map(|(origin, id, name, sha)| {
            Ok(PullHead { of: MentionId { origin, kind: MentionKind::Pull, id }, repo: repo(&name)?, sha })
        })
        .collect()
}

/// The latest commits of pull requests that name a flag and were merged by `until`, the latest first.
pub async fn heads_of_flag(tx: &mut Tx, flag: &str, until: UnixMs, limit: i64) -> Result<Vec<PullHead>> {
    heads(on!(tx, c => sqlx::query_as(
        "SELECT h.origin, h.number, h.repo, h.sha FROM pull_heads h
         JOIN mentions m ON m.origin = h.origin AND m.kind = 'pull' AND m.id = h.number
         WHERE m.at_ms <= $2 AND EXISTS (SELECT 1 FROM mentioned_flags f
           WHERE f.flag = $1 AND f.origin = h.origin AND f.kind = 'pull' AND f.id = h.number)
         ORDER BY m.at_ms DESC, h.origin, h.number LIMIT $3")
        .bind(flag).bind(until.0).bind(limit).fetch_all(c).await?))
}

/// The latest commits of pull requests that a release contains, the latest first: of its repository, merged since the
/// release before it.
pub async fn heads_of_release(tx: &mut Tx, of: &MentionId, at: UnixMs, limit: i64) -> Result<Vec<PullHead>> {
    heads(on!(tx, c => sqlx::query_as(
        "SELECT h.origin, h.number, h.repo, h.sha FROM pull_heads h
         JOIN mentions m ON m.origin = h.origin AND m.kind = 'pull' AND m.id = h.number
         WHERE h.origin = $1 AND m.at_ms <= $2 AND m.at_ms > COALESCE((SELECT MAX(r.at_ms) FROM mentions r
           WHERE r.origin = $1 AND r.kind = 'release' AND r.id <> $3 AND r.at_ms <= $2), 0)
         ORDER BY m.at_ms DESC, h.number LIMIT $4")
        .bind(&of.origin).bind(at.0).bind(&of.id).bind(limit).fetch_all(c).await?))
}

/// A pull request whose changed files are to be asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unasked {
    /// Which.
    pub of: MentionId,
    /// The repository's name, as far as is known.
    pub repo: RepoName,
    /// Attempts so far, with this one.
    pub attempts: i64,
}

/// Takes a pull request whose files are due, until `lease_until`; after that another may take it.
pub async fn take_files(tx: &mut Tx, now: UnixMs, lease_until: UnixMs) -> Result<Option<Unasked>> {
    let sql = if tx.skips_locked() {
        "UPDATE mentions SET files_due_ms = $2, files_attempts = files_attempts + 1 WHERE (origin, kind, id) IN (
           SELECT origin, kind, id FROM mentions WHERE files_due_ms <= $1 ORDER BY files_due_ms, origin, id LIMIT 1
           FOR UPDATE SKIP LOCKED)
         RETURNING origin, kind, id, repo, files_attempts"
    } else {
        "UPDATE mentions SET files_due_ms = $2, files_attempts = files_attempts + 1 WHERE (origin, kind, id) IN (
           SELECT origin, kind, id FROM mentions WHERE files_due_ms <= $1 ORDER BY files_due_ms, origin, id LIMIT 1)
         RETURNING origin, kind, id, repo, files_attempts"
    };
    let row: Option<(String, String, String, String, i64)> =
        on!(tx, c => sqlx::query_as(sql).bind(now.0).bind(lease_until.0).fetch_optional(c).await?);
    row.map(|(origin, of, id, name, attempts)| {
        Ok(Unasked { of: MentionId { origin, kind: kind(&of)?, id }, repo: repo(&name)?, attempts })
    })
    .transpose()
}

/// Lets a pull request's files wait until `due`, after so many attempts.
pub async fn postpone_files(tx: &mut Tx, of: &MentionId, due: UnixMs, attempts: i64) -> Result<()> {
    on!(tx, c => sqlx::query(
        "UPDATE mentions SET files_due_ms = $4, files_attempts = $5 WHERE origin = $1 AND kind = $2 AND id = $3")
        .bind(&of.origin).bind(of.kind.as_str()).bind(&of.id).bind(due.0).bind(attempts)
        .execute(c).await?.rows_affected());
    Ok(())
}

/// Keeps what a pull request's files name: they are not asked for again.
pub async fn files_name(tx: &mut Tx, of: &MentionId, flags: &[String]) -> Result<()> {
    on!(tx, c => {
        sqlx::query("UPDATE mentions SET files_due_ms = NULL WHERE origin = $1 AND kind = $2 AND id = $3")
            .bind(&of.origin).bind(of.kind.as_str()).bind(&of.id).execute(&mut *c).await?;
        for flag in flags {
            sqlx::query(
                "INSERT INTO mentioned_flags (flag, origin, kind, id, via) VALUES ($1, $2, $3, $4, $5)
                 ON CONFLICT (flag, origin, kind, id, via) DO NOTHING")
                .bind(flag).bind(&of.origin).bind(of.kind.as_str()).bind(&of.id).bind(FILES).execute(&mut *c).await?;
        }
    });
    Ok(())
}

/// When the next pull request's files are due.
pub async fn next_files(tx: &mut Tx) -> Result<Option<UnixMs>> {
    let at: Option<i64> = on!(tx, c => sqlx::query_scalar(
        "SELECT MIN(files_due_ms) FROM mentions WHERE files_due_ms IS NOT NULL").fetch_one(c).await?);
    Ok(at.map(UnixMs))
}
