//! Does one command that its author may give.

use anyhow::Result;

use super::Order;
use super::aim::{self, Aim};
use super::answer::{self, Reply, decide};
use super::tell;
use crate::command::{COMMANDS, Command};
use crate::crash_point;
use crate::domain::existing::Beside;
use crate::domain::feedback::Belongs;
use crate::domain::rollout::Rollout;
use crate::domain::ticket::{Ticket, TicketState, TrackerName};
use crate::flow::steer::{Steered, steer_in};
use crate::flow::{Context, comments, findings, open, reconcile, themes};
use crate::id::{RolloutId, ThemeId, TicketId};
use crate::plan::windows::Wish;
use crate::render::report;
use crate::store::mutes::{self, Mute};
use crate::store::{Tx, alarms, existing, rollouts, themes as kept, tickets, windows};
use crate::time::span_in_words;

/// Does a command, records it and has it answered.
pub(super) async fn act(ctx: &Context, order: &Order<'_>, command: &Command) -> Result<()> {
    // These have transactions of their own, and done twice they are done once.
    let reply = match command {
        Command::Open { of, for_ms } => Some(begin(ctx, order, of.as_deref(), *for_ms).await?),
        Command::Ack { of } => Some(acknowledge(ctx, order, of.as_deref()).await?),
        Command::Merge { theme, into } => Some(merge(ctx, order, theme, into).await?),
        _ => None,
    };
    if let Some(reply) = reply {
        return answer::say(ctx, order, reply).await;
    }
    if let Command::Extend { of, .. } | Command::Close { of } | Command::Reopen { of } = command {
        give_windows(ctx, order, of.as_deref()).await?;
    }
    let mut tx = ctx.db.write().await?;
    let reply = within(ctx, &mut tx, order, command).await?;
    if answer::end(ctx, &mut tx, order, reply).await? {
        crash_point!("hb.commands.recorded");
        tx.commit().await?;
        crash_point!("hb.commands.committed");
    }
    Ok(())
}

async fn within(ctx: &Context, tx: &mut Tx, order: &Order<'_>, command: &Command) -> Result<Reply> {
    if let Command::Help = command {
        return Ok(help());
    }
    if let Command::Feedback { text, customer } = command {
        return speak(ctx, tx, order, text, customer.as_deref()).await;
    }
    let aim = match target(ctx, tx, order, command.names()).await? {
        Ok(aim) => aim,
        Err(reply) => return Ok(reply),
    };
    let rollout = &aim.rollouts[0];
    match command {
        Command::Status { .. } => tell::status(ctx, tx, order, rollout).await,
        Command::Report { .. } => tell::report(ctx, tx, order, rollout).await,
        Command::Why { .. } => tell::why(ctx, tx, order, rollout).await,
        Command::Extend { by_ms, .. } => steer(ctx, tx, order, rollout, Wish::Extend { by_ms: *by_ms }).await,
        Command::Close { .. } => steer(ctx, tx, order, rollout, Wish::Close).await,
        Command::Reopen { .. } => steer(ctx, tx, order, rollout, Wish::Reopen).await,
        Command::Hold { .. } => note(ctx, tx, order, rollout, "held").await,
        Command::Resume { .. } => note(ctx, tx, order, rollout, "resumed").await,
        Command::Mute { theme, for_ms } => mute(ctx, tx, order, &aim, theme, *for_ms).await,
        Command::Link { key } => link(ctx, tx, order, &aim, key).await,
        Command::Help
        | Command::Feedback { .. }
        | Command::Open { .. }
        | Command::Ack { .. }
        | Command::Merge { .. } => Ok(Reply::unclear("That is done elsewhere.")),
    }
}

/// The one rollout that is meant, or the answer that lists which it could be.
async fn target(
    ctx: &Context,
    tx: &mut Tx,
    order: &Order<'_>,
    name: Option<&str>,
) -> Result<std::result::Result<Aim, Reply>> {
    let thread = &order.comment.thread;
    let aim = match name {
        Some(name) => Aim { rollouts: aim::named(tx, ctx, &thread.repo, name).await?, theme: None },
        None => aim::of_thread(tx, ctx, thread).await?,
    };
    if aim.rollouts.len() == 1 {
        return Ok(Ok(aim));
    }
    let (why, candidates) = match (name, aim.rollouts.is_empty()) {
        (Some(name), true) => (format!("No rollout of this repository is called “{name}”."), None),
        (Some(name), false) => (format!("“{name}” may be several rollouts."), Some(aim.rollouts)),
        (None, true) => ("This thread belongs to no rollout that hearback knows.".to_owned(), None),
        (None, false) => ("This pull request brought several rollouts.".to_owned(), Some(aim.rollouts)),
    };
    let candidates = match candidates {
        Some(some) => some,
        None => aim::candidates(tx, ctx, &thread.repo).await?,
    };
    if candidates.is_empty() {
        return Ok(Err(Reply::unclear(format!("{why} There is none yet: “/hearback open NAME” begins one."))));
    }
    let mut reply = Reply::unclear(format!("{why} Write the command again with one of these behind it:"));
    reply.says.extend(candidates.iter().take(aim::SHOWN).map(|r| format!("{}, that is {}", r.id, r.label())));
    Ok(Err(reply))
}

fn help() -> Reply {
    let lines = COMMANDS.iter().map(|c| {
        let gap = if c.arguments.is_empty() { "" } else { " " };
        format!("{}{gap}{}: {} ({})", c.name, c.arguments, c.help, c.who.words())
    });
    let first =
        "Write one of these behind /hearback, on a line of its own. NAME is a flag, a release or a rollout's id.";
    let says = std::iter::once(first.to_owned()).chain(lines).collect();
    Reply { outcome: crate::store::commands::Outcome::Done, rollout: None, says, link: None }
}

async fn speak(ctx: &Context, tx: &mut Tx, order: &Order<'_>, text: &str, customer: Option<&str>) -> Result<Reply> {
    let aim = match target(ctx, tx, order, None).await? {
        Ok(aim) => aim,
        Err(reply) => return Ok(reply),
    };
    let rollout = &aim.rollouts[0];
    let key = comments::statement_key(order.comment, Some(&order.given.line_hash));
    let belongs = Belongs { rollout: Some(rollout.id.0.clone()), ..Belongs::default() };
    let who = customer.unwrap_or(&order.given.author);
    comments::say(ctx, tx, order.comment, key, text, who, belongs).await?;
    Ok(Reply::done(
        &rollout.id,
        format!("Kept as a statement about {}. Deleting the comment takes it back.", rollout.label()),
    ))
}

async fn steer(ctx: &Context, tx: &mut Tx, order: &Order<'_>, rollout: &Rollout, wish: Wish) -> Result<Reply> {
    Ok(match steer_in(ctx, tx, &rollout.id, wish, &order.actor()).await? {
        Steered::Done(window) => Reply::done(&rollout.id, format!("{}: {}.", rollout.label(), report::status(&window))),
        Steered::Unknown => Reply::unclear(format!("{} has no window yet; try again in a minute.", rollout.label())),
        Steered::Refused(why) => Reply::unclear(why),
    })
}

/// A rollout that just became known has no window yet: it is given one before that is asked for something.
async fn give_windows(ctx: &Context, order: &Order<'_>, name: Option<&str>) -> Result<()> {
    let mut tx = ctx.db.read().await?;
    let thread = &order.comment.thread;
    let found = match name {
        Some(name) => aim::named(&mut tx, ctx, &thread.repo, name).await?,
        None => aim::of_thread(&mut tx, ctx, thread).await?.rollouts,
    };
    let [rollout] = found.as_slice() else { return Ok(()) };
    let has = windows::get(&mut tx, &rollout.id).await?.is_some();
    drop(tx);
    if !has {
        reconcile::one(ctx, &rollout.id).await?;
    }
    Ok(())
}

async fn note(ctx: &Context, tx: &mut Tx, order: &Order<'_>, rollout: &Rollout, verdict: &str) -> Result<Reply> {
    rollouts::lock(tx, &rollout.id).await?;
    let why = format!("{} wrote so in {}", order.actor(), order.given.thread);
    decide(ctx, tx, &rollout.id, "hold", verdict, &why, order).await?;
    rollouts::wake(tx, &rollout.id, ctx.now()).await?;
    let rest = "hearback touches no flag: whoever rolls it out has to see to that.";
    Ok(Reply::done(&rollout.id, format!("Noted: {} is {verdict}. {rest}", rollout.label())))
}

/// Begins to collect, or collects again.
async fn begin(ctx: &Context, order: &Order<'_>, name: Option<&str>, for_ms: Option<i64>) -> Result<Reply> {
    let thread = &order.comment.thread;
    let mut tx = ctx.db.read().await?;
    let known = match name {
        Some(name) => aim::named(&mut tx, ctx, &thread.repo, name).await?,
        None => match target(ctx, &mut tx, order, None).await? {
            Ok(aim) => aim.rollouts,
            Err(reply) => return Ok(reply),
        },
    };
    let of_tag = match name {
        Some(name) => !rollouts::of_tag(&mut tx, name, 1).await?.is_empty() || looks_like_a_version(name),
        None => false,
    };
    drop(tx);
    let lasting: Vec<&Rollout> = known.iter().filter(|r| r.ended.is_none()).collect();
    let (id, said) = match (lasting.as_slice(), known.as_slice(), name) {
        ([one], _, _) => (one.id.clone(), String::new()),
        ([], [one], None) => (one.id.clone(), String::new()),
        ([], _, Some(name)) => {
            let what = if of_tag {
                open::What::Release { tag: name.to_owned() }
            } else {
                open::What::Flag { flag: name.to_owned(), environment: None }
            };
            let wanted = open::Wanted { what, project: String::new(), repo: Some(thread.repo.clone()) };
            match open::open(ctx, &wanted, &order.actor()).await? {
                open::Opened::New(id) => (id, "Nothing else told of it yet, so it was opened by hand. ".to_owned()),
                open::Opened::Known(id) => {
                    let mut tx = ctx.db.read().await?;
                    if aim::named(&mut tx, ctx, &thread.repo, id.as_str()).await?.is_empty() {
                        return Ok(Reply::unclear(format!("“{name}” is rolled out by another repository.")));
                    }
                    (id, String::new())
                }
                open::Opened::Refused(why) => return Ok(Reply::unclear(why)),
            }
        }
        _ => {
            let mut reply = Reply::unclear("That may be several rollouts. Write the command again with one of these:");
            reply.says.extend(known.iter().take(aim::SHOWN).map(|r| format!("{}, that is {}", r.id, r.label())));
            return Ok(reply);
        }
    };
    reconcile::one(ctx, &id).await?;
    let mut tx = ctx.db.write().await?;
    let Some(window) = windows::get(&mut tx, &id).await? else {
        return Ok(Reply::unclear("It has no window yet; try again in a minute."));
    };
    let actor = order.actor();
    let mut after = window;
    if !after.state.collects() {
        match steer_in(ctx, &mut tx, &id, Wish::Reopen, &actor).await? {
            Steered::Done(window) => after = window,
            Steered::Refused(why) => return Ok(Reply::unclear(why)),
            Steered::Unknown => {}
        }
    }
    // Until then at least: done twice it is the same date, to the day.
    if let Some(wanted) = for_ms.map(|ms| ctx.now().plus(ms))
        && after.closes_at.0 < wanted.0
        && let Steered::Done(window) =
            steer_in(ctx, &mut tx, &id, Wish::Extend { by_ms: wanted.since(after.closes_at.max(ctx.now())) }, &actor)
                .await?
    {
        after = window;
    }
    let label = rollouts::get(&mut tx, &id).await?.map_or_else(|| id.0.clone(), |r| r.label());
    tx.commit().await?;
    Ok(Reply::done(&id, format!("{said}{label}: {}.", report::status(&after))))
}

fn looks_like_a_version(name: &str) -> bool {
    let digits = name.strip_prefix(['v', 'V']).unwrap_or(name);
    digits.starts_with(|c: char| c.is_ascii_digit()) && digits.contains('.')
}

async fn acknowledge(ctx: &Context, order: &Order<'_>, name: Option<&str>) -> Result<Reply> {
    let mut tx = ctx.db.read().await?;
    let aim = match target(ctx, &mut tx, order, name).await? {
        Ok(aim) => aim,
        Err(reply) => return Ok(reply),
    };
    let rollout = &aim.rollouts[0];
    let raised = alarms::of_rollout(&mut tx, &rollout.id).await?;
    drop(tx);
    let mut seen = Vec::new();
    for alarm in raised.into_iter().filter(|a| a.raised_ms.is_some()) {
        if findings::acknowledge(ctx, &rollout.id, &alarm.subject, &order.actor()).await? {
            seen.push(alarm.subject);
        }
    }
    Ok(match seen.len() {
        0 => Reply::unclear(format!("No alarm of {} is raised.", rollout.label())),
        1 => Reply::done(&rollout.id, "1 alarm is acknowledged; it takes twice the evidence to be raised again."),
        n => Reply::done(
            &rollout.id,
            format!("{n} alarms are acknowledged; each takes twice the evidence to be raised again."),
        ),
    })
}

/// The theme that a name means: by its id, its name, or a part of its name that no other has.
async fn theme_of(tx: &mut Tx, rollout: &RolloutId, name: &str) -> Result<std::result::Result<ThemeId, Reply>> {
    let mut all = kept::of_rollout(tx, rollout).await?;
    all.retain(|t| t.tally.people() > 0);
    let wanted = name.to_lowercase();
    if let Some(theme) = all.iter().find(|t| t.id.as_str() == name || t.name.to_lowercase() == wanted) {
        return Ok(Ok(theme.id.clone()));
    }
    let near: Vec<_> = all.iter().filter(|t| t.name.to_lowercase().contains(&wanted)).collect();
    if let [theme] = near.as_slice() {
        return Ok(Ok(theme.id.clone()));
    }
    let what = if near.is_empty() { "No theme of this rollout is called" } else { "Several themes may be called" };
    Ok(Err(Reply::unclear(format!("{what} “{name}”. The report names them with their ids."))))
}

async fn merge(ctx: &Context, order: &Order<'_>, theme: &str, into: &str) -> Result<Reply> {
    let mut tx = ctx.db.read().await?;
    let aim = match target(ctx, &mut tx, order, None).await? {
        Ok(aim) => aim,
        Err(reply) => return Ok(reply),
    };
    let rollout = &aim.rollouts[0];
    let (first, second) = (theme_of(&mut tx, &rollout.id, theme).await?, theme_of(&mut tx, &rollout.id, into).await?);
    drop(tx);
    let (first, second) = match (first, second) {
        (Ok(first), Ok(second)) => (first, second),
        (Err(reply), _) | (_, Err(reply)) => return Ok(reply),
    };
    match themes::decide(ctx, &rollout.id, themes::Wish::Merge(first, second), &order.actor()).await {
        Ok(_) => Ok(Reply::done(&rollout.id, "Merged: the statements of the first count in the second from now on.")),
        Err(error) => match themes::refused(&error) {
            Some(refused) => Ok(Reply::unclear(refused.to_string())),
            None => Err(error),
        },
    }
}

async fn mute(ctx: &Context, tx: &mut Tx, order: &Order<'_>, aim: &Aim, name: &str, for_ms: i64) -> Result<Reply> {
    let rollout = &aim.rollouts[0];
    rollouts::lock(tx, &rollout.id).await?;
    let theme = match theme_of(tx, &rollout.id, name).await? {
        Ok(theme) => theme,
        Err(reply) => return Ok(reply),
    };
    let until = ctx.now().plus(for_ms);
    mutes::set(tx, &Mute { theme: theme.clone(), until, who: order.actor() }).await?;
    let why = format!("{} wants to hear nothing new of it until {}", order.actor(), until.human());
    decide(ctx, tx, &rollout.id, theme.as_str(), "mute", &why, order).await?;
    // What was planned is dropped now; when it ends is looked at then.
    rollouts::wake(tx, &rollout.id, ctx.now()).await?;
    Ok(Reply::done(
        &rollout.id,
        format!("Muted for {}: nothing is filed or written about it until {}.", span_in_words(for_ms), until.human()),
    ))
}

/// Takes an issue that is there already for the ticket.
async fn link(ctx: &Context, tx: &mut Tx, order: &Order<'_>, aim: &Aim, key: &str) -> Result<Reply> {
    let rollout = &aim.rollouts[0];
    let repo = order.comment.thread.repo.to_string();
    let number = key.strip_prefix(&repo).unwrap_or(key).trim_start_matches('#');
    let Ok(number) = number.parse::<u64>().map(|n| n.to_string()) else {
        return Ok(Reply::unclear(format!("“{key}” is no issue of this repository: write its number, such as 41.")));
    };
    rollouts::lock(tx, &rollout.id).await?;
    if tickets::by_key(tx, TrackerName::GitHub, &repo, &number).await?.is_some() {
        return Ok(Reply::unclear(format!("#{number} is a ticket of hearback's already.")));
    }
    let fresh = Ticket::wanted(
        TicketId::new(ctx.now(), &*ctx.entropy),
        &rollout.id,
        aim.theme.as_ref(),
        TrackerName::GitHub,
        repo.clone(),
        ctx.now(),
    );
    tickets::want(tx, &fresh).await?;
    let all = tickets::of_rollout(tx, &rollout.id).await?;
    let Some(mut ticket) = all.into_iter().find(|t| t.tracker == TrackerName::GitHub && t.theme == aim.theme) else {
        return Ok(Reply::unclear("There is no ticket to join it to."));
    };
    if ticket.key.is_some() {
        let there = ticket.key.unwrap_or_default();
        return Ok(Reply::unclear(format!("The ticket is #{there} already: close one of the two as a duplicate.")));
    }
    ticket.state = TicketState::Filed;
    ticket.target = repo;
    ticket.key = Some(number.clone());
    (ticket.url, ticket.error) = (None, None);
    tickets::save(tx, &ticket).await?;
    // It is somebody's own: their text stays, and closing it is theirs.
    let beside = Beside { linked: true, ..existing::beside(tx, &ticket.id).await? };
    existing::put_beside(tx, &ticket.id, &beside).await?;
    rollouts::wake(tx, &rollout.id, ctx.now()).await?;
    let why = format!("{} linked #{number}", order.actor());
    decide(ctx, tx, &rollout.id, ticket.subject(), "link", &why, order).await?;
    Ok(Reply::done(
        &rollout.id,
        format!(
            "#{number} is the ticket from now on: hearback says what it has to say in a comment there, and keeps it true."
        ),
    ))
}
