//! What people did with tickets, what came back, and what was made in an account.
use anyhow::Result;
use hearback::domain::handling::{Decided, Handling, Resolution, Seen};
use hearback::domain::rollout::Rollout;
use hearback::domain::ticket::{Ticket, TicketState, TrackerName};
use hearback::id::TicketId;
use hearback::store::{Db, creations, meta, returns, rollouts, themes, tickets};
use hearback::time::UnixMs;

use super::samples::{flag, kept, release, rollout, theme, ticket};

on_both!(
    what_people_did_is_kept_with_the_ticket,
    a_ticket_is_found_by_what_it_was_called,
    tickets_of_earlier_rollouts_are_those_of_the_same_flag_or_repository,
    what_came_back_is_kept_once,
    what_was_made_is_counted_for_as_long_as_it_matters,
);

async fn what_people_did_is_kept_with_the_ticket(db: Db) -> Result<()> {
    let id = kept(&db, "f").await?;
    let mut tx = db.write().await?;
    let one = ticket("tk_1", &id, None, TrackerName::GitHub, 10);
    tickets::want(&mut tx, &one).await?;
    assert_eq!(tickets::get(&mut tx, &one.id).await?.unwrap().handling, Handling::default());
    let handling = Handling {
        seen: Seen { resolution: Resolution::Duplicate, version: UnixMs(20), since: Some(UnixMs(15)) },
        sure: false,
        ours: true,
        decided: Decided {
            resolution: Resolution::NotPlanned,
            at: UnixMs(16),
            by: "ada".into(),
            why: "it is what we want".into(),
        },
    };
    let handled = Ticket { handling, ..one };
    tickets::save(&mut tx, &handled).await?;
    assert_eq!(tickets::get(&mut tx, &handled.id).await?.as_ref(), Some(&handled));
    assert_eq!(meta::get(&mut tx, "account.github").await?, None);
    for us in ["hearback[bot]", "other[bot]"] {
        meta::set(&mut tx, "account.github", us).await?;
        assert_eq!(meta::get(&mut tx, "account.github").await?.as_deref(), Some(us));
    }
    Ok(())
}

async fn a_ticket_is_found_by_what_it_was_called(db: Db) -> Result<()> {
    let id = kept(&db, "f").await?;
    let mut tx = db.write().await?;
    let one = ticket("tk_1", &id, None, TrackerName::Jira, 10);
    tickets::want(&mut tx, &one).await?;
    for key in ["SHOP-7", "OPS-1"] {
        tickets::rename(&mut tx, &one.id, TrackerName::Jira, &key[..key.len() - 2], key).await?;
        tickets::rename(&mut tx, &one.id, TrackerName::Jira, &key[..key.len() - 2], key).await?;
    }
    for (tracker, target, key, found) in [
        (TrackerName::Jira, "SHOP", "SHOP-7", true),
        (TrackerName::Jira, "OPS", "OPS-1", true),
        (TrackerName::GitHub, "SHOP", "SHOP-7", false),
        (TrackerName::Jira, "SHOP", "SHOP-8", false),
    ] {
        let ticket = tickets::by_former_key(&mut tx, tracker, target, key).await?;
        assert_eq!(ticket.map(|t| t.id), found.then(|| one.id.clone()), "{tracker:?} {key}");
    }
    Ok(())
}

/// A rollout that began at `ms`, with a filed ticket about a theme.
async fn with_ticket(db: &Db, rollout: &Rollout, ms: i64, name: &str) -> Result<()> {
    let mut tx = db.write().await?;
    rollouts::upsert(&mut tx, rollout, UnixMs(ms)).await?;
    let th = theme(&format!("th_{name}"), 5);
    themes::save(&mut tx, &rollout.id, &th).await?;
    let one = ticket(&format!("tk_{name}"), &rollout.id, Some(&th.id), TrackerName::GitHub, ms);
    tickets::want(&mut tx, &one).await?;
    tickets::save(&mut tx, &Ticket { state: TicketState::Filed, key: Some(ms.to_string()), ..one }).await?;
    tx.commit().await
}

async fn tickets_of_earlier_rollouts_are_those_of_the_same_flag_or_repository(db: Db) -> Result<()> {
    let of_flag = |environment: &str, ms| rollout(&flag("pay", environment), ms);
    let of_repo = |id: &str, repo: &str, ms| {
        let mut one = rollout(&release(id), ms);
        one.about.repo = hearback::domain::repo::RepoName::parse(repo);
        one
    };
    let (first, second) = (of_flag("production", 1_000), of_flag("eu", 2_000));
    let other = rollout(&flag("search", "production"), 1_500);
    let (old, new, elsewhere) =
        (of_repo("1", "acme/shop", 1_000), of_repo("2", "acme/shop", 3_000), of_repo("3", "acme/web", 2_000));
    for (one, ms, name) in [
        (&first, 1_000, "first"),
        (&second, 2_000, "second"),
        (&other, 1_500, "other"),
        (&old, 1_000, "old"),
        (&new, 3_000, "new"),
        (&elsewhere, 2_000, "elsewhere"),
    ] {
        with_ticket(&db, one, ms, name).await?;
    }
    let mut tx = db.read().await?;
    for (one, found) in [
        (&first, &[][..]),
        (&second, &["tk_first"]),
        (&other, &[]),
        (&old, &[]),
        (&new, &["tk_old"]),
        (&elsewhere, &[]),
    ] {
        let earlier = tickets::of_earlier(&mut tx, one, 20).await?;
        assert_eq!(earlier.iter().map(|t| t.id.as_str()).collect::<Vec<_>>(), found, "{}", one.label());
    }
    Ok(())
}

async fn what_came_back_is_kept_once(db: Db) -> Result<()> {
    let (before, later) = (rollout(&flag("pay", "production"), 1_000), rollout(&flag("pay", "eu"), 2_000));
    with_ticket(&db, &before, 1_000, "before").await?;
    let mut tx = db.write().await?;
    rollouts::upsert(&mut tx, &later, UnixMs(2_000)).await?;
    let th = theme("th_later", 5);
    themes::save(&mut tx, &later.id, &th).await?;
    let id = TicketId("tk_before".into());
    assert!(returns::keep(&mut tx, &id, &later.id, &th.id, UnixMs(5)).await?);
    assert!(!returns::keep(&mut tx, &id, &later.id, &th.id, UnixMs(6)).await?);
    assert_eq!(returns::of_ticket(&mut tx, &id).await?, [(later.id.clone(), th.id.clone())]);
    assert_eq!(returns::of_rollout(&mut tx, &later.id).await?, [(th.id.clone(), id.clone())]);
    assert_eq!(returns::of_rollout(&mut tx, &before.id).await?, []);
    themes::remove(&mut tx, &th.id).await?;
    assert_eq!(returns::of_ticket(&mut tx, &id).await?, [], "a theme that is gone came back to nothing");
    Ok(())
}

async fn what_was_made_is_counted_for_as_long_as_it_matters(db: Db) -> Result<()> {
    let mut tx = db.write().await?;
    creations::lock(&mut tx, "github:acme").await?;
    for (ms, forget) in [(10, 0), (10, 0), (20, 0), (30, 10)] {
        creations::note(&mut tx, "github:acme", UnixMs(ms), UnixMs(forget)).await?;
    }
    creations::note(&mut tx, "github:other", UnixMs(15), UnixMs(0)).await?;
    for (scope, since, made) in [
        ("github:acme", 0, &[20, 30][..]),
        ("github:acme", 20, &[30]),
        ("github:other", 0, &[15]),
        ("github:nobody", 0, &[]),
    ] {
        let after: Vec<i64> = creations::after(&mut tx, scope, UnixMs(since)).await?.iter().map(|m| m.0).collect();
        assert_eq!(after, made, "{scope} after {since}");
    }
    creations::note(&mut tx, "github:other", UnixMs(15), UnixMs(0)).await?;
    assert_eq!(creations::after(&mut tx, "github:other", UnixMs(0)).await?.len(), 2, "two at one moment are two");
    Ok(())
}
