//! Policies as code: what a repository's `.github/hearback.yml` says, or all that is wrong with it, each with its line.
//!
//! Anybody can propose such a file, so that reading one is bounded: in size, in depth, and by refusing what makes a few
//! lines grow. It names patterns and words; nothing in it is run.

mod fields;
mod read;
mod schema;
#[cfg(test)]
mod tests;
mod tree;

pub use schema::schema;

use crate::domain::policy_fault::{BEGIN, Fault};
use crate::domain::repo_policy::RepoPolicy;
use tree::What;

/// The largest file that is read, bytes.
pub const SIZE_MAX: usize = 64 << 10;
/// Faults that are told of one file; GitHub shows no more at once either.
const FAULTS_MAX: usize = 50;

/// Reads a policy. An empty file says nothing, and is none that is wrong.
pub fn read(text: &str) -> Result<RepoPolicy, Vec<Fault>> {
    if text.len() > SIZE_MAX {
        let problem = format!("the file has {} bytes", text.len());
        return Err(vec![Fault::whole(BEGIN, problem, format!("make it no larger than {SIZE_MAX}"))]);
    }
    let (root, mut faults) = tree::read(text);
    let mut said = match root.as_ref().map(|root| (root.at, &root.what)) {
        None | Some((_, What::Nothing)) => serde_json::Map::new(),
        Some((_, What::Section(entries))) => read::section(entries, fields::FIELDS, "", &mut faults),
        Some((at, other)) => {
            let problem = format!("found {}", other.words());
            faults.push(Fault::whole(at, problem, "write settings, one a line, such as window: 7d"));
            serde_json::Map::new()
        }
    };
    if faults.is_empty() {
        // The table and the type agree, as a test shows; whoever breaks that gets a fault and no panic.
        said.remove("version");
        return serde_json::from_value(serde_json::Value::Object(said)).map_err(|e| {
            vec![Fault::whole(BEGIN, format!("the policy can't be kept: {e}"), "tell the makers of hearback")]
        });
    }
    faults.sort_by_key(|f| (f.line, f.column));
    faults.truncate(FAULTS_MAX);
    Err(faults)
}

/// What is wrong with a file that is no text, or so large that its text is not shown.
pub fn no_text(bytes: u64) -> Vec<Fault> {
    let problem = format!("{bytes} bytes that are no text, or too many");
    vec![Fault::whole(BEGIN, problem, format!("write UTF-8, no larger than {SIZE_MAX} bytes"))]
}
