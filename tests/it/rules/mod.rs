//! The pure rules, as a user would state them.
mod commands;
mod flags;
mod folding;
pub mod sync;
mod tickets;
mod walks;
mod windows;

use hearback::time::UnixMs;

/// The day on which these tests take place.
pub const START: UnixMs = UnixMs(1_760_000_000_000);

/// `ms` after the start.
pub fn at(ms: i64) -> UnixMs {
    START.plus(ms)
}
