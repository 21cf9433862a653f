//! `hearback train --encoder`: a head over a sentence encoder, from labelled texts.

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};

use super::{Done, Labelled, Settings, check, table, write};
use crate::analysis::Reader;
use crate::analysis::head::Second;
use crate::analysis::head::learn::{For, Step, learn};
use crate::app;
use crate::encoder::Encoder;
use crate::flow::encoded::Encoded;

/// Makes the head, and tells what it is good for.
pub(super) fn run(folder: &Path, texts: &[Labelled], settings: Settings) -> Result<Done> {
    let embedder = Encoded::new(Encoder::open(folder)?);
    let (version, width) = (embedder.encoder().version(), embedder.encoder().width());
    let threads = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{spinner} {bar:30} {pos}/{len} {msg} {elapsed}, {eta} left") {
        bar.set_style(style);
    }
    let encoder = For { embedder: &embedder, version, width, threads };
    let learned = learn(texts, encoder, settings, &mut |step| {
        let (message, done, of) = match step {
            Step::Encoded(done, of) => ("texts are encoded", done, of),
            Step::HeldBack(done, of) => ("parts of the texts were held back", done, of),
        };
        bar.set_message(message);
        bar.set_length(of as u64);
        bar.set_position(done as u64);
    })?;
    bar.finish_and_clear();
    let path = folder.join(app::HEAD);
    write(&path, &learned.head.to_bytes())?;
    let [alone, both] = learned.surprise;
    let [english, others] = learned.head.shares();
    eprintln!(
        "{} for {version}, from {} texts, is in {}: it counts {english:.2} beside the model in English, {others:.2} in other languages; mean surprise about sets that were held back is {both:.4} nats with it, {alone:.4} without",
        learned.head.version(),
        learned.texts,
        path.display()
    );
    let shipped = Reader::shipped().clone();
    let with_head = shipped.clone().and(Second::new(learned.head, Arc::new(embedder)));
    let on_check = check::shipped();
    let rows = [
        ("check set, without", check::scores_of(&shipped, &on_check)),
        ("check set, with", check::scores_of(&with_head, &on_check)),
    ];
    eprint!("{}", table(&rows));
    Ok(Done::Well)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoder::tests::folder;

    #[test]
    fn a_head_is_written_beside_its_encoder_the_same_every_time() {
        let dir = folder();
        let csv = "text,language,sentiment\nrefund received,en,positive\nrefund not received!,en,negative\nrefund,en,neutral\n";
        let texts = crate::analysis::model::texts::read(csv.as_bytes(), 0, 1.0).expect("texts");
        let settings = Settings { passes: 1, ..Settings::default() };
        let made = || {
            run(dir.path(), &texts, settings).expect("done");
            std::fs::read(dir.path().join(app::HEAD)).expect("a file")
        };
        assert_eq!(made(), made());
        let reading = app::reading(None, Some(dir.path()), ["", ""]).expect("an encoder with its head");
        assert!(reading.reader.engine().contains(" head-"), "{}", reading.reader.engine());
    }
}
