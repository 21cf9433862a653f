use anyhow::Result;
use hearback::domain::existing::{Beside, Listed, Related};
use hearback::domain::ticket::TrackerName;
use hearback::store::{Db, existing, tickets};
use hearback::time::UnixMs;

use super::samples::{kept, ticket};

on_both!(how_a_ticket_stands_is_kept_with_it, a_list_serves_until_it_is_old);

async fn how_a_ticket_stands_is_kept_with_it(db: Db) -> Result<()> {
    let id = kept(&db, "f").await?;
    let mut tx = db.write().await?;
    let one = ticket("tk_1", &id, None, TrackerName::GitHub, 1);
    tickets::want(&mut tx, &one).await?;
    assert_eq!(existing::beside(&mut tx, &one.id).await?, Beside::default());
    let related = vec![Related { key: "12".into(), url: "https://x/12".into() }];
    for beside in [
        Beside { related, ..Beside::default() },
        Beside { linked: true, comment: Some("9".into()), related: Vec::new() },
    ] {
        existing::put_beside(&mut tx, &one.id, &beside).await?;
        assert_eq!(existing::beside(&mut tx, &one.id).await?, beside);
    }
    Ok(())
}

async fn a_list_serves_until_it_is_old(db: Db) -> Result<()> {
    let mut tx = db.write().await?;
    let listed = |key: &str| Listed {
        key: key.into(),
        url: format!("https://x/{key}"),
        title: "'; DROP TABLE issue_listings; --".into(),
        text: "ä".into(),
        labels: vec!["bug".into()],
        open: true,
        updated_at: UnixMs(5),
    };
    let (github, jira) = (TrackerName::GitHub, TrackerName::Jira);
    existing::put_listing(&mut tx, github, "a/b", &[listed("1")], UnixMs(10), UnixMs(0)).await?;
    assert_eq!(existing::listing(&mut tx, github, "a/b", UnixMs(10)).await?, Some(vec![listed("1")]));
    assert_eq!(existing::listing(&mut tx, github, "a/b", UnixMs(11)).await?, None, "too old");
    assert_eq!(existing::listing(&mut tx, jira, "a/b", UnixMs(0)).await?, None);
    existing::put_listing(&mut tx, github, "a/b", &[listed("2")], UnixMs(20), UnixMs(0)).await?;
    assert_eq!(existing::listing(&mut tx, github, "a/b", UnixMs(10)).await?, Some(vec![listed("2")]));
    existing::put_listing(&mut tx, jira, "SHOP", &[], UnixMs(90), UnixMs(50)).await?;
    assert_eq!(existing::listing(&mut tx, github, "a/b", UnixMs(0)).await?, None, "let go");
    assert_eq!(existing::listing(&mut tx, jira, "SHOP", UnixMs(0)).await?, Some(Vec::new()));
    Ok(())
}
