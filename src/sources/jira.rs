//! Jira's webhooks: what people do with issues.
//!
//! Cloud signs the raw body with the secret of the webhook, in `X-Hub-Signature` (no `-256`), and no time. A repeated
//! delivery keeps its `X-Atlassian-Webhook-Identifier`; Data Center sends none, so there the body stands for it. Comments
//! come as events of their own and are not read. Every payload shows where the issue stands, whatever it tells.

use serde::Deserialize;

use super::signature::schemes;
use super::{BadBody, Envelope, Fact, Incoming, Meaning, Repeats, Source, clean, digest, read_json};
use crate::domain::handling::{Account, Change, Resolution, Seen, TicketChange, closed_as};
use crate::domain::ticket::TrackerName;
use crate::time::UnixMs;

/// Jira in the registry.
pub const SOURCE: Source = Source {
    name: "jira",
    aliases: &[],
    schemes: &[&schemes::JIRA],
    envelope,
    reads: |event| [CREATED, UPDATED, DELETED].contains(&event),
    parse,
    keeps: &["x-atlassian-webhook-identifier", "x-atlassian-webhook-retry", "content-type"],
};

const CREATED: &str = "jira:issue_created";
const UPDATED: &str = "jira:issue_updated";
const DELETED: &str = "jira:issue_deleted";
/// Longest name or key that is kept, in characters.
const NAME_MAX: usize = 200;

#[derive(Deserialize)]
struct Event {
    #[serde(rename = "webhookEvent")]
    event: String,
}

fn envelope(incoming: &Incoming<'_>) -> Result<Envelope, BadBody> {
    let e: Event = read_json(incoming.body)?;
    let event = clean(&e.event, NAME_MAX);
    if event.is_empty() {
        return Err(BadBody::of("webhookEvent", "expected the kind of event"));
    }
    let told =
        incoming.headers.get("x-atlassian-webhook-identifier").map(|v| clean(v, NAME_MAX)).filter(|v| !v.is_empty());
    Ok(Envelope { id: told.unwrap_or_else(|| digest(incoming.body)), event, repeats: Repeats::Body })
}

#[derive(Deserialize)]
struct IssueEvent {
    timestamp: Option<i64>,
    user: Option<User>,
    issue: Issue,
    #[serde(default)]
    changelog: Changelog,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct User {
    account_id: Option<String>,
    key: Option<String>,
    name: Option<String>,
    display_name: Option<String>,
}

#[derive(Deserialize)]
struct Issue {
    key: String,
    #[serde(default)]
    fields: Fields,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Fields {
    summary: Option<String>,
    status: Option<Status>,
    resolution: Option<Named>,
    assignee: Option<User>,
    updated: Option<String>,
    statuscategorychangedate: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    #[serde(default)]
    name: String,
    status_category: Option<Category>,
}

#[derive(Deserialize)]
struct Category {
    key: String,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Changelog {
    items: Vec<Item>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    field: String,
    from_string: Option<String>,
    #[serde(rename = "toString")]
    to_string: Option<String>,
}

fn parse(incoming: &Incoming<'_>) -> Result<Meaning, BadBody> {
    if !(SOURCE.reads)(incoming.event) {
        return Ok(Meaning::Ignored(format!("Jira's event {} is not used", clean(incoming.event, NAME_MAX))));
    }
    let e: IssueEvent = read_json(incoming.body)?;
    let (project, key) =
        project_and_key(&e.issue.key).ok_or_else(|| BadBody::of("issue.key", "expected a key such as SHOP-7"))?;
    let by = e.user.as_ref().and_then(User::account);
    let deleted = incoming.event == DELETED;
    let seen = e.seen().filter(|_| !deleted);
    let told = TicketChange {
        tracker: TrackerName::Jira,
        target: project.clone(),
        key: key.clone(),
        change: if deleted { Change::Deleted } else { Change::Other },
        ended_as: seen.filter(|s| !s.resolution.is_open()).map(|_| e.issue.fields.ended_as()).unwrap_or_default(),
        seen,
        by,
    };
    if incoming.event == CREATED {
        return Ok(Meaning::Ignored(format!("{key} is new: nobody did anything with it yet")));
    }
    let mut facts = Vec::new();
    let mut settled = false;
    for item in e.changelog.items.iter().filter(|_| !deleted) {
        let change = match item.field.to_lowercase().as_str() {
            "key" => match item.from_string.as_deref().and_then(project_and_key) {
                // It is known under its old key; what else the delivery tells is told of the new one.
                Some((target, from)) => {
                    let change = Change::Moved { target: project.clone(), key: key.clone(), url: None };
                    facts.insert(0, TicketChange { target, key: from, change, ..told.clone() });
                    continue;
                }
                None => continue,
            },
            "status" | "resolution" if settled => continue,
            "status" | "resolution" => {
                settled = true;
                vec![Change::Settled]
            }
            "labels" => labels(item),
            "summary" => vec![Change::Retitled(clean(e.issue.fields.summary.as_deref().unwrap_or(""), NAME_MAX))],
            "assignee" => {
                vec![Change::Assigned(e.issue.fields.assignee.as_ref().and_then(User::account).map(|a| a.name))]
            }
            _ => continue,
        };
        facts.extend(change.into_iter().map(|change| TicketChange { change, ..told.clone() }));
    }
    if facts.is_empty() {
        facts.push(told);
    }
    Ok(Meaning::Facts(facts.into_iter().map(|fact| Fact::Ticket(Box::new(fact))).collect()))
}

/// `SHOP-7` as `SHOP` and the whole; `None` where it is no key.
fn project_and_key(text: &str) -> Option<(String, String)> {
    let key = clean(text, NAME_MAX);
    let (project, number) = key.rsplit_once('-')?;
    let fine = !project.is_empty() && !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    fine.then(|| (project.to_owned(), key.clone()))
}

/// Labels stand in one text, apart by spaces.
fn labels(item: &Item) -> Vec<Change> {
    let words = |text: &Option<String>| -> Vec<String> {
        text.as_deref().unwrap_or("").split_whitespace().map(|label| clean(label, NAME_MAX)).collect()
    };
    let (had, has) = (words(&item.from_string), words(&item.to_string));
    let more = has.iter().filter(|label| !had.contains(label)).cloned().map(Change::Labelled);
    let less = had.iter().filter(|label| !has.contains(label)).cloned().map(Change::Unlabelled);
    more.chain(less).collect()
}

impl User {
    fn account(&self) -> Option<Account> {
        let id = [&self.account_id, &self.key, &self.name].into_iter().flatten().next()?;
        let name = self.display_name.as_ref().or(self.name.as_ref()).unwrap_or(id);
        Some(Account { id: clean(id, NAME_MAX), name: clean(name, NAME_MAX) })
    }
}

impl Fields {
    fn ended_as(&self) -> Vec<String> {
        let resolution = self.resolution.as_ref().map(|r| r.name.as_str());
        let status = self.status.as_ref().map(|s| s.name.as_str());
        resolution.into_iter().chain(status).map(|name| clean(name, NAME_MAX)).collect()
    }
}

impl IssueEvent {
    /// Where it stands, by the category of its status; `None` where the payload does not tell.
    fn seen(&self) -> Option<Seen> {
        let fields = &self.issue.fields;
        let ended_as = fields.ended_as();
        let moment = |text: &Option<String>| text.as_deref().and_then(UnixMs::parse_iso8601);
        let resolution = match fields.status.as_ref()?.status_category.as_ref()?.key.as_str() {
            "done" => closed_as(&ended_as.iter().map(String::as_str).collect::<Vec<_>>(), &[]),
            _ => Resolution::Open,
        };
        let version = moment(&fields.updated).or(self.timestamp.map(UnixMs))?;
        Some(Seen { resolution, version, since: moment(&fields.statuscategorychangedate) })
    }
}

#[cfg(test)]
mod tests;
