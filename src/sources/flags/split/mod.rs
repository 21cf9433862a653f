//! Split, now Harness Feature Management & Experimentation: the outgoing webhook for audit logs.
//!
//! It signs nothing, so that a delivery is as good as the secret in its address, and it comes twice at most. It holds a
//! flag's definition in one environment as text, after the change and before it, and a sentence that says what was done;
//! the project is not in it. A flag has no switch: unless it is killed it serves its definition, and so it is on here as
//! long as that gives anybody something else than `off`. After Harness' documentation, *Webhook for Audit Logs*.

mod definition;

use serde::Deserialize;

use self::definition::Definition;
use super::{
    BadBody, ChangeKind, Envelope, FlagChange, Incoming, Meaning, NAME_MAX, Repeats, Source, UnixMs, clean, facts, key,
    read_json, text, web,
};
use crate::sources::signature::schemes;

/// Split in the registry.
pub const SOURCE: Source = Source {
    name: "split",
    aliases: &["harness"],
    schemes: &[&schemes::SHARED],
    envelope,
    reads: is_flag,
    parse,
    keeps: &["content-type"],
};

/// The type of what changed: `Split` or `split`, as a flag was called; segments and the administration have others.
fn is_flag(kind: &str) -> bool {
    kind.eq_ignore_ascii_case("split")
}

#[derive(Deserialize)]
struct Kind {
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    name: String,
    change_number: i64,
    time: Option<i64>,
    definition: Option<String>,
    description: Option<String>,
    link: Option<String>,
    environment_name: Option<String>,
    environment_id: Option<String>,
    editor: Option<String>,
    previous: Option<Previous>,
}

#[derive(Deserialize)]
struct Previous {
    definition: Option<String>,
    description: Option<String>,
    editor: Option<String>,
}

fn envelope(incoming: &Incoming<'_>) -> Result<Envelope, BadBody> {
    let Kind { kind } = read_json(incoming.body)?;
    let event = clean(&kind, NAME_MAX);
    if !is_flag(&event) {
        return Ok(Envelope::of_body(event, incoming.body));
    }
    let e: Event = read_json(incoming.body)?;
    let place = text(e.environment_id).or_else(|| text(e.environment_name)).unwrap_or_default();
    let id = format!("{place}/{}/{}", key(&e.name, "name")?, e.change_number);
    Ok(Envelope { id, event, repeats: Repeats::Id })
}

fn parse(incoming: &Incoming<'_>) -> Result<Meaning, BadBody> {
    let Kind { kind } = read_json(incoming.body)?;
    if !is_flag(&kind) {
        return Ok(Meaning::Ignored(format!("changes of the type {} are not used", clean(&kind, NAME_MAX))));
    }
    let e: Event = read_json(incoming.body)?;
    let flag = key(&e.name, "name")?;
    let done = verb(e.description.as_deref(), e.editor.as_deref(), &e.name);
    let change = FlagChange {
        environment: text(e.environment_name).or_else(|| text(e.environment_id)),
        actor: text(e.editor),
        occurred_at: e.time.map(UnixMs),
        sequence: Some(e.change_number),
        source_event_id: Some(e.change_number.to_string()),
        url: web(e.link),
        ..FlagChange::new("split", flag, ChangeKind::MetadataChanged)
    };
    let now = Definition::read(e.definition.as_deref().unwrap_or_default());
    let serves =
        FlagChange { after: now.on(), percent_after: now.percent(), variants: now.variants(), ..change.clone() };
    let of = |kind| FlagChange { kind, ..change.clone() };
    let changes = match (done, e.previous) {
        (Some(Verb::Deleted), _) => vec![of(ChangeKind::Deleted)],
        (Some(Verb::Archived), _) => vec![of(ChangeKind::Archived)],
        (Some(Verb::Unarchived), _) => vec![of(ChangeKind::Restored)],
        (Some(Verb::Killed), _) => vec![FlagChange { after: Some(false), ..of(ChangeKind::Disabled) }],
        (Some(Verb::Restored), _) => {
            vec![FlagChange { kind: ChangeKind::Enabled, after: serves.after.or(Some(true)), ..serves }]
        }
        (_, None) => vec![FlagChange { kind: ChangeKind::Created, ..serves }],
        (done, Some(previous)) => {
            let killed =
                verb(previous.description.as_deref(), previous.editor.as_deref(), &e.name) == Some(Verb::Killed);
            let before = Definition::read(previous.definition.as_deref().unwrap_or_default());
            updated(&serves, &before, &now, killed, done == Some(Verb::Reallocated))
        }
    };
    Ok(facts(changes, String::new))
}

/// What an update changed. Where the change before it was a kill, the flag is still killed.
fn updated(
    serves: &FlagChange,
    before: &Definition,
    now: &Definition,
    killed: bool,
    reallocated: bool,
) -> Vec<FlagChange> {
    let whole = FlagChange {
        before: if killed { Some(false) } else { before.on() },
        after: if killed { Some(false) } else { now.on() },
        percent_before: before.percent(),
        // Back to nobody but those of single rules: their share is not told, and everybody else's is.
        percent_after: now.percent().or((before.percent().is_some() && now.everybody() == Some(0.0)).then_some(0.0)),
        ..serves.clone()
    };
    let of = |kind| FlagChange { kind, ..whole.clone() };
    if !before.is_told() || !now.is_told() {
        return vec![of(ChangeKind::TargetingChanged)];
    }
    let mut list = Vec::new();
    if (whole.before, whole.percent_before) != (whole.after, whole.percent_after) {
        list.push(of(ChangeKind::RolloutChanged));
    }
    let (had, has) = (before.treatments(), now.treatments());
    if before.variants() != now.variants() || (had != has && !had.is_empty() && !has.is_empty()) {
        list.push(of(ChangeKind::VariantsChanged));
    }
    if before.rules() != now.rules() || reallocated {
        list.push(of(ChangeKind::TargetingChanged));
    }
    if list.is_empty() {
        list.push(of(ChangeKind::MetadataChanged));
    }
    list
}

/// What the sentence says was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    Deleted,
    Killed,
    Restored,
    Reallocated,
    Archived,
    Unarchived,
}

const VERBS: &[(&str, Verb)] = &[
    ("deleted", Verb::Deleted),
    ("killed", Verb::Killed),
    ("restored", Verb::Restored),
    ("reallocated", Verb::Reallocated),
    ("archived", Verb::Archived),
    ("unarchived", Verb::Unarchived),
];

/// The verb of `rae killed feature new_checkout with comment '…'`: what stands before the flag. The rest are people's own
/// words, and so is who did it.
fn verb(description: Option<&str>, editor: Option<&str>, flag: &str) -> Option<Verb> {
    let text = description?;
    let text = text.split_once(" with comment").map_or(text, |(said, _)| said);
    let text = editor.filter(|e| !e.is_empty()).and_then(|e| text.strip_prefix(e)).unwrap_or(text);
    let mut words = text.split_whitespace().peekable();
    while let Some(word) = words.next() {
        let about_the_flag = |next: &&str| *next == flag || matches!(*next, "feature" | "split" | "flag");
        if let Some((_, verb)) = VERBS.iter().find(|(name, _)| word.eq_ignore_ascii_case(name))
            && words.peek().is_some_and(about_the_flag)
        {
            return Some(*verb);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::Fact;
    use super::*;
    use crate::domain::flag_state::FlagState;
    use crate::domain::signal::Exposure;

    #[test]
    fn a_change_is_known_by_flag_environment_and_number() {
        let body = |environment: &str| {
            format!(
                r#"{{"type": "Split", "name": "new_checkout", "changeNumber": 7, "environmentName": "{environment}"}}"#
            )
        };
        let id = |body: &str| {
            let headers = crate::sources::Headers::default();
            envelope(&Incoming::new(&headers, body.as_bytes(), UnixMs(0))).unwrap()
        };
        let told = id(&body("Prod"));
        assert_eq!((told.id.as_str(), told.repeats), ("Prod/new_checkout/7", Repeats::Id));
        assert_ne!(id(&body("Staging")).id, told.id);
    }

    #[test]
    fn a_flag_reaches_whom_its_definition_says_unless_it_is_killed() {
        let everybody = |shares: &str| format!("if user is in segment all then split {shares}");
        let beta = |rest: &str| format!("if user is in segment beta then split 100:on else {}", everybody(rest));
        let (done, killed) = ("rae updated feature f", "rae killed feature f");
        let mut state = FlagState::default();
        let mut before = serde_json::Value::Null;
        for (definition, description, exposure) in [
            (everybody("100:off"), "rae created feature f", Exposure::Off),
            (beta("100:off"), done, Exposure::Some),
            (beta("10:on,90:off"), done, Exposure::Percent(10.0)),
            (everybody("100:on"), done, Exposure::On),
            (everybody("100:on"), killed, Exposure::Off),
            (everybody("40:on,60:off"), done, Exposure::Off),
            (everybody("40:on,60:off"), "rae restored feature f", Exposure::Percent(40.0)),
            (beta("100:off"), done, Exposure::Off),
        ] {
            let mut now = serde_json::json!({"type": "Split", "name": "f", "changeNumber": 1,
                "definition": definition, "description": description});
            let previous = std::mem::replace(&mut before, now.clone());
            now["previous"] = previous;
            let headers = crate::sources::Headers::default();
            let meaning = parse(&Incoming::new(&headers, now.to_string().as_bytes(), UnixMs(0)));
            let Ok(Meaning::Facts(facts)) = meaning else { panic!("{meaning:?}") };
            for fact in facts {
                let Fact::Flag(change) = fact else { panic!("no change") };
                state.hear(&change.signal(UnixMs(0)).kind);
            }
            assert_eq!(state.exposure(), Some(exposure), "{definition} {description}");
        }
    }

    #[test]
    fn the_verb_is_what_was_done_to_the_flag_and_no_ones_words() {
        for (said, editor, done) in [
            ("rae killed feature new_checkout", "Rae Okafor", Some(Verb::Killed)),
            ("rae killed new_checkout with comment ''", "rae", Some(Verb::Killed)),
            ("Rae Okafor restored split new_checkout", "Rae Okafor", Some(Verb::Restored)),
            ("rae deleted feature new_checkout with comment 'killed feature new_checkout'", "rae", Some(Verb::Deleted)),
            ("rae updated feature new_checkout with comment 'deleted feature x'", "rae", None),
            ("killed feature updated feature new_checkout", "killed feature", None),
            ("rae updated feature killed", "rae", None),
            ("", "", None),
        ] {
            assert_eq!(verb(Some(said), Some(editor), "new_checkout"), done, "{said}");
        }
    }
}
