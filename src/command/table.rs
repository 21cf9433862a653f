//! The commands that there are. What is understood, the help and the README are made from this table.

use strsim::damerau_levenshtein;

use super::may::Who;
use super::words::{Words, cut};
use super::{Command, Problem};

/// How long a theme is muted where nothing is said, ms: a week.
const MUTE_MS: i64 = 7 * 24 * 60 * 60_000;
/// Longest statement that a command takes, characters.
const TEXT_MAX: usize = 4_000;
/// Letters that a name may be off by and still be known for what was meant.
const NEAR: usize = 2;

/// A command of the table.
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    /// What it is called.
    pub name: &'static str,
    /// What may follow.
    pub arguments: &'static str,
    /// What it does, a sentence without its full stop.
    pub help: &'static str,
    /// Who may give it.
    pub who: Who,
    parse: fn(&mut Words<'_>) -> Result<Command, Problem>,
}

/// All commands, in the order in which people are shown them.
pub const COMMANDS: &[Spec] = &[
    Spec { name: "help", arguments: "", help: "shows this table", who: Who::Anyone, parse: |_| Ok(Command::Help) },
    Spec {
        name: "status",
        arguments: "[NAME]",
        help: "tells whether feedback is being collected, until when, and how people feel",
        who: Who::Anyone,
        parse: |w| Ok(Command::Status { of: w.name("NAME")? }),
    },
    Spec {
        name: "report",
        arguments: "[NAME]",
        help: "sums up what customers say",
        who: Who::Anyone,
        parse: |w| Ok(Command::Report { of: w.name("NAME")? }),
    },
    Spec {
        name: "why",
        arguments: "[NAME]",
        help: "tells what was decided last, and for what reason",
        who: Who::Anyone,
        parse: |w| Ok(Command::Why { of: w.name("NAME")? }),
    },
    Spec {
        name: "open",
        arguments: "[NAME] [for 7d]",
        help: "begins to collect feedback on a flag or release, or collects again",
        who: Who::Writers,
        parse: |w| Ok(Command::Open { of: w.name("NAME")?, for_ms: w.for_span()? }),
    },
    Spec {
        name: "extend",
        arguments: "3d [NAME]",
        help: "collects for longer",
        who: Who::Writers,
        parse: |w| {
            let _ = w.skip("by");
            Ok(Command::Extend { by_ms: w.span("a time")?, of: w.name("NAME")? })
        },
    },
    Spec {
        name: "close",
        arguments: "[NAME]",
        help: "stops collecting now",
        who: Who::Writers,
        parse: |w| Ok(Command::Close { of: w.name("NAME")? }),
    },
    Spec {
        name: "reopen",
        arguments: "[NAME]",
        help: "collects again after the end",
        who: Who::Writers,
        parse: |w| Ok(Command::Reopen { of: w.name("NAME")? }),
    },
    Spec {
        name: "feedback",
        arguments: "TEXT [for @customer]",
        help: "counts what you write as a customer's statement; `for` someone else takes write access",
        who: Who::Anyone,
        parse: feedback,
    },
    Spec {
        name: "ack",
        arguments: "[NAME]",
        help: "says that somebody has seen the alarms; each takes twice the evidence to be raised again",
        who: Who::Writers,
        parse: |w| Ok(Command::Ack { of: w.name("NAME")? }),
    },
    Spec {
        name: "hold",
        arguments: "[NAME]",
        help: "notes that the rollout should not go on for now; the flag itself is not touched",
        who: Who::Writers,
        parse: |w| Ok(Command::Hold { of: w.name("NAME")? }),
    },
    Spec {
        name: "resume",
        arguments: "[NAME]",
        help: "notes that the rollout may go on",
        who: Who::Writers,
        parse: |w| Ok(Command::Resume { of: w.name("NAME")? }),
    },
    Spec {
        name: "mute",
        arguments: "THEME [for 7d]",
        help: "files nothing about a theme, and changes nothing in its ticket, for a while",
        who: Who::Writers,
        parse: |w| {
            let theme = w.phrase("THEME", "the theme's id or its name")?;
            Ok(Command::Mute { theme, for_ms: w.for_span()?.unwrap_or(MUTE_MS) })
        },
    },
    Spec {
        name: "merge",
        arguments: "THEME THEME",
        help: "counts the first theme's statements in the second",
        who: Who::Writers,
        parse: |w| {
            let remedy = "two themes by their ids, or by their names in quotes,";
            let theme = w.need("THEME", remedy)?;
            let _ = w.skip("into") || w.skip("with");
            Ok(Command::Merge { theme, into: w.need("a second THEME", remedy)? })
        },
    },
    Spec {
        name: "link",
        arguments: "KEY",
        help: "takes an issue that is there already for the one about this theme or rollout",
        who: Who::Writers,
        parse: |w| Ok(Command::Link { key: w.need("KEY", "the issue's number, such as `41`,")? }),
    },
];

fn feedback(w: &mut Words<'_>) -> Result<Command, Problem> {
    let all = w.all();
    let mark = all.to_ascii_lowercase().rfind("for @").filter(|at| {
        // At the end, and a word of its own.
        let before = all[..*at].chars().next_back();
        before.is_none_or(super::lines::is_space) && !all[at + 5..].contains(super::lines::is_space)
    });
    let (text, customer) = match mark {
        Some(at) if all.len() > at + 5 => (&all[..at], Some(all[at + 5..].to_owned())),
        _ => (all, None),
    };
    let text = text.trim_matches(super::lines::is_space);
    if text.is_empty() {
        return Err(Problem::Missing { command: "feedback", argument: "TEXT", remedy: "what the customer says" });
    }
    if text.chars().count() > TEXT_MAX {
        let (found, wanted) = (cut(text), "at most 4000 characters");
        return Err(Problem::NotThat { command: "feedback", argument: "TEXT", found, wanted });
    }
    if let Some(customer) = customer.as_ref().filter(|c| c.chars().count() > 100) {
        let (found, wanted) = (cut(customer), "a name of at most 100 characters");
        return Err(Problem::NotThat { command: "feedback", argument: "@customer", found, wanted });
    }
    Ok(Command::Feedback { text: text.to_owned(), customer })
}

/// What follows `/hearback`, understood. Nothing asks for help.
pub(super) fn understand(rest: &str) -> Result<Command, Problem> {
    let mut words = Words::of("", rest);
    let Some(name) = words.next() else { return Ok(Command::Help) };
    let Some(spec) = COMMANDS.iter().find(|spec| spec.name.eq_ignore_ascii_case(&name)) else {
        return Err(Problem::Unknown { near: near(&name), found: cut(&name) });
    };
    let mut words = Words::of(spec.name, words.all());
    let command = (spec.parse)(&mut words)?;
    words.end()?;
    Ok(command)
}

/// The command that may have been meant.
fn near(name: &str) -> Option<&'static str> {
    let name = name.to_lowercase();
    if name.chars().count() > 20 {
        return None;
    }
    let distance = |spec: &&Spec| damerau_levenshtein(spec.name, &name);
    let best = COMMANDS.iter().min_by_key(distance)?;
    let off = distance(&best);
    (off <= NEAR && off * 2 < best.name.len()).then_some(best.name)
}

/// The table as Markdown, for the README.
pub fn markdown() -> String {
    let mut text = String::from("| command | does | who |\n|---|---|---|\n");
    for spec in COMMANDS {
        let gap = if spec.arguments.is_empty() { "" } else { " " };
        let line =
            format!("| `/hearback {}{gap}{}` | {} | {} |\n", spec.name, spec.arguments, spec.help, spec.who.words());
        text.push_str(&line);
    }
    text
}
