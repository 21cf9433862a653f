//! Releases and pull requests, and the flags that they may name.
use anyhow::Result;
use hearback::domain::mention::{Mention, MentionId, MentionKind};
use hearback::domain::repo::RepoName;
use hearback::store::mentions::{self, Unasked};
use hearback::store::{Db, rollouts};
use hearback::time::UnixMs;

use super::samples::{flag, kept, release, rollout};

on_both!(
    a_newer_text_replaces_an_older_one_and_not_the_other_way,
    a_flag_is_named_by_the_latest_first,
    a_flag_has_a_home_where_one_repository_names_it,
    files_are_taken_once_at_a_time_and_stay_when_the_text_is_edited,
    what_names_a_flag_leads_to_its_rollouts,
);

fn id(kind: MentionKind, origin: &str, id: &str) -> MentionId {
    MentionId { origin: origin.into(), kind, id: id.into() }
}

fn mention(of: MentionId, ms: i64, flags: &[&str]) -> Mention {
    Mention {
        repo: RepoName::parse("acme/shop").expect("a name"),
        key: format!("v{}", of.id),
        title: "it's a 'title'".into(),
        url: Some("https://github.test/x".into()),
        at: UnixMs(ms),
        written_at: UnixMs(ms),
        flags: flags.iter().map(|f| (*f).to_owned()).collect(),
        of,
    }
}

fn a_release(n: &str, ms: i64, flags: &[&str]) -> Mention {
    mention(id(MentionKind::Release, "github:1", n), ms, flags)
}

fn a_pull(n: &str, ms: i64, flags: &[&str]) -> Mention {
    mention(id(MentionKind::Pull, "github:1", n), ms, flags)
}

const EVER: UnixMs = UnixMs::NEVER;

async fn a_newer_text_replaces_an_older_one_and_not_the_other_way(db: Db) -> Result<()> {
    let mut tx = db.write().await?;
    let first = a_release("7", 10, &["b", "a"]);
    let edited = Mention { written_at: UnixMs(20), ..a_release("7", 10, &["a", "c"]) };
    let renamed = Mention { key: "v8".into(), written_at: UnixMs(30), ..edited.clone() };
    for (said, news, why) in [
        (&first, true, "the first"),
        (&a_release("7", 10, &["a", "b"]), false, "the same in another order"),
        (&edited, true, "an edit"),
        (&first, false, "older than what is known"),
        (&Mention { written_at: UnixMs(25), ..edited.clone() }, false, "written again as it was"),
        (&renamed, true, "another tag"),
        (&Mention { flags: Vec::new(), ..renamed.clone() }, true, "names nothing any more"),
        (&renamed, true, "written in the same moment"),
    ] {
        assert_eq!(mentions::keep(&mut tx, said, None).await?, news, "{why}");
    }
    let of_c = mentions::of_flag(&mut tx, "c", MentionKind::Release, EVER, 9).await?;
    assert_eq!(of_c, [Mention { flags: vec!["c".into()], ..renamed.clone() }], "as it came");
    assert_eq!(mentions::of_flag(&mut tx, "b", MentionKind::Release, EVER, 9).await?, []);
    assert_eq!(mentions::at(&mut tx, &renamed.of).await?, Some(UnixMs(10)));
    assert_eq!(
        mentions::at(&mut tx, &id(MentionKind::Pull, "github:1", "7")).await?,
        None,
        "a pull request is another"
    );
    Ok(())
}

async fn a_flag_is_named_by_the_latest_first(db: Db) -> Result<()> {
    let mut tx = db.write().await?;
    for (n, ms) in [("1", 10), ("2", 30), ("3", 20), ("4", 40)] {
        mentions::keep(&mut tx, &a_release(n, ms, &["f", "g"]), None).await?;
        mentions::keep(&mut tx, &a_pull(n, ms + 1, &["f"]), None).await?;
    }
    for (flag, kind, until, limit, wanted) in [
        ("f", MentionKind::Release, EVER, 9, "4 2 3 1"),
        ("f", MentionKind::Release, EVER, 2, "4 2"),
        ("f", MentionKind::Release, UnixMs(30), 9, "2 3 1"),
        ("f", MentionKind::Pull, UnixMs(30), 9, "3 1"),
        ("g", MentionKind::Pull, EVER, 9, ""),
        ("F", MentionKind::Release, EVER, 9, ""),
    ] {
        let found = mentions::of_flag(&mut tx, flag, kind, until, limit).await?;
        let ids: Vec<&str> = found.iter().map(|m| m.of.id.as_str()).collect();
        assert_eq!(ids.join(" "), wanted, "{flag} {kind:?} {until:?} {limit}");
    }
    Ok(())
}

async fn a_flag_has_a_home_where_one_repository_names_it(db: Db) -> Result<()> {
    let mut tx = db.write().await?;
    assert_eq!(mentions::repo_of_flag(&mut tx, "f", EVER).await?, None);
    mentions::keep(&mut tx, &a_pull("1", 10, &["f"]), None).await?;
    let store = RepoName::parse("acme/store").expect("a name");
    mentions::keep(&mut tx, &Mention { repo: store.clone(), ..a_release("2", 20, &["f"]) }, None).await?;
    assert_eq!(mentions::repo_of_flag(&mut tx, "f", EVER).await?, Some(store.clone()), "renamed since");
    let elsewhere = mention(id(MentionKind::Pull, "github:2", "1"), 30, &["f"]);
    mentions::keep(&mut tx, &elsewhere, None).await?;
    assert_eq!(mentions::repo_of_flag(&mut tx, "f", EVER).await?, None, "two");
    assert_eq!(mentions::repo_of_flag(&mut tx, "f", UnixMs(29)).await?, Some(store), "one, so far");
    Ok(())
}

async fn files_are_taken_once_at_a_time_and_stay_when_the_text_is_edited(db: Db) -> Result<()> {
    let mut tx = db.write().await?;
    let (one, two) = (a_pull("1", 10, &["f"]), a_pull("2", 10, &[]));
    mentions::keep(&mut tx, &a_release("9", 5, &["f"]), None).await?;
    assert_eq!(mentions::next_files(&mut tx).await?, None);
    mentions::keep(&mut tx, &one, Some(UnixMs(10))).await?;
    mentions::keep(&mut tx, &two, Some(UnixMs(12))).await?;
    assert_eq!(mentions::next_files(&mut tx).await?, Some(UnixMs(10)));
    let unasked = |m: &Mention, attempts| Unasked { of: m.of.clone(), repo: m.repo.clone(), attempts };
    assert_eq!(mentions::take_files(&mut tx, UnixMs(9), UnixMs(50)).await?, None, "not due");
    assert_eq!(mentions::take_files(&mut tx, UnixMs(20), UnixMs(50)).await?, Some(unasked(&one, 1)));
    assert_eq!(mentions::take_files(&mut tx, UnixMs(20), UnixMs(50)).await?, Some(unasked(&two, 1)));
    assert_eq!(mentions::take_files(&mut tx, UnixMs(49), UnixMs(90)).await?, None, "both are taken");
    assert_eq!(
        mentions::take_files(&mut tx, UnixMs(50), UnixMs(90)).await?,
        Some(unasked(&one, 2)),
        "the lease is over"
    );
    mentions::postpone_files(&mut tx, &two.of, UnixMs(70), 7).await?;
    mentions::files_name(&mut tx, &one.of, &["g".into(), "f".into()]).await?;
    mentions::files_name(&mut tx, &one.of, &["g".into()]).await?;
    assert_eq!(mentions::next_files(&mut tx).await?, Some(UnixMs(70)), "one is done");
    let edited = Mention { written_at: UnixMs(80), flags: vec!["h".into()], ..one.clone() };
    assert!(mentions::keep(&mut tx, &edited, Some(UnixMs(80))).await?);
    assert_eq!(mentions::take_files(&mut tx, UnixMs(80), UnixMs(90)).await?, Some(unasked(&two, 8)));
    assert_eq!(mentions::next_files(&mut tx).await?, Some(UnixMs(90)), "an edit changes no file");
    for (flag, times) in [("f", 1), ("g", 1), ("h", 1)] {
        assert_eq!(mentions::of_flag(&mut tx, flag, MentionKind::Pull, EVER, 9).await?.len(), times, "{flag}");
    }
    Ok(())
}

async fn what_names_a_flag_leads_to_its_rollouts(db: Db) -> Result<()> {
    let (first, other) = (kept(&db, "f").await?, kept(&db, "g").await?);
    let mut tx = db.write().await?;
    let later = rollout(&flag("f", "eu"), 2_000);
    rollouts::upsert(&mut tx, &later, UnixMs(2_000)).await?;
    let of = a_release("7", 10, &["f", "unknown"]).of;
    mentions::keep(&mut tx, &a_release("7", 10, &["f", "unknown"]), None).await?;
    assert_eq!(mentions::rollouts_named(&mut tx, &of, 9).await?, [later.id.clone(), first]);
    assert_eq!(mentions::rollouts_named(&mut tx, &of, 1).await?, [later.id]);
    mentions::keep(&mut tx, &a_release("8", 20, &["g"]), None).await?;
    assert_eq!(mentions::rollouts_named(&mut tx, &a_release("8", 20, &[]).of, 9).await?, [other]);
    let own = rollout(&release("7"), 3_000);
    rollouts::upsert(&mut tx, &own, UnixMs(3_000)).await?;
    let subject = of.subject().expect("a release has a rollout of its own");
    assert_eq!(rollouts::of_subject(&mut tx, &subject).await?, [own.id]);
    Ok(())
}
