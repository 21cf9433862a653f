//! Wilson's score interval for a share (Wilson 1927).

/// The interval for `part` of `whole` at the two-sided normal quantile `z`; each end from 0 to 1. `(0, 1)` for an empty
/// whole.
pub fn interval(_part: i64, _whole: i64, _z: f64) -> (f64, f64) {
    todo!()
}
