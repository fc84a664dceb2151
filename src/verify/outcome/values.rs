//! Answers that programs read: JSON and calls of tools, compared value by value with a reference.
//!
//! What the reference has counts, and what it has not is extra; the order of a list and the wording of a longer text do
//! not decide.

use serde_json::Value;

/// How many values of the reference …
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tally {
    /// … are the same in the other.
    pub(super) same: u32,
    /// … are not.
    pub(super) apart: u32,
    /// … may mean the same: longer texts, rounded numbers, lists in another order.
    pub(super) unsure: u32,
}

/// What a comparison of calls found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Calls {
    /// A tool of the reference's is not called.
    Other,
    /// All are called, and more.
    More,
    /// The same tools, with such arguments.
    Same(Tally),
}

/// Lists with more pairs of items are compared place by place.
const MAX_PAIRS: usize = 4096;
/// A text of so many words may be said in others.
const PROSE_WORDS: usize = 4;
/// How far rounded numbers may be apart, of the larger.
const ROUNDING: f64 = 0.01;

/// Compares a value with the reference's.
pub(super) fn tally(value: &Value, reference: &Value) -> Tally {
    let mut tally = Tally::default();
    tally.compare(value, reference);
    tally
}

/// The calls in what a completion says when it calls tools; `None` for other JSON.
pub(super) fn calls(said: &Value) -> Option<&[Value]> {
    let fields = said.as_object().filter(|fields| fields.len() == 1)?;
    let calls = fields.get("tool_calls")?.as_array()?;
    calls.iter().all(|call| call.get("name").is_some_and(Value::is_string)).then_some(calls)
}

/// Compares calls with the reference's, in any order.
pub(super) fn compare_calls(calls: &[Value], reference: &[Value]) -> Calls {
    let mut left: Vec<&Value> = calls.iter().collect();
    let mut all = Tally::default();
    for expected in reference {
        let tallies = left.iter().enumerate().filter(|(_, call)| call["name"] == expected["name"]);
        let best = tallies
            .map(|(at, call)| (at, tally(without_name(call), without_name(expected))))
            .min_by_key(|(_, tally)| (tally.apart, tally.unsure));
        let Some((at, tally)) = best else { return Calls::Other };
        left.remove(at);
        all.add(tally);
    }
    if left.is_empty() { Calls::Same(all) } else { Calls::More }
}

fn without_name(call: &Value) -> &Value {
    call.get("arguments").or(call.get("input")).unwrap_or(&Value::Null)
}

impl Tally {
    /// Everything is the same.
    pub(super) fn is_equal(self) -> bool {
        self.apart == 0 && self.unsure == 0
    }

    /// The share of values that are not the same.
    pub(super) fn share_apart(self) -> f64 {
        f64::from(self.apart) / f64::from((self.same + self.apart + self.unsure).max(1))
    }

    pub(super) fn count(self) -> u32 {
        self.same + self.apart + self.unsure
    }

    fn add(&mut self, other: Self) {
        self.same += other.same;
        self.apart += other.apart;
        self.unsure += other.unsure;
    }

    fn compare(&mut self, value: &Value, reference: &Value) {
        match (value, reference) {
            (Value::Object(fields), Value::Object(reference)) => {
                for (name, expected) in reference {
                    self.compare(fields.get(name).unwrap_or(&Value::Null), expected);
                }
            }
            (Value::Array(items), Value::Array(reference)) => self.compare_lists(items, reference),
            _ => match alike(value, reference) {
                Some(true) => self.same += 1,
                Some(false) => self.apart += 1,
                None => self.unsure += 1,
            },
        }
    }

    fn compare_lists(&mut self, items: &[Value], reference: &[Value]) {
        let mut left: Vec<&Value> = items.iter().collect();
        let mut missing: Vec<&Value> = reference.iter().collect();
        if items.len() * reference.len() <= MAX_PAIRS {
            let mut is_moved = false;
            missing.retain(|expected| {
                let found = left.iter().position(|item| tally(item, expected).is_equal());
                if let Some(at) = found {
                    is_moved |= at > 0;
                    left.remove(at);
                    self.same += 1;
                }
                found.is_none()
            });
            self.unsure += u32::from(is_moved && missing.is_empty());
        }
        for (item, expected) in left.iter().zip(&missing) {
            self.compare(item, expected);
        }
        self.apart += left.len().abs_diff(missing.len()) as u32;
    }
}

/// Whether two values mean the same; `None` when they may.
fn alike(value: &Value, reference: &Value) -> Option<bool> {
    match (value, reference) {
        _ if value == reference || says_nothing(value) && says_nothing(reference) => Some(true),
        (Value::Number(value), Value::Number(reference)) => {
            let (value, reference) = (value.as_f64()?, reference.as_f64()?);
            let apart =
                (value - reference).abs() / value.abs().max(reference.abs()).max(f64::MIN_POSITIVE);
            match apart {
                ..1e-9 => Some(true),
                ..ROUNDING if value.fract() != 0.0 || reference.fract() != 0.0 => None,
                _ => Some(false),
            }
        }
        (Value::String(value), Value::String(reference)) => {
            if plain(value).eq(plain(reference)) {
                return Some(true);
            }
            let is_prose = |text: &str| text.split_whitespace().count() >= PROSE_WORDS;
            if is_prose(value) && is_prose(reference) { None } else { Some(false) }
        }
        // 5 and "5", true and "true": a type, not a value.
        (Value::String(text), other) | (other, Value::String(text))
            if !other.is_array()
                && !other.is_object()
                && serde_json::from_str::<Value>(text).is_ok_and(|value| value == *other) =>
        {
            None
        }
        _ => Some(false),
    }
}

fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

/// The words of a text, without case and the punctuation around them.
fn plain(text: &str) -> impl Iterator<Item = String> {
    let words = text.split_whitespace();
    words
        .map(|word| {
            word.trim_matches(|c: char| matches!(c, '.' | ',' | ';' | '!' | '"' | '\''))
                .to_lowercase()
        })
        .filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_counted_against_the_reference() {
        for (value, reference, expected) in [
            (json!({"a": 1, "b": [2]}), json!({"b": [2.0], "a": 1}), [2, 0, 0]),
            (json!({"a": 1, "more": 5}), json!({"a": 1}), [1, 0, 0]),
            (json!({}), json!({"a": 1}), [0, 1, 0]),
            (json!({}), json!({"a": null, "b": "", "c": []}), [3, 0, 0]),
            (json!({"a": "paris."}), json!({"a": "Paris"}), [1, 0, 0]),
            (json!({"a": "Lyon"}), json!({"a": "Paris"}), [0, 1, 0]),
            (
                json!({"a": "a place in the south"}),
                json!({"a": "somewhere in the south"}),
                [0, 0, 1],
            ),
            (json!({"a": 2.7162}), json!({"a": 2.71615}), [0, 0, 1]),
            (json!({"a": 1001}), json!({"a": 1000}), [0, 1, 0]),
            (json!({"a": "5"}), json!({"a": 5}), [0, 0, 1]),
            (json!({"a": true}), json!({"a": false}), [0, 1, 0]),
            (json!(["b", "a"]), json!(["a", "b"]), [2, 0, 1]),
            (json!(["a", "b", "c"]), json!(["a", "b"]), [2, 1, 0]),
            (json!(["a"]), json!(["a", "b"]), [1, 1, 0]),
            (
                json!([{"n": "x", "v": 1}, {"n": "y", "v": 2}]),
                json!([{"n": "x", "v": 1}, {"n": "y", "v": 3}]),
                [2, 1, 0],
            ),
            (json!([1]), json!({"a": 1}), [0, 1, 0]),
            (json!([]), json!({}), [1, 0, 0]),
            (json!(0), json!(0.0), [1, 0, 0]),
            (json!(vec![1; 200]), json!(vec![1; 200]), [200, 0, 0]),
        ] {
            let [same, apart, unsure] = expected;
            assert_eq!(
                tally(&value, &reference),
                Tally { same, apart, unsure },
                "{value} | {reference}"
            );
        }
    }

    #[test]
    fn calls_are_paired_by_name() {
        let call = |name: &str, arguments: Value| json!({"name": name, "arguments": arguments});
        let (paris, rome) =
            (call("w", json!({"city": "Paris"})), call("w", json!({"city": "Rome"})));
        let now = call("now", json!({}));
        let same = |same, apart, unsure| Calls::Same(Tally { same, apart, unsure });
        for (calls, reference, expected) in [
            (vec![&paris], vec![&paris], same(1, 0, 0)),
            (vec![&rome, &paris], vec![&paris, &rome], same(2, 0, 0)),
            (vec![&rome], vec![&paris], same(0, 1, 0)),
            (vec![&now], vec![&paris], Calls::Other),
            (vec![&paris], vec![&paris, &now], Calls::Other),
            (vec![&paris, &now], vec![&paris], Calls::More),
        ] {
            let owned = |calls: &[&Value]| calls.iter().copied().cloned().collect::<Vec<_>>();
            assert_eq!(compare_calls(&owned(&calls), &owned(&reference)), expected, "{calls:?}");
        }
        assert!(super::calls(&json!({"tool_calls": [paris]})).is_some());
        for other in [
            json!({"tool_calls": 5}),
            json!({"tool_calls": [{}]}),
            json!({"a": 1, "tool_calls": []}),
            json!([]),
        ] {
            assert!(super::calls(&other).is_none(), "{other}");
        }
    }
}
