//! The first layer: what can be decided without a model. Explicit wishes, then the operator's rules, then length.

use http::HeaderMap;

use crate::config::{Router, Rule, Tier};

/// What is known of a request for `model: auto`.
#[derive(Debug, Clone, Copy)]
pub struct Signals<'a> {
    /// The tier that the caller insists on.
    pub insisted: Option<Tier>,
    /// The last user turn.
    pub question: &'a str,
    /// Prompt tokens, estimated.
    pub tokens: usize,
    /// Tools on offer.
    pub tools: usize,
    /// The prompt holds code.
    pub code: bool,
    /// Request headers.
    pub headers: &'a HeaderMap,
}

/// A tier, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The tier.
    pub tier: Tier,
    /// For `x-scrimp-reason`.
    pub reason: String,
    /// Which layer decided, for metrics: `caller`, `rule`, `length`, `classifier`, `default`.
    pub decided_by: &'static str,
}

/// The choice of the first layer; `None` leaves it to the classifier.
pub fn choose(signals: &Signals<'_>, router: &Router) -> Option<Choice> {
    if let Some(tier) = signals.insisted {
        return Some(Choice {
            tier,
            reason: "tier named by the caller".to_owned(),
            decided_by: "caller",
        });
    }
    if let Some(rule) = router.rules.iter().find(|rule| holds(rule, signals)) {
        return Some(Choice {
            tier: rule.tier,
            reason: format!("rule '{}'", rule.name),
            decided_by: "rule",
        });
    }
    if signals.tokens > router.long_prompt_tokens {
        let reason = format!("about {} tokens, over {}", signals.tokens, router.long_prompt_tokens);
        return Some(Choice { tier: Tier::Frontier, reason, decided_by: "length" });
    }
    None
}

fn holds(rule: &Rule, signals: &Signals<'_>) -> bool {
    let Rule { name: _, matches, min_tokens, max_tokens, tools, code, header, tier: _ } = rule;
    matches.as_ref().is_none_or(|pattern| pattern.is_match(signals.question))
        && min_tokens.is_none_or(|least| signals.tokens >= least)
        && max_tokens.is_none_or(|most| signals.tokens <= most)
        && tools.is_none_or(|wanted| wanted == (signals.tools > 0))
        && code.is_none_or(|wanted| wanted == signals.code)
        && header.as_ref().is_none_or(|(name, value)| {
            signals
                .headers
                .get_all(name.as_str())
                .iter()
                .any(|found| found.as_bytes() == value.as_bytes())
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Aim;

    fn rule(name: &str) -> Rule {
        Rule {
            name: name.into(),
            matches: None,
            min_tokens: None,
            max_tokens: None,
            tools: None,
            code: None,
            header: None,
            tier: Tier::Cheap,
        }
    }

    #[test]
    fn the_first_rule_that_holds_decides() {
        let router = Router {
            aim: Aim::Quality(0.95),
            default_tier: Tier::Frontier,
            long_prompt_tokens: 100,
            rules: vec![
                Rule {
                    matches: Some(regex::Regex::new("(?i)^translate").unwrap()),
                    max_tokens: Some(50),
                    ..rule("translate")
                },
                Rule {
                    tools: Some(true),
                    code: Some(false),
                    tier: Tier::Frontier,
                    ..rule("tools")
                },
                Rule { header: Some(("x-team".into(), "batch".into())), ..rule("batch") },
                Rule { min_tokens: Some(90), code: Some(true), ..rule("code") },
            ],
        };
        let headers = |team: &str| {
            HeaderMap::from_iter([(http::HeaderName::from_static("x-team"), team.parse().unwrap())])
        };
        let (batch, other) = (headers("batch"), headers("other"));
        let plain = Signals {
            insisted: None,
            question: "why?",
            tokens: 10,
            tools: 0,
            code: false,
            headers: &other,
        };
        for (signals, expected) in [
            (plain, None),
            (Signals { question: "Translate this", ..plain }, Some("rule 'translate'")),
            (Signals { question: "Translate this", tokens: 60, ..plain }, None),
            (Signals { tools: 2, ..plain }, Some("rule 'tools'")),
            (Signals { tools: 2, code: true, ..plain }, None),
            (Signals { headers: &batch, ..plain }, Some("rule 'batch'")),
            (Signals { tokens: 95, code: true, ..plain }, Some("rule 'code'")),
            (Signals { tokens: 101, ..plain }, Some("about 101 tokens, over 100")),
            (
                Signals { insisted: Some(Tier::Cheap), tokens: 101, ..plain },
                Some("tier named by the caller"),
            ),
        ] {
            let reason = choose(&signals, &router).map(|choice| choice.reason);
            assert_eq!(reason.as_deref(), expected, "{signals:?}");
        }
    }
}
