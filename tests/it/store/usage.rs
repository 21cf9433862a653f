//! Rows of people, counters over them, and what is said of the counters.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use hearback::domain::feedback::Belongs;
use hearback::id::RolloutId;
use hearback::store::alarms::{self, AlarmRow};
use hearback::store::findings::{self, FindingRow};
use hearback::store::usage::baseline::{self, BaselineCell};
use hearback::store::usage::waiting::{self, Waiting};
use hearback::store::usage::{self, PersonRow};
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

fn of<'a>(rollout: &'a RolloutId, cells: &[(&str, i64)]) -> Vec<(&'a str, String, i64)> {
    cells.iter().map(|(key, n)| (rollout.as_str(), (*key).to_owned(), *n)).collect()
}

async fn counters_add_up_and_go_away_at_zero(db: Db) -> Result<()> {
    let (id, other) = (RolloutId("ro_1".into()), RolloutId("ro_2".into()));
    let mut tx = db.write().await?;
    usage::alone(&mut tx).await?;
    let both = [of(&id, &[("a", 2), ("b", i64::MAX - 1), ("it's", -3)]), of(&other, &[("a", 5)])];
    usage::count(&mut tx, &both.concat()).await?;
    usage::count(&mut tx, &of(&id, &[("a", -2), ("b", 1), ("it's", 1)])).await?;
    usage::count(&mut tx, &[]).await?;
    assert_eq!(usage::cells(&mut tx, &id).await?, pairs(&[("b", i64::MAX), ("it's", -2)]));
    assert_eq!(usage::cells(&mut tx, &other).await?, pairs(&[("a", 5)]));
    let many: Vec<(&str, String, i64)> = (0..2_513).map(|n| (other.as_str(), format!("k{n:05}"), n + 1)).collect();
    usage::count(&mut tx, &many).await?;
    assert_eq!(usage::cells(&mut tx, &other).await?.len(), 2_514);
    usage::clear(&mut tx, &other).await?;
    assert_eq!(usage::cells(&mut tx, &other).await?, []);
    Ok(())
}

async fn people_are_read_and_written_many_at_a_time(db: Db) -> Result<()> {
    let mut tx = db.write().await?;
    let names: Vec<String> = (0..2_300).map(|n| format!("p_{n:04}")).collect();
    let row = |person: &str, state: &[u8], day| PersonRow { person: person.into(), state: state.to_vec(), day };
    let rows: Vec<PersonRow> = names.iter().map(|n| row(n, n.as_bytes(), Some(10))).collect();
    usage::keep_people(&mut tx, &rows).await?;
    let (again, silent) = (row("p_0000", &[0, 255], Some(20)), row("p_0001", &[1], None));
    usage::keep_people(&mut tx, &[again.clone(), silent.clone()]).await?;
    let wanted: Vec<&str> = names.iter().map(String::as_str).chain(["p_none"]).collect();
    let mut read = usage::people(&mut tx, &wanted).await?;
    read.sort_by(|a, b| a.person.cmp(&b.person));
    assert_eq!((read.len(), &read[..2]), (2_300, &[again, silent][..]));
    assert_eq!(usage::people(&mut tx, &[]).await?, []);

    let (id, other) = (RolloutId("ro_1".into()), RolloutId("ro_2".into()));
    let pairs: Vec<(&str, &str)> = names.iter().map(|n| (n.as_str(), "ro_1")).chain([("p_0007", "ro_2")]).collect();
    usage::join(&mut tx, &pairs).await?;
    usage::join(&mut tx, &pairs[..3]).await?;
    let page = usage::of_rollout(&mut tx, &id, "p_2297", 10).await?;
    assert_eq!(page, rows[2_298..]);
    assert_eq!(usage::members(&mut tx, &id, 3).await?, names[..3]);
    usage::leave(&mut tx, &[("p_0000", "ro_1"), ("p_0007", "ro_1"), ("p_0008", "ro_2")]).await?;
    assert_eq!(usage::members(&mut tx, &id, 10_000).await?.len(), 2_298);
    assert_eq!(usage::members(&mut tx, &other, 10).await?, ["p_0007"], "they are still in the other");

    assert_eq!(usage::unheard(&mut tx, 10, "", 5).await?, [""; 0]);
    assert_eq!(usage::unheard(&mut tx, 11, "p_0000", 2).await?, names[2..4], "nothing is kept of the second");
    usage::drop_person(&mut tx, "p_0002").await?;
    usage::let_go_people(&mut tx, &["p_0003", "p_none"]).await?;
    assert_eq!(usage::unheard(&mut tx, 11, "p_0000", 1).await?, names[4..5]);
    assert_eq!(usage::long_closed(&mut tx, UnixMs(0)).await?, None);
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
