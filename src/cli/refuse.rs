//! `hearback refuse`: a person says no to a ticket that would be filed.

use anyhow::{Result, bail};

use super::{Done, WrongCall, rollouts};
use crate::flow::steer::{self, Answered};
use crate::flow::{Context, policies};
use crate::id::ThemeId;
use crate::jobs;

/// What `refuse` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The rollout's id, or a release's tag, or a flag's key.
    id: String,
    /// The theme's id, as `report` and `why` show it.
    theme: String,
    /// Why it is not to be filed; the report tells it.
    #[arg(required = true)]
    reason: Vec<String>,
    /// Who says so.
    #[arg(long, default_value = "a person at the command line")]
    who: String,
}

/// Says no; the service takes back what was not filed yet.
pub async fn run(ctx: &Context, args: &Args) -> Result<Done> {
    let reason = args.reason.join(" ").trim().to_owned();
    if reason.is_empty() {
        return Err(WrongCall("expected a reason: whoever reads the report wants to know why".into()).into());
    }
    let id = rollouts::find(ctx, &args.id).await?;
    match steer::refuse(ctx, &id, &ThemeId(args.theme.clone()), args.who.trim(), &reason).await? {
        Answered::Done(_) => {}
        Answered::Unknown => {
            bail!("the rollout {id} has no theme {}; `hearback report {id} --json` lists them", args.theme)
        }
        Answered::Refused(why) => bail!(why),
    }
    jobs::read_and_plan(ctx).await?;
    let min = policies::min_people(ctx, &id).await?;
    eprintln!("it is not filed, nor offered again until {min} more people say it");
    Ok(Done::Well)
}
