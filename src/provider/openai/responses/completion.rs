//! A whole `response` to a `chat.completion`.

use serde_json::{Map, Value, json};

use super::{
    error,
    item::{
        Kind, annotations, call, finish_reason, list, logprobs, paragraphs, says_more_than_a_chat,
        text,
    },
    usage::usage,
};
use crate::provider::{Stamp, Unreadable};

/// The chat completion that says what a response says.
///
/// Reasoning items are kept as they are (`reasoning_items`): their ids and what is encrypted in them must come back
/// unchanged. Where the order or the kinds of items are more than a chat's message can say, all of them are kept
/// (`output_items`).
pub fn completion(answer: &Value, stamp: &Stamp) -> Result<Value, Unreadable> {
    if let Some(error) = error(answer) {
        return Err(Unreadable(error.pointer("/error/message").map(plain).unwrap_or_default()));
    }
    if text(answer, "status") == "failed" {
        return Err(Unreadable("the response failed, and does not say why".to_owned()));
    }
    let Some(output) = answer.get("output").and_then(Value::as_array) else {
        return Err(Unreadable("the answer is no response: it has no 'output'".to_owned()));
    };
    let mut choice = json!({
        "index": 0,
        "message": message(output),
        "finish_reason": finish_reason(text(answer, "status"), answer, output),
    });
    let logprobs: Vec<_> = output.iter().flat_map(logprobs).collect();
    if !logprobs.is_empty() {
        choice["logprobs"] = json!({"content": logprobs, "refusal": null});
    }
    let mut completion = origin(answer, stamp);
    completion.insert("object".into(), "chat.completion".into());
    completion.insert("choices".into(), json!([choice]));
    if let Some(tier) = answer.get("service_tier").filter(|tier| tier.is_string()) {
        completion.insert("service_tier".into(), tier.clone());
    }
    if let Some(usage) = usage(answer) {
        completion.insert("usage".into(), usage);
    }
    Ok(completion.into())
}

/// Who a response is from: its own words where it has some.
pub(super) fn origin(response: &Value, stamp: &Stamp) -> Map<String, Value> {
    let or = |name: &str, other: &str| match text(response, name) {
        "" => other.to_owned(),
        said => said.to_owned(),
    };
    let created = response.get("created_at").and_then(Value::as_f64);
    let created = created.filter(|seconds| *seconds > 0.0).map_or(stamp.created, |s| s as u64);
    Map::from_iter([
        ("id".to_owned(), or("id", &stamp.id).into()),
        ("created".to_owned(), created.into()),
        ("model".to_owned(), or("model", &stamp.model).into()),
    ])
}

fn message(output: &[Value]) -> Map<String, Value> {
    let mut message = Map::from_iter([("role".to_owned(), "assistant".into())]);
    let (mut content, mut refusal) = (String::new(), String::new());
    for part in output.iter().filter(|item| Kind::of(item) == Kind::Message) {
        for part in list(part, "content") {
            content.push_str(text(part, "text"));
            refusal.push_str(text(part, "refusal"));
        }
    }
    let said = |text: String| if text.is_empty() { Value::Null } else { text.into() };
    message.insert("content".into(), said(content));
    if !refusal.is_empty() {
        message.insert("refusal".into(), refusal.into());
    }
    let reasoning: Vec<_> =
        output.iter().filter(|item| Kind::of(item) == Kind::Reasoning).collect();
    let readable: Vec<_> = reasoning.iter().flat_map(|item| paragraphs(item)).collect();
    if !readable.is_empty() {
        message.insert("reasoning_content".into(), readable.join("\n\n").into());
    }
    let calls = output.iter().filter_map(|item| {
        let words = Kind::of(item).call_words()?;
        Some(call(item, words, text(item, words.1)).into())
    });
    let kept = if says_more_than_a_chat(output) { output } else { &[] };
    for (name, list) in [
        ("annotations", output.iter().flat_map(annotations).collect()),
        ("tool_calls", calls.collect()),
        ("reasoning_items", reasoning.into_iter().cloned().collect()),
        ("output_items", kept.to_vec()),
    ] {
        let list: Vec<Value> = list;
        if !list.is_empty() {
            message.insert(name.to_owned(), list.into());
        }
    }
    message
}

fn plain(message: &Value) -> String {
    message.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(answer: Value) -> Result<Value, String> {
        let stamp = Stamp { id: "chatcmpl-test".into(), created: 1, model: "m".into() };
        completion(&answer, &stamp).map_err(|unreadable| unreadable.to_string())
    }

    #[test]
    fn an_error_in_a_success_is_an_error() {
        let failed = json!({"code": "server_error", "message": "it broke"});
        for (answer, message) in [
            (json!({"error": {"message": "overloaded", "type": "server_error"}}), "overloaded"),
            (json!({"error": "overloaded"}), "overloaded"),
            (
                json!({"object": "response", "status": "failed", "error": failed, "output": []}),
                "it broke",
            ),
            (
                json!({"status": "failed", "error": null, "output": []}),
                "the response failed, and does not say why",
            ),
            (json!({"choices": []}), "the answer is no response: it has no 'output'"),
            (json!("<html>"), "the answer is no response: it has no 'output'"),
        ] {
            assert_eq!(read(answer.clone()), Err(message.to_owned()), "{answer}");
        }
    }

    #[test]
    fn an_answer_that_is_not_known_to_be_whole_has_no_finish_reason() {
        for (status, details) in [
            (json!("incomplete"), json!({"reason": "brand_new"})),
            (json!("incomplete"), json!(null)),
            (json!("in_progress"), json!(null)),
            (json!("cancelled"), json!(null)),
            (json!(null), json!(null)),
        ] {
            let answer = json!({"status": status, "incomplete_details": details, "output": []});
            let reason = read(answer.clone()).unwrap()["choices"][0]["finish_reason"].clone();
            assert_eq!(reason, json!(null), "{answer}");
        }
    }

    #[test]
    fn the_stamp_says_what_the_answer_does_not() {
        let read = read(json!({"status": "completed", "output": []})).unwrap();
        assert_eq!(
            read,
            json!({"id": "chatcmpl-test", "object": "chat.completion", "created": 1, "model": "m", "choices": [
                {"index": 0, "message": {"role": "assistant", "content": null}, "finish_reason": "stop"}]})
        );
    }
}
