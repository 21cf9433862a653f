//! Themes of one rollout, when there are more than are looked at.

use anyhow::Result;
use hearback::domain::regrouping::Regrouping;
use hearback::domain::tally::Tally;
use hearback::domain::theme::Theme;
use hearback::domain::ticket::TrackerName;
use hearback::id::{FeedbackId, ThemeId};
use hearback::store::themes::THEMES_MAX;
use hearback::store::{Db, regroupings, themes, tickets};
use hearback::time::UnixMs;

use super::samples::{kept, theme, ticket};

on_both!(
    the_latest_are_seen_however_many_there_are,
    a_theme_that_is_shown_elsewhere_is_a_home_and_not_listed,
    decisions_come_back_in_their_order,
);

async fn the_latest_are_seen_however_many_there_are(db: Db) -> Result<()> {
    let id = kept(&db, "f").await?;
    let mut tx = db.write().await?;
    let one = Tally { negative: 1, ..Tally::default() };
    for n in 0..=THEMES_MAX {
        let name = format!("th_{n:04}");
        themes::save(&mut tx, &id, &Theme { tally: one, last_at: UnixMs(n), ..theme(&name, 1) }).await?;
    }
    let large = Theme { last_at: UnixMs(-1), ..theme("th_large", 50) };
    themes::save(&mut tx, &id, &large).await?;
    let filed = Theme { tally: one, last_at: UnixMs(-2), ..theme("th_filed", 1) };
    themes::save(&mut tx, &id, &filed).await?;
    tickets::want(&mut tx, &ticket("tk_1", &id, Some(&filed.id), TrackerName::Local, 1)).await?;

    let seen: Vec<String> = themes::of_rollout(&mut tx, &id).await?.into_iter().map(|t| t.id.0).collect();
    assert_eq!(i64::try_from(seen.len())?, THEMES_MAX);
    let latest = format!("th_{THEMES_MAX:04}");
    for (name, is) in [("th_large", true), ("th_filed", true), (latest.as_str(), true), ("th_0000", false)] {
        assert_eq!(seen.iter().any(|s| s == name), is, "{name}");
    }
    Ok(())
}

async fn a_theme_that_is_shown_elsewhere_is_a_home_and_not_listed(db: Db) -> Result<()> {
    let id = kept(&db, "f").await?;
    let mut tx = db.write().await?;
    let stays = theme("th_1", 1);
    let gone = Theme { into: Some(stays.id.clone()), ..theme("th_2", 0) };
    themes::save(&mut tx, &id, &stays).await?;
    themes::save(&mut tx, &id, &gone).await?;
    assert_eq!(themes::of_rollout(&mut tx, &id).await?, std::slice::from_ref(&stays));
    assert_eq!(themes::homes(&mut tx, &id).await?, [stays.clone(), gone.clone()]);
    themes::remove(&mut tx, &gone.id).await?;
    tickets::want(&mut tx, &ticket("tk_1", &id, Some(&stays.id), TrackerName::Local, 1)).await?;
    themes::remove(&mut tx, &stays.id).await?;
    assert_eq!(themes::every(&mut tx, &id).await?, [stays], "a ticket names it");
    assert_eq!(themes::gathered(&mut tx, &id).await?, 0);
    themes::gather(&mut tx, &id, 20, UnixMs(1)).await?;
    themes::gather(&mut tx, &id, 40, UnixMs(2)).await?;
    assert_eq!(themes::gathered(&mut tx, &id).await?, 40);
    Ok(())
}

async fn decisions_come_back_in_their_order(db: Db) -> Result<()> {
    let id = kept(&db, "f").await?;
    let mut tx = db.write().await?;
    let (a, b) = (ThemeId("th_a".into()), ThemeId("th_b".into()));
    let item = FeedbackId("fb_'1".into());
    let all = [
        Regrouping::Merge { theme: a.clone(), into: b.clone() },
        Regrouping::Split { theme: b.clone(), items: vec![item.clone()], begins: ThemeId("th_c".into()) },
        Regrouping::Move { item, to: None },
        Regrouping::Undo,
    ];
    for (n, what) in all.iter().enumerate() {
        regroupings::add(&mut tx, &id, what, "ada", UnixMs(i64::try_from(n)?)).await?;
    }
    let kept = regroupings::of_rollout(&mut tx, &id).await?;
    assert_eq!(kept.iter().map(|e| e.seq).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert_eq!(kept.into_iter().map(|e| e.what).collect::<Vec<_>>(), all);
    Ok(())
}
