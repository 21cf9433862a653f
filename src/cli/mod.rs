//! The command line: what people and scripts type. Data goes to stdout, words for people to stderr.
//!
//! Exit status: 0 done, 1 the work failed, 2 the call was wrong.

/// Writes a line to stdout. A reader that left is an error and no panic: [`main`] knows it.
macro_rules! put {
    ($($said:tt)*) => {{
        use std::io::Write as _;
        writeln!(std::io::stdout().lock(), $($said)*)?;
    }};
}

mod analyze;
mod check;
mod correct;
#[cfg(feature = "encoder")]
mod distill;
mod import;
mod keys;
mod policy;
mod refuse;
mod replay;
mod reveal;
mod rollouts;
mod simulate;
mod stats;
mod themes;
mod train;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use clap::{Parser, Subcommand};

use crate::config::{self, Config};
use crate::flow::Context;
use crate::id::OsEntropy;
use crate::time::SystemClock;
use crate::{app, demo, telemetry, web};

/// Watches releases and feature flags, gathers what customers say of them, and keeps issues and tickets true.
#[derive(Debug, Parser)]
#[command(name = "hearback", version, about, max_term_width = 110)]
struct Cli {
    /// The settings; else the environment's `HEARBACK_CONFIG`, else hearback.toml in this folder where there is one.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the service. Without settings it listens on 127.0.0.1:8080 and keeps everything in ./hearback-data.
    Serve,
    /// Show the whole job on bundled data: no credentials, no network.
    Demo {
        /// Go on serving afterwards, until Ctrl-C.
        #[arg(long)]
        keep: bool,
    },
    /// Try the settings, the database, each tracker and source; say what is wrong and how to mend it.
    Check(check::Args),
    /// Bring the database to the newest schema.
    Migrate,
    /// Read statements as JSON lines from stdin, write what they feel and want as JSON lines to stdout.
    Analyze(analyze::Args),
    /// Run a statistic by its name: JSON arguments from stdin, JSON to stdout. Without a name, list them.
    Stats(stats::Args),
    /// Take in feedback from a CSV or JSON lines file.
    Import(import::Args),
    /// Send recorded deliveries to a service.
    Replay(replay::Args),
    /// List rollouts, the newest first.
    Rollouts(rollouts::ListArgs),
    /// Show the report of a rollout.
    Report(rollouts::ReportArgs),
    /// Explain each decision about a rollout, with its evidence.
    Why(rollouts::WhyArgs),
    /// File what the policy holds back until a person says yes.
    Approve(rollouts::ApproveArgs),
    /// Say no to what the policy holds back; it is remembered, and offered again when many more people say it.
    Refuse(refuse::Args),
    /// Says that somebody has seen an alarm, so that it is armed anew.
    Ack(rollouts::AcknowledgeArgs),
    /// Show a statement as it was given, before personal data was taken out of it; who looks, and why, is recorded.
    Reveal(reveal::Args),
    /// List the themes of a rollout; merge, split and move them, and take that back.
    Themes(themes::Args),
    /// Make, list and take back keys for /v1/feedback.
    #[command(subcommand)]
    Keys(keys::Command),
    /// Say what a statement means that was read wrongly.
    Correct(correct::Args),
    /// Teach the reading of statements what people corrected.
    Train(train::Args),
    /// Draw rollouts in which nothing, or something, happens, and tell how the alarms would do.
    Simulate(simulate::Args),
    /// Make the vectors by which themes are compared, from a sentence encoder and texts without labels.
    #[cfg(feature = "encoder")]
    Distill(distill::Args),
    /// Check a repository's .github/hearback.yml before it is pushed, and print its JSON Schema.
    #[command(subcommand)]
    Policy(policy::Command),
    /// Print the `OpenAPI` 3.1 document.
    Openapi,
}

/// A call that can't be meant; the sentence says what can.
#[derive(Debug)]
struct WrongCall(String);

impl std::fmt::Display for WrongCall {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for WrongCall {}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Done {
    /// Well.
    Well,
    /// The work failed, and what was wrong is printed already.
    Failed,
}

/// Reads the arguments of this process, does what they ask, and gives the exit status.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(Done::Well) => ExitCode::SUCCESS,
        Ok(Done::Failed) => ExitCode::from(1),
        Err(e) => {
            // A reader that closed the pipe has what it wanted.
            if e.downcast_ref::<std::io::Error>().is_some_and(|e| e.kind() == std::io::ErrorKind::BrokenPipe) {
                return ExitCode::SUCCESS;
            }
            eprintln!("hearback: {e:#}");
            ExitCode::from(if e.is::<WrongCall>() { 2 } else { 1 })
        }
    }
}

fn run(cli: Cli) -> Result<Done> {
    let path = cli.config;
    match cli.command {
        Command::Analyze(args) => analyze::run(&args),
        Command::Stats(args) => stats::run(&args),
        Command::Train(args) if !args.wants_database() => train::run(&args),
        #[cfg(feature = "encoder")]
        Command::Distill(args) => distill::run(&args),
        Command::Openapi => {
            put!("{}", web::OPENAPI.trim_end());
            Ok(Done::Well)
        }
        Command::Policy(policy::Command::Schema) => policy::schema(),
        Command::Demo { keep } => block_on(demo::run(keep)).map(|()| Done::Well),
        Command::Check(args) => block_on(check::run(config::load(path.as_deref()), &args)),
        Command::Simulate(args) => simulate::run(&config::load(path.as_deref())?, &args),
        Command::Replay(args) => {
            let config = config::load(path.as_deref())?;
            block_on(replay::run(config, args))
        }
        command => {
            let config = config::load(path.as_deref())?;
            telemetry::start_log(&config.log);
            block_on(with_config(config, command))
        }
    }
}

async fn with_config(config: Config, command: Command) -> Result<Done> {
    if let Command::Serve = command {
        return app::serve(config, Arc::new(SystemClock), Arc::new(OsEntropy)).await.map(|()| Done::Well);
    }
    let ctx = app::build(config, Arc::new(SystemClock), Arc::new(OsEntropy)).await?;
    let done = with_context(&ctx, command).await;
    ctx.db.close().await;
    done
}

async fn with_context(ctx: &Context, command: Command) -> Result<Done> {
    match command {
        Command::Migrate => {
            eprintln!("the {} database has the newest schema", ctx.db.kind());
            Ok(Done::Well)
        }
        Command::Import(args) => import::run(ctx, &args).await,
        Command::Rollouts(args) => rollouts::list(ctx, &args).await,
        Command::Report(args) => rollouts::report(ctx, &args).await,
        Command::Why(args) => rollouts::why(ctx, &args).await,
        Command::Approve(args) => rollouts::approve(ctx, &args).await,
        Command::Refuse(args) => refuse::run(ctx, &args).await,
        Command::Ack(args) => rollouts::acknowledge(ctx, &args).await,
        Command::Reveal(args) => reveal::run(ctx, &args).await,
        Command::Themes(args) => themes::run(ctx, &args).await,
        Command::Keys(command) => keys::run(ctx, command).await,
        Command::Correct(args) => correct::run(ctx, &args).await,
        Command::Train(args) => train::run_with(ctx, &args).await,
        Command::Policy(policy::Command::Test(args)) => policy::test(ctx, &args).await,
        #[cfg(feature = "encoder")]
        Command::Distill(_) => unreachable!("this ran without an open database"),
        Command::Serve
        | Command::Demo { .. }
        | Command::Check(_)
        | Command::Analyze(_)
        | Command::Simulate(_)
        | Command::Stats(_)
        | Command::Replay(_)
        | Command::Policy(policy::Command::Schema)
        | Command::Openapi => unreachable!("these ran without an open database"),
    }
}

fn block_on<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("starting the asynchronous runtime")?;
    runtime.block_on(work)
}
