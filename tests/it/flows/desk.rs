//! People correct readings on a rollout's page: by a form, from this machine's own pages only.

use std::collections::BTreeMap;

use hearback::store::corrections;
use reqwest::header::{HeaderMap, LOCATION, ORIGIN, SET_COOKIE};
use serde_json::{Value, json};

use super::house::{House, TAG};
use crate::databases::{Kind, on_both};

on_both![
    a_form_corrects_a_reading_and_what_follows_from_it,
    a_form_from_elsewhere_changes_nothing,
    what_customers_wrote_stays_text,
    pages_of_statements_hold_each_once,
];

/// A browser on the house's own machine.
struct Browser {
    client: reqwest::Client,
    url: String,
    cookie: Option<String>,
}

/// What a browser sends with the form of a statement.
type Form = BTreeMap<String, String>;

impl Browser {
    fn of(house: &House) -> Self {
        let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { client, url: house.url().to_owned(), cookie: None }
    }

    async fn open(&self, path: &str) -> String {
        let mut request = self.client.get(format!("{}{path}", self.url));
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        answer.text().await.unwrap()
    }

    /// Sends a form as the browser would from a page of `origin`. Gives the status and the headers.
    async fn send(&self, id: &str, form: &Form, origin: Option<&str>, site: Option<&str>) -> (u16, HeaderMap) {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let mut request = self.client.post(format!("{}/feedback/{id}/reading", self.url)).body(body);
        request = request.header("content-type", "application/x-www-form-urlencoded");
        for (name, value) in [(ORIGIN.as_str(), origin), ("sec-fetch-site", site)] {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.headers().clone())
    }

    /// Sends a form from the page itself, and opens the page to which that leads.
    async fn submit(&mut self, id: &str, form: &Form) -> String {
        let (status, headers) = self.send(id, form, Some(&self.url), Some("same-origin")).await;
        assert_eq!(status, 303);
        let cookie = headers[SET_COOKIE].to_str().unwrap();
        assert!(cookie.contains("; HttpOnly; SameSite=Strict"), "{cookie}");
        self.cookie = cookie.split(';').next().map(ToOwned::to_owned);
        let to = headers[LOCATION].to_str().unwrap();
        assert!(to.ends_with("#saved"), "{to}");
        self.open(to.split('#').next().unwrap()).await
    }
}

/// The article of a statement on a page.
fn article<'a>(page: &'a str, id: &str) -> &'a str {
    let begin = page.find(&format!("<article id=\"{id}\"")).unwrap_or_else(|| panic!("no {id} in {page}"));
    page[begin..].split("</article>").next().unwrap()
}

/// The form of a statement as it stands on a page, with nothing chosen but the name.
fn form(page: &str, id: &str) -> Form {
    let hidden = article(page, id).split("<input type=\"hidden\" name=\"").skip(1);
    let mut form: Form = hidden
        .map(|rest| {
            let (name, rest) = rest.split_once("\" value=\"").unwrap();
            (name.to_owned(), rest.split('"').next().unwrap().to_owned())
        })
        .collect();
    form.extend([("who".to_owned(), "Ana Müller".to_owned())]);
    form.extend(["sentiment", "intent", "spam"].map(|name| (name.to_owned(), String::new())));
    form
}

fn with(mut form: Form, chosen: &[(&str, &str)]) -> Form {
    form.extend(chosen.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    form
}

async fn say(house: &House, user: &str, text: &str) -> String {
    let answer = house.post(json!({"release": TAG, "user": user, "text": text})).await;
    answer["accepted"][0]["id"].as_str().unwrap().to_owned()
}

/// Three people and one of them is heard wrongly. Gives the statements' ids.
async fn said(house: &House) -> Vec<String> {
    let mut ids = Vec::new();
    for (user, text) in [
        ("ana", "The checkout crashes when I tap pay"),
        ("ben", "The checkout crashes when I tap pay, every time"),
        ("cleo", "Oh wonderful, the checkout is so great that I ordered elsewhere"),
    ] {
        ids.push(say(house, user, text).await);
    }
    house.work().await;
    ids
}

async fn json(house: &House, what: &str) -> Value {
    let id = house.rollout().await;
    serde_json::from_str(&house.get(&format!("/v1/rollouts/{id}/{what}")).await).unwrap()
}

async fn a_form_corrects_a_reading_and_what_follows_from_it(kind: Kind) {
    let house = House::with_release(kind, &[]).await;
    let ids = said(&house).await;
    let mut browser = Browser::of(&house);
    let path = format!("/rollouts/{}", house.rollout().await);
    let page = browser.open(&path).await;
    assert!(article(&page, &ids[2]).contains("Feels <strong>positive</strong>"), "{page}");
    let people = |report: &Value| report["sentiment"]["negative"].clone();
    assert_eq!(people(&json(&house, "report").await), 2);

    // At once: no loop has worked in between.
    let chosen = with(form(&page, &ids[2]), &[("sentiment", "negative"), ("intent", "bug")]);
    let page = browser.submit(&ids[2], &chosen).await;
    let saved = article(&page, &ids[2]);
    for part in [
        "Feels <strong>negative</strong> (corrected)",
        "wants <strong>bug</strong> (corrected)",
        "Corrected by <strong>Ana Müller</strong>, 2026-10-09 10:00 UTC: negative, bug.",
        "<option value=\"negative\" selected>",
        "value=\"Ana Müller\"",
    ] {
        assert!(saved.contains(part), "{part} in {saved}");
    }
    assert!(page.contains("3 negative"), "the report on the page counts it: {page}");
    let report = json(&house, "report").await;
    assert_eq!((people(&report), &report["statements"]), (json!(3), &json!(3)), "counted once");
    let themes = json(&house, "themes").await;
    let of = |id: &str, all: &Value| {
        all["feedback"].as_array().unwrap().iter().find(|f| f["id"] == id).unwrap()["theme"].clone()
    };
    let theme = of(&ids[2], &json(&house, "feedback").await);
    let counted = themes["themes"].as_array().unwrap().iter().find(|t| t["id"] == theme).expect("its theme");
    assert_eq!(counted["sentiment"]["positive"], 0, "its theme feels what it feels: {counted}");
    let mut tx = house.ctx.db.read().await.unwrap();
    let learned = corrections::with_texts(&mut tx).await.unwrap();
    drop(tx);
    assert_eq!(learned.len(), 1, "what train learns from");
    assert!(learned[0].0.starts_with("Oh wonderful"), "{learned:?}");

    // Of what was corrected nobody is in doubt; the one that was saved stands above the list all the same.
    let doubts = browser.open(&format!("{path}?order=least_sure")).await;
    assert!(!doubts.contains(&format!("<article id=\"{}\"", ids[2])) && doubts.contains(&ids[0]), "{doubts}");

    // Spam counts nowhere; and what is left to the engine is the engine's again.
    let page = browser.submit(&ids[0], &with(form(&doubts, &ids[0]), &[("spam", "yes")])).await;
    assert!(article(&page, &ids[0]).contains("<strong>spam</strong>"), "{page}");
    assert!(page.contains("Least sure first</a>") && page.contains("aria-current=\"true\">Least sure"), "{page}");
    assert_eq!(people(&json(&house, "report").await), 2);
    let page = browser.submit(&ids[0], &form(&page, &ids[0])).await;
    assert!(page.contains("Read by the engine again"), "{page}");
    let page = browser.submit(&ids[2], &form(&browser.open(&path).await, &ids[2])).await;
    assert!(article(&page, &ids[2]).contains("Feels <strong>positive</strong>"), "{page}");
    let report = json(&house, "report").await;
    assert_eq!(report["sentiment"], json!({"negative": 2, "mixed": 0, "neutral": 0, "positive": 1}));
    let mut tx = house.ctx.db.read().await.unwrap();
    assert_eq!(corrections::with_texts(&mut tx).await.unwrap(), []);
    drop(tx);
    house.work().await;
    house.later(2 * 60_000).await;
    house.finish().await;
}

async fn a_form_from_elsewhere_changes_nothing(kind: Kind) {
    let house = House::with_release(kind, &[]).await;
    let ids = said(&house).await;
    let browser = Browser::of(&house);
    let page = browser.open(&format!("/rollouts/{}", house.rollout().await)).await;
    let good = with(form(&page, &ids[0]), &[("sentiment", "positive")]);
    let (here, none) = (browser.url.as_str(), None);
    let port = here.rsplit(':').next().unwrap();
    let (named, other) = (format!("http://localhost:{port}"), here.replace(port, "1"));
    for (origin, site) in [
        (Some("https://evil.example"), Some("cross-site")),
        (Some("https://evil.example"), none),
        (Some("null"), none),
        (Some("null"), Some("same-origin")),
        (none, none),
        (none, Some("same-origin")),
        (Some(here), Some("cross-site")),
        (Some(here), Some("same-site")),
        (Some(here), Some("none")),
        (Some(named.as_str()), none),
        (Some(other.as_str()), Some("same-site")),
    ] {
        assert_eq!(browser.send(&ids[0], &good, origin, site).await.0, 403, "{origin:?} {site:?}");
    }
    let (from, site) = (Some(here), Some("same-origin"));
    // What another statement's form carries, nothing, and rubbish.
    for token in [form(&page, &ids[1])["token"].as_str(), "", "é", &good["token"][1..]] {
        let bad = with(good.clone(), &[("token", token)]);
        assert_eq!(browser.send(&ids[0], &bad, from, site).await.0, 403, "{token}");
    }
    for (field, value) in [
        ("sentiment", "angry"),
        ("intent", "Bug"),
        ("spam", "true"),
        ("who", "  "),
        ("who", "a\nb"),
        ("who", "x".repeat(101).as_str()),
        ("order", "oldest"),
        ("after", "https://evil.example"),
        ("after", "1.fb_a&saved=fb_b"),
        ("unknown", "x"),
    ] {
        let bad = with(good.clone(), &[(field, value)]);
        assert_eq!(browser.send(&ids[0], &bad, from, site).await.0, 400, "{field}={value}");
    }
    let mut tx = house.ctx.db.read().await.unwrap();
    assert_eq!(corrections::with_texts(&mut tx).await.unwrap(), []);
    drop(tx);
    // Two days later the page is too old; loaded anew it works, from a browser too that tells no Sec-Fetch-Site.
    house.later(2 * 24 * 60 * 60_000).await;
    assert_eq!(browser.send(&ids[0], &good, from, site).await.0, 403);
    let page = browser.open(&format!("/rollouts/{}", house.rollout().await)).await;
    assert_eq!(browser.send(&ids[0], &with(form(&page, &ids[0]), &[("spam", "no")]), from, None).await.0, 303);
    house.work().await;
    house.later(2 * 60_000).await;
    house.finish().await;
}

async fn what_customers_wrote_stays_text(kind: Kind) {
    let house = House::with_release(kind, &[]).await;
    let id =
        say(&house, "eve", "</blockquote><script>alert(1)</script><img src=x onerror=alert(1)> it is broken").await;
    house.work().await;
    let mut browser = Browser::of(&house);
    let page = browser.open(&format!("/rollouts/{}", house.rollout().await)).await;
    let chosen = with(form(&page, &id), &[("sentiment", "mixed"), ("who", "<script>who</script>")]);
    for page in [&page, &browser.submit(&id, &chosen).await] {
        assert!(!page.contains("<script") && !page.contains("<img"), "{page}");
        assert!(article(page, &id).contains("&lt;/blockquote&gt;&lt;script&gt;alert(1)"), "{page}");
    }
    house.work().await;
    house.later(2 * 60_000).await;
    house.finish().await;
}

async fn pages_of_statements_hold_each_once(kind: Kind) {
    let house = House::with_release(kind, &[]).await;
    let texts = ["it crashes", "love it", "where is the export", "please add a dark mode", "the menu is confusing"];
    let mut ids = Vec::new();
    for n in 0..45_usize {
        ids.push(say(&house, &format!("u{n}"), &format!("{} number {n}", texts[n % texts.len()])).await);
        house.clock.advance(1_000);
    }
    house.work().await;
    let browser = Browser::of(&house);
    let rollout = house.rollout().await;
    ids.sort();
    for order in ["newest", "least_sure"] {
        let (mut seen, mut pages) = (Vec::new(), 0);
        let mut next = Some(format!("/rollouts/{rollout}?order={order}"));
        while let Some(path) = next {
            let page = browser.open(&path).await;
            let articles = page.split("<article id=\"").skip(1);
            seen.extend(articles.map(|rest| rest.split('"').next().unwrap().to_owned()));
            pages += 1;
            assert_eq!(page.contains("How sure this is"), pages == 1, "the report stands on the first page alone");
            let link = page.split("<a href=\"").skip(1).find(|rest| rest.contains("rel=\"next\">More"));
            next = link.map(|rest| rest.split('#').next().unwrap().replace("&amp;", "&"));
        }
        assert_eq!(pages, 3);
        seen.sort();
        assert_eq!(seen, ids, "{order}");
    }
    house.later(2 * 60_000).await;
    house.read_comments();
    house.finish().await;
}
