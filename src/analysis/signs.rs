//! What the phrases found in a text say together, by the small rules that people write by: negation and its reach,
//! emphasis, "but", capitals, drawn-out letters, exclamation marks. The result is numbers; [`super::model`] weighs them
//! with what it learned.

use std::cmp::Ordering;

use super::lexicon::{Found, Role};
use super::words::{Kind, Words};
use crate::domain::annotation::Intent;

/// Words that a negation reaches.
const NOT_REACH: usize = 4;
/// What a negation makes of a feeling: "not great" is less bad than "terrible".
const NOT_TIMES: f32 = -0.6;
/// Words that an emphasis reaches.
const TIMES_REACH: usize = 2;
/// Letters of a script without spaces that make about a word.
const LETTERS_A_WORD: usize = 2;
/// What "but" makes of what stands before and after it.
const BUT_BEFORE: f32 = 0.6;
const BUT_AFTER: f32 = 1.3;
/// Capitals among other words, and drawn-out letters.
const SHOUTED_TIMES: f32 = 1.2;
/// How fast a sum nears its ends: one of its root gives 0.71.
const CURVE: f32 = 12.0;
/// Phrases for one intent from which a further one adds little: a long text is not a louder one.
const LOUD_FROM: u32 = 2;
const FURTHER: f32 = 0.3;

/// Numbers that [`Signs::numbers`] gives.
pub(super) const NUMBERS: usize = 40;

/// Which clause and which sentence a word stands in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    /// Counts from the beginning of the text.
    pub clause: u32,
    /// Counts likewise.
    pub sentence: u32,
}

/// The phrases of a text with what each counts where it stands.
#[derive(Debug)]
pub(super) struct Signs<'a> {
    /// The text.
    pub words: &'a Words,
    /// Its phrases.
    pub found: &'a [Found],
    /// How many times each counts; below 0 where it is turned.
    pub times: Vec<f32>,
    /// Where each word stands.
    pub places: Vec<Place>,
}

impl<'a> Signs<'a> {
    /// Weighs the phrases found in a text.
    pub fn read(words: &'a Words, found: &'a [Found]) -> Self {
        let places = places(words);
        let times = times(words, found, &places);
        Self { words, found, times, places }
    }

    /// What a phrase adds, -4 to 4 and a little beyond.
    pub fn feel(&self, i: usize) -> f32 {
        self.found[i].entry.feel * self.times[i]
    }

    /// Sums of what is good and of what is bad, both 0 or more.
    pub fn sums(&self) -> (f32, f32) {
        (0..self.found.len())
            .map(|i| self.feel(i))
            .fold((0.0, 0.0), |(good, bad), feel| if feel > 0.0 { (good + feel, bad) } else { (good, bad - feel) })
    }

    /// How much speaks for each intent, in the order of [`Intent::ALL`].
    pub fn intents(&self) -> [f32; 6] {
        let mut said = [0.0; 6];
        let mut counts = [0_u32; 6];
        for (f, times) in self.found.iter().zip(&self.times) {
            for (intent, weight) in &f.entry.intents {
                let at = position(*intent);
                // "no bugs" is no report of one; "not great" is no praise.
                let turned = *times < 0.0;
                counts[at] += u32::from(!turned);
                let further = if counts[at] > LOUD_FROM { FURTHER } else { 1.0 };
                said[at] += if turned { -0.5 * weight } else { weight * further };
            }
        }
        said
    }

    /// All of it as numbers of about -1 to 1.
    pub fn numbers(&self) -> [f32; NUMBERS] {
        let mut n = [0.0; NUMBERS];
        let (good, bad) = self.sums();
        let mut seen = Seen::default();
        for i in 0..self.found.len() {
            self.look(i, &mut seen);
        }
        let said = self.words.count();
        let (mut kinds, mut shouted, mut drawn_out) = ([0; Kind::Ask as usize + 1], 0, 0);
        for word in &self.words.all {
            kinds[word.kind as usize] += 1;
            shouted += usize::from(word.shouted);
            drawn_out += usize::from(word.drawn_out);
        }
        let count = |kind: Kind| kinds[kind as usize];
        let share = |n: usize| n as f32 / (said as f32 + 1.0);
        n[0] = curve(good - bad);
        n[1] = curve(good);
        n[2] = curve(bad);
        n[3] = curve(good.min(bad));
        n[4] = f32::from(u8::from(seen.hits == 0));
        n[5] = small(seen.hits);
        n[6] = curve(seen.best);
        n[7] = curve(-seen.worst);
        n[8] = curve(seen.turned_good);
        n[9] = curve(seen.turned_bad);
        n[10] = curve(seen.first);
        n[11] = curve(seen.last);
        n[12] = curve(seen.after_but);
        n[13] = curve(seen.pictures_good);
        n[14] = curve(seen.pictures_bad);
        n[15] = small(seen.negations);
        n[16] = small(seen.emphases);
        n[17] = small(seen.buts);
        n[18] = small(count(Kind::Shout));
        n[19] = small(count(Kind::Ask));
        n[20] = small(count(Kind::Stop));
        n[21] = small(count(Kind::Pause));
        n[22] = small(count(Kind::Number));
        n[23] = share(shouted);
        n[24] = small(drawn_out);
        n[25] = libm::log1pf(said as f32) / 5.0;
        n[26] = curve((good - bad) * 6.0 / (said as f32 + 2.0));
        n[27] = share(seen.hits);
        n[28] = f32::from(u8::from(self.words.all.last().is_some_and(|w| w.kind == Kind::Ask)));
        n[29] = share(seen.stops);
        let intents = self.intents();
        for (at, sum) in intents.iter().enumerate().take(5) {
            n[30 + at] = curve(*sum * 1.5);
        }
        n[35] = n[30] * n[2];
        n[36] = n[19] * n[4];
        n[37] = n[32] * n[1];
        n[38] = n[1] * n[2];
        n[39] = n[34] * n[0];
        n
    }

    fn look(&self, i: usize, seen: &mut Seen) {
        let f = &self.found[i];
        seen.stops += usize::from(f.entry.stop);
        match f.entry.role {
            Some(Role::Not | Role::NotBefore | Role::NotAround) => seen.negations += 1,
            Some(Role::But) => seen.buts += 1,
            Some(Role::Times(_)) => seen.emphases += 1,
            None => {}
        }
        let feel = self.feel(i);
        if feel.abs() < f32::EPSILON {
            return;
        }
        if self.words.all[f.first].kind == Kind::Picture {
            if feel > 0.0 {
                seen.pictures_good += feel;
            } else {
                seen.pictures_bad -= feel;
            }
        }
        if seen.hits == 0 {
            seen.first = feel;
        }
        seen.hits += 1;
        seen.last = feel;
        seen.best = seen.best.max(feel);
        seen.worst = seen.worst.min(feel);
        if self.times[i] < 0.0 && f.entry.feel > 0.0 {
            seen.turned_good -= feel;
        } else if self.times[i] < 0.0 {
            seen.turned_bad += feel;
        }
        if seen.buts > 0 {
            seen.after_but += feel;
        }
    }
}

/// What is seen on the way through the phrases.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    hits: usize,
    stops: usize,
    negations: usize,
    emphases: usize,
    buts: usize,
    first: f32,
    last: f32,
    best: f32,
    worst: f32,
    turned_good: f32,
    turned_bad: f32,
    after_but: f32,
    pictures_good: f32,
    pictures_bad: f32,
}

/// Where an intent stands among all.
pub(super) fn position(intent: Intent) -> usize {
    Intent::ALL.iter().position(|i| *i == intent).unwrap_or(Intent::ALL.len() - 1)
}

/// A sum between -1 and 1.
pub(super) fn curve(sum: f32) -> f32 {
    sum / (sum * sum + CURVE).sqrt()
}

/// A count between 0 and 1.
fn small(count: usize) -> f32 {
    count.min(4) as f32 / 4.0
}

/// How many times each phrase counts where it stands.
fn times(words: &Words, found: &[Found], places: &[Place]) -> Vec<f32> {
    let calm = words.all.iter().any(|w| w.kind == Kind::Word && !w.shouted && w.at.len() > 1);
    let mut times: Vec<f32> = Vec::with_capacity(found.len());
    let mut not: Option<usize> = None;
    let mut emphasis: Option<(usize, f32)> = None;
    let mut latest_but: Option<usize> = None;
    for (i, f) in found.iter().enumerate() {
        let place = places[f.first];
        let reaches =
            |from: usize, reach: usize| places[from].clause == place.clause && apart(words, from, f.first) <= reach;
        let mut by = 1.0;
        if !f.entry.denies && not.is_some_and(|from| reaches(from, NOT_REACH)) {
            by *= NOT_TIMES;
        }
        if let Some((from, emphasis)) = emphasis
            && reaches(from, TIMES_REACH)
        {
            by *= emphasis;
        }
        let word = &words.all[f.first];
        if calm && word.shouted || word.drawn_out {
            by *= SHOUTED_TIMES;
        }
        times.push(by);
        let last = f.first + f.count - 1;
        match f.entry.role {
            Some(Role::Not) => not = Some(last),
            Some(Role::NotAround) if turns_what_follows(words, found, places, i) => not = Some(last),
            Some(Role::NotBefore | Role::NotAround) => turn_before(words, found, places, i, &mut times),
            Some(Role::Times(by)) => emphasis = Some((last, by)),
            Some(Role::But) => latest_but = Some(i),
            None => {}
        }
    }
    if latest_but.is_some() {
        weigh_buts(found, places, &mut times);
    }
    times
}

/// Words between two places; letters count as the words that they make.
fn apart(words: &Words, from: usize, to: usize) -> usize {
    let count = to.abs_diff(from);
    if words.all[to].unspaced { count.div_ceil(LETTERS_A_WORD) } else { count }
}

fn turns_what_follows(words: &Words, found: &[Found], places: &[Place], at: usize) -> bool {
    let from = found[at].first + found[at].count - 1;
    found[at + 1..]
        .iter()
        .take_while(|f| apart(words, from, f.first) <= NOT_REACH && places[f.first] == places[from])
        .any(|f| f.entry.feel != 0.0)
}

/// Turns the phrase that stands before; not once more what was turned ("je n'aime pas"), nor a "but" between the two.
fn turn_before(words: &Words, found: &[Found], places: &[Place], at: usize, times: &mut [f32]) {
    let first = found[at].first;
    let before = found[..at]
        .iter()
        .rposition(|f| f.entry.role.is_none() && (f.entry.feel != 0.0 || !f.entry.stop))
        .filter(|i| {
            let end = found[*i].first + found[*i].count - 1;
            places[end].clause == places[first].clause && apart(words, end, first) <= NOT_REACH
        });
    if let Some(i) = before.filter(|i| times[*i] > 0.0) {
        times[i] *= NOT_TIMES;
    }
}

/// The nearest "but" of a sentence; one that begins it says what the sentence before was worth.
fn weigh_buts(found: &[Found], places: &[Place], times: &mut [f32]) {
    let buts: Vec<usize> = found.iter().filter(|f| f.entry.role == Some(Role::But)).map(|f| f.first).collect();
    for (f, by) in found.iter().zip(times) {
        let sentence = places[f.first].sentence;
        let after = buts.partition_point(|b| places[*b].sentence <= sentence);
        let Some(but) = after.checked_sub(1).map(|i| buts[i]).filter(|b| places[*b].sentence == sentence) else {
            continue;
        };
        *by *= match but.cmp(&f.first) {
            Ordering::Less => BUT_AFTER,
            Ordering::Greater => BUT_BEFORE,
            Ordering::Equal => 1.0,
        };
    }
}

fn places(words: &Words) -> Vec<Place> {
    let mut at = Place::default();
    let mut places = Vec::with_capacity(words.all.len());
    for word in &words.all {
        match word.kind {
            Kind::Word | Kind::Number | Kind::Picture => {}
            Kind::Pause => at.clause += 1,
            Kind::Stop | Kind::Shout | Kind::Ask => {
                at.clause += 1;
                at.sentence += 1;
            }
        }
        places.push(at);
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::lexicon::Lexicon;

    #[test]
    fn a_negation_of_two_words_turns_once_and_what_is_meant() {
        for (language, text) in [
            ("de", "Die neue Ansicht gefällt uns leider nicht"),
            ("de", "weder schnell noch übersichtlich"),
            ("fr", "je n'aime pas"),
            ("fr", "je ne la trouve pas pratique"),
            ("nl", "handig helaas niet"),
        ] {
            let words = Words::read(text);
            let found = Lexicon::of(language).expect("there is a file").find(&words);
            let (good, bad) = Signs::read(&words, &found).sums();
            assert!(bad > good, "{text}: {good} {bad}");
        }
    }

    #[test]
    fn a_phrase_that_denies_by_itself_is_not_turned_by_another_negation() {
        let words = Words::read("non la voglio nemmeno regalata");
        let found = Lexicon::of("it").expect("there is a file").find(&words);
        assert!(found.iter().any(|f| f.entry.denies && f.entry.feel < 0.0), "{found:?}");
        let (good, bad) = Signs::read(&words, &found).sums();
        assert!(bad > good, "{good} {bad}");
    }
}
