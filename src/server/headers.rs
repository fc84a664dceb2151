//! The response headers that tell how an answer came about.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::{
    account::NanoUsd,
    pipeline::{CacheOutcome, Report},
};

/// Adds our headers for `report`; `overhead` is our own share of the time until the head.
pub fn add(headers: &mut HeaderMap, report: &Report, overhead: Duration) {
    put(headers, "cache-status", &cache_status(report));
    put(headers, "x-scrimp-cache", report.cache.as_str());
    if let CacheOutcome::Exact { age, .. } | CacheOutcome::Semantic { age, .. } = report.cache {
        headers.insert(header::AGE, HeaderValue::from(age.as_secs()));
    }
    if let CacheOutcome::Semantic { similarity, confidence, .. } = report.cache {
        put(headers, "x-scrimp-similarity", &format!("{similarity:.4}"));
        put(headers, "x-scrimp-confidence", &format!("{confidence:.4}"));
    }
    if let CacheOutcome::Miss { refused: Some(refused) } = &report.cache {
        put(headers, "x-scrimp-refused", refused);
    }
    if let Some(target) = &report.target {
        put(headers, "x-scrimp-model", target);
    }
    if let Some(tier) = &report.tier {
        put(headers, "x-scrimp-tier", tier.as_str());
    }
    if let Some(reason) = &report.reason {
        put(headers, "x-scrimp-reason", reason);
    }
    if !report.dropped.is_empty() {
        put(headers, "x-scrimp-dropped", &report.dropped.join(", "));
    }
    let money = |amount: NanoUsd| amount.to_string();
    if let Some(cost) = report.cost {
        put(headers, "x-scrimp-cost-usd", &money(cost));
    }
    if let Some(saved) = report.saved {
        put(headers, "x-scrimp-saved-usd", &money(saved));
    }
    put(headers, "x-scrimp-overhead-us", &overhead.as_micros().to_string());
}

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
fn put(headers: &mut HeaderMap, name: &'static str, value: &str) {
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
        headers.insert(HeaderName::from_static(name), value);
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
        put(&mut headers, "x-scrimp-reason", "rule 'é\r\nx'");
        assert_eq!(headers["x-scrimp-reason"], "rule '???x'");
    }
}
