use anyhow::Result;
use hearback::domain::signal::{Exposure, Signal, SignalKind, Subject};
use hearback::id::{DeliveryId, SignalId};
use hearback::store::{Db, Tx, signals};
use hearback::time::UnixMs;

use super::samples::{flag, release, signal};

on_both!(the_same_fact_is_kept_once, deployments_join_the_release_of_their_tag, a_subject_can_be_held);

async fn insert(tx: &mut Tx, n: u32, s: &Signal, unique: &str) -> Result<bool> {
    let delivery = DeliveryId(format!("dl_{n}"));
    signals::insert(tx, &SignalId(format!("sg_{n}")), s, Some(&delivery), unique).await
}

async fn the_same_fact_is_kept_once(db: Db) -> Result<()> {
    let subject = flag("f", "production");
    let on = SignalKind::Exposed { exposure: Exposure::On };
    let first = signal(&subject, on.clone(), 10);
    let untimed = Signal { occurred_at: None, ..first.clone() };
    let edited = signal(&subject, SignalKind::Edited, 10);
    let half = SignalKind::Exposed { exposure: Exposure::Percent(50.0) };
    let mut tx = db.write().await?;
    for (n, s, unique, new, why) in [
        (1, &first, "a", true, "new"),
        (2, &first, "b", false, "the kind and the source's time make the fact, not the delivery"),
        (3, &Signal { received_at: UnixMs(99), ..first.clone() }, "c", false, "nor when it came"),
        (4, &signal(&subject, on.clone(), 11), "a", true, "another time"),
        (5, &signal(&subject, half, 10), "a", true, "another exposure"),
        (6, &signal(&flag("f", "staging"), on, 10), "a", true, "another subject"),
        (7, &untimed, "a", true, "no time: the delivery stands for it"),
        (8, &untimed, "a", false, "the same delivery"),
        (9, &untimed, "b", true, "another delivery"),
        (10, &edited, "a", true, "an edit"),
        (11, &edited, "b", true, "another edit in the same second"),
    ] {
        assert_eq!(insert(&mut tx, n, s, unique).await?, new, "{why}");
    }
    let all = signals::of_subject(&mut tx, &subject).await?;
    assert_eq!(all.len(), 7);
    assert!(all.contains(&first), "as it came");
    Ok(())
}

async fn deployments_join_the_release_of_their_tag(db: Db) -> Result<()> {
    let tag = |t: &str| Subject::Tag { origin: "github:1".into(), tag: t.into() };
    let deployed = |t: &str| signal(&tag(t), SignalKind::Deployed { environment: "e".into(), production: true }, 5);
    let published = |id: &str, ms| signal(&release(id), SignalKind::Published { prerelease: false }, ms);
    let mut tx = db.write().await?;
    assert!(insert(&mut tx, 1, &deployed("v1"), "a").await?);
    assert!(insert(&mut tx, 2, &deployed("v2"), "b").await?);
    assert_eq!(signals::release_of_tag(&mut tx, &tag("v1")).await?, None);
    assert!(insert(&mut tx, 3, &published("7", 10), "c").await?);
    assert_eq!(signals::release_of_tag(&mut tx, &tag("v1")).await?, Some(release("7")));
    assert_eq!(signals::release_of_tag(&mut tx, &tag("v2")).await?, None);
    let kinds: Vec<&str> = signals::of_subject(&mut tx, &release("7")).await?.iter().map(|s| s.kind.as_str()).collect();
    assert_eq!(kinds, ["published", "deployed"]);
    // The tag was used again: the later release has it.
    assert!(insert(&mut tx, 4, &published("8", 20), "d").await?);
    assert_eq!(signals::release_of_tag(&mut tx, &tag("v1")).await?, Some(release("8")));
    Ok(())
}

async fn a_subject_can_be_held(db: Db) -> Result<()> {
    let mut tx = db.write().await?;
    for subject in [flag("f", "production"), release("7"), flag("f", "production")] {
        signals::lock_subject(&mut tx, &subject).await?;
    }
    // On PostgreSQL a second holder waits; on SQLite there is one writer anyhow.
    let other = db.clone();
    let second = tokio::spawn(async move {
        let mut tx = other.write().await?;
        signals::lock_subject(&mut tx, &release("8")).await?;
        let subject = flag("later", "production");
        let s = signal(&subject, SignalKind::Created, 1);
        insert(&mut tx, 2, &s, "b").await?;
        let seen = signals::of_subject(&mut tx, &flag("first", "production")).await?.len();
        tx.commit().await?;
        anyhow::Ok(seen)
    });
    insert(&mut tx, 1, &signal(&flag("first", "production"), SignalKind::Created, 1), "a").await?;
    tx.commit().await?;
    assert_eq!(second.await??, 1, "it saw what the first holder kept");
    Ok(())
}
