//! Commands that run a service.

use super::Desk;
use crate::service::{Service, Settings};

#[test]
fn the_demo_tells_the_whole_job_and_ends_by_itself() {
    let desk = Desk::new();
    let ended = desk.run(&["demo"]);
    assert_eq!(ended.status, 0, "{}\n{}", ended.err, ended.out);
    for step in ["hearback serves on", "acme/shop publishes v1.4.0", "an issue is filed", "nothing changes", "Verdict:"]
    {
        assert!(ended.err.contains(step), "{step:?} is told:\n{}", ended.err);
    }
    let at = |name: &str| ended.out.lines().find_map(|l| l.strip_prefix(name)).expect(name).trim().to_owned();
    let issue = std::fs::read_to_string(at("Issue:")).unwrap();
    assert!(ended.out.starts_with(issue.trim_end()), "the issue that it printed lies where it said");
    assert!(
        !issue.contains("415 555 0132") && !issue.contains("dora@example.com") && !issue.contains("@support"),
        "{issue}"
    );
    let report = std::fs::read_to_string(at("Report:")).unwrap();
    assert!(report.contains("The window: closed since"), "{report}");
}

#[tokio::test]
async fn serve_starts_without_settings_and_ends_well_when_asked() {
    let desk = Desk::new();
    // The default port may be taken on the machine of a test; nothing else is set.
    let settings = Settings::bare(desk.path()).set("server.listen", "127.0.0.1:0");
    let mut service = Service::start(&settings).await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    for path in ["/healthz", "/readyz", "/metrics", "/openapi.json"] {
        let answer = client.get(format!("{}{path}", service.url())).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
    }
    let hook = client.post(format!("{}/hooks/github", service.url())).body("{}").send().await.unwrap();
    assert_eq!(hook.status(), 401, "nobody can sign yet");
    let log = service.log();
    for missing in ["github.webhook_secrets", "jira.base_url", "hearback keys create", "hearback-data/issues"] {
        assert!(log.contains(missing), "it says what is not configured: {missing}\n{log}");
    }
    drop(client);
    let status = service.terminate().await;
    assert_eq!(status.code(), Some(0), "{}", service.log());
    assert!(desk.path().join("hearback-data/hearback.db").is_file());
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let desk = Desk::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let desk = desk.set("HEARBACK__SERVER__LISTEN", &address);
    let ended = desk.run(&["serve"]);
    assert_eq!(ended.status, 1, "{ended:#?}");
    assert!(ended.err.contains(&address) && ended.err.contains("server.listen"), "{}", ended.err);
}
