use anyhow::Result;
use hearback::domain::rollout::End;
use hearback::domain::tally::Tally;
use hearback::id::RolloutId;
use hearback::store::rollouts::{self, Counts};
use hearback::store::{Db, themes};
use hearback::time::UnixMs;

use super::samples::{flag, kept, release, rollout, theme};

on_both!(
    what_is_written_again_keeps_its_counts,
    a_rollout_is_looked_at_when_it_wants_to_be,
    rollouts_are_paged_newest_first,
    rollouts_are_found_by_flag_and_tag,
    themes_are_kept_as_they_stand,
);

async fn what_is_written_again_keeps_its_counts(db: Db) -> Result<()> {
    let mut r = rollout(&release("7"), 5);
    let mut tx = db.write().await?;
    assert_eq!(rollouts::get(&mut tx, &r.id).await?, None);
    assert!(rollouts::upsert(&mut tx, &r, UnixMs(5)).await?);
    assert_eq!(rollouts::counts(&mut tx, &r.id).await?, Counts::default());
    let counts = Counts {
        tally: Tally { negative: 1, mixed: 2, neutral: 3, positive: 4 }.into(),
        anonymous: 5,
        items: 6,
        spam: 7,
        first_said_ms: Some(8),
        last_said_ms: Some(9),
    };
    rollouts::set_counts(&mut tx, &r.id, &counts, UnixMs(6)).await?;
    r.ended = Some((UnixMs(50), End::RolledBack));
    assert!(!rollouts::upsert(&mut tx, &r, UnixMs(7)).await?);
    assert_eq!(rollouts::get(&mut tx, &r.id).await?, Some(r.clone()));
    assert_eq!(rollouts::counts(&mut tx, &r.id).await?, counts);
    Ok(())
}

async fn a_rollout_is_looked_at_when_it_wants_to_be(db: Db) -> Result<()> {
    let (a, b) = (kept(&db, "a").await?, kept(&db, "b").await?);
    let mut tx = db.write().await?;
    rollouts::lock(&mut tx, &a).await?;
    rollouts::set_due(&mut tx, &a, UnixMs(300)).await?;
    rollouts::set_due(&mut tx, &b, UnixMs(200)).await?;
    assert_eq!(rollouts::due(&mut tx, UnixMs(199), 9).await?, []);
    assert_eq!(rollouts::due(&mut tx, UnixMs(200), 9).await?, std::slice::from_ref(&b));
    assert_eq!(rollouts::due(&mut tx, UnixMs(300), 9).await?, [b.clone(), a.clone()], "the longest waiting first");
    assert_eq!(rollouts::due(&mut tx, UnixMs(300), 1).await?, std::slice::from_ref(&b));
    assert_eq!(rollouts::next_due(&mut tx).await?, Some(UnixMs(200)));
    // Waking brings it forward and never puts it off; counting too.
    rollouts::wake(&mut tx, &a, UnixMs(100)).await?;
    rollouts::wake(&mut tx, &a, UnixMs(150)).await?;
    rollouts::set_counts(&mut tx, &a, &Counts::default(), UnixMs(160)).await?;
    assert_eq!(rollouts::due(&mut tx, UnixMs(100), 9).await?, [a]);
    rollouts::set_counts(&mut tx, &b, &Counts::default(), UnixMs(50)).await?;
    assert_eq!(rollouts::next_due(&mut tx).await?, Some(UnixMs(50)));
    rollouts::set_due(&mut tx, &b, UnixMs::NEVER).await?;
    assert_eq!(rollouts::due(&mut tx, UnixMs(1_000), 9).await?.len(), 1);
    Ok(())
}

async fn rollouts_are_paged_newest_first(db: Db) -> Result<()> {
    let mut tx = db.write().await?;
    for n in 0..7 {
        // Two were made in each millisecond, so that a page ends between twins.
        rollouts::upsert(&mut tx, &rollout(&flag(&format!("f{n}"), "production"), 5), UnixMs(n / 2)).await?;
    }
    let whole = rollouts::page(&mut tx, None, 100).await?;
    let mut paged: Vec<(RolloutId, UnixMs)> = Vec::new();
    loop {
        let last = paged.last().cloned();
        let page = rollouts::page(&mut tx, last.as_ref().map(|(id, at)| (*at, id)), 3).await?;
        if page.is_empty() {
            break;
        }
        paged.extend(page);
    }
    assert_eq!((whole.len(), &paged), (7, &whole));
    assert!(whole.windows(2).all(|w| w[0].1 >= w[1].1));
    Ok(())
}

async fn rollouts_are_found_by_flag_and_tag(db: Db) -> Result<()> {
    let mut tx = db.write().await?;
    let (old, new) = (rollout(&flag("f", "production"), 5), rollout(&flag("f", "staging"), 6));
    let tagged = rollout(&release("7"), 7);
    for r in [&old, &new, &tagged] {
        rollouts::upsert(&mut tx, r, UnixMs(9)).await?;
    }
    assert_eq!(rollouts::of_flag(&mut tx, "f", None, 9).await?, [new.id.clone(), old.id.clone()]);
    assert_eq!(rollouts::of_flag(&mut tx, "f", Some("production"), 9).await?, [old.id]);
    assert_eq!(rollouts::of_flag(&mut tx, "F' OR 1=1 --", None, 9).await?, []);
    assert_eq!(rollouts::of_tag(&mut tx, "v1", 9).await?, [tagged.id]);
    assert_eq!(rollouts::of_tag(&mut tx, "v2", 9).await?, []);
    Ok(())
}

async fn themes_are_kept_as_they_stand(db: Db) -> Result<()> {
    let id = kept(&db, "f").await?;
    let mut tx = db.write().await?;
    let (mut first, second) = (theme("th_1", 2), theme("th_2", 9));
    themes::save(&mut tx, &id, &second).await?;
    themes::save(&mut tx, &id, &first).await?;
    first.tally.negative = 1;
    first.name = "renamed".into();
    first.confidence_sum = 1.0 / 3.0;
    themes::save(&mut tx, &id, &first).await?;
    assert_eq!(themes::of_rollout(&mut tx, &id).await?, [first.clone(), second], "by age");
    assert_eq!(themes::get(&mut tx, &first.id).await?, Some(first));
    assert_eq!(themes::of_rollout(&mut tx, &RolloutId("ro_none".into())).await?, []);
    Ok(())
}
