//! `router`: what the classifier aims at, and the operator's rules.

use regex::Regex;

use crate::config::{
    Aim, Router, Rule, Tier, Tiers,
    quantities::choose,
    reader::{Field, Section},
    units,
};

const TIERS: [(&str, Tier); 2] = [("cheap", Tier::Cheap), ("frontier", Tier::Frontier)];
const DEFAULT_AIM: Aim = Aim::Quality(0.95);
/// Largest number of tokens that makes sense in a prompt.
const MAX_TOKENS: usize = 100_000_000;

pub(super) fn router(root: &mut Section<'_>, tiers: &Tiers) -> Router {
    let field = root.field("router");
    let mut section = match &field {
        Some(field) => field.clone().section(),
        None => root.nothing("router"),
    };
    let router = Router {
        aim: aim(&mut section),
        default_tier: section.choice("default_tier", Tier::Frontier, &TIERS),
        long_prompt_tokens: section.count("long_prompt_tokens", 4000, 1..=MAX_TOKENS),
        rules: rules(&mut section),
    };
    section.finish();
    let chosen = router.aim != DEFAULT_AIM || !router.rules.is_empty();
    if let Some(field) = field.filter(|_| chosen && tiers.cheap.is_empty()) {
        field.warn("has no effect without tiers, between which `auto` chooses");
    }
    router
}

fn aim(section: &mut Section<'_>) -> Aim {
    let mut first: Option<(&str, Option<Aim>)> = None;
    for key in ["quality", "frontier_share", "threshold"] {
        let Some(field) = section.field(key) else { continue };
        if let Some((first, _)) = first {
            field.mistake(format!("aims at something else than {first}; keep one of the two"));
            continue;
        }
        let share = field.parse(|text| units::share(text).map_err(|error| error.to_string()));
        let aim = match key {
            "quality" => Aim::Quality,
            "frontier_share" => Aim::FrontierShare,
            _ => Aim::Threshold,
        };
        first = Some((key, share.map(aim)));
    }
    first.and_then(|(_, aim)| aim).unwrap_or(DEFAULT_AIM)
}

fn rules(section: &mut Section<'_>) -> Vec<Rule> {
    let Some(field) = section.field("rules") else { return Vec::new() };
    let mut names: Vec<String> = Vec::new();
    let mut catch_all: Option<String> = None;
    let mut rules = Vec::new();
    for (index, field) in
        field.list("[{ matches: \"\\\\bprove\\\\b\", tier: frontier }]").into_iter().enumerate()
    {
        let rule = rule(index, field.clone(), &names);
        if let Some(name) = &catch_all {
            field.warn(format!("is never reached: rule {name} before it has no condition"));
        } else if !has_condition(&rule) {
            catch_all = Some(rule.name.clone());
        }
        names.push(rule.name.clone());
        rules.push(rule);
    }
    rules
}

fn rule(index: usize, field: Field<'_>, names: &[String]) -> Rule {
    let whole = field.clone();
    let mut section = field.section();
    let name = section
        .read_optional("name", |text| rule_name(text, names))
        .unwrap_or_else(|| format!("rule-{}", index + 1));
    let rule = Rule {
        name,
        matches: section.read_optional("matches", regular_expression),
        min_tokens: section.optional_count("min_tokens", 0..=MAX_TOKENS),
        max_tokens: section.optional_count("max_tokens", 0..=MAX_TOKENS),
        tools: section.optional_flag("tools"),
        code: section.optional_flag("code"),
        header: section.field("header").and_then(header),
        tier: section
            .required("tier", "write cheap or frontier")
            .and_then(|field| field.parse(|text| choose(text, &TIERS)))
            .unwrap_or(Tier::Frontier),
    };
    if let (Some(min), Some(max)) = (rule.min_tokens, rule.max_tokens)
        && min > max
    {
        whole.mistake(format!("min_tokens {min} is above max_tokens {max}, so it never matches"));
    }
    section.finish();
    rule
}

fn has_condition(rule: &Rule) -> bool {
    let Rule { name: _, matches, min_tokens, max_tokens, tools, code, header, tier: _ } = rule;
    matches.is_some()
        || min_tokens.is_some()
        || max_tokens.is_some()
        || tools.is_some()
        || code.is_some()
        || header.is_some()
}

/// It goes into a response header and into metrics.
fn rule_name(text: &str, names: &[String]) -> Result<String, String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if text.is_empty() || text.len() > 64 || !text.chars().all(allowed) {
        return Err("must have 1 to 64 letters, digits, `-`, `_` or `.`".to_owned());
    }
    if names.iter().any(|name| name == text) {
        return Err("is the name of an earlier rule".to_owned());
    }
    Ok(text.to_owned())
}

fn header(field: Field<'_>) -> Option<(String, String)> {
    let whole = field.clone();
    let entries = field.named();
    let [(name, value)] = entries.as_slice() else {
        whole.mistake("expected one header, such as { x-team: research }");
        return None;
    };
    if http::HeaderName::try_from(*name).is_err() {
        value.mistake("is not the name of a header");
        return None;
    }
    Some((name.to_ascii_lowercase(), value.scalar()?.text.clone()))
}

fn regular_expression(text: &str) -> Result<Regex, String> {
    Regex::new(text).map_err(|error| {
        let explanation = error.to_string();
        let reason = explanation.lines().last().unwrap_or_default();
        let reason = reason.strip_prefix("error: ").unwrap_or(reason);
        // The explanation marks the place with carets under the pattern, which is indented by four.
        let caret = explanation.lines().rfind(|line| line.trim().starts_with('^'));
        let place = caret
            .and_then(|line| line.find('^'))
            .and_then(|column| column.checked_sub(3))
            .map(|character| format!(" at character {character}"))
            .unwrap_or_default();
        format!("is not a regular expression{place}: {reason}")
    })
}
