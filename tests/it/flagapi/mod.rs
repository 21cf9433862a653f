//! The clients of flag platforms against small worlds that answer as the platforms are documented to.

mod agree;
mod flagsmith;
mod flipt;
mod gitlab;
mod growthbook;
mod launchdarkly;
mod posthog;
mod setup;
mod suite;
mod unleash;
mod world;
