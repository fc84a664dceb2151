//! `reasoning_effort` and `thinking` as a `thinkingConfig`.

use serde_json::{Map, Value, json};

use super::family::{Control, Family};

/// How much thinking is asked for.
enum Wish {
    Off,
    /// As much as the model finds right.
    Free,
    Effort(Effort),
    /// In tokens.
    Budget(u64),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Effort {
    Minimal,
    Low,
    Medium,
    High,
    /// More than `high`, which only some vendors have.
    Beyond,
}

/// The `thinkingConfig` for `chat`; `None` where nothing is asked for, or the model does not think.
///
/// What the model cannot do is brought into its range and named in `dropped`. Thoughts come with the answer whenever
/// thinking was asked for: they are billed either way.
///
/// The budgets of the efforts are those of Google's own compatible API:
/// <https://ai.google.dev/gemini-api/docs/openai#thinking>.
pub(super) fn config(
    chat: &Map<String, Value>,
    family: Family,
    dropped: &mut Vec<String>,
) -> Option<Value> {
    let (field, wish) = wish(chat, dropped)?;
    let (config, exact) = match family.thinking() {
        Control::Absent => {
            if !matches!(wish, Wish::Off) {
                dropped.push(field.to_owned());
            }
            return None;
        }
        Control::Budget { off, least, most } => {
            let wanted = match wish {
                Wish::Off if off => return Some(json!({"thinkingBudget": 0})),
                Wish::Off => 0,
                Wish::Free => return Some(json!({"includeThoughts": true, "thinkingBudget": -1})),
                Wish::Effort(Effort::Minimal | Effort::Low) => LOW_TOKENS,
                Wish::Effort(Effort::Medium) => MEDIUM_TOKENS,
                Wish::Effort(Effort::High) => HIGH_TOKENS,
                Wish::Effort(Effort::Beyond) => most,
                Wish::Budget(tokens) => tokens,
            };
            let budget = wanted.clamp(least, most);
            let config = json!({"includeThoughts": true, "thinkingBudget": budget});
            (config, budget == wanted)
        }
        Control::Level { minimal } => {
            let (level, exact) = match wish {
                Wish::Free => return Some(json!({"includeThoughts": true})),
                Wish::Off | Wish::Effort(Effort::Minimal) if minimal => ("MINIMAL", true),
                Wish::Off | Wish::Effort(Effort::Minimal) => ("LOW", false),
                Wish::Effort(Effort::Low) | Wish::Budget(..=LOW_TOKENS) => ("LOW", true),
                Wish::Effort(Effort::Medium) | Wish::Budget(..=MEDIUM_TOKENS) => ("MEDIUM", true),
                Wish::Effort(Effort::High) | Wish::Budget(_) => ("HIGH", true),
                Wish::Effort(Effort::Beyond) => ("HIGH", false),
            };
            let mut config = json!({"thinkingLevel": level});
            if !matches!(wish, Wish::Off) {
                config["includeThoughts"] = true.into();
            }
            (config, exact)
        }
    };
    if !exact {
        dropped.push(field.to_owned());
    }
    Some(config)
}

const LOW_TOKENS: u64 = 1024;
const MEDIUM_TOKENS: u64 = 8192;
const HIGH_TOKENS: u64 = 24_576;

/// What is asked for, and the field that asks.
fn wish(chat: &Map<String, Value>, dropped: &mut Vec<String>) -> Option<(&'static str, Wish)> {
    let effort = chat.get("reasoning_effort").filter(|value| !value.is_null());
    let thinking = chat.get("thinking").filter(|value| !value.is_null()).and_then(|thinking| {
        let kind = thinking.get("type").and_then(Value::as_str);
        let budget = thinking.get("budget_tokens").and_then(Value::as_u64);
        match (kind, budget) {
            (Some("disabled"), _) => Some(Wish::Off),
            (Some("enabled"), Some(tokens)) => Some(Wish::Budget(tokens)),
            (Some("enabled" | "adaptive"), _) => Some(Wish::Free),
            _ => {
                dropped.push(THINKING.to_owned());
                None
            }
        }
    });
    let effort = effort.and_then(|effort| {
        let wish = match effort.as_str() {
            Some("none") => Some(Wish::Off),
            Some("minimal") => Some(Wish::Effort(Effort::Minimal)),
            Some("low") => Some(Wish::Effort(Effort::Low)),
            Some("medium") => Some(Wish::Effort(Effort::Medium)),
            Some("high") => Some(Wish::Effort(Effort::High)),
            Some("xhigh" | "max") => Some(Wish::Effort(Effort::Beyond)),
            _ => None,
        };
        if wish.is_none() || matches!(thinking, Some(Wish::Off | Wish::Budget(_))) {
            dropped.push(REASONING_EFFORT.to_owned());
        }
        wish
    });
    match (thinking, effort) {
        (None | Some(Wish::Free), Some(effort)) => Some((REASONING_EFFORT, effort)),
        (thinking, _) => Some((THINKING, thinking?)),
    }
}

const THINKING: &str = "thinking";
const REASONING_EFFORT: &str = "reasoning_effort";

#[cfg(test)]
mod tests {
    use super::*;

    fn configured(chat: &Value, model: &str) -> (Value, Vec<String>) {
        let mut dropped = Vec::new();
        let config = config(chat.as_object().unwrap(), Family::of(model), &mut dropped);
        (config.unwrap_or(Value::Null), dropped)
    }

    fn effort(effort: &str) -> Value {
        json!({ "reasoning_effort": effort })
    }

    fn budget(tokens: u64) -> Value {
        json!({"thinking": {"type": "enabled", "budget_tokens": tokens}})
    }

    #[test]
    fn effort_and_budget_become_what_the_model_understands() {
        let tokens = |tokens: i64| json!({"includeThoughts": true, "thinkingBudget": tokens});
        let level = |level: &str| json!({"includeThoughts": true, "thinkingLevel": level});
        let off = json!({"thinking": {"type": "disabled"}});
        let free = json!({"thinking": {"type": "adaptive"}});
        let mut both = free.clone();
        both["reasoning_effort"] = "low".into();
        for (chat, model, expected, exact) in [
            (json!({}), "gemini-2.5-pro", Value::Null, true),
            (json!({"thinking": null}), "gemini-3-pro", Value::Null, true),
            (effort("low"), "gemini-2.5-flash", tokens(1024), true),
            (effort("medium"), "gemini-2.5-flash", tokens(8192), true),
            (effort("high"), "gemini-2.5-flash", tokens(24_576), true),
            (effort("xhigh"), "gemini-2.5-pro", tokens(32_768), true),
            (effort("none"), "gemini-2.5-flash", json!({"thinkingBudget": 0}), true),
            (effort("none"), "gemini-2.5-pro", tokens(128), false),
            (effort("high"), "gemini-2.0-flash", Value::Null, false),
            (effort("none"), "gemini-2.0-flash", Value::Null, true),
            (effort("minimal"), "gemini-3.5-flash", level("MINIMAL"), true),
            (effort("none"), "gemini-3.5-flash", json!({"thinkingLevel": "MINIMAL"}), true),
            (effort("none"), "gemini-4-argon", json!({"thinkingLevel": "LOW"}), false),
            (effort("minimal"), "gemini-3.7-flash", level("LOW"), false),
            (effort("medium"), "gemini-3.1-pro", level("MEDIUM"), true),
            (effort("max"), "gemini-3.1-pro", level("HIGH"), false),
            (effort("frantic"), "gemini-3.1-pro", Value::Null, false),
            (budget(5000), "gemini-2.5-pro", tokens(5000), true),
            (budget(50_000), "gemini-2.5-pro", tokens(32_768), false),
            (budget(100), "gemini-2.5-flash-lite", tokens(512), false),
            (budget(1024), "gemini-3.1-pro", level("LOW"), true),
            (budget(5000), "gemini-3.1-pro", level("MEDIUM"), true),
            (budget(31_999), "gemini-3.1-pro", level("HIGH"), true),
            (off.clone(), "gemini-2.5-flash", json!({"thinkingBudget": 0}), true),
            (off, "gemini-3.1-pro", json!({"thinkingLevel": "LOW"}), false),
            (free.clone(), "gemini-2.5-pro", tokens(-1), true),
            (free, "gemini-3.1-pro", json!({"includeThoughts": true}), true),
            (both, "gemini-3.1-pro", level("LOW"), true),
            (json!({"thinking": {"type": "new"}}), "gemini-3.1-pro", Value::Null, false),
            (json!({"thinking": 5}), "gemini-3.1-pro", Value::Null, false),
        ] {
            let (config, dropped) = configured(&chat, model);
            assert_eq!(config, expected, "{chat} for {model}");
            assert_eq!(dropped.is_empty(), exact, "{chat} for {model}: {dropped:?}");
        }
    }

    #[test]
    fn a_budget_goes_before_an_effort() {
        let mut chat = budget(2000);
        chat["reasoning_effort"] = "high".into();
        let (config, dropped) = configured(&chat, "gemini-2.5-pro");
        assert_eq!(config["thinkingBudget"], 2000);
        assert_eq!(dropped, ["reasoning_effort"]);
    }
}
