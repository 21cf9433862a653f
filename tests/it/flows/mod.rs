//! What follows from what, in one process: a clock that moves when told, a real database, the real router and the real
//! clients, against worlds behind HTTP.

mod corrections;
mod desk;
mod doubles;
mod elsewhere;
mod findings;
mod flags;
mod house;
mod limits;
mod maintainers;
mod mentions;
mod pulls;
mod sources;
mod themes;
mod usage;
mod windows;
mod words;
