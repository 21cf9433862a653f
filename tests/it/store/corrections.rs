use anyhow::Result;
use hearback::domain::annotation::{Annotation, Intent, Sentiment};
use hearback::domain::correction::{Correction, Kept};
use hearback::domain::feedback::Belongs;
use hearback::id::FeedbackId;
use hearback::store::{Db, Tx, corrections, doubts, feedback, themes};
use hearback::time::UnixMs;

use super::samples::{self, incoming, kept, reading, theme};

on_both!(
    the_last_word_on_each_statement_comes_at_once,
    a_word_that_is_taken_back_is_gone,
    what_nobody_is_sure_of_comes_first_and_in_pages,
    themes_are_named_at_once,
);

fn id(n: &str) -> FeedbackId {
    FeedbackId(n.into())
}

/// Keeps a statement that was read with so much confidence.
async fn read(tx: &mut Tx, n: &str, rollout: &hearback::id::RolloutId, confidence: f64) -> Result<()> {
    let f = samples::feedback(n, Some(rollout), n, 5);
    feedback::insert(tx, &incoming(f.clone(), n, Belongs::default())).await?;
    feedback::keep_reading(tx, &f, &Annotation { confidence, ..reading() }, true).await
}

async fn the_last_word_on_each_statement_comes_at_once(db: Db) -> Result<()> {
    let rollout = kept(&db, "f").await?;
    let mut tx = db.write().await?;
    for n in ["fb_1", "fb_2", "fb_3", "fb_4"] {
        read(&mut tx, n, &rollout, 0.5).await?;
    }
    let spam = Correction { spam: Some(true), ..Correction::default() };
    let both = Correction {
        sentiment: Some(Sentiment::Mixed),
        intents: Some(vec![Intent::Usability, Intent::Bug]),
        spam: None,
    };
    corrections::keep(&mut tx, &id("fb_1"), &spam, "ana", UnixMs(7)).await?;
    corrections::keep(&mut tx, &id("fb_1"), &both, "b'o", UnixMs(8)).await?;
    corrections::keep(&mut tx, &id("fb_3"), &spam, "cy", UnixMs(9)).await?;
    corrections::keep(&mut tx, &id("fb_4"), &spam, "cy", UnixMs(9)).await?;
    let asked = [id("fb_3"), id("fb_1"), id("fb_2"), id("fb_x"), id("fb_1")];
    let word = |correction: &Correction, who: &str, at| Kept {
        correction: correction.clone(),
        who: who.into(),
        at: UnixMs(at),
    };
    let known = corrections::of_all(&mut tx, asked.iter()).await?;
    assert_eq!(known, [(id("fb_1"), word(&both, "b'o", 8)), (id("fb_3"), word(&spam, "cy", 9))].into());
    assert!(corrections::of_all(&mut tx, std::iter::empty()).await?.is_empty());
    Ok(())
}

async fn a_word_that_is_taken_back_is_gone(db: Db) -> Result<()> {
    let rollout = kept(&db, "f").await?;
    let mut tx = db.write().await?;
    read(&mut tx, "fb_1", &rollout, 0.5).await?;
    let spam = Correction { spam: Some(true), ..Correction::default() };
    corrections::keep(&mut tx, &id("fb_1"), &spam, "ana", UnixMs(7)).await?;
    assert!(corrections::remove(&mut tx, &id("fb_1")).await?);
    assert!(!corrections::remove(&mut tx, &id("fb_1")).await?);
    assert!(corrections::of_all(&mut tx, [id("fb_1")].iter()).await?.is_empty());
    Ok(())
}

async fn what_nobody_is_sure_of_comes_first_and_in_pages(db: Db) -> Result<()> {
    let (rollout, other) = (kept(&db, "f").await?, kept(&db, "g").await?);
    let mut tx = db.write().await?;
    for (n, confidence) in
        [("fb_1", 0.9), ("fb_2", 0.1 + 0.2), ("fb_3", 0.3), ("fb_4", 0.9), ("fb_5", 0.0), ("fb_6", 0.2)]
    {
        read(&mut tx, n, &rollout, confidence).await?;
    }
    read(&mut tx, "fb_7", &other, 0.1).await?;
    // A person said what it is; another was not read yet.
    let spam = Correction { spam: Some(false), ..Correction::default() };
    corrections::keep(&mut tx, &id("fb_6"), &spam, "ana", UnixMs(7)).await?;
    let unread = samples::feedback("fb_8", Some(&rollout), "x", 5);
    feedback::insert(&mut tx, &incoming(unread, "fb_8", Belongs::default())).await?;
    let mut seen = Vec::new();
    let mut after: Option<(f64, FeedbackId)> = None;
    loop {
        let page = doubts::of_rollout(&mut tx, &rollout, after.as_ref().map(|(c, id)| (*c, id)), 2).await?;
        let Some(last) = page.last() else { break };
        after = last.annotation.as_ref().map(|a| (a.confidence, last.id.clone()));
        seen.extend(page.into_iter().map(|f| f.id.0));
    }
    assert_eq!(seen, ["fb_5", "fb_3", "fb_2", "fb_1", "fb_4"]);
    Ok(())
}

async fn themes_are_named_at_once(db: Db) -> Result<()> {
    let rollout = kept(&db, "f").await?;
    let mut tx = db.write().await?;
    for n in ["th_1", "th_2", "th_3"] {
        themes::save(&mut tx, &rollout, &theme(n, 1)).await?;
    }
    let asked = ["th_3", "th_1", "th_3", "th_x"].map(|n| hearback::id::ThemeId(n.into()));
    let names = themes::names(&mut tx, asked.iter()).await?;
    let names: Vec<(&str, &str)> = names.iter().map(|(id, name)| (id.as_str(), name.as_str())).collect();
    assert_eq!(names, [("th_1", "about th_1"), ("th_3", "about th_3")]);
    assert!(themes::names(&mut tx, std::iter::empty()).await?.is_empty());
    Ok(())
}
