//! What every tracker promises. To add one: a `World` for it, and `suite::holds!(ItsWorld);`.

use std::sync::Arc;

use hearback::domain::handling::Resolution;
use hearback::domain::ticket::{Severity, TrackerName};
use hearback::http::RemoteError;
use hearback::id::RolloutId;
use hearback::render::doc::{Block, Doc, Inline};
use hearback::render::markers::{Marker, MarkerKind};
use hearback::time::UnixMs;
use hearback::trackers::{Draft, IssueTracker, Remote, Revised};

/// A tracker with the people who use it.
pub trait World: Sized {
    /// Which.
    const NAME: TrackerName;

    /// Starts an empty one.
    async fn start() -> Self;
    /// hearback's side of it.
    fn tracker(&self) -> Arc<dyn IssueTracker>;
    /// Where tickets go.
    fn target(&self) -> String;
    /// A moment before anything was filed.
    fn before(&self) -> UnixMs;
    /// Every ticket that is there, whoever wrote it.
    async fn tickets(&self) -> usize;
    /// A ticket's text.
    async fn text(&self, key: &str) -> String;
    /// A person writes above and below what is there.
    async fn person_writes_around(&self, key: &str, above: &str, below: &str);
    /// A person deletes a ticket.
    async fn person_deletes(&self, key: &str);
    /// The comments' ids and texts.
    async fn comments(&self, key: &str) -> Vec<(String, String)>;
    /// A person deletes a comment.
    async fn person_deletes_comment(&self, key: &str, id: &str);
    /// Somebody else files a ticket with this text in it, and whatever passes for a title.
    async fn somebody_files(&self, text: &str);
    /// Somebody else comments, where people can.
    async fn somebody_comments(&self, key: &str, text: &str);
    /// Whether what somebody else wrote can be told from what hearback wrote; where it can't, only the MAC protects.
    fn knows_authors(&self) -> bool;
    /// Writes so far: requests with an effect, or a state that changes with each.
    fn writes(&self) -> u64;
    /// The end of a test.
    fn finish(&self) {}
}

/// Our side of a test.
struct Us<W> {
    world: W,
    tracker: Arc<dyn IssueTracker>,
    labels: Vec<String>,
}

impl<W: World> Us<W> {
    async fn start() -> Self {
        let world = W::start().await;
        let tracker = world.tracker();
        Self { world, tracker, labels: vec!["hearback".into()] }
    }

    fn draft<'a>(&'a self, marker: &'a Marker, body: &'a Doc) -> Draft<'a> {
        Draft { marker, title: "Checkout fails with 500", body, labels: &self.labels, severity: Severity::High }
    }

    async fn files(&self, marker: &Marker, words: &str) -> Remote {
        let body = says(words);
        self.tracker.create(&self.world.target(), &self.draft(marker, &body)).await.unwrap().remote
    }

    async fn revises(&self, key: &str, marker: &Marker, words: &str) -> Revised {
        let body = says(words);
        self.tracker.revise(&self.world.target(), key, &self.draft(marker, &body)).await.unwrap()
    }

    async fn finds(&self, marker: &Marker) -> Vec<Remote> {
        self.tracker.find(&self.world.target(), marker, self.world.before()).await.unwrap()
    }

    async fn comments(&self, key: &str, known: Option<&str>, words: &str) -> Result<String, RemoteError> {
        let (target, marker) = (self.world.target(), quotes::<W>("th_1"));
        self.tracker.put_comment(&target, key, &marker, known, &says(words)).await
    }
}

const SECRET: &[u8] = b"the secret of these tests";

fn section<W: World>(subject: &str) -> Marker {
    Marker::sign(SECRET, MarkerKind::Section, W::NAME.as_str(), &RolloutId::of_key("r"), subject)
}

fn quotes<W: World>(subject: &str) -> Marker {
    Marker::sign(SECRET, MarkerKind::Quotes, W::NAME.as_str(), &RolloutId::of_key("r"), subject)
}

fn says(words: &str) -> Doc {
    Doc {
        blocks: vec![
            Block::Heading { level: 2, text: vec![Inline::Text("What customers say".into())] },
            Block::Paragraph(vec![Inline::Text(words.to_owned())]),
        ],
    }
}

pub async fn what_was_filed_is_found<W: World>() {
    let us = Us::<W>::start().await;
    let (ours, other) = (section::<W>("th_1"), section::<W>("th_2"));
    assert_eq!(us.finds(&ours).await, [], "nothing is there yet");
    let filed = us.files(&ours, "twelve people cannot pay").await;
    assert!(filed.open && !filed.url.is_empty(), "{filed:?}");
    assert!(us.world.text(&filed.key).await.contains("twelve people cannot pay"));
    assert_eq!(us.finds(&ours).await, [filed]);
    assert_eq!(us.finds(&other).await, [], "another theme's");
    us.world.finish();
}

pub async fn a_double_is_found_younger_and_closed_once<W: World>() {
    let us = Us::<W>::start().await;
    let marker = section::<W>("th_1");
    let keeper = us.files(&marker, "the first").await;
    let body = says("the second");
    let draft = Draft { title: "Another title", ..us.draft(&marker, &body) };
    let double = us.tracker.create(&us.world.target(), &draft).await.unwrap().remote;
    let found = us.finds(&marker).await;
    assert_eq!(found.len(), 2);
    let (keeper, double) =
        if found[0].key == keeper.key { (keeper, double) } else { (found[0].clone(), found[1].clone()) };
    us.tracker.close_double(&us.world.target(), &double.key, &keeper).await.unwrap();
    let after = us.finds(&marker).await;
    let open: Vec<bool> = [&keeper, &double].map(|t| after.iter().find(|f| f.key == t.key).unwrap().open).to_vec();
    assert_eq!(open, [true, false]);
    let said = us.world.comments(&double.key).await.len();
    let writes = us.world.writes();
    us.tracker.close_double(&us.world.target(), &double.key, &keeper).await.unwrap();
    assert_eq!(us.world.writes(), writes, "closed twice is closed once");
    assert_eq!(us.world.comments(&double.key).await.len(), said);
    us.world.finish();
}

pub async fn what_people_wrote_around_stays_byte_for_byte<W: World>() {
    let us = Us::<W>::start().await;
    let marker = section::<W>("th_1");
    let ticket = us.files(&marker, "twelve people").await;
    let (above, below) = ("Note by Ada: *bold* <b>html</b> &amp;\r\n\r\n", "\r\n\r\n- [ ] call them\r\n\t`code`  ");
    us.world.person_writes_around(&ticket.key, above, below).await;
    assert_eq!(us.revises(&ticket.key, &marker, "thirteen people").await, Revised::Written);
    let text = us.world.text(&ticket.key).await;
    assert!(text.starts_with(above) && text.ends_with(below), "{text:?}");
    assert!(text.contains("thirteen people") && !text.contains("twelve people"), "{text}");
    assert_eq!(us.finds(&marker).await.len(), 1);
    us.world.finish();
}

pub async fn what_is_said_already_is_not_written<W: World>() {
    let us = Us::<W>::start().await;
    let marker = section::<W>("th_1");
    let ticket = us.files(&marker, "twelve people").await;
    let comment = us.comments(&ticket.key, None, "it fails").await.unwrap();
    let writes = us.world.writes();
    assert_eq!(us.revises(&ticket.key, &marker, "twelve people").await, Revised::Unchanged);
    assert_eq!(us.comments(&ticket.key, Some(&comment), "it fails").await.unwrap(), comment);
    assert_eq!(us.world.writes(), writes);
    us.world.finish();
}

pub async fn a_ticket_that_a_person_deleted_stays_deleted<W: World>() {
    let us = Us::<W>::start().await;
    let marker = section::<W>("th_1");
    let ticket = us.files(&marker, "twelve people").await;
    us.world.person_deletes(&ticket.key).await;
    let writes = us.world.writes();
    assert_eq!(us.revises(&ticket.key, &marker, "thirteen people").await, Revised::Deleted);
    let commented = us.comments(&ticket.key, None, "it fails").await;
    assert!(matches!(commented, Err(RemoteError::Gone { .. })), "{commented:?}");
    assert_eq!(us.world.writes(), writes);
    assert_eq!(us.world.tickets().await, 0);
    us.world.finish();
}

pub async fn a_comment_is_put_once_adopted_and_edited<W: World>() {
    let us = Us::<W>::start().await;
    let ticket = us.files(&section::<W>("th_1"), "twelve people").await;
    let id = us.comments(&ticket.key, None, "it fails").await.unwrap();
    // As after an answer that was lost: the id was never learned.
    assert_eq!(us.comments(&ticket.key, None, "it fails often").await.unwrap(), id);
    assert_eq!(us.comments(&ticket.key, Some(&id), "it always fails").await.unwrap(), id);
    let comments = us.world.comments(&ticket.key).await;
    assert_eq!(comments.len(), 1);
    assert_eq!(comments[0].0, id);
    assert!(comments[0].1.contains("it always fails") && !comments[0].1.contains("often"), "{}", comments[0].1);
    assert!(!us.world.text(&ticket.key).await.contains("always"), "customers' words are not in the ticket's text");
    us.world.finish();
}

pub async fn a_comment_that_a_person_deleted_is_told<W: World>() {
    let us = Us::<W>::start().await;
    let ticket = us.files(&section::<W>("th_1"), "twelve people").await;
    let id = us.comments(&ticket.key, None, "it fails").await.unwrap();
    us.world.person_deletes_comment(&ticket.key, &id).await;
    let writes = us.world.writes();
    let edited = us.comments(&ticket.key, Some(&id), "it always fails").await;
    assert!(matches!(edited, Err(RemoteError::Gone { .. })), "{edited:?}");
    assert_eq!(us.world.writes(), writes);
    assert_eq!(us.world.comments(&ticket.key).await, []);
    us.world.finish();
}

pub async fn nobody_elses_text_passes_for_ours<W: World>() {
    let us = Us::<W>::start().await;
    let marker = section::<W>("th_1");
    let forged = Marker::sign(b"a guess", MarkerKind::Section, W::NAME.as_str(), &RolloutId::of_key("r"), "th_1");
    us.world.somebody_files(&hearback::render::markers::wrap(&forged, "forged")).await;
    assert_eq!(us.finds(&marker).await, [], "a guessed MAC");
    if us.world.knows_authors() {
        us.world.somebody_files(&hearback::render::markers::wrap(&marker, "copied")).await;
        assert_eq!(us.finds(&marker).await, [], "a copied marker");
    }
    let ticket = us.files(&marker, "twelve people").await;
    assert_eq!(us.finds(&marker).await, std::slice::from_ref(&ticket));
    us.world.somebody_comments(&ticket.key, &hearback::render::markers::wrap(&quotes::<W>("th_1"), "copied")).await;
    let before = us.world.comments(&ticket.key).await;
    let id = us.comments(&ticket.key, None, "it fails").await.unwrap();
    assert!(before.iter().all(|(other, _)| *other != id), "adopted somebody's comment");
    us.world.finish();
}

pub async fn a_ticket_is_closed_and_opened_again_once<W: World>() {
    let us = Us::<W>::start().await;
    let marker = section::<W>("th_1");
    let ticket = us.files(&marker, "twelve people").await;
    let (target, key) = (us.world.target(), ticket.key.as_str());
    let (above, below) = ("Note by Ada\r\n\r\n", "\r\n\r\n- [ ] call them");
    us.world.person_writes_around(key, above, below).await;
    let stands = async || us.tracker.stands(&target, key).await.unwrap().unwrap();
    assert_eq!(stands().await.resolution, Resolution::Open);
    for reason in [Resolution::Completed, Resolution::NotPlanned, Resolution::Duplicate] {
        let closed = us.tracker.close(&target, key, reason).await.unwrap().unwrap();
        assert!(!closed.resolution.is_open(), "{reason:?}");
        assert_eq!(stands().await, closed);
        assert!(!us.finds(&marker).await[0].open);
        let writes = us.world.writes();
        assert_eq!(us.tracker.close(&target, key, Resolution::Completed).await.unwrap(), Some(closed));
        assert_eq!(us.world.writes(), writes, "closed twice is closed once");

        let opened = us.tracker.reopen(&target, key).await.unwrap().unwrap();
        assert_eq!((opened.resolution, opened.version >= closed.version), (Resolution::Open, true));
        assert!(us.finds(&marker).await[0].open);
        let writes = us.world.writes();
        assert_eq!(us.tracker.reopen(&target, key).await.unwrap(), Some(opened));
        assert_eq!(us.world.writes(), writes, "opened twice is opened once");
    }
    let text = us.world.text(key).await;
    assert!(text.contains("twelve people") && text.ends_with(below), "{text:?}");
    us.world.person_deletes(key).await;
    assert_eq!(us.tracker.stands(&target, key).await.unwrap(), None);
    assert_eq!(us.tracker.close(&target, key, Resolution::Completed).await.unwrap(), None);
    assert_eq!(us.tracker.reopen(&target, key).await.unwrap(), None);
    us.world.finish();
}

pub async fn a_check_says_who_we_are<W: World>() {
    let us = Us::<W>::start().await;
    let writes = us.world.writes();
    let line = us.tracker.check(&us.world.target()).await.unwrap();
    assert!(!line.is_empty() && !line.contains('\n'), "{line}");
    assert_eq!((us.world.tickets().await, us.world.writes()), (0, writes), "trying leaves nothing behind");
    us.world.finish();
}

/// A test for each promise, in a world.
macro_rules! holds {
    ($world:ty) => {
        $crate::trackers::suite::holds!($world:
            what_was_filed_is_found,
            a_double_is_found_younger_and_closed_once,
            what_people_wrote_around_stays_byte_for_byte,
            what_is_said_already_is_not_written,
            a_ticket_that_a_person_deleted_stays_deleted,
            a_comment_is_put_once_adopted_and_edited,
            a_comment_that_a_person_deleted_is_told,
            nobody_elses_text_passes_for_ours,
            a_ticket_is_closed_and_opened_again_once,
            a_check_says_who_we_are,
        );
    };
    ($world:ty: $($promise:ident,)*) => {
        $(#[tokio::test]
        async fn $promise() {
            $crate::trackers::suite::$promise::<$world>().await;
        })*
    };
}
pub(crate) use holds;
