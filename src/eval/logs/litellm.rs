//! LiteLLM's logs: `StandardLoggingPayload` (<https://docs.litellm.ai/docs/proxy/logging_spec>) and the rows of the
//! `LiteLLM_SpendLogs` table, which hold prompts only when `store_prompts_in_spend_logs` is on.

use serde_json::{Map, Value};

use super::{
    call::{Call, Row},
    quantity::{counts, first, money, text, time},
    rows::decoded,
    said,
};

pub(super) fn read(mut fields: Map<String, Value>) -> Result<Row, String> {
    // What a custom callback gets holds the payload as one of its arguments.
    if let Some(Value::Object(payload)) = fields.remove("standard_logging_object") {
        fields = payload;
    }
    if text(&fields, &["status"]).is_some_and(|status| status == "failure") {
        return Ok(Row::Skip("failed request"));
    }
    if let Some(call_type) = text(&fields, &["call_type"])
        && !call_type.contains("completion")
    {
        return Ok(Row::Skip("not a chat request"));
    }
    let named = ["messages", "proxy_server_request", "response", "model"];
    if !named.iter().any(|name| fields.contains_key(*name)) {
        return Err("none of 'messages', 'response', 'model'".to_owned());
    }
    let Some(mut body) = body(&fields) else {
        return Ok(Row::Skip("prompt not logged (LiteLLM: store_prompts_in_spend_logs)"));
    };
    let model = text(&fields, &["model"]);
    if let Some(model) = text(&fields, &["model_group"]).or_else(|| model.clone()) {
        body.insert("model".to_owned(), model.into());
    }
    let metadata = fields.get("metadata").map(opened);
    let metadata = metadata.as_ref().and_then(Value::as_object);
    let of_metadata = |names: &[&str]| metadata.and_then(|metadata| text(metadata, names));
    let scope = text(&fields, &["api_key"])
        .or_else(|| of_metadata(&["user_api_key_hash", "user_api_key"]))
        .or_else(|| text(&fields, &["team_id", "user", "end_user"]))
        .or_else(|| of_metadata(&["user_api_key_team_id", "user_api_key_user_id"]));
    Ok(Row::Call(Box::new(Call {
        at: first(&fields, &["startTime"]).and_then(time),
        scope,
        model,
        body,
        answer: fields.get("response").and_then(said::answer),
        cost_nano_usd: first(&fields, &["response_cost", "spend"]).and_then(money),
        tokens: counts(&fields, &["prompt_tokens"], &["completion_tokens"]),
        ..Call::default()
    })))
}

/// The request, as far as it was logged.
fn body(fields: &Map<String, Value>) -> Option<Map<String, Value>> {
    if let Some(messages) = fields.get("messages").and_then(said::messages) {
        let mut body = match fields.get("model_parameters").map(opened) {
            Some(Value::Object(parameters)) => parameters,
            _ => Map::new(),
        };
        body.insert("messages".to_owned(), messages.into());
        return Some(body);
    }
    match fields.get("proxy_server_request").map(opened) {
        Some(Value::Object(mut request)) => {
            // Some versions keep the body, others the whole request with the body in it.
            if let Some(Value::Object(body)) = request.remove("body") {
                request = body;
            }
            request.contains_key("messages").then_some(request)
        }
        _ => None,
    }
}

/// JSON that a database handed out as text.
fn opened(value: &Value) -> Value {
    value.as_str().map_or_else(|| value.clone(), decoded)
}
