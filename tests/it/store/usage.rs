//! Rows of people, counters over them, and what is said of the counters.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use hearback::domain::feedback::Belongs;
use hearback::id::RolloutId;
use hearback::store::alarms::{self, AlarmRow};
use hearback::store::findings::{self, FindingRow};
use hearback::store::usage::baseline::{self, BaselineCell};
use hearback::store::usage::waiting::{self, Waiting};
use hearback::store::usage::{self, ParticipantRow};
use hearback::store::{Db, feedback, metrics};
use hearback::time::{DAY_MS, HOUR_MS, UnixMs};

use super::samples::{self, incoming, kept, reading};

on_both!(
    counters_add_up_and_go_away_at_zero,
    people_are_read_and_written_many_at_a_time,
    a_number_stands_for_one_name,
    an_exposure_waits_once_with_its_first_moment,
    what_counts_in_the_baseline_is_noted_beside_the_statement,
    an_hour_that_is_told_again_takes_the_place_of_what_was_told,
    an_alarm_stays_heard_until_it_is_raised_again,
    a_newer_finding_takes_the_place_of_the_one_before,
);

fn pairs(cells: &[(&str, i64)]) -> Vec<(String, i64)> {
    cells.iter().map(|(key, n)| ((*key).to_owned(), *n)).collect()
}

async fn counters_add_up_and_go_away_at_zero(db: Db) -> Result<()> {
    let (id, other) = (RolloutId("ro_1".into()), RolloutId("ro_2".into()));
    let mut tx = db.write().await?;
    usage::alone(&mut tx).await?;
    usage::count(&mut tx, &id, &pairs(&[("a", 2), ("b", i64::MAX - 1), ("it's", -3)])).await?;
    usage::count(&mut tx, &other, &pairs(&[("a", 5)])).await?;
    usage::count(&mut tx, &id, &pairs(&[("a", -2), ("b", 1), ("it's", 1)])).await?;
    usage::count(&mut tx, &id, &[]).await?;
    assert_eq!(usage::cells(&mut tx, &id).await?, pairs(&[("b", i64::MAX), ("it's", -2)]));
    assert_eq!(usage::cells(&mut tx, &other).await?, pairs(&[("a", 5)]));
    let many: Vec<(String, i64)> = (0..2_500).map(|n| (format!("k{n:05}"), n + 1)).collect();
    usage::count(&mut tx, &other, &many).await?;
    assert_eq!(usage::cells(&mut tx, &other).await?.len(), 2_501);
    usage::clear(&mut tx, &other).await?;
    assert_eq!(usage::cells(&mut tx, &other).await?, []);
    Ok(())
}

async fn people_are_read_and_written_many_at_a_time(db: Db) -> Result<()> {
    let mut tx = db.write().await?;
    let names: Vec<String> = (0..2_300).map(|n| format!("p_{n:04}")).collect();
    let rows: Vec<(&str, Vec<u8>)> = names.iter().map(|n| (n.as_str(), n.as_bytes().to_vec())).collect();
    usage::keep_people(&mut tx, &rows, 10).await?;
    usage::keep_people(&mut tx, &[("p_0000", vec![0, 255])], 20).await?;
    let wanted: Vec<&str> = names.iter().map(String::as_str).chain(["p_none"]).collect();
    let read: BTreeMap<String, Vec<u8>> = usage::people(&mut tx, &wanted).await?.into_iter().collect();
    assert_eq!((read.len(), &read["p_0000"]), (2_300, &vec![0, 255]));
    assert_eq!(usage::people(&mut tx, &[]).await?, []);

    let row = |person: &str, rollout: &str, exposed_ms| ParticipantRow {
        person: person.into(),
        rollout_id: rollout.into(),
        state: vec![1, 0],
        exposed_ms,
    };
    let all: Vec<ParticipantRow> = names.iter().map(|n| row(n, "ro_1", Some(7))).collect();
    usage::keep_participants(&mut tx, &all).await?;
    let again = [row("p_0000", "ro_1", None), row("p_0000", "ro_2", Some(1))];
    usage::keep_participants(&mut tx, &again).await?;
    let mut mine = usage::participants(&mut tx, &["p_0000"]).await?;
    mine.sort_by(|a, b| a.rollout_id.cmp(&b.rollout_id));
    assert_eq!(mine, again);
    let id = RolloutId("ro_1".into());
    let page = usage::of_rollout(&mut tx, &id, "p_2297", 10).await?;
    assert_eq!(page.iter().map(|r| r.person.as_str()).collect::<Vec<_>>(), ["p_2298", "p_2299"]);
    usage::drop_participant(&mut tx, "p_2299", &id).await?;
    usage::drop_person(&mut tx, "p_0000").await?;
    assert_eq!(usage::participants(&mut tx, &["p_0000", "p_2299"]).await?, []);
    assert_eq!(usage::let_go_people(&mut tx, 11, 2_000).await?, 2_000, "no more than asked for");
    assert_eq!(usage::let_go_people(&mut tx, 11, 2_000).await?, 299);
    assert_eq!(usage::long_closed(&mut tx, UnixMs(0)).await?, None);
    assert_eq!(usage::let_go_rows(&mut tx, &id, 2_000).await?, 2_000, "no more than asked for");
    assert_eq!(usage::let_go_rows(&mut tx, &id, 2_000).await?, 298);
    Ok(())
}

async fn a_number_stands_for_one_name(db: Db) -> Result<()> {
    let mut tx = db.write().await?;
    let words = |pairs: &[(u32, &str)]| pairs.iter().map(|(id, w)| (*id, (*w).to_owned())).collect::<BTreeMap<_, _>>();
    let both = BTreeSet::from([20, u32::MAX]);
    assert_eq!(usage::name(&mut tx, &words(&[(20, "search"), (u32::MAX, "it's")])).await?, both);
    assert_eq!(usage::name(&mut tx, &words(&[(20, "another"), (u32::MAX, "it's")])).await?, BTreeSet::from([u32::MAX]));
    assert_eq!(usage::known(&mut tx, &words(&[(20, "search"), (21, "new")])).await?, BTreeSet::from([20]));
    assert_eq!(usage::known(&mut tx, &words(&[(20, "another")])).await?, BTreeSet::new());
    assert_eq!(usage::names(&mut tx, &[20, 21]).await?, words(&[(20, "search")]));
    let id = RolloutId("ro_1".into());
    usage::keep_register(&mut tx, &id, "{}").await?;
    usage::keep_register(&mut tx, &id, r#"{"a": 1}"#).await?;
    let kept = usage::registers(&mut tx, &["ro_1", "ro_2"]).await?;
    assert_eq!(kept, BTreeMap::from([("ro_1".to_owned(), r#"{"a": 1}"#.to_owned())]));
    Ok(())
}

async fn an_exposure_waits_once_with_its_first_moment(db: Db) -> Result<()> {
    let mut tx = db.write().await?;
    let one = |person: &str, at_ms| Waiting {
        wanted: "flag:a".into(),
        person: person.into(),
        arm: "t".into(),
        at_ms,
        environment: "production".into(),
    };
    for at in [5, 3, 9] {
        waiting::keep(&mut tx, &one("p_1", at), UnixMs(at)).await?;
    }
    waiting::keep(&mut tx, &one("p_2", 1), UnixMs(50)).await?;
    assert_eq!(waiting::waiting(&mut tx).await?, 2);
    assert_eq!(waiting::take(&mut tx, "flag:b", "", 10).await?, []);
    assert_eq!(waiting::take(&mut tx, "flag:a", "staging", 10).await?, [], "it waits on");
    assert_eq!(waiting::take(&mut tx, "flag:a", "Production", 1).await?, [one("p_1", 3)]);
    assert_eq!(waiting::let_go(&mut tx, UnixMs(50)).await?, 0);
    assert_eq!(waiting::let_go(&mut tx, UnixMs(51)).await?, 1);
    Ok(())
}

async fn what_counts_in_the_baseline_is_noted_beside_the_statement(db: Db) -> Result<()> {
    let id = kept(&db, "f").await?;
    let mut tx = db.write().await?;
    for (n, at) in [(1, DAY_MS), (2, DAY_MS - 1), (3, 2 * DAY_MS)] {
        let said = samples::feedback(&format!("fb_{n}"), Some(&id), "p_1", at);
        feedback::insert(&mut tx, &incoming(said.clone(), &format!("key {n}"), Belongs::default())).await?;
        if n != 3 {
            feedback::keep_reading(&mut tx, &said, &reading(), false).await?;
        }
    }
    let all = baseline::between(&mut tx, "p_1", UnixMs(0), UnixMs(DAY_MS)).await?;
    assert_eq!((all.len(), all[0].id.as_str(), all[0].reading.as_ref().map(|r| r.score)), (1, "fb_2", Some(-0.5)));
    let ids = |all: Vec<baseline::Uttered>| all.into_iter().map(|u| u.id.0).collect::<Vec<_>>();
    assert_eq!(ids(baseline::in_rollout(&mut tx, "p_1", &id).await?), ["fb_2", "fb_1"], "the third is not read yet");
    baseline::note(&mut tx, &all[0].id, Some("widget.neg.it's")).await?;
    assert_eq!(
        baseline::of_person(&mut tx, "p_1").await?,
        [(all[0].id.clone(), "widget.neg.it's".to_owned(), UnixMs(DAY_MS - 1))]
    );
    let cell =
        |day, n, neg| BaselineCell { day, segment: "it's".into(), channel: "widget".into(), n, neg, pos: n - neg };
    for cell in [cell(3, 1, 1), cell(3, 1, 0), cell(4, 1, 1), cell(4, -1, -1)] {
        baseline::add(&mut tx, &cell).await?;
    }
    assert_eq!(baseline::days(&mut tx, 3, 4).await?, [cell(3, 2, 1)]);
    assert_eq!(baseline::days(&mut tx, 4, 9).await?, []);
    Ok(())
}

async fn an_hour_that_is_told_again_takes_the_place_of_what_was_told(db: Db) -> Result<()> {
    let id = RolloutId("ro_1".into());
    let mut tx = db.write().await?;
    for (at, sum) in [(HOUR_MS + 5, 1.5), (2 * HOUR_MS - 1, 2.0), (2 * HOUR_MS, 4.0)] {
        metrics::put(&mut tx, &id, "p95", UnixMs(at), sum, 2).await?;
    }
    let hours = metrics::hours(&mut tx, &id, "p95").await?;
    let told: Vec<(i64, f64, i64)> = hours.into_iter().map(|h| (h.hour_ms, h.sum, h.n)).collect();
    assert_eq!(told, [(HOUR_MS, 2.0, 2), (2 * HOUR_MS, 4.0, 2)]);
    assert_eq!(metrics::names(&mut tx, &id).await?, ["p95"]);
    Ok(())
}

async fn an_alarm_stays_heard_until_it_is_raised_again(db: Db) -> Result<()> {
    let id = kept(&db, "f").await?;
    let mut tx = db.write().await?;
    let alarm = |ln_e, raised_ms| AlarmRow {
        subject: "rollout".into(),
        state: "{}".into(),
        ln_e,
        grade: "alert".into(),
        raised_ms,
        acked_ms: None,
        changed_ms: 1,
    };
    alarms::keep(&mut tx, &id, &alarm(1.0, None)).await?;
    assert!(!alarms::hear(&mut tx, &id, "rollout", UnixMs(5)).await?, "it is not raised");
    alarms::keep(&mut tx, &id, &alarm(3.5, Some(6))).await?;
    assert!(alarms::hear(&mut tx, &id, "rollout", UnixMs(7)).await?);
    assert!(!alarms::hear(&mut tx, &id, "rollout", UnixMs(8)).await?, "once");
    alarms::keep(&mut tx, &id, &alarm(9.0, Some(6))).await?;
    assert_eq!(alarms::of_rollout(&mut tx, &id).await?, [AlarmRow { acked_ms: Some(7), ..alarm(9.0, Some(6)) }]);
    alarms::keep(&mut tx, &id, &alarm(5.0, Some(20))).await?;
    assert!(alarms::hear(&mut tx, &id, "rollout", UnixMs(21)).await?);
    Ok(())
}

async fn a_newer_finding_takes_the_place_of_the_one_before(db: Db) -> Result<()> {
    let id = kept(&db, "f").await?;
    let mut tx = db.write().await?;
    let finding = |id: &str, subject: &str, hash: &str| FindingRow {
        id: id.into(),
        kind: "event".into(),
        subject: subject.into(),
        grade: "watch".into(),
        body: format!("{{\"hash\": \"{hash}\"}}"),
        hash: hash.into(),
        at_ms: 1,
    };
    assert!(findings::keep(&mut tx, &id, &finding("fi_1", "a", "x")).await?);
    assert!(!findings::keep(&mut tx, &id, &finding("fi_2", "a", "x")).await?, "it says the same");
    assert!(findings::keep(&mut tx, &id, &finding("fi_3", "a", "y")).await?);
    assert!(findings::keep(&mut tx, &id, &finding("fi_4", "b", "y")).await?);
    let all = findings::of_rollout(&mut tx, &id).await?;
    assert_eq!(all, [finding("fi_1", "a", "y"), finding("fi_4", "b", "y")], "its id stays");
    findings::remove(&mut tx, &id, "event", "a").await?;
    assert_eq!(findings::of_rollout(&mut tx, &id).await?, [finding("fi_4", "b", "y")]);
    Ok(())
}
