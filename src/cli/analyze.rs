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
use crate::analysis::lines::{self, Item};
use crate::analysis::themes::in_parallel;
use crate::app;

/// Lines that one worker takes at a time.
const BLOCK: usize = 256;
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
}

/// Reads stdin to its end. A line that is no statement ends the run with its number, the field and what was expected;
/// what stands before it is answered.
pub fn run(args: &Args) -> Result<Done> {
    let reader = &app::reader(args.model.as_deref())?;
    let workers = args.threads.map_or_else(|| thread::available_parallelism().map_or(1, usize::from), usize::from);
    let stdin = std::io::stdin().lock();
    let mut out = std::io::stdout().lock();
    if args.themes {
        let mut items = Vec::new();
        in_order(stdin, workers, &read_block, |block| {
            items.extend(block);
            Ok(())
        })?;
        let threads = NonZeroUsize::new(workers).unwrap_or(NonZeroUsize::MIN);
        let themes = lines::assign(&items, threads);
        let told: Vec<_> = items.iter().zip(&themes).collect();
        for part in told.chunks(workers * AHEAD * BLOCK) {
            let answer = |i: usize| lines::answer(reader, part[i].0, Some(part[i].1.as_deref()));
            for line in in_parallel(part.len(), threads, answer) {
                writeln!(out, "{line}")?;
            }
        }
    } else {
        let answered = |block: &Block, told: &mut Vec<String>| {
            let mut items = Vec::new();
            let ended = read_block(block, &mut items);
            told.extend(items.iter().map(|item| lines::answer(reader, item, None)));
            ended
        };
        in_order(stdin, workers, &answered, |told| {
            let mut text = told.join("\n");
            if !text.is_empty() {
                text.push('\n');
            }
            Ok(out.write_all(text.as_bytes())?)
        })?;
    }
    out.flush()?;
    Ok(Done::Well)
}

/// Lines that stand together.
struct Block {
    /// The number of the first, from 1.
    first: usize,
    lines: Vec<Vec<u8>>,
}

/// Reads a block's statements up to the first line that is none.
fn read_block(block: &Block, items: &mut Vec<Item>) -> Result<()> {
    for (i, line) in block.lines.iter().enumerate() {
        let number = block.first + i;
        let line = std::str::from_utf8(line).with_context(|| format!("line {number}: expected UTF-8"))?;
        let line = line.trim_start_matches('\u{feff}');
        if !line.trim().is_empty() {
            items.push(lines::read_line(line).map_err(|e| anyhow!("line {number}: {e}"))?);
        }
    }
    Ok(())
}

/// What a worker makes of a block: as much as it could, and whether that was all of it.
type Made<T> = (Vec<T>, Result<()>);

/// Works on all blocks of the input, several at one time, and hands on what came of them in their order.
fn in_order<T: Send>(
    mut input: impl BufRead,
    workers: usize,
    work: &(impl Fn(&Block, &mut Vec<T>) -> Result<()> + Sync),
    mut take: impl FnMut(Vec<T>) -> Result<()>,
) -> Result<()> {
    let (to_workers, jobs) = sync_channel::<(Block, SyncSender<Made<T>>)>(workers * AHEAD);
    let jobs = Mutex::new(jobs);
    thread::scope(|scope| {
        // The workers end when no job can come any more: `to_workers` goes with this closure.
        let to_workers = to_workers;
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some((block, to)) = next(&jobs) {
                    let mut made = Vec::with_capacity(block.lines.len());
                    let ended = work(&block, &mut made);
                    // Nobody takes it where an earlier block ended the run.
                    let _ = to.send((made, ended));
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
            if block.lines.is_empty() {
                break;
            }
            first += block.lines.len();
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
    let mut lines = Vec::with_capacity(BLOCK);
    while lines.len() < BLOCK {
        let mut line = Vec::new();
        let read = input.read_until(b'\n', &mut line).context("reading stdin")?;
        if read == 0 {
            break;
        }
        lines.push(line);
    }
    Ok(Block { first, lines })
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
            let work = |block: &Block, made: &mut Vec<Vec<u8>>| {
                made.extend(block.lines.iter().cloned());
                Ok(())
            };
            let taken = in_order(input.as_bytes(), workers, &work, |block| {
                told.extend(block);
                Ok(())
            });
            assert!(taken.is_ok());
            assert_eq!(told.concat(), input.as_bytes(), "{workers} workers");
        }
    }

    #[test]
    fn what_stands_before_a_bad_line_is_answered() {
        let input = format!("{}x\n{}", numbers(700), numbers(700));
        let work = |block: &Block, made: &mut Vec<usize>| {
            for (i, line) in block.lines.iter().enumerate() {
                let number = std::str::from_utf8(line)?.trim().parse();
                made.push(number.with_context(|| format!("line {}", block.first + i))?);
            }
            Ok(())
        };
        let mut told = Vec::new();
        let ended = in_order(input.as_bytes(), 3, &work, |block| {
            told.extend(block);
            Ok(())
        });
        assert_eq!(ended.expect_err("x is no number").to_string(), "line 701");
        assert_eq!(told, (0..700).collect::<Vec<_>>());
    }
}
