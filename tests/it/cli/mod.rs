//! The binary as people and scripts type it: in an empty folder, with an empty environment.

mod calls;
mod data;
mod policy;
mod reveal;
mod running;
mod simulate;
mod stats;
mod train;

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A folder in which commands are typed.
pub struct Desk {
    folder: TempDir,
    environment: Vec<(String, String)>,
}

/// How a command ended, and what it printed.
#[derive(Debug)]
pub struct Ended {
    /// The exit status.
    pub status: i32,
    /// Data.
    pub out: String,
    /// Words for people.
    pub err: String,
}

impl Desk {
    /// An empty folder.
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), environment: Vec::new() }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Sets an environment variable of every command.
    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// Puts a file there.
    pub fn file(&self, name: &str, text: &str) {
        std::fs::write(self.path().join(name), text).unwrap();
    }

    /// A command of the binary.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hearback"));
        command.args(arguments).current_dir(self.path()).env_clear().env("TMPDIR", self.path());
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs a command to its end, with `stdin` as its input.
    pub fn run_with(&self, arguments: &[&str], stdin: &str) -> Ended {
        let mut command = self.command(arguments);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        let text = stdin.to_owned();
        let writing = std::thread::spawn(move || {
            let _ = input.write_all(text.as_bytes());
        });
        let ended = child.wait_with_output().unwrap();
        writing.join().unwrap();
        Ended {
            status: ended.status.code().expect("it ended by itself"),
            out: String::from_utf8(ended.stdout).unwrap(),
            err: String::from_utf8(ended.stderr).unwrap(),
        }
    }

    /// Runs a command to its end.
    pub fn run(&self, arguments: &[&str]) -> Ended {
        self.run_with(arguments, "")
    }

    /// Runs a command that does its work, and gives what it printed.
    pub fn done(&self, arguments: &[&str]) -> String {
        let ended = self.run(arguments);
        assert_eq!(ended.status, 0, "{arguments:?}: {ended:#?}");
        ended.out
    }

    /// Runs a command that prints JSON.
    pub fn json(&self, arguments: &[&str]) -> serde_json::Value {
        let out = self.done(arguments);
        serde_json::from_str(&out).unwrap_or_else(|e| panic!("{arguments:?} printed no JSON: {e}\n{out}"))
    }
}
