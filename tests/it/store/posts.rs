use anyhow::Result;
use hearback::domain::post::{Content, Post, Reactable, Reaction, WantedPost};
use hearback::domain::repo::RepoName;
use hearback::store::{Db, pauses, posts};
use hearback::time::UnixMs;

on_both!(
    the_same_wish_twice_is_one,
    other_content_waits_for_the_coalescing_time,
    what_changes_while_it_is_written_is_written_again,
    a_claim_waits_for_its_time_for_pauses_and_for_its_scope,
    only_who_holds_the_lease_records,
    what_failed_gets_a_try_when_something_else_is_wanted,
);

const COALESCE: i64 = 60;

fn answer(number: u64, text: &str) -> WantedPost {
    WantedPost {
        key: format!("answer:acme/shop#{number}"),
        repo: RepoName::parse("Acme/shop").unwrap(),
        rollout: None,
        content: Content::Comment { number, text: text.into() },
    }
}

async fn want(db: &Db, post: &WantedPost, now: i64) -> Result<bool> {
    let mut tx = db.write().await?;
    let new = posts::want(&mut tx, post, UnixMs(now), COALESCE).await?;
    tx.commit().await?;
    Ok(new)
}

async fn claim(db: &Db, now: i64, until: i64) -> Result<Option<Post>> {
    let mut tx = db.write().await?;
    let got = posts::claim(&mut tx, "w", UnixMs(now), UnixMs(until)).await?;
    tx.commit().await?;
    Ok(got)
}

async fn done(db: &Db, post: &Post, remote: &str, now: i64) -> Result<bool> {
    let mut tx = db.write().await?;
    let ours = posts::done(&mut tx, post, Some(remote), UnixMs(now), COALESCE).await?;
    tx.commit().await?;
    Ok(ours)
}

async fn due(db: &Db) -> Result<Option<UnixMs>> {
    posts::next_due(&mut db.read().await?).await
}

async fn the_same_wish_twice_is_one(db: Db) -> Result<()> {
    assert!(want(&db, &answer(1, "a"), 10).await?);
    assert!(!want(&db, &answer(1, "a"), 11).await?);
    let post = claim(&db, 10, 100).await?.expect("it is due");
    assert_eq!((post.id, post.scope.as_str()), (answer(1, "b").id(), "github:acme"));
    let reaction = WantedPost {
        key: "reaction:comment:7:eyes".into(),
        content: Content::Reaction { to: Reactable::IssueComment(7), with: Reaction::Eyes },
        ..answer(1, "")
    };
    assert!(want(&db, &reaction, 12).await?);
    Ok(())
}

async fn other_content_waits_for_the_coalescing_time(db: Db) -> Result<()> {
    want(&db, &answer(1, "a"), 10).await?;
    let post = claim(&db, 10, 100).await?.unwrap();
    assert!(done(&db, &post, "7", 20).await?);
    assert_eq!((due(&db).await?, claim(&db, 999, 1_100).await?), (None, None));
    assert!(!want(&db, &answer(1, "a"), 30).await?, "it says that");
    assert!(want(&db, &answer(1, "b"), 30).await?);
    assert!(want(&db, &answer(1, "c"), 40).await?);
    assert_eq!(due(&db).await?, Some(UnixMs(80)), "one write in that time");
    assert_eq!(claim(&db, 79, 200).await?, None);
    let post = claim(&db, 80, 200).await?.unwrap();
    assert!(post.payload.contains("\"c\"") && post.remote.as_deref() == Some("7"), "{post:?}");
    assert!(done(&db, &post, "7", 90).await?);
    // Long after the last write it is due at once.
    want(&db, &answer(1, "d"), 1_000).await?;
    assert_eq!(due(&db).await?, Some(UnixMs(1_000)));
    Ok(())
}

async fn what_changes_while_it_is_written_is_written_again(db: Db) -> Result<()> {
    want(&db, &answer(1, "a"), 10).await?;
    let post = claim(&db, 10, 100).await?.unwrap();
    want(&db, &answer(1, "b"), 20).await?;
    assert_eq!(claim(&db, 20, 200).await?, None, "somebody writes it");
    assert_eq!(due(&db).await?, Some(UnixMs(100)));
    assert!(done(&db, &post, "7", 30).await?);
    assert_eq!(due(&db).await?, Some(UnixMs(90)));
    let again = claim(&db, 90, 200).await?.expect("it is due again");
    assert!(again.payload.contains("\"b\"") && again.remote.as_deref() == Some("7"), "{again:?}");
    assert!(done(&db, &again, "7", 95).await?);
    assert_eq!(due(&db).await?, None);
    Ok(())
}

async fn a_claim_waits_for_its_time_for_pauses_and_for_its_scope(db: Db) -> Result<()> {
    want(&db, &answer(1, "a"), 10).await?;
    want(&db, &answer(2, "a"), 20).await?;
    assert_eq!(claim(&db, 9, 100).await?, None);
    let mut tx = db.write().await?;
    pauses::hold(&mut tx, "github:acme", UnixMs(50), "slow down").await?;
    tx.commit().await?;
    assert_eq!((claim(&db, 49, 100).await?, due(&db).await?), (None, Some(UnixMs(50))));
    let first = claim(&db, 50, 100).await?.expect("the pause is over");
    assert_eq!(first.key, "answer:acme/shop#1");
    assert_eq!(claim(&db, 60, 160).await?, None, "one at a time in an account");
    let again = claim(&db, 100, 200).await?.expect("the lease is over");
    assert_eq!(again.key, "answer:acme/shop#1");
    assert!(!done(&db, &first, "7", 101).await?, "it is another's by now");
    assert!(done(&db, &again, "7", 102).await?);
    assert_eq!(claim(&db, 103, 200).await?.unwrap().key, "answer:acme/shop#2");
    Ok(())
}

async fn only_who_holds_the_lease_records(db: Db) -> Result<()> {
    want(&db, &answer(1, "a"), 10).await?;
    let post = claim(&db, 10, 100).await?.unwrap();
    let mut tx = db.write().await?;
    assert!(!posts::mark_sent(&mut tx, &post, UnixMs(20), UnixMs(101)).await?, "the lease ends before the answer");
    assert!(posts::mark_sent(&mut tx, &post, UnixMs(20), UnixMs(90)).await?);
    assert!(posts::holds(&mut tx, &post, UnixMs(90)).await?);
    assert!(posts::retry(&mut tx, &post, UnixMs(70), Some(UnixMs(20)), true, "lost").await?);
    assert!(!posts::holds(&mut tx, &post, UnixMs(90)).await?);
    assert!(!posts::retry(&mut tx, &post, UnixMs(71), None, true, "lost").await?);
    tx.commit().await?;
    let again = claim(&db, 70, 200).await?.unwrap();
    assert_eq!((again.attempts, again.sent_at), (1, Some(UnixMs(20))), "what may have happened is not forgotten");
    Ok(())
}

async fn what_failed_gets_a_try_when_something_else_is_wanted(db: Db) -> Result<()> {
    want(&db, &answer(1, "a"), 10).await?;
    let post = claim(&db, 10, 100).await?.unwrap();
    let mut tx = db.write().await?;
    assert!(posts::give_up(&mut tx, &post, "locked").await?);
    assert_eq!(posts::troubled(&mut tx, 9).await?, [(post.key.clone(), "failed".to_owned(), "locked".to_owned())]);
    tx.commit().await?;
    assert_eq!(claim(&db, 200, 300).await?, None);
    want(&db, &answer(1, "b"), 210).await?;
    let post = claim(&db, 210, 300).await?.expect("other content gets a try");
    // So does what was wanted while the last try was under way.
    want(&db, &answer(1, "c"), 220).await?;
    let mut tx = db.write().await?;
    assert!(posts::give_up(&mut tx, &post, "locked").await?);
    tx.commit().await?;
    let post = claim(&db, 230, 300).await?.expect("nothing of it was tried");
    assert!(post.payload.contains("\"c\""), "{post:?}");
    Ok(())
}
