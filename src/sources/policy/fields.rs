//! The settings of a policy: the one table from which files are read and the JSON Schema is made.

/// One setting.
#[derive(Debug)]
pub(super) struct Field {
    pub name: &'static str,
    /// For people who write one.
    pub says: &'static str,
    pub holds: Holds,
}

/// What a setting takes.
#[derive(Debug)]
pub(super) enum Holds {
    /// The number of this format.
    Version,
    /// One of these words.
    Word(&'static [&'static str]),
    /// Some of these words.
    Words(&'static [&'static str]),
    /// A length of time.
    Span,
    /// A whole number in these bounds.
    Whole { min: u32, max: u32 },
    /// A number from 0 to 1.
    Share,
    /// A list of texts.
    Texts(Texts),
    /// Settings of its own.
    Section(&'static [Field]),
}

/// What a list of texts holds.
#[derive(Debug)]
pub(super) struct Texts {
    /// One of them, for people.
    pub such_as: &'static str,
    /// Fewest of them.
    pub items_min: usize,
    /// Longest of them, in characters.
    pub chars_max: usize,
    /// Whether a text is the name of a team.
    pub teams: bool,
}

/// Most texts in a list.
pub(super) const ITEMS_MAX: usize = 100;

const fn field(name: &'static str, says: &'static str, holds: Holds) -> Field {
    Field { name, says, holds }
}

const fn texts(such_as: &'static str, items_min: usize, chars_max: usize) -> Holds {
    Holds::Texts(Texts { such_as, items_min, chars_max, teams: false })
}

/// All settings.
pub(super) const FIELDS: &[Field] = &[
    field("version", "The version of this format.", Holds::Version),
    field(
        "flags",
        "Keys of the flags that are watched; * stands for any characters, ? for one. Without it all are, with [] none.",
        texts("new-*", 0, 200),
    ),
    field("releases", "Tags of the releases that are watched, as for flags.", texts("v*", 0, 200)),
    field("environments", "Where customers live.", texts("production", 1, 100)),
    field(
        "opens_on",
        "What opens a release's window: publishing it, or its first deployment.",
        Holds::Word(&["published", "deployed"]),
    ),
    field("window", "How long customers are listened to; 0s: no date closes a window.", Holds::Span),
    field("soak", "Everybody has it for this long, and the window closes; 0s switches it off.", Holds::Span),
    field(
        "responses",
        "After so many people the window closes; 0 switches it off.",
        Holds::Whole { min: 0, max: 1_000_000 },
    ),
    field(
        "close_when",
        "Whether any of date, soak and responses closes a window, or all must hold. A rollback always closes.",
        Holds::Word(&["any", "all"]),
    ),
    field(
        "tickets",
        "How far tickets are filed: not at all, shown in the report, waiting for a yes, or by themselves.",
        Holds::Word(&["off", "suggest", "approve", "auto"]),
    ),
    field(
        "min_people",
        "Distinct people before what they say becomes a ticket.",
        Holds::Whole { min: 1, max: 1_000_000 },
    ),
    field(
        "reopen_people",
        "Distinct new people after a ticket was closed before it is opened again; without it as many as min_people.",
        Holds::Whole { min: 1, max: 1_000_000 },
    ),
    field("min_confidence", "Mean confidence of the reading below which a ticket waits.", Holds::Share),
    field("coalesce", "At most one write a ticket in this time.", Holds::Span),
    field("trackers", "Where tickets go.", Holds::Words(&["github", "jira", "local"])),
    field("labels", "Labels on every ticket.", texts("customers", 0, 50)),
    field(
        "existing",
        "Where people have an issue about the same already: keep a comment in it, mention it, or don't look.",
        Holds::Word(&["link", "mention", "off"]),
    ),
    field(
        "steer",
        "Who may close, extend and reopen windows, and say yes to tickets: people with the permission, and the teams.",
        Holds::Section(&[
            field(
                "permission",
                "The least permission in the repository.",
                Holds::Word(&["read", "triage", "write", "maintain", "admin"]),
            ),
            field(
                "teams",
                "Teams whose people may, as team or organisation/team.",
                Holds::Texts(Texts { such_as: "acme/checkout", items_min: 0, chars_max: 200, teams: true }),
            ),
        ]),
    ),
    field(
        "alerts",
        "Names of the places to which alarms go, as the service's settings have them.",
        texts("pager", 0, 100),
    ),
];

/// Whether a text may stand in a list: no control characters, and no space at its ends.
pub(super) fn is_plain(text: &str) -> bool {
    let shown = |c: char| c >= ' ' && c != '\u{7f}';
    !text.is_empty() && text.chars().all(shown) && !text.starts_with(' ') && !text.ends_with(' ')
}

/// The same as a regular expression.
pub(super) const PLAIN: &str = "^[^ \\u0000-\\u001f\\u007f]([^\\u0000-\\u001f\\u007f]*[^ \\u0000-\\u001f\\u007f])?$";

/// Whether a text names a team, as `team` or `organisation/team`.
pub(super) fn is_team(text: &str) -> bool {
    let part = |p: &str| !p.is_empty() && p.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    match text.split_once('/') {
        Some((organisation, team)) => part(organisation) && part(team),
        None => part(text),
    }
}

/// The same as a regular expression.
pub(super) const TEAM: &str = "^[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)?$";

/// A length of time in milliseconds: one to four digits and a unit.
pub(super) fn span_ms(text: &str) -> Option<i64> {
    use crate::time::{DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS};
    let unit = match text.chars().next_back()? {
        's' => SECOND_MS,
        'm' => MINUTE_MS,
        'h' => HOUR_MS,
        'd' => DAY_MS,
        'w' => 7 * DAY_MS,
        _ => return None,
    };
    let digits = &text[..text.len() - 1];
    let fits = (1..=4).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    digits.parse::<i64>().ok().filter(|_| fits).map(|n| n * unit)
}

/// The same as a regular expression.
pub(super) const SPAN: &str = "^[0-9]{1,4}[smhdw]$";
