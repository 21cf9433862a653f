//! Files that are whole or not there, whoever writes at the same time and whatever dies in between.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::super::Revised;
use crate::http::RemoteError;
use crate::time::UnixMs;

/// The file by which the folder is known.
const OURS: &str = ".hearback";
/// How often a rewrite begins anew because a person saved the file in between.
const REWRITES_MAX: usize = 5;

/// What came of making a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Made {
    /// It is new.
    New,
    /// A file of that name was there, and is as it was.
    ThereAlready,
}

/// A folder of text files.
#[derive(Clone, Debug)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// That folder, there or not.
    pub fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// A folder within.
    pub fn below(&self, name: &str) -> Self {
        Self { path: self.path.join(name) }
    }

    /// An error where this is not the folder that was written to: nobody deleted a file then, it is just not mounted, or
    /// the setting names another.
    pub fn is_here(&self) -> Result<(), RemoteError> {
        if self.path.join(OURS).is_file() {
            return Ok(());
        }
        let problem = format!(
            "the folder {} is not the one that the issues were written to: mount it, set local.dir back, or put an empty \
             file {OURS} into it",
            self.shown()
        );
        Err(RemoteError::NotSent { problem })
    }

    /// Leaves the mark by which [`Self::is_here`] knows the folder.
    pub fn mark(&self) -> Result<(), RemoteError> {
        if self.path.join(OURS).is_file() {
            return Ok(());
        }
        self.make(OURS, "hearback writes its issues into this folder.\n").map(drop)
    }

    /// Its path for people.
    pub fn shown(&self) -> String {
        self.path.display().to_string()
    }

    /// Where a file lies.
    pub fn path_of(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// The names of its files; none where it is not there.
    pub fn names(&self) -> Result<Vec<String>, RemoteError> {
        let listed = match fs::read_dir(&self.path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            other => other.map_err(|e| self.failed("list", &e))?,
        };
        let names = listed.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        Ok(names.filter(|name| !name.starts_with('.')).collect())
    }

    /// A file's text; `None` where it is not there.
    pub fn read(&self, name: &str) -> Result<Option<String>, RemoteError> {
        match fs::read(self.path_of(name)) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(self.failed("read", &e)),
            Ok(bytes) => String::from_utf8(bytes).map(Some).map_err(|_| RemoteError::Refused {
                problem: format!("{} is no UTF-8 text any more: save it as such", self.path_of(name).display()),
            }),
        }
    }

    /// Makes a file, unless one of that name is there.
    pub fn make(&self, name: &str, text: &str) -> Result<Made, RemoteError> {
        let draft = self.draft(text)?;
        // A link, unlike a rename, never replaces what somebody else has put there.
        let linked = fs::hard_link(draft.path(), self.path_of(name));
        match linked {
            Ok(()) => self.settle().map(|()| Made::New),
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Ok(Made::ThereAlready),
            // A file system without links.
            Err(_) if !self.path_of(name).exists() => self.put(&draft, name).map(|()| Made::New),
            Err(_) => Ok(Made::ThereAlready),
        }
    }

    /// Gives a file another text; writes nothing where that is the same.
    pub fn rewrite(&self, name: &str, wanted: impl Fn(&str) -> String) -> Result<Revised, RemoteError> {
        for _ in 0..REWRITES_MAX {
            let Some(text) = self.read(name)? else { return Ok(Revised::Deleted) };
            let new = wanted(&text);
            if new == text {
                return Ok(Revised::Unchanged);
            }
            let draft = self.draft(&new)?;
            // A person's editor may have saved while ours was written.
            if self.read(name)?.as_deref() == Some(&text) {
                self.put(&draft, name)?;
                return Ok(Revised::Written);
            }
        }
        Err(RemoteError::NotSent { problem: format!("{} is being written to", self.path_of(name).display()) })
    }

    /// When a file last changed.
    pub fn changed_at(&self, name: &str) -> Result<UnixMs, RemoteError> {
        let at = fs::metadata(self.path.join(name)).and_then(|m| m.modified()).ok();
        let since = at.and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
        let ms = since.and_then(|d| i64::try_from(d.as_millis()).ok());
        ms.map(UnixMs).ok_or_else(|| RemoteError::NotSent { problem: format!("can't tell when {name} changed") })
    }

    /// Writes a file and takes it away again.
    pub fn try_to_write(&self) -> Result<(), RemoteError> {
        self.draft("hearback tries whether it can write here\n").map(drop)
    }

    /// A text on disk under a name that nobody looks at; gone when dropped.
    fn draft(&self, text: &str) -> Result<Draft, RemoteError> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        make_private(&self.path).map_err(|e| self.failed("make", &e))?;
        let n = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = self.path.join(format!(".hearback-{}-{n}.tmp", std::process::id()));
        let write = || -> io::Result<Draft> {
            let mut file = private().write(true).create(true).truncate(true).open(&path)?;
            let draft = Draft(path.clone());
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            Ok(draft)
        };
        write().map_err(|e| self.failed("write to", &e))
    }

    fn put(&self, draft: &Draft, name: &str) -> Result<(), RemoteError> {
        fs::rename(draft.path(), self.path_of(name)).map_err(|e| self.failed("write to", &e))?;
        self.settle()
    }

    /// Makes what the folder lists last through a power cut.
    fn settle(&self) -> Result<(), RemoteError> {
        File::open(&self.path).and_then(|dir| dir.sync_all()).map_err(|e| RemoteError::Unknown {
            problem: format!("{} may not have been kept on disk: {e}", self.shown()),
        })
    }

    fn failed(&self, verb: &str, e: &io::Error) -> RemoteError {
        RemoteError::NotSent {
            problem: format!("can't {verb} {}: {e}; give hearback's user that folder, or set local.dir", self.shown()),
        }
    }
}

/// A file that is taken away when nobody wants it any more.
#[derive(Debug)]
struct Draft(PathBuf);

impl Draft {
    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // After a rename there is nothing left to take away.
        let _ = fs::remove_file(&self.0);
    }
}

/// Customers' words are for their owner alone.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn make_private(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> (tempfile::TempDir, Folder) {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::new(dir.path().join("a/b"));
        (dir, folder)
    }

    #[test]
    fn a_file_is_made_once_and_never_replaced() {
        let (_dir, folder) = folder();
        assert_eq!(folder.names().unwrap(), Vec::<String>::new());
        assert_eq!(folder.make("x.md", "first").unwrap(), Made::New);
        assert_eq!(folder.make("x.md", "second").unwrap(), Made::ThereAlready);
        assert_eq!(folder.read("x.md").unwrap().as_deref(), Some("first"));
        assert_eq!(folder.names().unwrap(), ["x.md"], "no draft is left over");
    }

    #[test]
    fn of_many_that_make_the_same_file_one_does() {
        let (_dir, folder) = folder();
        let text = |n: usize| n.to_string().repeat(50_000);
        let made: Vec<Made> = std::thread::scope(|s| {
            let all: Vec<_> = (0..8).map(|n| (n, folder.clone())).collect();
            let all: Vec<_> =
                all.into_iter().map(|(n, f)| s.spawn(move || f.make("x.md", &text(n)).unwrap())).collect();
            all.into_iter().map(|t| t.join().unwrap()).collect()
        });
        assert_eq!(made.iter().filter(|m| **m == Made::New).count(), 1);
        let kept = folder.read("x.md").unwrap().unwrap();
        assert!((0..8).any(|n| kept == text(n)), "torn");
    }

    #[test]
    fn a_reader_sees_one_text_or_the_other_while_it_is_rewritten() {
        let (_dir, folder) = folder();
        let (a, b) = ("a".repeat(100_000), "b".repeat(100_000));
        folder.make("x.md", &a).unwrap();
        std::thread::scope(|s| {
            s.spawn(|| {
                for _ in 0..50 {
                    folder.rewrite("x.md", |t| if t == a { b.clone() } else { a.clone() }).unwrap();
                }
            });
            for _ in 0..200 {
                let seen = folder.read("x.md").unwrap().unwrap();
                assert!(seen == a || seen == b, "torn at {} bytes", seen.len());
            }
        });
    }

    #[cfg(unix)]
    #[test]
    fn what_customers_said_is_for_the_owner_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let (_dir, folder) = folder();
        folder.make("x.md", "words").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&folder.path), mode(&folder.path_of("x.md"))), (0o700, 0o600));
    }
}
