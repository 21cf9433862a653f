//! Policies: what is in force, and when they are read again.
use anyhow::Result;
use hearback::domain::policy::TicketMode;
use hearback::domain::repo::RepoName;
use hearback::domain::repo_policy::RepoPolicy;
use hearback::store::policies::{self, InForce, Kept};
use hearback::store::{Db, Tx};
use hearback::time::UnixMs;

on_both!(
    what_was_never_asked_for_is_told_from_what_says_nothing,
    a_push_during_the_reading_has_it_read_again,
    a_claim_is_one_worker_s,
    a_later_commit_of_a_pull_request_is_looked_at_too,
);

fn shop() -> RepoName {
    RepoName::parse("Acme/Shop").unwrap()
}

fn good(text: &str) -> InForce {
    let policy = RepoPolicy { tickets: Some(TicketMode::Off), ..RepoPolicy::default() };
    InForce { text: text.to_owned(), policy, sha: "s1".into(), since: UnixMs(7) }
}

async fn take(tx: &mut Tx, now: i64, until: i64) -> Result<Option<Kept>> {
    policies::take(tx, UnixMs(now), UnixMs(until)).await
}

async fn what_was_never_asked_for_is_told_from_what_says_nothing(db: Db) -> Result<()> {
    let mut tx = db.write().await?;
    assert_eq!(policies::in_force(&mut tx, &shop()).await?, None);
    assert!(policies::sight(&mut tx, &shop(), UnixMs(10)).await?);
    assert!(!policies::sight(&mut tx, &RepoName::parse("acme/shop").unwrap(), UnixMs(5)).await?, "in any case");
    assert_eq!(policies::in_force(&mut tx, &shop()).await?, Some(RepoPolicy::default()));
    assert_eq!(policies::next_due(&mut tx).await?, Some(UnixMs(10)));
    let taken = take(&mut tx, 10, 50).await?.unwrap();
    assert_eq!((taken.repo.to_string().as_str(), taken.attempts, taken.read_at), ("Acme/Shop", 1, None));
    let kept = Kept {
        in_force: Some(good("tickets: off")),
        etag: Some("e".into()),
        read_sha: Some("s1".into()),
        read_at: Some(UnixMs(11)),
        attempts: 0,
        ..taken
    };
    policies::keep(&mut tx, &kept, UnixMs(50), UnixMs(100)).await?;
    assert_eq!(policies::get(&mut tx, &shop()).await?, Some(kept.clone()));
    assert_eq!(policies::all(&mut tx, 9).await?, std::slice::from_ref(&kept));
    assert_eq!(policies::all_in_force(&mut tx).await?, [good("").policy]);
    assert_eq!(policies::in_force(&mut tx, &shop()).await?, Some(good("").policy));
    policies::postpone(&mut tx, &shop(), UnixMs(200), 3, "away").await?;
    let after = policies::get(&mut tx, &shop()).await?.unwrap();
    assert_eq!((after.attempts, after.problem.as_deref(), after.in_force), (3, Some("away"), kept.in_force));
    assert_eq!(policies::next_due(&mut tx).await?, Some(UnixMs(200)));
    Ok(())
}

async fn a_push_during_the_reading_has_it_read_again(db: Db) -> Result<()> {
    let mut tx = db.write().await?;
    policies::pushed(&mut tx, &shop(), "c1", UnixMs(10)).await?;
    let taken = take(&mut tx, 10, 50).await?.unwrap();
    assert_eq!(taken.check_sha.as_deref(), Some("c1"));
    policies::pushed(&mut tx, &shop(), "c2", UnixMs(20)).await?;
    policies::keep(&mut tx, &taken, UnixMs(50), UnixMs(100)).await?;
    assert_eq!(policies::next_due(&mut tx).await?, Some(UnixMs(20)));
    let again = take(&mut tx, 20, 60).await?.unwrap();
    assert_eq!(again.check_sha.as_deref(), Some("c2"), "the commit that waits to be told stays");
    policies::keep(&mut tx, &again, UnixMs(60), UnixMs(100)).await?;
    let after = policies::get(&mut tx, &shop()).await?.unwrap();
    assert_eq!((after.check_sha, policies::next_due(&mut tx).await?), (None, Some(UnixMs(100))));
    Ok(())
}

async fn a_claim_is_one_worker_s(db: Db) -> Result<()> {
    let mut tx = db.write().await?;
    policies::sight(&mut tx, &shop(), UnixMs(10)).await?;
    assert_eq!(take(&mut tx, 9, 50).await?, None, "not due");
    assert!(take(&mut tx, 10, 50).await?.is_some());
    assert_eq!(take(&mut tx, 49, 90).await?, None, "another has it");
    assert_eq!(take(&mut tx, 50, 90).await?.map(|k| k.attempts), Some(2), "who had it is gone");
    Ok(())
}

async fn a_later_commit_of_a_pull_request_is_looked_at_too(db: Db) -> Result<()> {
    let mut tx = db.write().await?;
    policies::proposed(&mut tx, &shop(), "41", "c1", UnixMs(10)).await?;
    let first = policies::take_pull(&mut tx, UnixMs(10), UnixMs(50)).await?.unwrap();
    assert_eq!((first.number.as_str(), first.sha.as_str(), first.attempts), ("41", "c1", 1));
    policies::proposed(&mut tx, &shop(), "41", "c2", UnixMs(20)).await?;
    policies::pull_done(&mut tx, &first).await?;
    let second = policies::take_pull(&mut tx, UnixMs(20), UnixMs(60)).await?.unwrap();
    assert_eq!((second.sha.as_str(), second.attempts), ("c2", 1));
    policies::postpone_pull(&mut tx, &second, UnixMs(90), 1).await?;
    assert_eq!(policies::next_due(&mut tx).await?, Some(UnixMs(90)));
    policies::pull_done(&mut tx, &second).await?;
    assert_eq!(policies::next_due(&mut tx).await?, None);
    Ok(())
}
