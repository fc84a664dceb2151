//! `router`: what the learned choice aims at, how it learns, and how a target is picked.

use std::{path::PathBuf, time::Duration};

use super::{
    rules::{Known, rules},
    targets::{share, tier},
};
use crate::config::{Aim, AnswerJudge, Pick, Router, Tiers, reader::Section, units};

/// Largest number of tokens that makes sense in a prompt.
pub(super) const MAX_TOKENS: usize = 100_000_000;
const MILLISECOND: Duration = Duration::from_millis(1);
const DAY: Duration = Duration::from_secs(86_400);
/// Who can compare two answers.
pub(super) const JUDGES: [(&str, AnswerJudge); 3] = [
    ("local", AnswerJudge::Local),
    ("cheap", AnswerJudge::Cheap),
    ("frontier", AnswerJudge::Frontier),
];

pub(super) fn router(root: &mut Section<'_>, tiers: &Tiers, keys: &[&str]) -> Router {
    let field = root.field("router");
    let mut section = match &field {
        Some(field) => field.clone().section(),
        None => root.nothing("router"),
    };
    let default = Router::default();
    let frontier = tiers.frontier().tier.clone();
    let router = Router {
        aim: aim(&mut section).unwrap_or(default.aim),
        default_tier: section.read("default_tier", frontier, |text| tier(text, tiers)),
        long_prompt_tokens: section.count(
            "long_prompt_tokens",
            default.long_prompt_tokens,
            1..=MAX_TOKENS,
        ),
        pick: section.choice(
            "pick",
            default.pick,
            &[
                ("order", Pick::Order),
                ("cheapest", Pick::Cheapest),
                ("fastest", Pick::Fastest),
                ("weighted", Pick::Weighted),
            ],
        ),
        max_latency: section.optional_duration("max_latency", MILLISECOND..=DAY),
        learn: section.flag("learn", default.learn),
        adapter: section.read_optional("adapter", file),
        shadow_share: section.share("shadow_share").unwrap_or(default.shadow_share),
        shadow_spend: section.read("shadow_spend", default.shadow_spend, daily_money),
        escalation_window: section.duration(
            "escalation_window",
            default.escalation_window,
            Duration::ZERO..=DAY,
        ),
        judge: section.choice("judge", default.judge, &JUDGES),
        canary: section.share("canary").unwrap_or(default.canary),
        cascade_samples: section.count("cascade_samples", default.cascade_samples, 1..=2),
        cascade_min_logprob: section.read_optional("cascade_min_logprob", logprob),
        rules: rules(&mut section, Known { tiers, keys }),
    };
    if router.adapter.is_some() && !router.learn {
        section.warn("router.adapter", "has no effect with `learn: false`");
    }
    section.finish();
    let chosen = router.aim != default.aim || !router.rules.is_empty();
    if let Some(field) = field.filter(|_| chosen && !tiers.are_configured()) {
        field.warn("has no effect without tiers, between which `auto` chooses");
    }
    router
}

/// The name of a file.
fn file(text: &str) -> Result<PathBuf, String> {
    match text.trim() {
        "" => Err("is empty; write the name of a file".to_owned()),
        name => Ok(PathBuf::from(name)),
    }
}

fn aim(section: &mut Section<'_>) -> Option<Aim> {
    let (key, field) = section.one_of(&["quality", "frontier_share", "spend", "threshold"])?;
    match key {
        "quality" => field.parse(share).map(Aim::Quality),
        "frontier_share" => field.parse(share).map(Aim::FrontierShare),
        "spend" => field.parse(spend),
        _ => field.parse(share).map(Aim::Threshold),
    }
}

fn spend(text: &str) -> Result<Aim, String> {
    match daily_money(text)? {
        0 => Err("leaves nothing to spend".to_owned()),
        nano_usd_per_day => Ok(Aim::Spend { nano_usd_per_day }),
    }
}

fn daily_money(text: &str) -> Result<u64, String> {
    units::daily_money(text).map_err(|error| error.to_string())
}

/// The logarithm of a probability: nothing above 0.
fn logprob(text: &str) -> Result<f64, String> {
    const WRONG: &str = "is not the logarithm of a probability; write 0 or less, for example -0.5";
    let size = units::number_of(text.strip_prefix('-').unwrap_or(text)).ok_or(WRONG)?;
    if size > 0.0 && !text.starts_with('-') { Err(WRONG.to_owned()) } else { Ok(-size) }
}
