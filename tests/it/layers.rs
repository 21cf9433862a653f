//! Who may name whom. Reads `src/` as Rust, so that comments, docs and texts do not count, and leaves out `#[cfg(test)]`.
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Attribute, Item, UseTree};

/// A module at the root of the crate: its layer and the modules beside lower layers' vocabulary that it may name.
struct Room {
    name: &'static str,
    layer: u8,
    may_name: &'static [&'static str],
}

const fn room(name: &'static str, layer: u8, may_name: &'static [&'static str]) -> Room {
    Room { name, layer, may_name }
}

/// The allowed edges. A room that is not here fails the test until it is placed.
const ROOMS: &[Room] = &[
    room("time", 0, &[]),
    room("id", 0, &["time"]),
    room("domain", 0, &["time", "id"]),
    room("sources", 1, &["time", "id", "domain"]),
    room("analysis", 1, &["time", "id", "domain"]),
    // A verdict is told with an interval.
    room("plan", 1, &["time", "id", "domain", "analysis"]),
    room("command", 1, &["time", "id", "domain"]),
    room("render", 1, &["time", "id", "domain", "plan", "analysis"]),
    // Settings name the sources that there are.
    room("config", 2, &["time", "id", "domain", "sources"]),
    room("store", 2, &["time", "id", "domain"]),
    room("http", 2, &["time", "id", "domain"]),
    room("github", 2, &["time", "id", "domain", "render", "http"]),
    room("jira", 2, &["time", "id", "domain", "render", "http"]),
    // What a platform shows when asked is read as what it sends.
    room("flagapi", 2, &["time", "id", "domain", "sources", "http"]),
    room("llm", 2, &["time", "id", "domain", "http"]),
    // A time in a warehouse's rows is read as in its tables.
    room("pull", 2, &["time", "id", "domain", "sources", "http"]),
    room("trackers", 2, &["time", "id", "domain", "render", "http", "github", "jira"]),
    // How much is logged is a setting.
    room("telemetry", 2, &["time", "id", "domain", "config"]),
    // Reads the files of a sentence encoder.
    room("encoder", 2, &["time", "id", "domain"]),
    room("flow", 3, &[LOWER]),
    room("jobs", 4, &[LOWER]),
    room("web", 4, &[LOWER]),
    room("app", 4, &[LOWER, "jobs", "web"]),
    // Plays a sender against the real service.
    room("demo", 4, &[LOWER, "jobs", "app"]),
    room("cli", 4, &[LOWER, "jobs", "web", "app", "demo"]),
    room("main", 4, &[LOWER, "jobs", "web", "app", "cli"]),
];
/// Everything in lower layers.
const LOWER: &str = "…";
/// What makes a room see the outside world.
const OUTSIDE: &[&str] = &["github", "jira", "flagapi", "llm", "pull", "trackers"];
/// The use cases see both the store and the outside world; these build them.
const SEES_BOTH: &[&str] = &["flow", "app", "cli", "main"];
/// Macros stand at the root of the crate, whoever makes them.
const MACROS: &[(&str, &str)] = &[("crash_point", "telemetry")];
/// Crates that layers 0 and 1 never mention.
const IMPURE: &[&str] = &["tokio", "sqlx", "axum", "reqwest", "octocrab", "candle_core"];
/// Parts of the standard library that they never mention.
const IMPURE_STD: &[&str] = &["env", "fs"];

#[test]
fn modules_name_only_what_the_map_allows() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    walk(&src, &mut files);
    assert!(files.len() > 40, "only {} files found in {}", files.len(), src.display());
    let mut faults = Vec::new();
    let mut rooms = BTreeSet::new();
    let mut named: Vec<(String, BTreeSet<String>)> = Vec::new();
    for file in files {
        let path: Vec<String> = module_path(file.strip_prefix(&src).expect("a file below src"));
        // A module's tests in files of their own are tests as well.
        if path.iter().any(|part| part == "tests") {
            continue;
        }
        let Some(home) = path.first().cloned() else { continue };
        let text = std::fs::read_to_string(&file).expect("a readable file");
        let seen = look(&text, &path).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        faults.extend(judge(&home, &seen).into_iter().map(|f| format!("{}: {f}", file.display())));
        rooms.insert(home.clone());
        named.push((home, seen.rooms));
    }
    for home in rooms.iter().filter(|r| !SEES_BOTH.contains(&r.as_str())) {
        let all: BTreeSet<&str> =
            named.iter().filter(|(h, _)| h == home).flat_map(|(_, n)| n.iter().map(String::as_str)).collect();
        if all.contains("store") && OUTSIDE.iter().any(|o| all.contains(o)) {
            faults.push(format!("{home} sees both the store and the outside world: only flow does"));
        }
    }
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn the_checker_sees_what_it_looks_for() {
    for (home, text, said) in [
        ("domain", "use crate::store::Tx;", "domain may not name store"),
        ("domain", "use super::store;", "domain may not name store"),
        ("domain", "fn f() { crate::flow::x() }", "domain may not name flow"),
        ("domain", "fn f() { info!(\"x\", crate::flow::x()) }", "domain may not name flow"),
        ("plan", "use crate::{domain::x, render::{self, doc}};", "plan may not name render"),
        ("plan", "use std::{fmt, fs::File};", "plan may not mention std::fs"),
        ("plan", "fn f() { std::env::var(\"X\"); }", "plan may not mention std::env"),
        ("plan", "use tokio::sync::Notify;", "plan may not mention tokio"),
        ("plan", "fn f(db: &sqlx::PgPool) {}", "plan may not mention sqlx"),
        ("plan", "struct S; impl S { pub async fn f(&self) {} }", "plan may not hold an async fn"),
        ("plan", "mod inner { use super::super::store; }", "plan may not name store"),
        ("store", "use crate::http::Client;", "store may not name http"),
        ("github", "use crate::store::Db;", "github may not name store"),
        ("flow", "use crate::web::Router;", "flow may not name web"),
        ("jobs", "use crate::web::Router;", "jobs may not name web"),
        ("main", "use hearback::nowhere;", "main names nowhere, which is no module"),
        ("nowhere", "", "nowhere is no module of the map: give it a place in tests/it/layers.rs"),
    ] {
        let seen = look(text, &[home.to_owned()]).expect("Rust");
        assert_eq!(judge(home, &seen), [said], "{text}");
    }
    for (home, text) in [
        (
            "plan",
            "//! crate::store, tokio, std::fs\n/// crate::flow::x\nfn f() { /* async fn */ \"std::env crate::web sqlx\"; }",
        ),
        (
            "plan",
            "use crate::domain::{rollout, window};\nuse super::domain;\nfn f() { std::fmt::format(x); self::inner::f() }",
        ),
        ("plan", "#[cfg(test)]\nmod tests { use crate::store::Db; use tokio::test; async fn f() {} }"),
        ("plan", "#[cfg(test)]\nuse crate::store::Db;\nfn f() { let tokio_like = 1; a.fs; }"),
        ("store", "pub async fn f(tx: &mut crate::store::Tx) { std::fs::read(x); sqlx::query(y); }"),
        ("trackers", "use crate::{github, http, jira, render::doc::Doc};"),
        ("flow", "use crate::crash_point;\nuse crate::{github, store};\nfn f() { crate::crash_point!(\"x\"); }"),
        ("web", "mod api { use super::super::flow; use super::other; }"),
        ("main", "fn main() { hearback::cli::run() }"),
    ] {
        let seen = look(text, &[home.to_owned()]).expect("Rust");
        assert_eq!(judge(home, &seen), Vec::<String>::new(), "{text}");
    }
}

/// What one file mentions.
#[derive(Debug, Default)]
struct Seen {
    /// Modules at the root of the crate.
    rooms: BTreeSet<String>,
    /// Crates and parts of the standard library that are not pure.
    impure: BTreeSet<String>,
    /// Whether there is an `async fn`.
    asynchronous: bool,
}

fn judge(home: &str, seen: &Seen) -> Vec<String> {
    let Some(room) = ROOMS.iter().find(|r| r.name == home) else {
        return vec![format!("{home} is no module of the map: give it a place in tests/it/layers.rs")];
    };
    let mut faults = Vec::new();
    for name in seen.rooms.iter().filter(|n| *n != home) {
        match ROOMS.iter().find(|r| r.name == name) {
            None => faults.push(format!("{home} names {name}, which is no module")),
            Some(other) => {
                let lower = room.may_name.contains(&LOWER) && other.layer < room.layer;
                if !lower && !room.may_name.contains(&other.name) {
                    faults.push(format!("{home} may not name {name}"));
                }
            }
        }
    }
    if room.layer <= 1 {
        faults.extend(seen.impure.iter().map(|name| format!("{home} may not mention {name}")));
        if seen.asynchronous {
            faults.push(format!("{home} may not hold an async fn"));
        }
    }
    faults
}

/// Reads a file's text; `path` is its module path from the root of the crate.
fn look(text: &str, path: &[String]) -> syn::Result<Seen> {
    let mut seen = Seen::default();
    items(&syn::parse_file(text)?.items, path, &mut seen);
    Ok(seen)
}

fn items(list: &[Item], path: &[String], seen: &mut Seen) {
    for item in list.iter().filter(|i| !only_for_tests(i)) {
        match item {
            Item::Mod(inner) => {
                let mut deeper = path.to_vec();
                deeper.push(inner.ident.to_string());
                items(inner.content.as_ref().map_or(&[], |(_, list)| list), &deeper, seen);
            }
            Item::Use(used) => tree(&used.tree, &[], path, seen),
            other => tokens(other.to_token_stream(), path, seen),
        }
    }
}

fn only_for_tests(item: &Item) -> bool {
    let attributes: &[Attribute] = match item {
        Item::Mod(i) => &i.attrs,
        Item::Use(i) => &i.attrs,
        Item::Fn(i) => &i.attrs,
        Item::Impl(i) => &i.attrs,
        Item::Struct(i) => &i.attrs,
        Item::Enum(i) => &i.attrs,
        Item::Const(i) => &i.attrs,
        Item::Static(i) => &i.attrs,
        Item::Macro(i) => &i.attrs,
        _ => &[],
    };
    attributes.iter().any(|a| a.to_token_stream().to_string().replace(' ', "") == "#[cfg(test)]")
}

/// Every path of a `use`.
fn tree(part: &UseTree, before: &[String], path: &[String], seen: &mut Seen) {
    let and = |name: String| before.iter().cloned().chain([name]).collect::<Vec<_>>();
    match part {
        UseTree::Path(p) => tree(&p.tree, &and(p.ident.to_string()), path, seen),
        UseTree::Name(n) => mention(&and(n.ident.to_string()), path, seen),
        UseTree::Rename(r) => mention(&and(r.ident.to_string()), path, seen),
        UseTree::Glob(_) => mention(before, path, seen),
        UseTree::Group(group) => group.items.iter().for_each(|p| tree(p, before, path, seen)),
    }
}

/// Every path in code, macros' arguments among it.
fn tokens(stream: TokenStream, path: &[String], seen: &mut Seen) {
    let all: Vec<TokenTree> = stream.into_iter().collect();
    let ident = |i: usize| match all.get(i) {
        Some(TokenTree::Ident(ident)) => Some(ident.to_string()),
        _ => None,
    };
    let colon = |i: usize| matches!(all.get(i), Some(TokenTree::Punct(p)) if p.as_char() == ':');
    let dollar = |i: usize| matches!(all.get(i), Some(TokenTree::Punct(p)) if p.as_char() == '$');
    let mut i = 0;
    while i < all.len() {
        if let TokenTree::Group(group) = &all[i] {
            tokens(group.stream(), path, seen);
        }
        let Some(first) = ident(i) else {
            i += 1;
            continue;
        };
        if first == "async" && ident(i + 1).as_deref() == Some("fn") {
            seen.asynchronous = true;
        }
        let macro_rules = i > 0 && dollar(i - 1);
        let mut whole = vec![first];
        while colon(i + 1)
            && colon(i + 2)
            && let Some(next) = ident(i + 3)
        {
            whole.push(next);
            i += 3;
        }
        // `$crate::x` in a macro is meant from where the macro is used, and judged there.
        if whole.len() > 1 && !macro_rules {
            mention(&whole, path, seen);
        }
        i += 1;
    }
}

/// Notes what a path leads to.
fn mention(whole: &[String], path: &[String], seen: &mut Seen) {
    let Some(first) = whole.first() else { return };
    if IMPURE.contains(&first.as_str()) {
        seen.impure.insert(first.clone());
    }
    if let Some(part) = whole.get(1).filter(|p| first == "std" && IMPURE_STD.contains(&p.as_str())) {
        seen.impure.insert(format!("std::{part}"));
    }
    let in_main = path.first().is_some_and(|p| p == "main");
    let (base, rest): (&[String], &[String]) = match first.as_str() {
        "crate" => (&[], &whole[1..]),
        "hearback" if in_main => (&[], &whole[1..]),
        "super" => {
            let ups = whole.iter().take_while(|p| *p == "super").count();
            (&path[..path.len().saturating_sub(ups)], &whole[ups..])
        }
        _ => return,
    };
    if let Some(room) = base.first().or(rest.first()) {
        let made_by = MACROS.iter().find(|(name, _)| name == room).map(|(_, by)| (*by).to_owned());
        seen.rooms.insert(made_by.unwrap_or_else(|| room.clone()));
    }
}

/// `plan/windows.rs` is `plan::windows`, `plan/mod.rs` is `plan`, `lib.rs` is the root itself.
fn module_path(file: &Path) -> Vec<String> {
    let mut path: Vec<String> =
        file.with_extension("").iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if path.last().is_some_and(|last| last == "mod" || last == "lib") {
        path.pop();
    }
    path
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("a folder").map(|e| e.expect("an entry").path()).collect();
    entries.sort();
    for entry in entries {
        if entry.is_dir() {
            walk(&entry, files);
        } else if entry.extension().is_some_and(|e| e == "rs") {
            files.push(entry);
        }
    }
}
