//! Nothing is lost and nothing is filed twice, whatever dies in between: the real binary is killed between any two
//! steps from a delivery to the recorded issue, answers are lost, and processes work side by side.

#[cfg(feature = "failpoints")]
mod answers;
#[cfg(feature = "failpoints")]
mod points;
#[cfg(feature = "failpoints")]
mod rivals;
#[cfg(feature = "failpoints")]
mod stage;

#[cfg(not(feature = "failpoints"))]
#[test]
fn crash_points_are_compiled_in() {
    panic!("the crash tests need the feature failpoints: run tests/run, or cargo test --features failpoints");
}
