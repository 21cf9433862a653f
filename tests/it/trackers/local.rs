//! The contract in a folder, where whoever can write files is a person.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use hearback::domain::ticket::TrackerName;
use hearback::time::UnixMs;
use hearback::trackers::{IssueTracker, LocalTracker};

use super::suite::{self, World};

struct Folder {
    _home: tempfile::TempDir,
    dir: PathBuf,
}

impl Folder {
    /// Files below, drafts included, with their content's owner.
    fn files(&self, below: &str) -> Vec<PathBuf> {
        let Ok(listed) = fs::read_dir(self.dir.join(below)) else { return Vec::new() };
        let mut files: Vec<PathBuf> = listed.map(|f| f.unwrap().path()).filter(|p| p.is_file()).collect();
        files.sort();
        files
    }

    fn beside(key: &str) -> String {
        format!("{}.comments", key.trim_end_matches(".md"))
    }
}

impl World for Folder {
    const NAME: TrackerName = TrackerName::Local;

    async fn start() -> Self {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("my issues");
        Self { _home: home, dir }
    }

    fn tracker(&self) -> Arc<dyn IssueTracker> {
        Arc::new(LocalTracker::new(self.dir.clone()))
    }

    fn target(&self) -> String {
        String::new()
    }

    fn before(&self) -> UnixMs {
        UnixMs(0)
    }

    async fn tickets(&self) -> usize {
        self.files("").iter().filter(|f| f.extension().is_some_and(|e| e == "md")).count()
    }

    async fn text(&self, key: &str) -> String {
        fs::read_to_string(self.dir.join(key)).unwrap()
    }

    async fn person_writes_around(&self, key: &str, above: &str, below: &str) {
        let text = self.text(key).await;
        fs::write(self.dir.join(key), format!("{above}{text}{below}")).unwrap();
    }

    async fn person_deletes(&self, key: &str) {
        fs::remove_file(self.dir.join(key)).unwrap();
    }

    async fn comments(&self, key: &str) -> Vec<(String, String)> {
        let id = |p: &PathBuf| p.file_stem().unwrap().to_str().unwrap().to_owned();
        self.files(&Self::beside(key)).iter().map(|p| (id(p), fs::read_to_string(p).unwrap())).collect()
    }

    async fn person_deletes_comment(&self, key: &str, id: &str) {
        fs::remove_file(self.dir.join(Self::beside(key)).join(format!("{id}.md"))).unwrap();
    }

    async fn somebody_files(&self, text: &str) {
        fs::create_dir_all(&self.dir).unwrap();
        fs::write(self.dir.join("by-somebody.md"), text).unwrap();
    }

    async fn somebody_comments(&self, key: &str, text: &str) {
        let beside = self.dir.join(Self::beside(key));
        fs::create_dir_all(&beside).unwrap();
        fs::write(beside.join("by-somebody.md"), text).unwrap();
    }

    fn knows_authors(&self) -> bool {
        false
    }

    /// Each write is a rename, and so a new inode.
    fn writes(&self) -> u64 {
        use std::os::unix::fs::MetadataExt as _;
        fn fold(dir: &std::path::Path) -> u64 {
            let Ok(listed) = fs::read_dir(dir) else { return 0 };
            let all = listed.map(|f| f.unwrap().path()).map(|p| {
                let meta = fs::metadata(&p).unwrap();
                if p.is_dir() {
                    fold(&p)
                } else {
                    meta.ino() ^ meta.ctime().cast_unsigned() ^ meta.ctime_nsec().cast_unsigned()
                }
            });
            all.fold(0, u64::wrapping_add)
        }
        fold(&self.dir)
    }
}

suite::holds!(Folder);

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_named_with_a_remedy() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("file"), "in the way").unwrap();
    let error = LocalTracker::new(home.path().join("file/issues")).check("").await.unwrap_err().to_string();
    assert!(error.contains("file/issues") && error.contains("local.dir"), "{error}");
}

#[tokio::test]
async fn a_key_from_elsewhere_touches_no_other_file() {
    let home = tempfile::tempdir().unwrap();
    let secret = home.path().join("secret.md");
    fs::write(&secret, "Status: open\n").unwrap();
    let folder = LocalTracker::new(home.path().join("issues"));
    let keeper = hearback::trackers::Remote { key: "x.md".into(), url: String::new(), open: true };
    assert!(folder.close_double("", "../secret.md", &keeper).await.is_err());
    assert_eq!(fs::read_to_string(&secret).unwrap(), "Status: open\n");
}
