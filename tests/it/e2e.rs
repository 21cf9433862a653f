//! The real binary as an App of somebody else's GitHub: the emulator that `tests/run` starts.
//!
//! One test, because the emulator knows one address for its webhooks.
