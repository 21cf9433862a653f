//! What themes and rollouts come to: loads what is counted, and puts a language model's words in the place of the computed
//! ones where they are those of this very question.

use anyhow::Result;

use super::Context;
use crate::analysis::summary::{self, Facts, Pool, Question, Quote, Summary, concentrations};
use crate::analysis::themes::{Phrases, Said, phrases};
use crate::domain::annotation::Intent;
use crate::domain::feedback::Feedback;
use crate::domain::rollout::Rollout;
use crate::domain::tally::Tally;
use crate::domain::theme::Theme;
use crate::render::report::Summaries;
use crate::render::summary::{Rephrased, Told};
use crate::store::rephrased::{self, Kept, State};
use crate::store::rollouts::Counts;
use crate::store::{Tx, feedback};
use crate::time::UnixMs;

/// Statements of a theme that are read: the latest.
const POOL: i64 = 60;
/// People of a rollout that a theme's are compared with: the latest who spoke.
const OTHERS: i64 = 200;
/// Quotes shown with an issue.
pub(super) const QUOTES: usize = 3;
/// Statements that a language model is given.
const GIVEN: usize = 12;
/// Fewer need no other words.
const GIVEN_MIN: usize = 2;
/// Themes of a report that are told in their own words.
const THEMES_TOLD: usize = 5;

/// What a theme comes to.
pub(super) struct OfTheme {
    /// As it is told.
    pub told: Told,
    /// The numbers.
    pub facts: Facts,
    /// What its people wrote more than once.
    pub phrases: Phrases,
    /// What a language model would be asked, where one may be.
    pub question: Option<Question>,
    /// The statements that it would be given, the most telling first.
    pub statements: Vec<Quote>,
}

/// Works out what a theme comes to.
pub(super) async fn of_theme(tx: &mut Tx, ctx: &Context, rollout: &Rollout, theme: &Theme) -> Result<OfTheme> {
    let pool = feedback::of_theme(tx, &theme.id, POOL).await?;
    let others = feedback::voices(tx, &rollout.id, OTHERS).await?;
    let facts = facts(theme, &pool, &others);
    let said = pool.iter().filter_map(|f| {
        let reading = f.annotation.as_ref()?;
        Some(Said { text: f.text.as_deref()?, language: &reading.language, print: reading.fingerprint })
    });
    let phrases = phrases(&said.collect::<Vec<_>>());
    let sentence = summary::of_theme(&theme.name, &facts);
    let statements = summary::quotes(&pool, &theme.vector, GIVEN);
    let model = ctx.llm.as_ref().map(|llm| llm.model());
    let question =
        model.filter(|_| statements.len() >= GIVEN_MIN).map(|model| summary::question(model, &sentence, &statements));
    let kept = match &question {
        Some(question) => match rephrased::get(tx, &theme.id, &question.fingerprint).await? {
            Some(State::Done(kept)) => Some(kept),
            Some(State::Wanted | State::Refused | State::Replaced) | None => None,
        },
        None => None,
    };
    let quotes = shown(&statements, kept.as_ref());
    let rephrased = kept.map(|k| Rephrased { text: k.text, model: k.model });
    Ok(OfTheme {
        told: Told { computed: Summary { sentence, quotes }, rephrased },
        facts,
        phrases,
        question,
        statements,
    })
}

fn facts(theme: &Theme, pool: &[Feedback], others: &[Feedback]) -> Facts {
    let agree = |intent: Intent| theme.intents.get(&intent).copied().unwrap_or(0);
    Facts {
        tally: theme.tally,
        statements: theme.tally.people(),
        intent: theme.intent().map(|i| (i, agree(i))),
        span: Some((theme.first_at, theme.last_at)),
        concentrated: concentrations(pool, others),
    }
}

/// The quotes that are shown: those that belong to a language model's words first, each from another person.
fn shown(statements: &[Quote], kept: Option<&Kept>) -> Vec<Quote> {
    let chosen = kept.into_iter().flat_map(|k| &k.quotes).filter_map(|(id, text)| {
        let whose = statements.iter().find(|s| s.id == *id)?;
        Some(Quote { text: text.clone(), ..whose.clone() })
    });
    let mut shown: Vec<Quote> = Vec::new();
    for quote in chosen.chain(statements.iter().cloned()) {
        if shown.len() < QUOTES && shown.iter().all(|s| s.id != quote.id && s.person != quote.person) {
            shown.push(quote);
        }
    }
    shown
}

/// Has a theme's summary put in other words, where that may be and was not done; no sooner than `spacing_ms` after the last
/// time.
pub(super) async fn want_words(
    tx: &mut Tx,
    ctx: &Context,
    rollout: &Rollout,
    theme: &Theme,
    of: &OfTheme,
    spacing_ms: i64,
) -> Result<()> {
    let (Some(question), Some(llm)) = (&of.question, &ctx.llm) else { return Ok(()) };
    match rephrased::get(tx, &theme.id, &question.fingerprint).await? {
        Some(State::Done(_) | State::Wanted | State::Refused) => return Ok(()),
        Some(State::Replaced) | None => {}
    }
    let now = ctx.now();
    let due = rephrased::last_asked(tx, &theme.id).await?.map_or(now, |at| UnixMs(at.plus(spacing_ms).0.max(now.0)));
    rephrased::want(tx, &rollout.id, &theme.id, &question.fingerprint, llm.model(), now, due).await?;
    ctx.bell.words.notify_one();
    Ok(())
}

/// Works out what a rollout and its largest themes come to; `themes` the largest first.
pub(super) async fn of_rollout(
    tx: &mut Tx,
    ctx: &Context,
    rollout: &Rollout,
    counts: &Counts,
    themes: &[Theme],
) -> Result<Summaries> {
    let (mut told, mut pools) = (Vec::new(), Vec::new());
    for theme in themes.iter().take(THEMES_TOLD) {
        told.push((theme.id.clone(), of_theme(tx, ctx, rollout, theme).await?.told));
        pools.push((theme, feedback::of_theme(tx, &theme.id, POOL).await?));
    }
    let pools: Vec<Pool<'_>> =
        pools.iter().map(|(theme, all)| Pool { theme: &theme.vector, statements: all }).collect();
    let tally = Tally::from(counts.tally);
    let facts = Facts {
        tally,
        statements: counts.items,
        intent: None,
        span: counts.first_said_ms.zip(counts.last_said_ms).map(|(a, b)| (UnixMs(a), UnixMs(b))),
        concentrated: Vec::new(),
    };
    let named: Vec<(&str, i64)> = themes.iter().take(QUOTES).map(|t| (t.name.as_str(), t.tally.people())).collect();
    let computed = Summary {
        sentence: summary::of_rollout(&rollout.label(), &facts, &named),
        quotes: summary::across(&pools, THEMES_TOLD),
    };
    Ok(Summaries { whole: Told { computed, rephrased: None }, themes: told })
}
