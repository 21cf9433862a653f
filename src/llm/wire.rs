//! The JSON of chat completions, as far as it is common to those who speak it.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Answer, Prompt};

/// Longest code of a refusal that is shown, in characters.
const CODE_MAX: usize = 40;

/// The request's body; `plain` without wishes for the form of the answer.
pub(super) fn request(model: &str, prompt: Prompt<'_>, plain: bool) -> Value {
    let messages = json!([{"role": "system", "content": prompt.system}, {"role": "user", "content": prompt.user}]);
    if plain {
        return json!({"model": model, "messages": messages});
    }
    let form = json!({
        "type": "object",
        "properties": {"summary": {"type": "string"}, "quotes": {"type": "array", "items": {"type": "string"}}},
        "required": ["summary", "quotes"],
        "additionalProperties": false,
    });
    json!({
        "model": model,
        "messages": messages,
        "temperature": 0,
        "max_tokens": prompt.answer_max_tokens,
        "stream": false,
        "response_format": {"type": "json_schema", "json_schema": {"name": "summary", "strict": true, "schema": form}},
    })
}

#[derive(Deserialize)]
struct Completion {
    choices: Vec<Choice>,
    #[serde(default)]
    usage: Option<Usage>,
}

#[derive(Deserialize)]
struct Choice {
    message: Message,
}

#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    content: Option<String>,
}

#[derive(Deserialize)]
struct Usage {
    #[serde(default)]
    total_tokens: Option<i64>,
}

/// Reads a good answer; an error says what it lacks, and nothing of what it holds.
pub(super) fn answer(body: &[u8]) -> Result<Answer, String> {
    let completion: Completion = serde_json::from_slice(body)
        .map_err(|_| "the language model answered with something else than a completion".to_owned())?;
    let text = completion.choices.into_iter().next().and_then(|c| c.message.content).unwrap_or_default();
    // A count that nobody can have used up is none.
    let tokens = completion.usage.and_then(|u| u.total_tokens).filter(|n| (1..=10_000_000).contains(n));
    Ok(Answer { text, tokens })
}

/// The short code that a refusal carries, such as `model_not_found`. Its message may repeat the question: it is not shown.
pub(super) fn refusal(body: &[u8]) -> Option<String> {
    let value: Value = serde_json::from_slice(body).ok()?;
    let error = value.get("error")?;
    let code = error.get("code").and_then(Value::as_str).or_else(|| error.get("type").and_then(Value::as_str))?;
    let fits =
        code.len() <= CODE_MAX && code.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'));
    fits.then(|| code.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_its_first_choice_and_a_sane_count() {
        for (body, wanted) in [
            (
                json!({"choices": [{"message": {"role": "assistant", "content": "x"}}], "usage": {"total_tokens": 7}}),
                Some(("x", Some(7))),
            ),
            (json!({"choices": [{"message": {"content": "x"}}]}), Some(("x", None))),
            (json!({"choices": [{"message": {"content": "x"}}], "usage": {"total_tokens": -5}}), Some(("x", None))),
            (json!({"choices": [{"message": {"content": null}}], "usage": null}), Some(("", None))),
            (json!({"choices": []}), Some(("", None))),
            (json!({"choices": [{"message": {"content": [1]}}]}), None),
            (json!({"error": {"message": "secret"}}), None),
            (json!("x"), None),
        ] {
            let got = answer(body.to_string().as_bytes());
            let read = got.as_ref().ok().map(|a| (a.text.as_str(), a.tokens));
            assert_eq!(read, wanted, "{body}");
            assert!(got.err().is_none_or(|e| !e.contains("secret")), "{body}");
        }
        assert!(answer(b"<html>").is_err());
    }

    #[test]
    fn of_a_refusal_only_a_code_is_shown() {
        for (body, wanted) in [
            (json!({"error": {"message": "customer said x", "code": "model_not_found"}}), Some("model_not_found")),
            (
                json!({"error": {"message": "x", "type": "invalid_request_error", "code": null}}),
                Some("invalid_request_error"),
            ),
            (json!({"error": {"code": "customer said x"}}), None),
            (json!({"error": "customer said x"}), None),
            (json!([]), None),
        ] {
            assert_eq!(refusal(body.to_string().as_bytes()).as_deref(), wanted, "{body}");
        }
    }
}
