//! What hearback tells of itself: the log on stderr and the counters of `/metrics`.
//!
//! Labels are a closed set: never a name, a text or an id from outside.

use std::io::IsTerminal as _;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use tracing_subscriber::EnvFilter;

use crate::config::{Log, LogFormat};

/// Starts the log. A second start in one process changes nothing.
pub fn start_log(log: &Log) {
    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(format!("sqlx=warn,{}", log.level)));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let _ = match log.format {
        LogFormat::Text if std::io::stderr().is_terminal() => builder.with_target(false).try_init(),
        // Colours are for people; a file or a journal gets plain text.
        LogFormat::Text => builder.with_target(false).with_ansi(false).try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
}

/// What happened to a delivery or statement.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct Taken {
    source: &'static str,
    outcome: &'static str,
}

/// A source.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct Sender {
    source: &'static str,
}

/// What happened to an action.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct Done {
    kind: &'static str,
    outcome: &'static str,
}

/// What came of asking a language model.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct Reworded {
    outcome: &'static str,
}

/// A state and how many are in it.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct InState {
    state: String,
}

/// The counters.
#[derive(Clone, Debug)]
pub struct Telemetry {
    registry: Arc<Registry>,
    deliveries: Family<Taken, Counter>,
    feedback: Family<Taken, Counter>,
    missed_event: Family<Sender, Counter>,
    actions: Family<Done, Counter>,
    rephrased: Family<Reworded, Counter>,
    duplicates_closed: Counter,
    /// Deliveries that wait to be read.
    pub backlog: Gauge<i64, AtomicI64>,
    /// Windows by state.
    pub windows: Family<InState, Gauge>,
    /// Tickets by state.
    pub tickets: Family<InState, Gauge>,
}

impl Default for Telemetry {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("hearback");
        let deliveries = Family::<Taken, Counter>::default();
        let feedback = Family::<Taken, Counter>::default();
        let missed_event = Family::<Sender, Counter>::default();
        let actions = Family::<Done, Counter>::default();
        let rephrased = Family::<Reworded, Counter>::default();
        let duplicates_closed = Counter::default();
        let backlog = Gauge::<i64, AtomicI64>::default();
        let windows = Family::<InState, Gauge>::default();
        let tickets = Family::<InState, Gauge>::default();
        registry.register("deliveries", "Deliveries by source and outcome", deliveries.clone());
        registry.register("feedback", "Statements by channel kind and outcome", feedback.clone());
        registry.register(
            "missed_event",
            "Changes that no delivery told and that the platform told when asked, by source",
            missed_event.clone(),
        );
        registry.register("actions", "Effects on trackers by kind and outcome", actions.clone());
        registry.register(
            "rephrasings",
            "Summaries that a language model was asked for, by what came of it: done, no_answer, no_budget, or why not taken",
            rephrased.clone(),
        );
        registry.register(
            "duplicate_issues",
            "Issues closed because another has the same marker",
            duplicates_closed.clone(),
        );
        registry.register("deliveries_waiting", "Deliveries that wait to be read", backlog.clone());
        registry.register("windows", "Windows by state", windows.clone());
        registry.register("tickets", "Tickets by state", tickets.clone());
        Self {
            registry: Arc::new(registry),
            deliveries,
            feedback,
            missed_event,
            actions,
            rephrased,
            duplicates_closed,
            backlog,
            windows,
            tickets,
        }
    }
}

impl Telemetry {
    /// Counts changes that no delivery told.
    pub fn missed(&self, source: &'static str, events: u64) {
        if events > 0 {
            self.missed_event.get_or_create(&Sender { source }).inc_by(events);
        }
    }

    /// Counts a delivery.
    pub fn delivery(&self, source: &'static str, outcome: &'static str) {
        self.deliveries.get_or_create(&Taken { source, outcome }).inc();
    }

    /// Counts statements.
    pub fn feedback(&self, source: &'static str, outcome: &'static str, n: u64) {
        self.feedback.get_or_create(&Taken { source, outcome }).inc_by(n);
    }

    /// Counts an action.
    pub fn action(&self, kind: &'static str, outcome: &'static str) {
        self.actions.get_or_create(&Done { kind, outcome }).inc();
    }

    /// Counts what came of asking a language model.
    pub fn rephrased(&self, outcome: &'static str) {
        self.rephrased.get_or_create(&Reworded { outcome }).inc();
    }

    /// Counts a double that was closed.
    pub fn duplicate_closed(&self) {
        self.duplicates_closed.inc();
    }

    /// Sets how many are in each state.
    pub fn set_states(family: &Family<InState, Gauge>, states: Vec<(String, i64)>) {
        family.clear();
        for (state, n) in states {
            family.get_or_create(&InState { state }).set(n);
        }
    }

    /// Everything in `OpenMetrics` text.
    pub fn render(&self) -> String {
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("writing to a string never fails");
        text
    }
}

/// A named point between two steps, where a test may kill or stall the real binary. Nothing in a release.
#[macro_export]
macro_rules! crash_point {
    ($name:literal) => {
        let point = || {
            fail::fail_point!($name, |_| $crate::telemetry::die());
        };
        point();
    };
}

/// Ends this process as `kill -9` does: nothing is flushed, dropped or said.
#[cfg(feature = "failpoints")]
pub fn die() {
    let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    loop {
        std::thread::park();
    }
}
