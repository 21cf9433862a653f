//! A hook that notes what it is sent.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use http::{HeaderMap, StatusCode};
use serde_json::Value;

use crate::worlds::post::sign;
use crate::worlds::server::RUNTIME;

/// One delivery as it arrived.
#[derive(Clone, Debug)]
pub struct Arrived {
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Arrived {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap().to_str().unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn signed_with(&self, header: &str, secret: &str) -> bool {
        self.header(header) == sign(secret, &self.body)
    }
}

#[derive(Clone, Default)]
pub struct Receiver {
    pub url: String,
    arrived: Arc<Mutex<Vec<Arrived>>>,
    status: Arc<Mutex<u16>>,
}

impl Receiver {
    pub async fn start() -> Self {
        let listener = RUNTIME.spawn(tokio::net::TcpListener::bind("127.0.0.1:0")).await.unwrap().unwrap();
        let url = format!("http://{}/hooks/in", listener.local_addr().unwrap());
        let receiver = Self { url, ..Self::default() };
        *receiver.status.lock().unwrap() = 200;
        let app = Router::new().fallback(note).with_state(receiver.clone());
        RUNTIME.spawn(async move { axum::serve(listener, app).await });
        receiver
    }

    pub fn answer(&self, status: u16) {
        *self.status.lock().unwrap() = status;
    }

    pub fn arrived(&self) -> Vec<Arrived> {
        self.arrived.lock().unwrap().clone()
    }
}

async fn note(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> StatusCode {
    receiver.arrived.lock().unwrap().push(Arrived { headers, body });
    StatusCode::from_u16(*receiver.status.lock().unwrap()).unwrap()
}
