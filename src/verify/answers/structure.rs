//! Answers that programs read: JSON, compared as values.

use serde_json::Value;

/// How much two JSON answers differ, in [0, 1]: the share of their values that do. `None` unless both are an object or
/// a list.
pub(super) fn difference(left: &str, right: &str) -> Option<f64> {
    let (left, right) = (parse(left)?, parse(right)?);
    let (mut same, mut all) = (0, 0);
    compare(&left, &right, &mut same, &mut all);
    Some(if all == 0 { 0.0 } else { 1.0 - f64::from(same) / f64::from(all) })
}

/// The object or list that the whole answer is, or the one fenced block that it is.
pub(in crate::verify) fn parse(answer: &str) -> Option<Value> {
    let answer = answer.trim();
    let inner = answer.strip_prefix("```").and_then(|rest| rest.strip_suffix("```"));
    let answer = inner
        .map_or(answer, |inner| inner.trim_start_matches(|c: char| c.is_ascii_alphabetic()))
        .trim();
    if !answer.starts_with(['{', '[']) {
        return None;
    }
    serde_json::from_str(answer).ok()
}

/// Counts the values, and those that are the same.
fn compare(left: &Value, right: &Value, same: &mut u32, all: &mut u32) {
    match (left, right) {
        (Value::Object(left), Value::Object(right)) => {
            for (name, value) in left {
                compare(value, right.get(name).unwrap_or(&MISSING), same, all);
            }
            for (_, value) in right.iter().filter(|(name, _)| !left.contains_key(*name)) {
                compare(&MISSING, value, same, all);
            }
        }
        (Value::Array(left), Value::Array(right)) => {
            let length = left.len().max(right.len());
            for at in 0..length {
                compare(
                    left.get(at).unwrap_or(&MISSING),
                    right.get(at).unwrap_or(&MISSING),
                    same,
                    all,
                );
            }
        }
        _ => {
            *all += 1;
            *same += u32::from(are_equal(left, right));
        }
    }
}

/// Nothing stands where the other answer has a value; a null says as much.
static MISSING: Value = Value::Null;

fn are_equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => {
            left == right || left.as_f64() == right.as_f64()
        }
        (Value::String(left), Value::String(right)) => {
            left.split_whitespace().eq(right.split_whitespace())
        }
        _ => left == right,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_compared_as_values() {
        for (left, right, expected) in [
            (r#"{"a": 1, "b": [2]}"#, r#"{"b":[2.0],"a":1}"#, Some(0.0)),
            ("```json\n{\"a\": 1}\n```", r#"{"a":1}"#, Some(0.0)),
            (r#"{"a": 1, "b": 2}"#, r#"{"a": 1, "b": 3}"#, Some(0.5)),
            (r#"{"a": 1}"#, r#"{"a": 1, "b": 3}"#, Some(0.5)),
            (r#"{"a": null}"#, "{}", Some(0.0)),
            ("[1, 2]", "[2, 1]", Some(1.0)),
            ("[1, 2]", "{}", Some(1.0)),
            (r#"{"a": "x  y"}"#, r#"{"a": "x y"}"#, Some(0.0)),
            ("{}", "[]", Some(1.0)),
            ("42", "42", None),
            (r#"{"a": 1}"#, "a is 1", None),
            ("{broken", "{}", None),
        ] {
            assert_eq!(difference(left, right), expected, "{left} | {right}");
            assert_eq!(difference(right, left), expected, "{right} | {left}");
        }
    }
}
