//! `hearback train`: the weights that read statements, from a team's corrections or from labelled texts alone.

#[cfg_attr(not(feature = "encoder"), path = "train/no_head.rs")]
mod head;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};

use super::Done;
use crate::analysis::model::check::{self, Scores, Told};
use crate::analysis::model::learn::{self, Labelled, Settings, resume};
use crate::analysis::model::{Model, texts};
use crate::app;
use crate::flow::Context;
use crate::store::corrections;

/// What `train` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Corrected statements as CSV: text, language, sentiment, intent; may be named several times. Without one, those
    /// that were made in the dashboard and over the API are learned.
    #[arg(value_name = "FILE.csv")]
    corrections: Vec<PathBuf>,
    /// Go on from the model that was written here before, not from the one in the binary.
    #[arg(long, value_name = "FILE", conflicts_with = "from_scratch")]
    model: Option<PathBuf>,
    /// Make the weights anew from the labelled texts in this folder, as those in the binary were made.
    #[arg(long, value_name = "FOLDER", conflicts_with = "corrections")]
    from_scratch: Option<PathBuf>,
    /// With --from-scratch: make no model, but a head over the sentence encoder in this folder, which is asked how a
    /// statement feels besides the model; it is written into the folder. Needs the feature `encoder`.
    #[arg(long, value_name = "FOLDER", requires = "from_scratch", conflicts_with_all = ["card", "out", "model"])]
    encoder: Option<PathBuf>,
    /// With --from-scratch: also write how good the model is on each set, having learned from the others.
    #[arg(long, value_name = "FILE.md", requires = "from_scratch")]
    card: Option<PathBuf>,
    /// Where the model is written; `analysis.model` in hearback.toml puts it to use.
    #[arg(long, value_name = "FILE", default_value = "hearback.model")]
    out: PathBuf,
    /// What shuffles the texts.
    #[arg(long, default_value_t = Settings::default().seed)]
    seed: u64,
}

impl Args {
    /// Whether the corrections stand in the database.
    pub fn wants_database(&self) -> bool {
        self.corrections.is_empty() && self.from_scratch.is_none()
    }
}

/// Learns from files alone.
pub fn run(args: &Args) -> Result<Done> {
    if let Some(folder) = &args.from_scratch {
        return from_scratch(args, folder);
    }
    let mut corrected = Vec::new();
    for path in &args.corrections {
        corrected.extend(read(path, 0, 1.0)?);
    }
    go_on(args, &corrected)
}

/// Learns from what was corrected in the dashboard and over the API.
pub async fn run_with(ctx: &Context, args: &Args) -> Result<Done> {
    let mut tx = ctx.db.read().await?;
    let corrected: Vec<Labelled> = corrections::with_texts(&mut tx)
        .await?
        .iter()
        .map(|(text, locale, c)| texts::corrected(text, locale.as_deref(), c))
        .collect();
    tx.commit().await?;
    go_on(args, &corrected)
}

fn go_on(args: &Args, corrected: &[Labelled]) -> Result<Done> {
    if corrected.is_empty() {
        bail!(
            "nothing was corrected yet: correct statements in the dashboard, or name a CSV file with columns text and sentiment or intent"
        );
    }
    let known = app::model(args.model.as_deref())?;
    let bar = spinner("learning, and looking at the check set");
    let resumed = resume(&known, corrected, &check::shipped(), args.seed);
    bar.finish_and_clear();
    eprintln!(
        "{} corrected statements with {} labels: {} were read so before, {} now",
        corrected.len(),
        resumed.labels,
        resumed.right_before,
        resumed.right_after
    );
    eprint!("{}", table(&[("check set, before", resumed.before), ("check set, now", resumed.after)]));
    let Some(model) = resumed.model else {
        eprintln!(
            "nothing was written: the model got worse on the check set, or learned nothing. More corrections help, of all kinds"
        );
        return Ok(Done::Failed);
    };
    write(&args.out, &model.to_bytes())?;
    eprintln!(
        "{} written; put `model = \"{}\"` under [analysis] in hearback.toml and start again",
        model.version(),
        args.out.display()
    );
    Ok(Done::Well)
}

fn from_scratch(args: &Args, folder: &Path) -> Result<Done> {
    let mut all = Vec::new();
    for (set, (name, weight)) in texts::SETS.into_iter().enumerate() {
        all.extend(read(&folder.join(format!("{name}.csv")), set, weight)?);
    }
    let settings = Settings { seed: args.seed, ..Settings::default() };
    if let Some(encoder) = &args.encoder {
        return head::run(encoder, &all, settings);
    }
    let model = learned("all sets", &all, settings);
    write(&args.out, &model.to_bytes())?;
    let on_check = check::scores(&model, &check::shipped());
    eprint!("{}", table(&[("check set", on_check)]));
    eprintln!("{} written to {}", model.version(), args.out.display());
    if let Some(path) = &args.card {
        write(path, card(&model, &all, settings).as_bytes())?;
    }
    Ok(Done::Well)
}

/// What the model learned from, and how good it is where it did not learn.
fn card(model: &Model, all: &[Labelled], settings: Settings) -> String {
    let mut rows = Vec::new();
    for (set, (name, _)) in texts::SETS.into_iter().enumerate() {
        let (own, others): (Vec<_>, Vec<_>) = all.iter().cloned().partition(|t| t.set == set);
        rows.push((name, check::scores(&learned(name, &others, settings), &own)));
    }
    include_str!("train/card.md")
        .replace("{version}", model.version())
        .replace("{texts}", &all.len().to_string())
        .replace("{left out}", &table(&rows))
        .replace("{check}", &table(&on_check(model)))
}

/// Each language's check set, and all of them together.
fn on_check(model: &Model) -> Vec<(&'static str, Scores)> {
    let sets = check::shipped_by_set().into_iter().chain([("all check sets", check::shipped())]);
    sets.map(|(name, texts)| (name, check::scores(model, &texts))).collect()
}

fn learned(name: &str, texts: &[Labelled], settings: Settings) -> Model {
    let bar = ProgressBar::new(0).with_message(format!("{name}: {} texts", texts.len()));
    if let Ok(style) = ProgressStyle::with_template("{spinner} {bar:30} pass {pos} of {len} {msg} {elapsed}") {
        bar.set_style(style);
    }
    let model = learn::learn(texts, settings, &mut |done, of| {
        bar.set_length(of as u64);
        bar.set_position(done as u64);
    });
    bar.finish_and_clear();
    model
}

fn table(rows: &[(&str, Scores)]) -> String {
    let mut text = String::from(
        "| set | texts | F1, three classes | F1, two | calibration error | F1, intent | mixed | spam |\n|---|---|---|---|---|---|---|---|\n",
    );
    let shown = |score: Option<f64>| score.map_or_else(|| "–".to_owned(), |s| format!("{s:.3}"));
    let told = |t: Told| {
        if t.there == 0 { "–".to_owned() } else { format!("{} of {}, {} false", t.hits, t.there, t.false_alarms) }
    };
    for (name, s) in rows {
        let scores = [s.three, s.two, s.calibration, s.intent].map(shown).join(" | ");
        let _ = writeln!(text, "| {name} | {} | {scores} | {} | {} |", s.texts, told(s.mixed), told(s.spam));
    }
    text
}

fn read(path: &Path, set: usize, weight: f32) -> Result<Vec<Labelled>> {
    let bytes = std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
    texts::read(&bytes, set, weight).with_context(|| path.display().to_string())
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    std::fs::write(path, bytes).with_context(|| format!("writing {}", path.display()))
}

fn spinner(doing: &'static str) -> ProgressBar {
    let bar = ProgressBar::new_spinner().with_message(doing);
    bar.enable_steady_tick(std::time::Duration::from_millis(120));
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_card_tells_of_the_model_that_ships_and_how_good_it_is() {
        let card = include_str!("../analysis/model/CARD.md");
        let model = Model::shipped();
        assert!(card.contains(model.version()), "the card is of another model than {}", model.version());
        for row in table(&on_check(model)).lines() {
            assert!(card.contains(row), "not in the card: {row}");
        }
    }
}
