//! Things to keep.
use std::collections::BTreeMap;

use anyhow::Result;
use hearback::domain::annotation::{Annotation, Aspect, Details, Intent, Sentiment, Wanted};
use hearback::domain::feedback::{AttributedBy, Belongs, Feedback, Rating};
use hearback::domain::handling::Handling;
use hearback::domain::policy::OpensOn;
use hearback::domain::rollout::{Rollout, fold};
use hearback::domain::signal::{About, Exposure, Signal, SignalKind, Subject};
use hearback::domain::tally::Tally;
use hearback::domain::theme::{Theme, ThemeVector};
use hearback::domain::ticket::{Ticket, TicketState, TrackerName};
use hearback::id::{FeedbackId, RolloutId, ThemeId, TicketId};
use hearback::store::feedback::Incoming;
use hearback::store::{Db, rollouts};
use hearback::time::UnixMs;

/// A signal that came as soon as it happened.
pub fn signal(subject: &Subject, kind: SignalKind, ms: i64) -> Signal {
    Signal {
        subject: subject.clone(),
        kind,
        occurred_at: Some(UnixMs(ms)),
        received_at: UnixMs(ms),
        actor: None,
        about: About { tag: matches!(subject, Subject::Release { .. }).then(|| "v1".into()), ..About::default() },
    }
}

pub fn flag(key: &str, environment: &str) -> Subject {
    Subject::Flag { platform: "p".into(), project: String::new(), environment: environment.into(), flag: key.into() }
}

pub fn release(id: &str) -> Subject {
    Subject::Release { origin: "github:1".into(), release: id.into() }
}

/// The rollout of a subject that came out at `ms`.
pub fn rollout(subject: &Subject, ms: i64) -> Rollout {
    let kind = match subject {
        Subject::Flag { .. } | Subject::FlagEverywhere { .. } => SignalKind::Exposed { exposure: Exposure::On },
        Subject::Release { .. } | Subject::Tag { .. } => SignalKind::Published { prerelease: false },
    };
    let mut all = fold(subject, &[signal(subject, kind, ms)], OpensOn::Published, &|_| true);
    all.pop().expect("one rollout")
}

/// Keeps the rollout of a flag. Gives its id.
pub async fn kept(db: &Db, key: &str) -> Result<RolloutId> {
    let r = rollout(&flag(key, "production"), 1_000);
    let mut tx = db.write().await?;
    assert!(rollouts::upsert(&mut tx, &r, UnixMs(1_000)).await?);
    tx.commit().await?;
    Ok(r.id)
}

pub fn theme(id: &str, unhappy: i64) -> Theme {
    Theme {
        id: ThemeId(id.into()),
        name: format!("about {id}"),
        vector: ThemeVector { made_by: "slow'; DROP".to_owned(), sum: vec![i64::MAX, 0, -7], items: 3 },
        named_at: 2,
        into: None,
        tally: Tally { negative: unhappy, mixed: 1, neutral: 2, positive: 3 },
        intents: BTreeMap::from([(Intent::Bug, 4)]),
        confidence_sum: 3.25,
        quarters: BTreeMap::from([(80_000, 3)]),
        first_at: UnixMs(10),
        last_at: UnixMs(20),
    }
}

pub fn ticket(id: &str, rollout: &RolloutId, theme: Option<&ThemeId>, tracker: TrackerName, ms: i64) -> Ticket {
    Ticket {
        id: TicketId(id.into()),
        rollout: rollout.clone(),
        theme: theme.cloned(),
        tracker,
        target: "acme/shop".into(),
        state: TicketState::Wanted,
        key: None,
        url: None,
        comment: None,
        section_hash: None,
        quotes_hash: None,
        written_at: None,
        error: None,
        created_at: UnixMs(ms),
        handling: Handling::default(),
    }
}

pub fn feedback(id: &str, rollout: Option<&RolloutId>, person: &str, ms: i64) -> Feedback {
    Feedback {
        id: FeedbackId(id.into()),
        rollout: rollout.cloned(),
        person: person.into(),
        anonymous: false,
        text: Some("it's \"slow\" \u{1f622}".into()),
        rating: Some(Rating { value: 2.0, scale: 5.0 }),
        variant: Some("b".into()),
        attributes: BTreeMap::from([("plan".to_owned(), "pro".to_owned())]),
        channel: "api".into(),
        occurred_at: UnixMs(ms),
        annotation: None,
        theme: None,
    }
}

pub fn incoming(feedback: Feedback, dedupe_key: &str, belongs: Belongs) -> Incoming {
    Incoming {
        by: if feedback.rollout.is_some() { AttributedBy::Rollout } else { AttributedBy::Unattributed },
        received_at: feedback.occurred_at,
        feedback,
        dedupe_key: dedupe_key.into(),
        belongs,
        locale: Some("de".into()),
        url: None,
        metadata: None,
    }
}

pub fn reading() -> Annotation {
    Annotation {
        language: "de".into(),
        sentiment: Sentiment::Negative,
        score: -0.5,
        confidence: 0.75,
        intent: Intent::Bug,
        intent_confidence: 0.5,
        spam: false,
        fingerprint: u64::MAX - 1,
        engine: "test".into(),
        details: Details {
            supported: true,
            abstains: false,
            contradicts: true,
            intents: vec![Wanted { intent: Intent::Bug, confidence: 0.5 }],
            aspects: vec![Aspect { about: "checkout".into(), score: -0.5 }],
        },
    }
}
