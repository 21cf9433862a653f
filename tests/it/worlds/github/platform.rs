//! What happens around issues: releases, deployments, the installation, the hook, and how far lists lag.

use std::time::Duration;

use serde_json::json;

use super::people::ADA;
use super::state::{Delivery, Event, Installation, Release, State};
use super::{FakeGitHub, events, hooks};
use crate::worlds::post::{Heard, Hook};

impl FakeGitHub {
    /// Sends deliveries to `url`, signed with `secret`.
    pub fn deliver_to(&self, url: &str, secret: &str) {
        self.lock().hook = Some(Hook { url: url.into(), secret: secret.into() });
    }

    /// Deliveries reach nobody from now on, and are noted as failed; or they do again.
    pub fn deliveries_fail(&self, fail: bool) {
        self.lock().deliveries_fail = fail;
    }

    /// The App's own writes are delivered too, in the background: see [`Self::settle`].
    pub fn tell_own_writes(&self, tell: bool) {
        self.lock().tells_own_writes = tell;
    }

    /// Waits until nothing is on its way to the hook.
    pub async fn settle(&self) {
        loop {
            if self.waiting() == 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Events on their way to the hook.
    pub fn waiting(&self) -> usize {
        let world = self.lock();
        world.in_flight + world.outgoing.len()
    }

    /// Every attempt to deliver, oldest first.
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.lock().deliveries.clone()
    }

    /// Sends an earlier delivery's bytes once more with the same GUID, without noting it: a replay.
    pub async fn replay(&self, delivery: &Delivery) -> Heard {
        let hook = self.lock().hook.clone().expect("deliver_to() first");
        hooks::attempt(&hook, &delivery.event).await
    }

    /// Publishes a release: `released` and `published` are told, as GitHub does for one click.
    pub async fn publish_release(&self, tag: &str) -> Vec<Delivery> {
        self.publish_release_with(tag, "", false).await
    }

    /// Publishes a release with notes, or a pre-release.
    pub async fn publish_release_with(&self, tag: &str, notes: &str, prerelease: bool) -> Vec<Delivery> {
        let repo = self.repo_id;
        let deed = |world: &mut State| {
            let (new_id, now) = (world.next_id(), world.now());
            let releases = &mut world.repos.get_mut(&repo).unwrap().releases;
            let id = releases.get(tag).map_or(new_id, |known| known.id);
            let body = notes.replace('\n', "\r\n");
            let release =
                Release { id, tag: tag.into(), body, draft: false, prerelease, published_at: now, updated_at: now };
            releases.insert(tag.into(), release.clone());
            events::release(world, repo, &release, if prerelease { "prereleased" } else { "released" });
            events::release(world, repo, &release, "published");
        };
        self.act(ADA, deed).await
    }

    /// Rewrites a release's notes.
    pub async fn edit_release(&self, tag: &str, notes: &str) -> Vec<Delivery> {
        let repo = self.repo_id;
        let deed = |world: &mut State| {
            let now = world.now();
            let release = world.repos.get_mut(&repo).unwrap().releases.get_mut(tag).expect("the release");
            (release.body, release.updated_at) = (notes.replace('\n', "\r\n"), now);
            let release = release.clone();
            events::release(world, repo, &release, "edited");
        };
        self.act(ADA, deed).await
    }

    /// Makes a release a draft again.
    pub async fn unpublish(&self, tag: &str) -> Vec<Delivery> {
        let repo = self.repo_id;
        let deed = |world: &mut State| {
            let now = world.now();
            let release = world.repos.get_mut(&repo).unwrap().releases.get_mut(tag).expect("the release");
            (release.draft, release.updated_at) = (true, now);
            let release = release.clone();
            events::release(world, repo, &release, "unpublished");
        };
        self.act(ADA, deed).await
    }

    /// Deletes a release.
    pub async fn delete_release(&self, tag: &str) -> Vec<Delivery> {
        let repo = self.repo_id;
        let deed = |world: &mut State| {
            let release = world.repos.get_mut(&repo).unwrap().releases.remove(tag).expect("the release");
            events::release(world, repo, &release, "deleted");
        };
        self.act(ADA, deed).await
    }

    /// Reports a deployment's state: `pending`, `in_progress`, `success`, `failure`, `error`.
    pub async fn deploy(&self, environment: &str, tag: &str, state: &str) -> Vec<Delivery> {
        let repo = self.repo_id;
        self.act(ADA, |world| events::deployment_status(world, repo, environment, tag, state)).await
    }

    /// Puts a file on the default branch.
    pub fn commit_file(&self, path: &str, text: &str) {
        let repo = self.repo_id;
        self.lock().repos.get_mut(&repo).unwrap().files.insert(path.into(), text.into());
    }

    /// Ada pushes a file to the default branch, or takes it away. Gives the commit.
    pub async fn push_file(&self, path: &str, text: Option<&str>) -> String {
        let repo = self.repo_id;
        let mut sha = String::new();
        let deed = |world: &mut State| {
            sha = format!("{:040x}", world.next_id());
            let home = world.repos.get_mut(&repo).unwrap();
            let kind = match text {
                Some(text) => home.files.insert(path.into(), text.into()).map_or("added", |_| "modified"),
                None => home.files.remove(path).map_or("modified", |_| "removed"),
            };
            let mut commit = json!({"id": sha, "message": "settings", "added": [], "modified": [], "removed": []});
            commit[kind] = json!([path]);
            let payload = json!({
                "ref": "refs/heads/main", "before": "0".repeat(40), "after": sha, "created": false, "forced": false,
                "deleted": false, "commits": [commit],
            });
            events::queue(world, Some(repo), "push", None, payload);
        };
        self.act(ADA, deed).await;
        sha
    }

    /// Puts `login` into a team, as `organisation/team`.
    pub fn joins_team(&self, team: &str, login: &str) {
        self.lock().teams.entry(team.into()).or_default().push(login.into());
    }

    /// Gives `login` a role here (`admin`, `maintain`, `write`, `triage`, `read`), or none.
    pub fn grant(&self, login: &str, role: Option<&'static str>) {
        let mut world = self.lock();
        world.person(login);
        world.people.get_mut(login).unwrap().role = role;
    }

    /// Renames the repository; the old name answers 301 to `/repositories/{id}/…`.
    pub fn rename_repo(&self, new: &str) {
        let mut world = self.lock();
        let repo = world.repos.get_mut(&self.repo_id).unwrap();
        let (owner, name) = new.split_once('/').unwrap_or((repo.owner.as_str(), new));
        let (owner, name) = (owner.to_owned(), name.to_owned());
        repo.old_names.push(repo.full_name());
        (repo.owner, repo.name) = (owner, name);
    }

    /// Suspends the installation: `403 This installation has been suspended`.
    pub async fn suspend_installation(&self) -> Vec<Delivery> {
        self.installation(Installation::Suspended, "suspend").await
    }

    /// Lifts the suspension.
    pub async fn unsuspend_installation(&self) -> Vec<Delivery> {
        self.installation(Installation::Active, "unsuspend").await
    }

    /// Uninstalls the App: tokens answer 401, minting 404.
    pub async fn uninstall(&self) -> Vec<Delivery> {
        self.installation(Installation::Deleted, "deleted").await
    }

    async fn installation(&self, fate: Installation, action: &str) -> Vec<Delivery> {
        let deed = |world: &mut State| {
            world.installation = fate;
            let payload = json!({"installation": super::shapes::installation(world), "repositories": []});
            events::queue(world, None, "installation", Some(action), payload);
        };
        self.act(ADA, deed).await
    }

    /// Ends every token that was minted, as a new key would.
    pub fn revoke_tokens(&self) {
        self.lock().tokens.clear();
    }

    /// Turns issues off: 410.
    pub fn disable_issues(&self) {
        self.lock().repos.get_mut(&self.repo_id).unwrap().has_issues = false;
    }

    /// Takes the repository from the installation: 404.
    pub fn remove_repo(&self) {
        self.lock().repos.get_mut(&self.repo_id).unwrap().removed = true;
    }

    /// New issues are missing from lists and search for this long, by the world's clock.
    pub fn list_lag(&self, ms: i64) {
        self.lock().list_lag_ms = ms;
    }

    /// New issues are missing from search for this long.
    pub fn search_lag(&self, ms: i64) {
        self.lock().search_lag_ms = ms;
    }

    /// New issues answer 404 by their number for this long.
    pub fn read_lag(&self, ms: i64) {
        self.lock().read_lag_ms = ms;
    }

    /// Lists of everybody's issues fail from now on, or work again.
    pub fn lists_of_all_fail(&self, fail: bool) {
        self.lock().lists_of_all_fail = fail;
    }

    /// `rel="next"` leads back to the same page, for ever.
    pub fn link_loops(&self, loops: bool) {
        self.lock().link_loops = loops;
    }

    /// Sends any event to the hook: a payload of the test's own.
    pub async fn send_event(&self, name: &str, payload: serde_json::Value) -> Vec<Delivery> {
        let action = payload["action"].as_str().map(ToOwned::to_owned);
        let event = Event {
            guid: crate::worlds::post::guid(),
            name: name.into(),
            action,
            payload: payload.to_string(),
            redelivery: false,
        };
        self.act(ADA, |world| world.outgoing.push(event)).await
    }
}
