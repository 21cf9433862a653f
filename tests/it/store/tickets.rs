use anyhow::Result;
use hearback::domain::ticket::{Ticket, TicketState, TrackerName};
use hearback::id::TicketId;
use hearback::store::{Db, themes, tickets};
use hearback::time::UnixMs;

use super::samples::{kept, theme, ticket};

on_both!(a_ticket_is_wanted_once_a_subject_and_tracker, tickets_are_found_by_what_they_are);

async fn a_ticket_is_wanted_once_a_subject_and_tracker(db: Db) -> Result<()> {
    let id = kept(&db, "f").await?;
    let th = theme("th_1", 1);
    let mut tx = db.write().await?;
    themes::save(&mut tx, &id, &th).await?;
    for (t, new) in [
        (ticket("tk_1", &id, None, TrackerName::GitHub, 1), true),
        (ticket("tk_2", &id, None, TrackerName::GitHub, 2), false),
        (ticket("tk_3", &id, None, TrackerName::Jira, 2), true),
        (ticket("tk_4", &id, Some(&th.id), TrackerName::GitHub, 3), true),
        (ticket("tk_5", &id, Some(&th.id), TrackerName::GitHub, 4), false),
    ] {
        assert_eq!(tickets::want(&mut tx, &t).await?, new, "{}", t.id);
    }
    let all: Vec<String> = tickets::of_rollout(&mut tx, &id).await?.into_iter().map(|t| t.id.0).collect();
    assert_eq!(all, ["tk_1", "tk_3", "tk_4"]);
    Ok(())
}

async fn tickets_are_found_by_what_they_are(db: Db) -> Result<()> {
    let id = kept(&db, "f").await?;
    let mut tx = db.write().await?;
    let (one, two) =
        (ticket("tk_1", &id, None, TrackerName::GitHub, 10), ticket("tk_2", &id, None, TrackerName::Jira, 20));
    for t in [&one, &two] {
        tickets::want(&mut tx, t).await?;
        assert_eq!(tickets::get(&mut tx, &t.id).await?.as_ref(), Some(t));
    }
    let filed = Ticket {
        state: TicketState::Filed,
        target: "acme/moved".into(),
        key: Some("41".into()),
        url: Some("https://x/41".into()),
        comment: Some("9".into()),
        section_hash: Some("s".into()),
        quotes_hash: Some("q".into()),
        written_at: Some(UnixMs(11)),
        error: Some("a note".into()),
        ..one
    };
    let lost = Ticket { state: TicketState::Failed, error: Some("no such project".into()), ..two };
    for t in [&filed, &lost] {
        tickets::save(&mut tx, t).await?;
        assert_eq!(tickets::get(&mut tx, &t.id).await?.as_ref(), Some(t));
    }
    let by_key = |target, key| (TrackerName::GitHub, target, key);
    for ((tracker, target, key), found) in [
        (by_key("acme/moved", "41"), Some(&filed)),
        (by_key("acme/shop", "41"), None),
        (by_key("acme/moved", "4"), None),
        ((TrackerName::Jira, "acme/moved", "41"), None),
    ] {
        assert_eq!(tickets::by_key(&mut tx, tracker, target, key).await?.as_ref(), found, "{target} {key}");
    }
    assert_eq!(tickets::failed(&mut tx, 9).await?, [lost]);
    assert_eq!(tickets::filed_since(&mut tx, UnixMs(10), 9).await?, [filed]);
    assert_eq!(tickets::filed_since(&mut tx, UnixMs(11), 9).await?, []);
    assert_eq!(tickets::by_state(&mut tx).await?, [("failed".to_owned(), 1), ("filed".to_owned(), 1)]);
    assert_eq!(tickets::get(&mut tx, &TicketId("tk_none".into())).await?, None);
    Ok(())
}
