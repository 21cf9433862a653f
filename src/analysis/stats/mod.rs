//! Statistics, a method a file.

pub mod wilson;
