//! The whole of hearback against fake worlds, real databases and the real binary.
mod layers;
mod rules;
mod worlds;
