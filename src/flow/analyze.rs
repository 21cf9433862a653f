//! Reads kept statements: what they feel and want, which theme they belong to, and what that does to the counts. One
//! transaction a batch of one rollout; what is counted is exactly what is marked as read.

use std::collections::HashMap;

use anyhow::Result;
use tracing::{error, info};

use super::Context;
use crate::analysis::{self, themes as placing};
use crate::crash_point;
use crate::domain::annotation::Annotation;
use crate::domain::feedback::Feedback;
use crate::domain::theme::{Theme, ThemeVector};
use crate::domain::ticket::Ticket;
use crate::id::{FeedbackId, RolloutId, ThemeId};
use crate::store::rollouts::Counts;
use crate::store::{Tx, feedback, rollouts, themes, tickets};
use crate::time::UnixMs;

/// Statements read in one transaction.
const BATCH: i64 = 200;
/// Rollouts looked at in one round.
const ROLLOUTS: i64 = 50;

/// Reads what waits. Gives how many statements were read.
pub async fn analyze_waiting(ctx: &Context) -> Result<usize> {
    let mut tx = ctx.db.read().await?;
    let waiting = feedback::unread_rollouts(&mut tx, ROLLOUTS).await?;
    tx.commit().await?;
    let mut read = 0;
    for rollout in waiting {
        let done = match &rollout {
            Some(id) => of_rollout(ctx, id).await,
            None => unattributed(ctx).await,
        };
        match done {
            Ok(n) => read += n,
            // One rollout that can't be read must not keep the others waiting.
            Err(e) => error!("statements wait for another reading: {e:#}"),
        }
    }
    Ok(read)
}

/// Statements without a rollout are read too, so that they can be looked at; they count nowhere.
async fn unattributed(ctx: &Context) -> Result<usize> {
    let mut readings = readings(ctx, None).await?;
    let mut tx = ctx.db.write().await?;
    let items = feedback::unread(&mut tx, None, BATCH).await?;
    for (item, locale) in &items {
        let reading = readings.remove(&item.id).unwrap_or_else(|| annotate(item, locale.as_deref()));
        feedback::keep_reading(&mut tx, item, &reading, false).await?;
    }
    tx.commit().await?;
    Ok(items.len())
}

/// What is read in the statements that wait, by id: before the transaction, because the database's only writer must not
/// wait for it.
async fn readings(ctx: &Context, id: Option<&RolloutId>) -> Result<HashMap<FeedbackId, Annotation>> {
    let mut tx = ctx.db.read().await?;
    let items = feedback::unread(&mut tx, id, BATCH).await?;
    drop(tx);
    Ok(items.into_iter().map(|(item, locale)| (item.id.clone(), annotate(&item, locale.as_deref()))).collect())
}

fn annotate(item: &Feedback, locale: Option<&str>) -> Annotation {
    analysis::annotate(item.text.as_deref(), item.rating, locale)
}

async fn of_rollout(ctx: &Context, id: &RolloutId) -> Result<usize> {
    let mut readings = readings(ctx, Some(id)).await?;
    let mut tx = ctx.db.write().await?;
    rollouts::lock(&mut tx, id).await?;
    let items = feedback::unread(&mut tx, Some(id), BATCH).await?;
    if items.is_empty() {
        return Ok(0);
    }
    let known = themes::of_rollout(&mut tx, id).await?;
    let named = tickets::of_rollout(&mut tx, id).await?;
    let mut book = Book { counts: rollouts::counts(&mut tx, id).await?, themes: known, touched: Vec::new(), named };
    for (item, locale) in &items {
        let reading = readings.remove(&item.id).unwrap_or_else(|| annotate(item, locale.as_deref()));
        read(ctx, &mut tx, id, item.clone(), &reading, &mut book).await?;
    }
    for theme in book.themes.iter().filter(|t| book.touched.contains(&t.id)) {
        themes::save(&mut tx, id, theme).await?;
    }
    rollouts::set_counts(&mut tx, id, &book.counts, ctx.now()).await?;
    crash_point!("hb.analyze.read");
    tx.commit().await?;
    crash_point!("hb.analyze.committed");
    info!(rollout.id = %id, feedback.read = items.len(), "read statements");
    Ok(items.len())
}

/// The counts and themes of a rollout while a batch is read.
struct Book {
    counts: Counts,
    themes: Vec<Theme>,
    touched: Vec<ThemeId>,
    named: Vec<Ticket>,
}

async fn read(
    ctx: &Context,
    tx: &mut Tx,
    rollout: &RolloutId,
    mut item: Feedback,
    reading: &Annotation,
    book: &mut Book,
) -> Result<()> {
    book.counts.items += 1;
    if reading.spam {
        book.counts.spam += 1;
        return feedback::keep_reading(tx, &item, reading, false).await;
    }
    let before = feedback::voice_of(tx, rollout, &item.person).await?;
    // One person counts once: the latest statement stands. One that comes late and was said earlier changes nothing.
    let stands = before.as_ref().is_none_or(|b| (b.occurred_at, &b.id) < (item.occurred_at, &item.id));
    if !stands {
        return feedback::keep_reading(tx, &item, reading, false).await;
    }
    if let Some(old) = before {
        feedback::silence(tx, &old.id).await?;
        if let Some(id) = old.theme.as_ref().filter(|id| book.themes.iter().all(|t| t.id != **id))
            && let Some(theme) = themes::get(tx, id).await?
        {
            book.themes.push(theme);
        }
        book.take_back(&old);
    }
    item.theme = place(ctx, tx, rollout, &item, reading, book).await?;
    book.count(&item, reading);
    feedback::keep_reading(tx, &item, reading, true).await
}

/// Finds the theme of a statement, or begins one.
async fn place(
    ctx: &Context,
    tx: &mut Tx,
    rollout: &RolloutId,
    item: &Feedback,
    reading: &Annotation,
    book: &mut Book,
) -> Result<Option<ThemeId>> {
    let Some(text) = item.text.as_deref() else { return Ok(None) };
    let features = placing::features(text, &reading.language);
    let id = match placing::place(&features, &book.themes) {
        placing::Placement::Nothing => return Ok(None),
        placing::Placement::Join { theme, .. } => theme,
        placing::Placement::Start => {
            let id = ThemeId::new(item.occurred_at, &*ctx.entropy);
            let theme = Theme {
                id: id.clone(),
                name: String::new(),
                vector: ThemeVector::default(),
                tally: crate::domain::tally::Tally::default(),
                intents: std::collections::BTreeMap::new(),
                confidence_sum: 0.0,
                first_at: item.occurred_at,
                last_at: item.occurred_at,
            };
            // The row must be there before a statement names it.
            themes::save(tx, rollout, &theme).await?;
            book.themes.push(theme);
            id
        }
    };
    let fixed = book.named.iter().any(|t| t.theme.as_ref() == Some(&id));
    if let Some(theme) = book.themes.iter_mut().find(|t| t.id == id) {
        placing::absorb(&mut theme.vector, &features);
        // People link to a ticket by its name: once there is one, the name stays.
        if !fixed || theme.name.is_empty() {
            theme.name = placing::name(&theme.vector);
        }
    }
    Ok(Some(id))
}

impl Book {
    fn count(&mut self, item: &Feedback, reading: &Annotation) {
        self.shift(item, reading, 1);
        let said = item.occurred_at.0;
        self.counts.first_said_ms = Some(self.counts.first_said_ms.map_or(said, |t| t.min(said)));
        self.counts.last_said_ms = Some(self.counts.last_said_ms.map_or(said, |t| t.max(said)));
    }

    fn take_back(&mut self, old: &Feedback) {
        let Some(reading) = old.annotation.clone() else { return };
        self.shift(old, &reading, -1);
        let Some(theme) = self.themes.iter_mut().find(|t| Some(&t.id) == old.theme.as_ref()) else { return };
        if let Some(text) = old.text.as_deref() {
            placing::release(&mut theme.vector, &placing::features(text, &reading.language));
        }
    }

    fn shift(&mut self, item: &Feedback, reading: &Annotation, n: i64) {
        let mut tally = self.counts.tally.into();
        crate::domain::tally::Tally::add(&mut tally, reading.sentiment, n);
        self.counts.tally = tally.into();
        self.counts.anonymous += if item.anonymous { n } else { 0 };
        let Some(theme) = self.themes.iter_mut().find(|t| Some(&t.id) == item.theme.as_ref()) else { return };
        theme.tally.add(reading.sentiment, n);
        *theme.intents.entry(reading.intent).or_default() += n;
        theme.confidence_sum += reading.confidence * n as f64;
        theme.first_at = UnixMs(theme.first_at.0.min(item.occurred_at.0));
        theme.last_at = UnixMs(theme.last_at.0.max(item.occurred_at.0));
        if !self.touched.contains(&theme.id) {
            self.touched.push(theme.id.clone());
        }
    }
}
