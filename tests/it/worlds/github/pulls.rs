//! Pull requests: what people do with them, and which files they change.

use axum::routing::MethodFilter;
use hearback::time::UnixMs;
use serde_json::{Value, json};

use super::people::ADA;
use super::provider::not_found;
use super::state::{Delivery, Pull, State};
use super::{Call, FakeGitHub, events, paging, repos, shapes};
use crate::worlds::ask::{Answer, Ask, Outcome};
use crate::worlds::server::Line;

/// Routes below a repository.
pub const IN_REPO: &[Line<State>] = &[(MethodFilter::GET, "/pulls/{number}/files", Call::PullFiles, files)];

/// By name, as GitHub lists them.
fn files(world: &mut State, ask: &Ask) -> Outcome {
    let repo = repos::find(world, ask)?;
    let number = ask.number("number");
    let home = &world.repos[&repo];
    home.issues.get(&number).filter(|issue| issue.pull_request).ok_or_else(not_found)?;
    let changed = home.pulls.get(&number).map(|pull| pull.files.clone()).unwrap_or_default();
    let (page, links) = paging::page(world, ask, &format!("/repositories/{repo}/pulls/{number}/files"), changed);
    let page: Vec<Value> = page.iter().map(|(name, patch)| file(name, patch)).collect();
    Ok(links.onto(Answer::json(200, Value::Array(page))))
}

fn file(name: &str, patch: &str) -> Value {
    let count = |sign: char| patch.lines().filter(|line| line.starts_with(sign)).count();
    let mut shape = json!({
        "sha": "bbcd538c8e72b8c175046e27cc8f907076331401",
        "filename": name,
        "status": "modified",
        "additions": count('+'),
        "deletions": count('-'),
        "changes": count('+') + count('-'),
        "blob_url": format!("https://github.com/acme/shop/blob/main/{name}"),
        "raw_url": format!("https://github.com/acme/shop/raw/main/{name}"),
        "contents_url": format!("https://api.github.com/repos/acme/shop/contents/{name}?ref=main"),
    });
    // Of what is too large or no text there is no patch.
    if !patch.is_empty() {
        shape["patch"] = json!(patch);
    }
    shape
}

/// `pull_request`.
pub fn told(world: &mut State, repo: u64, number: u64, action: &str) {
    let home = &world.repos[&repo];
    let issue = home.issues[&number].clone();
    let merged_at = home.pulls.get(&number).and_then(|pull| pull.merged_at);
    let mut shape = shapes::issue(world, repo, &issue);
    shape["draft"] = json!(false);
    shape["merged"] = json!(merged_at.is_some());
    shape["merged_at"] = json!(merged_at.map(UnixMs::rfc3339));
    shape["base"] = json!({"ref": "main"});
    if let Some(sha) = home.pulls.get(&number).and_then(|pull| pull.head.as_ref()) {
        shape["head"] = json!({"ref": "proposal", "sha": sha});
    }
    events::queue(world, Some(repo), "pull_request", Some(action), json!({"number": number, "pull_request": shape}));
}

impl FakeGitHub {
    /// What a pull request changes: names and patches.
    pub fn pull_changes(&self, number: u64, files: &[(&str, &str)]) {
        let mut files: Vec<_> = files.iter().map(|(name, patch)| ((*name).to_owned(), (*patch).to_owned())).collect();
        files.sort();
        self.lock().repos.get_mut(&self.repo_id).unwrap().pulls.entry(number).or_default().files = files;
    }

    /// A new latest commit of a pull request, at which a file holds this text; `synchronize` is told.
    pub async fn pull_proposes(&self, number: u64, sha: &str, path: &str, text: &str) -> Vec<Delivery> {
        let at = (sha.to_owned(), path.to_owned());
        self.lock().repos.get_mut(&self.repo_id).unwrap().proposed.insert(at, text.to_owned());
        self.act_on_pull(number, "synchronize", |pull, _| {
            pull.head = Some(sha.to_owned());
            pull.files = vec![(path.to_owned(), String::new())];
        })
        .await
    }

    /// Ada merges a pull request.
    pub async fn person_merges(&self, number: u64) -> Vec<Delivery> {
        self.act_on_pull(number, "closed", |pull, now| pull.merged_at = Some(now)).await
    }

    /// Ada closes a pull request without merging it.
    pub async fn person_turns_down(&self, number: u64) -> Vec<Delivery> {
        self.act_on_pull(number, "closed", |_, _| {}).await
    }

    /// Ada rewrites a pull request's text.
    pub async fn person_edits_pull_request(&self, number: u64, body: &str) -> Vec<Delivery> {
        let repo = self.repo_id;
        self.lock().repos.get_mut(&repo).unwrap().issues.get_mut(&number).expect("the pull request").body = body.into();
        self.act_on_pull(number, "edited", |_, _| {}).await
    }

    async fn act_on_pull(&self, number: u64, action: &str, deed: impl FnOnce(&mut Pull, UnixMs)) -> Vec<Delivery> {
        let repo = self.repo_id;
        let deed = |world: &mut State| {
            let now = world.now();
            let home = world.repos.get_mut(&repo).unwrap();
            deed(home.pulls.entry(number).or_default(), now);
            let issue = home.issues.get_mut(&number).expect("the pull request");
            issue.updated_at = now;
            if action == "closed" {
                (issue.open, issue.closed_at) = (false, Some(now));
            }
            told(world, repo, number, action);
        };
        self.act(ADA, deed).await
    }
}
