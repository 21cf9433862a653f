//! Who and where: the account, projects, and what their forms ask for.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use super::{Account, Jira, PAGES_MAX};
use crate::http::RemoteError;

/// A project.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Project {
    /// `SHOP`.
    pub key: String,
    /// For people.
    #[serde(default)]
    pub name: String,
}

/// An issue type of a project.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct IssueType {
    /// Its id.
    pub id: String,
    /// `Task`.
    pub name: String,
}

/// A field on the form that makes an issue.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateField {
    #[serde(default)]
    field_id: String,
    #[serde(default)]
    key: String,
    /// For people.
    #[serde(default)]
    pub name: String,
    /// Whether nothing is made without it.
    #[serde(default)]
    pub required: bool,
    /// Whether Jira fills it by itself.
    #[serde(default)]
    pub has_default_value: bool,
    /// What it may be, where that is a list.
    #[serde(default)]
    allowed_values: Option<Vec<Value>>,
}

impl CreateField {
    /// `priority`, `customfield_10010`.
    pub fn id(&self) -> &str {
        if self.field_id.is_empty() { &self.key } else { &self.field_id }
    }

    /// Names of what it may be; `None` where it is no list.
    pub fn choices(&self) -> Option<Vec<&str>> {
        let values = self.allowed_values.as_ref()?;
        Some(values.iter().filter_map(|v| v["name"].as_str().or(v["value"].as_str())).collect())
    }
}

/// A page of a list; Cloud names it after what it holds, Data Center does not.
#[derive(Deserialize)]
struct Page<T> {
    #[serde(default = "Vec::new", alias = "issueTypes", alias = "fields")]
    values: Vec<T>,
    #[serde(default)]
    total: Option<usize>,
}

impl Jira {
    /// Who we are.
    pub async fn myself(&self) -> Result<Account, RemoteError> {
        self.read(self.api(&["myself"])).await
    }

    /// A project by key.
    pub async fn project(&self, key: &str) -> Result<Project, RemoteError> {
        self.read(self.api(&["project", key])).await
    }

    /// Issue types that the account can make in a project.
    pub async fn issue_types(&self, project: &str) -> Result<Vec<IssueType>, RemoteError> {
        self.pages(&self.api(&["issue", "createmeta", project, "issuetypes"])).await
    }

    /// The form for an issue of a type in a project.
    pub async fn create_fields(&self, project: &str, issue_type: &str) -> Result<Vec<CreateField>, RemoteError> {
        self.pages(&self.api(&["issue", "createmeta", project, "issuetypes", issue_type])).await
    }

    async fn pages<T: DeserializeOwned>(&self, list: &Url) -> Result<Vec<T>, RemoteError> {
        let mut all = Vec::new();
        for _ in 0..PAGES_MAX {
            let mut url = list.clone();
            url.query_pairs_mut().append_pair("startAt", &all.len().to_string()).append_pair("maxResults", "50");
            let page: Page<T> = self.read(url).await?;
            let got = page.values.len();
            all.extend(page.values);
            if got == 0 || page.total.is_none_or(|total| all.len() >= total) {
                break;
            }
        }
        Ok(all)
    }
}
