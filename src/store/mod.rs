//! What is remembered: one SQL text on two databases.
//!
//! SQLite is the embedded default, PostgreSQL is for several replicas. Every function takes a [`Tx`] and runs the same
//! statement on whichever driver is live, through the `on!` macro. The store knows rows and nouns; it decides nothing.
//!
//! SQLite has one writer connection and `BEGIN IMMEDIATE`: a deferred transaction that reads, then writes, fails under
//! concurrency without ever waiting for the busy time-out.

/// Runs one body on the driver that is live.
macro_rules! on {
    ($tx:expr, $c:ident => $body:expr) => {
        match $tx {
            $crate::store::Tx::Sqlite(tx) => {
                let $c = &mut **tx;
                $body
            }
            $crate::store::Tx::Postgres(tx) => {
                let $c = &mut **tx;
                $body
            }
        }
    };
}

/// What holds for rows that are taken by a lease: nobody else may send while it runs, and only its holder says what came of
/// it. The lease's end is part of what is compared: workers of one process share a name.
macro_rules! leased {
    ($table:literal, $row:ty) => {
        /// Notes that a request leaves now; `false` where this very claim no longer holds until `needed_until`, and then
        /// nothing may be sent.
        pub async fn mark_sent(tx: &mut Tx, row: &$row, now: UnixMs, needed_until: UnixMs) -> Result<bool> {
            let n = on!(tx, c => sqlx::query(concat!(
                "UPDATE ", $table, " SET sent_ms = $4
                 WHERE id = $1 AND owner = $2 AND lease_ms = $3 AND lease_ms >= $5 AND state = 'waiting'"))
                .bind(row.id.as_str()).bind(&row.owner).bind(row.lease_until.0).bind(now.0).bind(needed_until.0)
                .execute(c).await?.rows_affected());
            Ok(n > 0)
        }

        /// Whether this very claim still holds until `needed_until`: read immediately before a request leaves.
        pub async fn holds(tx: &mut Tx, row: &$row, needed_until: UnixMs) -> Result<bool> {
            let n: i64 = on!(tx, c => sqlx::query_scalar(concat!(
                "SELECT COUNT(*) FROM ", $table, "
                 WHERE id = $1 AND owner = $2 AND lease_ms = $3 AND lease_ms >= $4 AND state = 'waiting'"))
                .bind(row.id.as_str()).bind(&row.owner).bind(row.lease_until.0).bind(needed_until.0).fetch_one(c).await?);
            Ok(n > 0)
        }

        /// Tries again at `due`. `sent` stays where the outcome of the last request is unknown; `failure` counts as an
        /// attempt. `false` where another worker took it over, whose lease and notes stay as they are.
        pub async fn retry(
            tx: &mut Tx,
            row: &$row,
            due: UnixMs,
            sent: Option<UnixMs>,
            failure: bool,
            error: &str,
        ) -> Result<bool> {
            let n = on!(tx, c => sqlx::query(concat!(
                "UPDATE ", $table, " SET due_ms = $2, sent_ms = $3, attempts = attempts + $4, error = $5, owner = NULL,
                   lease_ms = 0
                 WHERE id = $1 AND state = 'waiting' AND owner = $6 AND lease_ms = $7"))
                .bind(row.id.as_str()).bind(due.0).bind(sent.map(|t| t.0)).bind(i64::from(failure)).bind(error)
                .bind(&row.owner).bind(row.lease_until.0).execute(c).await?.rows_affected());
            Ok(n > 0)
        }
    };
}

pub mod actions;
pub mod alarms;
pub mod commands;
pub mod comments;
pub mod corrections;
pub mod creations;
pub mod decisions;
pub mod deliveries;
pub mod doubts;
pub mod existing;
pub mod feedback;
pub mod findings;
pub mod flags;
pub mod installations;
pub mod keys;
pub mod mentions;
pub mod meta;
pub mod metrics;
pub mod mutes;
pub mod pauses;
pub mod permissions;
pub mod placed;
pub mod policies;
pub mod posts;
pub mod refusals;
pub mod regroupings;
pub mod rephrased;
pub mod returns;
pub mod rollouts;
pub mod schedules;
pub mod sealed;
pub mod signals;
pub mod suggestions;
pub mod themes;
pub mod tickets;
pub mod usage;
pub mod windows;

use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{PgPool, Postgres, Sqlite, SqlitePool, Transaction};

static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("migrations/postgres");

/// Longest wait for a lock or a free connection, seconds.
const PATIENCE_S: u64 = 5;
/// Readers of the embedded database at one time.
const SQLITE_READERS: u32 = 4;
/// Pages that SQLite's log holds before they go into the file: 32 MB.
const WAL_PAGES: u32 = 8_000;
/// Memory that the writer of the embedded database may hold pages in, KiB: the inner pages of tables of many gigabytes, and
/// all that one batch changes.
const WRITER_CACHE_KIB: u32 = 96_000;
/// Rows on their way from the embedded database.
const ROW_BUFFER: usize = 4_000;
/// Connections to PostgreSQL of one process.
const POSTGRES_CONNECTIONS: u32 = 10;

/// An open database.
#[derive(Clone, Debug)]
pub enum Db {
    /// The embedded one.
    Sqlite {
        /// Many readers.
        read: SqlitePool,
        /// One writer.
        write: SqlitePool,
    },
    /// The shared one.
    Postgres(PgPool),
}

/// A transaction; dropped without [`Tx::commit`] it is undone.
#[derive(Debug)]
pub enum Tx {
    /// On the embedded database.
    Sqlite(Transaction<'static, Sqlite>),
    /// On the shared one.
    Postgres(Transaction<'static, Postgres>),
}

impl Tx {
    /// Makes what was written durable.
    pub async fn commit(self) -> Result<()> {
        match self {
            Self::Sqlite(tx) => tx.commit().await.context("committing"),
            Self::Postgres(tx) => tx.commit().await.context("committing"),
        }
    }

    /// Whether rows may be claimed with `FOR UPDATE SKIP LOCKED`.
    fn skips_locked(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }
}

impl Db {
    /// Opens `sqlite://PATH` or `postgres://…`; a missing SQLite file and its folder are made, readable by their owner.
    pub async fn open(url: &str) -> Result<Self> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            let options = PgConnectOptions::from_str(url).context("reading database.url")?;
            let pool = PgPoolOptions::new()
                .max_connections(POSTGRES_CONNECTIONS)
                .acquire_timeout(Duration::from_secs(PATIENCE_S))
                .connect_with(options)
                .await
                .context("connecting to PostgreSQL; check database.url and that the server runs")?;
            return Ok(Self::Postgres(pool));
        }
        let Some(path) = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:")) else {
            bail!("database.url begins with neither sqlite:// nor postgres://");
        };
        Self::open_file(Path::new(path)).await
    }

    async fn open_file(path: &Path) -> Result<Self> {
        if let Some(folder) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
            make_private_folder(folder)?;
        }
        make_private_file(path)?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // FULL: what was answered with 200 survives a power cut.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(PATIENCE_S))
            // Most rows that are written are people's, in no order: each costs a page, twice. Twice the size is faster for
            // deliveries by a fifth, and takes twice as much for these.
            .page_size(4096)
            // A page that many people share is written back once for many batches.
            .pragma("wal_autocheckpoint", WAL_PAGES.to_string())
            // Rows are read by the thousand; with a smaller buffer the two threads wake each other for every few.
            .row_buffer_size(ROW_BUFFER)
            // What is deleted leaves the file.
            .pragma("secure_delete", "ON")
            .pragma("trusted_schema", "OFF");
        let patience = Duration::from_secs(PATIENCE_S);
        let write = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(patience)
            .connect_with(writing(&options))
            .await
            .with_context(|| format!("opening the database {}", path.display()))?;
        let read = SqlitePoolOptions::new()
            .max_connections(SQLITE_READERS)
            .acquire_timeout(patience)
            .connect_lazy_with(options.read_only(true).create_if_missing(false));
        Ok(Self::Sqlite { read, write })
    }

    /// Brings the schema to the newest version. A schema newer than this program is an error.
    pub async fn migrate(&self) -> Result<()> {
        let done = match self {
            Self::Sqlite { write, .. } => SQLITE.run(write).await,
            Self::Postgres(pool) => POSTGRES.run(pool).await,
        };
        done.context("bringing the database to the newest schema; a schema newer than this program needs a newer one")
    }

    /// A transaction that may write.
    pub async fn write(&self) -> Result<Tx> {
        Ok(match self {
            Self::Sqlite { write, .. } => {
                Tx::Sqlite(write.begin_with("BEGIN IMMEDIATE").await.context("waiting for the database's writer")?)
            }
            Self::Postgres(pool) => Tx::Postgres(pool.begin().await.context("waiting for a database connection")?),
        })
    }

    /// A transaction that only reads.
    pub async fn read(&self) -> Result<Tx> {
        Ok(match self {
            Self::Sqlite { read, .. } => {
                Tx::Sqlite(read.begin().await.context("waiting for one of the database's readers")?)
            }
            Self::Postgres(pool) => Tx::Postgres(pool.begin().await.context("waiting for a database connection")?),
        })
    }

    /// Ends all connections.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { read, write } => {
                read.close().await;
                write.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }

    /// What people call it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Sqlite { .. } => "SQLite",
            Self::Postgres(_) => "PostgreSQL",
        }
    }
}

/// How the embedded database's writer is opened.
fn writing(options: &SqliteConnectOptions) -> SqliteConnectOptions {
    options
        .clone()
        .pragma("cache_size", format!("-{WRITER_CACHE_KIB}"))
        // Each statement of many rows keeps the pages that it changes until it is done: in memory, not in a file beside the
        // database.
        .pragma("temp_store", "MEMORY")
}

/// Makes a folder that only its owner enters: it will hold what customers said.
fn make_private_folder(folder: &Path) -> Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).with_context(|| format!("making the folder {}", folder.display()))
}

/// Makes a file that only its owner reads, where there is none: SQLite would let everybody read it, and gives what lies
/// beside it the same rights.
fn make_private_file(path: &Path) -> Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(e) => Err(e).with_context(|| format!("making the database {}", path.display())),
    }
}

/// A value as the JSON text of a column.
fn to_json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).context("writing JSON for the database")
}

/// A column's JSON text as a value.
fn from_json<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).context("reading JSON from the database")
}
