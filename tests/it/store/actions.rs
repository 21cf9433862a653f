use anyhow::Result;
use hearback::domain::post::{Content, WantedPost};
use hearback::domain::repo::RepoName;
use hearback::domain::ticket::{Ticket, TicketState, TrackerName};
use hearback::id::{ActionId, RolloutId, TicketId};
use hearback::store::actions::{self, Action, ActionKind};
use hearback::store::{Db, pauses, posts, tickets};
use hearback::time::UnixMs;

use super::samples::{kept, ticket};

on_both!(
    the_same_effect_is_planned_once,
    a_claim_waits_for_its_time_and_for_pauses,
    an_account_is_asked_one_thing_at_a_time_by_both_outboxes,
    only_who_holds_the_lease_may_send,
    only_who_holds_the_lease_plans_the_next_try,
    a_payload_stays_once_somebody_may_have_sent_it,
    what_was_given_up_can_be_revived,
    many_workers_never_share_an_action,
);

async fn wanted(db: &Db) -> Result<RolloutId> {
    let id = kept(db, "f").await?;
    let mut tx = db.write().await?;
    tickets::want(&mut tx, &ticket("tk_1", &id, None, TrackerName::GitHub, 1)).await?;
    tx.commit().await?;
    Ok(id)
}

fn action(n: i64, key: &str, rollout: &RolloutId) -> Action {
    Action {
        id: ActionId(format!("ac_{n:04}")),
        dedupe_key: key.into(),
        ticket: TicketId("tk_1".into()),
        rollout: rollout.clone(),
        kind: ActionKind::File,
        payload: "{\"a\":1}".into(),
        scope: "github:acme".into(),
        attempts: 0,
        owner: None,
        lease_until: UnixMs(0),
        sent_at: None,
        created_at: UnixMs(n),
    }
}

async fn claim(db: &Db, owner: &str, now: i64, until: i64) -> Result<Vec<Action>> {
    let mut tx = db.write().await?;
    let got = actions::claim(&mut tx, owner, UnixMs(now), UnixMs(until), 9).await?;
    tx.commit().await?;
    Ok(got)
}

async fn plan(db: &Db, a: &Action, due: i64) -> Result<bool> {
    let mut tx = db.write().await?;
    let new = actions::plan(&mut tx, a, UnixMs(due)).await?;
    tx.commit().await?;
    Ok(new)
}

async fn the_same_effect_is_planned_once(db: Db) -> Result<()> {
    let id = wanted(&db).await?;
    let a = action(1, "file:tk_1", &id);
    assert!(plan(&db, &a, 10).await?);
    assert!(!plan(&db, &action(2, "file:tk_1", &id), 10).await?);
    let mut tx = db.write().await?;
    assert_eq!(actions::waiting(&mut tx, &a.ticket, ActionKind::File).await?, Some(a.clone()));
    assert_eq!(actions::waiting(&mut tx, &a.ticket, ActionKind::Revise).await?, None);
    actions::finish(&mut tx, &a.id, "filed", UnixMs(20)).await?;
    assert_eq!(actions::waiting(&mut tx, &a.ticket, ActionKind::File).await?, None);
    tx.commit().await?;
    assert!(plan(&db, &action(3, "file:tk_1", &id), 30).await?, "what is wanted later may be the same effect");
    let mut tx = db.read().await?;
    assert_eq!(actions::by_state(&mut tx).await?, [("done".to_owned(), 1), ("waiting".to_owned(), 1)]);
    assert_eq!(actions::next_due(&mut tx).await?, Some(UnixMs(30)));
    Ok(())
}

async fn a_claim_waits_for_its_time_and_for_pauses(db: Db) -> Result<()> {
    let id = wanted(&db).await?;
    plan(&db, &action(1, "one", &id), 100).await?;
    plan(&db, &Action { scope: "jira".into(), ..action(2, "two", &id) }, 50).await?;
    let mut tx = db.write().await?;
    assert_eq!(actions::next_due(&mut tx).await?, Some(UnixMs(50)));
    pauses::hold(&mut tx, "jira", UnixMs(200), "rate limit").await?;
    tx.commit().await?;
    assert_eq!(claim(&db, "w", 99, 150).await?, []);
    let got = claim(&db, "w", 100, 150).await?;
    assert_eq!(got.len(), 1);
    let held = Action { owner: Some("w".into()), lease_until: UnixMs(150), ..action(1, "one", &id) };
    assert_eq!(got[0], held);
    assert_eq!(claim(&db, "v", 149, 300).await?, [], "held");
    let names = |list: &[Action]| list.iter().map(|a| a.id.0.clone()).collect::<Vec<_>>();
    assert_eq!(names(&claim(&db, "v", 150, 300).await?), ["ac_0001"], "the lease is over");
    assert_eq!(names(&claim(&db, "v", 200, 400).await?), ["ac_0002"], "the pause is over");
    Ok(())
}

fn answer(number: u64) -> WantedPost {
    WantedPost {
        key: format!("answer:acme/shop#{number}"),
        repo: RepoName::parse("acme/shop").unwrap(),
        rollout: None,
        content: Content::Comment { number, text: "a".into() },
    }
}

async fn an_account_is_asked_one_thing_at_a_time_by_both_outboxes(db: Db) -> Result<()> {
    let id = wanted(&db).await?;
    plan(&db, &action(1, "one", &id), 10).await?;
    let mut tx = db.write().await?;
    posts::want(&mut tx, &answer(1), UnixMs(10), 60).await?;
    let post = posts::claim(&mut tx, "w", UnixMs(10), UnixMs(100)).await?.expect("it is due");
    tx.commit().await?;
    assert_eq!(claim(&db, "v", 20, 200).await?, [], "an answer is being written there");
    let mut tx = db.write().await?;
    assert!(posts::done(&mut tx, &post, Some("7"), UnixMs(30), 60).await?);
    tx.commit().await?;
    assert_eq!(claim(&db, "v", 31, 200).await?.len(), 1);
    let mut tx = db.write().await?;
    posts::want(&mut tx, &answer(2), UnixMs(40), 60).await?;
    assert_eq!(posts::claim(&mut tx, "w", UnixMs(40), UnixMs(100)).await?, None, "and the other way");
    Ok(())
}

async fn only_who_holds_the_lease_may_send(db: Db) -> Result<()> {
    let id = wanted(&db).await?;
    let a = action(1, "one", &id);
    plan(&db, &a, 0).await?;
    let held = claim(&db, "w", 10, 100).await?.remove(0);
    let other = Action { owner: Some("v".into()), ..held.clone() };
    let mut tx = db.write().await?;
    for (claimed, needed, may) in [(&held, 100, true), (&held, 101, false), (&other, 50, false)] {
        assert_eq!(actions::holds(&mut tx, claimed, UnixMs(needed)).await?, may, "{claimed:?} {needed}");
        let marked = actions::mark_sent(&mut tx, claimed, UnixMs(20), UnixMs(needed)).await?;
        assert_eq!(marked, may, "{claimed:?} {needed}");
    }
    tx.commit().await?;
    // A worker of the same process, under the same name.
    let taken_over = claim(&db, "w", 100, 300).await?.remove(0);
    assert_eq!(taken_over.sent_at, Some(UnixMs(20)), "who takes over sees that something may have happened");
    let mut tx = db.write().await?;
    assert!(!actions::holds(&mut tx, &held, UnixMs(50)).await?, "an older claim is over");
    assert!(!actions::mark_sent(&mut tx, &held, UnixMs(110), UnixMs(50)).await?);
    assert!(actions::holds(&mut tx, &taken_over, UnixMs(300)).await?);
    actions::finish(&mut tx, &a.id, "adopted", UnixMs(120)).await?;
    assert!(!actions::holds(&mut tx, &taken_over, UnixMs(200)).await?, "done");
    assert!(!actions::mark_sent(&mut tx, &taken_over, UnixMs(130), UnixMs(200)).await?);
    Ok(())
}

async fn only_who_holds_the_lease_plans_the_next_try(db: Db) -> Result<()> {
    let id = wanted(&db).await?;
    plan(&db, &action(1, "one", &id), 0).await?;
    let first = claim(&db, "w", 10, 100).await?.remove(0);
    let second = claim(&db, "v", 100, 200).await?.remove(0);
    let mut tx = db.write().await?;
    assert!(actions::mark_sent(&mut tx, &second, UnixMs(110), UnixMs(200)).await?);
    assert!(!actions::retry(&mut tx, &first, UnixMs(0), None, true, "late").await?);
    assert!(!actions::give_up(&mut tx, &first, "late", UnixMs(120)).await?);
    assert!(actions::holds(&mut tx, &second, UnixMs(200)).await?, "its lease stands");
    tx.commit().await?;
    // The same worker with an older claim of its own is late too.
    let third = claim(&db, "v", 200, 300).await?.remove(0);
    let mut tx = db.write().await?;
    assert!(!actions::retry(&mut tx, &second, UnixMs(0), None, true, "late").await?);
    assert_eq!(third.sent_at, Some(UnixMs(110)), "and its note");
    assert!(actions::retry(&mut tx, &third, UnixMs(400), Some(UnixMs(110)), true, "502").await?);
    assert_eq!(actions::troubled(&mut tx, 9).await?, [("tk_1".into(), "file".into(), 1, "502".into())]);
    tx.commit().await?;
    assert_eq!(claim(&db, "w", 399, 500).await?, []);
    let again = claim(&db, "w", 400, 500).await?.remove(0);
    assert_eq!((again.attempts, again.sent_at), (1, Some(UnixMs(110))));
    let mut tx = db.write().await?;
    assert!(actions::retry(&mut tx, &again, UnixMs(600), None, false, "asked to wait").await?);
    tx.commit().await?;
    let last = claim(&db, "w", 600, 700).await?.remove(0);
    assert_eq!((last.attempts, last.sent_at), (1, None), "a wait is no failure");
    Ok(())
}

async fn a_payload_stays_once_somebody_may_have_sent_it(db: Db) -> Result<()> {
    let id = wanted(&db).await?;
    let a = action(1, "one", &id);
    plan(&db, &a, 0).await?;
    let mut tx = db.write().await?;
    assert!(actions::replace_payload(&mut tx, &a.id, "2", UnixMs(5)).await?);
    tx.commit().await?;
    let held = claim(&db, "w", 10, 100).await?.remove(0);
    assert_eq!(held.payload, "2");
    let mut tx = db.write().await?;
    assert!(!actions::replace_payload(&mut tx, &a.id, "3", UnixMs(50)).await?, "held");
    assert!(
        actions::replace_payload(&mut tx, &a.id, "3", UnixMs(100)).await?,
        "the lease is over and nothing was sent"
    );
    assert!(actions::mark_sent(&mut tx, &held, UnixMs(60), UnixMs(90)).await?);
    assert!(!actions::replace_payload(&mut tx, &a.id, "4", UnixMs(100)).await?, "it may have been sent");
    actions::retry(&mut tx, &held, UnixMs(200), Some(UnixMs(60)), true, "lost answer").await?;
    assert!(!actions::replace_payload(&mut tx, &a.id, "4", UnixMs(100)).await?, "that is still unknown");
    actions::finish(&mut tx, &a.id, "adopted", UnixMs(300)).await?;
    assert!(!actions::replace_payload(&mut tx, &a.id, "4", UnixMs(400)).await?, "done");
    Ok(())
}

async fn what_was_given_up_can_be_revived(db: Db) -> Result<()> {
    let id = wanted(&db).await?;
    plan(&db, &action(1, "one", &id), 0).await?;
    let held = claim(&db, "w", 10, 100).await?.remove(0);
    let mut tx = db.write().await?;
    assert!(actions::give_up(&mut tx, &held, "no such project", UnixMs(20)).await?);
    let lost = Ticket {
        state: TicketState::Failed,
        error: Some("x".into()),
        ..ticket("tk_1", &id, None, TrackerName::GitHub, 1)
    };
    tickets::save(&mut tx, &lost).await?;
    assert_eq!(actions::by_state(&mut tx).await?, [("failed".to_owned(), 1)]);
    tx.commit().await?;
    assert_eq!(claim(&db, "w", 1_000, 2_000).await?, []);
    let mut tx = db.write().await?;
    assert_eq!(actions::revive_failed(&mut tx, UnixMs(1_000)).await?, 1);
    assert_eq!(actions::revive_failed(&mut tx, UnixMs(1_000)).await?, 0);
    let alive = tickets::get(&mut tx, &lost.id).await?.expect("the ticket");
    assert_eq!((alive.state, alive.error), (TicketState::Wanted, None));
    tx.commit().await?;
    assert_eq!(claim(&db, "w", 1_000, 2_000).await?, [], "it is planned anew, with the settings of now");
    plan(&db, &action(2, "one", &id), 1_000).await?;
    let second = claim(&db, "w", 1_000, 2_000).await?.remove(0);
    let mut tx = db.write().await?;
    assert!(actions::mark_sent(&mut tx, &second, UnixMs(1_100), UnixMs(1_200)).await?);
    assert!(actions::give_up(&mut tx, &second, "no answer", UnixMs(1_300)).await?);
    actions::revive_failed(&mut tx, UnixMs(3_000)).await?;
    tx.commit().await?;
    let again = claim(&db, "w", 3_000, 4_000).await?.remove(0);
    assert_eq!((again.id, again.attempts, again.sent_at), (second.id, 0, Some(UnixMs(1_100))), "it may be there");
    Ok(())
}

async fn many_workers_never_share_an_action(db: Db) -> Result<()> {
    let id = wanted(&db).await?;
    for n in 0..40 {
        // Two to a scope: of those one at a time is worked on.
        let scope = format!("github:{}", n / 2);
        plan(&db, &Action { scope, ..action(n, &format!("key {n}"), &id) }, n).await?;
    }
    let workers: Vec<_> = (0..8)
        .map(|w| {
            let db = db.clone();
            tokio::spawn(async move {
                let mut mine = Vec::new();
                loop {
                    let mut tx = db.write().await?;
                    let got = actions::claim(&mut tx, &format!("w{w}"), UnixMs(100), UnixMs(900), 1).await?;
                    tx.commit().await?;
                    let Some(a) = got.into_iter().next() else { return anyhow::Ok(mine) };
                    mine.push(a.id.0);
                }
            })
        })
        .collect();
    let mut all = Vec::new();
    for worker in workers {
        all.extend(worker.await??);
    }
    all.sort();
    let wanted: Vec<String> = (0..20).map(|n| format!("ac_{:04}", n * 2)).collect();
    assert_eq!(all, wanted);
    Ok(())
}
