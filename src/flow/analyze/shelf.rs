//! The counts and themes of a rollout while statements are read, one by one.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::sync::Arc;

use anyhow::Result;

use crate::analysis::themes::book::says;
use crate::analysis::themes::{self as placing, Direction, Embedder, Placement, Said};
use crate::domain::annotation::Annotation;
use crate::domain::feedback::Feedback;
use crate::domain::regrouping::Arrangement;
use crate::domain::tally::Tally;
use crate::domain::theme::{Theme, ThemeVector};
use crate::flow::{Context, themes as gathering};
use crate::id::{FeedbackId, RolloutId, ThemeId};
use crate::store::rollouts::Counts;
use crate::store::{Tx, placed, regroupings, rollouts, themes, tickets};
use crate::time::UnixMs;

/// What is known of a rollout while statements are read.
pub(in crate::flow) struct Shelf {
    rollout: RolloutId,
    pub counts: Counts,
    themes: Vec<Theme>,
    touched: BTreeSet<ThemeId>,
    told: BTreeSet<ThemeId>,
    arrangement: Arrangement,
    embedder: Arc<dyn Embedder>,
}

impl Shelf {
    /// As it was when it was last saved. Themes whose vectors were made by other rules, or by another encoder, are worked
    /// out anew; see [`gathering::read_ahead`].
    pub(in crate::flow) async fn load(ctx: &Context, tx: &mut Tx, id: &RolloutId) -> Result<Self> {
        let decisions = regroupings::of_rollout(tx, id).await?;
        let told = tickets::of_rollout(tx, id).await?.into_iter().filter_map(|t| t.theme).collect();
        let mut shelf = Self {
            rollout: id.clone(),
            counts: rollouts::counts(tx, id).await?,
            themes: themes::homes(tx, id).await?,
            touched: BTreeSet::new(),
            told,
            arrangement: Arrangement::of(decisions.iter().map(|d| &d.what)),
            embedder: ctx.embedder.clone(),
        };
        let made_by = &ctx.embedder.space().made_by;
        if shelf.themes.iter().any(|t| is_stale(t, made_by)) {
            let whole = gathering::whole(ctx, tx, id).await?;
            for theme in &mut shelf.themes {
                theme.vector = whole.theme(&theme.id).map(|t| t.vector.clone()).unwrap_or_default();
                if theme.vector.made_by.is_empty() {
                    theme.vector = ThemeVector { made_by: made_by.clone(), ..ThemeVector::default() };
                }
                shelf.touched.insert(theme.id.clone());
            }
        }
        Ok(shelf)
    }

    /// Keeps what changed.
    pub(in crate::flow) async fn save(&self, tx: &mut Tx, now: UnixMs) -> Result<()> {
        for theme in self.themes.iter().filter(|t| self.touched.contains(&t.id)) {
            themes::save(tx, &self.rollout, theme).await?;
        }
        rollouts::set_counts(tx, &self.rollout, &self.counts, now).await
    }

    /// Takes a statement that was read out of all counts, so that it can be read again.
    pub(in crate::flow) async fn unread(&mut self, tx: &mut Tx, item: &Feedback, counted: bool) -> Result<()> {
        let Some(reading) = &item.annotation else { return Ok(()) };
        self.counts.items -= 1;
        self.counts.spam -= i64::from(reading.spam);
        if counted { self.take_back(tx, item).await } else { Ok(()) }
    }

    /// Finds the theme of a statement, or begins one, and counts it there. Gives where it was placed; the statement's own
    /// theme is the one in which it counts.
    pub(super) async fn take_in(&mut self, ctx: &Context, tx: &mut Tx, item: &mut Feedback) -> Result<Option<ThemeId>> {
        let placed = self.place(ctx, tx, item).await?;
        item.theme = placed.as_ref().map(|id| self.arrangement.shown(id));
        self.count(item, 1);
        let said = item.occurred_at.0;
        self.counts.first_said_ms = Some(self.counts.first_said_ms.map_or(said, |t| t.min(said)));
        self.counts.last_said_ms = Some(self.counts.last_said_ms.map_or(said, |t| t.max(said)));
        if let Some(shown) = item.theme.clone() {
            self.fetch(tx, &shown).await?;
            if let Some(theme) = self.touch(&shown) {
                theme.count(item, 1);
            }
        }
        Ok(placed)
    }

    async fn place(&mut self, ctx: &Context, tx: &mut Tx, item: &Feedback) -> Result<Option<ThemeId>> {
        let Some((print, direction)) = self.said(item)? else { return Ok(None) };
        let copies = self.copies(tx, print, &item.id).await?;
        // A copy goes where its original is, however far that theme has moved since.
        let home = match copies.iter().find_map(|(_, home)| home.clone()) {
            Some(home) => home,
            None => match placing::place(self.embedder.space(), &direction, self.themes.iter()) {
                Placement::Join { theme, .. } => theme,
                Placement::Start => {
                    let id = ThemeId::new(item.occurred_at, &*ctx.entropy);
                    let theme = Theme::begun(id.clone(), item.occurred_at);
                    // The row must be there before a statement names it.
                    themes::save(tx, &self.rollout, &theme).await?;
                    self.themes.push(theme);
                    id
                }
            },
        };
        self.fetch(tx, &home).await?;
        let first = first_at(&copies, &home);
        if first.is_none_or(|copy| item.id < copy.id) {
            let before = first.map(|f| self.said(f)).transpose()?.flatten();
            let embedder = self.embedder.clone();
            if let Some(theme) = self.touch(&home) {
                if let Some((_, copied)) = before {
                    placing::release(embedder.space(), &mut theme.vector, &copied);
                }
                placing::absorb(embedder.space(), &mut theme.vector, &direction);
            }
        }
        self.name_where_due(tx, &home, item).await?;
        Ok(Some(home))
    }

    /// Names a theme while it is young. People know a ticket by its name: once there is one, the name stays; and so it does
    /// where a person decided something about the theme.
    async fn name_where_due(&mut self, tx: &mut Tx, id: &ThemeId, item: &Feedback) -> Result<()> {
        let Some(theme) = self.themes.iter().find(|t| t.id == *id) else { return Ok(()) };
        let fixed = self.told.contains(id) || self.arrangement.holds(id);
        if !placing::is_named_anew(theme.named_at, theme.vector.items) || fixed && !theme.name.is_empty() {
            return Ok(());
        }
        let before = placed::in_theme(tx, id, i64::try_from(placing::READ_MAX).unwrap_or(i64::MAX)).await?;
        let said: Vec<Said<'_>> = before.iter().map(|(f, _)| f).chain([item]).filter_map(words).collect();
        let name = placing::name(&said, &theme.vector, &placing::middle_of(self.embedder.space(), self.themes.iter()));
        if let Some(theme) = self.touch(id) {
            (theme.name, theme.named_at) = (name, theme.vector.items);
        }
        Ok(())
    }

    /// Takes a statement that counted out of the counts.
    pub(super) async fn take_back(&mut self, tx: &mut Tx, old: &Feedback) -> Result<()> {
        self.count(old, -1);
        if let Some(shown) = old.theme.clone() {
            self.fetch(tx, &shown).await?;
            let span = themes::span(tx, &shown, &old.id).await?;
            if let Some(theme) = self.touch(&shown) {
                theme.count(old, -1);
                (theme.first_at, theme.last_at) = span.unwrap_or((theme.first_at, theme.last_at));
            }
        }
        let placed = placed::of(tx, &old.id).await?;
        let Some(home) = self.arrangement.home(&old.id, placed.as_ref()) else { return Ok(()) };
        let Some((print, direction)) = self.said(old)? else { return Ok(()) };
        let copies = self.copies(tx, print, &old.id).await?;
        self.fetch(tx, &home).await?;
        let first = first_at(&copies, &home);
        if first.is_none_or(|copy| old.id < copy.id) {
            let before = first.map(|f| self.said(f)).transpose()?.flatten();
            let embedder = self.embedder.clone();
            if let Some(theme) = self.touch(&home) {
                if let Some((_, copied)) = before {
                    placing::absorb(embedder.space(), &mut theme.vector, &copied);
                }
                placing::release(embedder.space(), &mut theme.vector, &direction);
            }
        }
        Ok(())
    }

    fn count(&mut self, item: &Feedback, n: i64) {
        let Some(reading) = &item.annotation else { return };
        let mut tally = Tally::from(self.counts.tally);
        tally.add(reading.sentiment, n);
        self.counts.tally = tally.into();
        self.counts.anonymous += if item.anonymous { n } else { 0 };
    }

    /// The copies of a statement with their homes, by id.
    async fn copies(&self, tx: &mut Tx, print: u64, but: &FeedbackId) -> Result<Vec<(Feedback, Option<ThemeId>)>> {
        let copies = placed::copies(tx, &self.rollout, print, but).await?;
        Ok(copies
            .into_iter()
            .map(|(f, placed)| {
                let home = self.arrangement.home(&f.id, placed.as_ref());
                (f, home)
            })
            .collect())
    }

    /// Takes a theme up that was not among those that are looked at.
    async fn fetch(&mut self, tx: &mut Tx, id: &ThemeId) -> Result<()> {
        if self.themes.iter().all(|t| t.id != *id) {
            self.themes.extend(themes::get(tx, id).await?);
        }
        Ok(())
    }

    fn touch(&mut self, id: &ThemeId) -> Option<&mut Theme> {
        let theme = self.themes.iter_mut().find(|t| t.id == *id)?;
        self.touched.insert(id.clone());
        Some(theme)
    }

    /// What a statement is known by and what it is about; `None` where it says nothing that could be shared.
    fn said(&self, item: &Feedback) -> Result<Option<(u64, Direction)>> {
        let Some((print, text)) = item.annotation.as_ref().map(|a| a.fingerprint).zip(says(item)) else {
            return Ok(None);
        };
        let direction = self.embedder.embed(&[text], NonZeroUsize::MIN)?.pop().flatten();
        Ok(direction.map(|d| (print, d)))
    }
}

/// Whether a theme's vector can't be compared with what `made_by` makes.
pub(in crate::flow) fn is_stale(theme: &Theme, made_by: &str) -> bool {
    theme.vector.made_by != made_by && theme.tally.people() > 0
}

fn words(item: &Feedback) -> Option<Said<'_>> {
    let Annotation { language, fingerprint, .. } = item.annotation.as_ref()?;
    Some(Said { text: item.text.as_deref()?, language, print: *fingerprint })
}

/// The first copy that is at home there.
fn first_at<'a>(copies: &'a [(Feedback, Option<ThemeId>)], home: &ThemeId) -> Option<&'a Feedback> {
    copies.iter().find(|(_, at)| at.as_ref() == Some(home)).map(|(f, _)| f)
}
