//! Where an issue stands, and bringing it to where it should: along a step of its workflow, chosen by what the status at
//! its end means, because names are the workflow's maker's.

use super::JiraTracker;
use crate::domain::handling::{Resolution, Seen, closed_as};
use crate::http::RemoteError;
use crate::jira::{Failure, Issue, Step};
use crate::time::UnixMs;

/// What is read to know where an issue stands.
const FIELDS: [&str; 4] = ["status", "resolution", "updated", "statuscategorychangedate"];

/// The issue; `None` where a person deleted it.
pub async fn there(tracker: &JiraTracker, target: &str, key: &str) -> Result<Option<Issue>, RemoteError> {
    match tracker.jira.issue(key, &FIELDS).await {
        Ok(issue) => Ok(Some(issue)),
        Err(RemoteError::Gone { .. }) => tracker.is_deleted(target, key).await.map(|()| None),
        Err(error) => Err(error),
    }
}

/// Where it stands.
pub fn seen(tracker: &JiraTracker, issue: &Issue) -> Seen {
    let fields = &issue.fields;
    let moment = |text: &Option<String>| text.as_deref().and_then(UnixMs::parse_iso8601);
    let ended = fields.resolution.as_ref().map(|r| r.name.as_str());
    let names: Vec<&str> = ended.into_iter().chain([fields.status.name.as_str()]).collect();
    let resolution =
        if fields.status.is_done() { closed_as(&names, &tracker.fields.not_planned) } else { Resolution::Open };
    let version = moment(&fields.updated).unwrap_or_default();
    Seen { resolution, version, since: moment(&fields.statuscategorychangedate) }
}

/// Brings the issue there. Asked again afterwards, because a step answers nothing.
pub async fn settle(
    tracker: &JiraTracker,
    target: &str,
    key: &str,
    to: Resolution,
) -> Result<Option<Seen>, RemoteError> {
    let Some(issue) = there(tracker, target, key).await? else { return Ok(None) };
    let before = seen(tracker, &issue);
    if before.resolution.agrees(to) {
        return Ok(Some(before));
    }
    if let Err(why) = go(tracker, &issue.id, key, to).await? {
        return Err(RemoteError::Refused { problem: format!("{why} Do it by hand, and hearback follows.") });
    }
    Ok(there(tracker, target, key).await?.map(|issue| seen(tracker, &issue)))
}

/// Moves the issue, or says why that cannot be done.
pub async fn go(tracker: &JiraTracker, id: &str, key: &str, to: Resolution) -> Result<Result<(), String>, RemoteError> {
    let steps = tracker.jira.steps(id).await?;
    let step = match way(&steps, key, to, &tracker.fields.not_planned) {
        Ok(step) => step,
        Err(why) => return Ok(Err(why)),
    };
    match tracker.jira.take(id, &step.id).await {
        Ok(()) => Ok(Ok(())),
        Err(Failure::Fields(refused)) => {
            Ok(Err(format!("I can't move {key} to *{}*: Jira says {}.", step.to.name, refused.words())))
        }
        Err(Failure::Forbidden { problem }) => Ok(Err(format!("I can't move {key} to *{}*: {problem}.", step.to.name))),
        Err(Failure::Remote(error)) => Err(error),
    }
}

/// A step that leads there and asks for nothing; of those that close, one whose status is named after the reason before
/// others; of those that open, one to where nobody works on it yet before others. Or why there is none.
fn way<'s>(steps: &'s [Step], key: &str, to: Resolution, not_planned: &[String]) -> Result<&'s Step, String> {
    let leads = |step: &&Step| step.is_available && step.to.is_done() != to.is_open();
    let there: Vec<&Step> = steps.iter().filter(leads).collect();
    let named = |step: &&Step| match to {
        Resolution::Open => step.to.status_category.key == "new",
        _ => closed_as(&[step.to.name.as_str()], not_planned) == to,
    };
    let free = || there.iter().copied().filter(|step| step.demands().is_empty());
    free().find(named).or_else(|| free().next()).ok_or_else(|| match there.first() {
        Some(step) => {
            let demands: Vec<String> = step.demands().iter().map(|name| format!("a value for {name}")).collect();
            format!("I can't move {key} to *{}*: that workflow needs {}.", step.to.name, demands.join(" and "))
        }
        None if to.is_open() => format!("I can't open {key} again: its workflow has no step from here to open work."),
        None => format!("I can't close {key}: its workflow has no step from here to a status that means done."),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn step(to: &str, category: &str, demand: Option<(&str, bool)>) -> Step {
        let fields = demand.map(|(id, has)| json!({id: {"required": true, "name": id, "hasDefaultValue": has}}));
        let to = json!({"name": to, "statusCategory": {"key": category}});
        serde_json::from_value::<Step>(json!({"id": "1", "to": to, "fields": fields.unwrap_or(json!({}))})).unwrap()
    }

    #[test]
    fn the_way_leads_there_and_asks_for_nothing() {
        let needs = Some(("resolution", false));
        let (done, dup, open) = (Resolution::Completed, Resolution::Duplicate, Resolution::Open);
        for (to, steps, way_there) in [
            (dup, vec![step("Offen", "new", None), step("Erledigt", "done", None)], Ok("Erledigt")),
            (done, vec![step("Done", "done", needs), step("Closed", "done", Some(("resolution", true)))], Ok("Closed")),
            (dup, vec![step("Done", "done", None), step("Duplicate", "done", None)], Ok("Duplicate")),
            (done, vec![step("Won't Do", "done", None), step("Done", "done", None)], Ok("Done")),
            (Resolution::NotPlanned, vec![step("Done", "done", None), step("Nope", "done", None)], Ok("Nope")),
            (Resolution::NotPlanned, vec![step("Done", "done", None)], Ok("Done")),
            (open, vec![step("Doing", "indeterminate", None), step("To Do", "new", None)], Ok("To Do")),
            (open, vec![step("Done", "done", None), step("Doing", "indeterminate", None)], Ok("Doing")),
            (
                done,
                vec![step("Done", "done", needs)],
                Err("I can't move SHOP-2 to *Done*: that workflow needs a value for resolution."),
            ),
            (
                done,
                vec![step("Offen", "new", None)],
                Err("I can't close SHOP-2: its workflow has no step from here to a status that means done."),
            ),
            (
                open,
                vec![step("Done", "done", None)],
                Err("I can't open SHOP-2 again: its workflow has no step from here to open work."),
            ),
        ] {
            let got = way(&steps, "SHOP-2", to, &["nope".into()]);
            assert_eq!(got.map(|step| step.to.name.as_str()), way_there.map_err(ToOwned::to_owned), "{to:?}");
        }
    }
}
