//! Two folders of migrations, one schema.
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use hearback::store::Db;
use sqlx::AssertSqlSafe;
use sqlx::migrate::Migrator;

use super::{Place, on_postgres, on_sqlite, runtime};

/// A table: its columns, what is unique in it, what it points to, and its indexes.
#[derive(Debug, Default, PartialEq)]
struct Table {
    /// Name, type and whether it may be empty.
    columns: BTreeMap<String, (String, bool)>,
    unique: BTreeSet<Vec<String>>,
    points_to: BTreeSet<(String, String)>,
    indexes: BTreeSet<String>,
}

type Schema = BTreeMap<String, Table>;

fn folder(database: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(database)
}

fn files(database: &str) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder(database)).expect("the folder of migrations");
    entries.map(|e| e.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
}

#[test]
fn both_databases_have_the_same_migrations() {
    assert_eq!(files("sqlite"), files("postgres"));
    assert!(!files("sqlite").is_empty());
}

#[test]
fn both_databases_have_the_same_tables() {
    let (send, receive) = std::sync::mpsc::channel();
    on_sqlite(|db| async move { Ok(send.send(of_sqlite(&db).await?)?) });
    let sqlite = receive.recv().expect("the schema of SQLite");
    let (send, receive) = std::sync::mpsc::channel();
    on_postgres(|db| async move { Ok(send.send(of_postgres(&db).await?)?) });
    let postgres = receive.recv().expect("the schema of PostgreSQL");
    assert_eq!(sqlite.keys().collect::<Vec<_>>(), postgres.keys().collect::<Vec<_>>());
    assert!(sqlite.len() > 10 && sqlite["tickets"].unique.len() == 2, "{sqlite:#?}");
    for (name, table) in &sqlite {
        assert_eq!(table, &postgres[name], "the table {name}: SQLite left, PostgreSQL right");
    }
}

#[test]
fn every_migration_keeps_what_is_there_on_sqlite() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let url = format!("sqlite://{}", place.path().join("hearback.db").display());
    runtime().block_on(grow(&url, "sqlite")).expect("migrations that apply");
}

#[test]
fn every_migration_keeps_what_is_there_on_postgres() {
    runtime().block_on(async {
        let place = Place::make().await.expect("a database");
        let grown = grow(&place.url, "postgres").await;
        place.drop().await.expect("the database goes away");
        grown.expect("migrations that apply");
    });
}

/// Applies one migration after another, each onto a row in every table that was there before it.
async fn grow(url: &str, database: &str) -> Result<()> {
    let db = Db::open(url).await?;
    let all = Migrator::new(folder(database)).await?;
    let mut filled: Vec<String> = Vec::new();
    for one in all.iter() {
        match &db {
            Db::Sqlite { write, .. } => all.run_to(one.version, write).await?,
            Db::Postgres(pool) => all.run_to(one.version, pool).await?,
        }
        let tables = schema(&db).await?;
        for name in created(one.sql.as_str()) {
            fill(&db, &name, &tables[&name]).await.with_context(|| format!("a row for {name}"))?;
            filled.push(name);
        }
    }
    // What the program does at its start finds nothing to do, and everything is still there.
    db.migrate().await?;
    db.migrate().await?;
    for name in &filled {
        let sql = AssertSqlSafe(format!("SELECT COUNT(*) FROM {name}"));
        let rows: i64 = match &db {
            Db::Sqlite { write, .. } => sqlx::query_scalar(sql).fetch_one(write).await?,
            Db::Postgres(pool) => sqlx::query_scalar(sql).fetch_one(pool).await?,
        };
        assert_eq!(rows, 1, "{name}");
    }
    assert_eq!(filled.iter().cloned().collect::<BTreeSet<_>>(), schema(&db).await?.into_keys().collect());
    db.close().await;
    Ok(())
}

/// The tables that a migration makes, in its order, so that what is pointed to comes first.
fn created(sql: &str) -> Vec<String> {
    sql.lines()
        .filter_map(|line| line.strip_prefix("CREATE TABLE "))
        .filter_map(|rest| rest.split([' ', '(']).next())
        .map(ToOwned::to_owned)
        .collect()
}

/// Puts one row into a table. Every text is the same, so that what points to a row finds it.
async fn fill(db: &Db, name: &str, table: &Table) -> Result<()> {
    let names: Vec<&str> = table.columns.keys().map(String::as_str).collect();
    let values: Vec<&str> = table
        .columns
        .values()
        .map(|(kind, _)| match (kind.as_str(), db) {
            ("integer", _) => "1",
            ("real", _) => "1.5",
            ("bytes", Db::Sqlite { .. }) => "x'00ff'",
            ("bytes", Db::Postgres(_)) => r"'\x00ff'::bytea",
            _ => "'it''s'",
        })
        .collect();
    let sql = AssertSqlSafe(format!("INSERT INTO {name} ({}) VALUES ({})", names.join(", "), values.join(", ")));
    match db {
        Db::Sqlite { write, .. } => sqlx::query(sql).execute(write).await.map(|_| ())?,
        Db::Postgres(pool) => sqlx::query(sql).execute(pool).await.map(|_| ())?,
    }
    Ok(())
}

async fn schema(db: &Db) -> Result<Schema> {
    match db {
        Db::Sqlite { .. } => of_sqlite(db).await,
        Db::Postgres(_) => of_postgres(db).await,
    }
}

async fn of_sqlite(db: &Db) -> Result<Schema> {
    let Db::Sqlite { write, .. } = db else { anyhow::bail!("not SQLite") };
    let tables: Vec<(String, i64)> = sqlx::query_as(
        "SELECT name, strict FROM pragma_table_list
         WHERE type = 'table' AND schema = 'main' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name <> '_sqlx_migrations'",
    )
    .fetch_all(write)
    .await?;
    let mut schema = Schema::new();
    for (name, strict) in tables {
        assert_eq!(strict, 1, "the table {name} is not STRICT");
        let mut table = Table::default();
        let columns: Vec<(String, String, i64, i64)> =
            sqlx::query_as("SELECT name, type, \"notnull\", pk FROM pragma_table_info($1)")
                .bind(&name)
                .fetch_all(write)
                .await?;
        let mut primary: Vec<(i64, String)> = Vec::new();
        for (column, kind, not_null, pk) in columns {
            let kind = match kind.as_str() {
                "INTEGER" => "integer",
                "TEXT" => "text",
                "REAL" => "real",
                "BLOB" => "bytes",
                other => other,
            };
            if pk > 0 {
                primary.push((pk, column.clone()));
            }
            table.columns.insert(column, (kind.to_owned(), not_null == 0 && pk == 0));
        }
        primary.sort();
        table.unique.insert(primary.into_iter().map(|(_, c)| c).collect());
        let indexes: Vec<(String, i64, String)> =
            sqlx::query_as("SELECT name, \"unique\", origin FROM pragma_index_list($1)")
                .bind(&name)
                .fetch_all(write)
                .await?;
        for (index, unique, origin) in indexes {
            let parts: Vec<String> = sqlx::query_scalar("SELECT name FROM pragma_index_info($1) ORDER BY seqno")
                .bind(&index)
                .fetch_all(write)
                .await?;
            if unique == 1 {
                table.unique.insert(parts);
            } else if origin == "c" {
                table.indexes.insert(format!("{index} on {}", parts.join(", ")));
            }
        }
        let keys: Vec<(String, String)> = sqlx::query_as("SELECT \"from\", \"table\" FROM pragma_foreign_key_list($1)")
            .bind(&name)
            .fetch_all(write)
            .await?;
        table.points_to.extend(keys);
        schema.insert(name, table);
    }
    Ok(schema)
}

async fn of_postgres(db: &Db) -> Result<Schema> {
    let Db::Postgres(pool) = db else { anyhow::bail!("not PostgreSQL") };
    let mut schema = Schema::new();
    let columns: Vec<(String, String, String, String)> = sqlx::query_as(
        "SELECT table_name::text, column_name::text, data_type::text, is_nullable::text FROM information_schema.columns
         WHERE table_schema = 'public' AND table_name <> '_sqlx_migrations'",
    )
    .fetch_all(pool)
    .await?;
    for (name, column, kind, nullable) in columns {
        let kind = match kind.as_str() {
            "bigint" => "integer",
            "double precision" => "real",
            "bytea" => "bytes",
            other => other,
        };
        let table = schema.entry(name).or_default();
        table.columns.insert(column, (kind.to_owned(), nullable == "YES"));
    }
    let indexes: Vec<(String, String, bool, Vec<String>)> = sqlx::query_as(
        "SELECT t.relname::text, i.relname::text, x.indisunique,
           ARRAY(SELECT a.attname::text FROM unnest(x.indkey::int2[]) WITH ORDINALITY AS k (n, place)
                 JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.n ORDER BY k.place)
         FROM pg_index x JOIN pg_class t ON t.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
         JOIN pg_namespace s ON s.oid = t.relnamespace WHERE s.nspname = 'public' AND t.relname <> '_sqlx_migrations'",
    )
    .fetch_all(pool)
    .await?;
    for (name, index, unique, parts) in indexes {
        let table = schema.entry(name).or_default();
        if unique {
            table.unique.insert(parts);
        } else {
            table.indexes.insert(format!("{index} on {}", parts.join(", ")));
        }
    }
    let keys: Vec<(String, String, String)> = sqlx::query_as(
        "SELECT t.relname::text, a.attname::text, r.relname::text FROM pg_constraint c
         JOIN pg_class t ON t.oid = c.conrelid JOIN pg_class r ON r.oid = c.confrelid
         JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = ANY (c.conkey) WHERE c.contype = 'f'",
    )
    .fetch_all(pool)
    .await?;
    for (name, column, other) in keys {
        schema.entry(name).or_default().points_to.insert((column, other));
    }
    Ok(schema)
}
