//! Where a setting stands: the line of the file, or the environment variable that gave it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::ConfigError;

/// What gave which setting.
#[derive(Debug, Default)]
pub struct Layers {
    /// The file and its text.
    pub file: Option<(PathBuf, String)>,
    /// Keys that the environment gave, and the variable's name.
    pub variables: BTreeMap<String, String>,
}

impl Layers {
    /// The error for a key, with its place.
    pub fn error(&self, key: &str, problem: String) -> ConfigError {
        let place = match (self.variable(key), &self.file) {
            (Some(name), _) => format!("environment variable {name}"),
            (None, Some((path, text))) => match find_line(text, key) {
                Some(line) => format!("{}:{line}", path.display()),
                None => path.display().to_string(),
            },
            (None, None) => "settings".into(),
        };
        ConfigError { place, key: key.to_owned(), problem }
    }

    /// Whether the file gives this key.
    pub fn file_names(&self, key: &str) -> bool {
        !self.variables.contains_key(key) && self.file.as_ref().is_some_and(|(_, text)| find_line(text, key).is_some())
    }

    fn variable(&self, key: &str) -> Option<&String> {
        self.variables.get(key).or_else(|| {
            self.variables.iter().find(|(k, _)| k.strip_prefix(key).is_some_and(|r| r.starts_with('_'))).map(|(_, v)| v)
        })
    }
}

/// The number of the line that holds byte `at`, from 1.
pub fn line(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|b| *b == b'\n').count() + 1
}

/// The name in serde's `unknown field `x`, expected …`.
pub fn unknown_key(problem: &str) -> Option<&str> {
    problem.strip_prefix("unknown field `")?.split('`').next()
}

/// The line on which a key stands, or its section where it does not stand alone. Array indices are dropped.
fn find_line(text: &str, key: &str) -> Option<usize> {
    let wanted: Vec<&str> = key.split('.').map(|p| p.split('[').next().unwrap_or(p)).collect();
    let index: usize = key.split(['[', ']']).nth(1).and_then(|n| n.parse().ok()).unwrap_or(0);
    let mut section: Vec<String> = Vec::new();
    let mut seen_tables = 0usize;
    let mut best = None;
    for (number, raw) in text.lines().enumerate() {
        let row = raw.trim();
        if let Some(head) = row.strip_prefix("[[").and_then(|r| r.split("]]").next()) {
            section = head.split('.').map(|p| p.trim().to_owned()).collect();
            if section == wanted[..section.len().min(wanted.len())] {
                seen_tables += 1;
            }
        } else if let Some(head) = row.strip_prefix('[').and_then(|r| r.split(']').next()) {
            section = head.split('.').map(|p| p.trim().to_owned()).collect();
            seen_tables = 0;
        }
        let inside = section.len() <= wanted.len() && section.iter().zip(&wanted).all(|(s, w)| s == w);
        if !inside || (seen_tables > 0 && seen_tables != index + 1) {
            continue;
        }
        if row.starts_with('[') {
            best = best.or(Some(number + 1)).filter(|_| section.len() < wanted.len()).or(Some(number + 1));
            continue;
        }
        let Some((left, _)) = row.split_once('=') else { continue };
        let name: Vec<&str> = left.trim().trim_matches('"').split('.').map(str::trim).collect();
        let rest = &wanted[section.len()..];
        let fits = !rest.is_empty()
            && name.len() <= rest.len()
            && name.iter().zip(rest).all(|(n, w)| *n == *w || n.strip_suffix("_file") == Some(w));
        if fits {
            return Some(number + 1);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_where_it_stands() {
        let text = "[server]\nlisten = 1\n\n[jira]\n[jira.custom]\nx = 1\n[[keys]]\nkind = 1\n[[keys]]\nkind = 2\n";
        for (key, line) in [
            ("server.listen", Some(2)),
            ("server.lisen", Some(1)),
            ("jira.custom.x", Some(6)),
            ("keys[1].kind", Some(10)),
            ("policy.window", None),
        ] {
            assert_eq!(find_line(text, key), line, "{key}");
        }
    }
}
