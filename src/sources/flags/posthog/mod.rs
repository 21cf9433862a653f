//! `PostHog`: an HTTP webhook destination on *Team activity* for feature flags, with its default body.
//!
//! Newer versions sign with Standard Webhooks where a signing secret is set; of older ones a header *Authorization* is
//! asked for. The body is an entry of the activity log, with each changed field before and after; what a new flag is like
//! is not in it. A project has no environments. A flag reaches as many as the widest of its condition sets does, whose
//! share is null for everybody, and the variants' percentages are of those. A scheduled change says that it is one, and
//! so does a rollback that the flag's own rollback conditions made. After `activity_log.py`, `feature_flag.py` and
//! `webhook.template.ts` of PostHog/posthog.

pub(crate) mod filters;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;

use self::filters::Filters;
use super::{
    BadBody, ChangeKind, Envelope, FlagChange, Hand, Incoming, Meaning, NAME_MAX, Repeats, Source, UnixMs, clean,
    facts, key, read_json, text, web,
};
use crate::sources::signature::schemes;

/// `PostHog` in the registry.
pub const SOURCE: Source = Source {
    name: "posthog",
    aliases: &[],
    schemes: &[&schemes::STANDARD, &schemes::SHARED],
    envelope,
    reads: |event| event == OF_FLAGS,
    parse,
    keeps: &["webhook-id", "content-type"],
};

/// The event under which the activity log is sent, whatever was done.
const ACTIVITY: &str = "$activity_log_entry_created";
/// The same of flags. The log tells of persons and insights too, whose entries are not kept.
const OF_FLAGS: &str = "$activity_log_entry_created/FeatureFlag";
/// The default body of the webhook.
const DEFAULT_BODY: &str = r#"{"event": "{event}", "person": "{person}"}"#;

#[derive(Deserialize)]
struct Body {
    event: Option<Event>,
}

#[derive(Deserialize)]
struct Event {
    uuid: Option<String>,
    #[serde(rename = "event")]
    name: Option<String>,
    properties: Option<Box<RawValue>>,
    timestamp: Option<String>,
    url: Option<String>,
}

#[derive(Deserialize)]
struct Scope {
    scope: Option<String>,
}

#[derive(Deserialize)]
struct Entry {
    activity: String,
    item_id: Option<String>,
    user: Option<User>,
    detail: Detail,
    created_at: Option<String>,
}

#[derive(Deserialize)]
struct User {
    first_name: Option<String>,
    email: Option<String>,
}

#[derive(Deserialize)]
struct Detail {
    name: String,
    trigger: Option<Trigger>,
    changes: Option<Vec<Change>>,
}

#[derive(Deserialize)]
struct Trigger {
    job_type: Option<String>,
}

/// One field before and after; null where there is none.
#[derive(Deserialize)]
struct Change {
    field: Option<String>,
    before: Option<Box<RawValue>>,
    after: Option<Box<RawValue>>,
}

impl Event {
    fn read(body: &[u8]) -> Result<Self, BadBody> {
        let body: Body = read_json(body)?;
        let expected = || format!("expected an event: leave the webhook's body as it is by default, {DEFAULT_BODY}");
        body.event.ok_or_else(|| BadBody::of("event", expected()))
    }

    fn properties<T: DeserializeOwned>(&self) -> Result<T, BadBody> {
        let inside = |e: BadBody| {
            let field = format!("event.properties.{}", e.field);
            BadBody { field: field.trim_end_matches('.').to_owned(), ..e }
        };
        read_json(self.properties.as_deref().map_or("{}", RawValue::get).as_bytes()).map_err(inside)
    }

    /// The kind of event, for entries of the activity log with what they are about.
    fn kind(&self) -> Result<String, BadBody> {
        let kind = self.name.as_deref().unwrap_or_default();
        if kind != ACTIVITY {
            return Ok(clean(kind, NAME_MAX));
        }
        let Scope { scope } = self.properties()?;
        Ok(clean(&format!("{kind}/{}", scope.unwrap_or_default()), NAME_MAX))
    }

    /// The project's address and id, from the event's own: `https://us.posthog.com/project/1/events/…`.
    fn project(&self) -> Option<(&str, &str)> {
        let url = self.url.as_deref()?;
        let (at, word) = ["/project/", "/projects/"].iter().find_map(|word| Some((url.find(word)?, *word)))?;
        let id = url[at + word.len()..].split('/').next().filter(|id| !id.is_empty())?;
        Some((&url[..at + word.len() + id.len()], id))
    }
}

fn envelope(incoming: &Incoming<'_>) -> Result<Envelope, BadBody> {
    let e = Event::read(incoming.body)?;
    let event = e.kind()?;
    // The event's own id: the header's is that of one destination's delivery, and two may send the same event.
    Ok(match text(e.uuid).or_else(|| text(incoming.headers.get("webhook-id").map(str::to_owned))) {
        Some(id) => Envelope { id, event, repeats: Repeats::Id },
        None => Envelope::of_body(event, incoming.body),
    })
}

fn parse(incoming: &Incoming<'_>) -> Result<Meaning, BadBody> {
    let e = Event::read(incoming.body)?;
    let kind = e.kind()?;
    if kind != OF_FLAGS {
        return Ok(Meaning::Ignored(format!("{kind} is not about flags")));
    }
    let entry: Entry = e.properties()?;
    Ok(facts(entry.told(&e)?, || format!("the activity {} changes no flag", clean(&entry.activity, NAME_MAX))))
}

impl Entry {
    fn told(&self, e: &Event) -> Result<Vec<FlagChange>, BadBody> {
        let whole = self.whole(e)?;
        let of = |kind| FlagChange { kind, ..whole.clone() };
        let deleted = self.changed("deleted").and_then(Change::after).and_then(|v| truth(&v));
        Ok(match (self.activity.as_str(), deleted) {
            ("created", _) => vec![of(ChangeKind::Created)],
            ("deleted", _) | ("updated", Some(true)) => vec![of(ChangeKind::Deleted)],
            ("restored", _) | ("updated", Some(false)) => vec![of(ChangeKind::Restored)],
            ("updated", None) => self.updated(&whole)?,
            _ => Vec::new(),
        })
    }

    /// What an update changed, each by itself and with all that is told of the flag.
    fn updated(&self, whole: &FlagChange) -> Result<Vec<FlagChange>, BadBody> {
        let of = |kind| FlagChange { kind, ..whole.clone() };
        let mut list = Vec::new();
        // Programs ask by the key: nobody gets the flag under the old one, and nothing is known of the new one.
        if let Some(old) = self.changed("key").and_then(Change::before).as_ref().and_then(Value::as_str) {
            list.push(FlagChange { flag: key(old, "event.properties.detail.changes")?, ..of(ChangeKind::Deleted) });
            list.push(of(ChangeKind::Created));
        }
        match (whole.before, whole.after) {
            (before, Some(true)) if before != Some(true) => list.push(of(ChangeKind::Enabled)),
            (before, Some(false)) if before != Some(false) => list.push(of(ChangeKind::Disabled)),
            _ => {}
        }
        if let Some(change) = self.changed("filters") {
            let (before, now) = change.filters();
            list.extend(Filters::changed(before.as_ref(), now.as_ref()).into_iter().map(of));
        }
        if list.is_empty() {
            list.push(of(ChangeKind::MetadataChanged));
        }
        Ok(list)
    }

    fn whole(&self, e: &Event) -> Result<FlagChange, BadBody> {
        let active = self.changed("active");
        let (before, now) = self.changed("filters").map(Change::filters).unwrap_or_default();
        let scheduled = self.detail.trigger.as_ref().and_then(|t| t.job_type.as_deref()) == Some("scheduled_change");
        let rolled_back = self.changed("performed_rollback").and_then(Change::after).and_then(|v| truth(&v));
        let project = e.project();
        let at = self.created_at.as_deref().or(e.timestamp.as_deref());
        let link = |(at, id): (&str, &String)| web(Some(format!("{at}/feature_flags/{id}")));
        Ok(FlagChange {
            project: project.and_then(|(_, id)| text(Some(id.to_owned()))),
            before: active.and_then(Change::before).and_then(|v| truth(&v)),
            after: active.and_then(Change::after).and_then(|v| truth(&v)),
            percent_before: before.as_ref().and_then(Filters::widest),
            percent_after: now.as_ref().and_then(Filters::widest),
            variants: now.as_ref().map(Filters::variants).unwrap_or_default(),
            hand: match (rolled_back, scheduled) {
                (Some(true), _) => Hand::Guard,
                (_, true) => Hand::Ramp,
                (_, false) => Hand::Person,
            },
            actor: self.user.as_ref().and_then(|u| text(u.email.clone()).or_else(|| text(u.first_name.clone()))),
            occurred_at: at.and_then(UnixMs::parse_rfc3339),
            sequence: self.changed("version").and_then(Change::after).and_then(|v| v.as_i64()),
            source_event_id: text(e.uuid.clone()),
            url: project.map(|(at, _)| at).zip(self.item_id.as_ref()).and_then(link),
            ..FlagChange::new("posthog", self.key()?, ChangeKind::MetadataChanged)
        })
    }

    /// The flag's key. One that is deleted may leave it to the next flag and be called `new-checkout:deleted:4321`.
    fn key(&self) -> Result<String, BadBody> {
        let suffix = format!(":deleted:{}", self.item_id.as_deref().unwrap_or_default());
        let name = &self.detail.name;
        key(name.strip_suffix(&suffix).unwrap_or(name), "event.properties.detail.name")
    }

    fn changed(&self, field: &str) -> Option<&Change> {
        self.detail.changes.iter().flatten().find(|c| c.field.as_deref() == Some(field))
    }
}

impl Change {
    fn before(&self) -> Option<Value> {
        serde_json::from_str(self.before.as_deref()?.get()).ok()
    }

    fn after(&self) -> Option<Value> {
        serde_json::from_str(self.after.as_deref()?.get()).ok()
    }

    fn filters(&self) -> (Option<Filters>, Option<Filters>) {
        let read = |side: &Option<Box<RawValue>>| Filters::read(side.as_deref()?.get());
        (read(&self.before), read(&self.after))
    }
}

/// What is told as true or as `"true"`.
fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(b) => Some(*b),
        Value::Number(n) => n.as_i64().map(|n| n != 0),
        Value::String(s) if s.eq_ignore_ascii_case("true") => Some(true),
        Value::String(s) if s.eq_ignore_ascii_case("false") => Some(false),
        Value::Null | Value::String(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::Fact;
    use super::*;
    use crate::sources::Headers;
    use serde_json::json;

    fn entry(activity: &str, changes: &Value) -> Value {
        let properties = json!({"activity": activity, "scope": "FeatureFlag", "item_id": "4321",
            "detail": {"name": "new-checkout", "changes": changes}});
        json!({"event": {"uuid": "u-1", "event": ACTIVITY, "properties": properties}})
    }

    fn read(body: &Value) -> Result<Meaning, BadBody> {
        parse(&Incoming::new(&Headers::default(), body.to_string().as_bytes(), UnixMs(0)))
    }

    fn told(changes: &Value) -> Vec<FlagChange> {
        let Ok(Meaning::Facts(facts)) = read(&entry("updated", changes)) else { panic!("no facts: {changes}") };
        facts.into_iter().map(|f| if let Fact::Flag(change) = f { *change } else { panic!("no change") }).collect()
    }

    #[test]
    fn an_event_is_the_same_whichever_destination_sends_it() {
        let body = entry("updated", &Value::Null).to_string();
        for id in ["d-1", "d-2"] {
            let headers = Headers([("webhook-id".to_owned(), id.to_owned())].into());
            let envelope = envelope(&Incoming::new(&headers, body.as_bytes(), UnixMs(0))).unwrap();
            let same = Envelope { id: "u-1".into(), event: OF_FLAGS.into(), repeats: Repeats::Id };
            assert_eq!(envelope, same);
        }
    }

    #[test]
    fn active_is_read_in_each_way_that_it_is_written() {
        for (value, on) in [(json!(true), true), (json!("True"), true), (json!(1), true), (json!("false"), false)] {
            let change = &told(&json!([{"field": "active", "before": null, "after": value}]))[0];
            assert_eq!((change.kind == ChangeKind::Enabled, change.after), (on, Some(on)), "{value}");
        }
        let same = json!([{"field": "active", "before": true, "after": true}]);
        assert_eq!(told(&same)[0].kind, ChangeKind::MetadataChanged);
    }

    #[test]
    fn the_share_is_the_widest_condition_sets_or_not_known() {
        for (filters, share) in [
            (json!({"groups": [{"rollout_percentage": 5}, {"rollout_percentage": "12.5"}]}), Some(12.5)),
            (json!({"groups": [{"rollout_percentage": 5}, {"properties": []}]}), Some(100.0)),
            (json!({"groups": [{"rollout_percentage": 5}, {"rollout_percentage": 500}]}), None),
            (json!({"groups": []}), Some(0.0)),
            (json!({"groups": [], "super_groups": [{"rollout_percentage": 100}]}), None),
            (json!({"groups": "all"}), None),
            (json!({}), None),
            (json!("all"), None),
        ] {
            let change = &told(&json!([{"field": "filters", "before": {}, "after": filters}]))[0];
            assert_eq!((change.percent_before, change.percent_after), (None, share), "{filters}");
        }
    }

    #[test]
    fn another_body_than_the_default_says_what_to_set() {
        let bad = read(&json!({"text": "new-checkout changed"})).unwrap_err();
        assert_eq!(bad.field, "event");
        assert!(bad.problem.contains(DEFAULT_BODY), "{bad}");
        let bad = read(&json!({"event": {"event": ACTIVITY, "properties": {"scope": "FeatureFlag"}}})).unwrap_err();
        assert_eq!(bad.to_string(), "event.properties: missing field `activity`");
    }
}
