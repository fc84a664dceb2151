//! How requests are told apart by where they would go: part of the cache keys.
//!
//! What a rule reads of a request itself is in the keys already. What it reads around it is not: the caller's key, and
//! headers. Two requests of which one could go to another tier for these alone must not share an answer.

use http::HeaderMap;

use super::Asked;
use crate::config::{KeyPolicy, Rule};

/// The caller, as far as its key decides where its requests go.
#[derive(Debug, Clone, Copy, Default)]
pub struct Caller<'a> {
    /// The name of its key.
    pub key: Option<&'a str>,
    /// What `auto` means for that key.
    pub policy: Option<&'a KeyPolicy>,
}

/// One string per meaning of a model name, for a caller: answers are shared only where it is equal.
pub fn policy(asked: &Asked, caller: Caller<'_>, rules: &[Rule]) -> String {
    let mut policy = match asked {
        Asked::Model(target) => return target.to_string(),
        Asked::Auto(Some(tier)) => return format!("auto:{tier}"),
        Asked::Auto(None) => "auto".to_owned(),
    };
    let asks_for_it =
        |rule: &Rule| caller.key.is_some() && rule.conditions.key.as_deref() == caller.key;
    if let Some(key) = caller.key.filter(|_| rules.iter().any(asks_for_it)) {
        policy = format!("{policy};key={key}");
    }
    match caller.policy {
        None => policy,
        Some(KeyPolicy::Tier(tier)) => format!("{policy};tier={tier}"),
        Some(KeyPolicy::Quality(quality)) => format!("{policy};quality={quality}"),
    }
}

/// Those of `headers` that a rule asks for and that have the value it asks for, where rules decide at all.
pub fn telling_headers(asked: &Asked, headers: &HeaderMap, rules: &[Rule]) -> HeaderMap {
    let mut telling = HeaderMap::new();
    if *asked == Asked::Auto(None) {
        for (name, wanted) in rules.iter().filter_map(|rule| rule.conditions.header.as_ref()) {
            let found = headers.iter().filter(|(found, value)| {
                found.as_str() == name && value.as_bytes() == wanted.as_bytes()
            });
            telling.extend(found.map(|(name, value)| (name.clone(), value.clone())));
        }
    }
    telling
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Action, Conditions, Target, Tier};

    #[test]
    fn callers_share_only_what_would_go_the_same_way() {
        let rules = [Rule {
            name: "r".into(),
            conditions: Conditions { key: Some("ci".into()), ..Conditions::default() },
            action: Action::Quality(0.9),
        }];
        let (frontier, high) =
            (KeyPolicy::Tier(Tier::new(1, "frontier")), KeyPolicy::Quality(0.99));
        let caller = |key, policy| Caller { key: Some(key), policy };
        let model = Asked::Model(Target { provider: "p".into(), model: "m".into() });
        let forced = Asked::Auto(Some(Tier::new(0, "cheap")));
        let auto = Asked::Auto(None);
        for (asked, caller, expected) in [
            (&model, caller("ci", Some(&frontier)), "p/m"),
            (&forced, caller("ci", Some(&frontier)), "auto:cheap"),
            (&auto, Caller::default(), "auto"),
            (&auto, caller("ann", None), "auto"),
            (&auto, caller("ci", None), "auto;key=ci"),
            (&auto, caller("ann", Some(&frontier)), "auto;tier=frontier"),
            (&auto, caller("bob", Some(&frontier)), "auto;tier=frontier"),
            (&auto, caller("ann", Some(&high)), "auto;quality=0.99"),
            (&auto, caller("ci", Some(&high)), "auto;key=ci;quality=0.99"),
        ] {
            assert_eq!(policy(asked, caller, &rules), expected);
        }
    }
}
