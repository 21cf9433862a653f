//! Any bytes into the reading of commands. What is shown in quotes or code asks for nothing, whatever it is; libFuzzer tells
//! what panics, and what takes longer than `-timeout`.
#![no_main]
#![allow(dead_code, missing_docs, reason = "the room is looked at by its own lints")]

#[path = "../../../src/command/mod.rs"]
pub mod command;

use command::{COMMANDS_MAX, read, understand};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes).replace("\r\n", "\n").replace('\r', "\n").replace('\u{2060}', "");
    let asked = read(&text);
    // Each stands at the start of a line, and is the same when it is read from where it is kept.
    let begins = |line: &str| line.to_ascii_lowercase().contains("/hearback");
    assert!(asked.len() <= text.lines().filter(|line| begins(line)).count() && asked.len() <= COMMANDS_MAX + 1);
    for one in asked.iter().take(COMMANDS_MAX) {
        assert_eq!(understand(&one.line), one.command);
    }
    assert_eq!(read(&text.replace('\n', "\r\n")), asked, "line ends change nothing");
    let each = |before: &str| text.split('\n').map(|line| format!("{before}{line}\n")).collect::<String>();
    let longest = text.split(|c| c != '~').map(str::len).max().unwrap_or(0);
    let fence = "~".repeat(longest.max(2) + 1);
    for shown in [each("> "), each(">"), each("    "), each("\t"), format!("{fence}\n{text}\n{fence}\n")] {
        assert_eq!(read(&shown), [], "{shown:?}");
    }
});
