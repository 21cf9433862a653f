//! What a counter counts.

use std::fmt;
use std::fmt::Write as _;
use std::str::FromStr;

use super::strata::{Arm, Channel, Class, Share};

/// Where somebody stood when they spoke: stage and arm; `None` for people of whom no exposure is known.
pub type Place = Option<(Share, Arm)>;

/// Which way a statement goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// It got worse.
    Negative,
    /// It got better: the mirror.
    Positive,
}

/// Of numbers that somebody brings, what is added up. Squares are split, so that their sums can't overflow: a square is
/// `high * 2^32 + low`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sum {
    /// The first number.
    X,
    /// Its square.
    Xx,
    /// The second number.
    Y,
    /// Its square, divided by 2^32.
    YyHigh,
    /// What the division leaves.
    YyLow,
    /// Both multiplied.
    Xy,
}

/// Of people who were still there on days 1 to 3 after they first had it, by what they had said by then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Landed {
    /// All of them.
    All,
    /// Who came back on days 4 to 7.
    Day7,
    /// Who came back on days 8 to 14.
    Day14,
    /// Days on which they were active, of days 4 to 14.
    Days,
    /// The squares of these.
    DaysSquared,
}

/// One counter. Numbers of events and segments stand for names that are kept elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the parts of a key are what their types say")]
pub enum CellKey {
    /// People, where they first had it, or first were known not to.
    Exposed { arm: Arm, stage: Share, segment: u32 },
    /// People for whom it was settled in a stage what they get, in each stage anew.
    Evaluated { stage: Share, arm: Arm, segment: u32 },
    /// People by their first statement; `epoch` is that of its arrival, `None` where it was brought in afterwards.
    Said { place: Place, segment: u32, channel: Channel, epoch: Option<u8>, class: Class },
    /// Statements, however many of one person.
    Items { place: Place, segment: u32, channel: Channel },
    /// The scores of first statements in millionths, as [`Sum::Y`].
    Score { place: Place, segment: u32, channel: Channel, sum: Sum },
    /// First negative (or positive) statements of people of whom it is known what they got, by the epoch of arrival.
    Label { side: Side, epoch: u8, stage: Share, segment: u32, arm: Arm, channel: Channel },
    /// People by their first statement where its sender says what they had, and whether it is known from exposures, too.
    Told { channel: Channel, arm: Arm, linked: bool },
    /// People who turned negative (or positive) since they had it, by the epoch of arrival.
    Turned { side: Side, arm: Arm, stage: Share, segment: u32, epoch: u8 },
    /// People who did something since they had it.
    Used { event: u32, arm: Arm, stage: Share, segment: u32 },
    /// Of these, who turned before they did it.
    After { event: u32, side: Side, arm: Arm, stage: Share, segment: u32 },
    /// Of these, who did it and then turned, by the epoch of arrival.
    Hit { event: u32, side: Side, arm: Arm, stage: Share, segment: u32, epoch: u8 },
    /// Sums over people: x is on how many of seven days they did it before they had it, y by how much the number of the first
    /// time since is above one, in thousandths; where no number comes with it, it is one. So an event that brings nothing but
    /// itself costs one counter. `Xy` is of x and the number itself.
    Cuped { event: u32, arm: Arm, stage: Share, sum: Sum },
    /// People by the class of what they had said at the landmark, and by the day on which they first had it.
    Landmark { arm: Arm, class: Option<Class>, cohort: u8, landed: Landed },
    /// First statements with a side or surely none, by the hour since 1970 in which they were said; the negative ones apart.
    Hour { hour: i64, negative: bool },
}

/// Writes the parts of a key between dots.
struct Parts(String);

impl Parts {
    fn new(name: &str) -> Self {
        let mut parts = String::with_capacity(48);
        parts.push_str(name);
        Self(parts)
    }
    fn part(mut self, part: impl fmt::Display) -> Self {
        // Writing to a text does not fail.
        let _ = write!(self.0, ".{part}");
        self
    }
    fn at(self, arm: Arm, stage: Share, segment: u32) -> Self {
        self.part(arm_name(arm)).part(stage.0).part(segment)
    }
    fn place(self, place: Place) -> Self {
        match place {
            Some((stage, arm)) => self.part(arm_name(arm)).part(stage.0),
            None => self.part("-").part("-"),
        }
    }
}

impl fmt::Display for CellKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let new = Parts::new;
        let parts = match *self {
            Self::Exposed { arm, stage, segment } => new("exposed").at(arm, stage, segment),
            Self::Evaluated { stage, arm, segment } => new("evaluated").at(arm, stage, segment),
            Self::Said { place, segment, channel, epoch, class } => {
                let parts = new("said").place(place).part(segment).part(channel.as_str());
                match epoch {
                    Some(epoch) => parts.part(epoch),
                    None => parts.part("-"),
                }
                .part(class_name(Some(class)))
            }
            Self::Items { place, segment, channel } => new("items").place(place).part(segment).part(channel.as_str()),
            Self::Score { place, segment, channel, sum } => {
                new("score").place(place).part(segment).part(channel.as_str()).part(sum_name(sum))
            }
            Self::Label { side, epoch, stage, segment, arm, channel } => {
                new("label").part(side_name(side)).part(epoch).at(arm, stage, segment).part(channel.as_str())
            }
            Self::Told { channel, arm, linked } => {
                new("told").part(channel.as_str()).part(arm_name(arm)).part(if linked { "known" } else { "unknown" })
            }
            Self::Turned { side, arm, stage, segment, epoch } => {
                new("turned").part(side_name(side)).at(arm, stage, segment).part(epoch)
            }
            Self::Used { event, arm, stage, segment } => new("used").part(event).at(arm, stage, segment),
            Self::After { event, side, arm, stage, segment } => {
                new("after").part(event).part(side_name(side)).at(arm, stage, segment)
            }
            Self::Hit { event, side, arm, stage, segment, epoch } => {
                new("hit").part(event).part(side_name(side)).at(arm, stage, segment).part(epoch)
            }
            Self::Cuped { event, arm, stage, sum } => {
                new("cuped").part(event).part(arm_name(arm)).part(stage.0).part(sum_name(sum))
            }
            Self::Landmark { arm, class, cohort, landed } => {
                new("landmark").part(arm_name(arm)).part(class_name(class)).part(cohort).part(landed_name(landed))
            }
            Self::Hour { hour, negative } => new("hour").part(hour).part(if negative { "neg" } else { "tot" }),
        };
        f.write_str(&parts.0)
    }
}

/// A key that is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoKey;

impl fmt::Display for NoKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not the name of a counter")
    }
}

impl std::error::Error for NoKey {}

/// Reads the parts of a key.
struct Reader<'a>(std::str::Split<'a, char>);

impl<'a> Reader<'a> {
    fn text(&mut self) -> Result<&'a str, NoKey> {
        self.0.next().ok_or(NoKey)
    }
    fn number<T: FromStr>(&mut self) -> Result<T, NoKey> {
        self.text()?.parse().map_err(|_| NoKey)
    }
    fn named<T: Copy>(&mut self, all: &[T], name: fn(T) -> &'static str) -> Result<T, NoKey> {
        let text = self.text()?;
        all.iter().copied().find(|one| name(*one) == text).ok_or(NoKey)
    }
    fn arm(&mut self) -> Result<Arm, NoKey> {
        self.named(&[Arm::Treated, Arm::Control], arm_name)
    }
    fn stage(&mut self) -> Result<Share, NoKey> {
        Ok(Share(self.number()?))
    }
    fn side(&mut self) -> Result<Side, NoKey> {
        self.named(&[Side::Negative, Side::Positive], side_name)
    }
    fn channel(&mut self) -> Result<Channel, NoKey> {
        Channel::parse(self.text()?).ok_or(NoKey)
    }
    fn sum(&mut self) -> Result<Sum, NoKey> {
        self.named(&[Sum::X, Sum::Xx, Sum::Y, Sum::YyHigh, Sum::YyLow, Sum::Xy], sum_name)
    }
    fn class(&mut self) -> Result<Option<Class>, NoKey> {
        let all: Vec<Option<Class>> = Class::ALL.into_iter().map(Some).chain([None]).collect();
        self.named(&all, class_name)
    }
    fn place(&mut self) -> Result<Place, NoKey> {
        let (arm, stage) = (self.text()?, self.text()?);
        if (arm, stage) == ("-", "-") {
            return Ok(None);
        }
        let arm = [Arm::Treated, Arm::Control].into_iter().find(|a| arm_name(*a) == arm).ok_or(NoKey)?;
        Ok(Some((Share(stage.parse().map_err(|_| NoKey)?), arm)))
    }
}

impl FromStr for CellKey {
    type Err = NoKey;

    fn from_str(text: &str) -> Result<Self, NoKey> {
        let mut parts = text.split('.');
        let name = parts.next().ok_or(NoKey)?;
        let mut r = Reader(parts);
        let key = match name {
            "exposed" => Self::Exposed { arm: r.arm()?, stage: r.stage()?, segment: r.number()? },
            "evaluated" => Self::Evaluated { arm: r.arm()?, stage: r.stage()?, segment: r.number()? },
            "said" => Self::Said {
                place: r.place()?,
                segment: r.number()?,
                channel: r.channel()?,
                epoch: match r.text()? {
                    "-" => None,
                    n => Some(n.parse().map_err(|_| NoKey)?),
                },
                class: r.class()?.ok_or(NoKey)?,
            },
            "items" => Self::Items { place: r.place()?, segment: r.number()?, channel: r.channel()? },
            "score" => Self::Score { place: r.place()?, segment: r.number()?, channel: r.channel()?, sum: r.sum()? },
            "label" => Self::Label {
                side: r.side()?,
                epoch: r.number()?,
                arm: r.arm()?,
                stage: r.stage()?,
                segment: r.number()?,
                channel: r.channel()?,
            },
            "told" => Self::Told {
                channel: r.channel()?,
                arm: r.arm()?,
                linked: match r.text()? {
                    "known" => true,
                    "unknown" => false,
                    _ => return Err(NoKey),
                },
            },
            "turned" => Self::Turned {
                side: r.side()?,
                arm: r.arm()?,
                stage: r.stage()?,
                segment: r.number()?,
                epoch: r.number()?,
            },
            "used" => Self::Used { event: r.number()?, arm: r.arm()?, stage: r.stage()?, segment: r.number()? },
            "after" => Self::After {
                event: r.number()?,
                side: r.side()?,
                arm: r.arm()?,
                stage: r.stage()?,
                segment: r.number()?,
            },
            "hit" => Self::Hit {
                event: r.number()?,
                side: r.side()?,
                arm: r.arm()?,
                stage: r.stage()?,
                segment: r.number()?,
                epoch: r.number()?,
            },
            "cuped" => Self::Cuped { event: r.number()?, arm: r.arm()?, stage: r.stage()?, sum: r.sum()? },
            "landmark" => Self::Landmark {
                arm: r.arm()?,
                class: r.class()?,
                cohort: r.number()?,
                landed: r.named(&LANDED, landed_name)?,
            },
            "hour" => Self::Hour {
                hour: r.number()?,
                negative: match r.text()? {
                    "neg" => true,
                    "tot" => false,
                    _ => return Err(NoKey),
                },
            },
            _ => return Err(NoKey),
        };
        if r.0.next().is_some() { Err(NoKey) } else { Ok(key) }
    }
}

const LANDED: [Landed; 5] = [Landed::All, Landed::Day7, Landed::Day14, Landed::Days, Landed::DaysSquared];

fn arm_name(arm: Arm) -> &'static str {
    match arm {
        Arm::Treated => "t",
        Arm::Control => "c",
    }
}

fn side_name(side: Side) -> &'static str {
    match side {
        Side::Negative => "neg",
        Side::Positive => "pos",
    }
}

fn class_name(class: Option<Class>) -> &'static str {
    match class {
        Some(Class::Negative) => "neg",
        Some(Class::Positive) => "pos",
        Some(Class::Uncertain) => "unc",
        Some(Class::Other) => "other",
        None => "silent",
    }
}

fn sum_name(sum: Sum) -> &'static str {
    match sum {
        Sum::X => "x",
        Sum::Xx => "xx",
        Sum::Y => "y",
        Sum::YyHigh => "yyh",
        Sum::YyLow => "yyl",
        Sum::Xy => "xy",
    }
}

fn landed_name(landed: Landed) -> &'static str {
    match landed {
        Landed::All => "all",
        Landed::Day7 => "d7",
        Landed::Day14 => "d14",
        Landed::Days => "days",
        Landed::DaysSquared => "days2",
    }
}
