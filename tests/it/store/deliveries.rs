use std::collections::BTreeSet;

use anyhow::Result;
use hearback::id::DeliveryId;
use hearback::store::Db;
use hearback::store::deliveries::{self, Delivery, Outcome};
use hearback::time::UnixMs;

on_both!(
    the_second_delivery_of_an_id_changes_nothing,
    a_claim_is_a_lease_that_ends,
    a_delivery_ends_once,
    many_claimers_never_share_a_delivery,
    an_earlier_twin_is_one_that_had_an_effect,
    the_latest_and_all_outcomes_are_told,
    old_bodies_are_emptied_once_they_are_done,
);

fn delivery(n: i64, key: &str) -> Delivery {
    Delivery {
        id: DeliveryId(format!("dl_{n:04}")),
        source: "github".into(),
        dedupe_key: key.into(),
        body_hash: "hash".into(),
        event: "release".into(),
        headers: "{}".into(),
        body: vec![0, 255, b'\'', 10],
        received_at: UnixMs(n),
        proof: deliveries::Provenance::Signed,
        connection: None,
    }
}

async fn keep(db: &Db, numbers: impl IntoIterator<Item = i64>) -> Result<()> {
    let mut tx = db.write().await?;
    for n in numbers {
        assert!(deliveries::insert(&mut tx, &delivery(n, &format!("k{n}"))).await?);
    }
    tx.commit().await
}

async fn claim(db: &Db, now: i64, until: i64, limit: i64) -> Result<Vec<(String, i64)>> {
    let mut tx = db.write().await?;
    let got = deliveries::claim(&mut tx, UnixMs(now), UnixMs(until), limit).await?;
    tx.commit().await?;
    Ok(got.into_iter().map(|(d, attempts)| (d.id.0, attempts)).collect())
}

async fn the_second_delivery_of_an_id_changes_nothing(db: Db) -> Result<()> {
    keep(&db, [1]).await?;
    let mut tx = db.write().await?;
    let again = Delivery { body: b"other".to_vec(), ..delivery(2, "k1") };
    assert!(!deliveries::insert(&mut tx, &again).await?);
    let elsewhere = Delivery { source: "generic".into(), ..delivery(3, "k1") };
    assert!(deliveries::insert(&mut tx, &elsewhere).await?);
    assert!(deliveries::known(&mut tx, "github", "k1").await?);
    assert!(!deliveries::known(&mut tx, "github", "k2").await?);
    tx.commit().await?;
    let mut tx = db.write().await?;
    let got = deliveries::claim(&mut tx, UnixMs(10), UnixMs(20), 9).await?;
    let bodies: Vec<&[u8]> = got.iter().map(|(d, _)| d.body.as_slice()).collect();
    assert_eq!(bodies, [delivery(1, "").body, delivery(3, "").body], "byte for byte, and the first");
    assert_eq!(deliveries::counts(&mut tx).await?, (2, 2));
    Ok(())
}

async fn a_claim_is_a_lease_that_ends(db: Db) -> Result<()> {
    keep(&db, [3, 1, 2]).await?;
    let told = |list: &[(&str, i64)]| list.iter().map(|(id, n)| ((*id).to_owned(), *n)).collect::<Vec<_>>();
    assert_eq!(claim(&db, 10, 100, 2).await?, told(&[("dl_0001", 1), ("dl_0002", 1)]), "oldest first");
    assert_eq!(claim(&db, 11, 200, 9).await?, told(&[("dl_0003", 1)]));
    assert_eq!(claim(&db, 99, 300, 9).await?, [], "held");
    assert_eq!(claim(&db, 100, 300, 9).await?, told(&[("dl_0001", 2), ("dl_0002", 2)]), "the lease is over");
    // A claim that is not committed never was.
    let mut tx = db.write().await?;
    assert_eq!(deliveries::claim(&mut tx, UnixMs(300), UnixMs(400), 9).await?.len(), 3);
    drop(tx);
    // PostgreSQL lets go of the rows when the dropped connection has told it so, which takes a moment.
    let mut again = 0;
    for _ in 0..500 {
        again += claim(&db, 300, 400, 9).await?.len();
        if again == 3 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!(again, 3);
    Ok(())
}

async fn a_delivery_ends_once(db: Db) -> Result<()> {
    keep(&db, [1]).await?;
    let id = DeliveryId("dl_0001".into());
    let mut tx = db.write().await?;
    assert!(deliveries::finish(&mut tx, &id, Outcome::Applied, "first", UnixMs(5)).await?);
    assert!(!deliveries::finish(&mut tx, &id, Outcome::Failed, "second", UnixMs(6)).await?);
    assert_eq!(deliveries::claim(&mut tx, UnixMs(1_000), UnixMs(2_000), 9).await?.len(), 0);
    let kept = [("github".into(), "release".into(), Some("applied".into()), Some("first".into()))];
    assert_eq!(deliveries::outcomes(&mut tx, 9).await?, kept);
    assert_eq!(deliveries::counts(&mut tx).await?, (0, 1));
    Ok(())
}

async fn many_claimers_never_share_a_delivery(db: Db) -> Result<()> {
    keep(&db, 1..=60).await?;
    let claimers: Vec<_> = (0..8)
        .map(|_| {
            let db = db.clone();
            tokio::spawn(async move {
                let mut mine = Vec::new();
                loop {
                    let got = claim(&db, 100, 1_000, 3).await?;
                    if got.is_empty() {
                        return anyhow::Ok(mine);
                    }
                    mine.extend(got);
                }
            })
        })
        .collect();
    let mut all = Vec::new();
    for claimer in claimers {
        all.extend(claimer.await??);
    }
    assert!(all.iter().all(|(_, attempts)| *attempts == 1), "{all:?}");
    let distinct: BTreeSet<&String> = all.iter().map(|(id, _)| id).collect();
    assert_eq!((all.len(), distinct.len()), (60, 60));
    Ok(())
}

async fn an_earlier_twin_is_one_that_had_an_effect(db: Db) -> Result<()> {
    keep(&db, [1, 2, 3]).await?;
    let id = |n: i64| DeliveryId(format!("dl_{n:04}"));
    let mut tx = db.write().await?;
    assert_eq!(deliveries::earlier_twin(&mut tx, "github", "hash", &id(3)).await?, None, "nothing followed yet");
    deliveries::finish(&mut tx, &id(1), Outcome::Ignored, "", UnixMs(5)).await?;
    deliveries::finish(&mut tx, &id(2), Outcome::Applied, "", UnixMs(5)).await?;
    assert_eq!(deliveries::earlier_twin(&mut tx, "github", "hash", &id(3)).await?, Some(id(2)));
    assert_eq!(deliveries::earlier_twin(&mut tx, "github", "hash", &id(2)).await?, None, "not its own twin");
    assert_eq!(deliveries::earlier_twin(&mut tx, "github", "other", &id(3)).await?, None);
    assert_eq!(deliveries::earlier_twin(&mut tx, "generic", "hash", &id(3)).await?, None);
    Ok(())
}

async fn the_latest_and_all_outcomes_are_told(db: Db) -> Result<()> {
    let mut tx = db.write().await?;
    assert_eq!(deliveries::counts(&mut tx).await?, (0, 0));
    assert_eq!(deliveries::last_sent(&mut tx, "github").await?, None);
    tx.commit().await?;
    keep(&db, [2, 1]).await?;
    let mut tx = db.read().await?;
    assert_eq!(
        deliveries::last_sent(&mut tx, "github").await?,
        Some(deliveries::LastSent {
            at: UnixMs(2),
            event: "release".into(),
            outcome: None,
            detail: None,
            proof: deliveries::Provenance::Signed
        })
    );
    assert_eq!(deliveries::outcomes(&mut tx, 1).await?.len(), 1);
    Ok(())
}

async fn old_bodies_are_emptied_once_they_are_done(db: Db) -> Result<()> {
    let mut tx = db.write().await?;
    for n in [1, 2, 900] {
        deliveries::insert(&mut tx, &delivery(n, &format!("key {n}"))).await?;
    }
    deliveries::finish(&mut tx, &DeliveryId("dl_0001".into()), Outcome::Applied, "", UnixMs(3)).await?;
    deliveries::finish(&mut tx, &DeliveryId("dl_0900".into()), Outcome::Applied, "", UnixMs(901)).await?;
    assert_eq!(deliveries::empty_old(&mut tx, UnixMs(500)).await?, 1, "what waits is kept, and so is what is new");
    assert_eq!(deliveries::empty_old(&mut tx, UnixMs(500)).await?, 0);
    deliveries::postpone(&mut tx, &DeliveryId("dl_0002".into()), UnixMs(700)).await?;
    assert_eq!(deliveries::next_due(&mut tx).await?, Some(UnixMs(700)));
    let claimed = deliveries::claim(&mut tx, UnixMs(700), UnixMs(800), 9).await?;
    assert_eq!(claimed.iter().map(|(d, _)| d.body.len()).collect::<Vec<_>>(), [4]);
    Ok(())
}
