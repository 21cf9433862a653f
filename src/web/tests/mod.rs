//! The real router on a real database file, with a clock that stands still.

mod bad_inputs;
mod connections;
mod document;
mod feedback;
mod hooks;
mod random;
mod reading;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request, StatusCode};
use serde_json::Value;
use tempfile::TempDir;
use tower::ServiceExt;

use crate::analysis::Reader;
use crate::config;
use crate::flow::{Bell, Context, Secrets};
use crate::id::CountingEntropy;
use crate::sources::signature::{sign_hub_sha256, sign_standard_webhooks};
use crate::store::Db;
use crate::telemetry::Telemetry;
use crate::time::{ManualClock, UnixMs};
use crate::trackers::Trackers;

/// 2026-10-09T10:00:00Z.
const NOW: UnixMs = UnixMs(1_791_540_000_000);
const GITHUB_SECRET: &str = "It's a Secret to Everybody";
const GENERIC_SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const SECRET_KEY: &str = "sk_for_tests";
const PUBLIC_KEY: &str = "pk_for_tests";
const ORIGIN: &str = "https://shop.example";

const SETTINGS: &str = r#"
[github]
webhook_secrets = ["an older one", "It's a Secret to Everybody"]
[sources.generic]
secrets = ["whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"]
[policy]
min_people = 3
environments = ["production", "eu"]
[[keys]]
kind = "secret"
key = "sk_for_tests"
[[keys]]
kind = "public"
key = "pk_for_tests"
origins = ["https://shop.example/"]
[server]
"#;

/// hearback without its loops.
struct World {
    ctx: Context,
    clock: ManualClock,
    router: Router,
    _folder: TempDir,
}

/// What came back.
#[derive(Debug)]
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e}: {}", self.text))
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().unwrap())
    }

    /// The status and the fields that were named.
    fn fault(&self) -> (u16, Vec<String>) {
        let json = self.json();
        assert_eq!(self.header("content-type"), "application/problem+json", "{self:?}");
        assert_eq!(json["status"], self.status.as_u16());
        for field in ["type", "title", "detail"] {
            assert!(json[field].as_str().is_some_and(|t| !t.is_empty()), "{json}");
        }
        let fields = json["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
        (self.status.as_u16(), fields.iter().map(|f| f["field"].as_str().unwrap().to_owned()).collect())
    }
}

impl World {
    /// With settings under `[server]` besides the usual ones.
    async fn new(server: &str) -> Self {
        Self::with(&format!("{SETTINGS}{server}")).await
    }

    async fn with(settings: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(&format!("sqlite://{}", folder.path().join("hearback.db").display())).await.unwrap();
        db.migrate().await.unwrap();
        let entropy = Arc::new(CountingEntropy::default());
        let clock = ManualClock::at(NOW);
        let config = config::read(Some((PathBuf::from("hearback.toml"), settings.to_owned())), []).unwrap();
        let ctx = Context {
            platforms: Arc::default(),
            llm: None,
            pullers: Arc::default(),
            refused: Arc::default(),
            secrets: Secrets::load(&db, &*entropy).await.unwrap(),
            db,
            clock: Arc::new(clock.clone()),
            entropy,
            config: Arc::new(config),
            reader: Arc::new(Reader::shipped().clone()),
            embedder: Arc::new(crate::analysis::themes::WordVectors::default()),
            trackers: Arc::new(Trackers::default()),
            telemetry: Telemetry::default(),
            bell: Arc::new(Bell::default()),
            owner: "test".into(),
            github: None,
        };
        Self { router: super::router(ctx.clone()), ctx, clock, _folder: folder }
    }

    async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header("host", "127.0.0.1:8080");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(body.into()).unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 4000))));
        self.answer(request).await
    }

    async fn answer(&self, request: Request<Body>) -> Answer {
        let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        let text = String::from_utf8(to_bytes(body, usize::MAX).await.unwrap().to_vec()).unwrap();
        Answer { status: parts.status, headers: parts.headers, text }
    }

    /// With the secret key.
    async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[("authorization", &format!("Bearer {SECRET_KEY}"))], Body::empty()).await
    }

    /// With the secret key.
    async fn post(&self, path: &str, body: impl Into<Body>) -> Answer {
        self.send("POST", path, &[("authorization", &format!("Bearer {SECRET_KEY}"))], body).await
    }

    /// A delivery that GitHub signed.
    async fn github(&self, id: &str, event: &str, body: &[u8]) -> Answer {
        let signature = sign_hub_sha256(GITHUB_SECRET, body);
        let headers = [("x-github-delivery", id), ("x-github-event", event), ("x-hub-signature-256", &signature)];
        self.send("POST", "/hooks/github", &headers, body.to_vec()).await
    }

    /// A generic delivery that was signed.
    async fn generic(&self, id: &str, body: &[u8]) -> Answer {
        let seconds = self.ctx.now().0 / 1_000;
        let signature = sign_standard_webhooks(GENERIC_SECRET, id, seconds, body);
        let stamp = seconds.to_string();
        let headers = [("webhook-id", id), ("webhook-timestamp", &*stamp), ("webhook-signature", &*signature)];
        self.send("POST", "/hooks/generic", &headers, body.to_vec()).await
    }

    /// Opens a rollout of a flag by hand.
    async fn rollout(&self, flag: &str) -> String {
        let opened = self.post("/v1/rollouts", format!(r#"{{"flag": "{flag}"}}"#)).await;
        assert_eq!(opened.status, 201, "{opened:?}");
        opened.json()["id"].as_str().unwrap().to_owned()
    }

    /// How many rows each table has.
    /// What is kept, table by table. That something was turned away is noted in a row a source, which holds nothing of
    /// it: those may be there, one a source at most.
    async fn rows(&self) -> BTreeMap<String, i64> {
        let Db::Sqlite { read, .. } = &self.ctx.db else { panic!("the tests are on SQLite") };
        let tables: Vec<String> =
            sqlx::query_scalar("SELECT name FROM sqlite_master WHERE type = 'table'").fetch_all(read).await.unwrap();
        let mut rows = BTreeMap::new();
        for table in tables {
            let sql = sqlx::AssertSqlSafe(format!("SELECT COUNT(*) FROM \"{table}\""));
            let n: i64 = sqlx::query_scalar(sql).fetch_one(read).await.unwrap();
            rows.insert(table, n);
        }
        let noted = rows.remove("refusals").expect("the table");
        assert!(noted <= i64::try_from(crate::sources::all().count()).unwrap(), "{noted} rows of refusals");
        rows
    }
}
