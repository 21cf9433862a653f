//! Decisions, installations, pauses, and the secrets that an installation made for itself.
use anyhow::Result;
use hearback::id::DecisionId;
use hearback::store::decisions::{self, Decision};
use hearback::store::{Db, installations, meta, pauses};
use hearback::time::UnixMs;

use super::samples::kept;

on_both!(
    a_decision_is_recorded_when_it_changes,
    the_newest_word_on_an_installation_stands,
    the_longer_pause_stands,
    two_that_start_together_have_one_secret,
    what_is_not_committed_never_was,
);

async fn a_decision_is_recorded_when_it_changes(db: Db) -> Result<()> {
    let id = kept(&db, "f").await?;
    let mut tx = db.write().await?;
    let decision = |subject: &str, verdict: &str, why: &str, at_ms| Decision {
        subject: subject.into(),
        verdict: verdict.into(),
        why: why.into(),
        evidence: "{}".into(),
        at_ms,
    };
    for (n, d, new) in [
        (1, decision("report", "skip", "nobody answered yet", 1), true),
        (2, decision("report", "skip", "nobody answered yet", 2), false),
        (3, decision("th_1", "skip", "nobody answered yet", 2), true),
        (4, decision("report", "file", "1 person answered", 3), true),
        (5, decision("report", "skip", "nobody answered yet", 4), true),
        (6, decision("report", "skip", "for another reason", 4), true),
        (7, decision("report", "skip", "for another reason", 5), false),
    ] {
        assert_eq!(decisions::record(&mut tx, &DecisionId(format!("de_{n}")), &id, &d).await?, new, "{n}");
    }
    let all: Vec<i64> = decisions::of_rollout(&mut tx, &id).await?.iter().map(|d| d.at_ms).collect();
    assert_eq!(all, [1, 2, 3, 4, 4]);
    Ok(())
}

async fn the_newest_word_on_an_installation_stands(db: Db) -> Result<()> {
    let mut tx = db.write().await?;
    for (state, at) in [("active", 10), ("suspended", 30), ("active", 20)] {
        installations::set(&mut tx, 7, "acme", state, UnixMs(at)).await?;
    }
    installations::set(&mut tx, 3, "ada", "active", UnixMs(1)).await?;
    let all = [(3, "ada".into(), "active".into()), (7, "acme".into(), "suspended".into())];
    assert_eq!(installations::all(&mut tx).await?, all);
    Ok(())
}

async fn the_longer_pause_stands(db: Db) -> Result<()> {
    let mut tx = db.write().await?;
    pauses::hold(&mut tx, "jira", UnixMs(100), "rate limit").await?;
    pauses::hold(&mut tx, "jira", UnixMs(50), "one write at a time").await?;
    assert_eq!(pauses::standing(&mut tx, UnixMs(99)).await?, [("jira".into(), UnixMs(100), "rate limit".into())]);
    pauses::hold(&mut tx, "jira", UnixMs::NEVER, "suspended").await?;
    pauses::hold(&mut tx, "github:acme", UnixMs(10), "rate limit").await?;
    let reasons: Vec<String> = pauses::standing(&mut tx, UnixMs(10)).await?.into_iter().map(|(.., r)| r).collect();
    assert_eq!(reasons, ["suspended"], "what is over does not stand");
    pauses::lift(&mut tx, "jira").await?;
    assert_eq!(pauses::standing(&mut tx, UnixMs(0)).await?.len(), 1);
    Ok(())
}

async fn two_that_start_together_have_one_secret(db: Db) -> Result<()> {
    let starts: Vec<_> = (0..8)
        .map(|n| {
            let db = db.clone();
            tokio::spawn(async move {
                let mut tx = db.write().await?;
                let secret = meta::get_or_make(&mut tx, "secret", &format!("fresh {n}")).await?;
                tx.commit().await?;
                anyhow::Ok(secret)
            })
        })
        .collect();
    let mut secrets = Vec::new();
    for start in starts {
        secrets.push(start.await??);
    }
    secrets.dedup();
    assert_eq!(secrets.len(), 1, "{secrets:?}");
    let mut tx = db.write().await?;
    assert_eq!(meta::get_or_make(&mut tx, "secret", "later").await?, secrets[0]);
    meta::ping(&mut tx).await
}

async fn what_is_not_committed_never_was(db: Db) -> Result<()> {
    let mut tx = db.write().await?;
    assert_eq!(meta::get_or_make(&mut tx, "secret", "lost").await?, "lost");
    drop(tx);
    let mut tx = db.write().await?;
    assert_eq!(meta::get_or_make(&mut tx, "secret", "kept").await?, "kept");
    Ok(())
}
