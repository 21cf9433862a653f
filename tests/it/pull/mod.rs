//! The clients of systems that count usage already: against small worlds that answer as they are documented to, and
//! against the real ones that `tests/run` starts.
mod peers;
mod posthog;
mod prometheus;
mod sql;
mod world;
