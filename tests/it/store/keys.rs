use anyhow::Result;
use hearback::id::KeyId;
use hearback::store::Db;
use hearback::store::keys::{self, StoredKey};
use hearback::time::UnixMs;

on_both!(a_key_works_until_it_is_taken_back, an_answer_is_kept_for_a_repeated_request);

async fn a_key_works_until_it_is_taken_back(db: Db) -> Result<()> {
    let key = |n: i64| StoredKey {
        id: KeyId(format!("ky_{n}")),
        kind: "public".into(),
        hint: "hbp_1234".into(),
        origins: vec!["https://shop.test".into()],
        events: n == 2,
        created_at: UnixMs(n),
        revoked_at: None,
    };
    let mut tx = db.write().await?;
    keys::insert(&mut tx, &key(2), "hash 2").await?;
    keys::insert(&mut tx, &key(1), "hash 1").await?;
    assert_eq!(keys::find(&mut tx, "hash 1").await?, Some(key(1)));
    assert_eq!(keys::find(&mut tx, "hash").await?, None);
    assert_eq!(keys::all(&mut tx).await?, [key(1), key(2)], "oldest first");
    assert!(keys::revoke(&mut tx, &key(1).id, UnixMs(9)).await?);
    assert!(!keys::revoke(&mut tx, &key(1).id, UnixMs(10)).await?, "once");
    assert!(!keys::revoke(&mut tx, &KeyId("ky_none".into()), UnixMs(10)).await?);
    assert_eq!(keys::find(&mut tx, "hash 1").await?, None);
    assert_eq!(keys::all(&mut tx).await?[0].revoked_at, Some(UnixMs(9)));
    Ok(())
}

async fn an_answer_is_kept_for_a_repeated_request(db: Db) -> Result<()> {
    let mut tx = db.write().await?;
    assert_eq!(keys::answered(&mut tx, "ky_1", "k").await?, None);
    assert!(keys::keep_answer(&mut tx, "ky_1", "k", "body", "answer", UnixMs(5)).await?);
    assert!(!keys::keep_answer(&mut tx, "ky_1", "k", "other", "later", UnixMs(6)).await?, "the first stands");
    assert!(keys::keep_answer(&mut tx, "ky_2", "k", "body", "theirs", UnixMs(7)).await?, "keys are their sender's own");
    assert_eq!(keys::answered(&mut tx, "ky_1", "k").await?, Some(("body".into(), "answer".into())));
    assert_eq!(keys::forget_answers(&mut tx, UnixMs(6)).await?, 1);
    assert_eq!(keys::answered(&mut tx, "ky_1", "k").await?, None);
    assert_eq!(keys::answered(&mut tx, "ky_2", "k").await?, Some(("body".into(), "theirs".into())));
    Ok(())
}
