//! The tracker does what it was asked, and its answer is lost; alone, and with the death of the process on top.

use super::stage::{LAG_MS, Stage};
use crate::databases::Kind;
use crate::service::{Service, until};
use crate::worlds::fault::Fault;
use crate::worlds::github::Call;
use crate::worlds::jira::{self, FakeJira, Flavour};

/// The process lives on.
async fn lost(kind: Kind, call: Call, times: u32, fault: Fault) {
    let mut stage = Stage::new(kind).await;
    stage.github.fail_times(call, times, fault);
    let mut service = Service::start(&stage.settings).await;
    stage.tell(&mut service).await;
    stage.senders_repeat(&service).await;
    stage.quiet().await;
    stage.holds().await;
    stage.everything_again_changes_nothing(&service).await;
}

/// The process dies once the answer is lost, before it could note that.
async fn lost_and_killed(kind: Kind, fault: Fault) {
    let mut stage = Stage::new(kind).await;
    stage.github.fail_next(Call::CreateIssue, fault);
    let mut first = Service::start(&stage.settings.clone().failpoints("hb.deliver.sent=return")).await;
    stage.tell(&mut first).await;
    first.wait_dead().await;
    let second = Service::start(&stage.settings).await;
    stage.senders_repeat(&second).await;
    stage.quiet().await;
    stage.holds().await;
}

/// The process dies while it waits for the answer.
async fn killed_while_waiting(kind: Kind, fault: Fault) {
    let mut stage = Stage::new(kind).await;
    stage.github.fail_next(Call::CreateIssue, fault);
    let mut first = Service::start(&stage.settings).await;
    stage.release_and_first_five(&first).await;
    until("the request to arrive", async || (stage.github.posts_to_create() > 0).then_some(())).await;
    first.kill();
    let mut second = Service::start(&stage.settings).await;
    stage.senders_repeat(&second).await;
    stage.quiet_or_dead(&mut second).await;
    stage.later_two(&second).await;
    stage.quiet().await;
    stage.holds().await;
}

/// The same where tickets live in Jira Cloud, whose search lags too.
async fn in_jira(kind: Kind, fatal: Option<&str>) {
    let mut stage = Stage::new(kind).await;
    let jira = FakeJira::start(Flavour::Cloud).await;
    jira.search_lag(LAG_MS);
    jira.fail_next(jira::Call::CreateIssue, Fault::DropAfter);
    stage.settings = stage.settings.clone().jira(&jira);
    let settings = fatal.iter().fold(stage.settings.clone(), |settings, fatal| settings.failpoints(fatal));
    let mut service = Service::start(&settings).await;
    stage.tell(&mut service).await;
    if fatal.is_some() {
        service.wait_dead().await;
        service = Service::start(&stage.settings).await;
        stage.senders_repeat(&service).await;
    }
    stage.quiet().await;
    let filed = jira.filed();
    stage.each_thing_is_there_once(&filed.iter().map(|i| i.summary.as_str()).collect::<Vec<_>>()).await;
    assert!(filed.iter().all(|i| i.status.1 != "done"), "no closed double");
    let mut comments: Vec<usize> = filed.iter().map(|i| jira.comments_read(&i.key).len()).collect();
    comments.sort_unstable();
    assert_eq!(comments, [0, 1], "one comment with quotes");
    stage.everything_again_changes_nothing(&service).await;
    assert_eq!(jira.filed().len(), 2);
    jira.finish();
}

macro_rules! on_both {
    ($($name:ident: |$kind:ident| $case:expr;)*) => {
        mod sqlite {
            use super::*;
            $(#[tokio::test]
            async fn $name() {
                let $kind = Kind::Sqlite;
                $case.await;
            })*
        }

        mod postgres {
            use super::*;
            $(#[tokio::test]
            async fn $name() {
                let $kind = Kind::Postgres;
                $case.await;
            })*
        }
    };
}

on_both! {
    issue_made_and_connection_dropped: |k| lost(k, Call::CreateIssue, 2, Fault::DropAfter);
    issue_made_and_answered_502: |k| lost(k, Call::CreateIssue, 2, Fault::StatusAfter(502));
    issue_made_and_answer_cut: |k| lost(k, Call::CreateIssue, 2, Fault::BodyCut);
    issue_made_and_answer_truncated: |k| lost(k, Call::CreateIssue, 2, Fault::TruncatedJson);
    issue_made_and_answered_with_a_page: |k| lost(k, Call::CreateIssue, 2, Fault::HtmlPageAfter);
    issue_made_and_answered_too_late: |k| lost(k, Call::CreateIssue, 2, Fault::HangAfter { ms: 1_500 });
    issue_made_after_we_left: |k| lost(k, Call::CreateIssue, 2, Fault::LateEffect { ms: 1_300 });
    comment_made_and_connection_dropped: |k| lost(k, Call::CreateComment, 1, Fault::DropAfter);
    comment_made_after_we_left: |k| lost(k, Call::CreateComment, 1, Fault::LateEffect { ms: 1_300 });
    issue_edited_and_connection_dropped: |k| lost(k, Call::EditIssue, 1, Fault::DropAfter);
    issue_made_and_connection_dropped_and_killed: |k| lost_and_killed(k, Fault::DropAfter);
    issue_made_and_answered_502_and_killed: |k| lost_and_killed(k, Fault::StatusAfter(502));
    issue_made_and_answered_too_late_and_killed: |k| lost_and_killed(k, Fault::HangAfter { ms: 1_500 });
    issue_made_after_we_left_and_killed: |k| lost_and_killed(k, Fault::LateEffect { ms: 1_300 });
    issue_made_and_killed_while_waiting: |k| killed_while_waiting(k, Fault::HangAfter { ms: 2_000 });
    issue_made_after_we_were_killed: |k| killed_while_waiting(k, Fault::LateEffect { ms: 1_000 });
    jira_issue_made_and_connection_dropped: |k| in_jira(k, None);
    jira_issue_made_and_connection_dropped_and_killed: |k| in_jira(k, Some("hb.deliver.sent=return"));
}
