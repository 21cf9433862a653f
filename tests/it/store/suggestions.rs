use anyhow::Result;
use hearback::domain::suggestion::{Answer, Said};
use hearback::domain::ticket::TrackerName;
use hearback::id::{ActionId, ThemeId, TicketId};
use hearback::store::actions::{self, Action, ActionKind};
use hearback::store::suggestions::{self, Tick};
use hearback::store::{Db, themes, tickets};
use hearback::time::UnixMs;

use super::samples::{kept, theme, ticket};

on_both!(the_latest_answer_is_kept, a_tick_waits_once_and_ends_once, what_was_not_sent_is_withdrawn_and_nothing_else,);

async fn the_latest_answer_is_kept(db: Db) -> Result<()> {
    let id = kept(&db, "f").await?;
    let th = theme("th_1", 1);
    let mut tx = db.write().await?;
    themes::save(&mut tx, &id, &th).await?;
    let no = Answer {
        theme: th.id.clone(),
        said: Said::No,
        actor: "ada".into(),
        reason: "known".into(),
        people: 5,
        at: UnixMs(10),
    };
    let yes = Answer {
        said: Said::Yes,
        actor: "wendy".into(),
        reason: String::new(),
        people: 9,
        at: UnixMs(20),
        ..no.clone()
    };
    for a in [&no, &yes] {
        suggestions::answer(&mut tx, &id, a).await?;
        assert_eq!(suggestions::answers(&mut tx, &id).await?, std::slice::from_ref(a));
    }
    // A theme that goes away takes what was said of it along.
    themes::remove(&mut tx, &th.id).await?;
    assert_eq!(suggestions::answers(&mut tx, &id).await?, []);
    Ok(())
}

async fn a_tick_waits_once_and_ends_once(db: Db) -> Result<()> {
    let id = kept(&db, "f").await?;
    let mut tx = db.write().await?;
    let first = Tick {
        id: "b/th_1".into(),
        rollout: id,
        theme: ThemeId("th_1".into()),
        repo: "acme/shop".into(),
        actor: "ada".into(),
        ticked: true,
        at: UnixMs(10),
        attempts: 0,
    };
    let second = Tick { id: "a/th_1".into(), ticked: false, at: UnixMs(20), ..first.clone() };
    assert!(suggestions::tick(&mut tx, &second, UnixMs(30)).await?);
    assert!(suggestions::tick(&mut tx, &first, UnixMs(30)).await?);
    assert!(!suggestions::tick(&mut tx, &first, UnixMs(30)).await?);
    assert_eq!(suggestions::due_ticks(&mut tx, UnixMs(29), 9).await?, []);
    assert_eq!(suggestions::due_ticks(&mut tx, UnixMs(30), 9).await?, [first.clone(), second.clone()]);
    suggestions::postpone_tick(&mut tx, &first.id, UnixMs(40), false).await?;
    suggestions::postpone_tick(&mut tx, &first.id, UnixMs(50), true).await?;
    assert_eq!(suggestions::due_ticks(&mut tx, UnixMs(30), 9).await?, std::slice::from_ref(&second));
    assert_eq!(suggestions::next_tick(&mut tx).await?, Some(UnixMs(30)));
    assert!(suggestions::end_tick(&mut tx, &second.id).await?);
    assert!(!suggestions::end_tick(&mut tx, &second.id).await?);
    assert_eq!(suggestions::due_ticks(&mut tx, UnixMs(50), 9).await?, [Tick { attempts: 1, ..first }]);
    Ok(())
}

async fn what_was_not_sent_is_withdrawn_and_nothing_else(db: Db) -> Result<()> {
    let id = kept(&db, "f").await?;
    let mut tx = db.write().await?;
    for (name, sent, leased, key, goes) in [
        ("planned", false, false, false, true),
        ("held by a worker", false, true, false, false),
        ("sent, and nobody knows", true, false, false, false),
        ("filed", false, false, true, false),
    ] {
        let th = theme(&format!("th_{}", name.len()), 1);
        themes::save(&mut tx, &id, &th).await?;
        let mut one = ticket(&format!("tk_{}", name.len()), &id, Some(&th.id), TrackerName::GitHub, 1);
        assert!(tickets::want(&mut tx, &one).await?);
        let action = Action {
            id: ActionId(format!("ac_{}", name.len())),
            dedupe_key: name.into(),
            ticket: one.id.clone(),
            rollout: id.clone(),
            kind: ActionKind::File,
            payload: "{}".into(),
            scope: name.into(),
            attempts: 0,
            owner: None,
            lease_until: UnixMs(0),
            sent_at: None,
            created_at: UnixMs(1),
        };
        actions::plan(&mut tx, &action, UnixMs(5)).await?;
        if sent || leased {
            let claimed = actions::claim(&mut tx, "me", UnixMs(6), UnixMs(100), 1).await?.remove(0);
            if sent {
                assert!(actions::mark_sent(&mut tx, &claimed, UnixMs(7), UnixMs(50)).await?);
            }
        }
        if key {
            one.key = Some("41".into());
            tickets::save(&mut tx, &one).await?;
        }
        let now = if leased { UnixMs(50) } else { UnixMs(200) };
        assert_eq!(suggestions::withdraw(&mut tx, &one.id, now).await?, goes, "{name}");
        assert_eq!(tickets::get(&mut tx, &one.id).await?.is_none(), goes, "{name}");
    }
    assert!(!suggestions::withdraw(&mut tx, &TicketId("tk_none".into()), UnixMs(1)).await?);
    Ok(())
}
