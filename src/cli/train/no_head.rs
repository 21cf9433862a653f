//! `hearback train --encoder` without an encoder.

use std::path::Path;

use anyhow::{Result, bail};

use super::{Done, Labelled, Settings};

pub(super) fn run(_: &Path, _: &[Labelled], _: Settings) -> Result<Done> {
    bail!(
        "--encoder: this hearback was built without the feature `encoder`: build it with `cargo build --release --features encoder`"
    )
}
