//! Themes of one rollout, when there are more than are looked at.

use anyhow::Result;
use hearback::domain::tally::Tally;
use hearback::domain::theme::Theme;
use hearback::domain::ticket::TrackerName;
use hearback::store::themes::THEMES_MAX;
use hearback::store::{Db, themes, tickets};
use hearback::time::UnixMs;

use super::samples::{kept, theme, ticket};

on_both!(the_latest_are_seen_however_many_there_are);

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
