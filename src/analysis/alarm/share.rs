//! The window against its baseline: HEX over the cells of a window.

use std::collections::BTreeMap;

use super::cells::{Baseline, BaselineCell, ShareCell};
use super::exposure::{EPOCHS_MAX, restarts};
use super::verdict::{ShareNow, Side};
use crate::analysis::stats::hex::{Hex, Tally};
use crate::analysis::stats::sigma_day::{Period, sigma_day, sigma_window};
use crate::analysis::stats::special::logsumexp;
use crate::domain::alarm::AlarmRules;

/// People of the baseline in a channel from which on it is known what is usual there.
pub const KNOWN_PEOPLE: u64 = 20;
/// How much days are taken to drift where no day is known, log odds: more than most do.
const UNKNOWN_DAY: f64 = 0.4;
/// A segment's share is drawn towards its channel's as by this many people.
const DRAWN_PEOPLE: f64 = 20.0;

/// Segment and channel.
type Where = (String, String);

/// The process, with what it knows of each stratum. Epochs are closed in order; the last one may stay open.
#[derive(Clone, Debug)]
pub struct Shares {
    hex: Hex,
    strata: BTreeMap<Where, usize>,
    /// The usual share of each stratum.
    usual: Vec<f64>,
}

impl Shares {
    /// Before anything came in. `None` where the baseline knows no channel.
    pub fn new(rules: &AlarmRules, baseline: &Baseline, side: Side) -> Option<Self> {
        let known = known(baseline, side);
        if known.is_empty() {
            return None;
        }
        let days: Vec<Period> = baseline.days.iter().map(|d| d.of(side)).filter(|d| d.items > 0).collect();
        let day = if days.is_empty() { UNKNOWN_DAY } else { sigma_day(&days) };
        let windows: Vec<Period> = baseline.windows.iter().map(|w| w.of(side)).collect();
        let drift = day * day / days.len().max(1) as f64 + sigma_window(&windows).powi(2);
        let usual: Vec<f64> = known.values().map(|k| k.share).collect();
        let hex = Hex::new(&usual, (sampling(&known) + drift).sqrt(), day, restarts(rules));
        Some(Self { hex, strata: known.into_keys().zip(0..).collect(), usual })
    }

    /// The index of a stratum; a segment of which nothing is known has the share of its channel. `None` for a channel of
    /// which nothing is known.
    pub fn stratum(&self, segment: &str, channel: &str) -> Option<usize> {
        let at = |segment: &str| self.strata.get(&(segment.to_owned(), channel.to_owned())).copied();
        at(segment).or_else(|| at(WHOLE_CHANNEL))
    }

    /// Closes the open epoch.
    pub fn close(&mut self, counts: &[Tally]) {
        self.hex.close(counts);
    }

    /// `ln` of the evidence while the open epoch holds `open`.
    pub fn ln_e(&self, open: &[Tally]) -> f64 {
        self.hex.ln_e(open)
    }
}

/// What a window's cells come to.
#[derive(Clone, Debug, Default)]
pub(super) struct Judged {
    pub ln_e: f64,
    pub starts: Vec<f64>,
    pub now: ShareNow,
    /// People in channels of which nothing is known.
    pub unjudged: u64,
    pub has_baseline: bool,
}

/// Judges the cells from epoch `from` on.
pub(super) fn judge(rules: &AlarmRules, cells: &[ShareCell], baseline: &Baseline, side: Side, from: u32) -> Judged {
    let cells: Vec<&ShareCell> = cells.iter().filter(|c| c.epoch >= from).collect();
    match Shares::new(rules, baseline, side) {
        Some(shares) => against(shares, &cells, side, from),
        None => within(rules, &cells, side, from),
    }
}

fn against(mut shares: Shares, cells: &[&ShareCell], side: Side, from: u32) -> Judged {
    let at = |c: &ShareCell| shares.stratum(&c.stratum.segment, &c.stratum.channel);
    let (epochs, unjudged) = by_epoch(cells, side, from, at);
    let mut now = ShareNow::default();
    let mut expected = 0.0;
    for tally in epochs.iter().flatten() {
        now.people += tally.items;
        now.hits += tally.hits;
        expected += tally.items as f64 * shares.usual[tally.stratum];
    }
    now.usual = (now.people > 0).then(|| expected / now.people as f64);
    let (ln_e, starts) = fold(&mut shares.hex, &epochs);
    Judged { ln_e, starts, now, unjudged, has_baseline: true }
}

/// Without a baseline, only a change within the window shows: its first epochs, until [`KNOWN_PEOPLE`] have spoken in a
/// channel, are what is usual there. Channels differ and are not known to move together, so each is judged by itself, with
/// a part of the stake that is less for each further one: 1/2, 1/6, 1/12, …
fn within(rules: &AlarmRules, cells: &[&ShareCell], side: Side, from: u32) -> Judged {
    let mut first: BTreeMap<&str, u32> = BTreeMap::new();
    for cell in cells.iter().filter(|c| c.people > 0) {
        let seen = first.entry(&cell.stratum.channel).or_insert(cell.epoch);
        *seen = cell.epoch.min(*seen);
    }
    let mut order: Vec<(u32, &str)> = first.into_iter().map(|(channel, epoch)| (epoch, channel)).collect();
    order.sort_unstable();
    let mut ln_parts = Vec::new();
    let mut unspent = 1.0;
    let mut most = Judged::default();
    let mut now = ShareNow::default();
    for (rank, (_, channel)) in order.iter().enumerate() {
        let stake = 1.0 / ((rank + 1) * (rank + 2)) as f64;
        unspent -= stake;
        let own: Vec<&ShareCell> = cells.iter().copied().filter(|c| c.stratum.channel == *channel).collect();
        let Some(judged) = from_its_beginning(rules, &own, side, from) else {
            ln_parts.push(stake.ln());
            continue;
        };
        ln_parts.push(stake.ln() + judged.ln_e);
        (now.people, now.hits) = (now.people + judged.now.people, now.hits + judged.now.hits);
        if most.starts.is_empty() || judged.ln_e > most.ln_e {
            most = judged;
        }
    }
    ln_parts.push(unspent.ln());
    Judged { ln_e: logsumexp(ln_parts.iter().copied()), now, ..most }
}

/// The later epochs of a channel against its first. `None` until enough people have spoken.
fn from_its_beginning(rules: &AlarmRules, cells: &[&ShareCell], side: Side, from: u32) -> Option<Judged> {
    let mut by_epoch: BTreeMap<u32, u64> = BTreeMap::new();
    for cell in cells {
        *by_epoch.entry(cell.epoch).or_default() += cell.people;
    }
    let mut people = 0;
    let last = by_epoch.iter().find(|(_, n)| {
        people += *n;
        people >= KNOWN_PEOPLE
    });
    let begins = last.map(|(epoch, _)| epoch + 1)?;
    let (first, later): (Vec<_>, Vec<_>) = cells.iter().copied().partition(|c| c.epoch < begins);
    let shares = Shares::new(rules, &beginning(first), side)?;
    let mut judged = against(shares, &later, side, begins);
    let learned = usize::try_from(begins - from).unwrap_or(usize::MAX).min(EPOCHS_MAX);
    judged.starts.splice(0..0, std::iter::repeat_n(0.0, learned));
    Some(Judged { has_baseline: false, ..judged })
}

/// The beginning of a window as the baseline of the rest.
pub fn beginning<'a>(cells: impl IntoIterator<Item = &'a ShareCell>) -> Baseline {
    let cell = |c: &ShareCell| BaselineCell {
        segment: c.stratum.segment.clone(),
        channel: c.stratum.channel.clone(),
        people: c.people,
        said: c.said,
    };
    Baseline { cells: cells.into_iter().map(cell).collect(), ..Baseline::default() }
}

/// The evidence after all epochs, the last one open, and where a change began.
pub(super) fn fold(hex: &mut Hex, epochs: &[Vec<Tally>]) -> (f64, Vec<f64>) {
    let Some((open, closed)) = epochs.split_last() else { return (0.0, Vec::new()) };
    for counts in closed {
        hex.close(counts);
    }
    (hex.ln_e(open), hex.starts(open))
}

/// Cells added up by epoch and stratum, and the people of those that have none.
fn by_epoch(
    cells: &[&ShareCell],
    side: Side,
    from: u32,
    stratum: impl Fn(&ShareCell) -> Option<usize>,
) -> (Vec<Vec<Tally>>, u64) {
    let mut sums: BTreeMap<(usize, usize), (u64, u64)> = BTreeMap::new();
    let (mut unjudged, mut last) = (0, None);
    for cell in cells {
        let epoch = usize::try_from(cell.epoch - from).unwrap_or(usize::MAX).min(EPOCHS_MAX - 1);
        last = last.max(Some(epoch));
        let Some(stratum) = stratum(cell) else {
            unjudged += cell.people;
            continue;
        };
        let sum = sums.entry((epoch, stratum)).or_default();
        sum.0 += cell.people;
        sum.1 += cell.said.of(side).min(cell.people);
    }
    let mut epochs = vec![Vec::new(); last.map_or(0, |e| e + 1)];
    for ((epoch, stratum), (items, hits)) in sums {
        epochs[epoch].push(Tally { stratum, items, hits });
    }
    (epochs, unjudged)
}

/// The name under which a channel's own share stands, for segments of which nothing is known. No segment has it: names
/// of segments hold no control characters.
const WHOLE_CHANNEL: &str = "\u{0}";

/// What is usual in one stratum.
struct Usual {
    share: f64,
    /// People behind it.
    people: f64,
}

fn known(baseline: &Baseline, side: Side) -> BTreeMap<Where, Usual> {
    let mut channels: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    let mut cells: BTreeMap<Where, (u64, u64)> = BTreeMap::new();
    for cell in &baseline.cells {
        let hits = cell.said.of(side).min(cell.people);
        let own = cells.entry((cell.segment.clone(), cell.channel.clone())).or_default();
        let channel = channels.entry(&cell.channel).or_default();
        for sum in [own, channel] {
            *sum = (sum.0 + hits, sum.1 + cell.people);
        }
    }
    let mut known = BTreeMap::new();
    for (channel, (hits, people)) in channels {
        if people < KNOWN_PEOPLE {
            continue;
        }
        let whole = (hits as f64 + 0.5) / (people as f64 + 1.0);
        for ((segment, _), (hits, people)) in cells.iter().filter(|((_, c), _)| c == channel) {
            let share = (*hits as f64 + DRAWN_PEOPLE * whole) / (*people as f64 + DRAWN_PEOPLE);
            known.insert((segment.clone(), channel.to_owned()), Usual { share, people: *people as f64 });
        }
        // Counted with its segments already.
        known.insert((WHOLE_CHANNEL.to_owned(), channel.to_owned()), Usual { share: whole, people: 0.0 });
    }
    known
}

/// What the size of the baseline leaves open of its share: a variance of log odds. With the drift of its days and that of
/// windows it is how far a window may be from its baseline by itself.
fn sampling(known: &BTreeMap<Where, Usual>) -> f64 {
    let people: f64 = known.values().map(|k| k.people).sum();
    let hits: f64 = known.values().map(|k| k.share * k.people).sum();
    1.0 / (hits + 0.5) + 1.0 / (people - hits + 0.5)
}
