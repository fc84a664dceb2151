//! The response headers that tell how an answer came about.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::pipeline::{CacheOutcome, Report};

/// Adds our headers for `report`; `overhead` is our own share of the time until the head.
pub fn add(headers: &mut HeaderMap, report: &Report, overhead: Duration) {
    headers.reserve(MOST_HEADERS);
    put(headers, CACHE_STATUS, &cache_status(report));
    put(headers, CACHE, report.cache.as_str());
    if let CacheOutcome::Exact { age, .. } | CacheOutcome::Semantic { age, .. } = report.cache {
        headers.insert(header::AGE, HeaderValue::from(age.as_secs()));
    }
    if let CacheOutcome::Semantic { similarity, confidence, .. } = report.cache {
        put(headers, SIMILARITY, &format!("{similarity:.4}"));
        put(headers, CONFIDENCE, &format!("{confidence:.4}"));
    }
    if let CacheOutcome::Miss { refused: Some(refused) } = &report.cache {
        put(headers, REFUSED, refused);
    }
    if let Some(target) = &report.target {
        put(headers, MODEL, target);
    }
    if let Some(tier) = &report.tier {
        put(headers, TIER, tier.as_str());
    }
    if let Some(reason) = &report.reason {
        put(headers, REASON, reason);
    }
    if !report.dropped.is_empty() {
        put(headers, DROPPED, &report.dropped.join(", "));
    }
    if let Some(cost) = report.cost {
        put(headers, COST_USD, &cost.to_string());
    }
    if let Some(saved) = report.saved {
        put(headers, SAVED_USD, &saved.to_string());
    }
    let overhead = u64::try_from(overhead.as_micros()).unwrap_or(u64::MAX);
    headers.insert(OVERHEAD_US, HeaderValue::from(overhead));
}

/// Those of an answer, its length and its date.
const MOST_HEADERS: usize = 14;

const CACHE_STATUS: HeaderName = HeaderName::from_static("cache-status");
const CACHE: HeaderName = HeaderName::from_static("x-scrimp-cache");
const SIMILARITY: HeaderName = HeaderName::from_static("x-scrimp-similarity");
const CONFIDENCE: HeaderName = HeaderName::from_static("x-scrimp-confidence");
const REFUSED: HeaderName = HeaderName::from_static("x-scrimp-refused");
const MODEL: HeaderName = HeaderName::from_static("x-scrimp-model");
const TIER: HeaderName = HeaderName::from_static("x-scrimp-tier");
const REASON: HeaderName = HeaderName::from_static("x-scrimp-reason");
const DROPPED: HeaderName = HeaderName::from_static("x-scrimp-dropped");
const COST_USD: HeaderName = HeaderName::from_static("x-scrimp-cost-usd");
const SAVED_USD: HeaderName = HeaderName::from_static("x-scrimp-saved-usd");
const OVERHEAD_US: HeaderName = HeaderName::from_static("x-scrimp-overhead-us");

/// `Cache-Status` of RFC 9211.
fn cache_status(report: &Report) -> String {
    let stored = if report.stored == Some(true) { "; stored" } else { "" };
    match &report.cache {
        CacheOutcome::Exact { ttl_left, .. } => {
            format!("scrimp; hit; ttl={}; detail=exact", ttl_left.as_secs())
        }
        CacheOutcome::Semantic { ttl_left, .. } => {
            format!("scrimp; hit; ttl={}; detail=semantic", ttl_left.as_secs())
        }
        CacheOutcome::Miss { .. } => format!("scrimp; fwd=miss{stored}"),
        CacheOutcome::Bypass(reason) => {
            format!("scrimp; fwd=bypass{stored}; detail={}", reason.as_str())
        }
    }
}

/// Header values are visible ASCII; anything else (a model or rule may be named in any script) becomes `?`.
fn put(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    let plain = |byte: u8| byte == b' ' || byte.is_ascii_graphic();
    let value = if value.bytes().all(plain) {
        HeaderValue::from_str(value)
    } else {
        let arrows = value.replace('→', "->").replace('–', "-");
        let plain = |c: char| u8::try_from(c).is_ok_and(plain);
        HeaderValue::try_from(
            arrows.chars().map(|c| if plain(c) { c } else { '?' }).collect::<String>(),
        )
    };
    if let Ok(value) = value {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::Bypass;

    #[test]
    fn cache_status_follows_rfc_9211() {
        let age = Duration::from_secs(5);
        let ttl_left = Duration::from_secs(55);
        let stored = |cache| Report { stored: Some(true), ..Report::new(cache) };
        for (report, expected) in [
            (stored(CacheOutcome::Miss { refused: None }), "scrimp; fwd=miss; stored"),
            (Report::new(CacheOutcome::Miss { refused: None }), "scrimp; fwd=miss"),
            (
                Report::new(CacheOutcome::Exact { age, ttl_left }),
                "scrimp; hit; ttl=55; detail=exact",
            ),
            (
                Report::new(CacheOutcome::Semantic {
                    age,
                    ttl_left,
                    similarity: 0.9,
                    confidence: 0.99,
                }),
                "scrimp; hit; ttl=55; detail=semantic",
            ),
            (
                Report::new(CacheOutcome::Bypass(Bypass::NoStore)),
                "scrimp; fwd=bypass; detail=no-store",
            ),
        ] {
            assert_eq!(cache_status(&report), expected);
        }
    }

    #[test]
    fn values_stay_plain() {
        let mut headers = HeaderMap::new();
        put(&mut headers, REASON, "rule 'é\r\nx'");
        assert_eq!(headers["x-scrimp-reason"], "rule '???x'");
    }
}
