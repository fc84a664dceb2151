//! How the answer is drawn and where it ends: `inferenceConfig`.
//!
//! <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InferenceConfiguration.html>

use serde_json::{Map, Value};

use super::family::{Family, Thinking};
use crate::provider::Inexpressible;

/// The settings that Converse has for all models.
pub(super) fn inference(
    chat: &Map<String, Value>,
    family: Family,
    thinks: bool,
    dropped: &mut Vec<String>,
) -> Result<Map<String, Value>, Inexpressible> {
    let mut config = Map::new();
    if let Some(limit) = limit(chat)? {
        config.insert("maxTokens".to_owned(), limit.into());
    }
    let mut draw = |name: &str, stays: &dyn Fn(f64) -> bool| {
        let Some(asked) = number(chat, name)? else { return Ok(None) };
        let kept = asked.clamp(0.0, 1.0);
        // 1 changes nothing where it is not taken: nobody misses it.
        if (!stays(kept) && kept != 1.0) || kept != asked {
            dropped.push(name.to_owned());
        }
        Ok(stays(kept).then_some(kept))
    };
    let free = is_free(family, thinks);
    let temperature = draw("temperature", &|_| free)?;
    // Claude takes one of the two, and beside its thoughts hardly any.
    let top_p = draw("top_p", &|value| match family {
        Family::Claude(Thinking::Adaptive) => false,
        Family::Claude(_) if thinks => value >= LEAST_THINKING_TOP_P,
        Family::Claude(_) => temperature.is_none(),
        Family::Nova | Family::Other => true,
    })?;
    for (name, value) in [("temperature", temperature), ("topP", top_p)] {
        if let Some(value) = value {
            config.insert(name.to_owned(), value.into());
        }
    }
    let stops = stop_sequences(chat)?;
    if !stops.is_empty() {
        config.insert("stopSequences".to_owned(), stops.into());
    }
    Ok(config)
}

/// Whether the model lets itself be told how to draw tokens.
pub(super) fn is_free(family: Family, thinks: bool) -> bool {
    match family {
        Family::Claude(Thinking::Adaptive) => false,
        Family::Claude(_) => !thinks,
        Family::Nova | Family::Other => true,
    }
}

/// The most tokens that the answer may have.
pub(super) fn limit(chat: &Map<String, Value>) -> Result<Option<u64>, Inexpressible> {
    for name in ["max_completion_tokens", "max_tokens"] {
        if let Some(asked) = number(chat, name)? {
            let whole = asked >= 1.0 && asked.fract() == 0.0 && asked <= f64::from(i32::MAX);
            return if whole {
                Ok(Some(asked as u64))
            } else {
                Err(Inexpressible::new(name, "must be a whole number of tokens, at least 1"))
            };
        }
    }
    Ok(None)
}

/// Claude thinks at `top_p` from here to 1.
const LEAST_THINKING_TOP_P: f64 = 0.95;

fn number(chat: &Map<String, Value>, name: &str) -> Result<Option<f64>, Inexpressible> {
    match chat.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => {
            let number = value.as_f64();
            number.map(Some).ok_or_else(|| Inexpressible::new(name, "must be a number"))
        }
    }
}

fn stop_sequences(chat: &Map<String, Value>) -> Result<Vec<Value>, Inexpressible> {
    let list = match chat.get("stop") {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(list)) => list.as_slice(),
        Some(one) => std::slice::from_ref(one),
    };
    if list.iter().all(|stop| stop.as_str().is_some_and(|text| !text.is_empty())) {
        return Ok(list.to_vec());
    }
    Err(Inexpressible::new("stop", "must be text or a list of texts, none of them empty"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn drawn(chat: Value, family: Family, thinks: bool) -> (Value, Vec<String>) {
        let Value::Object(chat) = chat else { panic!("{chat}") };
        let mut dropped = Vec::new();
        let config = inference(&chat, family, thinks, &mut dropped).unwrap();
        (Value::Object(config), dropped)
    }

    #[test]
    fn what_a_model_takes_is_sent_and_the_rest_is_named() {
        let both = || json!({"temperature": 0.5, "top_p": 0.9});
        let budget = Family::Claude(Thinking::Budget);
        let adaptive = Family::Claude(Thinking::Adaptive);
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        for (chat, family, thinks, config, dropped) in [
            (both(), Family::Other, false, json!({"temperature": 0.5, "topP": 0.9}), names(&[])),
            (both(), budget, false, json!({"temperature": 0.5}), names(&["top_p"])),
            (both(), budget, true, json!({}), names(&["temperature", "top_p"])),
            (json!({"top_p": 0.97}), budget, true, json!({"topP": 0.97}), names(&[])),
            (both(), adaptive, false, json!({}), names(&["temperature", "top_p"])),
            (json!({"temperature": 1, "top_p": 1}), adaptive, false, json!({}), names(&[])),
            (
                json!({"temperature": 1, "top_p": 1}),
                budget,
                false,
                json!({"temperature": 1.0}),
                names(&[]),
            ),
            (
                json!({"temperature": 1.7}),
                Family::Nova,
                false,
                json!({"temperature": 1.0}),
                names(&["temperature"]),
            ),
            (json!({"temperature": 1.7}), adaptive, false, json!({}), names(&["temperature"])),
            (
                json!({"temperature": -1}),
                budget,
                false,
                json!({"temperature": 0.0}),
                names(&["temperature"]),
            ),
            (
                json!({"max_tokens": 9, "max_completion_tokens": 7.0, "stop": "x"}),
                Family::Other,
                false,
                json!({"maxTokens": 7, "stopSequences": ["x"]}),
                names(&[]),
            ),
            (
                json!({"max_tokens": null, "stop": [], "top_p": null}),
                budget,
                false,
                json!({}),
                names(&[]),
            ),
        ] {
            let about = format!("{chat} {family:?} {thinks}");
            assert_eq!(drawn(chat, family, thinks), (config, dropped), "{about}");
        }
    }

    #[test]
    fn what_is_no_setting_is_refused_by_name() {
        for (chat, field) in [
            (json!({"temperature": "hot"}), "temperature"),
            (json!({"max_tokens": 0}), "max_tokens"),
            (json!({"max_completion_tokens": 1.5, "max_tokens": 3}), "max_completion_tokens"),
            (json!({"max_tokens": 1e12}), "max_tokens"),
            (json!({"stop": ["a", ""]}), "stop"),
            (json!({"stop": 5}), "stop"),
        ] {
            let Value::Object(chat) = chat else { panic!("{chat}") };
            let refusal = inference(&chat, Family::Other, false, &mut Vec::new()).unwrap_err();
            assert_eq!(refusal.field, field);
        }
    }
}
