//! What is known of flags, what was turned away, and who was asked to wait.
use anyhow::Result;
use hearback::domain::flag_state::FlagState;
use hearback::domain::signal::Subject;
use hearback::store::{Db, flags, pauses, refusals};
use hearback::time::UnixMs;

use super::samples::flag;

on_both!(
    a_flag_is_known_in_each_environment,
    the_same_state_again_is_no_change,
    what_is_turned_away_adds_up,
    a_pause_ends_by_itself,
);

fn at(on: bool) -> FlagState {
    FlagState { on: Some(on), ..FlagState::default() }
}

async fn a_flag_is_known_in_each_environment(db: Db) -> Result<()> {
    let mut tx = db.write().await?;
    for (key, environment, on) in [("a", "production", true), ("a", "eu", false), ("b", "production", true)] {
        flags::set(&mut tx, &flag(key, environment), &at(on), UnixMs(5)).await?;
    }
    let nothing = Subject::FlagEverywhere { platform: "p".into(), project: String::new(), flag: "a".into() };
    flags::set(&mut tx, &nothing, &at(true), UnixMs(5)).await?;
    let found = flags::environments(&mut tx, "p", "", "a").await?;
    assert_eq!(found, [flag("a", "eu"), flag("a", "production")]);
    assert!(flags::environments(&mut tx, "q", "", "a").await?.is_empty(), "another platform");
    assert_eq!(flags::of_platform(&mut tx, "p").await?.len(), 3);
    assert_eq!(flags::named(&mut tx, "a", 10).await?.len(), 2);
    let known = flags::get(&mut tx, &flag("a", "eu")).await?.expect("it is known");
    assert_eq!((known.state, known.changed_at), (at(false), UnixMs(5)));
    assert!(flags::get(&mut tx, &flag("c", "eu")).await?.is_none());
    Ok(())
}

async fn the_same_state_again_is_no_change(db: Db) -> Result<()> {
    let mut tx = db.write().await?;
    let subject = flag("a", "production");
    for (on, now, changed) in [(true, 1, 1), (true, 2, 1), (false, 3, 3)] {
        flags::set(&mut tx, &subject, &at(on), UnixMs(now)).await?;
        let known = flags::get(&mut tx, &subject).await?.expect("it is known");
        assert_eq!((known.state, known.changed_at), (at(on), UnixMs(changed)), "at {now}");
    }
    Ok(())
}

async fn what_is_turned_away_adds_up(db: Db) -> Result<()> {
    let mut tx = db.write().await?;
    assert_eq!(refusals::of(&mut tx, "unleash").await?, None);
    refusals::add(&mut tx, "unleash", 1, UnixMs(1), "no secret").await?;
    refusals::add(&mut tx, "unleash", 41, UnixMs(9), "the wrong one").await?;
    let noted = refusals::of(&mut tx, "unleash").await?.expect("it is noted");
    assert_eq!((noted.times, noted.last_ms, noted.why.as_str()), (42, 9, "the wrong one"));
    assert_eq!(refusals::of(&mut tx, "gitlab").await?, None);
    Ok(())
}

async fn a_pause_ends_by_itself(db: Db) -> Result<()> {
    let mut tx = db.write().await?;
    pauses::hold(&mut tx, "flags.unleash", UnixMs(10), "a limit").await?;
    assert_eq!(pauses::until(&mut tx, "flags.unleash", UnixMs(9)).await?, Some(UnixMs(10)));
    assert_eq!(pauses::until(&mut tx, "flags.unleash", UnixMs(10)).await?, None);
    assert_eq!(pauses::until(&mut tx, "flags.gitlab", UnixMs(1)).await?, None);
    Ok(())
}
