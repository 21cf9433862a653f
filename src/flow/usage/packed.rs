//! Rows as bytes. The first byte tells the version of the rest.

use anyhow::{Context as _, Result, bail};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The version that is written.
const VERSION: u8 = 1;

/// A row as bytes.
pub fn pack(row: &impl Serialize) -> Result<Vec<u8>> {
    postcard::to_extend(row, vec![VERSION]).context("packing a row")
}

/// Reads [`pack`] back.
pub fn unpack<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    match bytes.split_first() {
        Some((&VERSION, rest)) => postcard::from_bytes(rest).context("reading a packed row"),
        Some((version, _)) => bail!("a row of version {version}, which this program does not read; use a newer one"),
        None => bail!("a packed row without a byte"),
    }
}
