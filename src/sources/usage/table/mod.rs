//! Tables that vendors and warehouses export: a row an exposure or an event. Which column is what is told by the heads.
//!
//! Heads are compared in lower case with blanks and dashes as underscores. A file can be read row by row: see [`Heads`].

mod columns;

use std::collections::{BTreeMap, HashSet};

use csv::{ByteRecord, ReaderBuilder, StringRecord};
use serde_json::Value;

use super::pick::{self, Fields};
use super::when::{self, Clocks};
use super::{ID_MAX, NAME_MAX, Reading, USER_MAX, flags, posthog};
use crate::domain::feedback::Belongs;
use crate::domain::usage::{EVENT_NAME_MAX_CHARS, Usage, UsageRecord};
use crate::sources::BadBody;
use crate::time::UnixMs;
use columns::{COLUMNS, Column, DIALECTS};

/// The names of the tables that are known; the last is any table with columns that can be told.
pub(super) const NAMES: &[&str] = &["csv/posthog", "csv/launchdarkly", "csv/growthbook", "csv/unleash", "csv"];

/// Columns that a table may have.
const HEADS_MAX: usize = 500;

/// What the columns of a table are.
#[derive(Clone, Debug, PartialEq)]
pub struct Heads {
    /// Whose export it looks like: `csv/launchdarkly`, or `csv` where nobody's.
    pub dialect: &'static str,
    at: BTreeMap<Column, usize>,
    names: Vec<String>,
}

impl Heads {
    /// Tells columns by their heads; the error lists the heads that are known.
    pub fn read(heads: &[&str]) -> Result<Self, BadBody> {
        if heads.len() > HEADS_MAX {
            let found = heads.len();
            return Err(BadBody::of("", format!("expected at most {HEADS_MAX} columns, found {found}")));
        }
        let names: Vec<String> = heads.iter().map(|h| normal(h)).collect();
        let mut met = HashSet::new();
        if let Some(twice) = names.iter().find(|n| !n.is_empty() && !met.insert(n.as_str())) {
            return Err(BadBody::of("", format!("the column {} stands there twice", shown(twice))));
        }
        let has = |name: &str| names.iter().any(|n| n == name);
        let dialect =
            DIALECTS.iter().find(|d| d.signs.iter().all(|any| any.iter().any(|n| has(n)))).map_or("csv", |d| d.name);
        let mut at = BTreeMap::new();
        for (column, known) in COLUMNS {
            if let Some(i) = known.iter().find_map(|k| names.iter().position(|n| n == k)) {
                at.insert(*column, i);
            }
        }
        let heads = Self { dialect, at, names };
        let what = [Column::Flag, Column::Release, Column::Rollout, Column::Event];
        if !heads.at.contains_key(&Column::User) {
            return Err(heads.lacks("no column tells the person", &[Column::User]));
        }
        if dialect != "csv/posthog" && !what.iter().any(|c| heads.at.contains_key(c)) {
            return Err(heads.lacks("no column tells of what", &what));
        }
        Ok(heads)
    }

    /// The error that lists what is known and what was found.
    fn lacks(&self, what: &str, of: &[Column]) -> BadBody {
        let known: Vec<String> = COLUMNS
            .iter()
            .filter(|(column, _)| of.contains(column))
            .map(|(column, known)| format!("{} ({})", column.words(), known.join(", ")))
            .collect();
        let others: Vec<&str> =
            COLUMNS.iter().filter(|(column, _)| !of.contains(column)).map(|(column, _)| column.words()).collect();
        let found: Vec<String> = self.names.iter().take(20).map(|n| shown(n)).collect();
        BadBody::of(
            "",
            format!(
                "{what}: expected {}; also known are {}; found {}",
                known.join(" or "),
                others.join(", "),
                found.join(", ")
            ),
        )
    }

    /// Reads a row as the next record.
    pub fn take(&self, row: &StringRecord, received_at: UnixMs, reading: &mut Reading) {
        if row.iter().all(|cell| cell.trim().is_empty()) || !reading.begin() {
            return;
        }
        if row.len() != self.names.len() {
            return reading
                .refuse("", format!("expected {} cells, as the head has, found {}", self.names.len(), row.len()));
        }
        if self.dialect == "csv/posthog" {
            return match self.posthog(row) {
                Ok(event) => posthog::event(&event, None, received_at, reading),
                Err(BadBody { field, problem }) => reading.refuse(&field, problem),
            };
        }
        match self.record(row, received_at) {
            Ok((record, variant)) => {
                let shown = match (&record.what, &record.belongs.flag, variant) {
                    (Usage::Event { .. }, Some(flag), Some(variant)) => {
                        Some(flags::exposure(&record, flag.clone(), Some(variant)))
                    }
                    _ => None,
                };
                reading.records.push(record);
                reading.take_derived(shown);
            }
            Err(BadBody { field, problem }) => reading.refuse(&field, problem),
        }
    }

    fn cell(&self, row: &StringRecord, column: Column, max: usize) -> Result<Option<String>, BadBody> {
        let Some(i) = self.at.get(&column) else { return Ok(None) };
        let text = row.get(*i).unwrap_or_default();
        let text = if matches!(text.trim(), "\\N" | "NULL" | "null") { "" } else { text };
        pick::plain(&Value::from(text), max).map_err(|problem| BadBody { field: shown(&self.names[*i]), problem })
    }

    fn record(&self, row: &StringRecord, received_at: UnixMs) -> Result<(UsageRecord, Option<String>), BadBody> {
        let name = |column| self.cell(row, column, NAME_MAX);
        let belongs =
            Belongs { rollout: name(Column::Rollout)?, flag: name(Column::Flag)?, release: name(Column::Release)? };
        let variant = match name(Column::Variant)? {
            Some(variant) => Some(variant),
            None => name(Column::Enabled)?,
        };
        let event = self.cell(row, Column::Event, EVENT_NAME_MAX_CHARS)?;
        let kind = name(Column::Kind)?.map(|k| k.to_lowercase());
        let names_nothing = belongs == Belongs::default();
        let what = match (kind.as_deref(), event) {
            (Some("exposure" | "feature" | "isenabled" | "getvariant" | "impression"), _) | (_, None) => {
                if names_nothing {
                    return Err(BadBody::of("", "expected a flag, a release, a rollout or an event"));
                }
                Usage::Exposure { variant: variant.clone() }
            }
            (_, Some(event)) if flags::is_exposure(&event) && !names_nothing => {
                Usage::Exposure { variant: variant.clone() }
            }
            (_, Some(name)) => {
                let value = self.cell(row, Column::Value, NAME_MAX)?;
                let number = |text: String| {
                    pick::number(&Value::from(text)).ok_or_else(|| BadBody::of("value", "expected a number"))
                };
                Usage::Event { name, value: value.map(number).transpose()? }
            }
        };
        let at = match self.cell(row, Column::Time, NAME_MAX)? {
            None => None,
            Some(text) => Some(when::text_as_time(&text).ok_or_else(|| self.of_time(when::EXPECTED.into()))?),
        };
        let record = UsageRecord {
            user: self.cell(row, Column::User, USER_MAX)?,
            belongs,
            environment: name(Column::Environment)?,
            what,
            occurred_at: when::happened(Clocks { at, sent: None }, received_at).map_err(|p| self.of_time(p))?,
            message_id: self.cell(row, Column::Id, ID_MAX)?,
        };
        Ok((record, variant))
    }

    fn of_time(&self, problem: String) -> BadBody {
        let field = self.at.get(&Column::Time).map_or_else(String::new, |i| shown(&self.names[*i]));
        BadBody { field, problem }
    }

    /// A row of `PostHog`'s export as the event that it was: `properties` is a column of JSON, or a column each.
    fn posthog(&self, row: &StringRecord) -> Result<Fields, BadBody> {
        let mut event = Fields::new();
        let mut properties = Fields::new();
        for (name, cell) in self.names.iter().zip(row.iter()).filter(|(_, cell)| !cell.trim().is_empty()) {
            if name == "properties" {
                match serde_json::from_str(cell) {
                    Ok(Value::Object(fields)) => properties.extend(fields),
                    Ok(_) | Err(_) => return Err(BadBody::of("properties", "expected an object as JSON")),
                }
            } else if let Some(name) = name.strip_prefix("properties.") {
                properties.insert(name.to_owned(), Value::from(cell));
            } else if ["event", "distinct_id", "timestamp", "uuid"].contains(&name.as_str()) {
                event.insert(name.clone(), Value::from(cell));
            }
        }
        event.insert("properties".into(), Value::Object(properties));
        Ok(event)
    }
}

/// Reads a whole table.
pub(super) fn parse(body: &[u8], received_at: UnixMs) -> Result<Reading, BadBody> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let mut reader = ReaderBuilder::new().flexible(true).delimiter(delimiter(body)).from_reader(body);
    let first = reader.byte_headers().map_err(|_| BadBody::of("", "expected a table in CSV with a head"))?.clone();
    let first = text(first).ok_or_else(|| BadBody::of("", "the head is not UTF-8"))?;
    let heads = Heads::read(&first.iter().collect::<Vec<_>>())?;
    let mut reading = Reading::default();
    reading.shapes.insert(heads.dialect);
    let mut row = ByteRecord::new();
    loop {
        match reader.read_byte_record(&mut row) {
            Ok(false) => return Ok(reading),
            Ok(true) => match text(row.clone()) {
                Some(row) => heads.take(&row, received_at, &mut reading),
                None => {
                    if reading.begin() {
                        reading.refuse("", "expected UTF-8");
                    }
                }
            },
            Err(_) => return Err(BadBody::of("", "not CSV")),
        }
    }
}

/// What separates the columns of a table that begins like this: the most frequent of comma, semicolon and tab in its head.
pub fn delimiter(begin: &[u8]) -> u8 {
    let head = begin.split(|b| *b == b'\n').next().unwrap_or_default();
    let count = |d: u8| head.split(|b| *b == d).count();
    [b'\t', b';', b','].into_iter().max_by_key(|d| count(*d)).unwrap_or(b',')
}

fn text(row: ByteRecord) -> Option<StringRecord> {
    StringRecord::from_byte_record(row).ok()
}

/// A head as it is compared.
fn normal(head: &str) -> String {
    head.trim_start_matches('\u{feff}').trim().to_lowercase().replace([' ', '-'], "_")
}

/// A head as an error may repeat it.
fn shown(head: &str) -> String {
    head.chars().filter(|c| !c.is_control()).take(40).collect()
}
