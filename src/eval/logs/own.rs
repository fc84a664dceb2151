//! Our own traces, as `scrimp bench` replays them, with a few more fields for what else a log may know.

use serde_json::{Map, Value, json};

use super::{
    call::{Call, Row},
    quantity::{counts, first, money, text, time},
    said,
};
use crate::eval::trace::Label;

pub(super) fn read(mut fields: Map<String, Value>) -> Result<Row, String> {
    let prompt = text(&fields, &["text", "prompt", "question"]);
    let messages = match fields.remove("messages") {
        Some(Value::Array(messages)) if !messages.is_empty() => messages,
        Some(Value::Null) | None => match prompt {
            Some(text) => vec![json!({"role": "user", "content": text})],
            None => return Err("neither 'text' nor 'messages'".to_owned()),
        },
        Some(_) => return Err("'messages' is not a list of turns".to_owned()),
    };
    let mut body = Map::new();
    body.insert("messages".to_owned(), messages.into());
    if let Some(model) = text(&fields, &["model"]) {
        body.insert("model".to_owned(), model.into());
    }
    Ok(Row::Call(Box::new(Call {
        at: first(&fields, &["at"]).and_then(time),
        scope: text(&fields, &["scope"]),
        body,
        answer: fields.get("answer").and_then(said::answer),
        label: Label::of(fields.get("cluster").cloned()),
        kind: text(&fields, &["kind"]),
        cost_nano_usd: first(&fields, &["cost_usd"]).and_then(money),
        tokens: counts(&fields, &["input_tokens"], &["output_tokens"]),
        ..Call::default()
    })))
}
