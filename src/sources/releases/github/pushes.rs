//! Pushes: only one that touches the policy on the default branch matters.

use serde::Deserialize;

use crate::domain::repo::RepoName;
use crate::domain::repo_policy::{PATH, PolicyNews, PolicyPlace};
use crate::sources::{BadBody, Fact, Meaning, read_json};

/// Commits that one push lists; of a longer one the rest is not told.
const COMMITS_MAX: usize = 2_048;

#[derive(Deserialize)]
struct PushEvent {
    #[serde(rename = "ref")]
    reference: String,
    after: String,
    #[serde(default)]
    created: bool,
    #[serde(default)]
    forced: bool,
    #[serde(default)]
    deleted: bool,
    #[serde(default)]
    commits: Vec<Commit>,
    repository: Repository,
}

#[derive(Deserialize)]
struct Commit {
    #[serde(default)]
    added: Vec<String>,
    #[serde(default)]
    modified: Vec<String>,
    #[serde(default)]
    removed: Vec<String>,
}

#[derive(Deserialize)]
struct Repository {
    full_name: String,
    default_branch: Option<String>,
}

impl PushEvent {
    /// Whether the file may be another one now. A branch that was made or forced tells only what it added.
    fn may_touch(&self) -> bool {
        let touches = |c: &Commit| [&c.added, &c.modified, &c.removed].into_iter().flatten().any(|path| path == PATH);
        self.created || self.forced || self.commits.len() >= COMMITS_MAX || self.commits.iter().any(touches)
    }
}

/// What `push` tells.
pub(super) fn push(body: &[u8]) -> Result<Meaning, BadBody> {
    let e: PushEvent = read_json(body)?;
    let default = e.repository.default_branch.as_deref().map(|branch| format!("refs/heads/{branch}"));
    if default.as_deref() != Some(&e.reference) {
        return Ok(Meaning::Ignored("a push to something else than the default branch".into()));
    }
    if e.deleted || !e.may_touch() {
        return Ok(Meaning::Ignored(format!("a push that leaves {PATH} alone")));
    }
    let repo = RepoName::parse(&e.repository.full_name)
        .ok_or_else(|| BadBody::of("repository.full_name", "expected owner/name"))?;
    let sha = commit(&e.after).ok_or_else(|| BadBody::of("after", "expected a commit's hash"))?;
    Ok(Meaning::Facts(vec![Fact::Policy(Box::new(PolicyNews { repo, place: PolicyPlace::Branch { sha } }))]))
}

/// A commit's hash, which will stand in addresses.
pub(super) fn commit(text: &str) -> Option<String> {
    let fits = (7..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit());
    fits.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const SHA: &str = "0123456789abcdef0123456789abcdef01234567";

    fn said(change: impl Fn(&mut Value)) -> String {
        let mut body = json!({
            "ref": "refs/heads/main", "after": SHA, "created": false, "forced": false, "deleted": false,
            "repository": {"id": 1, "full_name": "acme/shop", "default_branch": "main"},
            "commits": [{"added": [], "modified": ["README.md"], "removed": []},
                        {"added": [], "modified": [PATH], "removed": []}],
        });
        change(&mut body);
        match push(body.to_string().as_bytes()) {
            Ok(Meaning::Facts(facts)) => {
                let news = PolicyNews {
                    repo: RepoName::parse("acme/shop").unwrap(),
                    place: PolicyPlace::Branch { sha: SHA.into() },
                };
                assert_eq!(facts, [Fact::Policy(Box::new(news))]);
                "read".to_owned()
            }
            Ok(Meaning::Ignored(why)) => why,
            Ok(Meaning::Hint { .. }) => panic!("no hint"),
            Err(bad) => bad.to_string(),
        }
    }

    #[test]
    fn only_a_push_that_may_touch_the_policy_on_the_default_branch_has_it_read() {
        let alone = "a push that leaves .github/hearback.yml alone";
        assert_eq!(said(|_| {}), "read");
        assert_eq!(said(|b| b["commits"] = json!([{"removed": [PATH]}])), "read");
        assert_eq!(said(|b| b["commits"] = json!([{"added": ["a/.github/hearback.yml"]}])), alone);
        assert_eq!(said(|b| b["commits"] = json!([])), alone);
        for odd in ["created", "forced"] {
            let seen = said(|b| {
                b["commits"] = json!([]);
                b[odd] = json!(true);
            });
            assert_eq!(seen, "read", "{odd}");
        }
        assert_eq!(said(|b| b["deleted"] = json!(true)), alone);
        for elsewhere in ["refs/heads/other", "refs/tags/main", "main"] {
            let seen = said(|b| b["ref"] = json!(elsewhere));
            assert_eq!(seen, "a push to something else than the default branch");
        }
        assert_eq!(said(|b| b["after"] = json!("../x")), "after: expected a commit's hash");
    }
}
