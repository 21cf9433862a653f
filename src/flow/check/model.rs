//! Tries the language model, with words of our own.

use anyhow::Result;

use super::super::{Context, rephrase};
use super::Line;
use crate::analysis::summary::checked::{self, Given};
use crate::analysis::summary::{Facts, Quote, of_theme, question};
use crate::domain::annotation::Intent;
use crate::domain::tally::Tally;
use crate::http::RemoteError;
use crate::id::FeedbackId;
use crate::llm::Prompt;
use crate::store::{pauses, rephrased};

/// What is said in the trial.
const SAID: [&str; 3] = [
    "The checkout crashes when I tap pay.",
    "Since the update the checkout crashes with my card.",
    "It crashes at the checkout, every time.",
];

/// A line where a model is configured. The trial is asked for by a person: it counts, and no budget holds it back.
pub(super) async fn line(ctx: &Context, lines: &mut Vec<Line>) -> Result<()> {
    let Some(llm) = &ctx.llm else { return Ok(()) };
    let what = format!("language model {}", llm.model());
    let facts = Facts {
        tally: Tally { negative: 3, ..Tally::default() },
        statements: 3,
        intent: Some((Intent::Bug, 3)),
        span: None,
        concentrated: Vec::new(),
    };
    let sentence = of_theme("checkout crashes", &facts);
    let said = SAID.iter().enumerate();
    let statements: Vec<Quote> = said
        .map(|(i, text)| Quote { id: FeedbackId(format!("fb_{i}")), person: format!("p_{i}"), text: (*text).into() })
        .collect();
    let q = question(llm.model(), &sentence, &statements);
    let prompt = Prompt { system: q.system, user: &q.user, answer_max_tokens: q.answer_max_tokens };
    let answered = llm.ask(prompt).await;
    let mut tx = ctx.db.write().await?;
    if let Ok(answer) = &answered {
        let tokens = answer.tokens.unwrap_or_else(|| rephrase::estimate(&q));
        rephrased::reserve(&mut tx, ctx.now(), tokens, i64::MAX).await?;
    }
    let (spent, _) = rephrased::spent(&mut tx, ctx.now()).await?;
    let pause = pauses::until(&mut tx, rephrase::SCOPE, ctx.now()).await?;
    tx.commit().await?;
    let budget = ctx.config.summary.llm.budget_per_day;
    let used = format!("{spent} of {budget} tokens of today's budget are used");
    lines.push(match answered {
        Ok(answer) => match checked::check(&answer.text, &Given { sentence: &sentence, statements: &statements }) {
            Ok(_) => Line::ok(what, format!("answers, and its words pass the check; {used}")),
            Err(fault) => Line::ok(
                what,
                format!(
                    "answers, and its words did not pass the check ({}): where they don't, the computed ones stand; {used}",
                    fault.as_str()
                ),
            ),
        },
        Err(e @ RemoteError::Wait { .. }) => Line::ok(what, format!("{e}; {used}")),
        Err(e) => Line::wrong(what, format!("{e}; tickets don't wait for it (summary.llm)")),
    });
    if budget == 0 && pause.is_none() {
        lines.push(Line::ok("language model", "nothing is asked: summary.llm.budget_per_day is 0"));
    }
    Ok(())
}
