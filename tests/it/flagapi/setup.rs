//! What a client needs, and what it says where that lacks.

use std::sync::Arc;
use std::time::Duration;

use hearback::flagapi::{Settings, client};
use hearback::time::SystemClock;

fn settings(api_url: Option<&str>, token: &str, projects: &[&str]) -> Settings {
    Settings {
        api_url: api_url.map(|url| url.parse().unwrap()),
        token: token.into(),
        projects: projects.iter().map(|p| (*p).to_owned()).collect(),
        timeout: Duration::from_secs(1),
        clock: Arc::new(SystemClock),
    }
}

#[test]
fn what_lacks_is_named_by_its_setting() {
    for (source, api_url, token, projects, words) in [
        ("unleash", None, "t", &[][..], "sources.unleash.api_url is missing"),
        ("flipt", None, "t", &[], "sources.flipt.api_url is missing"),
        ("gitlab", None, "t", &[], "sources.gitlab.projects is empty"),
        ("gitlab", None, "t", &["  "], "sources.gitlab.projects is empty"),
        ("posthog", None, "t", &[], "sources.posthog.projects is empty"),
        ("launchdarkly", None, " ", &[], "sources.launchdarkly.api_token: expected an access token"),
        ("launchdarkly", None, "a\nb", &[], "sources.launchdarkly.api_token: expected an access token"),
        ("unleash", Some("ftp://flags.test"), "t", &[], "sources.unleash.api_url: expected an address"),
        ("statsig", None, "t", &[], "statsig can't be asked: leave out sources.statsig.api_token"),
        ("github", None, "t", &[], "Those that can be are unleash, launchdarkly, flagsmith, growthbook"),
    ] {
        let error = client(source, settings(api_url, token, projects)).unwrap_err().to_string();
        assert!(error.contains(words), "{source}: {error}");
        assert!(!error.contains("a\nb"), "{error}");
    }
}

#[test]
fn those_with_a_service_of_their_own_need_no_address() {
    for (source, projects) in [
        ("launchdarkly", &[][..]),
        ("flagsmith", &[]),
        ("growthbook", &[]),
        ("posthog", &["1"]),
        ("gitlab", &["acme/shop"]),
    ] {
        client(source, settings(None, "t", projects)).unwrap();
    }
}
