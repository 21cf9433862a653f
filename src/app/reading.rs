//! What reads statements and tells which of them say the same: the model in a file or in the binary, a sentence encoder in a
//! folder or the word vectors in the binary.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result};

use crate::analysis::Reader;
use crate::analysis::model::Model;
use crate::analysis::themes::{Embedder, WordVectors};

/// What reads statements, and what tells which say the same.
#[derive(Debug)]
pub(crate) struct Reading {
    pub reader: Reader,
    pub embedder: Arc<dyn Embedder>,
}

/// With the model in a file, else the one in the binary; with the encoder in a folder, else the word vectors in the binary.
/// A folder with a head has it asked how statements feel. `names` are what the user calls model and folder.
pub(crate) fn reading(model: Option<&Path>, encoder: Option<&Path>, names: [&'static str; 2]) -> Result<Reading> {
    let reader = self::reader(model).context(names[0])?;
    match encoder {
        None => Ok(Reading { reader, embedder: Arc::new(WordVectors::default()) }),
        Some(folder) => with_encoder(reader, folder).context(names[1]),
    }
}

fn reader(model: Option<&Path>) -> Result<Reader> {
    if model.is_none() {
        return Ok(Reader::shipped().clone());
    }
    self::model(model).map(Reader::with)
}

/// The model in a file, else the one in the binary.
pub(crate) fn model(path: Option<&Path>) -> Result<Model> {
    let Some(path) = path else { return Ok(Model::shipped().clone()) };
    let read = || -> Result<Model> { Ok(Model::from_bytes(&std::fs::read(path)?)?) };
    read().with_context(|| format!("the model {}", path.display()))
}

/// The file of a head in an encoder's folder.
#[cfg(feature = "encoder")]
pub(crate) const HEAD: &str = "hearback-head.bin";

#[cfg(feature = "encoder")]
fn with_encoder(reader: Reader, folder: &Path) -> Result<Reading> {
    use crate::analysis::head::{Head, Second};
    use crate::encoder::Encoder;
    use crate::flow::encoded::Encoded;

    let encoded = Encoded::new(Encoder::open(folder)?);
    let path = folder.join(HEAD);
    let head = match std::fs::read(&path) {
        Ok(bytes) => Some(Head::from_bytes(&bytes).with_context(|| path.display().to_string())?),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => None,
        Err(e) => return Err(e).with_context(|| path.display().to_string()),
    };
    if let Some(head) = &head {
        let its = encoded.encoder();
        head.check(its.version(), its.width()).with_context(|| path.display().to_string())?;
    }
    let embedder: Arc<dyn Embedder> = Arc::new(encoded);
    let reader = match head {
        Some(head) => reader.and(Second::new(head, embedder.clone())),
        None => reader,
    };
    Ok(Reading { reader, embedder })
}

#[cfg(not(feature = "encoder"))]
fn with_encoder(_: Reader, folder: &Path) -> Result<Reading> {
    anyhow::bail!(
        "{}: this hearback was built without the feature `encoder`: build it with `cargo build --release --features encoder`, or leave this out",
        folder.display()
    )
}

#[cfg(test)]
mod tests;
