//! Issues: made, read, described, and their properties.

use std::collections::BTreeMap;

use http::Method;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Account, Failure, Flavour, Jira, PROPERTY};
use crate::http::RemoteError;

/// An issue to be made.
#[derive(Clone, Debug, PartialEq)]
pub struct NewIssue {
    /// By field id, as REST takes them.
    pub fields: Map<String, Value>,
    /// Value of hearback's property; Cloud sets it in the same request, Data Center cannot.
    pub property: Value,
}

/// A new issue.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Created {
    /// Never changes.
    pub id: String,
    /// `SHOP-41`.
    pub key: String,
}

/// An issue as it is read or found.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Issue {
    /// Never changes, moves to other projects included.
    pub id: String,
    /// `SHOP-41`; another one after a move.
    pub key: String,
    /// Those that were asked for.
    #[serde(default)]
    pub fields: IssueFields,
    /// Those that were asked for and are there.
    #[serde(default)]
    pub properties: BTreeMap<String, Value>,
}

/// Fields of an issue; empty where they were not asked for.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct IssueFields {
    /// Null, a document, or wiki markup.
    pub description: Value,
    /// Labels.
    pub labels: Vec<String>,
    /// Who made it; never changes.
    pub creator: Option<Account>,
    /// Who is said to have reported it.
    pub reporter: Option<Account>,
    /// Where it stands.
    pub status: Status,
    /// How it ended, where it did.
    pub resolution: Option<Ended>,
    /// When it last changed, as Jira writes moments.
    pub updated: Option<String>,
    /// Since when its status means what it means; Data Center does not tell.
    pub statuscategorychangedate: Option<String>,
}

/// How an issue ended.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Ended {
    /// As its makers named it: `Done`, `Won't Do`.
    pub name: String,
}

/// Where an issue stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Status {
    /// As the workflow's maker named it.
    pub name: String,
    /// What it means.
    pub status_category: Category,
}

/// What a status means.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Category {
    /// `new`, `indeterminate`, `done`.
    pub key: String,
}

impl Status {
    /// Whether work on it is over.
    pub fn is_done(&self) -> bool {
        self.status_category.key == "done"
    }
}

impl Issue {
    /// Sorts by age: ids count up.
    pub fn age(&self) -> (u64, &str) {
        (self.id.parse().unwrap_or(u64::MAX), &self.id)
    }
}

impl Jira {
    /// Makes an issue. On Cloud it has hearback's property from its first moment on.
    pub async fn create(&self, new: &NewIssue) -> Result<Created, Failure> {
        self.write(Method::POST, self.api(&["issue"]), &self.create_request(new)).await
    }

    /// The request of [`Self::create`].
    pub fn create_request(&self, new: &NewIssue) -> Value {
        match self.flavour {
            Flavour::Cloud => {
                json!({"fields": new.fields, "properties": [{"key": PROPERTY, "value": new.property}]})
            }
            Flavour::DataCenter => json!({"fields": new.fields}),
        }
    }

    /// An issue by id, key or former key, with these fields.
    pub async fn issue(&self, key: &str, fields: &[&str]) -> Result<Issue, RemoteError> {
        let mut url = self.api(&["issue", key]);
        url.query_pairs_mut().append_pair("fields", &fields.join(","));
        self.read(url).await
    }

    /// Sets an issue's description. `notify`: whether those who watch it hear of it; only those who administer the
    /// project may say no.
    pub async fn describe(&self, key: &str, description: &Value, notify: bool) -> Result<(), Failure> {
        let mut url = self.api(&["issue", key]);
        if !notify {
            url.query_pairs_mut().append_pair("notifyUsers", "false");
        }
        self.put(Method::PUT, url, &json!({"fields": {"description": description}})).await
    }

    /// Hearback's property of an issue; `None` where it has none.
    pub async fn property(&self, key: &str) -> Result<Option<Value>, RemoteError> {
        #[derive(Deserialize)]
        struct Property {
            value: Value,
        }
        match self.read(self.api(&["issue", key, "properties", PROPERTY])).await {
            Ok(Property { value }) => Ok(Some(value)),
            Err(RemoteError::Gone { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Sets it.
    pub async fn set_property(&self, key: &str, value: &Value) -> Result<(), Failure> {
        self.put(Method::PUT, self.api(&["issue", key, "properties", PROPERTY]), value).await
    }
}
