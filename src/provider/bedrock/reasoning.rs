//! How much a model thinks before it answers. Only Claude is told: other families have settings of their own for it.

use serde_json::{Map, Value, json};

use super::{
    conversation::Conversation,
    family::{Family, Thinking},
    sampling, tools,
};

/// What Claude is told about thinking.
#[derive(Debug, Default)]
pub(super) struct Reasoning {
    /// Anthropic's `thinking`.
    pub(super) thinking: Option<Value>,
    /// The effort of `outputConfig`.
    pub(super) effort: Option<String>,
}

impl Reasoning {
    /// Whether thoughts come before the answer.
    pub(super) fn thinks(&self) -> bool {
        self.thinking.as_ref().is_some_and(is_on)
    }
}

/// What `thinking`, `reasoning_effort` and the effort of `output_config` come to for a family.
pub(super) fn read(
    chat: &Map<String, Value>,
    family: Family,
    conversation: &Conversation,
    dropped: &mut Vec<String>,
) -> Reasoning {
    let wish = Wish {
        thinking: chat.get("thinking").filter(|thinking| thinking.is_object()),
        effort: Effort::asked(chat),
        forced: tools::is_forced(chat),
        may_begin: !conversation.calls_without_thoughts,
        // The limit counts thoughts and answer, which gets half of it at least.
        most_tokens: sampling::limit(chat).ok().flatten().map_or(u64::MAX, |limit| limit / 2),
    };
    match family {
        Family::Claude(Thinking::Budget) => wish.budgeted(dropped),
        Family::Claude(generation @ (Thinking::Either | Thinking::Adaptive)) => {
            wish.adaptive(generation, dropped)
        }
        Family::Claude(Thinking::Never) | Family::Nova | Family::Other => {
            dropped.extend(wish.thinking.filter(|wish| is_on(wish)).map(|_| "thinking".to_owned()));
            let effort = wish.effort.filter(|effort| effort.level != "none");
            dropped.extend(effort.map(|effort| effort.field.to_owned()));
            Reasoning::default()
        }
    }
}

/// What a request says that bears on thinking.
struct Wish<'a> {
    thinking: Option<&'a Value>,
    effort: Option<Effort<'a>>,
    /// A tool must be called: that leaves no room for thoughts, and changes the answer more than they do.
    forced: bool,
    /// Thoughts may begin: a turn that called tools must have begun with some.
    may_begin: bool,
    /// The largest budget.
    most_tokens: u64,
}

impl Wish<'_> {
    /// For models that think within a budget.
    fn budgeted(&self, dropped: &mut Vec<String>) -> Reasoning {
        let (field, thinking) = match (self.thinking, self.effort) {
            (Some(asked), effort) if kind(asked) == "adaptive" => {
                ("thinking", self.budget(effort.map_or("high", |effort| effort.level)))
            }
            (Some(asked), effort) => {
                dropped.extend(effort.map(|effort| effort.field.to_owned()));
                ("thinking", Some(asked.clone()))
            }
            (None, Some(effort)) if effort.level != "none" => {
                let wants_thoughts = effort.wants_thoughts();
                (effort.field, self.budget(effort.level).filter(|_| wants_thoughts))
            }
            (None, _) => return Reasoning::default(),
        };
        let may_think = self.may_begin && !self.forced;
        let thinking = thinking.filter(|thinking| may_think || !is_on(thinking));
        if thinking.is_none() {
            dropped.push(field.to_owned());
        }
        Reasoning { thinking, effort: None }
    }

    /// For models that think as much as they find right.
    fn adaptive(&self, generation: Thinking, dropped: &mut Vec<String>) -> Reasoning {
        let effort = self.effort.and_then(|effort| effort.named(generation, dropped));
        let thinking = match self.thinking {
            Some(asked) if self.forced && is_on(asked) => {
                dropped.push("thinking".to_owned());
                None
            }
            Some(asked) if kind(asked) == "enabled" && generation == Thinking::Adaptive => {
                Some(unbudgeted(asked))
            }
            Some(asked) => Some(asked.clone()),
            None => {
                let effort = self.effort.filter(|effort| effort.wants_thoughts() && !self.forced);
                effort.map(|_| json!({"type": "adaptive"}))
            }
        };
        Reasoning { thinking, effort: effort.map(str::to_owned) }
    }

    /// Thinking with a budget that fits; `None` where the request leaves no room for any.
    fn budget(&self, level: &str) -> Option<Value> {
        let wish = match level {
            "minimal" => LEAST_BUDGET_TOKENS,
            "low" => 2048,
            "medium" => 8192,
            "high" => 16_384,
            "xhigh" | "max" => 24_576,
            _ => return None,
        };
        let budget = wish.min(self.most_tokens);
        (self.may_begin && budget >= LEAST_BUDGET_TOKENS)
            .then(|| json!({"type": "enabled", "budget_tokens": budget}))
    }
}

/// The least that Claude takes for a budget.
const LEAST_BUDGET_TOKENS: u64 = 1024;

/// An effort and the field that it comes from.
#[derive(Debug, Clone, Copy)]
struct Effort<'a> {
    level: &'a str,
    field: &'static str,
}

impl<'a> Effort<'a> {
    fn asked(chat: &'a Map<String, Value>) -> Option<Self> {
        let native = chat.get("output_config").and_then(|config| config.get("effort"));
        let of = |value: Option<&'a Value>, field| {
            Some(Self { level: value.and_then(Value::as_str)?, field })
        };
        of(native, "output_config.effort")
            .or_else(|| of(chat.get("reasoning_effort"), "reasoning_effort"))
    }

    /// OpenAI's effort is one of thinking; Anthropic's is one of the whole answer, thoughts or not.
    fn wants_thoughts(&self) -> bool {
        self.field == "reasoning_effort" && self.level != "none"
    }

    /// The level by Converse's name. One that a model lacks becomes the next that it has, and is named.
    fn named(self, generation: Thinking, dropped: &mut Vec<String>) -> Option<&'a str> {
        let newest = generation == Thinking::Adaptive;
        let level = match self.level {
            level @ ("low" | "medium" | "high" | "max") => return Some(level),
            "xhigh" if newest => return Some("xhigh"),
            // Unless told to, these do not think.
            "none" if !newest => return None,
            "xhigh" => Some("high"),
            "minimal" | "none" => Some("low"),
            _ => None,
        };
        dropped.push(self.field.to_owned());
        level
    }
}

fn kind(thinking: &Value) -> &str {
    thinking.get("type").and_then(Value::as_str).unwrap_or_default()
}

fn is_on(thinking: &Value) -> bool {
    kind(thinking) != "disabled"
}

fn unbudgeted(thinking: &Value) -> Value {
    let mut thinking = thinking.clone();
    if let Some(fields) = thinking.as_object_mut() {
        fields.remove("budget_tokens");
        fields.insert("type".to_owned(), "adaptive".into());
    }
    thinking
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is told of thinking and of effort, and what is named as left out.
    fn told(chat: &Value, family: Family, conversation: &Conversation) -> (Value, Value, String) {
        let mut dropped = Vec::new();
        let Reasoning { thinking, effort } =
            read(chat.as_object().unwrap(), family, conversation, &mut dropped);
        (thinking.unwrap_or_default(), effort.into(), dropped.join(" "))
    }

    fn tokens(budget: u64) -> Value {
        json!({"type": "enabled", "budget_tokens": budget})
    }

    #[test]
    fn each_generation_is_told_in_its_words() {
        use Thinking::{Adaptive, Budget, Either, Never};
        let own = || json!({"type": "adaptive"});
        let none = || Value::Null;
        for (generation, chat, thinking, effort, dropped) in [
            (Never, json!({"reasoning_effort": "low"}), none(), none(), "reasoning_effort"),
            (Never, json!({"reasoning_effort": "none"}), none(), none(), ""),
            (Never, json!({"thinking": own()}), none(), none(), "thinking"),
            (Never, json!({"thinking": {"type": "disabled"}}), none(), none(), ""),
            (Budget, json!({"reasoning_effort": "medium"}), tokens(8192), none(), ""),
            (Budget, json!({"reasoning_effort": "none"}), none(), none(), ""),
            (Budget, json!({"reasoning_effort": "odd"}), none(), none(), "reasoning_effort"),
            (Budget, json!({"thinking": tokens(2000)}), tokens(2000), none(), ""),
            (Budget, json!({"thinking": own()}), tokens(16_384), none(), ""),
            (Either, json!({"reasoning_effort": "low"}), own(), json!("low"), ""),
            (
                Either,
                json!({"reasoning_effort": "xhigh"}),
                own(),
                json!("high"),
                "reasoning_effort",
            ),
            (Either, json!({"reasoning_effort": "none"}), none(), none(), ""),
            (Either, json!({"thinking": tokens(2000)}), tokens(2000), none(), ""),
            (Adaptive, json!({"reasoning_effort": "xhigh"}), own(), json!("xhigh"), ""),
            (
                Adaptive,
                json!({"reasoning_effort": "none"}),
                none(),
                json!("low"),
                "reasoning_effort",
            ),
            (Adaptive, json!({"reasoning_effort": "odd"}), own(), none(), "reasoning_effort"),
            (Adaptive, json!({"thinking": tokens(2000)}), own(), none(), ""),
        ] {
            let found = told(&chat, Family::Claude(generation), &Conversation::default());
            assert_eq!(found, (thinking, effort, dropped.to_owned()), "{generation:?} {chat}");
        }
    }

    #[test]
    fn an_effort_of_the_whole_answer_asks_for_no_thoughts() {
        let chat = json!({"output_config": {"effort": "max"}, "reasoning_effort": "low"});
        for (generation, effort, dropped) in [
            (Thinking::Budget, Value::Null, "output_config.effort"),
            (Thinking::Either, json!("max"), ""),
        ] {
            let found = told(&chat, Family::Claude(generation), &Conversation::default());
            assert_eq!(found, (Value::Null, effort, dropped.to_owned()), "{generation:?}");
        }
    }

    #[test]
    fn a_budget_leaves_room_for_the_answer() {
        for (limit, budget) in
            [(100_000, tokens(16_384)), (4000, tokens(2000)), (2000, Value::Null)]
        {
            let chat = json!({"reasoning_effort": "high", "max_tokens": limit});
            let budgeted = Family::Claude(Thinking::Budget);
            let (thinking, _, dropped) = told(&chat, budgeted, &Conversation::default());
            assert_eq!(dropped.is_empty(), thinking.is_object(), "{limit}");
            assert_eq!(thinking, budget, "{limit}");
        }
    }

    #[test]
    fn a_tool_that_must_be_called_leaves_no_room_for_thoughts() {
        for (wish, generation, effort, dropped) in [
            ("reasoning_effort", Thinking::Budget, Value::Null, "reasoning_effort"),
            ("reasoning_effort", Thinking::Adaptive, json!("low"), ""),
            ("thinking", Thinking::Budget, Value::Null, "thinking"),
            ("thinking", Thinking::Adaptive, Value::Null, "thinking"),
        ] {
            let value = if wish == "thinking" { tokens(2000) } else { json!("low") };
            let chat = json!({"tool_choice": "required", wish: value});
            let found = told(&chat, Family::Claude(generation), &Conversation::default());
            assert_eq!(found, (Value::Null, effort, dropped.to_owned()), "{generation:?} {chat}");
        }
    }

    #[test]
    fn a_turn_that_called_tools_without_thoughts_is_not_joined_by_some() {
        let conversation = Conversation { calls_without_thoughts: true, ..Conversation::default() };
        let off = json!({"type": "disabled"});
        for (chat, generation, thinking, dropped) in [
            (json!({"reasoning_effort": "low"}), Thinking::Budget, Value::Null, "reasoning_effort"),
            (json!({"thinking": tokens(4000)}), Thinking::Budget, Value::Null, "thinking"),
            (json!({"thinking": off}), Thinking::Budget, off, ""),
            // These may begin anywhere.
            (json!({"thinking": tokens(4000)}), Thinking::Either, tokens(4000), ""),
        ] {
            let found = told(&chat, Family::Claude(generation), &conversation);
            assert_eq!(found, (thinking, Value::Null, dropped.to_owned()), "{chat}");
        }
    }
}
