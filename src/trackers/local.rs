//! A folder of Markdown files: for where no tracker is connected yet.
//!
//! A ticket is one file, named after its title and its marker, so that looking for it is a listing. People write around
//! our section, close a ticket by its `Status:` line, and delete it by deleting, or renaming, its file. Its comment lies
//! beside it in a folder of its own, as one file that can be deleted. There are no accounts here: the marker's MAC alone
//! tells ours from others'.

mod folder;

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use url::Url;

use self::folder::{Folder, Made};
use super::{Draft, IssueTracker, Remote, Revised, Written, reworded};
use crate::domain::handling::{Resolution, Seen};
use crate::http::RemoteError;
use crate::render::doc::{Block, Doc, Inline};
use crate::render::markdown;
use crate::render::markers::{self, Marker};
use crate::time::UnixMs;

/// Stands in a ticket that is open.
const OPEN: &str = "Status: open";
/// Begins the line in a ticket that is closed.
const CLOSED: &str = "Status: closed";
/// Characters of a title in a file's name.
const SLUG_MAX_CHARS: usize = 60;

/// Writes tickets into a folder.
#[derive(Clone, Debug)]
pub struct LocalTracker {
    dir: PathBuf,
}

impl LocalTracker {
    /// Into that folder, which is made when the first ticket is.
    pub fn new(dir: PathBuf) -> Self {
        Self { dir: std::path::absolute(&dir).unwrap_or(dir) }
    }

    /// Works in the folder, off the threads that serve requests.
    async fn within<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Folder) -> Result<T, RemoteError> + Send + 'static,
    ) -> Result<T, RemoteError> {
        let folder = Folder::new(self.dir.clone());
        tokio::task::spawn_blocking(move || work(&folder))
            .await
            .unwrap_or_else(|e| Err(RemoteError::Unknown { problem: format!("writing to the folder broke off: {e}") }))
    }
}

impl LocalTracker {
    /// Brings a ticket's `Status:` line there.
    async fn settle(&self, key: &str, to: Resolution) -> Result<Option<Seen>, RemoteError> {
        let key = file_name(key)?;
        let status = match to {
            Resolution::Open => OPEN.to_owned(),
            Resolution::Completed => format!("{CLOSED}, completed"),
            Resolution::Duplicate => format!("{CLOSED}, a duplicate"),
            Resolution::NotPlanned => format!("{CLOSED}, not planned"),
        };
        self.within(move |folder| {
            folder.is_here()?;
            match folder.rewrite(&key, |text| with_status(text, &status))? {
                Revised::Deleted => Ok(None),
                Revised::Written | Revised::Unchanged => seen(folder, &key),
            }
        })
        .await
    }
}

/// Where a ticket stands by its `Status:` line; its file tells when it changed.
fn seen(folder: &Folder, key: &str) -> Result<Option<Seen>, RemoteError> {
    let Some(text) = folder.read(key)? else { return Ok(None) };
    let resolution = match status(&text) {
        None => Resolution::Open,
        Some(line) if line.contains("not planned") => Resolution::NotPlanned,
        Some(line) if line.contains("duplicate") || line.contains("the same as") => Resolution::Duplicate,
        Some(_) => Resolution::Completed,
    };
    Ok(Some(Seen { resolution, version: folder.changed_at(key)?, since: None }))
}

/// The text with this status in the place of the other one; as it is where it is open, or closed, already.
fn with_status(text: &str, wanted: &str) -> String {
    let old = status(text);
    if wanted.starts_with(CLOSED) == old.is_some() {
        return text.to_owned();
    }
    let mut before = 0;
    for line in text.split_inclusive('\n') {
        let plain = line.trim_end();
        if plain == old.unwrap_or(OPEN) {
            return format!("{}{wanted}{}", &text[..before], &text[before + plain.len()..]);
        }
        before += line.len();
    }
    format!("{wanted}\n\n{text}")
}

#[async_trait]
impl IssueTracker for LocalTracker {
    async fn find(&self, _: &str, marker: &Marker, _: UnixMs) -> Result<Vec<Remote>, RemoteError> {
        let marker = marker.clone();
        self.within(move |folder| {
            let ending = format!("-{}.md", plain(&marker.token()));
            let mut found = Vec::new();
            for name in folder.names()?.into_iter().filter(|name| name.ends_with(&ending)) {
                let Some(text) = folder.read(&name)? else { continue };
                if markers::holds(&text, &marker) {
                    found.push(remote(folder, name, &text));
                }
            }
            // Files do not keep when they were made; by name, the same one stays the first.
            found.sort_by(|a, b| a.key.cmp(&b.key));
            Ok(found)
        })
        .await
    }

    async fn create(&self, _: &str, draft: &Draft<'_>) -> Result<Written, RemoteError> {
        let name = format!("{}-{}.md", slug(draft.title), plain(&draft.marker.token()));
        let section = markers::wrap(draft.marker, &markdown::render(draft.body));
        let text = format!("{}\n\n{}\n", head(draft.title, draft.labels), section);
        self.within(move |folder| {
            folder.mark()?;
            // Where another process was faster, its file is the ticket.
            let text = match folder.make(&name, &text)? {
                Made::New => text,
                Made::ThereAlready => folder.read(&name)?.unwrap_or_default(),
            };
            Ok(Written { remote: remote(folder, name, &text), notes: Vec::new() })
        })
        .await
    }

    async fn revise(&self, _: &str, key: &str, draft: &Draft<'_>) -> Result<Revised, RemoteError> {
        let key = file_name(key)?;
        let (marker, section) = (draft.marker.clone(), markdown::render(draft.body));
        self.within(move |folder| {
            folder.is_here()?;
            folder.rewrite(&key, |text| markers::splice(text, &marker, &section))
        })
        .await
    }

    async fn put_comment(
        &self,
        _: &str,
        key: &str,
        marker: &Marker,
        known: Option<&str>,
        body: &Doc,
    ) -> Result<String, RemoteError> {
        let key = file_name(key)?;
        let id = known.map_or_else(|| plain(&marker.token()), ToOwned::to_owned);
        let name = file_name(&format!("{id}.md"))?;
        let known = known.is_some();
        let (marker, section) = (marker.clone(), markdown::render(body));
        self.within(move |folder| {
            folder.is_here()?;
            let gone = |what: &str| RemoteError::Gone { what: format!("{what} in {}", folder.shown()) };
            if folder.read(&key)?.is_none() {
                return Err(gone(&key));
            }
            let beside = folder.below(&format!("{}.comments", key.trim_end_matches(".md")));
            if !known && beside.make(&name, &markers::wrap(&marker, &section))? == Made::New {
                return Ok(id);
            }
            match beside.rewrite(&name, |text| reworded(text, &marker, &section))? {
                Revised::Deleted => Err(gone(&format!("the comment {name} on {key}"))),
                Revised::Written | Revised::Unchanged => Ok(id),
            }
        })
        .await
    }

    async fn close_double(&self, _: &str, key: &str, keeper: &Remote) -> Result<(), RemoteError> {
        let key = file_name(key)?;
        let closed = format!("{CLOSED}, it says the same as {}", keeper.key);
        self.within(move |folder| folder.rewrite(&key, |text| with_status(text, &closed))).await?;
        Ok(())
    }

    async fn stands(&self, _: &str, key: &str) -> Result<Option<Seen>, RemoteError> {
        let key = file_name(key)?;
        self.within(move |folder| {
            folder.is_here()?;
            seen(folder, &key)
        })
        .await
    }

    async fn close(&self, _: &str, key: &str, reason: Resolution) -> Result<Option<Seen>, RemoteError> {
        self.settle(key, reason).await
    }

    async fn reopen(&self, _: &str, key: &str) -> Result<Option<Seen>, RemoteError> {
        self.settle(key, Resolution::Open).await
    }

    async fn us(&self) -> Result<String, RemoteError> {
        Ok(String::new())
    }

    async fn check(&self, _: &str) -> Result<String, RemoteError> {
        self.within(|folder| {
            folder.try_to_write()?;
            Ok(format!("writes tickets into {}", folder.shown()))
        })
        .await
    }
}

fn remote(folder: &Folder, key: String, text: &str) -> Remote {
    let path = folder.path_of(&key);
    Remote { url: file_url(&path), open: is_open(text), key }
}

fn file_url(path: &Path) -> String {
    Url::from_file_path(path).map_or_else(|()| path.display().to_string(), |url| url.to_string())
}

/// What stands above our section; people's from then on.
fn head(title: &str, labels: &[String]) -> String {
    let title = Block::Heading { level: 1, text: vec![Inline::Text(title.to_owned())] };
    let mut head = markdown::render(&Doc { blocks: vec![title] }).trim_end().to_owned();
    head.push_str("\n\n");
    if !labels.is_empty() {
        let mut line = vec![Inline::Text("Labels: ".into())];
        for (i, label) in labels.iter().enumerate() {
            if i > 0 {
                line.push(Inline::Text(", ".into()));
            }
            line.push(Inline::Code(label.clone()));
        }
        head.push_str(markdown::render(&Doc { blocks: vec![Block::Paragraph(line)] }).trim_end());
        head.push_str("\n\n");
    }
    head + OPEN
}

/// Whether no line above our section says that it is closed.
fn is_open(text: &str) -> bool {
    status(text).is_none()
}

/// The line above our section that says that it is closed.
fn status(text: &str) -> Option<&str> {
    let above = text.split("<!-- hearback:begin").next().unwrap_or_default();
    above.lines().map(str::trim_end).find(|line| line.starts_with(CLOSED))
}

/// A title as part of a file's name: lower-case letters, digits and dashes.
fn slug(title: &str) -> String {
    let mut slug = String::new();
    for c in title.chars() {
        if slug.len() >= SLUG_MAX_CHARS {
            break;
        }
        if c.is_ascii_alphanumeric() {
            slug.push(c.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() { "ticket".into() } else { slug.into() }
}

/// A token as part of a file's name.
fn plain(token: &str) -> String {
    token.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect()
}

/// A key as the name of a file in the folder, and of nothing else.
fn file_name(key: &str) -> Result<String, RemoteError> {
    let fine = key.strip_suffix(".md").is_some_and(|stem| !stem.is_empty())
        && !key.starts_with('.')
        && key.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    if fine {
        Ok(key.to_owned())
    } else {
        Err(RemoteError::Refused { problem: format!("expected the name of a Markdown file, found {key:?}") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_makes_a_safe_name() {
        for (title, name) in [
            ("Checkout fails: \"500\" on /pay", "checkout-fails-500-on-pay"),
            ("../../etc/passwd", "etc-passwd"),
            ("-rf *", "rf"),
            ("支払いができない", "ticket"),
            ("", "ticket"),
        ] {
            assert_eq!(slug(title), name, "{title}");
        }
        assert!(slug(&"long ".repeat(100)).len() <= SLUG_MAX_CHARS);
    }

    #[test]
    fn a_key_leads_nowhere_else() {
        for bad in ["../a.md", "a/b.md", ".hidden.md", "a.txt", "", "a\\b.md", "/etc/x.md"] {
            assert!(file_name(bad).is_err(), "{bad}");
        }
        assert!(file_name("checkout-fails-8f14.md").is_ok());
    }

    #[test]
    fn an_address_survives_a_folder_with_spaces() {
        assert_eq!(file_url(Path::new("/srv/my tickets#1/a.md")), "file:///srv/my%20tickets%231/a.md");
    }
}
