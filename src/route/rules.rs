//! The first layer: what can be decided without a model. The caller's wish, the operator's rules, the policy of the
//! caller's key, then length.

use regex::Regex;

use super::{Choice, Signals};
use crate::config::{Action, CascadeStream, Conditions, KeyPolicy, Router, Rule, Tiers};

/// What the first layer says.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// This tier.
    Tier(Choice),
    /// The learned choice decides.
    Learned {
        /// Its aim, a share of the frontier's quality, where it is not the router's own.
        quality: Option<f64>,
        /// Who set that aim, for `x-scrimp-reason`.
        because: Option<String>,
    },
    /// The cheap tier, and a better one where its answer does not do.
    Cascade {
        /// What becomes of streams.
        stream: CascadeStream,
        /// The cheap tier, and why.
        choice: Choice,
    },
}

/// The decision of the first layer.
pub fn choose(signals: &Signals<'_>, router: &Router, tiers: &Tiers) -> Decision {
    if let Some(tier) = signals.insisted {
        let reason = "tier named by the caller".to_owned();
        return Decision::Tier(Choice { tier: tier.clone(), reason, decided_by: "caller" });
    }
    let holds = |rule: &&Rule| failing(&rule.conditions, signals).is_none();
    if let Some(rule) = router.rules.iter().find(holds) {
        let reason = format!("rule '{}'", rule.name);
        return match &rule.action {
            Action::Tier(tier) => {
                Decision::Tier(Choice { tier: tier.clone(), reason, decided_by: "rule" })
            }
            Action::Quality(quality) => learned(signals, router, tiers, Some((*quality, reason))),
            Action::Cascade { stream } => Decision::Cascade {
                stream: *stream,
                choice: Choice {
                    tier: tiers.cheap().tier.clone(),
                    reason: format!("{reason}: cascade"),
                    decided_by: "rule",
                },
            },
        };
    }
    let reason = format!("key '{}'", signals.key.unwrap_or_default());
    match signals.key_policy {
        Some(KeyPolicy::Tier(tier)) => {
            Decision::Tier(Choice { tier: tier.clone(), reason, decided_by: "key" })
        }
        Some(KeyPolicy::Quality(quality)) => {
            learned(signals, router, tiers, Some((*quality, reason)))
        }
        None => learned(signals, router, tiers, None),
    }
}

/// The learned choice, for prompts that it can judge.
fn learned(
    signals: &Signals<'_>,
    router: &Router,
    tiers: &Tiers,
    aim: Option<(f64, String)>,
) -> Decision {
    if signals.tokens <= router.long_prompt_tokens {
        let (quality, because) = aim.unzip();
        return Decision::Learned { quality, because };
    }
    let reason = format!("about {} tokens, over {}", signals.tokens, router.long_prompt_tokens);
    let tier = tiers.frontier().tier.clone();
    Decision::Tier(Choice { tier, reason, decided_by: "length" })
}

/// The first condition that does not hold, by its key in the configuration; `None` when all hold.
pub fn failing(conditions: &Conditions, signals: &Signals<'_>) -> Option<&'static str> {
    let Conditions {
        matches,
        system,
        min_tokens,
        max_tokens,
        min_turns,
        tools,
        images,
        code,
        json,
        header,
        key,
    } = conditions;
    let matched =
        |pattern: &Option<Regex>, text| pattern.as_ref().is_none_or(|it| it.is_match(text));
    let is = |wanted: &Option<bool>, found| wanted.is_none_or(|wanted| wanted == found);
    let sent = |(name, value): &(String, String)| {
        let mut found = signals.headers.get_all(name.as_str()).iter();
        found.any(|found| found.as_bytes() == value.as_bytes())
    };
    // What is cheap to ask comes first.
    let failing = match () {
        () if !is(tools, signals.tools > 0) => "tools",
        () if !is(images, signals.images > 0) => "images",
        () if !is(json, signals.json) => "json",
        () if !is(code, signals.code) => "code",
        () if min_tokens.is_some_and(|least| signals.tokens < least) => "min_tokens",
        () if max_tokens.is_some_and(|most| signals.tokens > most) => "max_tokens",
        () if min_turns.is_some_and(|least| signals.earlier_turns < least) => "min_turns",
        () if key.is_some() && key.as_deref() != signals.key => "key",
        () if !header.as_ref().is_none_or(sent) => "header",
        () if !matched(matches, signals.question) => "matches",
        () if !matched(system, signals.system) => "system",
        () => return None,
    };
    Some(failing)
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
