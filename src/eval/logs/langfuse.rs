//! Langfuse's exports of observations and traces, from its interface and API (`traceId`) and from its blob storage export
//! (`trace_id`): <https://langfuse.com/docs/api-and-data-platform/features/blob-storage-export-fields>.

use serde_json::{Map, Value};

use super::{
    call::{Call, Row},
    quantity::{counts, first, money, number, text, time},
    rows::decoded,
    said,
};

pub(super) fn read(fields: &Map<String, Value>) -> Result<Row, String> {
    if !fields.contains_key("input") && !fields.contains_key("output") && !fields.contains_key("id")
    {
        return Err("none of 'input', 'output', 'id'".to_owned());
    }
    if text(fields, &["type"]).is_some_and(|kind| kind != "GENERATION") {
        return Ok(Row::Skip("not a generation"));
    }
    if text(fields, &["level"]).is_some_and(|level| level == "ERROR") {
        return Ok(Row::Skip("failed request"));
    }
    let Some(input) = first(fields, &["input"]) else {
        return Ok(Row::Skip("prompt not logged"));
    };
    let Some(messages) = said::messages(input) else {
        return Ok(Row::Skip("input is no prompt"));
    };
    let mut body = parameters(fields);
    body.insert("messages".to_owned(), messages.into());
    let tools = opened(Some(input));
    if let Some(tools) = tools.as_ref().and_then(|input| input.get("tools")) {
        body.insert("tools".to_owned(), tools.clone());
    }
    let model = text(fields, &["model", "providedModelName", "provided_model_name"]);
    if let Some(model) = &model {
        body.insert("model".to_owned(), model.as_str().into());
    }
    Ok(Row::Call(Box::new(Call {
        at: first(fields, &["startTime", "start_time", "timestamp"]).and_then(time),
        model,
        body,
        answer: fields.get("output").and_then(said::answer),
        cost_nano_usd: cost(fields),
        tokens: tokens(fields),
        ..Call::default()
    })))
}

/// Sampling and the like; their numbers may be text.
fn parameters(fields: &Map<String, Value>) -> Map<String, Value> {
    let given = opened(first(fields, &["modelParameters", "model_parameters"]));
    let Some(Value::Object(given)) = given else { return Map::new() };
    let typed = |value: Value| match number(&value) {
        Some(number) if value.is_string() => number.into(),
        _ => value,
    };
    given.into_iter().map(|(name, value)| (name, typed(value))).collect()
}

fn cost(fields: &Map<String, Value>) -> Option<u64> {
    let names = ["calculatedTotalCost", "totalCost", "total_cost"];
    first(fields, &names).and_then(money).or_else(|| {
        let Some(Value::Object(details)) = opened(first(fields, &["costDetails", "cost_details"]))
        else {
            return None;
        };
        let parts =
            || [details.get("input").and_then(money), details.get("output").and_then(money)];
        details
            .get("total")
            .and_then(money)
            .or_else(|| parts().into_iter().flatten().reduce(|a, b| a + b))
    })
}

fn tokens(fields: &Map<String, Value>) -> Option<super::Tokens> {
    let names = ["usageDetails", "usage_details", "usage"];
    let details = opened(first(fields, &names));
    let details = details.as_ref().and_then(Value::as_object).unwrap_or(fields);
    counts(
        details,
        &["input", "promptTokens", "prompt_tokens", "inputTokens"],
        &["output", "completionTokens", "completion_tokens", "outputTokens"],
    )
}

/// JSON that the export wrote as text.
fn opened(value: Option<&Value>) -> Option<Value> {
    value.map(|value| value.as_str().map_or_else(|| value.clone(), decoded))
}
