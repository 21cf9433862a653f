//! `ConfigCat`: the webhook, whose body is a template of the user's. hearback reads this one, set as *Request body* with
//! the method POST:
//!
//! ```json
//! {"configId":"##ConfigId##","configName":"##ConfigName##","environmentId":"##EnvironmentId##","environmentName":"##EnvironmentName##","url":"##URL##","changedBy":"##ChangedBy##","changes":##ChangeDetails##}
//! ```
//!
//! The notes are left out: nothing is read of them, and `ConfigCat` is not known to escape the quotes that people put into
//! them. A body that can't be read is accepted all the same and says what to set, because whatever is refused is sent five
//! times more.
//!
//! The request's id is another one with each attempt, and its time stands in a signed header alone. After `ConfigCat`'s
//! documentation, *Notifications - Webhooks*.

mod details;

use std::collections::BTreeMap;

use serde::Deserialize;

use self::details::Told;
use super::{
    BadBody, CHANGES_MAX, ChangeKind, Envelope, FlagChange, Incoming, Meaning, NAME_MAX, Source, UnixMs, clean, facts,
    key, read_json, text, web,
};
use crate::sources::signature::schemes;
use crate::time::{MINUTE_MS, SECOND_MS};

/// `ConfigCat` in the registry.
pub const SOURCE: Source = Source {
    name: "configcat",
    aliases: &[],
    schemes: &[&schemes::CONFIGCAT],
    envelope,
    reads: |_| true,
    parse,
    keeps: &[SENT_AT, "content-type"],
};

/// The request body to set at `ConfigCat`.
const TEMPLATE: &str = r###"{"configId":"##ConfigId##","configName":"##ConfigName##","environmentId":"##EnvironmentId##","environmentName":"##EnvironmentName##","url":"##URL##","changedBy":"##ChangedBy##","changes":##ChangeDetails##}"###;
/// The header of the time at which it was sent, s since 1970; it is signed.
const SENT_AT: &str = "x-configcat-webhook-timestamp";
/// The same body again within this time is a repetition, ms. Bodies hold neither an id nor a time.
const REPEATS_MS: i64 = 10 * MINUTE_MS;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    config_id: Option<String>,
    config_name: Option<String>,
    environment_id: Option<String>,
    environment_name: Option<String>,
    url: Option<String>,
    changed_by: Option<String>,
    changes: Option<Vec<Change>>,
}

#[derive(Deserialize)]
struct Change {
    #[serde(rename = "settingKey")]
    key: String,
    event: Option<String>,
    details: Option<String>,
}

fn envelope(incoming: &Incoming<'_>) -> Result<Envelope, BadBody> {
    let start = incoming.body.trim_ascii_start().first();
    if !matches!(start, Some(b'{' | b'[')) {
        return Err(BadBody::of("", format!("not JSON: set the webhook's request body to {TEMPLATE}")));
    }
    Ok(Envelope::within("changed", incoming.body, REPEATS_MS))
}

fn parse(incoming: &Incoming<'_>) -> Result<Meaning, BadBody> {
    envelope(incoming)?;
    let set = |what: &str| Ok(Meaning::Ignored(format!("{what}: set the webhook's request body to {TEMPLATE}")));
    if incoming.body.trim_ascii_start().starts_with(b"[") {
        return set("the body names no environment");
    }
    let body: Body = match read_json(incoming.body) {
        Ok(body) => body,
        Err(bad) if bad.problem.starts_with("not JSON") => {
            let why = "quotes in notes or names break it, so leave those out";
            return Ok(Meaning::Ignored(format!("{bad}: {why}, as in {TEMPLATE}")));
        }
        Err(bad) => return set(&clean(&bad.to_string(), NAME_MAX)),
    };
    let Some(environment) = text(body.environment_name).or_else(|| text(body.environment_id)) else {
        return set("the body names no environment");
    };
    let Some(changes) = body.changes else { return set("the body holds no changes") };
    let seconds = incoming.headers.get(SENT_AT).and_then(|t| t.parse::<i64>().ok());
    let change = FlagChange {
        project: text(body.config_name).or_else(|| text(body.config_id)),
        environment: Some(environment),
        actor: text(body.changed_by),
        occurred_at: seconds.map(|s| UnixMs(s.saturating_mul(SECOND_MS))),
        url: web(body.url),
        ..FlagChange::new("configcat", "", ChangeKind::MetadataChanged)
    };
    // What is said of one setting in several places belongs together: a share tells what a value means.
    let mut settings: BTreeMap<String, Told> = BTreeMap::new();
    for Change { key: name, event, details } in changes {
        let Ok(flag) = key(&name, "settingKey") else { return set("a change names no setting") };
        settings.entry(flag).or_default().hear(&name, event.as_deref(), details.as_deref().unwrap_or_default());
    }
    let changes = settings.into_iter().flat_map(|(flag, told)| told.changes(&FlagChange { flag, ..change.clone() }));
    Ok(facts(changes.take(CHANGES_MAX + 1).collect(), || "no setting changed".into()))
}

#[cfg(test)]
mod tests {
    use super::super::Fact;
    use super::*;
    use crate::domain::flag::Scope;
    use crate::domain::flag_state::FlagState;
    use crate::domain::signal::Exposure;
    use crate::sources::Headers;

    fn read(body: &str) -> Result<Meaning, BadBody> {
        let headers = Headers([(SENT_AT.to_owned(), "1791540000".to_owned())].into());
        parse(&Incoming::new(&headers, body.as_bytes(), UnixMs(0)))
    }

    fn rendered(name: &str, details: &str) -> String {
        let changes = serde_json::json!([{"settingKey": "newCheckout", "event": "changed", "details": details}]);
        TEMPLATE
            .replace("##ConfigName##", name)
            .replace("##EnvironmentName##", "Production")
            .replace("##ChangeDetails##", &changes.to_string())
    }

    fn changes(details: &str) -> Vec<FlagChange> {
        let Ok(Meaning::Facts(facts)) = read(&rendered("Main Config", details)) else { panic!("no facts: {details}") };
        facts.into_iter().map(|f| if let Fact::Flag(change) = f { *change } else { panic!("no change") }).collect()
    }

    #[test]
    fn the_template_in_the_documentation_is_the_one_that_refusals_tell() {
        let documentation = format!("//! {TEMPLATE}\n");
        assert!(include_str!("mod.rs").contains(&documentation));
    }

    #[test]
    fn a_template_that_quotes_broke_is_accepted_and_says_what_to_do() {
        for name in ["say \"hi\"", "a\nb", "\\x"] {
            let Ok(Meaning::Ignored(why)) = read(&rendered(name, "newCheckout: false ➔ true")) else {
                panic!("{name}")
            };
            assert!(why.contains("leave those out") && why.contains(TEMPLATE), "{why}");
        }
        let Ok(Meaning::Ignored(why)) = read(r#"{"environmentName": "Production", "changes": "soon"}"#) else {
            panic!()
        };
        assert!(why.starts_with("changes: expected a sequence: set the"), "{why}");
    }

    #[test]
    fn what_is_no_template_at_all_is_refused_with_the_template() {
        for body in ["", "  ", "newCheckout changed", "text=newCheckout"] {
            let bad = envelope(&Incoming::new(&Headers::default(), body.as_bytes(), UnixMs(0))).unwrap_err();
            assert!(bad.problem.ends_with(TEMPLATE), "{body}");
            assert_eq!(read(body), Err(bad));
        }
    }

    #[test]
    fn shares_stand_before_the_value() {
        let shares = "newCheckout:\r\n  Rollout percentage items changed:\r\n    + 20% true\r\n    + 80% false";
        let told = changes(&format!("\r\nnewCheckout: true ➔ false\r\n{shares}"));
        assert_eq!(told.len(), 1);
        assert_eq!(
            (told[0].kind, told[0].after, told[0].percent_after),
            (ChangeKind::RolloutChanged, Some(true), Some(20.0))
        );
        assert_eq!(told[0].scope, Scope::Flag);
    }

    #[test]
    fn a_setting_reaches_whom_its_shares_and_else_its_value_say() {
        let shares = |lines: &str| format!("newCheckout:\n  Rollout percentage items changed:\n{lines}\n");
        let mut state = FlagState::default();
        for (details, exposure) in [
            (shares("+ 20% true\n+ 80% false"), Exposure::Percent(20.0)),
            (shares("- 20% true\n- 80% false\n+ 50% true\n+ 50% false"), Exposure::Percent(50.0)),
            (shares("- 50% true\n- 50% false") + "newCheckout: false ➔ true", Exposure::On),
            ("newCheckout: true ➔ false".to_owned(), Exposure::Off),
            (shares("+ 5% true\n+ 95% false") + "newCheckout: false ➔ true", Exposure::Percent(5.0)),
            (shares("- 5% true\n- 95% false\n+ 0% true\n+ 100% false"), Exposure::Off),
        ] {
            for change in changes(&details) {
                state.hear(&change.signal(UnixMs(0)).kind);
            }
            assert_eq!(state.exposure(), Some(exposure), "{details}");
        }
    }

    #[test]
    fn only_what_is_whole_and_of_the_setting_itself_is_a_share_or_a_value() {
        for (details, kind) in [
            // The value of a rule, and a share of those whom a rule catches.
            ("newCheckout:\n  newCheckout: false ➔ true", ChangeKind::TargetingChanged),
            ("newCheckout:\n  Rule 1:\n    + 20% true\n    + 80% false", ChangeKind::TargetingChanged),
            ("otherFlag: false ➔ true", ChangeKind::TargetingChanged),
            ("", ChangeKind::TargetingChanged),
            ("newCheckout: \"true\" ➔ \"false\"", ChangeKind::VariantsChanged),
        ] {
            let told = changes(details);
            assert_eq!(told.iter().map(|c| c.kind).collect::<Vec<_>>(), [kind], "{details}");
            assert_eq!((told[0].after, told[0].percent_after), (None, None), "{details}");
        }
        for shares in ["+ 20% true\n+ 70% false", "+ 200% true\n+ 80% false", "+ x% true\n+ 80% false"] {
            let told = changes(&format!("newCheckout:\n  Rollout percentage items changed:\n{shares}"));
            assert!(told.iter().all(|c| c.percent_after.is_none()), "{shares}");
        }
    }

    #[test]
    fn people_are_told_the_same_template() {
        assert!(include_str!("../../../../deploy/flags.md").contains(TEMPLATE));
    }
}
