//! Alarms: whether what customers say of a rollout became worse (or better) than chance and the usual drift explain.
//!
//! Counters go in, verdicts come out; nothing is kept here.
//!
//! ```text
//! statement -> admission (one person once, no copies, no machines, nothing brought in afterwards) -> cells
//! cells -> exposure   exposed people against the others, where there are others     \
//!       -> share      the window against its baseline, where there is one            > verdict -> latch -> people
//!       -> families   the same for each theme, segment and event, with a bound on all of them together
//!       -> guards     what makes the first of these unreliable
//! ```
//!
//! Only e-processes decide ([`super::stats::label`], [`super::stats::hex`]): they may be looked at after every statement.

pub mod admission;
pub mod cells;
mod exposure;
pub mod families;
pub mod guards;
pub mod latch;
mod share;
pub mod verdict;

pub use self::exposure::Exposure;
pub use self::share::{KNOWN_PEOPLE, Shares, beginning};
pub use self::verdict::{Process, ShareNow, Side, Verdict, combined, evaluate};
