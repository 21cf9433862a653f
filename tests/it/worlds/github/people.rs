//! What people do with issues.
//!
//! Each act tells the hook, where one is set, and returns when that has been answered or has failed.

use serde_json::json;

use super::hooks;
use super::state::{Delivery, Fate, Issue, State};
use super::{FakeGitHub, comments, events, issues, pulls};

/// Who acts where nobody is named; an admin of the repository.
pub const ADA: &str = "ada";

impl FakeGitHub {
    /// `login` acts on the world; then the hook is told.
    pub(super) async fn act(&self, login: &str, deed: impl FnOnce(&mut State)) -> Vec<Delivery> {
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

    /// Ada rewrites an issue's body.
    pub async fn person_edits_issue(&self, number: u64, rewrite: impl FnOnce(&str) -> String) -> Vec<Delivery> {
        self.act_on_issue(ADA, number, |issue| {
            let body = rewrite(&issue.body);
            issue.rewrite(None, Some(&body));
        })
        .await
    }

    /// `login` rewrites an issue's body.
    pub async fn edits_as(&self, login: &str, number: u64, rewrite: impl FnOnce(&str) -> String) -> Vec<Delivery> {
        self.act_on_issue(login, number, |issue| {
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

    /// `login` rewrites a comment.
    pub async fn edits_comment_as(&self, login: &str, id: u64, body: &str) -> Vec<Delivery> {
        let repo = self.repo_id;
        let deed = |world: &mut State| {
            let now = world.clock.now();
            let (number, comment) = world.repos.get_mut(&repo).unwrap().comment(id).expect("the comment");
            let old = std::mem::replace(&mut comment.body, body.replace('\n', "\r\n"));
            comment.updated_at = now;
            comment.revisions.push(old.clone());
            let comment = comment.clone();
            events::comment(world, repo, number, &comment, "edited", Some(&old));
        };
        self.act(login, deed).await
    }

    /// Ada deletes a comment, be it the App's.
    pub async fn person_deletes_comment(&self, id: u64) -> Vec<Delivery> {
        let repo = self.repo_id;
        let deed = |world: &mut State| {
            let home = world.repos.get_mut(&repo).unwrap();
            let (number, comment) = home.comment(id).expect("the comment");
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
            if pull_request {
                pulls::told(world, repo, number, "opened");
            } else {
                events::issue(world, repo, number, "opened", None);
            }
        };
        self.act(login, deed).await;
        number
    }
}
