//! `router.rules`: the conditions of each, and what it says is to be done.

use regex::Regex;

use super::{
    router::MAX_TOKENS,
    targets::{share, tier},
};
use crate::config::{
    Action, CascadeStream, Conditions, Rule, Tiers,
    quantities::choose,
    reader::{Field, Section},
    wording::nearest,
};

/// What rules can name.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    pub tiers: &'a Tiers,
    /// Names in `keys`.
    pub keys: &'a [&'a str],
}

pub(super) fn rules(section: &mut Section<'_>, known: Known<'_>) -> Vec<Rule> {
    let Some(field) = section.field("rules") else { return Vec::new() };
    let mut names: Vec<String> = Vec::new();
    let mut catch_all: Option<String> = None;
    let mut rules = Vec::new();
    for (index, field) in
        field.list("[{ matches: \"\\\\bprove\\\\b\", tier: frontier }]").into_iter().enumerate()
    {
        let rule = rule(index, field.clone(), &names, known);
        if let Some(name) = &catch_all {
            field.warn(format!("is never reached: rule {name} before it has no condition"));
        } else if !has_condition(&rule.conditions) {
            catch_all = Some(rule.name.clone());
        }
        names.push(rule.name.clone());
        rules.push(rule);
    }
    rules
}

fn rule(index: usize, field: Field<'_>, names: &[String], known: Known<'_>) -> Rule {
    let whole = field.clone();
    let mut section = field.section();
    let name = section
        .read_optional("name", |text| rule_name(text, names))
        .unwrap_or_else(|| format!("rule-{}", index + 1));
    let conditions = conditions(&mut section, known.keys);
    if let (Some(min), Some(max)) = (conditions.min_tokens, conditions.max_tokens)
        && min > max
    {
        whole.mistake(format!("min_tokens {min} is above max_tokens {max}, so it never matches"));
    }
    let action = action(&mut section, known.tiers);
    section.finish();
    Rule { name, conditions, action }
}

fn conditions(section: &mut Section<'_>, keys: &[&str]) -> Conditions {
    Conditions {
        matches: section.read_optional("matches", regular_expression),
        system: section.read_optional("system", regular_expression),
        min_tokens: section.optional_count("min_tokens", 0..=MAX_TOKENS),
        max_tokens: section.optional_count("max_tokens", 0..=MAX_TOKENS),
        min_turns: section.optional_count("min_turns", 0..=MAX_TURNS),
        tools: section.optional_flag("tools"),
        images: section.optional_flag("images"),
        code: section.optional_flag("code"),
        json: section.optional_flag("json"),
        header: section.field("header").and_then(header),
        key: section.read_optional("key", |text| key(text, keys)),
    }
}

/// Largest number of turns that makes sense in a conversation.
const MAX_TURNS: usize = 1_000_000;

fn has_condition(conditions: &Conditions) -> bool {
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
    let patterns = matches.is_some() || system.is_some();
    let counts = min_tokens.is_some() || max_tokens.is_some() || min_turns.is_some();
    let flags = [tools, images, code, json].into_iter().any(Option::is_some);
    patterns || counts || flags || header.is_some() || key.is_some()
}

/// What a rule with a mistake in it does is never asked.
const ANY: Action = Action::Quality(1.0);

fn action(section: &mut Section<'_>, tiers: &Tiers) -> Action {
    const HINT: &str = "says nothing to do; add `tier: NAME`, `quality: 98%` or `cascade: true`";
    let found = section.required_one_of(&["tier", "quality", "cascade"], HINT);
    let stream = section.field("stream");
    let choice = stream.as_ref().and_then(|field| field.parse(|text| choose(text, &STREAMS)));
    let Some((name, field)) = found else { return ANY };
    if let Some(stream) = stream.filter(|_| name != "cascade") {
        stream.mistake(format!("says how a cascade streams, and this rule has `{name}`"));
    }
    let action = match name {
        "tier" => field.parse(|text| tier(text, tiers)).map(Action::Tier),
        "quality" => field.parse(share).map(Action::Quality),
        _ => field
            .parse(only_true)
            .map(|()| Action::Cascade { stream: choice.unwrap_or(CascadeStream::Wait) }),
    };
    action.unwrap_or(ANY)
}

const STREAMS: [(&str, CascadeStream); 2] =
    [("wait", CascadeStream::Wait), ("direct", CascadeStream::Direct)];

fn only_true(text: &str) -> Result<(), String> {
    if text == "true" { Ok(()) } else { Err("can only be true; leave the key out".to_owned()) }
}

fn key(text: &str, keys: &[&str]) -> Result<String, String> {
    if keys.contains(&text) {
        return Ok(text.to_owned());
    }
    if keys.is_empty() {
        return Err("is not the name of a key; no `keys` are configured".to_owned());
    }
    let near = nearest(text, keys.iter().copied()).map(|near| format!("did you mean \"{near}\"? "));
    Err(format!("is not the name of a key; {}keys: {}", near.unwrap_or_default(), keys.join(", ")))
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
