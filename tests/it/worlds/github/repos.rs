//! Repositories: their names, files, people, releases and check runs.

use axum::routing::MethodFilter;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::provider::{moved, not_found};
use super::state::{INSTALLATION_ID, State};
use super::{Call, paging, shapes};
use crate::worlds::ask::{Answer, Ask, Outcome};
use crate::worlds::server::Line;

/// Routes below a repository.
pub const IN_REPO: &[Line<State>] = &[
    (MethodFilter::GET, "/", Call::GetRepo, |world, ask| {
        let id = find(world, ask)?;
        Ok(Answer::json(200, shapes::repo(world, id)))
    }),
    (MethodFilter::GET, "/contents/{*path}", Call::GetFile, file),
    (MethodFilter::GET, "/collaborators/{login}/permission", Call::Permission, permission),
    (MethodFilter::POST, "/check-runs", Call::CheckRun, check_run),
    (MethodFilter::PATCH, "/check-runs/{id}", Call::EditCheckRun, edit_check_run),
    (MethodFilter::GET, "/commits/{sha}/check-runs", Call::ListCheckRuns, check_runs),
    (MethodFilter::GET, "/releases", Call::ListReleases, releases),
    (MethodFilter::GET, "/releases/latest", Call::GetRelease, latest_release),
    (MethodFilter::GET, "/releases/tags/{tag}", Call::GetRelease, release),
];

/// The repository that the request names, by id or by name; an old name answers 301.
pub fn find(world: &State, ask: &Ask) -> Result<u64, Answer> {
    let seen = world.repos.values().filter(|repo| !repo.removed);
    if !ask.param("repo_id").is_empty() {
        let id = ask.number("repo_id");
        return seen.map(|repo| repo.id).find(|known| *known == id).ok_or_else(not_found);
    }
    let asked = format!("{}/{}", ask.param("owner"), ask.param("repo"));
    for repo in seen {
        if repo.full_name().eq_ignore_ascii_case(&asked) {
            return Ok(repo.id);
        }
        if repo.old_names.iter().any(|old| old.eq_ignore_ascii_case(&asked)) {
            let rest = ask.path.splitn(5, '/').nth(4).map(|rest| format!("/{rest}")).unwrap_or_default();
            let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&ask.query).finish();
            let query = if query.is_empty() { query } else { format!("?{query}") };
            return Err(moved(&format!("{}/repositories/{}{rest}{query}", world.base, repo.id)));
        }
    }
    Err(not_found())
}

fn file(world: &mut State, ask: &Ask) -> Outcome {
    let repo = &world.repos[&find(world, ask)?];
    let path = ask.param("path");
    let text = match ask.query("ref") {
        Some(sha) => repo.proposed.get(&(sha.to_owned(), path.to_owned())),
        None => repo.files.get(path),
    };
    let text = text.ok_or_else(not_found)?;
    // Base64 broken into lines, as GitHub sends it.
    let encoded = STANDARD.encode(text);
    let lines: Vec<&str> = encoded.as_bytes().chunks(60).map(|c| std::str::from_utf8(c).unwrap()).collect();
    Ok(Answer::json(
        200,
        json!({
            "type": "file",
            "name": path.rsplit('/').next(),
            "path": path,
            "sha": &hex::encode(Sha256::digest(text))[..40],
            "size": text.len(),
            "encoding": "base64",
            "content": format!("{}\n", lines.join("\n")),
            "url": format!("{}/repos/{}/contents/{path}?ref=main", world.base, repo.full_name()),
            "git_url": null,
            "html_url": format!("https://github.com/{}/blob/main/{path}", repo.full_name()),
            "download_url": null,
            "_links": {"self": "", "git": null, "html": null},
        }),
    ))
}

fn permission(world: &mut State, ask: &Ask) -> Outcome {
    find(world, ask)?;
    let login = ask.param("login");
    let role = world.people.get(login).ok_or_else(not_found)?.role;
    let coarse = match role {
        Some("admin") => "admin",
        Some("maintain" | "write") => "write",
        Some(_) => "read",
        None => "none",
    };
    let user = shapes::user(world, login);
    Ok(Answer::json(200, json!({"permission": coarse, "role_name": role.unwrap_or("none"), "user": user})))
}

fn check_run(world: &mut State, ask: &Ask) -> Outcome {
    let repo = find(world, ask)?;
    for field in ["name", "head_sha"] {
        if ask.text(field).is_none() {
            return Err(super::provider::invalid("CheckRun", field, "missing_field"));
        }
    }
    let count = annotations(ask)?.len();
    let id = world.next_id();
    let mut run = ask.json().clone();
    run["id"] = json!(id);
    if run["output"].is_object() {
        run["output"]["annotations_count"] = json!(count);
    }
    run["html_url"] = json!(format!("https://github.com/{}/runs/{id}", world.repos[&repo].full_name()));
    run["app"] = shapes::app(world);
    world.repos.get_mut(&repo).unwrap().check_runs.push(run.clone());
    Ok(Answer::json(201, run))
}

/// More than this many annotations in one call are refused.
const ANNOTATIONS_MAX: usize = 50;

fn annotations(ask: &Ask) -> Result<Vec<Value>, Answer> {
    let given = ask.json().pointer("/output/annotations").and_then(Value::as_array).cloned().unwrap_or_default();
    if given.len() > ANNOTATIONS_MAX {
        return Err(super::provider::invalid("CheckRun", "annotations", "invalid"));
    }
    Ok(given)
}

fn edit_check_run(world: &mut State, ask: &Ask) -> Outcome {
    let (repo, id) = (find(world, ask)?, ask.number("id"));
    let more = annotations(ask)?;
    let runs = &mut world.repos.get_mut(&repo).unwrap().check_runs;
    let run = runs.iter_mut().find(|run| run["id"] == json!(id)).ok_or_else(not_found)?;
    let mut all = run["output"]["annotations"].as_array().cloned().unwrap_or_default();
    all.extend(more);
    for (field, value) in ask.json().as_object().into_iter().flatten() {
        run[field] = value.clone();
    }
    run["output"]["annotations_count"] = json!(all.len());
    run["output"]["annotations"] = Value::Array(all);
    Ok(Answer::json(200, run.clone()))
}

fn check_runs(world: &mut State, ask: &Ask) -> Outcome {
    let repo = find(world, ask)?;
    let named = |run: &Value| ask.query("check_name").is_none_or(|name| run["name"] == name);
    let runs = world.repos[&repo].check_runs.iter().filter(|run| run["head_sha"] == ask.param("sha") && named(run));
    // The newest first.
    let runs: Vec<Value> = runs.rev().cloned().collect();
    Ok(Answer::json(200, json!({"total_count": runs.len(), "check_runs": runs})))
}

fn releases(world: &mut State, ask: &Ask) -> Outcome {
    let repo = find(world, ask)?;
    let mut list: Vec<_> = world.repos[&repo].releases.values().cloned().collect();
    list.sort_by_key(|release| std::cmp::Reverse(release.id));
    let (page, links) = paging::page(world, ask, &format!("/repositories/{repo}/releases"), list);
    let page: Vec<Value> = page.iter().map(|release| shapes::release(world, repo, release)).collect();
    Ok(links.onto(Answer::json(200, Value::Array(page))))
}

fn latest_release(world: &mut State, ask: &Ask) -> Outcome {
    let repo = find(world, ask)?;
    let full = world.repos[&repo].releases.values().filter(|r| !r.draft && !r.prerelease);
    let latest = full.max_by_key(|r| r.published_at).cloned().ok_or_else(not_found)?;
    Ok(Answer::json(200, shapes::release(world, repo, &latest)))
}

fn release(world: &mut State, ask: &Ask) -> Outcome {
    let repo = find(world, ask)?;
    let release = world.repos[&repo].releases.get(ask.param("tag")).cloned().ok_or_else(not_found)?;
    Ok(Answer::json(200, shapes::release(world, repo, &release)))
}

/// The installation's part of a payload.
pub fn installation_stub() -> Value {
    json!({"id": INSTALLATION_ID, "node_id": "MDIzOkludGVncmF0aW9uSW5zdGFsbGF0aW9uNDI0Mg=="})
}
