//! What follows from what, in one process: a clock that moves when told, a real database, the real router and the real
//! clients, against worlds behind HTTP.

mod commands;
mod corrections;
mod desk;
mod doubles;
mod elsewhere;
mod existing;
mod findings;
mod flags;
mod house;
mod interleavings;
mod limits;
mod maintainers;
mod mentions;
mod pace;
mod policies;
mod posts;
mod pulls;
mod sources;
mod suggestions;
mod sync;
mod themes;
mod usage;
mod windows;
mod words;
