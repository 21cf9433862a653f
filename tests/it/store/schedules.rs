use anyhow::Result;
use hearback::store::{Db, schedules};
use hearback::time::UnixMs;

on_both!(a_schedule_has_one_taker, a_run_tells_how_far_it_got);

async fn a_schedule_has_one_taker(db: Db) -> Result<()> {
    for round in 0..3_i64 {
        let now = round * 100;
        let takers: Vec<_> = (0..8)
            .map(|n| {
                let db = db.clone();
                tokio::spawn(async move {
                    let mut tx = db.write().await?;
                    let got =
                        schedules::take(&mut tx, "sweep", &format!("w{n}"), UnixMs(now), UnixMs(now + 100)).await?;
                    tx.commit().await?;
                    anyhow::Ok(got.is_some())
                })
            })
            .collect();
        let mut taken = 0;
        for taker in takers {
            taken += u32::from(taker.await??);
        }
        assert_eq!(taken, 1, "round {round}");
    }
    Ok(())
}

async fn a_run_tells_how_far_it_got(db: Db) -> Result<()> {
    let mut tx = db.write().await?;
    assert_eq!(schedules::note(&mut tx, "sweep").await?, None);
    assert_eq!(schedules::take(&mut tx, "sweep", "w", UnixMs(0), UnixMs(50)).await?, Some(None));
    schedules::done(&mut tx, "sweep", UnixMs(50), UnixMs(80), Some("page 3"), "found 2").await?;
    assert_eq!(schedules::note(&mut tx, "sweep").await?.as_deref(), Some("found 2"));
    assert_eq!(schedules::take(&mut tx, "sweep", "w", UnixMs(79), UnixMs(99)).await?, None, "not due");
    assert_eq!(schedules::take(&mut tx, "other", "w", UnixMs(79), UnixMs(99)).await?, Some(None), "another schedule");
    assert_eq!(schedules::take(&mut tx, "sweep", "v", UnixMs(80), UnixMs(99)).await?, Some(Some("page 3".into())));
    // Whoever died in between is followed by another when the lease is over.
    assert_eq!(schedules::take(&mut tx, "sweep", "w", UnixMs(99), UnixMs(150)).await?, Some(Some("page 3".into())));
    Ok(())
}
