//! One suite, two databases: each test is an `async fn(Db) -> Result<()>` and runs on a SQLite file of its own and in a
//! PostgreSQL database of its own.
use std::future::Future;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result};
use hearback::store::Db;
use sqlx::{Connection, PgConnection};

/// Runs the named tests on both databases. One that is not named is dead code, which the lints refuse.
macro_rules! on_both {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[test] fn $name() { $crate::store::on_sqlite(super::$name); })*
        }
        mod postgres {
            $(#[test] fn $name() { $crate::store::on_postgres(super::$name); })*
        }
    };
}

mod actions;
mod concurrency;
mod corrections;
mod deliveries;
mod existing;
mod facts;
mod feedback;
mod flags;
mod handling;
mod keys;
mod mentions;
mod migrations;
mod policies;
mod posts;
mod rephrased;
mod rollouts;
pub mod samples;
mod schedules;
mod sealed;
mod signals;
mod suggestions;
mod themes;
mod tickets;
mod usage;
mod windows;

/// Runs a test on a SQLite file of its own.
pub fn on_sqlite<F: Future<Output = Result<()>> + Send + 'static>(test: impl FnOnce(Db) -> F) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let url = format!("sqlite://{}", folder.path().join("hearback.db").display());
    runtime().block_on(async {
        let db = Db::open(&url).await.expect("a database file");
        db.migrate().await.expect("the newest schema");
        let ended = tokio::spawn(test(db.clone())).await;
        db.close().await;
        told(ended);
    });
}

/// Runs a test in a PostgreSQL database of its own.
pub fn on_postgres<F: Future<Output = Result<()>> + Send + 'static>(test: impl FnOnce(Db) -> F) {
    runtime().block_on(async {
        let place = Place::make().await.expect("a database on the server that HEARBACK_TEST_POSTGRES names");
        let db = Db::open(&place.url).await.expect("a connection to it");
        db.migrate().await.expect("the newest schema");
        let ended = tokio::spawn(test(db.clone())).await;
        db.close().await;
        place.drop().await.expect("the database goes away");
        told(ended);
    });
}

/// A fresh PostgreSQL database.
pub struct Place {
    server: String,
    name: String,
    /// Its address.
    pub url: String,
}

impl Place {
    /// Makes one.
    pub async fn make() -> Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        #[expect(
            clippy::disallowed_methods,
            reason = "tests/run tells tests through the environment where its peers are"
        )]
        let server = std::env::var("HEARBACK_TEST_POSTGRES")
            .expect("HEARBACK_TEST_POSTGRES is not set; run the tests with tests/run, which starts a PostgreSQL");
        let name = format!("hearback_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::SeqCst));
        let mut url = url::Url::parse(&server).context("reading HEARBACK_TEST_POSTGRES")?;
        url.set_path(&name);
        say(&server, format!("CREATE DATABASE {name}")).await?;
        Ok(Self { server, name, url: url.to_string() })
    }

    /// Takes it away, whoever is still connected.
    pub async fn drop(self) -> Result<()> {
        say(&self.server, format!("DROP DATABASE {} WITH (FORCE)", self.name)).await
    }
}

async fn say(server: &str, sql: String) -> Result<()> {
    let mut connection = PgConnection::connect(server).await?;
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await?;
    Ok(connection.close().await?)
}

pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
}

fn told(ended: Result<Result<()>, tokio::task::JoinError>) {
    match ended {
        Ok(Ok(())) => {}
        Ok(Err(error)) => panic!("{error:?}"),
        Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
    }
}
