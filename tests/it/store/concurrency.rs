use anyhow::Result;
use hearback::store::rollouts::{self, Counts};
use hearback::store::{Db, meta};
use hearback::time::UnixMs;

use super::samples::kept;

on_both!(counts_that_many_write_at_once_are_all_counted, readers_see_what_was_committed);

/// Workers at one time.
const WORKERS: i64 = 8;
/// Transactions of each.
const EACH: i64 = 100;

/// On SQLite a deferred transaction that reads and then writes fails under concurrency at once, whatever the busy time-out.
async fn counts_that_many_write_at_once_are_all_counted(db: Db) -> Result<()> {
    let id = kept(&db, "f").await?;
    let workers: Vec<_> = (0..WORKERS)
        .map(|_| {
            let (db, id) = (db.clone(), id.clone());
            tokio::spawn(async move {
                for _ in 0..EACH {
                    let mut tx = db.write().await?;
                    rollouts::lock(&mut tx, &id).await?;
                    let counts = rollouts::counts(&mut tx, &id).await?;
                    let more = Counts { items: counts.items + 1, ..counts };
                    rollouts::set_counts(&mut tx, &id, &more, UnixMs(1)).await?;
                    tx.commit().await?;
                }
                anyhow::Ok(())
            })
        })
        .collect();
    for worker in workers {
        worker.await??;
    }
    let mut tx = db.read().await?;
    assert_eq!(rollouts::counts(&mut tx, &id).await?.items, WORKERS * EACH);
    Ok(())
}

async fn readers_see_what_was_committed(db: Db) -> Result<()> {
    let mut writer = db.write().await?;
    meta::get_or_make(&mut writer, "secret", "fresh").await?;
    // A reader neither waits for the writer nor sees what is not committed.
    let id = hearback::id::RolloutId("ro_none".into());
    let mut reader = db.read().await?;
    assert_eq!(rollouts::get(&mut reader, &id).await?, None);
    reader.commit().await?;
    writer.commit().await?;
    if matches!(db, Db::Sqlite { .. }) {
        let mut reader = db.read().await?;
        let refused = meta::get_or_make(&mut reader, "other", "fresh").await.unwrap_err();
        assert!(format!("{refused:#}").contains("readonly"), "{refused:#}");
    }
    Ok(())
}
