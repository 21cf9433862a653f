//! All that counts in a rollout with its themes and what people decided about them. What is shown is worked out from three
//! things alone: where the engine placed each statement, what people decided, and the names; so that taking a decision back
//! restores exactly what was before it.

mod rules;

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;

use super::direction::{Direction, direction};
use super::regroup::{Hold, Item, Place, regroup};
use super::space::Space;
use super::{Placement, Said, Text, absorb, batch, is_named_anew, middle_of, name, place, release};
use crate::domain::feedback::Feedback;
use crate::domain::regrouping::{Arrangement, Refused, Regrouping};
use crate::domain::theme::{Theme, ThemeVector};
use crate::id::{FeedbackId, ThemeId};

/// A statement that counts.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// The statement, read; its theme is the one in which it counts.
    pub item: Feedback,
    /// The theme in which the engine placed it.
    pub placed: Option<ThemeId>,
    direction: Option<Direction>,
}

impl Member {
    /// A statement that was read, where the engine placed it, and what it is about as the word vectors tell.
    pub fn new(item: Feedback, placed: Option<ThemeId>) -> Self {
        let direction = says(&item).and_then(|said| direction(said.text, said.language));
        Self { item, placed, direction }
    }

    /// The same, with what it is about as somebody else tells; see [`says`].
    pub fn told(item: Feedback, placed: Option<ThemeId>, direction: Option<Direction>) -> Self {
        Self { item, placed, direction }
    }

    /// Equal for copies; `None` where nothing is said that could be copied.
    fn print(&self) -> Option<u64> {
        self.item.annotation.as_ref().map(|a| a.fingerprint).filter(|p| *p != 0)
    }

    fn said(&self) -> Option<Said<'_>> {
        let annotation = self.item.annotation.as_ref()?;
        Some(Said { text: self.item.text.as_deref()?, language: &annotation.language, print: annotation.fingerprint })
    }
}

/// The text of a statement that says something which could be shared.
pub fn says(item: &Feedback) -> Option<Text<'_>> {
    let language = item.annotation.as_ref().map_or("und", |a| a.language.as_str());
    let says = item.annotation.as_ref().is_none_or(|a| a.fingerprint != 0);
    item.text.as_deref().filter(|_| says).map(|text| Text { text, language })
}

/// The statements, themes and decisions of one rollout.
#[derive(Clone, Debug, PartialEq)]
pub struct Book {
    /// Where its statements are compared.
    space: Space,
    members: BTreeMap<FeedbackId, Member>,
    themes: BTreeMap<ThemeId, Theme>,
    decisions: Vec<Regrouping>,
    /// Themes that people know from a ticket.
    told: BTreeSet<ThemeId>,
}

impl Default for Book {
    /// An empty one, in the space of the word vectors.
    fn default() -> Self {
        Self::of(Space::of_words(), [], [], Vec::new(), BTreeSet::new())
    }
}

impl Book {
    /// A book of what is kept. Counts and vectors are worked out anew, out of directions in `space`.
    pub fn of(
        space: Space,
        members: impl IntoIterator<Item = Member>,
        themes: impl IntoIterator<Item = Theme>,
        decisions: Vec<Regrouping>,
        told: BTreeSet<ThemeId>,
    ) -> Self {
        let members = members.into_iter().map(|m| (m.item.id.clone(), m)).collect();
        let themes = themes.into_iter().map(|t| (t.id.clone(), t)).collect();
        let mut book = Self { space, members, themes, decisions, told };
        book.settle();
        book
    }

    /// Its statements, by id.
    pub fn members(&self) -> impl Iterator<Item = &Member> {
        self.members.values()
    }

    /// Its themes, by id, those that are shown in others too.
    pub fn themes(&self) -> impl Iterator<Item = &Theme> {
        self.themes.values()
    }

    /// One theme.
    pub fn theme(&self, id: &ThemeId) -> Option<&Theme> {
        self.themes.get(id)
    }

    /// What was decided, the earliest first.
    pub fn decisions(&self) -> &[Regrouping] {
        &self.decisions
    }

    /// A theme is on a ticket from now on.
    pub fn tell(&mut self, theme: &ThemeId) {
        self.told.insert(theme.clone());
    }

    fn arrangement(&self) -> Arrangement {
        Arrangement::of(&self.decisions)
    }

    /// A statement arrives: it joins a theme, begins `fresh`, or says nothing that could be shared. No other theme changes.
    pub fn add(&mut self, mut member: Member, fresh: &ThemeId) -> Option<ThemeId> {
        let arrangement = self.arrangement();
        let home = self.home_of(&member, &arrangement, fresh);
        member.placed.clone_from(&home);
        member.item.theme = home.as_ref().map(|id| arrangement.shown(id));
        let first = self.first_copy(&member, home.as_ref(), &arrangement).cloned();
        let at = member.item.occurred_at;
        if let Some(shown) = member.item.theme.clone() {
            let theme = self.themes.entry(shown.clone()).or_insert_with(|| Theme::begun(shown, at));
            theme.count(&member.item, 1);
        }
        if let Some(theme) = home.as_ref().and_then(|id| self.themes.get_mut(id)) {
            swap(&self.space, &mut theme.vector, first.as_ref().map(|f| (&f.item.id, f.direction.as_ref())), &member);
        }
        self.members.insert(member.item.id.clone(), member);
        let home = home?;
        self.name_where_due(&home, &arrangement);
        Some(home)
    }

    fn home_of(&self, member: &Member, arrangement: &Arrangement, fresh: &ThemeId) -> Option<ThemeId> {
        let direction = member.direction.as_ref()?;
        let mut copied = self.members.values().filter(|m| m.print() == member.print() && m.print().is_some());
        if let Some(home) = copied.find_map(|m| arrangement.home(&m.item.id, m.placed.as_ref())) {
            return Some(home);
        }
        match place(&self.space, direction, self.themes.values()) {
            Placement::Join { theme, .. } => Some(theme),
            Placement::Start => Some(fresh.clone()),
        }
    }

    /// The first statement at home there of which this is a copy.
    fn first_copy(&self, member: &Member, home: Option<&ThemeId>, arrangement: &Arrangement) -> Option<&Member> {
        let print = member.print()?;
        self.members
            .values()
            .filter(|m| m.item.id != member.item.id && m.print() == Some(print) && m.direction.is_some())
            .find(|m| arrangement.home(&m.item.id, m.placed.as_ref()).as_ref() == home)
    }

    /// Decides something, or says why that can't be.
    pub fn decide(&mut self, what: Regrouping) -> Result<(), Refused> {
        let arrangement = self.arrangement();
        self.may(&what, &arrangement)?;
        if let Regrouping::Split { begins, .. } = &what {
            let at = self.members.values().map(|m| m.item.occurred_at).min().unwrap_or_default();
            self.themes.entry(begins.clone()).or_insert_with(|| Theme::begun(begins.clone(), at));
        }
        let begins = |what: &Regrouping| match what {
            Regrouping::Split { begins, .. } => Some(begins.clone()),
            Regrouping::Merge { .. } | Regrouping::Move { .. } | Regrouping::Undo => None,
        };
        let begun = begins(&what);
        let taken_back = arrangement.latest().filter(|_| what == Regrouping::Undo).and_then(begins);
        self.decisions.push(what);
        self.settle();
        if let Some(begun) = begun {
            self.give_name(&begun, &self.arrangement());
        }
        // A theme that was split off goes with the split, but for what found its way there meanwhile.
        if let Some(id) = taken_back.filter(|id| self.themes.get(id).is_some_and(|t| t.vector.items == 0)) {
            self.themes.remove(&id);
        }
        Ok(())
    }

    /// Looks at all statements together: themes that nobody was told of may go away and others begin, by `fresh`; those that
    /// stay keep their ids and names.
    pub fn regroup(&mut self, threads: NonZeroUsize, mut fresh: impl FnMut() -> ThemeId) {
        let arrangement = self.arrangement();
        let said: Vec<Option<batch::Said<'_>>> =
            self.members.values().map(|m| Some((m.print()?, m.direction.as_ref()?))).collect();
        let groups = batch::themes(&self.space.cuts, &said, threads);
        let holds = self.themes.keys().map(|id| (id.clone(), self.hold(id, &arrangement))).collect();
        let items: Vec<Item<'_>> = self
            .members
            .values()
            .zip(groups)
            .map(|(m, group)| Item { direction: m.direction.as_ref(), placed: m.placed.as_ref(), group })
            .collect();
        let places = regroup(&items, &holds);
        let mut begun: BTreeMap<usize, ThemeId> = BTreeMap::new();
        for (member, place) in self.members.values_mut().zip(places) {
            member.placed = match place {
                Place::In(id) => Some(id),
                Place::New(number) => Some(begun.entry(number).or_insert_with(&mut fresh).clone()),
                Place::Nowhere => None,
            };
        }
        for id in begun.into_values() {
            self.themes.insert(id.clone(), Theme::begun(id, crate::time::UnixMs(0)));
        }
        self.settle();
        let ids: Vec<ThemeId> = self.themes.keys().cloned().collect();
        for id in &ids {
            self.name_where_due(id, &arrangement);
        }
        let empty = |t: &Theme| t.vector.items == 0 && t.tally.people() == 0;
        let free: Vec<ThemeId> = ids.into_iter().filter(|id| self.hold(id, &arrangement) == Hold::Free).collect();
        for id in free {
            if self.themes.get(&id).is_some_and(empty) {
                self.themes.remove(&id);
            }
        }
    }

    fn hold(&self, id: &ThemeId, arrangement: &Arrangement) -> Hold {
        if arrangement.holds(id) {
            Hold::Held
        } else if self.told.contains(id) {
            Hold::Told
        } else {
            Hold::Free
        }
    }

    fn name_where_due(&mut self, id: &ThemeId, arrangement: &Arrangement) {
        let due = self.themes.get(id).is_some_and(|t| is_named_anew(t.named_at, t.vector.items));
        let unnamed = self.themes.get(id).is_some_and(|t| t.name.is_empty());
        if due && (unnamed || self.hold(id, arrangement) == Hold::Free) {
            self.give_name(id, arrangement);
        }
    }

    fn give_name(&mut self, id: &ThemeId, arrangement: &Arrangement) {
        let at_home = |m: &&Member| arrangement.home(&m.item.id, m.placed.as_ref()).as_ref() == Some(id);
        let said: Vec<Said<'_>> =
            self.members.values().filter(at_home).filter_map(Member::said).take(super::READ_MAX).collect();
        let Some(theme) = self.themes.get(id) else { return };
        let middle = middle_of(&self.space, self.themes.values());
        let (name, items) = (name(&said, &theme.vector, &middle), theme.vector.items);
        if let Some(theme) = self.themes.get_mut(id) {
            (theme.name, theme.named_at) = (name, items);
        }
    }

    /// Works out homes, vectors and counts from where statements were placed and what people decided.
    fn settle(&mut self) {
        let arrangement = self.arrangement();
        let mut vectors: BTreeMap<ThemeId, ThemeVector> = BTreeMap::new();
        let mut summed: BTreeSet<(ThemeId, u64)> = BTreeSet::new();
        let mut counted: BTreeMap<ThemeId, Vec<&Feedback>> = BTreeMap::new();
        for member in self.members.values_mut() {
            let home = arrangement.home(&member.item.id, member.placed.as_ref());
            member.item.theme = home.as_ref().map(|id| arrangement.shown(id));
            if let (Some(home), Some(direction)) = (home, &member.direction)
                && member.item.annotation.as_ref().is_none_or(|a| summed.insert((home.clone(), a.fingerprint)))
            {
                absorb(&self.space, vectors.entry(home).or_default(), direction);
            }
        }
        for member in self.members.values() {
            if let Some(theme) = &member.item.theme {
                counted.entry(theme.clone()).or_default().push(&member.item);
            }
        }
        for (id, theme) in &mut self.themes {
            theme.vector = vectors.remove(id).unwrap_or_default();
            theme.into = arrangement.goes_into(id);
            theme.recount(counted.remove(id).unwrap_or_default());
        }
    }
}

/// Adds a statement to a vector in which the first of its copies, by id, stands for all of them.
fn swap(space: &Space, vector: &mut ThemeVector, first: Option<(&FeedbackId, Option<&Direction>)>, member: &Member) {
    let Some(direction) = &member.direction else { return };
    if first.is_some_and(|(id, _)| *id < member.item.id) {
        return;
    }
    if let Some((_, Some(copy))) = first {
        release(space, vector, copy);
    }
    absorb(space, vector, direction);
}

#[cfg(test)]
mod tests;
