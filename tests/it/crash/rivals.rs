//! Two processes on one database.

use super::stage::Stage;
use crate::databases::{Kind, Ledger};
use crate::service::{Service, until};

#[tokio::test]
async fn two_processes_file_one_issue() {
    let mut stage = Stage::new(Kind::Postgres).await;
    let mut one = Service::start(&stage.settings).await;
    let two = Service::start(&stage.settings).await;
    // Deliveries go to the one; the same and the statements to both, at the same time.
    stage.release_and_first_five(&one).await;
    stage.customers.repeat_all(two.url()).await;
    for delivery in stage.github.deliveries() {
        stage.deliver_to(&two);
        assert_eq!(stage.github.replay(&delivery).await.status, 200);
    }
    stage.quiet().await;
    stage.later_two(&two).await;
    stage.quiet_or_dead(&mut one).await;
    assert!(!one.is_dead(), "{}", one.log());
    stage.holds().await;
    stage.everything_again_changes_nothing(&one).await;
}

#[tokio::test]
async fn a_process_that_stalls_before_its_request_leaves_one_open_issue() {
    let mut stage = Stage::new(Kind::Postgres).await;
    // Stopped for longer than its lease and the settle time, after the last look at the lease: the one gap that no look
    // can close.
    let settings = stage.settings.clone().set("outbox.sweep", "1s").set("outbox.settle", "2s");
    let stalled = Service::start(&settings.clone().failpoints("hb.deliver.checked=1*sleep(6000)")).await;
    stage.release_and_first_five(&stalled).await;
    let ledger = Ledger::open(&stage.database).await;
    until("the request's intent to be noted", async || {
        let sql = "SELECT COUNT(*) FROM actions WHERE sent_ms IS NOT NULL";
        (ledger.number(sql).await > 0).then_some(())
    })
    .await;
    let other = Service::start(&settings).await;
    stage.deliver_to(&other);
    until("the stalled request to go out after all", async || (stage.github.posts_to_create() > 2).then_some(())).await;
    assert_eq!(stage.github.filed().len(), 3, "a report, a theme, and a double of one of them");
    let github = stage.github.clone();
    until("the double to be closed", async || (github.filed().iter().filter(|i| i.open).count() == 2).then_some(()))
        .await;
    stage.later_two(&other).await;
    stage.quiet().await;
    let issues = stage.github.filed();
    let closed: Vec<_> = issues.iter().filter(|i| !i.open).collect();
    assert_eq!((issues.len(), closed.len()), (3, 1), "{issues:#?}");
    let twin = issues.iter().find(|i| i.open && i.title == closed[0].title).expect("the elder stays open");
    assert!(twin.number < closed[0].number, "the younger is closed");
    assert_eq!(closed[0].state_reason.as_deref(), Some("duplicate"));
    let said = stage.github.comments_read(closed[0].number);
    assert!(said.iter().any(|c| c.body.contains(&format!("#{}", twin.number))), "it says of what: {said:#?}");
    let open: Vec<&str> = issues.iter().filter(|i| i.open).map(|i| i.title.as_str()).collect();
    stage.each_thing_is_there_once(&open).await;
}
