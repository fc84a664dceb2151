//! The body for an upstream: the caller's bytes with the model's own name in them.

use bytes::Bytes;
use serde_json::{Value, json};

use crate::api::{chat::ChatRequest, fields};

/// The body to send for `request` to a provider that calls the model `model`.
///
/// With `ask_usage` a stream is asked for its usage chunk, so that it can be accounted for; the caller of this function
/// drops that chunk when the client did not ask for it.
pub fn request_body(request: &ChatRequest, model: &str, ask_usage: bool) -> Bytes {
    let mut changes = vec![("model", fields::quote(model))];
    if request.stream && ask_usage && !request.include_usage {
        let mut options = match request.fields.get::<Value>("stream_options") {
            Ok(Some(Value::Object(options))) => options,
            _ => serde_json::Map::new(),
        };
        options.insert("include_usage".into(), json!(true));
        changes.push(("stream_options", Value::Object(options).to_string()));
    }
    request.fields.rewrite(&changes)
}

/// The body to send for `request` when its answer is wanted in one piece, whatever the caller wants; where the caller sets
/// no limit to its length, `limit` does: a field's name, and tokens.
pub fn unstreamed_body(
    request: &ChatRequest,
    model: &str,
    limit: Option<(&'static str, u64)>,
) -> Bytes {
    let mut changes = vec![("model", fields::quote(model))];
    if let Some((name, tokens)) = limit.filter(|_| request.max_output.is_none()) {
        changes.push((name, tokens.to_string()));
    }
    request.fields.rewrite_without(&["stream", "stream_options"], &changes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(text: &'static str, ask_usage: bool) -> String {
        let request = ChatRequest::parse(Bytes::from_static(text.as_bytes())).unwrap();
        String::from_utf8(request_body(&request, "m2", ask_usage).to_vec()).unwrap()
    }

    #[test]
    fn an_answer_in_one_piece_is_asked_for_without_a_trace_of_the_stream() {
        let text = r#"{"model":"m","stream":true,"stream_options":{"x":1},"messages":[{"role":"user"}],"seed":1}"#;
        let request = ChatRequest::parse(Bytes::from_static(text.as_bytes())).unwrap();
        let body =
            |limit| String::from_utf8(unstreamed_body(&request, "m2", limit).to_vec()).unwrap();
        let bare = r#"{"model":"m2","messages":[{"role":"user"}],"seed":1"#;
        assert_eq!(body(None), format!("{bare}}}"));
        assert_eq!(body(Some(("max_tokens", 9))), format!("{bare},\"max_tokens\":9}}"));
        let limited = text.replace("\"seed\":1", "\"max_tokens\":5");
        let request = ChatRequest::parse(Bytes::from(limited)).unwrap();
        assert!(
            !String::from_utf8_lossy(&unstreamed_body(&request, "m2", Some(("limit", 9))))
                .contains("limit")
        );
    }

    #[test]
    fn only_the_model_and_the_wish_for_usage_change() {
        let plain = r#"{"model":"p/m","messages":[{"role":"user","content":"hi"}],"zz":1.10}"#;
        assert_eq!(body(plain, true), plain.replace("p/m", "m2"));
        let stream =
            r#"{"model":"m","stream":true,"stream_options":{"x":1},"messages":[{"role":"user"}]}"#;
        assert!(body(stream, true).contains(r#""stream_options":{"include_usage":true,"x":1}"#));
        assert_eq!(body(stream, false), stream.replace("\"m\"", "\"m2\""));
    }
}
