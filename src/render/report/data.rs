//! The report as data.

use serde_json::{Value, json};

use super::Account;
use crate::domain::finding::Finding;
use crate::domain::mention::Mention;
use crate::domain::theme::Theme;
use crate::plan::verdict::{self, Share};
use crate::render::tasks::{Standing, Suggestion};
use crate::render::{findings, summary};
use crate::time::UnixMs;

/// The report as data: the same numbers, with the ids behind them.
pub fn data(a: &Account<'_>) -> Value {
    let people = a.tally.people();
    let share = Share::of(a.tally.negative, people);
    json!({
        "rollout": a.rollout.id,
        "label": a.rollout.label(),
        "verdict": {
            "leaning": verdict::leaning(a.tally, a.min_people).as_str(),
            "sentence": verdict::sentence(a.rollout, a.tally, a.min_people),
        },
        "window": {
            "state": a.window.state,
            "opened_at": a.window.opened_at.map(UnixMs::rfc3339),
            "closes_at": (a.window.closes_at != UnixMs::NEVER).then(|| a.window.closes_at.rfc3339()),
            "closed_at": a.window.closed_at.map(UnixMs::rfc3339),
        },
        "people": people,
        "anonymous": a.anonymous,
        "asked": a.asked,
        "statements": a.items,
        "spam": a.spam,
        "sentiment": a.tally,
        "negative_share": {"low": share.low, "high": share.high, "part": share.part, "whole": share.whole},
        "summary": a.told.map(|told| summary::data(&told.whole)),
        "findings": a.findings.iter().map(|f| finding(f, &|id| theme_name(a, id))).collect::<Vec<_>>(),
        "themes": a.themes.iter().map(|t| with_summary(a, t)).collect::<Vec<_>>(),
        "tickets": a.tickets.iter().map(|t| json!({
            "id": t.id,
            "theme": t.theme,
            "tracker": t.tracker,
            "state": t.state,
            "key": t.key,
            "url": t.url,
            "error": t.error,
        })).collect::<Vec<_>>(),
        "suggestions": a.suggested.iter().map(suggestion).collect::<Vec<_>>(),
        "brought_by": a.brought_by.iter().map(mention).collect::<Vec<_>>(),
        "brought": a.brought.iter().map(|r| json!({"rollout": r.id, "label": r.label()})).collect::<Vec<_>>(),
        "stages": a.rollout.stages.iter().map(|s| json!({
            "name": s.name,
            "exposure": s.exposure.words(),
            "from": s.from.rfc3339(),
            "until": s.until.map(UnixMs::rfc3339),
            "by": s.by,
        })).collect::<Vec<_>>(),
        "history": a.history.iter().map(|t| json!({
            "from": t.from,
            "to": t.to,
            "at": t.at.rfc3339(),
            "cause": t.cause.to_string(),
            "actor": t.actor,
        })).collect::<Vec<_>>(),
    })
}

/// A ticket that would be filed, as data.
fn suggestion(s: &Suggestion) -> Value {
    let mut data = json!({"theme": s.theme, "name": s.name, "people": s.people, "standing": s.standing.as_str()});
    if let Standing::Refused { actor, reason, .. } | Standing::Again { actor, reason, .. } = &s.standing {
        data["refused"] = json!({"by": actor, "reason": reason});
    }
    data
}

/// A release or pull request as data.
pub fn mention(m: &Mention) -> Value {
    json!({"kind": m.of.kind.as_str(), "repo": m.repo, "key": m.key, "title": m.title, "url": m.url})
}

/// A theme as data with what it comes to, where that is told.
fn with_summary(a: &Account<'_>, t: &Theme) -> Value {
    let mut data = theme(t);
    if let Some((_, told)) = a.told.and_then(|told| told.themes.iter().find(|(id, _)| *id == t.id)) {
        data["summary"] = summary::data(told);
    }
    data
}

/// A theme as data.
pub fn theme(t: &Theme) -> Value {
    json!({
        "id": t.id,
        "name": t.name,
        "intent": t.intent(),
        "people": t.tally.people(),
        "sentiment": t.tally,
        "confidence": t.confidence(),
        "first_at": t.first_at.rfc3339(),
        "last_at": t.last_at.rfc3339(),
    })
}

/// A finding as data, with its line. `name` gives the words for a theme's id.
pub fn finding(f: &Finding, name: &dyn Fn(&str) -> String) -> Value {
    json!({
        "name": f.name(),
        "kind": f.kind,
        "subject": f.subject,
        "standing": f.standing,
        "line": findings::line(f, name),
        "what": f.what,
        "detectable": f.detectable,
        "evidence": f.evidence,
    })
}

/// The name of a theme by its id; the id of one that is too small to be named.
pub(super) fn theme_name(a: &Account<'_>, id: &str) -> String {
    a.themes.iter().find(|t| t.id.0 == id).map_or_else(|| id.to_owned(), |t| t.name.clone())
}
