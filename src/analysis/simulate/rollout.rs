//! One rollout: what people say is drawn, and watched statement by statement until there is an alarm.

use super::Cell;
use super::draw::Draw;
use super::scenario::{Scenario, USUAL, WINDOW_DAYS};
use crate::analysis::alarm::admission::{self, Arrival, Left};
use crate::analysis::alarm::cells::{Baseline, BaselineCell, Said, Span};
use crate::analysis::alarm::latch::{Event, Latch};
use crate::analysis::alarm::{Shares, Side, Verdict};
use crate::analysis::stats::hex::Tally;
use crate::analysis::stats::label::{Label, Labels, guarded};
use crate::analysis::stats::mixture::Restarts;
use crate::domain::alarm::AlarmRules;
use crate::time::{DAY_MS, HOUR_MS};

/// What came of it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Outcome {
    /// When people were first told, hours after the opening.
    pub alarm_hours: Option<f64>,
    /// How often they were told, had they acknowledged each alarm at once. Where something happens, the first is the last.
    pub alarms: u32,
}

/// Who waits for alarms, and acknowledges each at once.
struct Watcher<'a> {
    rules: &'a AlarmRules,
    quiet: bool,
    latch: Latch,
    outcome: Outcome,
}

impl<'a> Watcher<'a> {
    fn new(rules: &'a AlarmRules, scenario: Scenario) -> Self {
        Self { rules, quiet: scenario.is_quiet(), latch: Latch::default(), outcome: Outcome::default() }
    }

    /// Whether evidence is waited for; not between an alarm and the next epoch.
    fn armed(&self, epoch: u32) -> bool {
        epoch >= self.latch.from_epoch
    }

    /// Whether the alarm is armed anew with this epoch, so that the process begins anew.
    fn rearmed(&mut self, epoch: u32) -> bool {
        let (latch, event) = self.latch.step(epoch, &Verdict::default());
        self.latch = latch;
        matches!(event, Some(Event::Rearmed { .. }))
    }

    /// Looks at the evidence; whether that was the end.
    fn sees(&mut self, at: f64, epoch: u32, ln_e: f64, people: u64) -> bool {
        let grade = self.rules.grade(ln_e, people, self.latch.rearms);
        let (latch, event) = self.latch.step(epoch, &Verdict { ln_e, grade, ..Verdict::default() });
        self.latch = latch;
        if !matches!(event, Some(Event::Raised { .. })) {
            return false;
        }
        self.outcome.alarms += 1;
        self.outcome.alarm_hours = self.outcome.alarm_hours.or(Some(at));
        self.latch = self.latch.acknowledge(epoch, u32::MAX, ln_e).0;
        !self.quiet
    }
}

/// Days of the baseline.
const BASELINE_DAYS: usize = 28;
/// People of the baseline, at least.
const BASELINE_MIN: u32 = 500;
/// The channels, with the share of unhappy people in each: together a quarter, as of three people two take the first.
const CHANNELS: [(&str, f64); 2] = [("widget", 0.15), ("mail", 0.45)];
/// Of people who take the first channel: usually, and after they changed.
const FIRST_CHANNEL: (f64, f64) = (2.0 / 3.0, 1.0 / 3.0);
/// When they change, hours.
const MIX_AT: f64 = 3.0 * 24.0;
/// The group sends its text within these hours.
const BRIGADE: (f64, f64) = (96.0, 102.0);
/// At least so many people, and at least this part of all.
const BRIGADE_PEOPLE: (u32, u32) = (25, 5);
/// Senders who write all day from some moment on, and how much each writes a day.
const BOTS: (usize, f64) = (3, 40.0);
/// The exposed share by the day on which it begins to hold.
const RAMP: [(f64, f64); 3] = [(0.0, 0.05), (2.0, 0.25), (5.0, 0.5)];
/// An outage makes so many times as many people unhappy, in whatever arm, between these hours.
const INCIDENT: (f64, f64, f64) = (6.0, 20.0, 42.0);

pub(super) fn watch(rules: &AlarmRules, cell: &Cell, draw: &mut Draw) -> Outcome {
    match cell.scenario {
        Scenario::NullControl => with_control(rules, cell, draw, 1.0, 0.0),
        Scenario::Ratio { ratio, day } => with_control(rules, cell, draw, ratio, day * 24.0),
        Scenario::Null
        | Scenario::NullNew
        | Scenario::Mix
        | Scenario::Brigade
        | Scenario::Bots
        | Scenario::Shift { .. } => without_control(rules, cell, draw),
    }
}

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Voice {
    /// Somebody who speaks once, in words of their own.
    Own,
    /// Somebody of the group that sends one text.
    Brigade,
    /// A sender who writes all day.
    Bot(usize),
}

/// One statement.
#[derive(Clone, Copy, Debug)]
struct Statement {
    at: f64,
    voice: Voice,
    channel: usize,
    negative: bool,
}

fn without_control(rules: &AlarmRules, cell: &Cell, draw: &mut Draw) -> Outcome {
    let mut watcher = Watcher::new(rules, cell.scenario);
    let mut baseline = if cell.scenario == Scenario::NullNew { Baseline::default() } else { baseline(cell, draw) };
    let mut shares = Shares::new(rules, &baseline, Side::Worse);
    let epoch_hours = epoch_hours(rules);
    // Without the mix there is one channel, the first.
    let channels = if cell.scenario == Scenario::Mix { &CHANNELS[..] } else { &CHANNELS[..1] };
    let mut open = vec![(0, 0); channels.len()];
    let (mut epoch, mut people) = (0, 0);
    let mut closed: Vec<Vec<(u64, u64)>> = Vec::new();
    let mut gate = Gate::default();
    for statement in statements(cell, draw) {
        while f64::from(epoch + 1) * epoch_hours <= statement.at {
            if let Some(shares) = &mut shares {
                shares.close(&tallies(shares, channels, &open));
                closed.push(open.clone());
            } else {
                learn(&mut baseline, channels, &open);
                shares = Shares::new(rules, &baseline, Side::Worse);
                people = 0;
            }
            open.fill((0, 0));
            epoch += 1;
            if watcher.rearmed(epoch) {
                people = 0;
                closed.clear();
                if cell.scenario == Scenario::NullNew {
                    baseline = Baseline::default();
                }
                shares = Shares::new(rules, &baseline, Side::Worse);
            }
        }
        match gate.lets_in(rules, &statement, epoch) {
            Admitted::Counts => {}
            Admitted::Not => continue,
            Admitted::TakesBack { epoch: of } => {
                // Epochs before an alarm was armed anew are gone already.
                let back = (epoch - of) as usize;
                let counts = if back == 0 { Some(&mut open) } else { closed.iter_mut().rev().nth(back - 1) };
                if let Some(count) = counts.and_then(|c| c.get_mut(statement.channel)).filter(|c| c.1 > 0) {
                    *count = (count.0 - 1, count.1 - 1);
                    people -= 1;
                    shares = Shares::new(rules, &baseline, Side::Worse);
                    for counts in &closed {
                        if let Some(s) = &mut shares {
                            s.close(&tallies(s, channels, counts));
                        }
                    }
                }
                continue;
            }
        }
        let Some(count) = open.get_mut(statement.channel).filter(|_| watcher.armed(epoch)) else { continue };
        let negative = u64::from(statement.negative);
        *count = (count.0 + 1, count.1 + negative);
        people += negative;
        let Some(shares) = &shares else { continue };
        if watcher.sees(statement.at, epoch, shares.ln_e(&tallies(shares, channels, &open)), people) {
            break;
        }
    }
    watcher.outcome
}

/// Counts of an epoch, by the strata of the process.
fn tallies(shares: &Shares, channels: &[(&str, f64)], counts: &[(u64, u64)]) -> Vec<Tally> {
    let of = |((name, _), (items, hits)): (&(&str, f64), &(u64, u64))| {
        shares.stratum("", name).map(|stratum| Tally { stratum, items: *items, hits: *hits })
    };
    channels.iter().zip(counts).filter_map(of).collect()
}

/// Adds an epoch to what is usual.
fn learn(baseline: &mut Baseline, channels: &[(&str, f64)], counts: &[(u64, u64)]) {
    let cells = channels.iter().zip(counts).map(|((name, _), (people, negative))| BaselineCell {
        segment: String::new(),
        channel: (*name).to_owned(),
        people: *people,
        said: Said { negative: *negative, positive: 0 },
    });
    baseline.cells.extend(cells);
}

/// What a statement does to the counts.
enum Admitted {
    /// It counts.
    Counts,
    /// It does not.
    Not,
    /// Its sender turned out to be a machine: what counted in this epoch does no longer.
    TakesBack { epoch: u32 },
}

/// What is remembered of who spoke, so that one voice counts once.
#[derive(Debug, Default)]
struct Gate {
    day: f64,
    copies_today: u64,
    bots: Vec<Sender>,
}

/// One who writes all day.
#[derive(Clone, Debug, Default)]
struct Sender {
    before: u64,
    today: u64,
    /// When the statement arrived that counts.
    counted: Option<u32>,
}

impl Gate {
    fn lets_in(&mut self, rules: &AlarmRules, statement: &Statement, epoch: u32) -> Admitted {
        let day = (statement.at / 24.0).floor();
        if day > self.day {
            self.day = day;
            self.copies_today = 0;
            self.bots.iter_mut().for_each(|b| b.today = 0);
        }
        let first = Arrival { of_person_today: 1, ..Arrival::default() };
        let arrival = match statement.voice {
            Voice::Own => first,
            Voice::Brigade => {
                self.copies_today += 1;
                Arrival { same_text_today: self.copies_today - 1, ..first }
            }
            Voice::Bot(which) => {
                if self.bots.len() <= which {
                    self.bots.resize(which + 1, Sender::default());
                }
                let bot = &mut self.bots[which];
                (bot.before, bot.today) = (bot.before + 1, bot.today + 1);
                Arrival { earlier_of_person: bot.before - 1, of_person_today: bot.today, ..first }
            }
        };
        let bot = match statement.voice {
            Voice::Bot(which) => self.bots.get_mut(which),
            Voice::Own | Voice::Brigade => None,
        };
        match (admission::admit(rules, &arrival), bot) {
            (Ok(()), Some(bot)) => {
                bot.counted = Some(epoch);
                Admitted::Counts
            }
            (Ok(()), None) => Admitted::Counts,
            (Err(Left::Machine), Some(bot)) => match bot.counted.take() {
                Some(epoch) => Admitted::TakesBack { epoch },
                None => Admitted::Not,
            },
            (Err(Left::Machine | Left::Backfilled | Left::Repeat | Left::Copy), _) => Admitted::Not,
        }
    }
}

fn logit(p: f64) -> f64 {
    (p / (1.0 - p)).ln()
}

fn unhappy(usual: f64, drift: f64) -> f64 {
    1.0 / (1.0 + (-logit(usual) - drift).exp())
}

/// The channel of a statement, and what is usual there.
fn channel(cell: &Cell, at: f64, draw: &mut Draw) -> (usize, f64) {
    if cell.scenario != Scenario::Mix {
        return (0, USUAL);
    }
    let first = if at < MIX_AT { FIRST_CHANNEL.0 } else { FIRST_CHANNEL.1 };
    let which = usize::from(!draw.happens(first));
    (which, CHANNELS[which].1)
}

fn baseline(cell: &Cell, draw: &mut Draw) -> Baseline {
    let drifts: Vec<f64> = (0..BASELINE_DAYS).map(|_| draw.normal(cell.day_sd)).collect();
    let mut days = vec![Span::default(); BASELINE_DAYS];
    let mut counts = [(0, 0); CHANNELS.len()];
    for _ in 0..cell.volume.max(BASELINE_MIN) {
        let day = floor(draw.uniform() * BASELINE_DAYS as f64).min(BASELINE_DAYS - 1);
        let (which, usual) = channel(cell, 0.0, draw);
        let negative = u64::from(draw.happens(unhappy(usual, drifts[day])));
        days[day].people += 1;
        days[day].said.negative += negative;
        counts[which] = (counts[which].0 + 1, counts[which].1 + negative);
    }
    let used = counts.iter().zip(CHANNELS).filter(|((people, _), _)| *people > 0);
    let cells = used.map(|((people, negative), (name, _))| BaselineCell {
        segment: String::new(),
        channel: name.into(),
        people: *people,
        said: Said { negative: *negative, positive: 0 },
    });
    Baseline { cells: cells.collect(), days, windows: Vec::new() }
}

fn statements(cell: &Cell, draw: &mut Draw) -> Vec<Statement> {
    let hours = WINDOW_DAYS * 24.0;
    let drifts: Vec<f64> = (0..floor(WINDOW_DAYS)).map(|_| draw.normal(cell.day_sd)).collect();
    let moments = draw.moments(cell.volume, hours);
    let mut all: Vec<Statement> = moments
        .into_iter()
        .map(|at| {
            let (channel, usual) = channel(cell, at, draw);
            let changed = match cell.scenario {
                Scenario::Shift { points, day } if at >= day * 24.0 => logit(USUAL + points / 100.0) - logit(USUAL),
                _ => 0.0,
            };
            let drift = drifts[floor(at / 24.0).min(drifts.len() - 1)] + changed;
            Statement { at, voice: Voice::Own, channel, negative: draw.happens(unhappy(usual, drift)) }
        })
        .collect();
    let loud = |at, voice| Statement { at, voice, channel: 0, negative: true };
    match cell.scenario {
        Scenario::Brigade => {
            let people = (cell.volume / BRIGADE_PEOPLE.1).max(BRIGADE_PEOPLE.0);
            let moments = draw.moments(people, BRIGADE.1 - BRIGADE.0);
            all.extend(moments.into_iter().map(|m| loud(BRIGADE.0 + m, Voice::Brigade)));
        }
        Scenario::Bots => {
            for which in 0..BOTS.0 {
                let mut at = draw.uniform() * hours;
                while at < hours {
                    all.push(loud(at, Voice::Bot(which)));
                    at += draw.wait() * 24.0 / BOTS.1;
                }
            }
        }
        Scenario::Null
        | Scenario::NullNew
        | Scenario::NullControl
        | Scenario::Mix
        | Scenario::Shift { .. }
        | Scenario::Ratio { .. } => {}
    }
    all.sort_by(|a, b| a.at.total_cmp(&b.at));
    all
}

/// Unhappy people come hour by hour, more by day than by night, fewer on weekends, and many during the incident. The arms
/// share all of that; exposed people come `ratio` times as often from `onset` hours on.
fn with_control(rules: &AlarmRules, cell: &Cell, draw: &mut Draw, ratio: f64, onset: f64) -> Outcome {
    let hours = floor(WINDOW_DAYS * 24.0);
    let days: Vec<f64> = (0..floor(WINDOW_DAYS)).map(|_| draw.normal(cell.day_sd).exp()).collect();
    let pattern: Vec<f64> = (0..hours)
        .map(|hour| {
            let at = hour as f64;
            let by_day = 1.0 + 0.8 * (std::f64::consts::TAU * (at / 24.0 - 0.25)).sin();
            let weekend = if hour / 24 % 7 >= 5 { 0.5 } else { 1.0 };
            let incident = if (INCIDENT.1..INCIDENT.2).contains(&at) { INCIDENT.0 } else { 1.0 };
            by_day * weekend * incident * days[hour / 24]
        })
        .collect();
    let all: f64 = pattern.iter().sum();
    let mut watcher = Watcher::new(rules, cell.scenario);
    let begin = || Label::new(Restarts { horizon: usize::try_from(rules.epochs).unwrap_or(usize::MAX) });
    let mut process = begin();
    let epoch_hours = epoch_hours(rules);
    let mut open: Vec<Labels> = Vec::new();
    let (mut epoch, mut people) = (0, 0);
    for (hour, part) in pattern.iter().enumerate() {
        let at = hour as f64;
        while f64::from(epoch + 1) * epoch_hours <= at {
            process.close(&open);
            open.clear();
            epoch += 1;
            if watcher.rearmed(epoch) {
                people = 0;
                process = begin();
            }
        }
        let exposed = RAMP.iter().rev().find(|(day, _)| at >= day * 24.0).map_or(0.0, |(_, share)| *share);
        let times = if at >= onset { ratio } else { 1.0 };
        let expected = f64::from(cell.volume) * part / all;
        let tilted = exposed * times / (1.0 - exposed + exposed * times);
        let share = guarded(exposed, rules.odds_guard);
        let came = draw.arrivals(expected * (1.0 - exposed + exposed * times));
        for moment in draw.moments(came, 1.0) {
            let by_exposed = u64::from(draw.happens(tilted));
            if !watcher.armed(epoch) {
                continue;
            }
            match open.iter_mut().find(|c| c.share.to_bits() == share.to_bits()) {
                Some(cell) => (cell.events, cell.exposed) = (cell.events + 1, cell.exposed + by_exposed),
                None => open.push(Labels { events: 1, exposed: by_exposed, share }),
            }
            people += by_exposed;
            if watcher.sees(at + moment, epoch, process.ln_e(&open), people) {
                return watcher.outcome;
            }
        }
    }
    watcher.outcome
}

fn epoch_hours(rules: &AlarmRules) -> f64 {
    let window_ms = DAY_MS * i64::try_from(floor(WINDOW_DAYS)).unwrap_or(i64::MAX);
    rules.epoch_ms(window_ms) as f64 / HOUR_MS as f64
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small and not negative")]
fn floor(value: f64) -> usize {
    value as usize
}
