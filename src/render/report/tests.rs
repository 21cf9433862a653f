use serde_json::{Value, json};

use super::*;
use crate::render::summary::Rephrased;
use crate::render::{markdown, sample};

/// The sample's report, handed to `look`.
fn with_account(look: impl FnOnce(&Account<'_>)) {
    let (rollout, window, history) = (sample::rollout(), sample::window(), sample::history());
    let (themes, tickets) = ([sample::theme(), sample::praise()], sample::tickets());
    let suggested = [Suggestion {
        theme: ThemeId("th_01jb2w8x5n7q3r9v".into()),
        name: "cannot find my invoice".into(),
        people: 6,
        mark: None,
        standing: crate::render::tasks::Standing::Open,
    }];
    look(&Account {
        rollout: &rollout,
        window: &window,
        history: &history,
        tally: Tally { negative: 12, mixed: 1, neutral: 2, positive: 3 },
        anonymous: 2,
        asked: None,
        items: 21,
        spam: 1,
        themes: &themes,
        tickets: &tickets,
        suggested: &suggested,
        brought_by: &[],
        brought: &[],
        min_people: 5,
        findings: &[],
        told: None,
    });
}

#[test]
fn the_report_on_github() {
    with_account(|a| {
        let text = markdown::render(&section(a)).replace(crate::render::tame::JOINER, "¦");
        insta::assert_snapshot!(text, @r#"
    **Most who answered are unhappy with new-checkout in production, too few to be sure of it: 12 of 18 (67 %, 95 % CI 44-84 %) are negative, 3 positive.**

    🟥🟥🟥🟥🟥🟥🟥🟧⬜🟩 12 negative, 1 mixed, 2 neutral, 3 positive

    [new-checkout in production](<https://flags.acme.test/projects/shop/features/new-checkout>) of acme/shop reaches customers since 2026-10-09 10:00 UTC. The window: open until 2026-10-19 10:00 UTC, so that the numbers may still move.

    ### What they say

    | Theme | What | People | Feeling | Tickets |
    | --- | --- | --- | --- | --- |
    | card is declined @¦octocat fixes \#¦12 | something does not work | 12 | 11 negative, 1 neutral | [\#41](<https://github.test/acme/shop/issues/41>), jira: on its way |
    | so much faster \| than before | praise | 3 | 3 positive | none |

    ### Would be filed

    The policy wants a person's yes before these become tickets of their own:

    - [ ] cannot find my invoice — 6 distinct people say it, `th_01jb2w8x5n7q3r9v`

    `hearback approve` with the rollout and the theme files one, `hearback refuse` with a reason says no.

    ### Stages

    | Stage | Exposure | From | Until |
    | --- | --- | --- | --- |
    | 5 % | 5 % | 2026-10-09 10:00 UTC | 2026-10-10 10:00 UTC |
    | 25 % | 25 % | 2026-10-10 10:00 UTC | now |

    ### How sure this is

    18 distinct people in 21 statements: each person counts once, with the latest statement. 2 of them did not say who they are: of these, the same words count as one person. 1 statement was set aside as spam. How many were asked is not known, so no response rate is claimed.

    ### How the window went

    - 2026-10-09 10:00 UTC: open; customers are exposed (hearback)
    - 2026-10-11 10:00 UTC: open until 2026-10-19 10:00 UTC; extended by 3 days (jane)

    *hearback keeps this section true. Write above or below it: your text stays.*\
    Rollout `ro_3f7c2a9b1d4e5f608172`
    "#);
    });
}

#[test]
fn a_report_says_what_brought_what() {
    with_account(|a| {
        let (mentions, rollouts) = (sample::mentions(), [sample::rollout()]);
        let both = Account { brought_by: &mentions, brought: &rollouts, ..*a };
        let text = markdown::render(&section(&both)).replace(crate::render::tame::JOINER, "¦");
        let lines: Vec<&str> = text.lines().filter(|line| line.contains("rought ")).collect();
        insta::assert_snapshot!(lines.join("\n"), @r"
        Brought by release [v1.4.0](<https://github.test/acme/shop/releases/tag/v1.4.0>), pull request [\#41](<https://github.test/acme/web/pull/41>) (Checkout for @¦acme/team, fixes \#¦12 \| \<¦!-- hearback:end -->) of acme/web.
        It brought [new-checkout in production](<https://flags.acme.test/projects/shop/features/new-checkout>) of acme/shop.
        ");
        assert_eq!(data(&both)["brought_by"][0]["kind"], "release");
        assert_eq!(data(&both)["brought"], json!([{"rollout": rollouts[0].id, "label": "new-checkout in production"}]));
    });
}

#[test]
fn a_report_of_silence() {
    with_account(|a| {
        let quiet = Account {
            tally: Tally::default(),
            anonymous: 0,
            asked: Some(40),
            items: 0,
            spam: 0,
            themes: &[],
            tickets: &[],
            suggested: &[],
            ..*a
        };
        insta::assert_snapshot!(markdown::render(&section(&quiet)), @r#"
    **No signal on new-checkout in production: nobody answered.**

    [new-checkout in production](<https://flags.acme.test/projects/shop/features/new-checkout>) of acme/shop reaches customers since 2026-10-09 10:00 UTC. The window: open until 2026-10-19 10:00 UTC, so that the numbers may still move.

    ### Stages

    | Stage | Exposure | From | Until |
    | --- | --- | --- | --- |
    | 5 % | 5 % | 2026-10-09 10:00 UTC | 2026-10-10 10:00 UTC |
    | 25 % | 25 % | 2026-10-10 10:00 UTC | now |

    ### How sure this is

    0 of 40 (0 %, 95 % CI 0-9 %) people who were asked answered.

    ### How the window went

    - 2026-10-09 10:00 UTC: open; customers are exposed (hearback)
    - 2026-10-11 10:00 UTC: open until 2026-10-19 10:00 UTC; extended by 3 days (jane)

    *hearback keeps this section true. Write above or below it: your text stays.*\
    Rollout `ro_3f7c2a9b1d4e5f608172`
    "#);
    });
}

#[test]
fn the_data_holds_the_same_numbers() {
    with_account(|a| {
        let data = data(a);
        assert_eq!((&data["people"], &data["statements"], &data["asked"]), (&json!(18), &json!(21), &Value::Null));
        assert_eq!(data["verdict"]["leaning"], "perhaps_unhappy");
        assert_eq!(data["negative_share"]["part"], 12);
        assert_eq!(data["themes"][0]["people"], 12);
        assert_eq!(data["tickets"].as_array().map(Vec::len), Some(2));
        assert_eq!(data["window"]["closes_at"], "2026-10-19T10:00:00Z");
    });
}

#[test]
fn a_report_for_people_here_tells_what_themes_come_to() {
    with_account(|a| {
        let whole =
            Told { rephrased: Some(Rephrased { text: "They can't pay.".into(), model: "m".into() }), ..sample::told() };
        let told = Summaries { whole, themes: vec![(sample::theme().id, sample::told())] };
        let full = Account { told: Some(&told), ..*a };
        let text = markdown::render(&document(&full)).replace(crate::render::tame::JOINER, "¦");
        let new: Vec<&str> =
            text.lines().filter(|l| l.contains(" made ") || l.starts_with("> ") || l.contains("*Re")).collect();
        insta::assert_snapshot!(new.join("\n"), @r"
        They can't pay. *Rephrased by a language model, numbers and quotes checked.*
        12 people made 14 statements that say “card is declined @¦octocat fixes \#¦12”: 11 of 12 (92 %) are negative, and 10 of 12 (83 %) tell of something that does not work. It was said from 2026-10-09 to 2026-10-11, over 1 day 23 hours. 9 of 10 (90 %) whose platform is known use “Android @¦acme/team”, against 30 of 60 (50 %) of the others.
        > My card is declined since yesterday, the old page took it.
        > 1\. pay\
        > 2\. spinner never ends
        > — `fb_01jb2w9a`
        > \<¦!-- hearback:end -->\
        > /¦hearback close\
        > @¦acme/team fixes \#¦12, see https:¦//evil.test !\[x\](http:¦//evil.test/x.png)
        > — `fb_01jb2w9b`
        ");
        let data = data(&full);
        assert_eq!(
            (&data["summary"]["text"], &data["summary"]["rephrased_by"]),
            (&json!("They can't pay."), &json!("m"))
        );
        assert_eq!(data["themes"][1].get("summary"), None);
        let of_theme = &data["themes"][0]["summary"];
        let share = json!({"of": "negative people", "value": 11, "whole": 12, "shown": "11 of 12 (92 %)"});
        assert_eq!((&of_theme["numbers"][2], &of_theme["rephrased_by"]), (&share, &Value::Null));
        assert_eq!(of_theme["quotes"][2]["id"], "fb_01jb2w9c");
        assert_eq!(section(&full), section(a), "an issue's body holds none of it");
    });
}

#[test]
fn a_long_history_is_told_from_its_end() {
    let steps: Vec<Transition> = (0..30).map(|_| sample::history()[0].clone()).collect();
    let shown = history(&steps);
    assert_eq!(shown.len(), STEPS_MAX + 1);
    assert_eq!(shown[0], [Inline::Text("10 earlier steps are not shown".into())]);
}

#[test]
fn an_alarm_leads_the_issue_and_findings_stand_below_the_themes() {
    use crate::domain::alarm::Grade;
    use crate::domain::finding::{Against, Direction, Evidence, Finding, Interval, Of, Standing, What};
    let finding = |what: What| Finding {
        subject: String::new(),
        kind: what.name().into(),
        what: Some(what),
        standing: Standing::Told,
        detectable: None,
        evidence: Evidence::default(),
    };
    let findings = [
        finding(What::Alarm {
            direction: Direction::Worse,
            against: Against::Control,
            grade: Grade::Critical,
            ln_e: 9.0,
            rate: Some(Interval { value: 2.0, low: 1.4, high: 2.9 }),
            at_least: None,
            shares: None,
            began_day: None,
            unreliable: None,
        }),
        finding(What::AgainstControl {
            exposed: Of { part: 30, whole: 40 },
            control: Of { part: 5, whole: 50 },
            difference: Interval { value: 0.65, low: 0.47, high: 0.78 },
            ratio: None,
        }),
    ];
    with_account(|a| {
        let text = markdown::render(&section(&Account { findings: &findings, ..*a }));
        let at = |part: &str| text.find(part).unwrap_or_else(|| panic!("{part} in {text}"));
        assert!(at("**Critical:** Exposed people send negative feedback 2.0×") < at("What they say"));
        assert!(at("What they say") < at("What they did, and whether it is real"));
        assert!(
            at("🟥🟥🟥🟥🟥🟥🟥🟥⬜⬜ 30 of 40 (75 %) negative in exposed people") < at("Of exposed people who spoke")
        );
    });
}
