//! How much a model thinks, and how long its answer may get: thoughts count as answer.
//!
//! `thinking` is Anthropic's own field and goes through as it is. OpenAI's `reasoning_effort` becomes, for a model that
//! thinks adaptively, that and `output_config.effort`; for an older one a budget of tokens. Sources:
//! <https://platform.claude.com/docs/en/build-with-claude/thinking>,
//! <https://platform.claude.com/docs/en/build-with-claude/effort>.

use serde_json::{Map, Value, json};

use super::{
    fields::{Dropped, given},
    model::Model,
};

/// What the request says of thinking.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Reasoning {
    /// The `thinking` field.
    pub thinking: Option<Value>,
    /// The `output_config.effort` field.
    pub effort: Option<&'static str>,
    /// The `max_tokens` field, which the API demands.
    pub max_tokens: Value,
}

impl Reasoning {
    /// The model has been told to think.
    pub(super) fn is_on(&self) -> bool {
        let kind = self.thinking.as_ref().and_then(|thinking| thinking.get("type"));
        kind.is_some_and(|kind| kind != "disabled")
    }
}

/// Reads the chat's wishes. A call of a tool that is `forced` cannot be had from a thinking model: as it changes the
/// answer more than thoughts do, these are then left out, and named.
pub(super) fn reasoning(
    chat: &Map<String, Value>,
    model: Model,
    forced: bool,
    dropped: &mut Dropped,
) -> Reasoning {
    let effort = given(chat, "reasoning_effort").map(|name| name.as_str().unwrap_or_default());
    let thoughts = match given(chat, "thinking") {
        Some(own) => Thoughts::own(own, effort, model, forced, dropped),
        None => effort.map_or_else(
            || Thoughts::unasked(model),
            |effort| Thoughts::of_effort(effort, model, forced, dropped),
        ),
    };
    let limit = given(chat, "max_completion_tokens").or_else(|| given(chat, "max_tokens"));
    thoughts.within(limit, dropped)
}

/// What the model shall think, before the answer's length is settled.
#[derive(Debug, Default)]
struct Thoughts {
    thinking: Option<Value>,
    effort: Option<&'static str>,
    /// Tokens that thoughts may take, about.
    room: u64,
    /// The room is to be the budget.
    budgeted: bool,
}

impl Thoughts {
    /// As the client says in the API's own words.
    fn own(
        thinking: &Value,
        effort: Option<&str>,
        model: Model,
        forced: bool,
        dropped: &mut Dropped,
    ) -> Self {
        let effort = effort.and_then(|name| Effort::level_for(name, model, dropped));
        let quiet = thinking.get("type").is_some_and(|kind| kind == "disabled");
        if quiet {
            return Self { thinking: Some(thinking.clone()), effort, ..Self::default() };
        }
        if forced {
            dropped.name("thinking");
            return Self { effort, ..Self::default() };
        }
        let budget = thinking.get("budget_tokens").and_then(Value::as_u64);
        let room = budget.unwrap_or_else(|| Self::unasked(model).room);
        Self { thinking: Some(thinking.clone()), effort, room, budgeted: false }
    }

    /// As OpenAI's field says.
    fn of_effort(name: &str, model: Model, forced: bool, dropped: &mut Dropped) -> Self {
        let known = Effort::named(name).filter(|_| model.thinks() && !forced);
        let Some(effort) = known else {
            let unasked = Self::unasked(model);
            if name != "none" {
                dropped.name("reasoning_effort");
                return unasked;
            }
            // Some of the models that think unasked cannot be kept from it; all can be kept to little of it.
            let little = model.thinks_unasked().then_some("low");
            if little.is_some() {
                dropped.name("reasoning_effort");
            }
            return Self { effort: little, ..unasked };
        };
        if !model.thinks_adaptively() {
            return Self { room: effort.budget, budgeted: true, ..Self::default() };
        }
        Self {
            thinking: Some(json!({"type": "adaptive"})),
            effort: Effort::level_for(name, model, dropped),
            room: effort.budget,
            budgeted: false,
        }
    }

    /// As the model does when nothing is said.
    fn unasked(model: Model) -> Self {
        Self { room: if model.thinks_unasked() { MEDIUM } else { 0 }, ..Self::default() }
    }

    /// The thoughts within the chat's limit, when it sets one. It covers thoughts and answer with OpenAI, and here.
    fn within(mut self, limit: Option<&Value>, dropped: &mut Dropped) -> Reasoning {
        let tokens = limit.and_then(Value::as_u64);
        let max_tokens = match (limit, tokens) {
            (None, _) => DEFAULT_MAX_TOKENS.saturating_add(self.room).into(),
            (_, Some(tokens)) if self.budgeted && tokens < 2 * LEAST_BUDGET => {
                // No room for thoughts: the limit is the answer's alone.
                self.room = LEAST_BUDGET;
                dropped.name("max_tokens");
                tokens.saturating_add(LEAST_BUDGET).into()
            }
            (Some(limit), tokens) => {
                self.room = self.room.min(tokens.map_or(u64::MAX, |tokens| tokens / 2));
                limit.clone()
            }
        };
        let budget = json!({"type": "enabled", "budget_tokens": self.room});
        let thinking = if self.budgeted { Some(budget) } else { self.thinking };
        Reasoning { thinking, effort: self.effort, max_tokens }
    }
}

/// The answer's length where the chat sets no limit; room for thoughts comes on top.
const DEFAULT_MAX_TOKENS: u64 = 4_096;
/// The API takes no budget below this.
const LEAST_BUDGET: u64 = 1_024;
const MEDIUM: u64 = 8_192;

/// A level of OpenAI's `reasoning_effort`, and `max`, which only Anthropic has.
#[derive(Debug, Clone, Copy)]
struct Effort {
    name: &'static str,
    /// The same in `output_config.effort`.
    level: &'static str,
    /// Tokens to think for a model that wants a budget; the largest leaves room for an answer within the 32,000 tokens
    /// that the smallest of these models gives.
    budget: u64,
}

const EFFORTS: [Effort; 6] = [
    Effort { name: "minimal", level: "low", budget: LEAST_BUDGET },
    Effort { name: "low", level: "low", budget: 2_048 },
    Effort { name: "medium", level: "medium", budget: MEDIUM },
    Effort { name: "high", level: "high", budget: 16_384 },
    Effort { name: "xhigh", level: "xhigh", budget: 24_576 },
    Effort { name: "max", level: "max", budget: 24_576 },
];

impl Effort {
    fn named(name: &str) -> Option<Self> {
        EFFORTS.into_iter().find(|effort| effort.name == name)
    }

    /// The level for a model that takes one; a level that it does not know becomes the one below.
    fn level_for(name: &str, model: Model, dropped: &mut Dropped) -> Option<&'static str> {
        let level = Self::named(name).filter(|_| model.takes_effort()).map(|effort| effort.level);
        let taken = match level {
            Some("xhigh") if !model.takes_extra_high_effort() => Some("high"),
            level => level,
        };
        if level.is_none() || taken != level {
            dropped.name("reasoning_effort");
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(model: &str, forced: bool, chat: Value) -> (Value, Vec<String>) {
        let mut dropped = Dropped::default();
        let plan = reasoning(chat.as_object().unwrap(), Model::named(model), forced, &mut dropped);
        (json!([plan.thinking, plan.effort, plan.max_tokens]), dropped.into_names())
    }

    #[test]
    fn older_models_get_a_budget_within_the_limit() {
        let budget = |tokens: u64| json!({"type": "enabled", "budget_tokens": tokens});
        for (chat, expected, names) in [
            (json!({}), json!([null, null, 4096]), vec![]),
            (json!({"max_tokens": 7}), json!([null, null, 7]), vec![]),
            (json!({"max_tokens": 7, "max_completion_tokens": 8}), json!([null, null, 8]), vec![]),
            (json!({"reasoning_effort": "high"}), json!([budget(16384), null, 20480]), vec![]),
            (
                json!({"reasoning_effort": "high", "max_tokens": 50000}),
                json!([budget(16384), null, 50000]),
                vec![],
            ),
            (
                json!({"reasoning_effort": "high", "max_tokens": 4000}),
                json!([budget(2000), null, 4000]),
                vec![],
            ),
            (
                json!({"reasoning_effort": "low", "max_tokens": 100}),
                json!([budget(1024), null, 1124]),
                vec!["max_tokens"],
            ),
            (json!({"reasoning_effort": "none"}), json!([null, null, 4096]), vec![]),
            (
                json!({"reasoning_effort": "ultra"}),
                json!([null, null, 4096]),
                vec!["reasoning_effort"],
            ),
            (json!({"thinking": budget(2000)}), json!([budget(2000), null, 6096]), vec![]),
            (
                json!({"thinking": budget(2000), "max_tokens": 10, "reasoning_effort": "low"}),
                json!([budget(2000), null, 10]),
                vec!["reasoning_effort"],
            ),
        ] {
            let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
            assert_eq!(plan("claude-sonnet-4-5", false, chat.clone()), (expected, names), "{chat}");
        }
    }

    #[test]
    fn newer_models_think_adaptively() {
        let adaptive = json!({"type": "adaptive"});
        for (model, chat, expected, names) in [
            (
                "claude-opus-4-8",
                json!({"reasoning_effort": "xhigh"}),
                json!([adaptive, "xhigh", 28672]),
                vec![],
            ),
            (
                "claude-sonnet-4-6",
                json!({"reasoning_effort": "xhigh", "max_tokens": 9}),
                json!([adaptive, "high", 9]),
                vec!["reasoning_effort"],
            ),
            (
                "claude-opus-4-8",
                json!({"reasoning_effort": "none"}),
                json!([null, null, 4096]),
                vec![],
            ),
            (
                "claude-opus-5",
                json!({"reasoning_effort": "none"}),
                json!([null, "low", 12288]),
                vec!["reasoning_effort"],
            ),
            ("claude-opus-5", json!({}), json!([null, null, 12288]), vec![]),
            (
                "claude-opus-5",
                json!({"thinking": {"type": "disabled"}}),
                json!([{"type": "disabled"}, null, 4096]),
                vec![],
            ),
            (
                "claude-opus-5",
                json!({"thinking": adaptive, "reasoning_effort": "max"}),
                json!([adaptive, "max", 12288]),
                vec![],
            ),
            (
                "claude-3-5-haiku-20241022",
                json!({"reasoning_effort": "low"}),
                json!([null, null, 4096]),
                vec!["reasoning_effort"],
            ),
        ] {
            let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
            assert_eq!(plan(model, false, chat.clone()), (expected, names), "{model} {chat}");
        }
    }

    #[test]
    fn a_forced_call_counts_for_more_than_thoughts() {
        for (chat, name) in [
            (json!({"reasoning_effort": "low", "max_tokens": 5}), "reasoning_effort"),
            (json!({"thinking": {"type": "adaptive"}, "max_tokens": 5}), "thinking"),
        ] {
            assert_eq!(
                plan("claude-opus-4-8", true, chat),
                (json!([null, null, 5]), vec![name.to_owned()])
            );
        }
        let off = json!({"thinking": {"type": "disabled"}, "max_tokens": 5});
        assert_eq!(
            plan("claude-opus-4-8", true, off),
            (json!([{"type": "disabled"}, null, 5]), vec![])
        );
    }
}
