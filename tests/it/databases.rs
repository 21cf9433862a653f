//! Fresh databases for a test: a SQLite file of its own, or a database of its own on the PostgreSQL server that
//! `tests/run` started.

use std::path::Path;

use hearback::store::Db;

use crate::store::Place;

/// A test on each database for each claim, an `async fn` that takes the [`Kind`].
macro_rules! on_both {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $name() {
                super::$name($crate::databases::Kind::Sqlite).await;
            })*
        }

        mod postgres {
            $(#[tokio::test]
            async fn $name() {
                super::$name($crate::databases::Kind::Postgres).await;
            })*
        }
    };
}
pub(crate) use on_both;

/// The two databases that hearback lives on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The embedded one.
    Sqlite,
    /// The shared one.
    Postgres,
}

/// The address of a database that nobody used before; a file lies in `folder`.
pub async fn fresh(kind: Kind, folder: &Path) -> String {
    match kind {
        Kind::Sqlite => format!("sqlite://{}", folder.join("hearback.db").display()),
        // It is not dropped: the whole server goes away with the run.
        Kind::Postgres => Place::make().await.expect("a database on the server of HEARBACK_TEST_POSTGRES").url,
    }
}

/// What `tests/run` says about a peer. A missing one fails the test: what was not tried does not pass.
#[expect(clippy::disallowed_methods, reason = "tests find their peers through the environment")]
pub fn peer(name: &str) -> String {
    std::env::var(name)
        .unwrap_or_else(|_| panic!("{name} is not set: run the tests with tests/run, which starts the peers"))
}

/// What the database holds, for looking at from outside.
#[derive(Clone, Debug)]
pub struct Ledger {
    db: Db,
}

impl Ledger {
    /// Opens a database that a service uses.
    pub async fn open(url: &str) -> Self {
        Self { db: Db::open(url).await.unwrap() }
    }

    /// Looks at a database that is open already.
    pub fn of(db: Db) -> Self {
        Self { db }
    }

    /// The database itself.
    pub fn db(&self) -> &Db {
        &self.db
    }

    /// A number.
    pub async fn number(&self, sql: &'static str) -> i64 {
        match &self.db {
            Db::Sqlite { read, .. } => sqlx::query_scalar(sql).fetch_one(read).await.unwrap(),
            Db::Postgres(pool) => sqlx::query_scalar(sql).fetch_one(pool).await.unwrap(),
        }
    }

    /// A column of text.
    pub async fn column(&self, sql: &'static str) -> Vec<String> {
        match &self.db {
            Db::Sqlite { read, .. } => sqlx::query_scalar(sql).fetch_all(read).await.unwrap(),
            Db::Postgres(pool) => sqlx::query_scalar(sql).fetch_all(pool).await.unwrap(),
        }
    }

    /// How much is in each table that a repeated delivery could add to.
    pub async fn sizes(&self) -> Vec<(&'static str, i64)> {
        let mut sizes = Vec::new();
        for (name, sql) in [
            ("deliveries", "SELECT COUNT(*) FROM deliveries"),
            ("signals", "SELECT COUNT(*) FROM signals"),
            ("rollouts", "SELECT COUNT(*) FROM rollouts"),
            ("windows", "SELECT COUNT(*) FROM windows"),
            ("transitions", "SELECT COUNT(*) FROM transitions"),
            ("feedback", "SELECT COUNT(*) FROM feedback"),
            ("themes", "SELECT COUNT(*) FROM themes"),
            ("tickets", "SELECT COUNT(*) FROM tickets"),
            ("actions", "SELECT COUNT(*) FROM actions"),
            ("commands", "SELECT COUNT(*) FROM commands"),
            ("posts", "SELECT COUNT(*) FROM posts"),
        ] {
            sizes.push((name, self.number(sql).await));
        }
        sizes
    }

    /// What is not done yet, each as a line: nothing at rest, unless something was lost on the way.
    pub async fn unfinished(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for (what, sql) in [
            (
                "a delivery without an outcome",
                "SELECT event || ' ' || id FROM deliveries WHERE state <> 'done' OR outcome IS NULL",
            ),
            ("a statement that nobody read", "SELECT id FROM feedback WHERE state <> 'read'"),
            (
                "an action that waits",
                "SELECT kind || ' of ' || ticket_id || COALESCE(': ' || error, '') FROM actions WHERE state = 'waiting'",
            ),
            ("a command that waits", "SELECT thread || ' ' || author FROM commands WHERE state = 'waiting'"),
            (
                "a post that waits",
                "SELECT dedupe_key || COALESCE(': ' || error, '') FROM posts WHERE state = 'waiting'",
            ),
            (
                "a ticket that is not filed",
                "SELECT id || COALESCE(': ' || error, '') FROM tickets WHERE state = 'wanted'",
            ),
        ] {
            lines.extend(self.column(sql).await.into_iter().map(|found| format!("{what}: {found}")));
        }
        lines
    }

    /// Rollouts that want to be looked at by `now_ms`.
    pub async fn due(&self, now_ms: i64) -> Vec<String> {
        let sql = "SELECT id FROM rollouts WHERE due_ms <= $1";
        match &self.db {
            Db::Sqlite { read, .. } => sqlx::query_scalar(sql).bind(now_ms).fetch_all(read).await.unwrap(),
            Db::Postgres(pool) => sqlx::query_scalar(sql).bind(now_ms).fetch_all(pool).await.unwrap(),
        }
    }
}
