use anyhow::Result;
use hearback::domain::feedback::Belongs;
use hearback::id::{FeedbackId, RevealId};
use hearback::store::sealed::{self, Reveal, Sealed, Texts};
use hearback::store::{Db, Tx, feedback};
use hearback::time::UnixMs;

use super::samples::{self, incoming};

on_both!(
    what_was_taken_out_comes_back_as_it_was,
    what_is_sealed_goes_with_its_statement,
    each_look_is_recorded_and_outlives_the_statement,
);

fn seal() -> Sealed {
    Sealed { key_id: "0a1b2c3d".into(), sealed: vec![0, 255, 39, 92] }
}

/// Keeps a statement with something sealed. Gives its id.
async fn kept(tx: &mut Tx, id: &str) -> Result<FeedbackId> {
    let mut one = incoming(samples::feedback(id, None, "ada", 5), id, Belongs::default());
    one.metadata = Some("{\"a\":1}".into());
    let (id, new) = feedback::insert(tx, &one).await?;
    assert!(new);
    sealed::keep(tx, &id, &seal(), UnixMs(7)).await?;
    Ok(id)
}

async fn what_was_taken_out_comes_back_as_it_was(db: Db) -> Result<()> {
    let mut tx = db.write().await?;
    let id = kept(&mut tx, "fb_1").await?;
    let none = FeedbackId("fb_none".into());
    assert_eq!(sealed::get(&mut tx, &id).await?, Some(seal()));
    assert_eq!(sealed::get(&mut tx, &none).await?, None);
    let said = samples::feedback("fb_1", None, "ada", 5);
    let texts = Texts {
        text: said.text,
        variant: said.variant,
        channel: said.channel,
        url: None,
        attributes: said.attributes,
        metadata: Some("{\"a\":1}".into()),
    };
    assert_eq!(sealed::texts(&mut tx, &id).await?, Some(texts));
    assert_eq!(sealed::texts(&mut tx, &none).await?, None);
    assert!(sealed::keep(&mut tx, &id, &seal(), UnixMs(8)).await.is_err(), "once");
    Ok(())
}

async fn what_is_sealed_goes_with_its_statement(db: Db) -> Result<()> {
    let mut tx = db.write().await?;
    let (gone, stays) = (kept(&mut tx, "fb_1").await?, kept(&mut tx, "fb_2").await?);
    tx.commit().await?;
    let sql = "DELETE FROM feedback WHERE id = $1";
    match &db {
        Db::Sqlite { write, .. } => sqlx::query(sql).bind(gone.as_str()).execute(write).await?.rows_affected(),
        Db::Postgres(pool) => sqlx::query(sql).bind(gone.as_str()).execute(pool).await?.rows_affected(),
    };
    let mut tx = db.read().await?;
    assert_eq!(sealed::get(&mut tx, &gone).await?, None);
    assert_eq!(sealed::get(&mut tx, &stays).await?, Some(seal()));
    Ok(())
}

async fn each_look_is_recorded_and_outlives_the_statement(db: Db) -> Result<()> {
    let look = |n: i64| Reveal {
        id: RevealId(format!("rv_{n}")),
        feedback: FeedbackId("fb_gone".into()),
        key_id: "0a1b2c3d".into(),
        who: "Ada's \"lead\"".into(),
        why: "they asked \u{1f622}".into(),
        at: UnixMs(n),
    };
    let mut tx = db.write().await?;
    sealed::record_reveal(&mut tx, &look(2)).await?;
    sealed::record_reveal(&mut tx, &look(1)).await?;
    assert_eq!(sealed::reveals(&mut tx, &FeedbackId("fb_gone".into())).await?, [look(1), look(2)]);
    assert_eq!(sealed::reveals(&mut tx, &FeedbackId("fb_other".into())).await?, []);
    Ok(())
}
