//! Nothing is lost and nothing is filed twice, whatever dies in between: the real binary is killed between any two
//! steps from a delivery to the recorded issue, answers are lost, and processes work side by side.
//!
//! The points to die at are compiled in by the feature `failpoints`, which `tests/run` sets; without it these fail.

mod answers;
mod commands;
mod points;
mod rivals;
mod stage;
