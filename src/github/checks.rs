//! Check runs: what is wrong with a file of a commit, line by line. Only an App may make them.

use serde::Deserialize;
use serde_json::{Value, json};
use url::form_urlencoded::byte_serialize;

use super::GitHub;
use super::answers::Failure;
use super::call::Call;
use crate::domain::post::{CheckRun, Note};
use crate::domain::repo::RepoName;
use crate::http::RemoteError;

/// Annotations that one call takes; each further call adds to them.
const NOTES_A_CALL: usize = 50;
/// Characters that GitHub takes of a summary.
const SUMMARY_MAX_CHARS: usize = 65_000;
/// Characters that GitHub takes of a title, and more than anybody reads.
const TITLE_MAX_CHARS: usize = 250;

/// A check run that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MadeCheck {
    /// GitHub's id of it.
    pub id: u64,
    /// How many annotations it has.
    pub notes: usize,
}

#[derive(Deserialize)]
struct Wire {
    id: u64,
    external_id: Option<String>,
    output: Option<WireOutput>,
}

#[derive(Deserialize)]
struct WireOutput {
    #[serde(default)]
    annotations_count: usize,
}

#[derive(Deserialize)]
struct WireList {
    check_runs: Vec<Wire>,
}

impl GitHub {
    /// The check run of that name on the commit that carries `external_id`.
    pub async fn find_check(
        &self,
        repo: &RepoName,
        run: &CheckRun,
        external_id: &str,
    ) -> Result<Option<MadeCheck>, RemoteError> {
        let what = format!("the checks of {} in {repo}", run.sha);
        let name: String = byte_serialize(run.name.as_bytes()).collect();
        let path = format!("/repos/{repo}/commits/{}/check-runs?check_name={name}&filter=all&per_page=100", run.sha);
        let call = Call::get(path, &what);
        let asked = self.asked(&call);
        let listed: WireList = self.in_repo(repo, call).await.map_err(|e| told(e, repo))?.read(asked)?;
        let ours = listed.check_runs.into_iter().find(|made| made.external_id.as_deref() == Some(external_id));
        Ok(ours.map(|made| MadeCheck { id: made.id, notes: made.output.map_or(0, |o| o.annotations_count) }))
    }

    /// Makes a check run with its first annotations: one POST. The rest follows by [`Self::add_notes`].
    pub async fn create_check(
        &self,
        repo: &RepoName,
        run: &CheckRun,
        external_id: &str,
    ) -> Result<MadeCheck, RemoteError> {
        let what = format!("a check of {} in {repo}", run.sha);
        let first = &run.notes[..run.notes.len().min(NOTES_A_CALL)];
        let asked_for = json!({
            "name": run.name,
            "head_sha": run.sha,
            "external_id": external_id,
            "status": "completed",
            "conclusion": run.conclusion.as_str(),
            "output": output(run, first),
        });
        let call = Call::post(format!("/repos/{repo}/check-runs"), asked_for, &what);
        let asked = self.asked(&call);
        let made: Wire = self.in_repo(repo, call).await.map_err(|e| told(e, repo))?.read(asked)?;
        Ok(MadeCheck { id: made.id, notes: first.len() })
    }

    /// Adds the annotations that a check run does not have yet, as many calls as that takes.
    pub async fn add_notes(&self, repo: &RepoName, run: &CheckRun, made: MadeCheck) -> Result<(), RemoteError> {
        let what = format!("the check {} in {repo}", made.id);
        for more in run.notes.get(made.notes..).unwrap_or_default().chunks(NOTES_A_CALL) {
            let change = json!({"output": output(run, more)});
            let call = Call::patch(format!("/repos/{repo}/check-runs/{}", made.id), change, &what);
            self.in_repo(repo, call).await.map_err(|e| told(e, repo))?;
        }
        Ok(())
    }
}

fn output(run: &CheckRun, notes: &[Note]) -> Value {
    let cut = |text: &str, max: usize| text.chars().take(max).collect::<String>();
    let notes: Vec<Value> = notes
        .iter()
        .map(|note| {
            let mut shape = json!({
                "path": note.path,
                "start_line": note.from_line,
                "end_line": note.to_line,
                "annotation_level": note.level.as_str(),
                "message": note.message,
            });
            // GitHub takes columns of one line only.
            if let Some(column) = note.column.filter(|_| note.from_line == note.to_line) {
                (shape["start_column"], shape["end_column"]) = (json!(column), json!(column));
            }
            shape
        })
        .collect();
    json!({
        "title": cut(&run.title, TITLE_MAX_CHARS),
        "summary": cut(&run.summary, SUMMARY_MAX_CHARS),
        "annotations": notes,
    })
}

/// A refusal with the permission that is missing here.
fn told(failure: Failure, repo: &RepoName) -> RemoteError {
    match (failure.status, failure.error) {
        (Some(403), RemoteError::Refused { .. }) => RemoteError::Refused {
            problem: format!(
                "GitHub takes no checks of {repo}: hearback needs the permission Checks: read and write there, and an \
                 owner has to accept it in the installation"
            ),
        },
        (_, error) => error,
    }
}
