//! What holds for every client.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use hearback::flagapi::FlagApi;
use hearback::http::RemoteError;
use serde_json::Value;

use super::world::{Ask, Fault, Reply, Shelf, TOKEN, World, look, seen, stock};
use super::{flagsmith, flipt, gitlab, growthbook, launchdarkly, posthog, unleash};

/// A client and its world.
struct Case {
    source: &'static str,
    /// What is asked for, as the settings name it.
    project: &'static str,
    /// And as the platform's webhook does.
    told_as: &'static str,
    flag: fn(usize) -> Value,
    answer: fn(&mut Shelf, &Ask) -> Reply,
    /// What the path of the list of flags ends with.
    list: &'static str,
    /// Whether that list comes in pages.
    paged: bool,
}

const CASES: &[Case] = &[
    Case {
        source: "unleash",
        project: "shop",
        told_as: "shop",
        flag: unleash::flag,
        answer: unleash::answer,
        list: "/features",
        paged: false,
    },
    Case {
        source: "launchdarkly",
        project: "shop",
        told_as: "shop",
        flag: launchdarkly::flag,
        answer: launchdarkly::answer,
        list: "/flags/shop",
        paged: true,
    },
    Case {
        source: "flagsmith",
        project: "12",
        told_as: "Shop",
        flag: flagsmith::flag,
        answer: flagsmith::answer,
        list: "/features/",
        paged: true,
    },
    Case {
        source: "growthbook",
        project: "shop",
        told_as: "shop",
        flag: growthbook::flag,
        answer: growthbook::answer,
        list: "/features",
        paged: true,
    },
    Case {
        source: "posthog",
        project: "1",
        told_as: "1",
        flag: posthog::flag,
        answer: posthog::answer,
        list: "/feature_flags/",
        paged: true,
    },
    Case {
        source: "gitlab",
        project: "acme/shop",
        told_as: "acme/shop",
        flag: gitlab::flag,
        answer: gitlab::answer,
        list: "/feature_flags",
        paged: true,
    },
    Case {
        source: "flipt",
        project: "default",
        told_as: "default",
        flag: flipt::flag,
        answer: flipt::answer,
        list: "/flags",
        paged: true,
    },
];

impl Case {
    async fn start(&self, flags: usize) -> (World, Arc<Mutex<Shelf>>, Arc<dyn FlagApi>) {
        let stocked = stock((0..flags).map(self.flag).collect());
        let (held, answer) = (stocked.clone(), self.answer);
        let world = World::start(move |ask| answer(&mut held.lock().unwrap(), ask)).await;
        let api = world.client(self.source, &[self.project]);
        (world, stocked, api)
    }

    fn whole(&self) -> BTreeSet<String> {
        BTreeSet::from([self.told_as.to_owned()])
    }
}

#[tokio::test]
async fn all_pages_are_read() {
    for case in CASES {
        let (_world, shelf, api) = case.start(7).await;
        shelf.lock().unwrap().page_max = 3;
        let told = look(&api).await.unwrap();
        let flags: BTreeSet<&str> = told.seen.iter().map(|s| s.flag.as_str()).collect();
        assert_eq!(flags.len(), 7, "{}", case.source);
        assert_eq!(told.whole, case.whole(), "{}", case.source);
        assert!(told.seen.iter().all(|s| s.project.as_deref() == Some(case.told_as)), "{}", case.source);
    }
}

#[tokio::test]
async fn a_list_without_an_end_is_left_and_is_not_whole() {
    for case in CASES.iter().filter(|c| c.paged) {
        let (world, shelf, api) = case.start(1).await;
        shelf.lock().unwrap().endless = true;
        let told = look(&api).await.unwrap();
        assert_eq!(told.whole, BTreeSet::new(), "{}", case.source);
        assert!(!told.seen.is_empty(), "{}", case.source);
        let pages = world.asked().iter().filter(|ask| ask.path.ends_with(case.list)).count();
        assert!((2..=300).contains(&pages), "{}: {pages}", case.source);
    }
}

#[tokio::test]
async fn a_list_that_changes_while_it_is_read_is_not_whole() {
    for case in CASES.iter().filter(|c| c.paged) {
        let (_world, shelf, api) = case.start(7).await;
        {
            let mut shelf = shelf.lock().unwrap();
            (shelf.page_max, shelf.shrinks) = (3, true);
        }
        let told = look(&api).await.unwrap();
        assert_eq!(told.whole, BTreeSet::new(), "{}: one slipped through", case.source);
        assert_eq!(look(&api).await.unwrap().whole, case.whole(), "{}", case.source);
    }
}

#[tokio::test]
async fn an_empty_list_is_not_taken_for_the_end_of_all_flags() {
    for case in CASES {
        let (_world, _, api) = case.start(0).await;
        let told = look(&api).await.unwrap();
        assert_eq!((told.seen.len(), told.whole), (0, BTreeSet::new()), "{}", case.source);
    }
}

#[tokio::test]
async fn what_has_not_changed_is_not_sent_again() {
    for case in CASES {
        let (world, shelf, api) = case.start(3).await;
        shelf.lock().unwrap().page_max = 1;
        let first = look(&api).await.unwrap();
        assert_eq!(first.whole, case.whole(), "{}", case.source);
        let asked = world.asked().len();
        assert!(world.statuses().iter().all(|s| *s == 200), "{}", case.source);
        let second = look(&api).await.unwrap();
        assert_eq!(seen(&second), seen(&first), "{}", case.source);
        assert_eq!(second.whole, first.whole, "{}", case.source);
        let statuses = world.statuses();
        assert!(!statuses.is_empty() && statuses.len() <= asked, "{}", case.source);
        assert!(statuses.iter().all(|s| *s == 304), "{}: {statuses:?}", case.source);
    }
}

#[tokio::test]
async fn what_changed_is_sent_again() {
    for case in CASES.iter().filter(|c| c.paged) {
        let (_world, shelf, api) = case.start(2).await;
        look(&api).await.unwrap();
        shelf.lock().unwrap().flags.push((case.flag)(2));
        let told = look(&api).await.unwrap();
        assert!(told.seen.iter().any(|s| s.flag == "flag-2"), "{}", case.source);
    }
}

#[tokio::test]
async fn a_limit_is_respected() {
    for case in CASES {
        let (world, _, api) = case.start(2).await;
        let limited = Reply { body: "Too many requests, please try again later.".into(), ..Reply::status(429) };
        world.fault(case.list, Fault::Instead(limited.with("retry-after", "13")));
        let error = look(&api).await.unwrap_err();
        let RemoteError::Wait { ms: 13_000, reason } = error else { panic!("{}: {error:?}", case.source) };
        assert!(reason.contains(case.source), "{reason}");
        look(&api).await.unwrap();
    }
}

#[tokio::test]
async fn a_token_that_is_not_taken_is_named_by_its_setting_and_never_shown() {
    for case in CASES {
        let (world, _, api) = case.start(2).await;
        assert!(!format!("{api:?}").contains(TOKEN), "{api:?}");
        for (status, words) in [(401, "renew it"), (403, "give it that right")] {
            world.fault(case.list, Fault::Instead(Reply { body: TOKEN.into(), ..Reply::status(status) }));
            let error = look(&api).await.unwrap_err();
            assert!(matches!(error, RemoteError::Unauthorized { .. }), "{}: {error:?}", case.source);
            let said = format!("{error} {error:?}");
            assert!(said.contains(&format!("sources.{}.api_token", case.source)), "{said}");
            assert!(said.contains(words) && !said.contains(TOKEN), "{said}");
        }
    }
}

#[tokio::test]
async fn what_is_no_document_is_no_answer() {
    for case in CASES {
        let (world, _, api) = case.start(2).await;
        let page = "<!doctype html><title>Secret plans</title>";
        for body in [page, "", "{", "{\"features\": \"Secret plans\"}", "[{}]", "null"] {
            world.fault(case.list, Fault::Instead(Reply { body: body.into(), ..Reply::status(200) }));
            let error = look(&api).await.unwrap_err();
            assert!(matches!(error, RemoteError::NotSent { .. }), "{}: {error:?}", case.source);
            assert!(!error.to_string().contains("Secret"), "{error}");
        }
        world.fault(case.list, Fault::Cut);
        let error = look(&api).await.unwrap_err();
        assert!(matches!(error, RemoteError::NotSent { .. }), "{}: {error:?}", case.source);
        assert_eq!(look(&api).await.unwrap().whole, case.whole(), "{}: all is well again", case.source);
    }
}

#[tokio::test]
async fn a_project_that_is_not_there_is_told() {
    for case in CASES.iter().filter(|c| !["growthbook", "flagsmith"].contains(&c.source)) {
        let (world, _, api) = case.start(2).await;
        world.fault(case.list, Fault::Instead(Reply::status(404)));
        let error = look(&api).await.unwrap_err();
        let RemoteError::Gone { what } = error else { panic!("{}: {error:?}", case.source) };
        assert!(what.contains(&format!("sources.{}.projects", case.source)), "{what}");
    }
}

#[tokio::test]
async fn a_project_that_is_not_there_hides_no_other() {
    for case in CASES.iter().filter(|c| !["growthbook", "flagsmith"].contains(&c.source)) {
        let (world, _, _) = case.start(2).await;
        let told = look(&world.client(case.source, &["nowhere", case.project])).await.unwrap();
        assert_eq!(told.whole, case.whole(), "{}", case.source);
        assert!(!told.seen.is_empty(), "{}", case.source);
    }
}

#[tokio::test]
async fn nothing_is_followed_to_another_address() {
    for case in CASES {
        let (world, _, api) = case.start(2).await;
        world.fault(case.list, Fault::Instead(Reply::status(302).with("location", "http://127.0.0.1:1/")));
        let error = look(&api).await.unwrap_err().to_string();
        assert!(error.contains(&format!("sources.{}.api_url", case.source)), "{error}");
    }
}

#[tokio::test]
async fn an_address_may_be_that_of_the_api_or_of_its_owner() {
    for case in CASES {
        let (world, _, _) = case.start(2).await;
        let told = look(&world.client(case.source, &[case.project])).await.unwrap();
        let api_path = world.asked().iter().find(|ask| ask.path.ends_with(case.list)).unwrap().path.clone();
        let api_path = api_path.trim_start_matches('/').split('/').take(2).collect::<Vec<_>>();
        for path in ["/".to_owned(), format!("/{}", api_path[0]), format!("/{}/", api_path.join("/"))] {
            // PostHog's API has no version in its path.
            if case.source == "posthog" && path.matches('/').count() > 1 && path.len() > 5 {
                continue;
            }
            let mut settings = world.settings(&[case.project]);
            settings.api_url = Some(world.url().join(&path).unwrap());
            let api = hearback::flagapi::client(case.source, settings).unwrap();
            assert_eq!(look(&api).await.unwrap().seen.len(), told.seen.len(), "{} {path}", case.source);
        }
    }
}
