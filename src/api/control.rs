//! What a caller may ask of the cache and the router by request headers.

use std::time::Duration;

use http::{HeaderMap, HeaderName};

/// The request headers that we obey, decoded.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Controls {
    /// `Cache-Control: no-cache`: ask upstream, store the answer.
    pub no_cache: bool,
    /// `Cache-Control: no-store`: leave the cache out of it.
    pub no_store: bool,
    /// `Cache-Control: max-age=N`: the oldest answer that will do.
    pub max_age: Option<Duration>,
    /// `Cache-Control: only-if-cached`: never go upstream.
    pub only_if_cached: bool,
    /// `x-scrimp-ttl`, seconds: keep the answer no longer than this.
    pub ttl: Option<Duration>,
    /// `x-scrimp-max-wrong`: the share of wrong answers by meaning that the caller accepts, in `[0, 1]`.
    pub max_wrong: Option<f64>,
    /// `x-scrimp-scope`: a scope within the caller's own.
    pub scope: Option<String>,
    /// `x-scrimp-question`: the text to match by meaning.
    pub question: Option<String>,
    /// `x-scrimp-tier`: the name of a tier.
    pub tier: Option<String>,
    /// `x-scrimp-tags`: what the request is filed under.
    pub tags: Vec<String>,
}

/// A header that we cannot obey.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("header '{name}': {problem}")]
pub struct ControlError {
    /// Which header.
    pub name: &'static str,
    /// What is wrong and what would be right.
    pub problem: String,
}

impl Controls {
    /// Reads the headers of a request. Unknown `Cache-Control` directives are ignored, as RFC 9111 says.
    pub fn parse(headers: &HeaderMap) -> Result<Self, ControlError> {
        let has_own = headers.keys().any(|name| name.as_str().starts_with("x-scrimp-"));
        let mut controls = if has_own { Self::own(headers)? } else { Self::default() };
        for value in headers.get_all(http::header::CACHE_CONTROL) {
            let value = value.to_str().map_err(|_| error("cache-control", "is not plain ASCII"))?;
            for directive in value.split(',') {
                controls.directive(directive.trim())?;
            }
        }
        Ok(controls)
    }

    /// What our own headers say.
    fn own(headers: &HeaderMap) -> Result<Self, ControlError> {
        Ok(Self {
            ttl: text(headers, "x-scrimp-ttl")?
                .map(|value| seconds("x-scrimp-ttl", value))
                .transpose()?,
            max_wrong: text(headers, "x-scrimp-max-wrong")?.map(share).transpose()?,
            scope: name(headers, "x-scrimp-scope")?,
            question: text(headers, "x-scrimp-question")?
                .map(str::to_owned)
                .filter(|text| !text.trim().is_empty()),
            tier: text(headers, "x-scrimp-tier")?.map(|value| value.trim().to_owned()),
            tags: text(headers, "x-scrimp-tags")?.map(tags).unwrap_or_default(),
            ..Self::default()
        })
    }

    fn directive(&mut self, directive: &str) -> Result<(), ControlError> {
        let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
        match name.to_ascii_lowercase().as_str() {
            "no-cache" => self.no_cache = true,
            "no-store" => self.no_store = true,
            "only-if-cached" => self.only_if_cached = true,
            "max-age" => self.max_age = Some(seconds("cache-control", value.trim_matches('"'))?),
            _ => {}
        }
        Ok(())
    }
}

/// Tags of one request; more are left out.
const MAX_TAGS: usize = 32;

/// The longest scope name.
const MAX_NAME_BYTES: usize = 256;

fn text<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<Option<&'a str>, ControlError> {
    let Some(value) = headers.get(HeaderName::from_static(name)) else { return Ok(None) };
    std::str::from_utf8(value.as_bytes()).map(Some).map_err(|_| error(name, "is not UTF-8"))
}

fn name(headers: &HeaderMap, name: &'static str) -> Result<Option<String>, ControlError> {
    match text(headers, name)? {
        Some(value) if value.is_empty() || value.len() > MAX_NAME_BYTES => {
            Err(error(name, format!("must be 1 to {MAX_NAME_BYTES} bytes long")))
        }
        value => Ok(value.map(str::to_owned)),
    }
}

fn tags(value: &str) -> Vec<String> {
    let tags = value.split(',').map(str::trim).filter(|tag| !tag.is_empty());
    tags.take(MAX_TAGS).map(str::to_owned).collect()
}

fn seconds(name: &'static str, value: &str) -> Result<Duration, ControlError> {
    value
        .trim()
        .parse()
        .map(Duration::from_secs)
        .map_err(|_| error(name, format!("'{value}' is not a whole number of seconds")))
}

fn share(value: &str) -> Result<f64, ControlError> {
    let value = value.trim();
    let (number, scale) = value.strip_suffix('%').map_or((value, 1.0), |number| (number, 100.0));
    match number.trim().parse::<f64>() {
        Ok(share) if (0.0..=scale).contains(&share) => Ok(share / scale),
        _ => {
            Err(error("x-scrimp-max-wrong", format!("'{value}' is not a share such as 1% or 0.01")))
        }
    }
}

fn error(name: &'static str, problem: impl Into<String>) -> ControlError {
    ControlError { name, problem: problem.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(pairs: &[(&'static str, &str)]) -> Result<Controls, ControlError> {
        let headers = pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()));
        Controls::parse(&headers.collect())
    }

    #[test]
    fn directives_add_up() {
        let controls =
            parse(&[("cache-control", "No-Cache, max-age=60, private"), ("x-scrimp-ttl", "5")])
                .unwrap();
        let expected = Controls {
            no_cache: true,
            max_age: Some(Duration::from_secs(60)),
            ttl: Some(Duration::from_secs(5)),
            ..Controls::default()
        };
        assert_eq!(controls, expected);
        assert_eq!(parse(&[("x-scrimp-max-wrong", "0%")]).unwrap().max_wrong, Some(0.0));
        assert_eq!(parse(&[("x-scrimp-max-wrong", "0.5%")]).unwrap().max_wrong, Some(0.005));
    }

    #[test]
    fn bad_headers_are_named() {
        for (name, value, phrase) in [
            ("cache-control", "max-age=soon", "whole number of seconds"),
            ("x-scrimp-ttl", "-1", "whole number of seconds"),
            ("x-scrimp-max-wrong", "lots", "share such as 1%"),
            ("x-scrimp-max-wrong", "101%", "share such as 1%"),
            ("x-scrimp-scope", "", "1 to 256 bytes"),
        ] {
            let error = parse(&[(name, value)]).unwrap_err();
            assert_eq!(error.name, name);
            assert!(error.problem.contains(phrase), "{error}");
        }
    }
}
