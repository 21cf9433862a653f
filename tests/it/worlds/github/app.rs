//! Who may call: the App by JWT, its installation by token, a person by personal token.

use axum::routing::MethodFilter;
use hearback::time::{HOUR_MS, UnixMs};
use octocrab::jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::provider::{not_found, problem};
use super::state::{APP_ID, BOT, INSTALLATION_ID, Installation, PERSONAL_LOGIN, PERSONAL_TOKEN, State};
use super::{Call, paging, shapes};
use crate::worlds::ask::{Answer, Ask, Outcome};
use crate::worlds::post::guid;
use crate::worlds::server::Line;

/// Routes outside of repositories that are about the App.
pub const ROUTES: &[Line<State>] = &[
    (MethodFilter::POST, "/app/installations/{installation}/access_tokens", Call::Token, token),
    (MethodFilter::GET, "/app", Call::App, |world, _| Ok(Answer::json(200, shapes::app(world)))),
    (MethodFilter::GET, "/app/installations", Call::Installations, installations),
    (MethodFilter::GET, "/app/installations/{installation}", Call::Installations, one_installation),
    (MethodFilter::GET, "/repos/{owner}/{repo}/installation", Call::RepoInstallation, repo_installation),
    // Where the old name of a renamed repository leads.
    (MethodFilter::GET, "/repositories/{repo_id}/installation", Call::RepoInstallation, repo_installation),
    (MethodFilter::GET, "/installation/repositories", Call::InstallationRepos, installation_repos),
    (MethodFilter::GET, "/user", Call::User, user),
    (MethodFilter::GET, "/orgs/{organisation}/teams/{team}/memberships/{login}", Call::Membership, membership),
    (MethodFilter::GET, "/rate_limit", Call::RateLimit, rate_limit),
];

const SUSPENDED: &str = "This installation has been suspended";

/// Lets a request in, or says why not; notes who acts.
pub fn admit(world: &mut State, call: Call, ask: &Ask) -> Result<(), Answer> {
    if ask.header("user-agent").is_none() {
        return Err(problem(
            403,
            "Request forbidden by administrative rules. Please make sure your request has a User-Agent header.",
        ));
    }
    if ask.body.is_err() {
        return Err(problem(400, "Problems parsing JSON"));
    }
    let given = ask.header("authorization").unwrap_or_default();
    let (scheme, given) = given.split_once(' ').unwrap_or_default();
    match call {
        Call::Token
        | Call::App
        | Call::Installations
        | Call::RepoInstallation
        | Call::Deliveries
        | Call::GetDelivery
        | Call::Redeliver => {
            if scheme != "Bearer" {
                return Err(problem(401, "A JSON web token could not be decoded"));
            }
            signed_by_app(world, given)
        }
        _ => token_holder(world, given).map(|login| login.clone_into(&mut world.actor)),
    }
}

fn token_holder(world: &State, given: &str) -> Result<&'static str, Answer> {
    if given == PERSONAL_TOKEN {
        return Ok(PERSONAL_LOGIN);
    }
    match (world.tokens.get(given), world.installation) {
        (Some(_), Installation::Suspended) => Err(problem(403, SUSPENDED)),
        (Some(end), Installation::Active) if *end > world.clock.now() => Ok(BOT),
        _ => Err(problem(401, "Bad credentials")),
    }
}

#[derive(Deserialize)]
struct Claims {
    iss: Value,
    iat: i64,
    exp: i64,
}

/// The signature, the issuer, and at most ten minutes of life. The JWT may live by the machine's clock or by ours,
/// because some libraries ask the machine.
fn signed_by_app(world: &State, jwt: &str) -> Result<(), Answer> {
    let key = DecodingKey::from_rsa_pem(include_bytes!("test_app.pub.pem")).unwrap();
    let mut rules = Validation::new(Algorithm::RS256);
    rules.validate_exp = false;
    // `iss` may be a number here, which the library would take for missing; `Claims` asks for it.
    rules.set_required_spec_claims(&["exp"]);
    let Ok(read) = decode::<Claims>(jwt, &key, &rules) else {
        return Err(problem(401, "A JSON web token could not be decoded"));
    };
    let Claims { iss, iat, exp } = read.claims;
    if iss != json!(APP_ID) && iss != json!(APP_ID.to_string()) {
        return Err(problem(404, "Integration not found"));
    }
    let machine = hearback::time::Clock::now(&hearback::time::SystemClock);
    let fresh = |now: UnixMs| {
        let now = now.0.div_euclid(1000);
        iat <= now + 5 && exp > now && exp <= now + 600
    };
    if exp - iat > 600 || !(fresh(world.clock.now()) || fresh(machine)) {
        let said = "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires";
        return Err(problem(401, said));
    }
    Ok(())
}

fn token(world: &mut State, ask: &Ask) -> Outcome {
    if ask.number("installation") != INSTALLATION_ID || world.installation == Installation::Deleted {
        return Err(not_found());
    }
    if world.installation == Installation::Suspended {
        return Err(problem(403, SUSPENDED));
    }
    // The stateless form: longer than forty characters, with dots in it.
    let token = format!("ghs_{APP_ID}_{}.{}", guid().replace('-', ""), guid().replace('-', ""));
    let end = world.now().plus(HOUR_MS);
    world.tokens.insert(token.clone(), end);
    Ok(Answer::json(
        201,
        json!({
            "token": token,
            "expires_at": end.rfc3339(),
            "permissions": shapes::permissions(),
            "repository_selection": "selected",
        }),
    ))
}

fn installations(world: &mut State, _: &Ask) -> Outcome {
    let list = match world.installation {
        Installation::Deleted => Vec::new(),
        Installation::Active | Installation::Suspended => vec![shapes::installation(world)],
    };
    Ok(Answer::json(200, Value::Array(list)))
}

fn one_installation(world: &mut State, ask: &Ask) -> Outcome {
    if ask.number("installation") != INSTALLATION_ID || world.installation == Installation::Deleted {
        return Err(not_found());
    }
    Ok(Answer::json(200, shapes::installation(world)))
}

fn repo_installation(world: &mut State, ask: &Ask) -> Outcome {
    super::repos::find(world, ask)?;
    if world.installation == Installation::Deleted {
        return Err(not_found());
    }
    Ok(Answer::json(200, shapes::installation(world)))
}

fn installation_repos(world: &mut State, ask: &Ask) -> Outcome {
    let ids: Vec<u64> = world.repos.values().filter(|r| !r.removed).map(|r| r.id).collect();
    let total = ids.len();
    let (page, links) = paging::page(world, ask, "/installation/repositories", ids);
    let repositories: Vec<Value> = page.into_iter().map(|id| shapes::repo(world, id)).collect();
    Ok(links.onto(Answer::json(200, json!({"total_count": total, "repositories": repositories}))))
}

fn membership(world: &mut State, ask: &Ask) -> Outcome {
    let team = format!("{}/{}", ask.param("organisation"), ask.param("team"));
    let login = ask.param("login");
    let is_there = world.teams.get(&team).is_some_and(|people| people.iter().any(|p| p == login));
    if is_there { Ok(Answer::json(200, json!({"state": "active", "role": "member"}))) } else { Err(not_found()) }
}

fn user(world: &mut State, _: &Ask) -> Outcome {
    match world.actor.as_str() {
        BOT => Err(problem(403, "Resource not accessible by integration")),
        login => Ok(Answer::json(200, shapes::user(world, login))),
    }
}

fn rate_limit(world: &mut State, _: &Ask) -> Outcome {
    let reset = world.clock.now().0.div_euclid(1000) + 3600;
    let core = json!({"limit": 5000, "used": 0, "remaining": 5000, "reset": reset});
    Ok(Answer::json(200, json!({"resources": {"core": core, "search": core}, "rate": core})))
}
