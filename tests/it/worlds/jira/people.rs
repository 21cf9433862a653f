//! What people do in Jira, what they set up, and what a test reads.
//!
//! Each act tells the webhook, where one is set, and returns when that has been answered or has failed.

use serde_json::{Value, json};

use super::state::{Comment, Flavour, Issue, State, Transition};
use super::text::Text;
use super::{ADA, BOT, Call, FakeJira, comments, issues, shapes, transitions};
use crate::worlds::post::{Heard, Hook, guid, post, sign};

/// What changed from `before`: kept as the changelog's items.
fn changes(before: &Issue, after: &Issue) -> Vec<Value> {
    let mut items = Vec::new();
    let mut item = |field: &str, from: String, to: String| {
        if from != to {
            items.push(json!({
                "field": field, "fieldId": field, "fieldtype": "jira",
                "from": null, "fromString": from, "to": null, "toString": to,
            }));
        }
    };
    let plain = |issue: &Issue| issue.description.as_ref().map(Text::plain).unwrap_or_default();
    item("status", before.status.0.clone(), after.status.0.clone());
    item("summary", before.summary.clone(), after.summary.clone());
    item("description", plain(before), plain(after));
    item("labels", before.labels.join(" "), after.labels.join(" "));
    item("Key", before.key.clone(), after.key.clone());
    items
}

impl FakeJira {
    /// Sends webhooks to `url`, signed with `secret`.
    pub fn deliver_to(&self, url: &str, secret: &str) {
        self.lock().hook = Some(Hook { url: url.into(), secret: secret.into() });
    }

    /// What the webhook was sent, and what came back.
    pub fn deliveries(&self) -> Vec<(String, Heard)> {
        self.lock().sent.clone()
    }

    async fn tell(&self, event: &str, mut payload: Value) -> Option<Heard> {
        let hook = self.lock().hook.clone()?;
        let user = shapes::user(&self.lock(), ADA);
        payload["webhookEvent"] = json!(event);
        payload["timestamp"] = json!(self.lock().clock.now().0);
        payload["user"] = user;
        let body = payload.to_string();
        let headers = vec![
            ("User-Agent", "Atlassian Webhook HTTP Client".to_owned()),
            ("X-Atlassian-Webhook-Identifier", guid()),
            ("X-Hub-Signature", sign(&hook.secret, body.as_bytes())),
        ];
        let heard = post(hook.url, headers, body.clone()).await;
        self.lock().sent.push((body, heard.clone()));
        Some(heard)
    }

    async fn act(&self, key: &str, event_type: &str, deed: impl FnOnce(&mut State, u64)) -> Option<Heard> {
        let payload = {
            let mut world = self.lock();
            let id = world.issue_id(key).expect("the issue");
            let before = world.issues[&id].clone();
            world.actor = ADA;
            deed(&mut world, id);
            let now = world.clock.now();
            let after = world.issues.get_mut(&id).unwrap();
            after.updated_at = now;
            let items = changes(&before, after);
            let log = world.next_id();
            json!({
                "issue_event_type_name": event_type,
                "issue": shapes::issue(&world, &world.issues[&id], None, false),
                "changelog": {"id": log.to_string(), "items": items},
            })
        };
        self.tell("jira:issue_updated", payload).await
    }

    /// Ada rewrites a description, given and taken as plain words.
    pub async fn person_edits_description(&self, key: &str, rewrite: impl FnOnce(&str) -> String) -> Option<Heard> {
        self.act(key, "issue_updated", |world, id| {
            let adf = world.flavour == Flavour::Cloud;
            let issue = world.issues.get_mut(&id).unwrap();
            let words = rewrite(&issue.description.as_ref().map(Text::plain).unwrap_or_default());
            let wiki = Text::Wiki(words);
            issue.describe(Some(if adf { Text::Adf(wiki.shape(true)) } else { wiki }));
        })
        .await
    }

    /// Ada edits the description's document itself.
    pub async fn person_edits_document(&self, key: &str, edit: impl FnOnce(&mut Value)) -> Option<Heard> {
        self.act(key, "issue_updated", |world, id| {
            let issue = world.issues.get_mut(&id).unwrap();
            let mut document = issue.description.clone().unwrap_or(Text::Wiki(String::new())).shape(true);
            edit(&mut document);
            issue.describe(Some(Text::Adf(document)));
        })
        .await
    }

    /// Ada moves an issue to the status with this name.
    pub async fn person_transitions(&self, key: &str, status: &str) -> Option<Heard> {
        self.act(key, "issue_generic", |world, id| {
            let step = world.transitions.iter().find(|step| step.to == status).cloned().expect("the status");
            transitions::apply(world, id, &step);
        })
        .await
    }

    /// Ada moves an issue to another project; the old key leads to it. The new key.
    pub async fn move_project(&self, key: &str, project: &str) -> String {
        let mut new_key = String::new();
        self.act(key, "issue_moved", |world, id| {
            new_key = issues::next_key(world, project);
            let issue = world.issues.get_mut(&id).unwrap();
            issue.old_keys.push(std::mem::replace(&mut issue.key, new_key.clone()));
            issue.project = project.into();
        })
        .await;
        new_key
    }

    /// Ada deletes an issue: 404 from now on.
    pub async fn person_deletes(&self, key: &str) -> Option<Heard> {
        let payload = {
            let mut world = self.lock();
            let id = world.issue_id(key).expect("the issue");
            let shape = shapes::issue(&world, &world.issues[&id], None, false);
            world.issues.remove(&id);
            json!({"issue": shape})
        };
        self.tell("jira:issue_deleted", payload).await
    }

    /// Ada comments.
    pub async fn person_comments(&self, key: &str, body: &str) -> Option<Heard> {
        let payload = {
            let mut world = self.lock();
            let id = world.issue_id(key).expect("the issue");
            let comment = comments::add(&mut world, id, ADA, Text::Wiki(body.into()));
            let issue = &world.issues[&id];
            json!({
                "comment": shapes::comment(&world, issue, &comment, false),
                "issue": shapes::issue(&world, issue, Some(&["summary", "status", "project"]), false),
            })
        };
        self.tell("comment_created", payload).await
    }

    /// Ada makes an issue of her own with a label; its key.
    pub fn person_posts_issue(&self, project: &str, summary: &str, label: &str) -> String {
        let mut world = self.lock();
        let id = issues::add(&mut world, ADA, project, summary);
        let issue = world.issues.get_mut(&id).unwrap();
        issue.labels.push(label.into());
        issue.key.clone()
    }

    /// Ada makes an issue of her own; its key.
    pub fn person_writes_issue(&self, project: &str, summary: &str) -> String {
        let mut world = self.lock();
        let id = issues::add(&mut world, ADA, project, summary);
        world.issues[&id].key.clone()
    }

    /// Creating asks for this field.
    pub fn require_field(&self, name: &str) {
        self.lock().required_fields.insert(name.into());
    }

    /// This field is on no screen.
    pub fn refuse_field(&self, name: &str) {
        self.lock().refused_fields.insert(name.into());
    }

    /// This issue type is gone from the project.
    pub fn drop_issue_type(&self, project: &str, name: &str) {
        self.lock().projects.get_mut(project).expect("the project").issue_types.retain(|own| own != name);
    }

    /// Moving to this status asks for a field.
    pub fn demand(&self, status: &str, field: &str) {
        let mut world = self.lock();
        let step = world.transitions.iter_mut().find(|step| step.to == status).expect("the status");
        step.demands.push(field.into());
    }

    /// Replaces the workflow: statuses with their categories (`new`, `indeterminate`, `done`).
    pub fn workflow(&self, statuses: &[(&str, &'static str)]) {
        let steps = statuses.iter().enumerate().map(|(n, (to, category))| Transition {
            id: (101 + n).to_string(),
            to: (*to).into(),
            category,
            demands: Vec::new(),
        });
        self.lock().transitions = steps.collect();
    }

    /// New issues are missing from search for this long, by the world's clock.
    pub fn search_lag(&self, ms: i64) {
        self.lock().search_lag_ms = ms;
    }

    /// The issues that are there, oldest first.
    pub fn issues(&self) -> Vec<Issue> {
        self.lock().issues.values().cloned().collect()
    }

    /// Those that the service filed.
    pub fn filed(&self) -> Vec<Issue> {
        self.issues().into_iter().filter(|issue| issue.creator == BOT).collect()
    }

    /// One issue by key or former key, with its comments marked as read.
    pub fn issue_read(&self, key: &str) -> Issue {
        let mut world = self.lock();
        let issue = world.issue(key).expect("the issue");
        issue.comments.iter_mut().for_each(|c| c.read = true);
        issue.clone()
    }

    /// An issue's comments, marked as read.
    pub fn comments_read(&self, key: &str) -> Vec<Comment> {
        self.issue_read(key).comments
    }

    /// How many issues were asked for on the wire.
    pub fn posts_to_create(&self) -> usize {
        self.calls(Call::CreateIssue)
    }
}
