//! Request headers that the gateway obeys.
//!
//! Input: lines of `name:value`.
#![cfg_attr(fuzzing, no_main)]

use http::{HeaderMap, HeaderName, HeaderValue, header::CACHE_CONTROL};
use scrimp::api::control::Controls;

fn run(bytes: &[u8]) {
    let mut headers = HeaderMap::new();
    for line in bytes.split(|byte| *byte == b'\n') {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
        let (name, value) = (&line[..colon], &line[colon + 1..]);
        let header = (HeaderName::from_bytes(name), HeaderValue::from_bytes(value));
        if let (Ok(name), Ok(value)) = header {
            headers.append(name, value);
        }
    }
    let read = Controls::parse(&headers);
    if let Ok(controls) = &read {
        assert!(controls.max_wrong.is_none_or(|share| (0.0..=1.0).contains(&share)));
        assert!(controls.scope.as_ref().is_none_or(|scope| !scope.is_empty()));
        assert!(controls.question.as_ref().is_none_or(|question| !question.trim().is_empty()));
        assert!(controls.tags.iter().all(|tag| !tag.is_empty() && tag.trim() == tag));
    }
    // RFC 9110, 5.3: several lines of one header mean the same as one with their values in a row.
    let directives: Vec<&[u8]> =
        headers.get_all(CACHE_CONTROL).iter().map(HeaderValue::as_bytes).collect();
    if let Ok(joined) = HeaderValue::from_bytes(&directives.join(&b", "[..]))
        && !directives.is_empty()
    {
        headers.insert(CACHE_CONTROL, joined);
        assert_eq!(Controls::parse(&headers).is_ok(), read.is_ok());
        assert_eq!(Controls::parse(&headers).ok(), read.ok());
    }
}

scrimp_fuzz::target!(run);
