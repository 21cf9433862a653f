//! `kill -9` between any two steps.

use std::collections::BTreeSet;
use std::path::Path;

use super::stage::Stage;
use crate::databases::{Kind, Ledger};
use crate::service::Service;

/// What was under way when the process died.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum During {
    /// No action.
    Nothing,
    /// An action of this kind, held and not done.
    Held(&'static str),
    /// An action of this kind that was done last.
    Done(&'static str),
}
use During::{Done, Held, Nothing};

/// Tries of one case: on a machine that is busy with other things the actions may come in another order.
const TRIES: usize = 3;

/// The process dies at `point` after it passed there `passes` times.
async fn dies(kind: Kind, point: &str, passes: u32, during: During) {
    let fatal = if passes == 0 { format!("{point}=return") } else { format!("{point}={passes}*off->1*return") };
    for _ in 0..TRIES {
        let mut stage = Stage::new(kind).await;
        stage.github.tell_own_writes(true);
        // Long enough that the quotes come before the report is revised.
        stage.settings = stage.settings.clone().set("policy.coalesce", "3s");
        let mut first = Service::start(&stage.settings.clone().failpoints(&fatal)).await;
        stage.tell(&mut first).await;
        first.wait_dead().await;
        stage.github.settle().await;
        let as_meant = under_way(&stage, during).await;

        let second = Service::start(&stage.settings).await;
        stage.senders_repeat(&second).await;
        stage.quiet().await;
        stage.holds().await;
        stage.everything_again_changes_nothing(&second).await;
        if as_meant {
            return;
        }
    }
    panic!("it died at {point} {TRIES} times, and never during {during:?}");
}

/// Whether this was under way when the process died.
async fn under_way(stage: &Stage, during: During) -> bool {
    let (sql, kind) = match during {
        Nothing => return true,
        Held(kind) => ("SELECT kind FROM actions WHERE state = 'waiting' AND owner IS NOT NULL", kind),
        Done(kind) => ("SELECT kind FROM actions WHERE state = 'done' ORDER BY done_ms DESC, id DESC LIMIT 1", kind),
    };
    let ledger = Ledger::open(&stage.database).await;
    let found = ledger.column(sql).await;
    ledger.db().close().await;
    found.iter().any(|k| k == kind)
}

/// A test on each database for each case, and the table of points that they cover.
macro_rules! cases {
    ($($name:ident: $point:literal, $passes:literal, $during:expr;)*) => {
        /// The points that a case dies at.
        const COVERED: &[&str] = &[$($point),*];

        mod sqlite {
            use super::*;
            $(#[tokio::test]
            async fn $name() {
                dies(Kind::Sqlite, $point, $passes, $during).await;
            })*
        }

        mod postgres {
            use super::*;
            $(#[tokio::test]
            async fn $name() {
                dies(Kind::Postgres, $point, $passes, $during).await;
            })*
        }
    };
}

// The actions come in this order: two are filed (the report and the theme), the quotes are put beside the theme, the
// report is revised because it names the theme's issue now, and later both are revised because more people spoke.
cases! {
    hook_verified_and_not_kept: "hb.hook.verified", 0, Nothing;
    hook_kept_and_not_answered: "hb.hook.stored", 0, Nothing;
    second_hook_kept_and_not_answered: "hb.hook.stored", 1, Nothing;
    feedback_kept_and_not_committed: "hb.feedback.kept", 0, Nothing;
    later_feedback_kept_and_not_committed: "hb.feedback.kept", 1, Nothing;
    feedback_kept_and_not_answered: "hb.feedback.committed", 0, Nothing;
    later_feedback_kept_and_not_answered: "hb.feedback.committed", 1, Nothing;
    delivery_claimed: "hb.ingest.claimed", 0, Nothing;
    delivery_applied_and_not_committed: "hb.ingest.applied", 0, Nothing;
    delivery_applied: "hb.ingest.committed", 0, Nothing;
    statements_read_and_not_committed: "hb.analyze.read", 0, Nothing;
    statements_read: "hb.analyze.committed", 0, Nothing;
    later_statements_read: "hb.analyze.committed", 1, Nothing;
    actions_planned_and_not_committed: "hb.reconcile.planned", 1, Nothing;
    actions_planned: "hb.reconcile.committed", 1, Nothing;
    file_claimed: "hb.deliver.claimed", 0, Held("file");
    file_looked: "hb.deliver.looked", 0, Held("file");
    file_intended: "hb.deliver.intent", 0, Held("file");
    file_checked: "hb.deliver.checked", 0, Held("file");
    file_sent: "hb.deliver.sent", 0, Held("file");
    file_recorded_and_not_committed: "hb.deliver.recorded", 0, Held("file");
    file_recorded: "hb.deliver.committed", 0, Done("file");
    second_file_claimed: "hb.deliver.claimed", 1, Held("file");
    second_file_looked: "hb.deliver.looked", 1, Held("file");
    second_file_intended: "hb.deliver.intent", 1, Held("file");
    second_file_checked: "hb.deliver.checked", 1, Held("file");
    second_file_sent: "hb.deliver.sent", 1, Held("file");
    second_file_recorded_and_not_committed: "hb.deliver.recorded", 1, Held("file");
    second_file_recorded: "hb.deliver.committed", 1, Done("file");
    quotes_claimed: "hb.deliver.claimed", 2, Held("quote");
    quotes_intended: "hb.deliver.intent", 2, Held("quote");
    quotes_checked: "hb.deliver.checked", 2, Held("quote");
    quotes_sent: "hb.deliver.sent", 2, Held("quote");
    quotes_recorded_and_not_committed: "hb.deliver.recorded", 2, Held("quote");
    quotes_recorded: "hb.deliver.committed", 2, Done("quote");
    revision_claimed: "hb.deliver.claimed", 3, Held("revise");
    revision_checked: "hb.deliver.checked", 3, Held("revise");
    revision_sent: "hb.deliver.sent", 3, Held("revise");
    revision_recorded_and_not_committed: "hb.deliver.recorded", 3, Held("revise");
    revision_recorded: "hb.deliver.committed", 3, Done("revise");
}

#[test]
fn every_crash_point_has_a_case() {
    fn read(folder: &Path, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                read(&path, found);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                found.extend(text.split("\"hb.").skip(1).map(|t| format!("hb.{}", t.split('"').next().unwrap())));
            }
        }
    }
    let mut in_source = BTreeSet::new();
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut in_source);
    assert!(!in_source.is_empty(), "no crash point is named hb.…");
    let covered = COVERED.iter().chain(super::commands::COVERED);
    let covered: BTreeSet<String> = covered.map(|p| (*p).to_owned()).collect();
    assert_eq!(covered, in_source);
}
