//! `hearback stats`: each statistic by its name, JSON in, JSON out; no database.

use std::io::{Read as _, Write as _};

use anyhow::{Context as _, Result};
use serde_json::{Map, Value, json};

use super::{Done, WrongCall};
use crate::analysis::stats::by_name::{self, Asked, FAMILIES, Function};

/// What `stats` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The function, or a file of its vectors; without it, all are listed.
    #[arg(value_name = "FUNCTION")]
    function: Option<String>,
    /// List the functions with what they are for and what they take.
    #[arg(long)]
    list: bool,
    /// List as JSON lines.
    #[arg(long)]
    json: bool,
}

/// Reads objects of arguments from stdin, one or several, and prints a line of JSON for each. A call that can't be meant
/// ends the run with the field and what was expected; what stands before it is answered.
pub fn run(args: &Args) -> Result<Done> {
    let Some(name) = args.function.as_ref().filter(|_| !args.list) else {
        return list(args);
    };
    let Some(asked) = by_name::find(name) else {
        let names: Vec<&str> = by_name::functions().flat_map(|f| f.names).copied().collect();
        return Err(WrongCall(format!("no function {name}; expected one of {}", names.join(", "))).into());
    };
    let mut given = String::new();
    std::io::stdin().lock().read_to_string(&mut given).context("reading stdin")?;
    let mut out = std::io::stdout().lock();
    let mut answered = 0;
    for call in serde_json::Deserializer::from_str(&given).into_iter::<Value>() {
        let place = || format!("object {}", answered + 1);
        let call = call.map_err(|e| WrongCall(format!("{}: expected JSON: {e}", place())))?;
        let call =
            arguments(&call).ok_or_else(|| WrongCall(format!("{}: expected an object of arguments", place())))?;
        let told = asked.run(call).map_err(|e| WrongCall(format!("{}: {e}", place())))?;
        writeln!(out, "{told}")?;
        answered += 1;
    }
    out.flush()?;
    if answered == 0 {
        return Err(WrongCall("stdin is empty: expected an object of arguments; --list shows them".into()).into());
    }
    Ok(Done::Well)
}

/// The call's arguments; a whole golden case has them under `in`.
fn arguments(call: &Value) -> Option<&Map<String, Value>> {
    let call = call.as_object()?;
    call.get("in").and_then(Value::as_object).or(Some(call))
}

/// All functions, or those that are named.
fn list(args: &Args) -> Result<Done> {
    let asked = match &args.function {
        None => None,
        Some(name) => Some(by_name::find(name).ok_or_else(|| WrongCall(format!("no function {name}")))?),
    };
    let wanted = |f: &Function| match asked {
        None => true,
        Some(Asked::Function(one)) => one.names == f.names,
        Some(Asked::Family(family)) => family.has(f),
    };
    for function in by_name::functions().filter(|f| wanted(f)) {
        if args.json {
            put!("{}", as_json(function));
            continue;
        }
        put!("{}: {}", function.names.join(", "), function.about);
        for argument in function.arguments {
            let name = argument.name;
            let shown = if argument.optional { format!("[{name}]") } else { name.to_owned() };
            put!("    {shown:16} {}", argument.about);
        }
    }
    Ok(Done::Well)
}

fn as_json(function: &Function) -> Value {
    let argument = |a: &by_name::Argument| json!({ "name": a.name, "optional": a.optional, "about": a.about });
    json!({
        "names": function.names,
        "about": function.about,
        "arguments": function.arguments.iter().map(argument).collect::<Vec<_>>(),
        "file": FAMILIES.iter().find(|family| family.has(function)).map(|family| family.file),
    })
}
