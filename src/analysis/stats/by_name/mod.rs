//! Every statistic by its name, JSON in and JSON out: what `hearback stats` runs and the golden vectors check.
//!
//! Names of functions and arguments are those of the method specification's vectors and stay as they are. A number that is
//! not finite, and what has no value, is null. To add a function: an entry in one of the lists below.

mod adjustment;
mod alarms;
mod association;
mod families;
mod forecasts;
mod given;
mod kernel;
mod means;
mod series;
mod shares;
mod usage;

pub use families::{FAMILIES, Family};
pub use given::{ArgumentError, Given};
use serde_json::{Map, Value, json};

/// A field that names the function where a family has several.
const FUNCTION_KEY: &str = "f";

/// An argument of a function.
#[derive(Clone, Copy, Debug)]
pub struct Argument {
    /// Its field.
    pub name: &'static str,
    /// Whether it can be left out.
    pub optional: bool,
    /// What it is, with its range or default.
    pub about: &'static str,
}

/// A required argument.
const fn arg(name: &'static str, about: &'static str) -> Argument {
    Argument { name, optional: false, about }
}

/// An argument that has a default.
const fn opt(name: &'static str, about: &'static str) -> Argument {
    Argument { name, optional: true, about }
}

/// The confidence of an interval.
const CONF: Argument = opt("conf", "confidence of the interval, between 0 and 1; 0.95");
/// The error of a confidence sequence.
const ALPHA: Argument = opt("alpha", "how often the sequence may miss, between 0 and 1; 0.05");

/// A statistic that can be called by name.
#[derive(Clone, Copy)]
pub struct Function {
    /// Its names; each gives the same.
    pub names: &'static [&'static str],
    /// What it is for, one line.
    pub about: &'static str,
    /// What it takes.
    pub arguments: &'static [Argument],
    run: fn(Given<'_>) -> Result<Value, ArgumentError>,
}

/// All functions, by what they are about.
pub fn functions() -> impl Iterator<Item = &'static Function> {
    [
        kernel::FUNCTIONS,
        shares::FUNCTIONS,
        means::FUNCTIONS,
        association::FUNCTIONS,
        adjustment::FUNCTIONS,
        forecasts::FUNCTIONS,
        series::FUNCTIONS,
        usage::FUNCTIONS,
        alarms::FUNCTIONS,
    ]
    .into_iter()
    .flatten()
}

/// A function of this name.
pub fn function(name: &str) -> Option<&'static Function> {
    functions().find(|f| f.names.contains(&name))
}

/// What was asked for: a function, or a family of which the call's field `f` names one.
#[derive(Clone, Copy)]
pub enum Asked {
    /// By name.
    Function(&'static Function),
    /// By the name of its vectors' file, or their title.
    Family(&'static Family),
}

/// Finds what a text names: a function, a family's file or title, or a title that begins with a function's name.
pub fn find(text: &str) -> Option<Asked> {
    let text = text.trim();
    let stem = text.strip_suffix(".json").unwrap_or(text);
    if let Some(function) = function(stem) {
        return Some(Asked::Function(function));
    }
    if let Some(family) = FAMILIES.iter().find(|f| f.is_named(stem)) {
        return Some(Asked::Family(family));
    }
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(text.len());
    function(&text[..end]).map(Asked::Function)
}

impl Asked {
    /// Runs it on a call's arguments. A call may carry the name of a function of the same family in `f`.
    pub fn run(self, call: &Map<String, Value>) -> Result<Value, ArgumentError> {
        let function = self.choose(call)?;
        (function.run)(Given::of(call, function.arguments)?)
    }

    fn choose(self, call: &Map<String, Value>) -> Result<&'static Function, ArgumentError> {
        let named = call.get(FUNCTION_KEY).filter(|v| !v.is_null());
        let (family, only) = match self {
            Self::Function(function) => (FAMILIES.iter().find(|f| f.has(function)), Some(function)),
            Self::Family(family) => (Some(family), family.only()),
        };
        let Some(named) = named else {
            return only.ok_or_else(|| {
                given::wrong(
                    FUNCTION_KEY,
                    format!("missing; expected {}", family.map_or(String::new(), Family::listed)),
                )
            });
        };
        let name = named.as_str().unwrap_or_default();
        let chosen =
            function(name).filter(|f| only.is_some_and(|o| o.names == f.names) || family.is_some_and(|of| of.has(f)));
        chosen.ok_or_else(|| {
            let expected = family.map_or_else(|| only.map_or("", |o| o.names[0]).to_owned(), Family::listed);
            given::wrong(FUNCTION_KEY, format!("expected {expected}, got {named}"))
        })
    }
}

/// An object of these fields, all null where there is no value.
fn fields<const N: usize>(names: [&str; N], values: Option<[f64; N]>) -> Value {
    let values = values.map_or([(); N].map(|()| Value::Null), |v| v.map(|x| json!(x)));
    Value::Object(names.into_iter().map(str::to_owned).zip(values).collect())
}

#[cfg(test)]
mod tests;
