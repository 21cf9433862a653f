//! GitHub's documents, as its REST API and its webhooks share them.

use hearback::time::UnixMs;
use serde_json::{Value, json};

use super::state::{APP_ID, APP_SLUG, BOT, Comment, INSTALLATION_ID, Installation, Issue, Release, State};

/// What the App was granted.
pub fn permissions() -> Value {
    json!({
        "metadata": "read", "issues": "write", "contents": "read", "deployments": "read",
        "pull_requests": "read", "checks": "write",
    })
}

/// An account.
pub fn user(world: &State, login: &str) -> Value {
    let id = world.people.get(login).map_or(1, |p| p.id);
    let kind = match login {
        "acme" => "Organization",
        login if login.ends_with("[bot]") => "Bot",
        _ => "User",
    };
    let api = format!("{}/users/{login}", world.base);
    let page = match login.strip_suffix("[bot]") {
        Some(slug) => format!("https://github.com/apps/{slug}"),
        None => format!("https://github.com/{login}"),
    };
    json!({
        "login": login,
        "id": id,
        "node_id": format!("U_{id}"),
        "avatar_url": format!("https://avatars.githubusercontent.com/u/{id}?v=4"),
        "gravatar_id": "",
        "url": api,
        "html_url": page,
        "followers_url": format!("{api}/followers"),
        "following_url": format!("{api}/following{{/other_user}}"),
        "gists_url": format!("{api}/gists{{/gist_id}}"),
        "starred_url": format!("{api}/starred{{/owner}}{{/repo}}"),
        "subscriptions_url": format!("{api}/subscriptions"),
        "organizations_url": format!("{api}/orgs"),
        "repos_url": format!("{api}/repos"),
        "events_url": format!("{api}/events{{/privacy}}"),
        "received_events_url": format!("{api}/received_events"),
        "type": kind,
        "user_view_type": "public",
        "site_admin": false,
    })
}

/// The App.
pub fn app(world: &State) -> Value {
    json!({
        "id": APP_ID,
        "slug": APP_SLUG,
        "client_id": "Iv23litest",
        "node_id": "A_kwHO",
        "owner": user(world, "acme"),
        "name": "hearback",
        "description": "",
        "external_url": "https://hearback.example",
        "html_url": format!("https://github.com/apps/{APP_SLUG}"),
        "created_at": "2026-01-01T00:00:00Z",
        "updated_at": "2026-01-01T00:00:00Z",
        "permissions": permissions(),
        "events": ["deployment", "deployment_status", "issue_comment", "issues", "pull_request", "release"],
    })
}

/// The installation.
pub fn installation(world: &State) -> Value {
    let suspended = world.installation == Installation::Suspended;
    json!({
        "id": INSTALLATION_ID,
        "account": user(world, "acme"),
        "access_tokens_url": format!("{}/app/installations/{INSTALLATION_ID}/access_tokens", world.base),
        "repositories_url": format!("{}/installation/repositories", world.base),
        "html_url": format!("https://github.com/organizations/acme/settings/installations/{INSTALLATION_ID}"),
        "app_id": APP_ID,
        "app_slug": APP_SLUG,
        "target_id": 16,
        "target_type": "Organization",
        "permissions": permissions(),
        "events": ["deployment", "deployment_status", "issue_comment", "issues", "pull_request", "release"],
        "created_at": "2026-01-01T00:00:00Z",
        "updated_at": "2026-01-01T00:00:00Z",
        "single_file_name": null,
        "repository_selection": "selected",
        "suspended_at": suspended.then(|| world.now().rfc3339()),
        "suspended_by": suspended.then(|| user(world, "ada")),
    })
}

/// A repository.
pub fn repo(world: &State, id: u64) -> Value {
    let repo = &world.repos[&id];
    let (name, full) = (&repo.name, repo.full_name());
    let api = format!("{}/repos/{full}", world.base);
    let page = format!("https://github.com/{full}");
    let mut shape = json!({
        "id": id,
        "node_id": format!("R_{id}"),
        "name": name,
        "full_name": full,
        "private": false,
        "owner": user(world, &repo.owner),
        "html_url": page,
        "description": null,
        "fork": false,
        "url": api,
        "created_at": "2026-01-01T00:00:00Z",
        "updated_at": "2026-01-01T00:00:00Z",
        "pushed_at": "2026-01-01T00:00:00Z",
        "homepage": null,
        "size": 1,
        "stargazers_count": 0,
        "watchers_count": 0,
        "language": null,
        "has_issues": repo.has_issues,
        "has_projects": false,
        "has_downloads": true,
        "has_wiki": false,
        "has_pages": false,
        "forks_count": 0,
        "mirror_url": null,
        "archived": false,
        "disabled": false,
        "open_issues_count": repo.issues.values().filter(|i| i.open).count(),
        "license": null,
        "forks": 0,
        "open_issues": repo.issues.values().filter(|i| i.open).count(),
        "watchers": 0,
        "default_branch": "main",
        "is_template": false,
        "topics": [],
        "visibility": "public",
        "web_commit_signoff_required": false,
    });
    for (key, path) in REPO_URLS {
        shape[*key] = json!(format!("{api}{path}"));
    }
    shape
}

const REPO_URLS: &[(&str, &str)] = &[
    ("archive_url", "/{archive_format}{/ref}"),
    ("assignees_url", "/assignees{/user}"),
    ("branches_url", "/branches{/branch}"),
    ("collaborators_url", "/collaborators{/collaborator}"),
    ("comments_url", "/comments{/number}"),
    ("commits_url", "/commits{/sha}"),
    ("compare_url", "/compare/{base}...{head}"),
    ("contents_url", "/contents/{+path}"),
    ("deployments_url", "/deployments"),
    ("events_url", "/events"),
    ("hooks_url", "/hooks"),
    ("issue_comment_url", "/issues/comments{/number}"),
    ("issues_url", "/issues{/number}"),
    ("labels_url", "/labels{/name}"),
    ("pulls_url", "/pulls{/number}"),
    ("releases_url", "/releases{/id}"),
    ("tags_url", "/tags"),
];

/// A label.
pub fn label(world: &State, repo: u64, name: &str) -> Value {
    let id = name.bytes().fold(7_u64, |n, b| n.wrapping_mul(31).wrapping_add(b.into())) % 1_000_000;
    json!({
        "id": id,
        "node_id": format!("LA_{id}"),
        "url": format!("{}/repos/{}/labels/{name}", world.base, world.repos[&repo].full_name()),
        "name": name,
        "description": null,
        "color": "ededed",
        "default": false,
    })
}

fn reactions(at: &str, given: &[(String, String)]) -> Value {
    let mut shape = json!({"url": format!("{at}/reactions"), "total_count": given.len()});
    for content in ["+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes"] {
        shape[content] = json!(given.iter().filter(|(_, c)| c == content).count());
    }
    shape
}

/// `performed_via_github_app`, and how its author stands to the repository.
fn provenance(world: &State, author: &str) -> (Value, &'static str) {
    let via = if author == BOT { app(world) } else { Value::Null };
    let standing = match world.people.get(author).and_then(|p| p.role) {
        Some("admin") => "OWNER",
        Some(_) => "COLLABORATOR",
        None => "NONE",
    };
    (via, standing)
}

/// An issue.
pub fn issue(world: &State, repo: u64, issue: &Issue) -> Value {
    let full = world.repos[&repo].full_name();
    let number = issue.number;
    let api = format!("{}/repos/{full}/issues/{number}", world.base);
    let kind = if issue.pull_request { "pull" } else { "issues" };
    let page = format!("https://github.com/{full}/{kind}/{number}");
    let (via, standing) = provenance(world, &issue.author);
    let assignees: Vec<Value> = issue.assignees.iter().map(|login| user(world, login)).collect();
    let mut shape = json!({
        "id": issue.id,
        "node_id": format!("I_{}", issue.id),
        "url": api,
        "repository_url": format!("{}/repos/{full}", world.base),
        "labels_url": format!("{api}/labels{{/name}}"),
        "comments_url": format!("{api}/comments"),
        "events_url": format!("{api}/events"),
        "html_url": page,
        "number": number,
        "title": issue.title,
        "body": if issue.body.is_empty() { Value::Null } else { json!(issue.body) },
        "user": user(world, &issue.author),
        "labels": issue.labels.iter().map(|name| label(world, repo, name)).collect::<Vec<_>>(),
        "state": if issue.open { "open" } else { "closed" },
        "state_reason": issue.state_reason,
        "locked": issue.locked,
        "active_lock_reason": null,
        "assignee": assignees.first(),
        "assignees": assignees,
        "milestone": null,
        "type": null,
        "comments": issue.comments.len(),
        "created_at": issue.created_at.rfc3339(),
        "updated_at": issue.updated_at.rfc3339(),
        "closed_at": issue.closed_at.map(UnixMs::rfc3339),
        "closed_by": null,
        "author_association": standing,
        "performed_via_github_app": via,
        "reactions": reactions(&api, &issue.reactions),
        "timeline_url": format!("{api}/timeline"),
    });
    if issue.pull_request {
        let pull = format!("{}/repos/{full}/pulls/{number}", world.base);
        shape["pull_request"] = json!({
            "url": pull, "html_url": page, "diff_url": format!("{page}.diff"), "patch_url": format!("{page}.patch"),
            "merged_at": null,
        });
    }
    shape
}

/// A comment on issue `number`.
pub fn comment(world: &State, repo: u64, number: u64, comment: &Comment) -> Value {
    let full = world.repos[&repo].full_name();
    let id = comment.id;
    let api = format!("{}/repos/{full}/issues/comments/{id}", world.base);
    let (via, standing) = provenance(world, &comment.author);
    json!({
        "id": id,
        "node_id": format!("IC_{id}"),
        "url": api,
        "html_url": format!("https://github.com/{full}/issues/{number}#issuecomment-{id}"),
        "issue_url": format!("{}/repos/{full}/issues/{number}", world.base),
        "body": comment.body,
        "user": user(world, &comment.author),
        "created_at": comment.created_at.rfc3339(),
        "updated_at": comment.updated_at.rfc3339(),
        "author_association": standing,
        "performed_via_github_app": via,
        "reactions": reactions(&api, &comment.reactions),
    })
}

/// A release.
pub fn release(world: &State, repo: u64, release: &Release) -> Value {
    let full = world.repos[&repo].full_name();
    let (id, tag) = (release.id, &release.tag);
    let api = format!("{}/repos/{full}/releases/{id}", world.base);
    json!({
        "url": api,
        "assets_url": format!("{api}/assets"),
        "upload_url": format!("{api}/assets{{?name,label}}"),
        "html_url": format!("https://github.com/{full}/releases/tag/{tag}"),
        "id": id,
        "node_id": format!("RE_{id}"),
        "author": user(world, "ada"),
        "tag_name": tag,
        "target_commitish": "main",
        "name": tag,
        "draft": release.draft,
        "immutable": false,
        "prerelease": release.prerelease,
        // The commit's date, which is not when it was published.
        "created_at": release.published_at.plus(-3_600_000).rfc3339(),
        "updated_at": release.updated_at.rfc3339(),
        "published_at": (!release.draft).then(|| release.published_at.rfc3339()),
        "assets": [],
        "tarball_url": format!("{}/repos/{full}/tarball/{tag}", world.base),
        "zipball_url": format!("{}/repos/{full}/zipball/{tag}", world.base),
        "body": release.body,
    })
}
