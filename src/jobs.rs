//! The loops that work while the service runs.
//!
//! *Mind* reads deliveries and statements and plans; *hands* perform what is planned; commands and posts have a loop of
//! their own each; *sweeps* look for what was missed; one loop for each flag platform asks it, one a language model, where
//! there is one, one reads policies on GitHub, and one asks there who may tick boxes.
//! Each is woken by the bell, by what is due next, and now and then by itself, because another replica may have written.

use std::future::Future;
use std::time::Duration;

use anyhow::Result;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tracing::error;

use crate::flow::suggest::boxes;
use crate::flow::{Context, analyze, commands, deliver, ingest, policies, poll, posts, reconcile, rephrase, sweep};
use crate::store::{actions, deliveries, rollouts};
use crate::time::{SECOND_MS, UnixMs};

/// Longest sleep without a look, ms: what another replica wrote rings no bell here.
const NAP_MAX_MS: i64 = 5 * SECOND_MS;
/// Wait after an error, so that a database that is away is not asked all the time, ms.
const AFTER_ERROR_MS: i64 = SECOND_MS;
/// Actions performed at one time, each in another tracker or account.
const HANDS: usize = 4;
/// Wait for an action that is due while somebody works in its scope, ms.
const TAKEN_MS: i64 = SECOND_MS / 5;
/// How often schedules are looked at, ms: another replica may have run one, or died in it.
const SCHEDULES_MS: i64 = 10 * SECOND_MS;
/// Shortest time between two askings of one flag platform, ms: a burst of deliveries asks once or twice.
const ASK_SPACING_MS: i64 = SECOND_MS;
/// Shortest rest between two looks at the schedules, ms.
const AFTER_SWEEP_MS: i64 = SECOND_MS / 4;
/// Rounds of [`settle`]; more would mean that the loop feeds itself.
const ROUNDS_MAX: usize = 1_000;

/// Says that the service ends; every loop finishes the step that it is in.
pub type Stop = watch::Receiver<bool>;

/// Runs every loop until `stop` says so. A loop that panics ends the process: half a service would look healthy.
pub async fn run(ctx: Context, stop: Stop) -> Result<()> {
    let mut loops = JoinSet::new();
    loops.spawn(mind(ctx.clone(), stop.clone()));
    for _ in 0..HANDS {
        loops.spawn(hands(ctx.clone(), stop.clone()));
    }
    loops.spawn(doing(ctx.clone(), stop.clone()));
    loops.spawn(posting(ctx.clone(), stop.clone()));
    for name in ctx.platforms.names() {
        loops.spawn(asking(ctx.clone(), name, stop.clone()));
    }
    if ctx.llm.is_some() {
        loops.spawn(words(ctx.clone(), stop.clone()));
    }
    if ctx.github.is_some() {
        loops.spawn(rules(ctx.clone(), stop.clone()));
    }
    loops.spawn(ticks(ctx.clone(), stop.clone()));
    loops.spawn(sweeps(ctx, stop));
    while let Some(ended) = loops.join_next().await {
        ended?;
    }
    Ok(())
}

async fn mind(ctx: Context, mut stop: Stop) {
    while !*stop.borrow() {
        let nap = match think(&ctx).await {
            Ok(0) => {
                next_thought(&ctx).await.map_or(AFTER_ERROR_MS, |at| at.map_or(NAP_MAX_MS, |at| at.since(ctx.now())))
            }
            Ok(_) => 0,
            Err(e) => {
                error!("reading and planning wait: {e:#}");
                AFTER_ERROR_MS
            }
        };
        rest(nap, &ctx.bell.mind, &mut stop).await;
    }
}

async fn hands(ctx: Context, mut stop: Stop) {
    while !*stop.borrow() {
        let nap = match deliver::deliver_due(&ctx, &|| *stop.borrow()).await {
            // What is due and was not to be had is another hand's, or its scope is being worked on.
            Ok(_) => next_action(&ctx)
                .await
                .map_or(AFTER_ERROR_MS, |at| at.map_or(NAP_MAX_MS, |at| at.since(ctx.now()).max(TAKEN_MS))),
            Err(e) => {
                error!("writing to trackers waits: {e:#}");
                AFTER_ERROR_MS
            }
        };
        rest(nap, &ctx.bell.hands, &mut stop).await;
    }
}

async fn doing(ctx: Context, mut stop: Stop) {
    while !*stop.borrow() {
        let done = commands::run_due(&ctx, &|| *stop.borrow()).await;
        let nap = match done.and(commands::next_due(&ctx).await) {
            Ok(next) => next.map_or(NAP_MAX_MS, |at| at.since(ctx.now()).max(TAKEN_MS)),
            Err(e) => {
                error!("commands wait: {e:#}");
                AFTER_ERROR_MS
            }
        };
        rest(nap, &ctx.bell.commands, &mut stop).await;
    }
}

async fn posting(ctx: Context, mut stop: Stop) {
    while !*stop.borrow() {
        let posted = posts::post_due(&ctx, &|| *stop.borrow()).await;
        let nap = match posted.and(posts::next_due(&ctx).await) {
            Ok(next) => next.map_or(NAP_MAX_MS, |at| at.since(ctx.now()).max(TAKEN_MS)),
            Err(e) => {
                error!("writing answers and checks waits: {e:#}");
                AFTER_ERROR_MS
            }
        };
        rest(nap, &ctx.bell.posts, &mut stop).await;
    }
}

async fn asking(ctx: Context, name: &'static str, mut stop: Stop) {
    let Some(platform) = ctx.platforms.get(name).cloned() else { return };
    let deaf = Notify::new();
    while !*stop.borrow() {
        let nap = match poll::ask_if_due(&ctx, name, &platform).await {
            Ok(next) => next.since(ctx.now()).min(SCHEDULES_MS),
            Err(e) => {
                error!(source = name, "asking the platform waits for another try: {e:#}");
                SCHEDULES_MS
            }
        };
        // However often it rings, the platform is asked now and then only.
        rest(ASK_SPACING_MS, &deaf, &mut stop).await;
        rest(nap - ASK_SPACING_MS, &platform.bell, &mut stop).await;
    }
}

async fn words(ctx: Context, mut stop: Stop) {
    while !*stop.borrow() {
        let asked = rephrase::rephrase_due(&ctx, &|| *stop.borrow()).await;
        let nap = match asked.and(rephrase::next_due(&ctx).await) {
            Ok(next) => next.map_or(NAP_MAX_MS, |at| at.since(ctx.now()).max(TAKEN_MS)),
            Err(e) => {
                error!("asking the language model waits: {e:#}");
                AFTER_ERROR_MS
            }
        };
        rest(nap, &ctx.bell.words, &mut stop).await;
    }
}

async fn rules(ctx: Context, mut stop: Stop) {
    while !*stop.borrow() {
        let nap = match policies::read::read_due(&ctx, &|| *stop.borrow()).await {
            Ok(next) => next.since(ctx.now()).max(TAKEN_MS),
            Err(e) => {
                error!("reading policies waits for another try: {e:#}");
                AFTER_ERROR_MS
            }
        };
        rest(nap, &ctx.bell.policies, &mut stop).await;
    }
}

async fn ticks(ctx: Context, mut stop: Stop) {
    while !*stop.borrow() {
        let counted = boxes::count_due(&ctx).await;
        let nap = match counted.and(boxes::next_due(&ctx).await) {
            Ok(next) => next.map_or(NAP_MAX_MS, |at| at.since(ctx.now()).max(TAKEN_MS)),
            Err(e) => {
                error!("boxes that people ticked wait: {e:#}");
                AFTER_ERROR_MS
            }
        };
        rest(nap, &ctx.bell.ticks, &mut stop).await;
    }
}

async fn sweeps(ctx: Context, mut stop: Stop) {
    let never = Notify::new();
    if let Err(e) = sweep::hasten(&ctx).await {
        error!("the first look for missed deliveries waits until it is due: {e:#}");
    }
    while !*stop.borrow() {
        let nap = match sweep::run_due(&ctx).await {
            Ok(next) => next.since(ctx.now()).min(SCHEDULES_MS),
            Err(e) => {
                error!("a sweep waits for another try: {e:#}");
                SCHEDULES_MS
            }
        };
        rest(nap.max(AFTER_SWEEP_MS), &never, &mut stop).await;
    }
}

/// Reads and plans until nothing is left to read, for commands that add something while no service may run. What is
/// planned is performed by the service.
pub async fn read_and_plan(ctx: &Context) -> Result<()> {
    loop {
        let heard = ingest::ingest_waiting(ctx).await?;
        let read = analyze::analyze_waiting(ctx).await?;
        if heard + read == 0 {
            break;
        }
    }
    for _ in 0..ROUNDS_MAX {
        if think(ctx).await? == 0 {
            return Ok(());
        }
    }
    anyhow::bail!("there is still something to plan after {ROUNDS_MAX} rounds")
}

/// One round of reading and planning. Gives how much was done.
async fn think(ctx: &Context) -> Result<usize> {
    let heard = ingest::ingest_waiting(ctx).await?;
    let read = analyze::analyze_waiting(ctx).await?;
    let planned = reconcile::reconcile_due(ctx).await?;
    Ok(heard + read + planned)
}

async fn next_thought(ctx: &Context) -> Result<Option<UnixMs>> {
    let mut tx = ctx.db.read().await?;
    let delivery = deliveries::next_due(&mut tx).await?;
    let rollout = rollouts::next_due(&mut tx).await?;
    Ok([delivery, rollout].into_iter().flatten().min())
}

async fn next_action(ctx: &Context) -> Result<Option<UnixMs>> {
    let mut tx = ctx.db.read().await?;
    actions::next_due(&mut tx).await
}

async fn rest(ms: i64, bell: &Notify, stop: &mut Stop) {
    if ms <= 0 {
        // Others get their turn, a stop too.
        tokio::task::yield_now().await;
        return;
    }
    let nap = Duration::from_millis(ms.min(NAP_MAX_MS).unsigned_abs());
    tokio::select! {
        () = tokio::time::sleep(nap) => {}
        () = bell.notified() => {}
        _ = stop.changed() => {}
    }
}

/// Works until nothing is due at the present moment, once, in this task: for commands that end, and for tests with a
/// clock of their own.
pub async fn settle(ctx: &Context) -> Result<()> {
    for _ in 0..ROUNDS_MAX {
        let thought = think(ctx).await?;
        let done = deliver::deliver_due(ctx, &|| false).await?;
        let asked = rephrase::rephrase_due(ctx, &|| false).await?;
        let obeyed = commands::run_due(ctx, &|| false).await?;
        let posted = posts::post_due(ctx, &|| false).await?;
        let counted = boxes::count_due(ctx).await?;
        if thought + done + asked + obeyed + posted + counted == 0 {
            return Ok(());
        }
    }
    anyhow::bail!("there is still something to do after {ROUNDS_MAX} rounds")
}

/// Waits for a signal that asks this process to end: Ctrl-C, or SIGTERM. It counts from the call, not from the first
/// wait.
#[cfg(unix)]
pub fn stop_signal() -> impl Future<Output = ()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut term = signal(SignalKind::terminate()).expect("a handler for SIGTERM can be set");
    let mut interrupt = signal(SignalKind::interrupt()).expect("a handler for SIGINT can be set");
    async move {
        tokio::select! {
            _ = term.recv() => {}
            _ = interrupt.recv() => {}
        }
    }
}

/// Waits for Ctrl-C.
#[cfg(not(unix))]
pub async fn stop_signal() {
    let _ = tokio::signal::ctrl_c().await;
}
