//! Questions to a language model, and what they cost.

use anyhow::Result;
use hearback::id::{FeedbackId, ThemeId};
use hearback::store::rephrased::{self, Asking, End, Kept, State};
use hearback::store::{Db, themes};
use hearback::time::{DAY_MS, UnixMs};

use super::samples::{kept, theme};

on_both!(
    a_question_has_one_taker_and_one_answer,
    a_newer_question_takes_the_place_of_one_that_waits,
    what_was_answered_is_not_wanted_again,
    a_budget_is_shared_and_belongs_to_a_day,
    what_is_forgotten_is_gone,
);

async fn wanted(db: &Db, fingerprint: &str, due: i64) -> Result<hearback::id::RolloutId> {
    let id = kept(db, "f").await?;
    let mut tx = db.write().await?;
    themes::save(&mut tx, &id, &theme("th_1", 5)).await?;
    rephrased::want(&mut tx, &id, &th(), fingerprint, "m", UnixMs(0), UnixMs(due)).await?;
    tx.commit().await?;
    Ok(id)
}

fn th() -> ThemeId {
    ThemeId("th_1".into())
}

async fn state(db: &Db, fingerprint: &str) -> Result<Option<State>> {
    let mut tx = db.read().await?;
    rephrased::get(&mut tx, &th(), fingerprint).await
}

async fn claim(db: &Db, now: i64) -> Result<Option<Asking>> {
    let mut tx = db.write().await?;
    let got = rephrased::claim(&mut tx, UnixMs(now), UnixMs(now + 100)).await?;
    tx.commit().await?;
    Ok(got)
}

async fn end(db: &Db, asking: &Asking, end: End<'_>, now: i64) -> Result<bool> {
    let mut tx = db.write().await?;
    let ours = rephrased::end(&mut tx, asking, &end, UnixMs(now)).await?;
    tx.commit().await?;
    Ok(ours)
}

async fn a_question_has_one_taker_and_one_answer(db: Db) -> Result<()> {
    wanted(&db, "q1", 10).await?;
    assert_eq!(claim(&db, 9).await?, None, "not due");
    let takers: Vec<_> = (0..6)
        .map(|_| {
            let db = db.clone();
            tokio::spawn(async move { claim(&db, 10).await })
        })
        .collect();
    let mut taken = Vec::new();
    for taker in takers {
        taken.extend(taker.await??);
    }
    assert_eq!(taken.len(), 1);
    let late = taken.remove(0);
    assert_eq!((late.attempts, late.lease_until), (0, UnixMs(110)));
    // Whoever died in between is followed by another, and comes too late.
    let asking = claim(&db, 110).await?.expect("the lease is over");
    assert!(!end(&db, &late, End::Refused { reason: "late" }, 120).await?);
    assert!(end(&db, &asking, End::Again { at: UnixMs(500), reason: "no_answer" }, 120).await?);
    let asking = claim(&db, 500).await?.expect("it is due again");
    assert_eq!(asking.attempts, 1);
    let quotes = [(FeedbackId("fb_1".into()), "it's \"slow\" \u{1f622}".to_owned())];
    assert!(end(&db, &asking, End::Done { text: "They say it's slow.", quotes: &quotes }, 510).await?);
    let kept = Kept { text: "They say it's slow.".into(), quotes: quotes.into(), model: "m".into() };
    assert_eq!(state(&db, "q1").await?, Some(State::Done(kept)));
    let mut tx = db.read().await?;
    assert_eq!(rephrased::last_asked(&mut tx, &th()).await?, Some(UnixMs(510)));
    assert_eq!(rephrased::next_due(&mut tx).await?, None);
    Ok(())
}

async fn a_newer_question_takes_the_place_of_one_that_waits(db: Db) -> Result<()> {
    let id = wanted(&db, "q1", 10).await?;
    let mut tx = db.write().await?;
    for fingerprint in ["q2", "q1", "q2"] {
        rephrased::want(&mut tx, &id, &th(), fingerprint, "m", UnixMs(1), UnixMs(20)).await?;
    }
    assert_eq!(rephrased::next_due(&mut tx).await?, Some(UnixMs(20)));
    assert_eq!(rephrased::last_asked(&mut tx, &th()).await?, None);
    tx.commit().await?;
    assert_eq!((state(&db, "q1").await?, state(&db, "q2").await?), (Some(State::Replaced), Some(State::Wanted)));
    assert_eq!(claim(&db, 30).await?.map(|a| a.fingerprint).as_deref(), Some("q2"));
    assert_eq!(claim(&db, 30).await?, None);
    assert_eq!(state(&db, "q3").await?, None);
    Ok(())
}

async fn what_was_answered_is_not_wanted_again(db: Db) -> Result<()> {
    let id = wanted(&db, "q1", 10).await?;
    let asking = claim(&db, 10).await?.expect("it is due");
    assert!(end(&db, &asking, End::Refused { reason: "link" }, 20).await?);
    let mut tx = db.write().await?;
    rephrased::want(&mut tx, &id, &th(), "q1", "m", UnixMs(30), UnixMs(30)).await?;
    tx.commit().await?;
    assert_eq!((state(&db, "q1").await?, claim(&db, 40).await?), (Some(State::Refused), None));
    Ok(())
}

async fn a_budget_is_shared_and_belongs_to_a_day(db: Db) -> Result<()> {
    let mut tx = db.write().await?;
    assert!(!rephrased::reserve(&mut tx, UnixMs(5), 101, 100).await?, "more than a day holds");
    tx.commit().await?;
    let askers: Vec<_> = (0..8)
        .map(|_| {
            let db = db.clone();
            tokio::spawn(async move {
                let mut tx = db.write().await?;
                let got = rephrased::reserve(&mut tx, UnixMs(5), 30, 100).await?;
                tx.commit().await?;
                anyhow::Ok(got)
            })
        })
        .collect();
    let mut got = 0;
    for asker in askers {
        got += u32::from(asker.await??);
    }
    assert_eq!(got, 3);
    let mut tx = db.write().await?;
    assert_eq!(rephrased::spent(&mut tx, UnixMs(DAY_MS - 1)).await?, (90, 3));
    // What was set aside and not used is there again.
    rephrased::settle(&mut tx, UnixMs(5), 30, 5).await?;
    assert_eq!(rephrased::spent(&mut tx, UnixMs(5)).await?, (65, 3));
    assert!(rephrased::reserve(&mut tx, UnixMs(5), 30, 100).await?);
    assert!(!rephrased::reserve(&mut tx, UnixMs(5), 30, 100).await?);
    let tomorrow = rephrased::next_day(UnixMs(5));
    assert_eq!(tomorrow, UnixMs(DAY_MS));
    assert_eq!(rephrased::spent(&mut tx, tomorrow).await?, (0, 0));
    assert!(rephrased::reserve(&mut tx, tomorrow, 100, 100).await?);
    Ok(())
}

async fn what_is_forgotten_is_gone(db: Db) -> Result<()> {
    let id = wanted(&db, "q1", 10).await?;
    let mut tx = db.write().await?;
    assert_eq!(rephrased::forget(&mut tx, &hearback::id::RolloutId("ro_other".into())).await?, 0);
    assert_eq!(rephrased::forget(&mut tx, &id).await?, 1);
    assert_eq!(rephrased::get(&mut tx, &th(), "q1").await?, None);
    Ok(())
}
