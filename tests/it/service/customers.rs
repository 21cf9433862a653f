//! Customers, and the product's server that hands their words on: it repeats a request until it was answered.

use std::time::Duration;

use serde_json::{Value, json};

use super::KEY;

/// A client of `/v1/feedback`.
#[derive(Debug)]
pub struct Customers {
    client: reqwest::Client,
    requests: Vec<Request>,
}

#[derive(Debug)]
struct Request {
    idempotency_key: String,
    body: String,
    answered: bool,
}

impl Customers {
    /// Nobody has said anything yet.
    pub fn new() -> Self {
        let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(10)).build().unwrap();
        Self { client, requests: Vec::new() }
    }

    /// Sends what people say of a release, once, and remembers whether that was answered.
    pub async fn say(&mut self, service: &str, idempotency_key: &str, release: &str, said: &[(&str, &str)]) {
        let items: Vec<Value> =
            said.iter().map(|(user, text)| json!({"release": release, "user": user, "text": text})).collect();
        let body = Value::Array(items).to_string();
        self.requests.push(Request { idempotency_key: idempotency_key.into(), body, answered: false });
        self.send(service, self.requests.len() - 1).await;
    }

    /// Repeats what was not answered, as senders do.
    pub async fn repeat_unanswered(&mut self, service: &str) {
        for i in 0..self.requests.len() {
            if !self.requests[i].answered {
                self.send(service, i).await;
                assert!(self.requests[i].answered, "request {i} was not answered by the service that is up again");
            }
        }
    }

    /// Repeats everything, answered or not.
    pub async fn repeat_all(&mut self, service: &str) {
        for i in 0..self.requests.len() {
            self.requests[i].answered = false;
        }
        self.repeat_unanswered(service).await;
    }

    async fn send(&mut self, service: &str, i: usize) {
        let request = &self.requests[i];
        let sent = self
            .client
            .post(format!("{service}/v1/feedback"))
            .bearer_auth(KEY)
            .header("content-type", "application/json")
            .header("idempotency-key", &request.idempotency_key)
            .body(request.body.clone())
            .send()
            .await;
        let Ok(answer) = sent else { return };
        let status = answer.status();
        // An answer that was cut is no answer.
        let Ok(text) = answer.text().await else { return };
        assert!(status.is_success() || status.is_server_error(), "{status}: {text}");
        self.requests[i].answered = status.is_success();
    }

    /// Reads `path` of the API.
    pub async fn read(&self, service: &str, path: &str) -> Value {
        let answer = self.client.get(format!("{service}{path}")).bearer_auth(KEY).send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("{path}: {e}: {text}"))
    }
}
