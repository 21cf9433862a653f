//! The nouns. One a file, no behaviour that needs the outside.

pub mod alarm;
pub mod annotation;
pub mod correction;
pub mod feedback;
pub mod finding;
pub mod flag;
pub mod flag_state;
pub mod mention;
pub mod policy;
pub mod regrouping;
pub mod repo;
pub mod rollout;
pub mod series;
pub mod signal;
pub mod tally;
pub mod theme;
pub mod ticket;
pub mod usage;
pub mod window;
