//! `hearback distill`: the vectors of pieces of words, from a sentence encoder and texts without labels.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};

use super::Done;
use crate::analysis::vectors::distil::{Encoded, distil, is_useful};
use crate::analysis::vectors::fit::Fit;
use crate::encoder::Encoder;

/// Longest text that is looked at, in characters.
const TEXT_MAX: usize = 400;

/// What `distill` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The encoder's folder: config.json, vocab.txt and model.safetensors of a BERT.
    #[arg(long, value_name = "FOLDER")]
    model: PathBuf,
    /// Texts to fit the vectors to: a CSV file with a column `text`, or a text a line; may be named several times.
    #[arg(long, value_name = "FILE", required = true, num_args = 1..)]
    texts: Vec<PathBuf>,
    /// Where the vectors are written.
    #[arg(long, value_name = "FILE", default_value = "vectors.bin")]
    out: PathBuf,
    /// What shuffles the texts.
    #[arg(long, default_value_t = Fit::default().seed)]
    seed: u64,
}

/// Makes the vectors.
pub fn run(args: &Args) -> Result<Done> {
    let encoder = Encoder::open(&args.model)?;
    let mut texts = Vec::new();
    for path in &args.texts {
        texts.extend(read(path)?);
    }
    let mut known = HashSet::new();
    texts.retain(|text| known.insert(text.clone()));
    drop(known);
    if texts.is_empty() {
        bail!("no text in {}: expected a text a line, or a CSV file with a column `text`", args.texts[0].display());
    }
    let bar = bar("pieces", encoder.pieces().len())?;
    let vectors = encoder.encode_vocabulary(|n| bar.inc(n as u64))?;
    let pieces: Vec<Encoded> =
        joined(encoder.pieces().iter().cloned(), vectors).filter(|piece| is_useful(&piece.text)).collect();
    bar.finish_and_clear();
    let bar = self::bar("texts", texts.len())?;
    let vectors = encoder.encode(&texts, |n| bar.inc(n as u64))?;
    bar.finish_and_clear();
    let texts: Vec<Encoded> = joined(texts.into_iter(), vectors).collect();
    let fit = Fit { seed: args.seed, ..Fit::default() };
    let bar = self::bar("rounds", fit.rounds)?;
    let bytes = distil(&pieces, &texts, &fit, |round, cosine| {
        bar.set_position(round as u64);
        bar.println(format!("round {round}: sums and texts have a mean cosine of {cosine:.4}"));
    })?;
    bar.finish_and_clear();
    std::fs::write(&args.out, &bytes).with_context(|| format!("writing {}", args.out.display()))?;
    eprintln!(
        "{} pieces, fitted to {} texts, are {} bytes in {}",
        pieces.len(),
        texts.len(),
        bytes.len(),
        args.out.display()
    );
    Ok(Done::Well)
}

fn joined(texts: impl Iterator<Item = String>, vectors: Vec<Vec<f32>>) -> impl Iterator<Item = Encoded> {
    texts.zip(vectors).map(|(text, vector)| Encoded { text, vector })
}

/// The texts of a file, spaces made one.
fn read(path: &Path) -> Result<Vec<String>> {
    let shown = || path.display().to_string();
    let bytes = std::fs::read(path).with_context(shown)?;
    let mut texts = Vec::new();
    if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("csv")) {
        let mut rows = csv::Reader::from_reader(bytes.as_slice());
        let Some(column) = rows.headers().with_context(shown)?.iter().position(|h| h == "text") else {
            bail!("{}: no column `text`", path.display());
        };
        for row in rows.records() {
            texts.extend(row.with_context(shown)?.get(column).map(str::to_owned));
        }
    } else {
        texts.extend(std::str::from_utf8(&bytes).with_context(shown)?.lines().map(str::to_owned));
    }
    let plain = |text: &String| -> String {
        text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(TEXT_MAX).collect()
    };
    Ok(texts.iter().map(plain).filter(|text| !text.is_empty()).collect())
}

fn bar(what: &'static str, of: usize) -> Result<ProgressBar> {
    let style = ProgressStyle::with_template("{spinner} {bar:30} {pos}/{len} {msg} {elapsed}, {eta} left")?;
    Ok(ProgressBar::new(of as u64).with_style(style).with_message(what))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::vectors::Table;
    use crate::encoder::tests::folder;

    #[test]
    fn an_encoder_and_texts_become_a_table_the_same_every_time() {
        let model = folder();
        let dir = tempfile::tempdir().expect("a folder");
        let (csv, lines) = (dir.path().join("a.csv"), dir.path().join("b.txt"));
        std::fs::write(&csv, "id,text\n1,Refund not received\n2,refunds!\n").expect("written");
        std::fs::write(&lines, "received\n\nnot  received\n").expect("written");
        let make = |name: &str, texts: &[&PathBuf]| {
            let out = dir.path().join(name);
            let texts = texts.iter().map(|t| (*t).clone()).collect();
            run(&Args { model: model.path().into(), texts, out: out.clone(), seed: 1 }).map(|_| out)
        };
        let bytes = |name: &str| std::fs::read(make(name, &[&csv, &lines]).expect("done")).expect("a file");
        let first = bytes("one.bin");
        assert_eq!(first, bytes("two.bin"));
        let table = Table::from_bytes(first.into()).expect("a table");
        assert!(table.sentence(["refunds received"]).is_some() && table.sentence(["zzz"]).is_none());
        std::fs::write(&csv, "id,words\n1,x\n").expect("written");
        let said = make("three.bin", &[&csv]).expect_err("no column").to_string();
        assert!(said.ends_with("a.csv: no column `text`"), "{said}");
        std::fs::write(&lines, "\n").expect("written");
        let said = make("four.bin", &[&lines]).expect_err("no text").to_string();
        assert!(said.starts_with("no text in"), "{said}");
    }
}
