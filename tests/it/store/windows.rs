use anyhow::Result;
use hearback::domain::policy::Policy;
use hearback::domain::window::Window;
use hearback::id::RolloutId;
use hearback::plan::windows::{Heard, Wish, asked, next};
use hearback::store::windows::{self, LATE_WORD_MAX_MS};
use hearback::store::{Db, rollouts};
use hearback::time::{DAY_MS, UnixMs};

use super::samples::{flag, kept, rollout};

on_both!(a_window_is_what_its_kept_history_makes_of_it, words_find_the_windows_that_collected_when_they_were_said);

async fn a_window_is_what_its_kept_history_makes_of_it(db: Db) -> Result<()> {
    let (r, policy) = (rollout(&flag("f", "production"), 1_000), Policy::default());
    let mut window = Window::unborn(r.id.clone());
    let mut steps = Vec::new();
    let mut tx = db.write().await?;
    rollouts::upsert(&mut tx, &r, UnixMs(1_000)).await?;
    assert_eq!(windows::get(&mut tx, &r.id).await?, None);
    for (day, wish) in [
        (0, None),
        (1, Some(Wish::Extend { by_ms: DAY_MS })),
        (2, Some(Wish::Close)),
        (3, Some(Wish::Reopen)),
        (4, Some(Wish::Extend { by_ms: 5 })),
        (40, None),
    ] {
        let now = UnixMs(1_000 + day * DAY_MS);
        if let Some(wish) = wish {
            steps.push(asked(&window, wish, &policy, "ada's key", now).expect("a step that can be taken"));
            window = window.after(&steps[steps.len() - 1]);
            windows::record(&mut tx, &steps[steps.len() - 1], &window).await?;
        }
        while let Some(step) = next(&window, &r, &policy, Heard::default(), now) {
            window = window.after(&step);
            windows::record(&mut tx, &step, &window).await?;
            steps.push(step);
        }
        assert_eq!(windows::get(&mut tx, &r.id).await?, Some(window.clone()));
    }
    let history = windows::history(&mut tx, &r.id).await?;
    assert_eq!(history, steps);
    assert_eq!(Window::rebuild(r.id.clone(), &history), window);
    assert_eq!(windows::by_state(&mut tx).await?, [("closed".to_owned(), 1)]);
    // The same step twice is refused: somebody else took it.
    assert!(windows::record(&mut tx, &steps[0], &window).await.is_err());
    Ok(())
}

async fn words_find_the_windows_that_collected_when_they_were_said(db: Db) -> Result<()> {
    let policy = Policy::default();
    let day = |n: i64| UnixMs(1_000 + n * DAY_MS);
    let (early, open) = (kept(&db, "early").await?, kept(&db, "open").await?);
    let mut tx = db.write().await?;
    for (id, opens, closes) in [(&early, 0, Some(3)), (&open, 2, None)] {
        let r = rollout(&flag("f", "production"), day(opens).0);
        let mut window = Window::unborn(id.clone());
        while let Some(step) = next(&window, &r, &policy, Heard::default(), day(opens)) {
            window = window.after(&step);
            windows::record(&mut tx, &step, &window).await?;
        }
        if let Some(closes) = closes {
            let step = asked(&window, Wish::Close, &policy, "ada", day(closes)).expect("a step that can be taken");
            window = window.after(&step);
            windows::record(&mut tx, &step, &window).await?;
            let step = next(&window, &r, &policy, Heard::default(), day(closes)).expect("the last step");
            windows::record(&mut tx, &step, &window.after(&step)).await?;
        }
    }
    let late = day(3).plus(LATE_WORD_MAX_MS);
    for (said, came, found, why) in [
        (day(1), day(1), vec![&early], "one window was open"),
        (day(1), late, vec![&early], "it comes within a day of the closing"),
        (day(1), late.plus(1), vec![], "it comes too late"),
        (day(2), day(3), vec![&open, &early], "both were open, the later first"),
        (day(3).plus(1), late, vec![&open], "said after the first was closed"),
        (UnixMs(999), day(3), vec![], "said before any was open"),
    ] {
        let found: Vec<RolloutId> = found.into_iter().cloned().collect();
        assert_eq!(windows::collecting_at(&mut tx, said, came, 2).await?, found, "{why}");
    }
    assert_eq!(windows::collecting_at(&mut tx, day(2), day(3), 1).await?.len(), 1);
    Ok(())
}
