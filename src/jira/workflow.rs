//! Moving issues along their workflow, and links between them.

use std::collections::BTreeMap;

use http::Method;
use serde::Deserialize;
use serde_json::json;

use super::issues::Status;
use super::{Failure, Jira};
use crate::http::RemoteError;

/// A step that an issue can take from where it stands.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// Its id.
    pub id: String,
    /// Where it leads.
    pub to: Status,
    /// Whether it can be taken now.
    #[serde(default = "yes")]
    pub is_available: bool,
    /// What its form asks for, by field id.
    #[serde(default)]
    pub fields: BTreeMap<String, Demand>,
}

/// A field on a step's form.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Demand {
    /// For people.
    #[serde(default)]
    pub name: String,
    /// Whether the step is not taken without it.
    #[serde(default)]
    pub required: bool,
    /// Whether Jira fills it by itself.
    #[serde(default)]
    pub has_default_value: bool,
}

#[derive(Deserialize)]
struct Steps {
    #[serde(default)]
    transitions: Vec<Step>,
}

fn yes() -> bool {
    true
}

impl Step {
    /// Names of the fields without which it cannot be taken.
    pub fn demands(&self) -> Vec<&str> {
        let unmet = self.fields.iter().filter(|(_, demand)| demand.required && !demand.has_default_value);
        unmet.map(|(id, demand)| if demand.name.is_empty() { id } else { &demand.name }).map(String::as_str).collect()
    }
}

impl Jira {
    /// The steps that an issue can take, with what they ask for.
    pub async fn steps(&self, key: &str) -> Result<Vec<Step>, RemoteError> {
        let mut url = self.api(&["issue", key, "transitions"]);
        url.query_pairs_mut().append_pair("expand", "transitions.fields");
        let steps: Steps = self.read(url).await?;
        Ok(steps.transitions)
    }

    /// Takes a step.
    pub async fn take(&self, key: &str, step: &str) -> Result<(), Failure> {
        let url = self.api(&["issue", key, "transitions"]);
        self.put(Method::POST, url, &json!({"transition": {"id": step}})).await
    }

    /// Links an issue to the one that it duplicates. Doing so twice is doing it once.
    pub async fn link_duplicate(&self, double: &str, keeper: &str) -> Result<(), Failure> {
        let link = json!({
            "type": {"name": "Duplicate"}, "inwardIssue": {"key": double}, "outwardIssue": {"key": keeper},
        });
        self.put(Method::POST, self.api(&["issueLink"]), &link).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_documented_list_is_read() {
        let text = include_str!("../../tests/it/fixtures/jira/transitions.response.json");
        let steps: Steps = serde_json::from_str(text).unwrap();
        let step = &steps.transitions[0];
        assert_eq!((step.id.as_str(), step.to.name.as_str(), step.to.is_done()), ("31", "Done", true));
        assert!(step.is_available && step.demands().is_empty());
    }
}
