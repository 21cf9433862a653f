//! Comments.

use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Account, Failure, Flavour, Jira, PAGES_MAX, PROPERTY};
use crate::http::RemoteError;

/// Comments asked for at once.
const PAGE: usize = 100;

/// A comment.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Comment {
    /// Never changes.
    pub id: String,
    /// Who wrote it; nobody where the account is gone.
    pub author: Option<Account>,
    /// A document or wiki markup.
    #[serde(default)]
    pub body: Value,
    /// As Jira gives them: not every Jira does.
    #[serde(default)]
    properties: Option<Vec<Property>>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
struct Property {
    key: String,
    #[serde(default)]
    value: Value,
}

impl Comment {
    /// Hearback's property of it, where Jira gave it.
    pub fn property(&self) -> Option<&Value> {
        self.properties.iter().flatten().find(|property| property.key == PROPERTY).map(|property| &property.value)
    }
}

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    comments: Vec<Comment>,
    #[serde(default)]
    total: usize,
}

impl Jira {
    /// An issue's comments, oldest first.
    pub async fn comments(&self, key: &str) -> Result<Vec<Comment>, RemoteError> {
        let mut comments = Vec::new();
        for _ in 0..PAGES_MAX {
            let mut url = self.api(&["issue", key, "comment"]);
            url.query_pairs_mut()
                .append_pair("startAt", &comments.len().to_string())
                .append_pair("maxResults", &PAGE.to_string())
                .append_pair("orderBy", "created")
                .append_pair("expand", "properties");
            let page: Page = self.read(url).await?;
            let got = page.comments.len();
            comments.extend(page.comments);
            if got == 0 || comments.len() >= page.total {
                break;
            }
        }
        Ok(comments)
    }

    /// One comment.
    pub async fn comment(&self, key: &str, id: &str) -> Result<Comment, RemoteError> {
        self.read(self.api(&["issue", key, "comment", id])).await
    }

    /// Writes a comment; on Cloud with hearback's property. Gives its id.
    pub async fn add_comment(&self, key: &str, body: &Value, property: &Value) -> Result<String, Failure> {
        let mut request = json!({"body": body});
        if self.flavour == Flavour::Cloud {
            request["properties"] = json!([{"key": PROPERTY, "value": property}]);
        }
        let made: Comment = self.write(Method::POST, self.api(&["issue", key, "comment"]), &request).await?;
        Ok(made.id)
    }

    /// Changes what a comment says.
    pub async fn edit_comment(&self, key: &str, id: &str, body: &Value) -> Result<(), Failure> {
        self.put(Method::PUT, self.api(&["issue", key, "comment", id]), &json!({"body": body})).await
    }
}
