//! How the next token is drawn: `temperature`, `top_p`, `top_k`.

use serde_json::{Map, Value, json};

use super::{
    fields::{Dropped, given},
    model::Model,
};

/// Puts into `body` what the model takes of the chat's settings; `thinking` says whether it thinks.
///
/// A thinking model takes no temperature but 1, no `top_k`, and `top_p` from 0.95
/// (<https://platform.claude.com/docs/en/build-with-claude/extended-thinking>). What is left out is named, unless it is
/// what holds without it.
pub(super) fn sampling(
    chat: &Map<String, Value>,
    model: Model,
    thinking: bool,
    body: &mut Map<String, Value>,
    dropped: &mut Dropped,
) {
    let number = |name: &str| given(chat, name).map(|value| (value, value.as_f64()));
    let mut put = |name: &str, value: Value| {
        body.insert(name.into(), value);
    };
    let mut warm = false;
    if let Some((value, number)) = number("temperature") {
        match number {
            Some(DEFAULT) if thinking || !model.takes_sampling() => {}
            _ if thinking || !model.takes_sampling() => dropped.name("temperature"),
            Some(number) if !(0.0..=HOTTEST).contains(&number) => {
                put("temperature", json!(number.clamp(0.0, HOTTEST)));
                dropped.name("temperature");
                warm = true;
            }
            _ => {
                put("temperature", value.clone());
                warm = true;
            }
        }
    }
    if let Some((value, number)) = number("top_p") {
        let narrow = number.is_none_or(|number| number < LEAST_TOP_P_OF_A_THINKER);
        let refused = !model.takes_sampling()
            || thinking && narrow
            || warm && !model.takes_temperature_with_top_p();
        match number {
            Some(DEFAULT) if refused => {}
            _ if refused => dropped.name("top_p"),
            _ => put("top_p", value.clone()),
        }
    }
    if let Some((value, _)) = number("top_k") {
        if thinking || !model.takes_sampling() {
            dropped.name("top_k");
        } else {
            put("top_k", value.clone());
        }
    }
}

/// Of `temperature` and of `top_p`.
const DEFAULT: f64 = 1.0;
/// OpenAI's scale ends at 2, this one at 1.
const HOTTEST: f64 = 1.0;
const LEAST_TOP_P_OF_A_THINKER: f64 = 0.95;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_the_model_refuses_are_left_out_and_named() {
        let old = "claude-3-5-haiku-20241022";
        for (model, thinking, chat, expected, names) in [
            (
                old,
                false,
                json!({"temperature": 0.3, "top_p": 0.9, "top_k": 5}),
                json!({"temperature": 0.3, "top_p": 0.9, "top_k": 5}),
                vec![],
            ),
            (
                old,
                false,
                json!({"temperature": 1.7}),
                json!({"temperature": 1.0}),
                vec!["temperature"],
            ),
            (
                "claude-sonnet-4-5",
                false,
                json!({"temperature": 0, "top_p": 0.9}),
                json!({"temperature": 0}),
                vec!["top_p"],
            ),
            (
                "claude-sonnet-4-5",
                false,
                json!({"temperature": 0.5, "top_p": 1}),
                json!({"temperature": 0.5}),
                vec![],
            ),
            (
                "claude-sonnet-4-5",
                true,
                json!({"temperature": 0.5, "top_p": 0.97, "top_k": 5}),
                json!({"top_p": 0.97}),
                vec!["temperature", "top_k"],
            ),
            (
                "claude-sonnet-4-5",
                true,
                json!({"temperature": 1, "top_p": 0.5}),
                json!({}),
                vec!["top_p"],
            ),
            (
                "claude-opus-4-8",
                false,
                json!({"temperature": 0.5, "top_p": 0.5, "top_k": 5}),
                json!({}),
                vec!["temperature", "top_k", "top_p"],
            ),
            (
                "claude-opus-4-8",
                false,
                json!({"temperature": 1.0, "top_p": 1, "top_k": null}),
                json!({}),
                vec![],
            ),
        ] {
            let (mut body, mut dropped) = (Map::new(), Dropped::default());
            sampling(
                chat.as_object().unwrap(),
                Model::named(model),
                thinking,
                &mut body,
                &mut dropped,
            );
            assert_eq!(Value::Object(body), expected, "{model} {chat}");
            assert_eq!(dropped.into_names(), names, "{model} {chat}");
        }
    }
}
