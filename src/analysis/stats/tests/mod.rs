//! What holds of the methods together.
#![expect(clippy::float_cmp, reason = "what is exact is compared exactly")]

mod algebra;
mod bounds;
mod edges;
mod values;
