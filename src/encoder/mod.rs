//! A sentence encoder of one's own: a folder with a BERT such as sentence-transformers writes it. Slower than the vectors
//! in the binary by some hundred times, and nearer to what people mean.
//!
//! The folder holds `config.json`, `vocab.txt` and `model.safetensors`. A sentence's vector is the mean over its pieces,
//! 1 long. Knows no network: whatever is missing is an error that names the file.

mod bert;
mod wordpiece;

use std::fmt;
use std::path::{Path, PathBuf};

use candle_core::Device;
use sha2::{Digest, Sha256};

use self::bert::{Bert, Shape};
use self::wordpiece::Vocabulary;

/// Pieces that are encoded at once: more take memory, fewer time.
const BATCH_PIECES: usize = 4_096;
/// Pieces of a text that are read at most; sentence encoders are trained on no longer ones.
const PIECES_MAX: usize = 256;

/// Why a folder is no encoder, or a text was not encoded.
#[derive(Debug)]
pub enum EncoderError {
    /// A file of the folder is missing or cannot be read.
    File(PathBuf, std::io::Error),
    /// A file says what this encoder cannot do, or nothing that it understands.
    Content(PathBuf, String),
    /// The sums failed.
    Sums(candle_core::Error),
}

impl fmt::Display for EncoderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path, e) => write!(
                f,
                "{}: {e}; the folder of an encoder holds config.json, vocab.txt and model.safetensors of a BERT",
                path.display()
            ),
            Self::Content(path, why) => write!(f, "{}: {why}", path.display()),
            Self::Sums(e) => write!(f, "encoding: {e}"),
        }
    }
}

impl std::error::Error for EncoderError {}

impl From<candle_core::Error> for EncoderError {
    fn from(e: candle_core::Error) -> Self {
        Self::Sums(e)
    }
}

/// An encoder that was read.
pub struct Encoder {
    version: String,
    vocabulary: Vocabulary,
    bert: Bert,
}

impl fmt::Debug for Encoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.version)
    }
}

impl Encoder {
    /// Reads the folder.
    ///
    /// # Errors
    /// Where a file is missing or is not what it should be; the error names it.
    pub fn open(folder: &Path) -> Result<Self, EncoderError> {
        let mut hash = Sha256::new();
        let mut read = |name: &str| {
            let path = folder.join(name);
            let bytes = std::fs::read(&path).map_err(|e| EncoderError::File(path.clone(), e))?;
            hash.update((bytes.len() as u64).to_le_bytes());
            hash.update(&bytes);
            Ok::<_, EncoderError>((path, bytes))
        };
        let (path, bytes) = read("config.json")?;
        let shape: Shape =
            serde_json::from_slice(&bytes).map_err(|e| EncoderError::Content(path.clone(), e.to_string()))?;
        shape.check().map_err(|why| EncoderError::Content(path, why))?;
        let (path, bytes) = read("vocab.txt")?;
        let vocabulary = Vocabulary::parse(&bytes).map_err(|why| EncoderError::Content(path.clone(), why))?;
        if vocabulary.len() > shape.vocab_size {
            let why = format!("{} pieces, but config.json has vocab_size {}", vocabulary.len(), shape.vocab_size);
            return Err(EncoderError::Content(path, why));
        }
        let (path, bytes) = read("model.safetensors")?;
        let tensors = candle_core::safetensors::load_buffer(&bytes, &Device::Cpu)
            .map_err(|e| EncoderError::Content(path.clone(), e.to_string()))?;
        let bert = Bert::new(shape, tensors).map_err(|e| EncoderError::Content(path, e.to_string()))?;
        let version = format!("encoder-{}", hex::encode(&hash.finalize()[..8]));
        Ok(Self { version, vocabulary, bert })
    }

    /// Its name: changes with every byte of its files.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Numbers in a vector.
    pub fn width(&self) -> usize {
        self.bert.width()
    }

    /// The pieces of the vocabulary, in its order.
    pub fn pieces(&self) -> &[String] {
        self.vocabulary.pieces()
    }

    /// The vector of a text, 1 long: to the bit the same on each run, because no other text is encoded beside it.
    ///
    /// # Errors
    /// Where the sums fail, as for want of memory.
    pub fn encode_one(&self, text: &str) -> Result<Vec<f32>, EncoderError> {
        let pieces = self.vocabulary.read(text, self.bert.longest().min(PIECES_MAX));
        let length = pieces.len();
        Ok(self.bert.means(pieces, 1, length)?.pop().map(unit).unwrap_or_default())
    }

    /// A vector for each text, 1 long, in the order of the texts; `done` is told how many more are ready. They
    /// may differ from those of [`Self::encode_one`] in the last bits.
    ///
    /// # Errors
    /// Where the sums fail, as for want of memory.
    pub fn encode<T: AsRef<str>>(&self, texts: &[T], done: impl FnMut(usize)) -> Result<Vec<Vec<f32>>, EncoderError> {
        let longest = self.bert.longest().min(PIECES_MAX);
        let pieces: Vec<_> = texts.iter().map(|t| self.vocabulary.read(t.as_ref(), longest)).collect();
        self.encode_pieces(&pieces, done)
    }

    /// A vector for each piece of the vocabulary standing alone.
    ///
    /// # Errors
    /// As [`Self::encode`].
    pub fn encode_vocabulary(&self, done: impl FnMut(usize)) -> Result<Vec<Vec<f32>>, EncoderError> {
        let pieces: Vec<_> = (0..self.vocabulary.len()).map(|i| self.vocabulary.alone(i)).collect();
        self.encode_pieces(&pieces, done)
    }

    /// Texts of one length go together, so that nothing is filled up and a text's vector depends on nothing but the text.
    fn encode_pieces(&self, pieces: &[Vec<u32>], mut done: impl FnMut(usize)) -> Result<Vec<Vec<f32>>, EncoderError> {
        let mut order: Vec<usize> = (0..pieces.len()).collect();
        order.sort_by_key(|i| pieces[*i].len());
        let mut vectors = vec![Vec::new(); pieces.len()];
        for same in order.chunk_by(|a, b| pieces[*a].len() == pieces[*b].len()) {
            let length = pieces[same[0]].len();
            for batch in same.chunks((BATCH_PIECES / length).max(1)) {
                let flat: Vec<u32> = batch.iter().flat_map(|i| pieces[*i].iter().copied()).collect();
                for (i, vector) in batch.iter().zip(self.bert.means(flat, batch.len(), length)?) {
                    vectors[*i] = unit(vector);
                }
                done(batch.len());
            }
        }
        Ok(vectors)
    }
}

fn unit(mut vector: Vec<f32>) -> Vec<f32> {
    let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt().max(1e-12);
    for x in &mut vector {
        *x /= length;
    }
    vector
}

#[cfg(test)]
pub(crate) mod tests;
