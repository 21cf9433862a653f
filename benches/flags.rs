//! What the largest delivery of a flag platform costs: a LaunchDarkly audit entry of 5 MB, which holds a flag with many
//! environments and rules, before and after a change of its rollout. Prints a Markdown table: for each thing that is done
//! with a delivery the median time, the bytes a second, and the most memory that it held at once besides the body.
//!
//!     cargo bench --bench flags
//!
//! The machine matters to the times and not to the memory.
#![expect(clippy::disallowed_methods, reason = "a bench measures time")]

use std::time::{Duration, Instant};

use hearback::sources::signature::{Claim, Proof, sign, verify};
use hearback::sources::{Headers, Incoming, Meaning, source};
use hearback::time::UnixMs;
use peak_alloc::PeakAlloc;
use serde_json::{Value, json};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// The body, bytes: as large as LaunchDarkly's customers report them.
const BODY: usize = 5_000_000;
/// Rules of the flag in each environment.
const RULES: usize = 50;
/// Times that each thing is done; the first are not counted, as they warm up.
const TIMES: usize = 25;
const WARM_UP: usize = 5;
const NOW: UnixMs = UnixMs(1_760_004_600_100);

fn main() {
    let source = source("launchdarkly").expect("LaunchDarkly is a source");
    let body = entry();
    let secrets = ["a-secret".to_owned()];
    let scheme = source.schemes[0];
    let signed = sign(scheme, &secrets[0], "", NOW, &body).expect("a scheme of ours");
    let headers = Headers(signed.into_iter().map(|(name, value)| (name.to_owned(), value)).collect());
    let incoming = Incoming::new(&headers, &body, NOW);
    let envelope = (source.envelope)(&incoming).expect("an entry");
    let kind = Incoming { event: &envelope.event, ..incoming };

    let facts = match (source.parse)(&kind).expect("an entry") {
        Meaning::Facts(facts) | Meaning::Hint { facts, .. } => facts,
        Meaning::Ignored(why) => panic!("the entry is ignored: {why}"),
    };
    println!("{} of {:.1} MB tells {} facts\n", envelope.event, megabytes(body.len()), facts.len());
    println!("| what | median | MB/s | peak memory |");
    println!("|---|---|---|---|");
    report("signature", body.len(), || {
        let proof = verify(&[scheme], &Claim { headers: &headers, body: &body, token: None }, &secrets, NOW);
        assert_eq!(proof, Ok(Proof::Signed));
    });
    report("envelope", body.len(), || assert_eq!((source.envelope)(&incoming).as_ref(), Ok(&envelope)));
    report("parse", body.len(), || assert!((source.parse)(&kind).is_ok()));
}

fn megabytes(bytes: usize) -> f64 {
    bytes as f64 / 1e6
}

fn report(what: &str, bytes: usize, run: impl Fn()) {
    let mut times: Vec<Duration> = Vec::with_capacity(TIMES);
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    for _ in 0..TIMES {
        let began = Instant::now();
        run();
        times.push(began.elapsed());
    }
    let held = MEMORY.peak_usage().saturating_sub(before);
    let mut counted = times.split_off(WARM_UP);
    counted.sort();
    let median = counted[counted.len() / 2].as_secs_f64();
    println!("| {what} | {:.2} ms | {:.0} | {:.2} MB |", median * 1e3, megabytes(bytes) / median, megabytes(held));
}

/// An entry of the audit log, as `AuditLogEntryRep` of launchdarkly/api-client-go has it.
fn entry() -> Vec<u8> {
    let small = written(1);
    let environment = written(2).len() - small.len();
    let environments = 1 + (BODY - small.len()) / environment;
    written(environments)
}

fn written(environments: usize) -> Vec<u8> {
    let resource = "proj/shop:env/environment-0:flag/new-checkout";
    let link = |href: &str| json!({"href": href, "type": "application/json"});
    let entry = json!({
        "_links": {
            "canonical": link("/api/v2/flags/shop/new-checkout"),
            "self": link("/api/v2/auditlog/66f000000000000000000004"),
            "site": {"href": "/shop/environment-0/features/new-checkout", "type": "text/html"},
        },
        "_id": "66f000000000000000000004",
        "_accountId": "5f0000000000000000000001",
        "date": NOW.0,
        "accesses": [{"action": "updateFallthrough", "resource": resource}],
        "kind": "flag",
        "name": "New checkout",
        "description": "* Changed the default rollout from ~~`10%` `on`~~ to `50%` `on`\n",
        "shortDescription": "",
        "member": {"_id": "60a1b2c3d4e5f60718293a4b", "email": "rae@example.com", "firstName": "Rae", "lastName": "Okafor"},
        "titleVerb": "updated the flag",
        "title": "[Rae Okafor](mailto:rae@example.com) updated the flag in `Environment 0`",
        "target": {"name": "New checkout", "resources": [resource]},
        "previousVersion": flag(3, 10_000, environments),
        "currentVersion": flag(4, 50_000, environments),
    });
    serde_json::to_vec(&entry).expect("JSON")
}

fn flag(version: i64, weight: i64, environments: usize) -> Value {
    let named = |i: usize| (format!("environment-{i}"), environment(i, if i == 0 { weight } else { 25_000 }));
    json!({
        "name": "New checkout",
        "kind": "boolean",
        "key": "new-checkout",
        "_version": version,
        "creationDate": 1_760_000_000_000_i64,
        "variations": [
            {"_id": "11111111-1111-4111-8111-111111111111", "value": true, "name": "on"},
            {"_id": "22222222-2222-4222-8222-222222222222", "value": false, "name": "off"},
        ],
        "temporary": true,
        "tags": ["checkout"],
        "archived": false,
        "defaults": {"onVariation": 0, "offVariation": 1},
        "environments": (0..environments).map(named).collect::<serde_json::Map<_, _>>(),
    })
}

fn environment(number: usize, weight: i64) -> Value {
    let rollout = |weight: i64| {
        json!({"contextKind": "user", "variations": [
            {"variation": 0, "weight": weight},
            {"variation": 1, "weight": 100_000 - weight},
        ]})
    };
    let rule = |i: usize| {
        let values: Vec<String> = (0..20).map(|v| format!("customer-{number}-{i}-{v}@example.com")).collect();
        let mut rule = json!({
            "_id": format!("{number:08}-0000-4000-8000-{i:012}"),
            "description": "Customers who asked for it \u{2013} \"early\" ones",
            "clauses": [{"_id": format!("{i:024}"), "attribute": "email", "op": "in", "values": values, "negate": false}],
            "trackEvents": false,
            "ref": format!("{number:016}{i:016}"),
        });
        // Half of the rules give one variation, half are rollouts.
        let (name, gives) = if i.is_multiple_of(2) { ("variation", json!(0)) } else { ("rollout", rollout(20_000)) };
        rule[name] = gives;
        rule
    };
    json!({
        "on": true,
        "archived": false,
        "salt": "00000000000000000000000000000000",
        "sel": "00000000000000000000000000000000",
        "lastModified": 1_760_003_600_000_i64,
        "version": 3,
        "targets": [{"values": ["ann", "ben"], "variation": 0, "contextKind": "user"}],
        "contextTargets": [],
        "rules": (0..RULES).map(rule).collect::<Vec<_>>(),
        "fallthrough": {"rollout": rollout(weight)},
        "offVariation": 1,
        "prerequisites": [],
        "_environmentName": format!("Environment {number}"),
        "trackEvents": false,
        "trackEventsFallthrough": false,
    })
}
