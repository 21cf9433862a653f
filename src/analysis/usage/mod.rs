//! What the people of a rollout did and said, as counters that do not grow with history.
//!
//! Of each person in a rollout one small row is kept, a [`Participant`]: when they first had the change, what they first
//! did, what they first said. Everything that is counted of a rollout is a sum over such rows of a pure function,
//! [`Cells::of`]. When a row changes, what it counted before is taken away and what it counts now is added
//! ([`Cells::change`]); so the counters are the same whatever the order in which records came, however often each came and
//! over however many processes they were spread, and forgetting a person takes exactly their part away.
//!
//! Rows hold first moments, which are minima: merging two rows of one person is associative, commutative and idempotent.
//!
//! ```text
//! records -> Participant (first moments)  --Cells::change-->  Cells: key -> whole number  -->  tables, shares, alarms
//! ```

mod assoc;
mod cells;
mod key;
mod participant;
mod person;
mod read;
mod register;
mod strata;
#[cfg(test)]
mod tests;

pub use self::assoc::{AssocInput, AssocRecord, AssocTables, assoc};
pub use self::cells::{Cells, value_milli};
pub use self::key::{CellKey, Landed, Place, Side, Sum};
pub use self::participant::{Days, Did, Item, Moment, Participant, Said};
pub use self::person::{EVERYWHERE, Kept, Person};
pub use self::read::{Cuped, HexCell, LabelCell, Retained, Scores, Shares};
pub use self::register::{Register, number_of};
pub use self::strata::{Arm, Channel, Class, RolloutClock, SEGMENT_OTHER, SEGMENT_UNTOLD, Share, class_of};
