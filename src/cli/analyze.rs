//! `hearback analyze`: JSON lines in, JSON lines out, in the same order; no database.
//!
//! ```text
//! stdin -> blocks of lines -> workers (read, redact, annotate) -> in the blocks' order -> stdout
//! ```
//!
//! A few blocks are under way at one time, so that memory does not grow with the input. Themes need all of it.

use std::io::{BufRead, Write};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

use anyhow::{Context as _, Result, anyhow};

use super::Done;
use crate::analysis::Sitting;
use crate::analysis::lines::{self, Item};
use crate::analysis::themes::in_parallel;
use crate::app::{self, Reading};

/// Lines that one worker takes at a time.
const BLOCK: usize = 256;
/// Bytes of a block of usual lines.
const BLOCK_BYTES: usize = 64 * 1024;
/// Blocks under way for each worker.
const AHEAD: usize = 4;

/// What `analyze` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Also place each statement in a theme; answers come when the whole input is read.
    #[arg(long)]
    themes: bool,
    /// Workers that read at one time; by default one a core. The output is the same with any number.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    threads: Option<u16>,
    /// Read with the model that `hearback train` wrote here, not with the one in the binary.
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// Find themes by the sentence encoder in this folder, not by the word vectors in the binary; a head that
    /// `hearback train --encoder` wrote there is asked how a statement feels. Needs the feature `encoder`.
    #[arg(long, value_name = "FOLDER")]
    encoder: Option<PathBuf>,
}

/// Reads stdin to its end. A line that is no statement ends the run with its number, the field and what was expected;
/// what stands before it is answered.
pub fn run(args: &Args) -> Result<Done> {
    let names = ["--model", "--encoder"];
    let Reading { reader, embedder } = app::reading(args.model.as_deref(), args.encoder.as_deref(), names)?;
    let reader = &reader;
    let workers = args.threads.map_or_else(|| thread::available_parallelism().map_or(1, usize::from), usize::from);
    let stdin = std::io::stdin().lock();
    let mut out = std::io::stdout().lock();
    if args.themes {
        let mut items = Vec::new();
        let read = |(): &mut (), block: &Block| {
            let mut items = Vec::new();
            let ended = read_block(block, |item| items.push(item));
            (items, ended)
        };
        in_order(stdin, workers, &|| (), &read, |block| {
            items.extend(block);
            Ok(())
        })?;
        let threads = NonZeroUsize::new(workers).unwrap_or(NonZeroUsize::MIN);
        let themes = lines::assign(&items, &*embedder, threads)?;
        let told: Vec<_> = items.iter().zip(&themes).collect();
        for part in told.chunks(workers * AHEAD * BLOCK) {
            let blocks: Vec<_> = part.chunks(BLOCK).collect();
            let answers = |i: usize| {
                let mut sitting = reader.sit_down();
                let mut told = Vec::new();
                for (item, theme) in blocks[i] {
                    lines::answer(&mut sitting, item, Some(theme.as_deref()), &mut told);
                }
                told
            };
            for told in in_parallel(blocks.len(), threads, answers) {
                out.write_all(&told)?;
            }
        }
    } else {
        let answers = |sitting: &mut Sitting<'_>, block: &Block| {
            let mut told = Vec::with_capacity(4 * block.bytes.len());
            let ended = read_block(block, |item| lines::answer(sitting, &item, None, &mut told));
            (told, ended)
        };
        in_order(stdin, workers, &|| reader.sit_down(), &answers, |told| Ok(out.write_all(&told)?))?;
    }
    out.flush()?;
    Ok(Done::Well)
}

/// Lines that stand together.
struct Block {
    /// The number of the first, from 1.
    first: usize,
    bytes: Vec<u8>,
    /// Where each ends.
    ends: Vec<usize>,
}

impl Block {
    /// The numbers of the lines, and each with its end.
    fn lines(&self) -> impl Iterator<Item = (usize, &[u8])> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        (self.first..).zip(starts.zip(&self.ends).map(|(start, end)| &self.bytes[start..*end]))
    }
}

/// Reads a block's statements up to the first line that is none.
fn read_block(block: &Block, mut take: impl FnMut(Item)) -> Result<()> {
    for (number, line) in block.lines() {
        let line = std::str::from_utf8(line).with_context(|| format!("line {number}: expected UTF-8"))?;
        let line = line.trim_start_matches('\u{feff}');
        if !line.trim().is_empty() {
            take(lines::read_line(line).map_err(|e| anyhow!("line {number}: {e}"))?);
        }
    }
    Ok(())
}

/// What a worker makes of a block: as much as it could, and whether that was all of it.
type Made<T> = (T, Result<()>);

/// Works on all blocks of the input, several at one time, and hands on what came of them in their order. What a worker
/// has `at_hand` serves all its blocks.
fn in_order<H, T: Send>(
    mut input: impl BufRead,
    workers: usize,
    at_hand: &(impl Fn() -> H + Sync),
    work: &(impl Fn(&mut H, &Block) -> Made<T> + Sync),
    mut take: impl FnMut(T) -> Result<()>,
) -> Result<()> {
    let (to_workers, jobs) = sync_channel::<(Block, SyncSender<Made<T>>)>(workers * AHEAD);
    let jobs = Mutex::new(jobs);
    thread::scope(|scope| {
        // The workers end when no job can come any more: `to_workers` goes with this closure.
        let to_workers = to_workers;
        for _ in 0..workers {
            scope.spawn(|| {
                let mut at_hand = at_hand();
                while let Some((block, to)) = next(&jobs) {
                    // Nobody takes it where an earlier block ended the run.
                    let _ = to.send(work(&mut at_hand, &block));
                }
            });
        }
        let mut under_way = std::collections::VecDeque::new();
        let mut first = 1;
        let mut hand_on = |made: Receiver<Made<T>>| -> Result<()> {
            let (made, ended) = made.recv().context("a worker ended before its work")?;
            take(made)?;
            ended
        };
        loop {
            let block = next_block(&mut input, first)?;
            if block.ends.is_empty() {
                break;
            }
            first += block.ends.len();
            let (to, made) = sync_channel(1);
            to_workers.send((block, to)).map_err(|_| anyhow!("all workers ended before their work"))?;
            under_way.push_back(made);
            if under_way.len() >= workers * AHEAD
                && let Some(oldest) = under_way.pop_front()
            {
                hand_on(oldest)?;
            }
        }
        under_way.into_iter().try_for_each(hand_on)
    })
}

fn next<T>(jobs: &Mutex<Receiver<T>>) -> Option<T> {
    jobs.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

fn next_block(input: &mut impl BufRead, first: usize) -> Result<Block> {
    let mut block = Block { first, bytes: Vec::with_capacity(BLOCK_BYTES), ends: Vec::with_capacity(BLOCK) };
    while block.ends.len() < BLOCK && input.read_until(b'\n', &mut block.bytes).context("reading stdin")? > 0 {
        block.ends.push(block.bytes.len());
    }
    Ok(block)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(count: usize) -> String {
        (0..count).fold(String::new(), |all, i| all + &i.to_string() + "\n")
    }

    #[test]
    fn order_is_kept_with_any_number_of_workers() {
        let input = numbers(5_000);
        for workers in [1, 2, 7] {
            let mut told = Vec::new();
            let work = |(): &mut (), block: &Block| (block.bytes.clone(), Ok(()));
            let taken = in_order(input.as_bytes(), workers, &|| (), &work, |block| {
                told.extend(block);
                Ok(())
            });
            assert!(taken.is_ok());
            assert_eq!(told, input.as_bytes(), "{workers} workers");
        }
    }

    #[test]
    fn what_stands_before_a_bad_line_is_answered() {
        let input = format!("{}x\n{}", numbers(700), numbers(700));
        let work = |(): &mut (), block: &Block| {
            let mut made = Vec::new();
            let mut read = || -> Result<()> {
                for (number, line) in block.lines() {
                    let parsed: Result<usize, _> = std::str::from_utf8(line)?.trim().parse();
                    made.push(parsed.with_context(|| format!("line {number}"))?);
                }
                Ok(())
            };
            let ended = read();
            (made, ended)
        };
        let mut told = Vec::new();
        let ended = in_order(input.as_bytes(), 3, &|| (), &work, |block| {
            told.extend(block);
            Ok(())
        });
        assert_eq!(ended.expect_err("x is no number").to_string(), "line 701");
        assert_eq!(told, (0..700).collect::<Vec<_>>());
    }
}
