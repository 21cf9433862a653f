//! The whole of hearback against fake worlds, real databases and the real binary.
mod trackers;
mod worlds;
