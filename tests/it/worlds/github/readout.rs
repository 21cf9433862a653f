//! What a test reads.

use super::state::{BOT, Comment, Fate, Issue};
use super::{Call, FakeGitHub};

impl FakeGitHub {
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
}
