//! Who and where: the account, the server, projects and what their forms ask for.

use axum::routing::MethodFilter;
use serde_json::{Value, json};

use super::state::{Flavour, Project, State};
use super::{BOT, Call, problem, shapes};
use crate::worlds::ask::{Answer, Ask, Outcome};
use crate::worlds::server::Line;

/// Routes.
pub const ROUTES: &[Line<State>] = &[
    (MethodFilter::GET, "/myself", Call::Myself, |world, _| Ok(Answer::json(200, shapes::user(world, BOT)))),
    (MethodFilter::GET, "/serverInfo", Call::ServerInfo, server_info),
    (MethodFilter::GET, "/project/{project}", Call::GetProject, project),
    (MethodFilter::GET, "/issue/createmeta/{project}/issuetypes", Call::CreateMeta, issue_types),
    (MethodFilter::GET, "/issue/createmeta/{project}/issuetypes/{type}", Call::CreateMeta, fields),
];

/// An issue type's id.
pub fn type_id(name: &str) -> String {
    (10_100 + name.len()).to_string()
}

/// A project by key or id.
pub fn find<'w>(world: &'w State, key_or_id: &str) -> Option<&'w Project> {
    world.projects.values().find(|p| p.key == key_or_id || p.id.to_string() == key_or_id)
}

fn server_info(world: &mut State, _: &Ask) -> Outcome {
    let (deployment, version) = match world.flavour {
        Flavour::Cloud => ("Cloud", "1001.0.0-SNAPSHOT"),
        Flavour::DataCenter => ("Server", "9.12.4"),
    };
    Ok(Answer::json(
        200,
        json!({"baseUrl": world.base, "version": version, "deploymentType": deployment, "serverTitle": "Jira"}),
    ))
}

fn asked<'w>(world: &'w State, ask: &Ask) -> Result<&'w Project, Answer> {
    let key = ask.param("project");
    find(world, key).ok_or_else(|| problem(404, &format!("No project could be found with key '{key}'.")))
}

fn types(project: &Project) -> Vec<Value> {
    project.issue_types.iter().map(|name| json!({"id": type_id(name), "name": name, "subtask": false})).collect()
}

fn project(world: &mut State, ask: &Ask) -> Outcome {
    let project = asked(world, ask)?;
    Ok(Answer::json(
        200,
        json!({
            "id": project.id.to_string(), "key": project.key, "name": project.key, "issueTypes": types(project),
        }),
    ))
}

fn issue_types(world: &mut State, ask: &Ask) -> Outcome {
    let types = types(asked(world, ask)?);
    let key = if world.flavour == Flavour::Cloud { "issueTypes" } else { "values" };
    Ok(Answer::json(200, json!({"startAt": 0, "maxResults": 50, "total": types.len(), key: types})))
}

fn fields(world: &mut State, ask: &Ask) -> Outcome {
    let known = asked(world, ask)?.issue_types.iter().any(|name| type_id(name) == ask.param("type"));
    if !known {
        return Err(problem(404, "The issue type was not found."));
    }
    let standard = ["summary", "description", "labels", "priority"].map(ToOwned::to_owned);
    let names = standard.into_iter().chain(world.required_fields.iter().cloned());
    let fields: Vec<Value> = names
        .filter(|name| !world.refused_fields.contains(name))
        .map(|name| {
            let required = name == "summary" || world.required_fields.contains(&name);
            json!({"fieldId": name, "key": name, "name": name, "required": required, "hasDefaultValue": false})
        })
        .collect();
    let key = if world.flavour == Flavour::Cloud { "fields" } else { "values" };
    Ok(Answer::json(200, json!({"startAt": 0, "maxResults": 50, "total": fields.len(), key: fields})))
}
