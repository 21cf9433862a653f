//! One rollout for the tests to tell of: what reviewers read is what people will read.

use super::summary::Told;
use crate::analysis::summary::{Concentration, Facts, Quote, Summary, Trait, of_theme};
use crate::analysis::themes::Phrases;
use crate::domain::annotation::Intent;
use crate::domain::flag::Hand;
use crate::domain::handling::Handling;
use crate::domain::mention::{Mention, MentionId, MentionKind};
use crate::domain::repo::RepoName;
use crate::domain::rollout::{Rollout, Stage};
use crate::domain::signal::{About, Exposure, Subject};
use crate::domain::tally::Tally;
use crate::domain::theme::Theme;
use crate::domain::ticket::{Ticket, TicketState, TrackerName};
use crate::domain::window::{Cause, Transition, Window, WindowState};
use crate::id::{FeedbackId, RolloutId, ThemeId, TicketId};
use crate::time::{DAY_MS, HOUR_MS, UnixMs};

/// When it began.
pub fn start() -> UnixMs {
    UnixMs::parse_rfc3339("2026-10-09T10:00:00Z").expect("a time")
}

/// A flag at a quarter of production.
pub fn rollout() -> Rollout {
    let flag = |name: &str| name.to_owned();
    let widened = start().plus(DAY_MS);
    Rollout {
        id: RolloutId("ro_3f7c2a9b1d4e5f608172".into()),
        subject: Subject::Flag {
            platform: "unleash".into(),
            project: flag("shop"),
            environment: flag("production"),
            flag: flag("new-checkout"),
        },
        generation: 1,
        parent: None,
        started_at: Some(start()),
        stages: vec![
            Stage {
                name: "5 %".into(),
                exposure: Exposure::Percent(5.0),
                from: start(),
                until: Some(widened),
                by: Hand::Person,
            },
            Stage {
                name: "25 %".into(),
                exposure: Exposure::Percent(25.0),
                from: widened,
                until: None,
                by: Hand::Person,
            },
        ],
        full_since: None,
        ended: None,
        about: About {
            repo: RepoName::parse("acme/shop"),
            url: Some("https://flags.acme.test/projects/shop/features/new-checkout".into()),
            ..About::default()
        },
    }
}

/// Open for a week.
pub fn window() -> Window {
    Window::rebuild(rollout().id, &history())
}

/// How it came to be open.
pub fn history() -> Vec<Transition> {
    let step = |seq, from, to, at, cause, actor: &str, closes_at| Transition {
        seq,
        from,
        to,
        at,
        cause,
        actor: actor.into(),
        closes_at,
    };
    let week = start().plus(7 * DAY_MS);
    let open = WindowState::Open;
    vec![
        step(1, Some(WindowState::Planned), open, start(), Cause::Exposed, "hearback", week),
        step(
            2,
            Some(open),
            open,
            start().plus(2 * DAY_MS),
            Cause::Extended { by_ms: 3 * DAY_MS },
            "jane",
            week.plus(3 * DAY_MS),
        ),
    ]
}

/// People whose payment fails; its name tries to do more than to name.
pub fn theme() -> Theme {
    Theme {
        name: "card is declined @octocat fixes #12".into(),
        tally: Tally { negative: 11, neutral: 1, ..Tally::default() },
        intents: [(Intent::Bug, 10), (Intent::Question, 2)].into(),
        confidence_sum: 9.84,
        quarters: std::collections::BTreeMap::new(),
        last_at: start().plus(2 * DAY_MS),
        ..Theme::begun(ThemeId("th_01jb2w8x5n7q3r9t".into()), start().plus(HOUR_MS))
    }
}

/// What they wrote.
pub fn phrases() -> Phrases {
    let shared = [("card is declined", 9), ("declined", 9), ("spinner never ends", 4), ("pay", 1)];
    Phrases { shared: shared.map(|(phrase, n)| (phrase.to_owned(), n)).into(), statements: 14 }
}

/// People who like it.
pub fn praise() -> Theme {
    Theme {
        id: ThemeId("th_01jb2w8x5n7q3r9u".into()),
        name: "so much faster | than before".into(),
        tally: Tally { positive: 3, ..Tally::default() },
        intents: [(Intent::Praise, 3)].into(),
        ..theme()
    }
}

/// What was filed of the theme.
pub fn tickets() -> Vec<Ticket> {
    let github = Ticket {
        id: TicketId("tk_1".into()),
        rollout: rollout().id,
        theme: Some(theme().id),
        tracker: TrackerName::GitHub,
        target: "acme/shop".into(),
        state: TicketState::Filed,
        key: Some("41".into()),
        url: Some("https://github.test/acme/shop/issues/41".into()),
        comment: None,
        section_hash: None,
        quotes_hash: None,
        written_at: None,
        error: None,
        created_at: start(),
        handling: Handling::default(),
    };
    let jira =
        Ticket { tracker: TrackerName::Jira, state: TicketState::Wanted, key: None, url: None, ..github.clone() };
    vec![github, jira]
}

/// What they wrote, with what they tried.
pub fn told() -> Told {
    let quotes = [
        ("fb_01jb2w9a", "My card is declined since yesterday, the old page took it.\n\n1. pay\n2. spinner never ends"),
        ("fb_01jb2w9b", "<!-- hearback:end -->\n/hearback close\n@acme/team fixes #12, see https://evil.test ![x](http://evil.test/x.png)"),
        ("fb_01jb2w9c", "**URGENT** | declined | again :rage: [~jane] SHOP-1"),
    ]
    .map(|(id, text)| Quote { id: FeedbackId(id.into()), person: format!("p_{id}"), text: text.into() });
    let t = theme();
    let facts = Facts {
        tally: t.tally,
        statements: 14,
        intent: Some((Intent::Bug, 10)),
        span: Some((t.first_at, t.last_at)),
        concentrated: concentrated().into(),
    };
    Told { computed: Summary { sentence: of_theme(&t.name, &facts), quotes: quotes.into() }, rephrased: None }
}

/// Where they are.
pub fn concentrated() -> [Concentration; 1] {
    let value = "Android @acme/team".to_owned();
    [Concentration { about: Trait::Platform, value, part: 9, whole: 10, others: Some((30, 60)) }]
}

/// What brought it: a release of its repository, a pull request of another.
pub fn mentions() -> Vec<Mention> {
    let of = |kind, id: &str| MentionId { origin: "github:1".into(), kind, id: id.into() };
    let release = Mention {
        of: of(MentionKind::Release, "7"),
        repo: RepoName::parse("acme/shop").expect("a name"),
        key: "v1.4.0".into(),
        title: "v1.4.0".into(),
        url: Some("https://github.test/acme/shop/releases/tag/v1.4.0".into()),
        at: start(),
        written_at: start(),
        flags: vec!["new-checkout".into()],
    };
    let pull = Mention {
        of: of(MentionKind::Pull, "41"),
        repo: RepoName::parse("acme/web").expect("a name"),
        key: "41".into(),
        title: "Checkout for @acme/team, fixes #12 | <!-- hearback:end -->".into(),
        url: Some("https://github.test/acme/web/pull/41".into()),
        ..release.clone()
    };
    vec![release, pull]
}
