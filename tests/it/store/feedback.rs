use anyhow::Result;
use hearback::domain::feedback::{Belongs, Feedback};
use hearback::id::{FeedbackId, RolloutId};
use hearback::store::{Db, Tx, feedback, rollouts, themes};
use hearback::time::UnixMs;

use super::samples::{self, incoming, kept, reading, theme};

on_both!(
    the_same_statement_is_kept_once,
    what_nobody_read_waits_in_the_order_in_which_it_was_said,
    what_was_read_comes_back_as_it_was,
    one_statement_is_a_persons_voice,
    the_voices_of_many_come_at_once,
    what_was_read_waits_no_more,
    late_rollouts_are_joined_by_what_named_them,
    a_late_rollout_takes_nothing_that_another_may_be_meant_by,
    statements_are_paged_latest_first,
    a_theme_shows_what_counts,
);

async fn keep(tx: &mut Tx, f: Feedback, belongs: Belongs) -> Result<bool> {
    let key = format!("key of {}", f.id);
    Ok(feedback::insert(tx, &incoming(f, &key, belongs)).await?.1)
}

fn ids(list: &[Feedback]) -> Vec<&str> {
    list.iter().map(|f| f.id.as_str()).collect()
}

async fn the_same_statement_is_kept_once(db: Db) -> Result<()> {
    let id = kept(&db, "f").await?;
    let one = |n: &str| incoming(samples::feedback(n, Some(&id), "ada", 5), "same", Belongs::default());
    let mut tx = db.write().await?;
    assert_eq!(feedback::totals(&mut tx).await?, (0, 0));
    assert_eq!(feedback::insert(&mut tx, &one("fb_1")).await?, (FeedbackId("fb_1".into()), true));
    assert_eq!(feedback::insert(&mut tx, &one("fb_2")).await?, (FeedbackId("fb_1".into()), false));
    assert!(keep(&mut tx, samples::feedback("fb_3", None, "ada", 5), Belongs::default()).await?);
    assert_eq!(feedback::totals(&mut tx).await?, (2, 1));
    Ok(())
}

async fn what_nobody_read_waits_in_the_order_in_which_it_was_said(db: Db) -> Result<()> {
    let (a, b) = (kept(&db, "a").await?, kept(&db, "b").await?);
    let mut tx = db.write().await?;
    for (id, rollout, said) in [
        ("fb_1", Some(&a), 30),
        ("fb_2", Some(&a), 10),
        ("fb_4", Some(&a), 20),
        ("fb_3", Some(&a), 20),
        ("fb_5", None, 5),
    ] {
        keep(&mut tx, samples::feedback(id, rollout, "ada", said), Belongs::default()).await?;
    }
    keep(&mut tx, samples::feedback("fb_6", Some(&b), "bo", 7), Belongs::default()).await?;
    let waiting = [None, Some(b.clone()), Some(a.clone())];
    assert_eq!(feedback::unread_rollouts(&mut tx, 9).await?, waiting, "the longest waiting first");
    let unread = feedback::unread(&mut tx, Some(&a), 3).await?;
    let (list, locales): (Vec<Feedback>, Vec<Option<String>>) = unread.into_iter().unzip();
    assert_eq!(ids(&list), ["fb_2", "fb_3", "fb_4"]);
    assert_eq!(locales[0].as_deref(), Some("de"));
    assert_eq!(list[0], samples::feedback("fb_2", Some(&a), "ada", 10));
    assert_eq!(feedback::unread(&mut tx, None, 9).await?.len(), 1);
    assert!(feedback::has_unread(&mut tx, &b).await?);
    feedback::keep_reading(&mut tx, &samples::feedback("fb_6", Some(&b), "bo", 7), &reading(), false).await?;
    assert!(!feedback::has_unread(&mut tx, &b).await?);
    assert_eq!(feedback::unread_rollouts(&mut tx, 9).await?, [None, Some(a)]);
    Ok(())
}

async fn what_was_read_comes_back_as_it_was(db: Db) -> Result<()> {
    let id = kept(&db, "f").await?;
    let mut tx = db.write().await?;
    let th = theme("th_1", 1);
    themes::save(&mut tx, &id, &th).await?;
    let mut f = samples::feedback("fb_1", Some(&id), "ada", 5);
    keep(&mut tx, f.clone(), Belongs::default()).await?;
    f.theme = Some(th.id);
    feedback::keep_reading(&mut tx, &f, &reading(), true).await?;
    f.annotation = Some(reading());
    assert_eq!(feedback::of_rollout(&mut tx, &id, None, 9).await?, [f]);
    // A mark without words.
    let bare = Feedback {
        text: None,
        rating: None,
        variant: None,
        anonymous: true,
        ..samples::feedback("fb_2", None, "x", 6)
    };
    keep(&mut tx, bare.clone(), Belongs::default()).await?;
    assert_eq!(feedback::unread(&mut tx, None, 9).await?[0].0, bare);
    Ok(())
}

async fn one_statement_is_a_persons_voice(db: Db) -> Result<()> {
    let (a, b) = (kept(&db, "a").await?, kept(&db, "b").await?);
    let mut tx = db.write().await?;
    let (first, second) =
        (samples::feedback("fb_1", Some(&a), "ada", 5), samples::feedback("fb_2", Some(&a), "ada", 6));
    for f in [&first, &second] {
        keep(&mut tx, f.clone(), Belongs::default()).await?;
    }
    assert_eq!(voice_of(&mut tx, &a, "ada").await?, None, "nothing is read yet");
    feedback::keep_reading(&mut tx, &first, &reading(), true).await?;
    let voice = |f: Option<Feedback>| f.map(|f| f.id.0);
    assert_eq!(voice(voice_of(&mut tx, &a, "ada").await?).as_deref(), Some("fb_1"));
    feedback::silence(&mut tx, &first.id).await?;
    feedback::keep_reading(&mut tx, &second, &reading(), true).await?;
    assert_eq!(voice(voice_of(&mut tx, &a, "ada").await?).as_deref(), Some("fb_2"));
    assert_eq!(voice_of(&mut tx, &a, "bo").await?, None);
    assert_eq!(voice_of(&mut tx, &b, "ada").await?, None, "a voice is one rollout's");
    Ok(())
}

async fn voice_of(tx: &mut Tx, rollout: &RolloutId, person: &str) -> Result<Option<Feedback>> {
    Ok(feedback::voices_of(tx, rollout, [person].into_iter()).await?.remove(person))
}

async fn the_voices_of_many_come_at_once(db: Db) -> Result<()> {
    let (a, b) = (kept(&db, "a").await?, kept(&db, "b").await?);
    let mut tx = db.write().await?;
    for (n, rollout, person, counts) in [
        ("fb_1", &a, "ada", true),
        ("fb_2", &a, "bo", true),
        ("fb_3", &a, "cy", false),
        ("fb_4", &b, "dee", true),
        ("fb_5", &a, "eve", true),
    ] {
        let f = samples::feedback(n, Some(rollout), person, 5);
        keep(&mut tx, f.clone(), Belongs::default()).await?;
        feedback::keep_reading(&mut tx, &f, &reading(), counts).await?;
    }
    let asked = ["bo", "ada", "cy", "dee", "ada", "'); DROP TABLE feedback; --"];
    let found = feedback::voices_of(&mut tx, &a, asked.into_iter()).await?;
    let found: std::collections::BTreeMap<&str, &str> =
        found.iter().map(|(person, f)| (person.as_str(), f.id.as_str())).collect();
    assert_eq!(found, [("ada", "fb_1"), ("bo", "fb_2")].into());
    assert!(feedback::voices_of(&mut tx, &a, std::iter::empty()).await?.is_empty());
    Ok(())
}

async fn what_was_read_waits_no_more(db: Db) -> Result<()> {
    let id = kept(&db, "f").await?;
    let mut tx = db.write().await?;
    let f = samples::feedback("fb_1", Some(&id), "ada", 5);
    keep(&mut tx, f.clone(), Belongs::default()).await?;
    assert_eq!(feedback::waiting(&mut tx, &f.id).await?, Some((f.clone(), Some("de".into()))));
    feedback::keep_reading(&mut tx, &f, &reading(), true).await?;
    assert_eq!(feedback::waiting(&mut tx, &f.id).await?, None);
    feedback::read_again(&mut tx, &f.id).await?;
    assert!(feedback::waiting(&mut tx, &f.id).await?.is_some());
    assert_eq!(feedback::waiting(&mut tx, &FeedbackId("fb_x".into())).await?, None);
    Ok(())
}

async fn late_rollouts_are_joined_by_what_named_them(db: Db) -> Result<()> {
    let id = kept(&db, "new").await?;
    let names = |rollout: Option<&str>, flag: Option<&str>, release: Option<&str>| Belongs {
        rollout: rollout.map(Into::into),
        flag: flag.map(Into::into),
        release: release.map(Into::into),
    };
    let mut tx = db.write().await?;
    for (n, belongs, said) in [
        ("fb_1", names(Some(id.as_str()), Some("other"), None), 50),
        ("fb_2", names(None, Some("new"), Some("v9")), 50),
        ("fb_3", names(None, None, Some("v1")), 50),
        // The flag goes before the release, and the rollout before both, as when it was attributed.
        ("fb_4", names(None, Some("other"), Some("v1")), 50),
        ("fb_5", names(Some("ro_typo"), Some("new"), None), 50),
        ("fb_6", names(None, None, None), 50),
        ("fb_7", names(None, Some("new"), None), 9),
    ] {
        keep(&mut tx, samples::feedback(n, None, "ada", said), belongs).await?;
    }
    // Read before, as a statement without a rollout: it is read again where it belongs.
    feedback::keep_reading(&mut tx, &samples::feedback("fb_2", None, "ada", 50), &reading(), false).await?;
    assert_eq!(feedback::join_late(&mut tx, &id, Some("new"), None, UnixMs(10)).await?, 2);
    assert_eq!(feedback::join_late(&mut tx, &id, Some("new"), Some("v1"), UnixMs(10)).await?, 1);
    assert_eq!(feedback::join_late(&mut tx, &id, Some("new"), Some("v1"), UnixMs(10)).await?, 0, "once");
    let joined: Vec<Feedback> = feedback::unread(&mut tx, Some(&id), 9).await?.into_iter().map(|(f, _)| f).collect();
    assert_eq!(ids(&joined), ["fb_1", "fb_2", "fb_3"]);
    Ok(())
}

async fn a_late_rollout_takes_nothing_that_another_may_be_meant_by(db: Db) -> Result<()> {
    let first = kept(&db, "shared").await?;
    let second = samples::rollout(&samples::flag("shared", "elsewhere"), 2_000);
    let mut tx = db.write().await?;
    let belongs = Belongs { flag: Some("shared".into()), ..Belongs::default() };
    keep(&mut tx, samples::feedback("fb_1", None, "ada", 50), belongs).await?;
    rollouts::upsert(&mut tx, &second, UnixMs(2_000)).await?;
    for id in [&first, &second.id] {
        assert_eq!(feedback::join_late(&mut tx, id, Some("shared"), None, UnixMs(0)).await?, 0, "{id}");
    }
    let named = Belongs { rollout: Some(second.id.0.clone()), flag: Some("shared".into()), ..Belongs::default() };
    keep(&mut tx, samples::feedback("fb_2", None, "bo", 50), named).await?;
    assert_eq!(feedback::join_late(&mut tx, &second.id, Some("shared"), None, UnixMs(0)).await?, 1, "who names it");
    Ok(())
}

async fn statements_are_paged_latest_first(db: Db) -> Result<()> {
    let id = kept(&db, "f").await?;
    let mut tx = db.write().await?;
    for n in 0..7_i64 {
        keep(&mut tx, samples::feedback(&format!("fb_{n}"), Some(&id), "ada", n / 2), Belongs::default()).await?;
    }
    let whole = feedback::of_rollout(&mut tx, &id, None, 99).await?;
    assert_eq!(ids(&whole), ["fb_6", "fb_5", "fb_4", "fb_3", "fb_2", "fb_1", "fb_0"]);
    let mut paged: Vec<Feedback> = Vec::new();
    loop {
        let last = paged.last().map(|f| (f.occurred_at, f.id.clone()));
        let page = feedback::of_rollout(&mut tx, &id, last.as_ref().map(|(at, id)| (*at, id)), 2).await?;
        if page.is_empty() {
            break;
        }
        paged.extend(page);
    }
    assert_eq!(paged, whole);
    assert_eq!(feedback::of_rollout(&mut tx, &RolloutId("ro_x".into()), None, 9).await?, []);
    Ok(())
}

async fn a_theme_shows_what_counts(db: Db) -> Result<()> {
    let id = kept(&db, "f").await?;
    let th = theme("th_1", 1);
    let mut tx = db.write().await?;
    themes::save(&mut tx, &id, &th).await?;
    for (n, variant, counts) in [
        ("fb_1", Some("a"), true),
        ("fb_2", Some("b"), true),
        ("fb_3", Some("b"), true),
        ("fb_4", None, true),
        ("fb_5", Some("a"), false),
    ] {
        let mut f = samples::feedback(n, Some(&id), n, 5);
        f.variant = variant.map(Into::into);
        keep(&mut tx, f.clone(), Belongs::default()).await?;
        f.theme = Some(th.id.clone());
        feedback::keep_reading(&mut tx, &f, &reading(), counts).await?;
    }
    assert_eq!(ids(&feedback::of_theme(&mut tx, &th.id, 3).await?), ["fb_4", "fb_3", "fb_2"]);
    let variants = [("b".to_owned(), 2), ("a".to_owned(), 1)];
    assert_eq!(feedback::variants_of_theme(&mut tx, &th.id, 9).await?, variants);
    Ok(())
}
