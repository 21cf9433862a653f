//! What people and the platform do, and what a test reads.
//!
//! Each act tells the hook, where one is set, and returns when that has been answered or has failed.

use std::time::Duration;

use serde_json::json;

use super::hooks;
use super::state::{BOT, Comment, Delivery, Event, Fate, Installation, Issue, Release, State};
use super::{Call, FakeGitHub, comments, events, issues};
use crate::worlds::post::{Heard, Hook};

/// Who acts where nobody is named; an admin of the repository.
const ADA: &str = "ada";

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
            let world = self.lock();
            let waiting = world.in_flight + world.outgoing.len();
            drop(world);
            if waiting == 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
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

    /// `login` acts on the world; then the hook is told.
    async fn act(&self, login: &str, deed: impl FnOnce(&mut State)) -> Vec<Delivery> {
        let bag = {
            let mut world = self.lock();
            world.person(login);
            login.clone_into(&mut world.actor);
            deed(&mut world);
            hooks::take(&mut world)
        };
        hooks::send(&self.shared, bag).await
    }

    async fn act_on_issue(&self, login: &str, number: u64, deed: impl FnOnce(&mut Issue)) -> Vec<Delivery> {
        let repo = self.repo_id;
        let deed = move |world: &mut State| {
            let now = world.clock.now();
            let issue = world.repos.get_mut(&repo).unwrap().issues.get_mut(&number).expect("the issue");
            let before = issue.clone();
            deed(issue);
            issue.updated_at = now;
            let after = issue.clone();
            events::issue_changed(world, repo, &before, &after);
        };
        self.act(login, deed).await
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
            let release = Release { id, tag: tag.into(), body, draft: false, prerelease, published_at: now };
            releases.insert(tag.into(), release.clone());
            events::release(world, repo, &release, if prerelease { "prereleased" } else { "released" });
            events::release(world, repo, &release, "published");
        };
        self.act(ADA, deed).await
    }

    /// Makes a release a draft again.
    pub async fn unpublish(&self, tag: &str) -> Vec<Delivery> {
        let repo = self.repo_id;
        let deed = |world: &mut State| {
            let release = world.repos.get_mut(&repo).unwrap().releases.get_mut(tag).expect("the release");
            release.draft = true;
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

    /// Gives `login` a role here (`admin`, `maintain`, `write`, `triage`, `read`), or none.
    pub fn grant(&self, login: &str, role: Option<&'static str>) {
        let mut world = self.lock();
        world.person(login);
        world.people.get_mut(login).unwrap().role = role;
    }

    /// Ada rewrites an issue's body.
    pub async fn person_edits_issue(&self, number: u64, rewrite: impl FnOnce(&str) -> String) -> Vec<Delivery> {
        self.act_on_issue(ADA, number, |issue| {
            let body = rewrite(&issue.body);
            issue.rewrite(None, Some(&body));
        })
        .await
    }

    /// Ada gives an issue another title.
    pub async fn person_retitles(&self, number: u64, title: &str) -> Vec<Delivery> {
        self.act_on_issue(ADA, number, |issue| issue.rewrite(Some(title), None)).await
    }

    /// Ada closes an issue as completed.
    pub async fn person_closes(&self, number: u64) -> Vec<Delivery> {
        self.person_closes_as(number, "completed").await
    }

    /// Ada closes an issue as `completed`, `not_planned` or `duplicate`.
    pub async fn person_closes_as(&self, number: u64, reason: &str) -> Vec<Delivery> {
        let now = self.lock().clock.now();
        self.act_on_issue(ADA, number, |issue| issue.close(reason, now)).await
    }

    /// Ada opens an issue again.
    pub async fn person_reopens(&self, number: u64) -> Vec<Delivery> {
        self.act_on_issue(ADA, number, Issue::reopen).await
    }

    /// Ada sets a label.
    pub async fn person_labels(&self, number: u64, label: &str) -> Vec<Delivery> {
        self.act_on_issue(ADA, number, |issue| issue.labels.push(label.into())).await
    }

    /// Ada locks the conversation; comments answer 403.
    pub async fn person_locks(&self, number: u64) -> Vec<Delivery> {
        self.act_on_issue(ADA, number, |issue| issue.locked = true).await
    }

    /// Ada deletes an issue: 410 from now on, and gone from lists.
    pub async fn person_deletes(&self, number: u64) -> Vec<Delivery> {
        let repo = self.repo_id;
        let deed = |world: &mut State| {
            world.repos.get_mut(&repo).unwrap().issues.get_mut(&number).expect("the issue").fate = Fate::Deleted;
            events::issue(world, repo, number, "deleted", None);
        };
        self.act(ADA, deed).await
    }

    /// Ada moves an issue to another repository: 301 to its new place, whose number is returned.
    pub async fn person_transfers(&self, number: u64, to: &Self) -> u64 {
        let (repo, target) = (self.repo_id, to.repo_id);
        let mut new_number = 0;
        let deed = |world: &mut State| {
            let issue = world.repos[&repo].issues[&number].clone();
            new_number = issues::add(world, target, &issue.author, &issue.title, &issue.body);
            let home = world.repos.get_mut(&target).unwrap();
            let there = home.issues.get_mut(&new_number).unwrap();
            *there = Issue { id: there.id, number: new_number, ..issue };
            let changes = json!({
                "new_issue": super::shapes::issue(world, target, &world.repos[&target].issues[&new_number]),
                "new_repository": super::shapes::repo(world, target),
            });
            events::issue(world, repo, number, "transferred", Some(changes));
            world.repos.get_mut(&repo).unwrap().issues.get_mut(&number).unwrap().fate = Fate::Moved(target, new_number);
        };
        self.act(ADA, deed).await;
        new_number
    }

    /// Ada comments.
    pub async fn person_comments(&self, number: u64, body: &str) -> Vec<Delivery> {
        self.comments_as(ADA, number, body).await
    }

    /// `login` comments.
    pub async fn comments_as(&self, login: &str, number: u64, body: &str) -> Vec<Delivery> {
        let repo = self.repo_id;
        let deed = |world: &mut State| {
            let body = body.replace('\n', "\r\n");
            let comment = comments::add(world, repo, number, login, &body);
            events::comment(world, repo, number, &comment, "created", None);
        };
        self.act(login, deed).await
    }

    /// Ada deletes a comment, be it the App's.
    pub async fn person_deletes_comment(&self, id: u64) -> Vec<Delivery> {
        let repo = self.repo_id;
        let deed = |world: &mut State| {
            let home = world.repos.get_mut(&repo).unwrap();
            let (number, comment) = home.comment(id).ok().expect("the comment");
            let comment = comment.clone();
            home.issues.get_mut(&number).unwrap().comments.retain(|c| c.id != id);
            events::comment(world, repo, number, &comment, "deleted", None);
        };
        self.act(ADA, deed).await
    }

    /// Olaf, who is no collaborator, posts an issue; its number.
    pub async fn person_posts_issue(&self, title: &str, body: &str) -> u64 {
        self.posts_as("olaf", title, body, false).await
    }

    /// Wendy opens a pull request; its number.
    pub async fn person_opens_pull_request(&self, title: &str, body: &str) -> u64 {
        self.posts_as("wendy", title, body, true).await
    }

    async fn posts_as(&self, login: &str, title: &str, body: &str, pull_request: bool) -> u64 {
        let repo = self.repo_id;
        let mut number = 0;
        let deed = |world: &mut State| {
            number = issues::add(world, repo, login, title, body);
            let issue = world.repos.get_mut(&repo).unwrap().issues.get_mut(&number).unwrap();
            issue.pull_request = pull_request;
            if !pull_request {
                events::issue(world, repo, number, "opened", None);
            }
        };
        self.act(login, deed).await;
        number
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

    /// `rel="next"` leads back to the same page, for ever.
    pub fn link_loops(&self, loops: bool) {
        self.lock().link_loops = loops;
    }

    /// The issues that are there, pull requests left out, by number.
    pub fn issues(&self) -> Vec<Issue> {
        let world = self.lock();
        let issues = world.repos[&self.repo_id].issues.values();
        issues.filter(|i| i.fate == Fate::Here && !i.pull_request).cloned().collect()
    }

    /// Those that the App filed.
    pub fn filed(&self) -> Vec<Issue> {
        self.issues().into_iter().filter(|i| i.author == BOT).collect()
    }

    /// One issue, with its comments marked as read.
    pub fn issue_read(&self, number: u64) -> Issue {
        let mut world = self.lock();
        let issue = world.repos.get_mut(&self.repo_id).unwrap().issues.get_mut(&number).expect("the issue");
        issue.comments.iter_mut().for_each(|c| c.read = true);
        issue.clone()
    }

    /// An issue's comments, marked as read.
    pub fn comments_read(&self, number: u64) -> Vec<Comment> {
        self.issue_read(number).comments
    }

    /// The check runs that were made.
    pub fn check_runs(&self) -> Vec<serde_json::Value> {
        self.lock().repos[&self.repo_id].check_runs.clone()
    }

    /// How many issues were asked for on the wire.
    pub fn posts_to_create(&self) -> usize {
        self.calls(Call::CreateIssue)
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
