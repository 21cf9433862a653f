//! What people decide about themes, and looking at all statements of a rollout together: load the whole book, change it,
//! keep what differs.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::thread;

use anyhow::{Result, bail};
use tracing::info;

use super::Context;
use super::analyze::is_stale;
use crate::analysis::themes::book::{Book, Member, says};
use crate::analysis::themes::{Text, is_due};
use crate::domain::feedback::Feedback;
use crate::domain::regrouping::{Refused, Regrouping};
use crate::domain::tally::Tally;
use crate::domain::theme::Theme;
use crate::id::{FeedbackId, RolloutId, ThemeId};
use crate::store::placed::{self, Placed};
use crate::store::{Tx, mutes, regroupings, returns, rollouts, suggestions, themes, tickets};
use crate::time::UnixMs;

/// What a person wants done with themes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// The first is shown in the second from now on.
    Merge(ThemeId, ThemeId),
    /// These statements begin a theme of their own.
    Split(ThemeId, Vec<FeedbackId>),
    /// A statement belongs there, or in no theme.
    Move(FeedbackId, Option<ThemeId>),
    /// The latest of these that is in force is taken back.
    Undo,
}

/// The themes of a rollout that are shown, the largest first, and which of them may say the same.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// The themes.
    pub themes: Vec<Theme>,
    /// Pairs that may say the same, with their nearness from 0 to 1, the nearest first.
    pub alike: Vec<(ThemeId, ThemeId, f64)>,
}

/// The themes of a rollout.
pub async fn shown(ctx: &Context, rollout: &RolloutId) -> Result<Shown> {
    let mut tx = ctx.db.read().await?;
    let mut all = themes::of_rollout(&mut tx, rollout).await?;
    tx.commit().await?;
    all.retain(|t| t.tally.people() > 0);
    all.sort_by(|a, b| b.tally.people().cmp(&a.tally.people()).then_with(|| a.id.cmp(&b.id)));
    Ok(Shown { alike: crate::analysis::themes::alike(ctx.embedder.space(), &all), themes: all })
}

/// Does what a person wishes, or says why that can't be; see [`Refused`]. Gives the theme that was begun, where one was.
pub async fn decide(ctx: &Context, rollout: &RolloutId, wish: Wish, by: &str) -> Result<Option<ThemeId>> {
    let now = ctx.now();
    let begins = ThemeId::new(now, &*ctx.entropy);
    let (what, begun) = match wish {
        Wish::Merge(theme, into) => (Regrouping::Merge { theme, into }, None),
        Wish::Split(theme, items) => (Regrouping::Split { theme, items, begins: begins.clone() }, Some(begins)),
        Wish::Move(item, to) => (Regrouping::Move { item, to }, None),
        Wish::Undo => (Regrouping::Undo, None),
    };
    read_all_ahead(ctx, rollout).await?;
    let mut tx = ctx.db.write().await?;
    rollouts::lock(&mut tx, rollout).await?;
    let (kept, mut book) = open(ctx, &mut tx, rollout).await?;
    book.decide(what.clone())?;
    regroupings::add(&mut tx, rollout, &what, by, now).await?;
    keep(&mut tx, rollout, &kept, &book).await?;
    let counts = rollouts::counts(&mut tx, rollout).await?;
    rollouts::set_counts(&mut tx, rollout, &counts, now).await?;
    tx.commit().await?;
    info!(rollout.id = %rollout, by, "themes: {}", what.kind());
    ctx.bell.mind.notify_one();
    Ok(begun)
}

/// Looks at all statements of a rollout together where there are many more than the last time. Themes that nobody was told
/// of may go away and others begin.
pub async fn gather_where_due(ctx: &Context, rollout: &RolloutId) -> Result<bool> {
    let mut tx = ctx.db.read().await?;
    let statements = Tally::from(rollouts::counts(&mut tx, rollout).await?.tally).people();
    if !is_due(statements, themes::gathered(&mut tx, rollout).await?) {
        return Ok(false);
    }
    drop(tx);
    read_all_ahead(ctx, rollout).await?;
    let mut tx = ctx.db.read().await?;
    let (kept, mut book) = open(ctx, &mut tx, rollout).await?;
    drop(tx);
    let (entropy, now) = (ctx.entropy.clone(), ctx.now());
    let threads = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    // Seconds, where there are a hundred thousand: no database waits for it, and no other task does.
    let book = tokio::task::spawn_blocking(move || {
        book.regroup(threads, || ThemeId::new(now, &*entropy));
        book
    })
    .await?;
    let mut tx = ctx.db.write().await?;
    rollouts::lock(&mut tx, rollout).await?;
    let unchanged = placed::all(&mut tx, rollout).await? == kept.items
        && themes::every(&mut tx, rollout).await? == kept.themes
        && regroupings::of_rollout(&mut tx, rollout).await?.len() == book.decisions().len();
    if !unchanged {
        // Something came in between: the next reading of statements asks again.
        return Ok(false);
    }
    keep(&mut tx, rollout, &kept, &book).await?;
    themes::gather(&mut tx, rollout, statements, ctx.now()).await?;
    let counts = rollouts::counts(&mut tx, rollout).await?;
    rollouts::set_counts(&mut tx, rollout, &counts, ctx.now()).await?;
    tx.commit().await?;
    info!(rollout.id = %rollout, feedback.gathered = statements, "looked at all statements together");
    Ok(true)
}

/// All statements of a rollout with its themes and decisions.
pub(super) async fn whole(ctx: &Context, tx: &mut Tx, rollout: &RolloutId) -> Result<Book> {
    Ok(open(ctx, tx, rollout).await?.1)
}

/// Has an encoder read statements before a transaction asks it about them: the database's only writer must not wait for
/// it. The encoder remembers.
pub(super) async fn read_ahead(ctx: &Context, items: Vec<Feedback>) -> Result<()> {
    if !ctx.embedder.is_slow() {
        return Ok(());
    }
    let embedder = ctx.embedder.clone();
    let threads = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    tokio::task::spawn_blocking(move || {
        let texts: Vec<Text<'_>> = items.iter().filter_map(says).collect();
        embedder.embed(&texts, threads).map(|_| ())
    })
    .await??;
    Ok(())
}

/// The same for all statements of a rollout.
async fn read_all_ahead(ctx: &Context, rollout: &RolloutId) -> Result<()> {
    if !ctx.embedder.is_slow() {
        return Ok(());
    }
    let mut tx = ctx.db.read().await?;
    let items = placed::all(&mut tx, rollout).await?;
    drop(tx);
    read_ahead(ctx, items.into_iter().map(|(item, _)| item).collect()).await
}

/// The same where themes have to be worked out anew, because another encoder made their vectors.
pub(super) async fn read_ahead_where_stale(ctx: &Context, rollout: &RolloutId) -> Result<()> {
    let mut tx = ctx.db.read().await?;
    let homes = themes::homes(&mut tx, rollout).await?;
    drop(tx);
    if homes.iter().any(|t| is_stale(t, &ctx.embedder.space().made_by)) {
        read_all_ahead(ctx, rollout).await?;
    }
    Ok(())
}

/// What the database holds.
struct Kept {
    items: Vec<Placed>,
    themes: Vec<Theme>,
}

async fn open(ctx: &Context, tx: &mut Tx, rollout: &RolloutId) -> Result<(Kept, Book)> {
    let kept = Kept { items: placed::all(tx, rollout).await?, themes: themes::every(tx, rollout).await? };
    let mut told: BTreeSet<ThemeId> =
        tickets::of_rollout(tx, rollout).await?.into_iter().filter_map(|t| t.theme).collect();
    // What people said of a theme, and what came back of it, is about what it is now.
    told.extend(suggestions::answers(tx, rollout).await?.into_iter().map(|a| a.theme));
    told.extend(mutes::of_rollout(tx, rollout, UnixMs(0)).await?.into_iter().map(|m| m.theme));
    told.extend(returns::of_rollout(tx, rollout).await?.into_iter().map(|(theme, _)| theme));
    let decisions = regroupings::of_rollout(tx, rollout).await?.into_iter().map(|d| d.what).collect();
    let texts: Vec<Text<'_>> = kept.items.iter().filter_map(|(item, _)| says(item)).collect();
    let mut directions = ctx.embedder.embed(&texts, NonZeroUsize::MIN)?.into_iter();
    let members = kept.items.iter().map(|(item, placed)| {
        let direction = says(item).and_then(|_| directions.next()).flatten();
        Member::told(item.clone(), placed.clone(), direction)
    });
    let book = Book::of(ctx.embedder.space().clone(), members, kept.themes.iter().cloned(), decisions, told);
    Ok((kept, book))
}

/// Writes what differs: themes first, because statements name them.
async fn keep(tx: &mut Tx, rollout: &RolloutId, kept: &Kept, book: &Book) -> Result<()> {
    for theme in book.themes() {
        if !kept.themes.contains(theme) {
            themes::save(tx, rollout, theme).await?;
        }
    }
    let mut before = kept.items.iter();
    for member in book.members() {
        let Some((item, placed)) = before.next() else { bail!("a statement came in while themes were changed") };
        if *placed != member.placed || item.theme != member.item.theme {
            placed::keep(tx, &member.item, member.placed.as_ref()).await?;
        }
    }
    for theme in kept.themes.iter().filter(|t| book.theme(&t.id).is_none()) {
        themes::remove(tx, &theme.id).await?;
    }
    Ok(())
}

/// Whether an error says that a wish can't be, in words for the person who had it.
pub fn refused(error: &anyhow::Error) -> Option<&Refused> {
    error.downcast_ref()
}
