//! How keys, values and quantities are put into messages. What looks like a secret is not repeated.

use std::time::Duration;

/// Longest part of a value that is repeated, characters.
const MAX_QUOTED: usize = 48;
/// From this many letters and digits in a row a text may be a secret that got to the wrong place.
const SECRET_RUN: usize = 32;
/// How keys of well-known vendors start.
const SECRET_STARTS: [&str; 6] = ["sk-", "gsk_", "xai-", "AIza", "fw_", "Bearer "];

/// `cache` and `ttl` to `cache.ttl`.
pub(super) fn key_path(parent: &str, key: &str) -> String {
    let key = if looks_secret(key) { "…" } else { key };
    if parent.is_empty() { key.to_owned() } else { format!("{parent}.{key}") }
}

/// A value as written in the file, in quotes and on one line.
pub(super) fn quoted(written: &str) -> String {
    if looks_secret(written) {
        return "the value".to_owned();
    }
    let mut short: String = written.chars().take(MAX_QUOTED).collect();
    if short.len() < written.len() {
        short.push('…');
    }
    format!("\"{}\"", short.escape_debug())
}

fn looks_secret(text: &str) -> bool {
    let is_run = |part: &str| part.len() >= SECRET_RUN;
    SECRET_STARTS.iter().any(|start| text.contains(start))
        || text.split(|c: char| !c.is_ascii_alphanumeric()).any(is_run)
}

/// The candidate that was probably meant, if one is close.
pub(super) fn nearest<'a>(
    text: &str,
    candidates: impl Iterator<Item = &'a str>,
) -> Option<&'a str> {
    if text.len() > MAX_QUOTED {
        return None;
    }
    let text = text.to_lowercase();
    let distance = |candidate: &str| strsim::osa_distance(&text, &candidate.to_lowercase());
    let allowed = (text.chars().count() / 3).max(1);
    candidates
        .map(|candidate| (distance(candidate), candidate))
        .min_by_key(|(distance, _)| *distance)
        .filter(|(distance, _)| *distance <= allowed)
        .map(|(_, candidate)| candidate)
}

/// In the largest unit that keeps it whole.
pub(super) fn show_duration(duration: Duration) -> String {
    const UNITS: [(u128, &str); 4] =
        [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s")];
    let milliseconds = duration.as_millis();
    if milliseconds == 0 {
        return "0s".to_owned();
    }
    let unit = UNITS.into_iter().find(|(size, _)| milliseconds.is_multiple_of(*size));
    let (size, name) = unit.unwrap_or((1, "ms"));
    format!("{}{name}", milliseconds / size)
}

/// In the largest unit that keeps it whole.
pub(super) fn show_size(bytes: u64) -> String {
    const UNITS: [(u64, &str); 4] =
        [(1 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    let unit = UNITS.into_iter().find(|(size, _)| bytes > 0 && bytes.is_multiple_of(*size));
    let (size, name) = unit.unwrap_or((1, ""));
    format!("{}{name}", bytes / size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_key_is_found_and_a_far_one_is_not() {
        let keys = ["ttl", "max_bytes", "threshold"];
        for (typed, expected) in [
            ("tll", Some("ttl")),
            ("TTL", Some("ttl")),
            ("max-bytes", Some("max_bytes")),
            ("treshold", Some("threshold")),
            ("banana", None),
            ("", None),
        ] {
            assert_eq!(nearest(typed, keys.into_iter()), expected, "{typed}");
        }
    }

    #[test]
    fn quantities_are_shown_as_they_are_written() {
        assert_eq!(show_duration(Duration::from_secs(86_400 * 3650)), "3650d");
        assert_eq!(show_duration(Duration::from_millis(1500)), "1500ms");
        assert_eq!(show_duration(Duration::ZERO), "0s");
        assert_eq!(show_size(8 << 10), "8KiB");
        assert_eq!(show_size(100), "100");
    }

    #[test]
    fn what_looks_like_a_secret_is_not_repeated() {
        assert_eq!(quoted("sk-abc"), "the value");
        assert_eq!(quoted(&"a1".repeat(20)), "the value");
        assert_eq!(quoted("24 hours"), "\"24 hours\"");
        assert_eq!(key_path("keys", "sk-abc"), "keys.…");
    }
}
