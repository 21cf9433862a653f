//! Moving issues along the workflow.

use axum::routing::MethodFilter;
use serde_json::{Value, json};

use super::state::{State, Transition};
use super::{Call, problem, refuse, shapes};
use crate::worlds::ask::{Answer, Ask, Outcome};
use crate::worlds::server::Line;

/// Routes.
pub const ROUTES: &[Line<State>] = &[
    (MethodFilter::GET, "/issue/{key}/transitions", Call::ListTransitions, list),
    (MethodFilter::POST, "/issue/{key}/transitions", Call::Transition, perform),
];

fn list(world: &mut State, ask: &Ask) -> Outcome {
    world.issue_id(ask.param("key"))?;
    let with_fields = ask.query("expand").is_some_and(|expand| expand.contains("transitions.fields"));
    let shape = |step: &Transition| {
        let mut shape = json!({
            "id": step.id,
            "name": step.to,
            "to": shapes::status(&step.to, step.category),
            "hasScreen": !step.demands.is_empty(),
            "isGlobal": true,
            "isInitial": false,
            "isAvailable": true,
            "isConditional": false,
            "isLooped": false,
        });
        if with_fields {
            let demanded = step.demands.iter().map(|f| (f.clone(), json!({"required": true, "name": f})));
            shape["fields"] = Value::Object(demanded.collect());
        }
        shape
    };
    let transitions: Vec<Value> = world.transitions.iter().map(shape).collect();
    Ok(Answer::json(200, json!({"expand": "transitions", "transitions": transitions})))
}

fn perform(world: &mut State, ask: &Ask) -> Outcome {
    let id = world.issue_id(ask.param("key"))?;
    let wanted = ask.json()["transition"]["id"].as_str().unwrap_or_default();
    let Some(step) = world.transitions.iter().find(|step| step.id == wanted).cloned() else {
        let said = format!(
            "It seems that you have tried to perform an illegal workflow operation ({wanted}): it is not valid for \
             the current state of the issue."
        );
        return Err(problem(400, &said));
    };
    let fields = &ask.json()["fields"];
    if let Some(missing) = step.demands.iter().find(|name| fields[name.as_str()].is_null()) {
        return Err(refuse(missing, &format!("{missing} is required.")));
    }
    apply(world, id, &step);
    if let Some(fields) = fields.as_object() {
        world.issues.get_mut(&id).unwrap().fields.extend(fields.clone());
    }
    Ok(Answer::empty(204))
}

/// Moves the issue.
pub fn apply(world: &mut State, id: u64, step: &Transition) {
    let now = world.clock.now();
    let issue = world.issues.get_mut(&id).expect("the issue");
    issue.status = (step.to.clone(), step.category);
    issue.updated_at = now;
}
