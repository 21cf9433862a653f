//! `ClickHouse` over HTTP, and warehouses that take a query as a body and answer with rows as JSON.
//!
//! Names go apart from the query, as `param_flag` for `{flag:String}`. A server that is too old for that is told by
//! `binding = "literals"`, and names become literals ([`literal`]). Rows are read as an object a line, a list of objects, or
//! a list under `data` or `rows`. The user should be one that may only read.

use async_trait::async_trait;
use serde_json::{Map, Value};

use super::ask::{Answer, Asker};
use super::template::{Hole, Language, Template, literal};
use super::{About, Puller, Settings, rows};
use crate::domain::series::{Binding, Hours, Pulled};
use crate::http::RemoteError;
use crate::time::SECOND_MS;

/// A warehouse.
#[derive(Debug)]
pub(super) struct Sql {
    asker: Asker,
    query: Template,
    metric: String,
    binding: Binding,
}

impl Sql {
    pub(super) fn new(settings: Settings) -> anyhow::Result<Self> {
        let asker = Asker::new(&settings, true)?;
        let query = Template::read(&settings.query, Language::Sql)
            .map_err(|problem| anyhow::anyhow!("usage.{}.query: {problem}", settings.name))?;
        Ok(Self { asker, query, metric: settings.metric, binding: settings.binding })
    }

    /// Sends a query and reads its rows.
    async fn ask(
        &self,
        query: String,
        parameters: &[(String, String)],
    ) -> Result<Vec<Map<String, Value>>, RemoteError> {
        let mut url = self.asker.at(&[]);
        // The form of the answer, where the query itself does not say.
        url.query_pairs_mut().append_pair("default_format", "JSONEachRow").extend_pairs(parameters);
        let request = self.asker.post(url).header(http::header::CONTENT_TYPE, "text/plain; charset=utf-8").body(query);
        let answer = self.asker.send(request).await?;
        let said = exception(&answer);
        // A parameter is then a setting that it does not know, or that who only reads may not change.
        if said.as_deref().is_some_and(|s| s.contains("setting param_") || s.contains("setting (param_")) {
            let name = self.asker.name();
            let problem = format!("this server knows no parameters: set usage.{name}.binding = \"literals\"");
            return Err(RemoteError::Refused { problem });
        }
        match said {
            // It fails on the way with 200, too.
            Some(said) if answer.status.is_success() => Err(self.asker.wrong_query(&said)),
            said if !answer.status.is_success() => Err(self.asker.meaning(&answer, said.as_deref())),
            _ => read(&answer.body).ok_or_else(|| self.asker.unreadable(answer.status)),
        }
    }
}

/// What `ClickHouse` says of a fault.
fn exception(answer: &Answer) -> Option<String> {
    let text = std::str::from_utf8(&answer.body).ok()?;
    let from = text.rfind("Code: ").filter(|i| text[*i..].contains("Exception"))?;
    let alone = from == 0 || text.as_bytes().get(from - 1) == Some(&b'\n');
    (alone || !answer.status.is_success()).then(|| text[from..].to_owned())
}

/// Rows in any of the forms.
fn read(body: &[u8]) -> Option<Vec<Map<String, Value>>> {
    let mut found: Vec<Value> = Vec::new();
    for value in serde_json::Deserializer::from_slice(body).into_iter() {
        found.push(value.ok()?);
        if found.len() > rows::ROWS_MAX + 1 {
            break;
        }
    }
    if let [only] = found.as_mut_slice() {
        let list = match only {
            Value::Array(items) => Some(items),
            Value::Object(fields) => {
                let name = ["data", "rows"].into_iter().find(|n| fields.get(*n).is_some_and(Value::is_array));
                match name {
                    Some(name) => fields.get_mut(name).and_then(Value::as_array_mut),
                    None => None,
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
        };
        if let Some(items) = list.map(std::mem::take) {
            found = items;
        }
    }
    found.into_iter().map(|v| if let Value::Object(row) = v { Some(row) } else { None }).collect()
}

#[async_trait]
impl Puller for Sql {
    async fn pull(&self, about: About<'_>, hours: Hours) -> Result<Pulled, RemoteError> {
        for hole in [Hole::Flag, Hole::Rollout, Hole::Environment] {
            if self.query.has(hole) {
                about.name(hole)?;
            }
        }
        let mut parameters = Vec::new();
        let query = self.query.fill(|hole, _| match hole {
            Hole::From => Ok((hours.from.0 / SECOND_MS).to_string()),
            Hole::To => Ok((hours.to.0 / SECOND_MS).to_string()),
            name => {
                let value = about.name(name).map_err(|e| e.to_string())?;
                match self.binding {
                    Binding::Literals => literal(value),
                    Binding::Params => {
                        let parameter = (format!("param_{}", name.name()), escaped(value));
                        if !parameters.contains(&parameter) {
                            parameters.push(parameter);
                        }
                        Ok(format!("{{{}:String}}", name.name()))
                    }
                }
            }
        });
        let query = query.map_err(|problem| self.asker.wrong_query(&problem))?;
        let rows = self.ask(query, &parameters).await?;
        rows::read(&rows, &self.metric, hours).map_err(|problem| self.asker.wrong_query(&problem))
    }

    async fn check(&self) -> Result<String, RemoteError> {
        let parameters = match self.binding {
            Binding::Params => vec![("param_flag".to_owned(), "x".to_owned())],
            Binding::Literals => Vec::new(),
        };
        let query = if parameters.is_empty() { "SELECT 1 AS one" } else { "SELECT {flag:String} AS one" };
        self.ask(query.to_owned(), &parameters).await?;
        Ok("answers SQL".into())
    }

    fn needs_flag(&self) -> bool {
        self.query.has(Hole::Flag)
    }

    fn spacing_ms(&self) -> i64 {
        0
    }
}

/// A parameter's value as `ClickHouse` reads it: in its tab-separated form, where a backslash escapes.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('\t', "\\t").replace('\n', "\\n").replace('\r', "\\r").replace('\0', "\\0")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rows_are_read_in_every_form() {
        let told = |v: Value| v.as_object().unwrap().clone();
        let rows = Some(vec![told(json!({"a": 1})), told(json!({"a": 2}))]);
        for body in [
            "{\"a\":1}\n{\"a\":2}\n",
            "[{\"a\":1},{\"a\":2}]",
            "{\"meta\":[],\"data\":[{\"a\":1},{\"a\":2}]}",
            "{\"rows\":[{\"a\":1},{\"a\":2}]}",
        ] {
            assert_eq!(read(body.as_bytes()), rows, "{body}");
        }
        assert_eq!(read(b""), Some(Vec::new()));
        for body in ["<html>", "[1]", "{\"a\":1} x"] {
            assert_eq!(read(body.as_bytes()), None, "{body}");
        }
    }
}
