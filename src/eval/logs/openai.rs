//! OpenAI's shapes: `{"request", "response"}` pairs as gateways and wrappers log them, bare request bodies, and the input
//! and output files of the Batch API (<https://platform.openai.com/docs/guides/batch>).

use serde_json::{Map, Value};

use super::{
    call::{Call, Row},
    quantity::{first, money, text, time, usage},
    said,
};

/// Names under which a log keeps the time of a call.
const TIMES: [&str; 7] =
    ["timestamp", "created_at", "created", "time", "at", "start_time", "startTime"];
/// Names under which a log keeps the caller; a key is better hashed, and is hashed again before it is used.
const CALLERS: [&str; 6] = ["scope", "api_key_hash", "api_key", "key", "team", "user"];

pub(super) fn read(mut fields: Map<String, Value>) -> Result<Row, String> {
    if let Some(id) = text(&fields, &["custom_id"]) {
        return batch(id, fields);
    }
    let request = match fields.remove("request") {
        Some(Value::Object(request)) => body_of(request),
        Some(_) => return Err("'request' is not an object".to_owned()),
        None if fields.contains_key("messages") => {
            let around = surroundings(&mut fields);
            let response = around.get("response").cloned();
            return Ok(call(fields, response, &around));
        }
        None => return Err("neither 'request' nor 'messages'".to_owned()),
    };
    let response = fields.remove("response");
    Ok(call(request, response, &fields))
}

/// Takes what a log adds to a bare body out of it, as what is in the body tells requests apart.
fn surroundings(body: &mut Map<String, Value>) -> Map<String, Value> {
    const OTHERS: [&str; 8] =
        ["response", "id", "request_id", "status", "cost_usd", "cost", "latency_ms", "duration"];
    let names = TIMES.iter().chain(&CALLERS).chain(&OTHERS);
    // A body's own `user` names a user of the caller, and is no scope.
    let names = names.filter(|name| **name != "user");
    names.filter_map(|name| Some(((*name).to_owned(), body.remove(*name)?))).collect()
}

/// The body itself, where a log wraps it with method and headers.
fn body_of(mut request: Map<String, Value>) -> Map<String, Value> {
    match request.remove("body") {
        Some(Value::Object(body)) => body,
        Some(Value::String(body)) => serde_json::from_str(&body).unwrap_or(request),
        _ => request,
    }
}

fn call(body: Map<String, Value>, response: Option<Value>, around: &Map<String, Value>) -> Row {
    let status = around.get("status").or_else(|| response.as_ref()?.get("status_code"));
    let refused = status.and_then(Value::as_u64).is_some_and(|status| status >= 400);
    let response = response.map(|response| match response {
        Value::Object(fields) => Value::Object(body_of(fields)),
        other => other,
    });
    let error = response.as_ref().and_then(|response| response.get("error"));
    if refused || error.is_some_and(|error| !error.is_null()) {
        return Row::Skip("failed request");
    }
    if !body.contains_key("messages") {
        return Row::Skip("not a chat request");
    }
    let of_response = |name: &str| response.as_ref().and_then(|response| response.get(name));
    Row::Call(Box::new(Call {
        at: first(around, &TIMES).or_else(|| of_response("created")).and_then(time),
        scope: text(around, &CALLERS),
        model: of_response("model").and_then(Value::as_str).map(str::to_owned),
        answer: response.as_ref().and_then(said::answer),
        cost_nano_usd: first(around, &["cost_usd", "cost"]).and_then(money),
        tokens: of_response("usage").and_then(usage),
        body,
        ..Call::default()
    }))
}

/// A line of a batch's input, output or error file.
fn batch(id: String, mut fields: Map<String, Value>) -> Result<Row, String> {
    if let Some(Value::Object(body)) = fields.remove("body") {
        let chat = text(&fields, &["url"]).is_none_or(|url| url.ends_with("/chat/completions"));
        return Ok(match call(body, None, &Map::new()) {
            Row::Call(call) if chat => Row::Asked { id, call },
            _ => Row::Skip("not a chat request"),
        });
    }
    let Some(response) = fields.remove("response") else {
        return Err("neither 'body' nor 'response'".to_owned());
    };
    let response = response.get("body").cloned().filter(|_| {
        response.get("status_code").and_then(Value::as_u64).is_none_or(|status| status < 400)
    });
    let Some(response) = response else { return Ok(Row::Skip("failed request")) };
    let model = response.get("model").and_then(Value::as_str).map(str::to_owned);
    let call = Call {
        at: response.get("created").and_then(time),
        model,
        answer: said::answer(&response),
        tokens: response.get("usage").and_then(usage),
        ..Call::default()
    };
    Ok(Row::Answered { id, call: Box::new(call) })
}
