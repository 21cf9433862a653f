//! Customer statements and what was read in them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::Result;
use sqlx::QueryBuilder;

use super::{Tx, from_json, to_json};
use crate::domain::annotation::{Annotation, Intent, Sentiment};
use crate::domain::feedback::{AttributedBy, Belongs, Feedback, Rating};
use crate::id::{FeedbackId, RolloutId, ThemeId};
use crate::time::UnixMs;

/// A statement on its way in: redacted, attributed, not read yet.
#[derive(Clone, Debug)]
pub struct Incoming {
    /// What is known of it.
    pub feedback: Feedback,
    /// Equal for the same statement sent twice.
    pub dedupe_key: String,
    /// How it found its rollout.
    pub by: AttributedBy,
    /// What the sender said about where it belongs.
    pub belongs: Belongs,
    /// The sender's idea of the language.
    pub locale: Option<String>,
    /// Where in the product it was said.
    pub url: Option<String>,
    /// Anything else.
    pub metadata: Option<String>,
    /// When it came.
    pub received_at: UnixMs,
}

/// A query over the columns that make a [`Feedback`]; the text stays static.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, rollout_id, person, anonymous, text, rating_value, rating_scale, variant, attributes, channel, ",
            "occurred_ms, theme_id, language, sentiment, score, confidence, intent, intent_confidence, spam, fingerprint, ",
            "engine, details, locale, counts, placed_id FROM feedback ",
            $rest
        )
    };
}
pub(super) use select;

#[derive(sqlx::FromRow)]
pub(super) struct Row {
    id: String,
    rollout_id: Option<String>,
    person: String,
    anonymous: i64,
    text: Option<String>,
    rating_value: Option<f64>,
    rating_scale: Option<f64>,
    variant: Option<String>,
    attributes: String,
    channel: String,
    occurred_ms: i64,
    theme_id: Option<String>,
    language: Option<String>,
    sentiment: Option<String>,
    score: Option<f64>,
    confidence: Option<f64>,
    intent: Option<String>,
    intent_confidence: Option<f64>,
    spam: Option<i64>,
    fingerprint: Option<i64>,
    engine: Option<String>,
    details: Option<String>,
}

impl Row {
    fn annotation(&self) -> Option<Annotation> {
        Some(Annotation {
            language: self.language.clone()?,
            sentiment: Sentiment::parse(self.sentiment.as_deref()?)?,
            score: self.score?,
            confidence: self.confidence?,
            intent: Intent::parse(self.intent.as_deref()?)?,
            intent_confidence: self.intent_confidence?,
            spam: self.spam? != 0,
            fingerprint: self.fingerprint?.cast_unsigned(),
            engine: self.engine.clone()?,
            details: self.details.as_deref().and_then(|d| serde_json::from_str(d).ok()).unwrap_or_default(),
        })
    }
}

impl TryFrom<Row> for Feedback {
    type Error = anyhow::Error;

    fn try_from(r: Row) -> Result<Self> {
        let annotation = r.annotation();
        Ok(Self {
            id: FeedbackId(r.id),
            rollout: r.rollout_id.map(RolloutId),
            person: r.person,
            anonymous: r.anonymous != 0,
            text: r.text,
            rating: r.rating_value.zip(r.rating_scale).map(|(value, scale)| Rating { value, scale }),
            variant: r.variant,
            attributes: from_json(&r.attributes)?,
            channel: r.channel,
            occurred_at: UnixMs(r.occurred_ms),
            annotation,
            theme: r.theme_id.map(ThemeId),
        })
    }
}

fn nouns(rows: Vec<Row>) -> Result<Vec<Feedback>> {
    rows.into_iter().map(Feedback::try_from).collect()
}

/// Keeps a statement. Where the same was kept before, nothing is written and the earlier id is given.
pub async fn insert(tx: &mut Tx, n: &Incoming) -> Result<(FeedbackId, bool)> {
    let f = &n.feedback;
    let attributes = to_json(&f.attributes)?;
    on!(tx, c => {
        let done = sqlx::query(
            "INSERT INTO feedback (id, dedupe_key, rollout_id, attributed_by, wanted_rollout, wanted_flag, wanted_release,
               person, anonymous, text, rating_value, rating_scale, variant, attributes, channel, locale, url, metadata,
               occurred_ms, received_ms, state, counts)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, 'new', 0)
             ON CONFLICT (dedupe_key) DO NOTHING")
            .bind(f.id.as_str()).bind(&n.dedupe_key).bind(f.rollout.as_ref().map(RolloutId::as_str)).bind(n.by.as_str())
            .bind(&n.belongs.rollout).bind(&n.belongs.flag).bind(&n.belongs.release).bind(&f.person)
            .bind(i64::from(f.anonymous)).bind(&f.text).bind(f.rating.map(|r| r.value)).bind(f.rating.map(|r| r.scale))
            .bind(&f.variant).bind(&attributes).bind(&f.channel).bind(&n.locale).bind(&n.url).bind(&n.metadata)
            .bind(f.occurred_at.0).bind(n.received_at.0).execute(&mut *c).await?.rows_affected();
        if done > 0 {
            return Ok((f.id.clone(), true));
        }
        let id: String = sqlx::query_scalar("SELECT id FROM feedback WHERE dedupe_key = $1")
            .bind(&n.dedupe_key).fetch_one(&mut *c).await?;
        Ok((FeedbackId(id), false))
    })
}

/// Rollouts that have statements nobody read yet; `None` stands for statements without a rollout.
pub async fn unread_rollouts(tx: &mut Tx, limit: i64) -> Result<Vec<Option<RolloutId>>> {
    let rows: Vec<Option<String>> = on!(tx, c => sqlx::query_scalar(
        "SELECT rollout_id FROM feedback WHERE state = 'new' GROUP BY rollout_id ORDER BY MIN(received_ms) LIMIT $1")
        .bind(limit).fetch_all(c).await?);
    Ok(rows.into_iter().map(|r| r.map(RolloutId)).collect())
}

#[derive(sqlx::FromRow)]
struct WithLocale {
    #[sqlx(flatten)]
    row: Row,
    locale: Option<String>,
}

/// Statements of a rollout (or of none) that nobody read yet, in the order in which they were said, with the locale.
pub async fn unread(tx: &mut Tx, rollout: Option<&RolloutId>, limit: i64) -> Result<Vec<(Feedback, Option<String>)>> {
    let sql = select!("WHERE state = 'new' AND rollout_id IS NOT DISTINCT FROM $1 ORDER BY occurred_ms, id LIMIT $2");
    let rows: Vec<WithLocale> =
        on!(tx, c => sqlx::query_as(sql).bind(rollout.map(RolloutId::as_str)).bind(limit).fetch_all(c).await?);
    rows.into_iter().map(|r| Ok((r.row.try_into()?, r.locale))).collect()
}

/// A statement that nobody read yet, with the locale; `None` where it was read, or is not there.
pub async fn waiting(tx: &mut Tx, id: &FeedbackId) -> Result<Option<(Feedback, Option<String>)>> {
    let row: Option<WithLocale> = on!(tx, c => sqlx::query_as(select!("WHERE id = $1 AND state = 'new'"))
        .bind(id.as_str()).fetch_optional(c).await?);
    row.map(|r| Ok((r.row.try_into()?, r.locale))).transpose()
}

/// Whether a rollout has statements nobody read yet.
pub async fn has_unread(tx: &mut Tx, rollout: &RolloutId) -> Result<bool> {
    let n: i64 = on!(tx, c => sqlx::query_scalar(
        "SELECT COUNT(*) FROM (SELECT 1 FROM feedback WHERE state = 'new' AND rollout_id = $1 LIMIT 1) AS waiting")
        .bind(rollout.as_str()).fetch_one(c).await?);
    Ok(n > 0)
}

/// Keeps what was read in a statement, its theme, and whether it is its person's voice. One that found its rollout in
/// the meantime stays unread: it counts there.
pub async fn keep_reading(tx: &mut Tx, f: &Feedback, a: &Annotation, counts: bool) -> Result<()> {
    keep_placed(tx, f, a, f.theme.as_ref(), counts).await
}

/// As [`keep_reading`], for a statement that the engine placed in another theme than the one in which it counts.
pub async fn keep_placed(
    tx: &mut Tx,
    f: &Feedback,
    a: &Annotation,
    placed: Option<&ThemeId>,
    counts: bool,
) -> Result<()> {
    let details = to_json(&a.details)?;
    on!(tx, c => sqlx::query(
        "UPDATE feedback SET state = 'read', counts = $2, theme_id = $3, language = $4, sentiment = $5, score = $6,
           confidence = $7, intent = $8, intent_confidence = $9, spam = $10, fingerprint = $11, engine = $12, details = $14,
           placed_id = $15
         WHERE id = $1 AND rollout_id IS NOT DISTINCT FROM $13")
        .bind(f.id.as_str()).bind(i64::from(counts)).bind(f.theme.as_ref().map(ThemeId::as_str)).bind(&a.language)
        .bind(a.sentiment.as_str()).bind(a.score).bind(a.confidence).bind(a.intent.as_str()).bind(a.intent_confidence)
        .bind(i64::from(a.spam)).bind(a.fingerprint.cast_signed()).bind(&a.engine)
        .bind(f.rollout.as_ref().map(RolloutId::as_str)).bind(&details)
        .bind(placed.map(ThemeId::as_str)).execute(c).await?.rows_affected());
    Ok(())
}

#[derive(sqlx::FromRow)]
struct WithCounts {
    #[sqlx(flatten)]
    row: Row,
    counts: i64,
}

/// One statement, and whether it counts as its person's voice.
pub async fn get(tx: &mut Tx, id: &FeedbackId) -> Result<Option<(Feedback, bool)>> {
    let row: Option<WithCounts> =
        on!(tx, c => sqlx::query_as(select!("WHERE id = $1")).bind(id.as_str()).fetch_optional(c).await?);
    row.map(|r| Ok((r.row.try_into()?, r.counts != 0))).transpose()
}

/// What a reading sets, void again.
macro_rules! void_reading {
    ($before:literal, $after:literal) => {
        concat!(
            $before,
            "language = NULL, sentiment = NULL, score = NULL, confidence = NULL, intent = NULL, intent_confidence = NULL, ",
            "spam = NULL, fingerprint = NULL, engine = NULL, details = NULL, placed_id = NULL",
            $after
        )
    };
}

/// What was read in a statement is void: it counts nowhere until it is read again.
pub async fn read_again(tx: &mut Tx, id: &FeedbackId) -> Result<()> {
    let sql = void_reading!("UPDATE feedback SET state = 'new', counts = 0, theme_id = NULL, ", " WHERE id = $1");
    on!(tx, c => sqlx::query(sql).bind(id.as_str()).execute(c).await?.rows_affected());
    Ok(())
}

/// The statement that was kept under a sender's key.
pub async fn by_dedupe_key(tx: &mut Tx, key: &str) -> Result<Option<FeedbackId>> {
    let id: Option<String> = on!(tx, c => sqlx::query_scalar("SELECT id FROM feedback WHERE dedupe_key = $1")
        .bind(key).fetch_optional(c).await?);
    Ok(id.map(FeedbackId))
}

/// Its person says it in other words: it is read again, and counts nowhere until then.
pub async fn reword(tx: &mut Tx, id: &FeedbackId, text: Option<&str>) -> Result<()> {
    let sql = void_reading!(
        "UPDATE feedback SET text = $2, state = 'new', counts = 0, theme_id = NULL, retracted_ms = NULL, ",
        " WHERE id = $1"
    );
    on!(tx, c => sqlx::query(sql).bind(id.as_str()).bind(text).execute(c).await?.rows_affected());
    Ok(())
}

/// Its person took it back: it says nothing, counts nowhere and is not read again.
pub async fn retract(tx: &mut Tx, id: &FeedbackId, now: UnixMs) -> Result<()> {
    let sql = void_reading!(
        "UPDATE feedback SET text = NULL, rating_value = NULL, rating_scale = NULL, metadata = NULL, url = NULL,
           state = 'read', counts = 0, theme_id = NULL, retracted_ms = $2, ",
        " WHERE id = $1"
    );
    on!(tx, c => sqlx::query(sql).bind(id.as_str()).bind(now.0).execute(c).await?.rows_affected());
    Ok(())
}

/// Whether a statement was taken back.
pub async fn is_retracted(tx: &mut Tx, id: &FeedbackId) -> Result<bool> {
    let at: Option<i64> = on!(tx, c => sqlx::query_scalar("SELECT retracted_ms FROM feedback WHERE id = $1")
        .bind(id.as_str()).fetch_optional(c).await?.flatten());
    Ok(at.is_some())
}

/// The latest other statement of a person in a rollout that was read and may count: what stands when a later one is taken
/// back.
pub async fn earlier_voice(
    tx: &mut Tx,
    rollout: &RolloutId,
    person: &str,
    but: &FeedbackId,
) -> Result<Option<FeedbackId>> {
    let id: Option<String> = on!(tx, c => sqlx::query_scalar(
        "SELECT id FROM feedback WHERE rollout_id = $1 AND person = $2 AND id <> $3 AND retracted_ms IS NULL
           AND state = 'read' AND COALESCE(spam, 0) = 0 ORDER BY occurred_ms DESC, id DESC LIMIT 1")
        .bind(rollout.as_str()).bind(person).bind(but.as_str()).fetch_optional(c).await?);
    Ok(id.map(FeedbackId))
}

/// The statements that count for these people in a rollout, one each, by who said them; a few hundred people at most.
pub async fn voices_of(
    tx: &mut Tx,
    rollout: &RolloutId,
    people: impl Iterator<Item = &str> + Send,
) -> Result<HashMap<String, Feedback>> {
    let people: BTreeSet<&str> = people.collect();
    if people.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<Row> = on!(tx, c => {
        let mut query = QueryBuilder::new(select!("WHERE counts = 1 AND rollout_id = "));
        query.push_bind(rollout.as_str()).push(" AND person IN (");
        let mut list = query.separated(", ");
        for person in people {
            list.push_bind(person);
        }
        query.push(")").build_query_as().fetch_all(c).await?
    });
    Ok(nouns(rows)?.into_iter().map(|f| (f.person.clone(), f)).collect())
}

/// A newer statement of the same person counts from now on.
pub async fn silence(tx: &mut Tx, id: &FeedbackId) -> Result<()> {
    on!(tx, c => sqlx::query("UPDATE feedback SET counts = 0 WHERE id = $1").bind(id.as_str()).execute(c).await?.rows_affected());
    Ok(())
}

/// The statements of a theme that count, latest first.
pub async fn of_theme(tx: &mut Tx, theme: &ThemeId, limit: i64) -> Result<Vec<Feedback>> {
    let sql = select!("WHERE theme_id = $1 AND counts = 1 ORDER BY occurred_ms DESC, id DESC LIMIT $2");
    nouns(on!(tx, c => sqlx::query_as(sql).bind(theme.as_str()).bind(limit).fetch_all(c).await?))
}

/// The statements of a rollout that count, one of each person, latest first.
pub async fn voices(tx: &mut Tx, rollout: &RolloutId, limit: i64) -> Result<Vec<Feedback>> {
    let sql = select!("WHERE rollout_id = $1 AND counts = 1 ORDER BY occurred_ms DESC, id DESC LIMIT $2");
    nouns(on!(tx, c => sqlx::query_as(sql).bind(rollout.as_str()).bind(limit).fetch_all(c).await?))
}

/// The statements of a rollout, latest first, before `before` where given.
pub async fn of_rollout(
    tx: &mut Tx,
    rollout: &RolloutId,
    before: Option<(UnixMs, &FeedbackId)>,
    limit: i64,
) -> Result<Vec<Feedback>> {
    let (ms, id) = before.map_or((i64::MAX, "~".to_owned()), |(at, id)| (at.0, id.0.clone()));
    let sql = select!(
        "WHERE rollout_id = $1 AND (occurred_ms < $2 OR (occurred_ms = $2 AND id < $3)) ORDER BY occurred_ms DESC, id DESC LIMIT $4"
    );
    nouns(on!(tx, c => sqlx::query_as(sql).bind(rollout.as_str()).bind(ms).bind(id).bind(limit).fetch_all(c).await?))
}

/// How many people of a theme saw each variant, the most first.
pub async fn variants_of_theme(tx: &mut Tx, theme: &ThemeId, limit: i64) -> Result<Vec<(String, i64)>> {
    Ok(on!(tx, c => sqlx::query_as(
        "SELECT variant, COUNT(*) FROM feedback WHERE theme_id = $1 AND counts = 1 AND variant IS NOT NULL
         GROUP BY variant ORDER BY COUNT(*) DESC, variant LIMIT $2").bind(theme.as_str()).bind(limit).fetch_all(c).await?))
}

/// Distinct people who say, after `since`, what a theme is about, and are not pleased: in the theme those who had not said so
/// until then, in the themes of later rollouts that are about the same everybody.
pub async fn people_after(tx: &mut Tx, theme: &ThemeId, later: &[ThemeId], since: UnixMs) -> Result<i64> {
    Ok(on!(tx, c => {
        let mut query = QueryBuilder::new(
            "SELECT COUNT(DISTINCT f.person) FROM feedback f WHERE f.counts = 1 AND f.sentiment <> 'positive' AND f.occurred_ms > ");
        query.push_bind(since.0).push(" AND ((f.theme_id = ").push_bind(theme.as_str());
        query.push(" AND NOT EXISTS (SELECT 1 FROM feedback e WHERE e.theme_id = f.theme_id AND e.person = f.person AND e.occurred_ms <= ");
        query.push_bind(since.0).push("))");
        for theme in later {
            query.push(" OR f.theme_id = ").push_bind(theme.as_str());
        }
        query.push(")").build_query_scalar().fetch_one(c).await?
    }))
}

/// Joins kept statements to a rollout that became known after them: those that named it, its flag or its tag.
pub async fn join_late(
    tx: &mut Tx,
    rollout: &RolloutId,
    flag: Option<&str>,
    tag: Option<&str>,
    since: UnixMs,
) -> Result<u64> {
    let sql = void_reading!(
        "UPDATE feedback SET rollout_id = $1, state = 'new',
           attributed_by = CASE WHEN wanted_rollout = $1 THEN 'rollout' WHEN wanted_flag IS NOT NULL THEN 'flag' ELSE 'release' END, ",
        "
         WHERE rollout_id IS NULL AND retracted_ms IS NULL AND received_ms >= $4
           AND (wanted_rollout = $1 OR (wanted_rollout IS NULL AND wanted_flag IS NOT NULL AND wanted_flag = CAST($2 AS TEXT)
               AND NOT EXISTS (SELECT 1 FROM rollouts r WHERE r.flag = CAST($2 AS TEXT) AND r.id <> $1))
             OR (wanted_rollout IS NULL AND wanted_flag IS NULL AND wanted_release IS NOT NULL AND wanted_release = CAST($3 AS TEXT)
               AND NOT EXISTS (SELECT 1 FROM rollouts r WHERE r.tag = CAST($3 AS TEXT) AND r.id <> $1)))"
    );
    Ok(
        on!(tx, c => sqlx::query(sql).bind(rollout.as_str()).bind(flag).bind(tag).bind(since.0).execute(c).await?.rows_affected()),
    )
}

/// The ids of what counts in a theme, the latest first.
pub async fn ids_of_theme(tx: &mut Tx, theme: &ThemeId, limit: i64) -> Result<Vec<FeedbackId>> {
    let ids: Vec<String> = on!(tx, c => sqlx::query_scalar(
        "SELECT id FROM feedback WHERE theme_id = $1 AND counts = 1 ORDER BY occurred_ms DESC, id DESC LIMIT $2")
        .bind(theme.as_str()).bind(limit).fetch_all(c).await?);
    Ok(ids.into_iter().map(FeedbackId).collect())
}

/// What is told of the people of a theme, of those who spoke last first.
pub async fn attributes_of_theme(tx: &mut Tx, theme: &ThemeId, limit: i64) -> Result<Vec<BTreeMap<String, String>>> {
    let all: Vec<String> = on!(tx, c => sqlx::query_scalar(
        "SELECT attributes FROM feedback WHERE theme_id = $1 AND counts = 1 ORDER BY occurred_ms DESC, id DESC LIMIT $2")
        .bind(theme.as_str()).bind(limit).fetch_all(c).await?);
    all.iter().map(|a| from_json(a)).collect()
}

/// The negative statements that count in a rollout, the latest first.
pub async fn negative_of(tx: &mut Tx, rollout: &RolloutId, limit: i64) -> Result<Vec<FeedbackId>> {
    let ids: Vec<String> = on!(tx, c => sqlx::query_scalar(
        "SELECT id FROM feedback WHERE rollout_id = $1 AND counts = 1 AND sentiment = 'negative'
         ORDER BY occurred_ms DESC, id DESC LIMIT $2").bind(rollout.as_str()).bind(limit).fetch_all(c).await?);
    Ok(ids.into_iter().map(FeedbackId).collect())
}

/// People who spoke about two rollouts.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct SharedPeople {
    /// The other rollout.
    pub rollout_id: String,
    /// Of them, negative here.
    pub negative_here: i64,
    /// Of them, negative there.
    pub negative_there: i64,
    /// Of them, negative in both.
    pub negative_both: i64,
    /// All of them.
    pub people: i64,
}

/// Rollouts that have people who said who they are in common with this one, those with the most first.
pub async fn shared_people(tx: &mut Tx, rollout: &RolloutId, limit: i64) -> Result<Vec<SharedPeople>> {
    Ok(on!(tx, c => sqlx::query_as(
        "SELECT b.rollout_id,
                COUNT(*) FILTER (WHERE a.sentiment = 'negative') AS negative_here,
                COUNT(*) FILTER (WHERE b.sentiment = 'negative') AS negative_there,
                COUNT(*) FILTER (WHERE a.sentiment = 'negative' AND b.sentiment = 'negative') AS negative_both,
                COUNT(*) AS people
         FROM feedback a JOIN feedback b ON b.person = a.person AND b.counts = 1 AND b.rollout_id <> a.rollout_id
         WHERE a.rollout_id = $1 AND a.counts = 1 AND a.anonymous = 0
         GROUP BY b.rollout_id ORDER BY people DESC, b.rollout_id LIMIT $2")
        .bind(rollout.as_str()).bind(limit).fetch_all(c).await?))
}

/// All statements, and how many found no rollout.
pub async fn totals(tx: &mut Tx) -> Result<(i64, i64)> {
    Ok(on!(tx, c => sqlx::query_as(
        "SELECT COUNT(*), CAST(COALESCE(SUM(CASE WHEN rollout_id IS NULL THEN 1 ELSE 0 END), 0) AS BIGINT) FROM feedback")
        .fetch_one(c).await?))
}
