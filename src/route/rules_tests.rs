//! Each condition of a rule, and who decides before whom.

use http::HeaderMap;

use super::*;
use crate::config::Target;

fn tiers() -> Tiers {
    let target = |model: &str| vec![Target { provider: "p".into(), model: model.into() }];
    Tiers::new(target("a"), vec![("middle".into(), target("b"))], target("c"))
}

fn plain() -> Signals<'static> {
    static HEADERS: std::sync::LazyLock<HeaderMap> = std::sync::LazyLock::new(HeaderMap::new);
    Signals {
        insisted: None,
        key: None,
        key_policy: None,
        question: "why?",
        system: "",
        tokens: 10,
        earlier_turns: 0,
        tools: 0,
        images: 0,
        json: false,
        code: false,
        headers: &HEADERS,
    }
}

fn pattern(text: &str) -> Option<Regex> {
    Some(Regex::new(text).unwrap())
}

#[test]
fn each_condition_is_asked() {
    let none = Conditions::default;
    let batch =
        HeaderMap::from_iter([(http::HeaderName::from_static("x-team"), "batch".parse().unwrap())]);
    let table: &[(Conditions, Signals<'_>, Signals<'_>, &str)] = &[
        (
            Conditions { matches: pattern("(?i)^translate"), ..none() },
            Signals { question: "Translate this", ..plain() },
            plain(),
            "matches",
        ),
        (
            Conditions { system: pattern("lawyer"), ..none() },
            Signals { system: "You are a lawyer.", ..plain() },
            Signals { question: "lawyer", ..plain() },
            "system",
        ),
        (
            Conditions { min_tokens: Some(11), ..none() },
            Signals { tokens: 11, ..plain() },
            plain(),
            "min_tokens",
        ),
        (
            Conditions { max_tokens: Some(10), ..none() },
            plain(),
            Signals { tokens: 11, ..plain() },
            "max_tokens",
        ),
        (
            Conditions { min_turns: Some(2), ..none() },
            Signals { earlier_turns: 2, ..plain() },
            Signals { earlier_turns: 1, ..plain() },
            "min_turns",
        ),
        (
            Conditions { tools: Some(true), ..none() },
            Signals { tools: 2, ..plain() },
            plain(),
            "tools",
        ),
        (
            Conditions { images: Some(false), ..none() },
            plain(),
            Signals { images: 1, ..plain() },
            "images",
        ),
        (
            Conditions { json: Some(true), ..none() },
            Signals { json: true, ..plain() },
            plain(),
            "json",
        ),
        (
            Conditions { code: Some(false), ..none() },
            plain(),
            Signals { code: true, ..plain() },
            "code",
        ),
        (
            Conditions { header: Some(("x-team".into(), "batch".into())), ..none() },
            Signals { headers: &batch, ..plain() },
            plain(),
            "header",
        ),
        (
            Conditions { key: Some("ci".into()), ..none() },
            Signals { key: Some("ci"), ..plain() },
            Signals { key: Some("other"), ..plain() },
            "key",
        ),
    ];
    for (conditions, holding, not, name) in table {
        assert_eq!(failing(conditions, holding), None, "{name}");
        assert_eq!(failing(conditions, not), Some(*name));
    }
    let both = Conditions { tools: Some(true), matches: pattern("why"), ..none() };
    assert_eq!(failing(&both, &plain()), Some("tools"));
}

#[test]
fn wishes_come_first_then_rules_then_the_key_then_length() {
    let tiers = tiers();
    let [cheap, middle] = ["cheap", "middle"].map(|name| tiers.named(name).unwrap().clone());
    let rule = |name: &str, key: &str, action| Rule {
        name: name.into(),
        conditions: Conditions { key: Some(key.into()), ..Conditions::default() },
        action,
    };
    let router = Router {
        long_prompt_tokens: 100,
        rules: vec![
            rule("first", "a", Action::Tier(middle.clone())),
            rule("second", "a", Action::Tier(cheap.clone())),
            rule("aim", "b", Action::Quality(0.98)),
            rule("two steps", "c", Action::Cascade { stream: CascadeStream::Direct }),
        ],
        ..Router::default()
    };
    let as_key = |key| Signals { key: Some(key), ..plain() };
    let (to_middle, to_quality) = (KeyPolicy::Tier(middle.clone()), KeyPolicy::Quality(0.99));
    let tier = |tier: &str, reason: &str, decided_by| {
        let tier = tiers.named(tier).unwrap().clone();
        Decision::Tier(Choice { tier, reason: reason.into(), decided_by })
    };
    let learned = |quality, because: Option<&str>| Decision::Learned {
        quality,
        because: because.map(str::to_owned),
    };
    for (signals, expected) in [
        (plain(), learned(None, None)),
        (
            Signals { insisted: Some(&cheap), tokens: 101, ..as_key("a") },
            tier("cheap", "tier named by the caller", "caller"),
        ),
        (Signals { tokens: 101, ..as_key("a") }, tier("middle", "rule 'first'", "rule")),
        (as_key("b"), learned(Some(0.98), Some("rule 'aim'"))),
        (
            Signals { tokens: 101, ..as_key("b") },
            tier("frontier", "about 101 tokens, over 100", "length"),
        ),
        (
            Signals { key_policy: Some(&to_middle), ..as_key("b") },
            learned(Some(0.98), Some("rule 'aim'")),
        ),
        (
            as_key("c"),
            Decision::Cascade {
                stream: CascadeStream::Direct,
                choice: Choice {
                    tier: cheap.clone(),
                    reason: "rule 'two steps': cascade".into(),
                    decided_by: "rule",
                },
            },
        ),
        (
            Signals { key_policy: Some(&to_middle), tokens: 101, ..as_key("d") },
            tier("middle", "key 'd'", "key"),
        ),
        (
            Signals { key_policy: Some(&to_quality), ..as_key("d") },
            learned(Some(0.99), Some("key 'd'")),
        ),
        (
            Signals { tokens: 101, ..as_key("d") },
            tier("frontier", "about 101 tokens, over 100", "length"),
        ),
    ] {
        assert_eq!(choose(&signals, &router, &tiers), expected, "{signals:?}");
    }
}
