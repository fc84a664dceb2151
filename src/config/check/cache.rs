//! `cache`: what is kept, for how long, for whom, and what may be matched by meaning.

use std::time::Duration;

use super::router::JUDGES;
use crate::config::{AnswerJudge, Cache, CacheMode, Scope, reader::Section};

const DAY: Duration = Duration::from_secs(86_400);
const MIB: u64 = 1 << 20;
/// Below this cosine nearly any two questions on one topic are alike.
const RISKY_THRESHOLD: f64 = 0.7;
/// Of the answers served by meaning, at most this share wrong.
const DEFAULT_MAX_WRONG: f64 = 0.01;
/// One would-be hit in twenty is checked.
const DEFAULT_SHADOW_SHARE: f64 = 0.05;

pub(super) fn cache(mut section: Section<'_>) -> Cache {
    let enabled = section.flag("enabled", true);
    let ttl = section.duration("ttl", DAY, Duration::from_millis(1)..=3650 * DAY);
    let max_bytes = section.size("max_bytes", 512 * MIB, MIB..=1 << 44);
    let max_embedding_bytes = section.size("max_embedding_bytes", 64 * MIB, 0..=1 << 44);
    let max_entry_bytes = section.size("max_entry_bytes", MIB, 1 << 10..=1 << 30);
    let scope = section.read("scope", Scope::Key, |text| match text {
        "key" => Ok(Scope::Key),
        "shared" => Ok(Scope::Shared),
        _ => Err("is not a scope; valid values: key, shared".to_owned()),
    });
    let semantic = section.flag("semantic", true);
    let threshold = section.number("threshold", 0.0..=1.0);
    let confidence = section.number("confidence", 0.0..=1.0);
    let candidates = section.count("candidates", 4, 1..=64);
    let max_temperature = section.number("max_temperature", 0.0..=2.0).unwrap_or(1.0);
    let max_wrong = section.share("max_wrong");
    let mode = section.read("mode", CacheMode::Serve, |text| match text {
        "serve" => Ok(CacheMode::Serve),
        "shadow" => Ok(CacheMode::Shadow),
        _ => Err("is not a mode; valid values: serve, shadow".to_owned()),
    });
    let shadow_share = section.share("shadow_share");
    let learn = section.flag("learn", true);
    let careful = section.flag("careful", true);
    let judge = section.choice("judge", AnswerJudge::Local, &JUDGES);
    let folder = section.read_optional("path", |text| match text.trim() {
        "" => Err("is empty; name a folder, such as ./scrimp-data".to_owned()),
        folder => Ok(std::path::PathBuf::from(folder)),
    });

    let path = |key: &str| format!("{}.{key}", section.path());
    if max_entry_bytes > max_bytes {
        section
            .mistake(&path("max_entry_bytes"), "is above max_bytes, so that no such answer fits");
    }
    if threshold.is_some_and(|threshold| threshold < RISKY_THRESHOLD) {
        section.warn(&path("threshold"), "so low a value serves answers to other questions");
    }
    if threshold.is_some() && max_wrong.is_some_and(|share| share > 0.0) {
        section.warn(
            &path("threshold"),
            "a fixed threshold takes the place of max_wrong, which is then measured and not kept",
        );
    }
    if threshold.is_some() && confidence.is_some() {
        section.warn(&path("confidence"), "has no effect beside threshold, which takes its place");
    }
    let default_share = if threshold.or(confidence).is_some() { 0.0 } else { DEFAULT_SHADOW_SHARE };
    section.finish();
    Cache {
        enabled,
        ttl,
        max_bytes,
        max_embedding_bytes,
        max_entry_bytes: usize::try_from(max_entry_bytes).unwrap_or(usize::MAX),
        scope,
        semantic,
        threshold: threshold.map(|threshold| threshold as f32),
        confidence,
        candidates,
        max_temperature,
        max_wrong: max_wrong.unwrap_or(DEFAULT_MAX_WRONG),
        mode,
        shadow_share: shadow_share.unwrap_or(default_share),
        learn,
        careful,
        judge,
        path: folder,
    }
}
