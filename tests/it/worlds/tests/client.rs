//! A plain client, as the service has one: no redirects, a time-out, nothing repeated.

use std::time::Duration;

use octocrab::models::AppId;
use reqwest::{Method, RequestBuilder, Response};
use serde_json::Value;

use crate::worlds::github::FakeGitHub;

/// An answer that was read to its end.
#[derive(Debug)]
pub struct Got {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
}

impl Got {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|v| v.to_str().unwrap())
    }
}

/// A client with its credentials.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    authorization: String,
}

impl Client {
    pub fn new(base: &str, authorization: &str) -> Self {
        let http = reqwest::Client::builder()
            .no_proxy()
            .user_agent("hearback-test")
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(2))
            .build()
            .unwrap();
        Self { http, base: base.into(), authorization: authorization.into() }
    }

    /// As the App, by its JWT.
    pub fn app(github: &FakeGitHub) -> Self {
        Self::new(github.url(), &format!("Bearer {}", jwt(github.app_id(), github.private_key_pem())))
    }

    /// As the installation, by a token that it asks for.
    pub async fn installation(github: &FakeGitHub) -> Self {
        let path = format!("/app/installations/{}/access_tokens", github.installation_id());
        let token = Self::app(github).post(&path, &Value::Null).await.json();
        Self::new(github.url(), &format!("Bearer {}", token["token"].as_str().unwrap()))
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.base) };
        self.http.request(method, url).header("authorization", &self.authorization)
    }

    pub async fn read(response: Response) -> reqwest::Result<Got> {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Ok(Got { status, headers, text: response.text().await? })
    }

    pub async fn try_send(&self, method: Method, path: &str, body: &Value) -> reqwest::Result<Got> {
        let request = self.request(method, path);
        let request = if body.is_null() { request } else { request.json(body) };
        Self::read(request.send().await?).await
    }

    pub async fn send(&self, method: Method, path: &str, body: &Value) -> Got {
        self.try_send(method, path, body).await.unwrap()
    }

    pub async fn get(&self, path: &str) -> Got {
        self.send(Method::GET, path, &Value::Null).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Got {
        self.send(Method::POST, path, body).await
    }

    pub async fn patch(&self, path: &str, body: &Value) -> Got {
        self.send(Method::PATCH, path, body).await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Got {
        self.send(Method::PUT, path, body).await
    }

    pub async fn delete(&self, path: &str) -> Got {
        self.send(Method::DELETE, path, &Value::Null).await
    }
}

/// A JWT as octocrab makes it.
pub fn jwt(app: u64, pem: &str) -> String {
    let key = octocrab::EncodingKey::from_rsa_pem(pem.as_bytes()).unwrap();
    octocrab::auth::create_jwt(AppId(app), &key).unwrap()
}

/// The address behind `rel`, where there is one.
pub fn link(got: &Got, rel: &str) -> Option<String> {
    let links = got.header("link")?;
    let link = links.split(", ").find(|link| link.ends_with(&format!("rel=\"{rel}\"")))?;
    Some(link[1..link.find('>')?].to_owned())
}
