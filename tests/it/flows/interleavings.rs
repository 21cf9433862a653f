//! People at GitHub and at Jira at the same time, through the real clients, flows and store: deliveries come late, twice and
//! in any order, and in the end all agree. The rules alone play a thousand such worlds, see `rules::sync`.

use std::collections::BTreeSet;

use hearback::domain::ticket::TrackerName;
use hearback::time::MINUTE_MS;
use serde_json::Value;

use super::house::House;
use super::sync::{theme_key, with_jira};
use crate::databases::Kind;
use crate::rules::sync::{Chance, asked_for};
use crate::service::HOOK_SECRET;
use crate::worlds::github::BOT;
use crate::worlds::jira::{Call, FakeJira};
use crate::worlds::post::{guid, post, sign};

/// Worlds that are played.
const WORLDS: u64 = 24;
/// Deeds of people in each.
const DEEDS: u64 = 8;

/// A delivery that was caught on its way.
#[derive(Clone, Debug)]
struct Caught {
    source: &'static str,
    id: String,
    body: String,
}

/// What the trackers sent so far and nobody took.
struct Post {
    github: usize,
    jira: usize,
    underway: Vec<Caught>,
    /// Of hearback's own writes at GitHub, how often it closed or opened.
    own: BTreeSet<String>,
}

impl Post {
    /// Takes what was sent, some of it twice.
    async fn catch(&mut self, house: &House, jira: &FakeJira, chance: &mut Chance) {
        house.github.settle().await;
        let mut caught = Vec::new();
        let all = house.github.deliveries();
        for delivery in &all[self.github..] {
            if delivery.event.name == "issues" {
                let id = delivery.event.guid.clone();
                caught.push(Caught { source: "github", id, body: delivery.event.payload.clone() });
            }
        }
        self.github = all.len();
        let all = jira.deliveries();
        for (body, _) in &all[self.jira..] {
            caught.push(Caught { source: "jira", id: guid(), body: body.clone() });
        }
        self.jira = all.len();
        for one in caught {
            let told: Value = serde_json::from_str(&one.body).unwrap();
            let settles = told["action"] == "closed" || told["action"] == "reopened";
            if one.source == "github" && settles && told["sender"]["login"] == BOT {
                self.own.insert(one.id.clone());
            }
            if chance.one_in(3) {
                self.underway.push(one.clone());
            }
            self.underway.push(one);
        }
    }

    /// Lets one arrive, whichever.
    async fn arrive(&mut self, house: &House, chance: &mut Chance) {
        if self.underway.is_empty() {
            return;
        }
        let n = u64::try_from(self.underway.len()).unwrap();
        let one = self.underway.swap_remove(usize::try_from(chance.below(n)).unwrap());
        let signature = sign(HOOK_SECRET, one.body.as_bytes());
        let headers = match one.source {
            "github" => vec![
                ("X-GitHub-Event", "issues".to_owned()),
                ("X-GitHub-Delivery", one.id),
                ("X-Hub-Signature-256", signature),
            ],
            _ => vec![("X-Atlassian-Webhook-Identifier", one.id), ("X-Hub-Signature", signature)],
        };
        let heard = post(format!("{}/hooks/{}", house.url(), one.source), headers, one.body).await;
        assert_eq!(heard.status, 200);
    }
}

async fn play(seed: u64) {
    let (house, jira) = with_jira(Kind::Sqlite, "github,jira", &[]).await;
    let mut chance = Chance::of(seed);
    let (number, key) = (house.theme().number, theme_key(&house).await);
    house.later(MINUTE_MS).await;
    house.github.tell_own_writes(true);
    // From here on deliveries reach nobody but through these hands.
    house.github.deliveries_fail(true);
    jira.deliver_to("http://127.0.0.1:9/", HOOK_SECRET);
    let (github, sent) = (house.github.deliveries().len(), jira.deliveries().len());
    let mut mail = Post { github, jira: sent, underway: Vec::new(), own: BTreeSet::new() };
    let transitions = jira.calls(Call::Transition);
    let mut changes = 0;
    let mut deeds = 0;
    while deeds < DEEDS {
        house.clock.advance(1 + i64::try_from(chance.below(1_500)).unwrap());
        match chance.below(6) {
            0 => {
                if house.github.issue_read(number).open {
                    let reason: &&str = chance.of_these(&["completed", "not_planned"]);
                    house.github.person_closes_as(number, reason).await;
                } else {
                    house.github.person_reopens(number).await;
                }
                (deeds, changes) = (deeds + 1, changes + 1);
            }
            1 => {
                let is_done = jira.issue_read(&key).status.1 == "done";
                let to = if is_done { *chance.of_these(&["To Do", "In Progress"]) } else { "Done" };
                jira.person_transitions(&key, to).await;
                (deeds, changes) = (deeds + 1, changes + 1);
            }
            2 => {
                house.github.person_retitles(number, &format!("title {}", chance.below(1_000_000))).await;
                deeds += 1;
            }
            3 => house.work().await,
            _ => mail.arrive(&house, &mut chance).await,
        }
        mail.catch(&house, &jira, &mut chance).await;
    }
    for round in 0.. {
        assert!(round < 200, "it takes no rest, seed {seed}");
        mail.arrive(&house, &mut chance).await;
        house.later(MINUTE_MS).await;
        mail.catch(&house, &jira, &mut chance).await;
        if mail.underway.is_empty() && round > 3 {
            break;
        }
    }
    let (issue, status) = (house.github.issue_read(number), jira.issue_read(&key).status);
    let tickets: Vec<_> = house.tickets().await.into_iter().filter(|t| t.theme.is_some()).collect();
    let decided = tickets[0].handling.decided.clone();
    let told = format!("seed {seed}: GitHub open {}, Jira {status:?}, decided {decided:?}", issue.open);
    assert_eq!(issue.open, decided.resolution.is_open(), "{told}");
    assert_eq!(status.1 != "done", decided.resolution.is_open(), "{told}");
    for ticket in &tickets {
        let open = if ticket.tracker == TrackerName::GitHub { issue.open } else { status.1 != "done" };
        assert_eq!(ticket.handling.seen.resolution.is_open(), open, "what is believed of {ticket:?}; {told}");
        assert_eq!(ticket.handling.decided, decided, "{told}");
    }
    let written = mail.own.len() + jira.calls(Call::Transition) - transitions;
    assert!(written <= changes, "{written} writes after {changes} changes, {told}");
    println!("{told}, {changes} changes by people, {written} writes");
    house.read_comments();
    jira.finish();
    house.finish().await;
}

#[tokio::test]
async fn in_the_end_both_trackers_and_hearback_agree() {
    if let Some(seed) = asked_for() {
        return play(seed).await;
    }
    for seed in 0..WORLDS {
        play(seed).await;
    }
}
