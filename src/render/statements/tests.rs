use std::collections::BTreeMap;

use super::*;
use crate::domain::annotation::Details;
use crate::id::{FeedbackId, ThemeId};
use crate::time::UnixMs;

const NASTY: &str = "<script>alert(1)</script> \"><img src=x onerror='alert(1)'>";

fn shown(n: &str, text: Option<&str>, kept: Option<Correction>) -> Shown {
    Shown {
        item: Feedback {
            id: FeedbackId(format!("fb_{n}")),
            rollout: Some(RolloutId("ro_a".into())),
            person: "p_1".into(),
            anonymous: false,
            text: text.map(Into::into),
            rating: Some(Rating { value: 2.0, scale: 5.0 }),
            variant: None,
            attributes: BTreeMap::new(),
            channel: "api".into(),
            occurred_at: UnixMs(1_791_540_000_000),
            annotation: Some(Annotation {
                language: "en".into(),
                sentiment: Sentiment::Positive,
                score: 0.3,
                confidence: 0.414,
                intent: Intent::Praise,
                intent_confidence: 0.6,
                spam: false,
                fingerprint: 1,
                engine: "test".into(),
                details: Details { supported: true, abstains: true, ..Details::default() },
            }),
            theme: Some(ThemeId("th_1".into())),
        },
        theme: Some("checkout crashes".into()),
        kept: kept.map(|correction| Kept { correction, who: "ana".into(), at: UnixMs(1_791_540_060_000) }),
        token: "t0".into(),
    }
}

fn list(shown: Vec<Shown>) -> List {
    List {
        rollout: RolloutId("ro_a".into()),
        order: Order::Newest,
        after: None,
        shown,
        next: None,
        saved: None,
        who: String::new(),
    }
}

#[test]
fn a_statement_stands_with_what_was_read_and_a_form() {
    insta::assert_snapshot!(section(&list(vec![shown("1", Some("Great, it\ncrashes"), None)])), @r#"
    <section id="statements" aria-labelledby="statements-title">
    <h2 id="statements-title">Statements</h2>
    <p>Where a reading is wrong, say what it is: that counts from then on, and <code>hearback train</code> learns from it. Personal data was taken out of the texts.</p>
    <nav aria-label="Order of statements"><a href="/rollouts/ro_a?order=newest#statements" aria-current="true">Newest first</a>
    <a href="/rollouts/ro_a?order=least_sure#statements">Least sure first</a></nav>
    <article id="fb_1" class="said" aria-label="Statement fb_1">
    <blockquote dir="auto">
    <p>Great, it<br>
    crashes</p>
    <footer>— 2026-10-09 10:00 UTC, api, 2 of 5</footer>
    </blockquote>
    <p>Feels <strong>positive</strong> (41 % sure) · wants <strong>praise</strong> (60 % sure) · language <strong>en</strong> · no spam · theme <strong>checkout crashes</strong> <em>The engine is not sure of the feeling.</em></p>
    <form method="post" action="/feedback/fb_1/reading" aria-label="Correct the reading of fb_1">
    <input type="hidden" name="token" value="t0">
    <input type="hidden" name="order" value="newest">
    <input type="hidden" name="after" value="">
    <label>Feeling <select name="sentiment" autocomplete="off"><option value="">positive, as read</option><option value="negative">negative</option><option value="mixed">mixed</option><option value="neutral">neutral</option><option value="positive">positive</option></select></label>
    <label>Wants <select name="intent" autocomplete="off"><option value="">praise, as read</option><option value="bug">bug</option><option value="usability">usability</option><option value="request">request</option><option value="question">question</option><option value="praise">praise</option><option value="other">other</option></select></label>
    <label>Spam <select name="spam" autocomplete="off"><option value="">no spam, as read</option><option value="yes">spam</option><option value="no">no spam</option></select></label>
    <label>Your name <input name="who" value="" required maxlength="100" autocomplete="name"></label>
    <button type="submit">Save</button>
    </form>
    </article>
    </section>
    "#);
}

#[test]
fn a_form_holds_what_a_person_said_before() {
    let before = Correction {
        sentiment: Some(Sentiment::Negative),
        intents: Some(vec![Intent::Bug, Intent::Usability]),
        spam: Some(false),
    };
    let html = section(&list(vec![shown("1", Some("x"), Some(before))]));
    for part in [
        "Corrected by <strong>ana</strong>, 2026-10-09 10:01 UTC: negative, bug, usability, no spam.",
        "<option value=\"negative\" selected>",
        "<option value=\"bug\" selected>",
        "<option value=\"no\" selected>",
    ] {
        assert!(html.contains(part), "{part} in {html}");
    }
    assert!(!html.contains(", as read<"), "what the engine read is not known any more: {html}");
}

#[test]
fn nothing_that_customers_or_colleagues_wrote_is_a_tag() {
    let mut one = shown("1", Some(NASTY), Some(Correction { spam: Some(true), ..Correction::default() }));
    one.theme = Some(NASTY.into());
    one.item.channel = NASTY.into();
    one.kept.as_mut().unwrap().who = NASTY.into();
    let html = section(&List { who: NASTY.into(), saved: Some(one.clone()), ..list(vec![one]) });
    assert!(!html.contains("<script") && !html.contains("<img") && !html.contains("value=\"<"), "{html}");
    assert!(html.contains("&lt;script&gt;alert(1)&lt;/script&gt; &quot;&gt;"), "{html}");
}

#[test]
fn every_control_has_a_label_and_every_id_stands_once() {
    let html = section(&List {
        saved: Some(shown("3", None, None)),
        ..list(vec![shown("1", None, None), shown("2", None, None)])
    });
    let count = |what: &str| html.matches(what).count();
    assert_eq!(count("<select") + count("<input name="), count("<label>"));
    assert_eq!((count("<form "), count("<label>"), count("type=\"submit\"")), (3, 12, 3));
    let ids: Vec<&str> = html.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let distinct: std::collections::BTreeSet<&&str> = ids.iter().collect();
    assert_eq!(ids.len(), distinct.len(), "{ids:?}");
    assert!(!html.contains(" style=") && !html.contains("<style") && !html.contains("javascript:"), "{html}");
}

#[test]
fn links_lead_through_the_pages_in_the_order_that_was_chosen() {
    let html = section(&List {
        order: Order::LeastSure,
        after: Some("0.3.fb_1".into()),
        next: Some("0.41.fb_2".into()),
        ..list(vec![shown("2", None, None)])
    });
    for part in [
        "<a href=\"/rollouts/ro_a?order=least_sure#statements\" aria-current=\"true\">Least sure first</a>",
        "<a href=\"/rollouts/ro_a?order=newest#statements\">Newest first</a>",
        "<a href=\"/rollouts/ro_a?order=least_sure&amp;after=0.41.fb_2#statements\" rel=\"next\">More statements</a>",
        "<a href=\"/rollouts/ro_a?order=least_sure#statements\" rel=\"first\">First page</a>",
        "<input type=\"hidden\" name=\"after\" value=\"0.3.fb_1\">",
    ] {
        assert!(html.contains(part), "{part} in {html}");
    }
}

#[test]
fn an_empty_list_says_so() {
    assert!(section(&list(Vec::new())).contains("Nobody said anything yet."));
}
