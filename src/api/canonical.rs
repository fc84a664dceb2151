//! One byte string per JSON meaning: key order, white space and number spelling do not show; everything else does.

use std::{fmt, ops::Range};

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

/// Appends the canonical form of `json` to `out`. The form is prefix-free, so forms can be strung together.
///
/// Errors: not JSON, nested deeper than 127 levels, an object with a repeated key, or a number beyond 64-bit precision
/// (two such numbers could differ and look the same).
pub fn append(out: &mut Vec<u8>, json: &str) -> Result<(), serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    Canonical { out }.deserialize(&mut deserializer)?;
    deserializer.end()
}

/// Appends the canonical form of a plain string, the same as that of the JSON string.
pub fn append_str(out: &mut Vec<u8>, text: &str) {
    out.push(b's');
    out.extend_from_slice(&(text.len() as u64).to_le_bytes());
    out.extend_from_slice(text.as_bytes());
}

struct Canonical<'a> {
    out: &'a mut Vec<u8>,
}

impl<'de> DeserializeSeed<'de> for Canonical<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Canonical<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.out.push(b'n');
        Ok(())
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        self.out.push(if value { b't' } else { b'f' });
        Ok(())
    }

    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        self.out.push(b'i');
        self.out.extend_from_slice(&i128::from(value).to_le_bytes());
        Ok(())
    }

    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        self.out.push(b'i');
        self.out.extend_from_slice(&i128::from(value).to_le_bytes());
        Ok(())
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<(), E> {
        if value.abs() >= EXACT_INTEGERS {
            return Err(E::custom("a number is beyond 64-bit precision"));
        }
        if value.fract() == 0.0 {
            return self.visit_i64(value as i64);
        }
        self.out.push(b'd');
        self.out.extend_from_slice(&value.to_bits().to_le_bytes());
        Ok(())
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        append_str(self.out, text);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        self.out.push(b'[');
        while items.next_element_seed(Canonical { out: self.out })?.is_some() {}
        self.out.push(b']');
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        self.out.push(b'{');
        let start = self.out.len();
        let mut entries: Vec<(String, Range<usize>)> = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            let from = self.out.len();
            append_str(self.out, &name);
            map.next_value_seed(Canonical { out: self.out })?;
            entries.push((name, from..self.out.len()));
        }
        if !entries.is_sorted_by(|a, b| a.0 < b.0) {
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            if let Some(pair) = entries.windows(2).find(|pair| pair[0].0 == pair[1].0) {
                return Err(A::Error::custom(format_args!(
                    "the key '{}' appears twice",
                    pair[0].0
                )));
            }
            let unsorted = self.out.split_off(start);
            for (_, Range { start: from, end }) in entries {
                self.out.extend_from_slice(&unsorted[from - start..end - start]);
            }
        }
        self.out.push(b'}');
        Ok(())
    }
}

/// Below this every integer has an `f64` of its own.
const EXACT_INTEGERS: f64 = 9_007_199_254_740_992.0;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn canonical(json: &str) -> Vec<u8> {
        let mut out = Vec::new();
        append(&mut out, json).unwrap();
        out
    }

    #[test]
    fn spelling_does_not_show() {
        for (a, b) in [
            (r#"{"a":1,"b":[true,null]}"#, "{ \"b\" : [ true , null ],\n\"a\":1.0 }"),
            (r#"{"a":{"y":0.5,"x":"é"}}"#, r#"{"a":{"x":"\u00e9","y":5e-1}}"#),
            ("-0.0", "0"),
        ] {
            assert_eq!(canonical(a), canonical(b), "{a} {b}");
        }
    }

    #[test]
    fn meaning_shows() {
        for (a, b) in [
            ("1", "\"1\""),
            ("[1,2]", "[2,1]"),
            ("[[1],2]", "[[1,2]]"),
            ("null", "false"),
            (r#"{"a":"b"}"#, r#"{"ab":""}"#),
            (r#"["a","b"]"#, r#"["ab",""]"#),
            ("18446744073709551615", "18446744073709551614"),
        ] {
            assert_ne!(canonical(a), canonical(b), "{a} {b}");
        }
    }

    #[test]
    fn what_cannot_be_told_apart_is_refused() {
        for (json, phrase) in [
            (r#"{"b":1,"a":1,"a":2}"#, "'a' appears twice"),
            (r#"{"a":1,"a":2}"#, "'a' appears twice"),
            ("18446744073709551617", "64-bit precision"),
        ] {
            let error = append(&mut Vec::new(), json).unwrap_err().to_string();
            assert!(error.contains(phrase), "{error}");
        }
        let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
        assert!(
            append(&mut Vec::new(), &deep).unwrap_err().to_string().contains("recursion limit")
        );
    }

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            "[a-c\"{}\\[\\]]{0,4}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[a-d]{0,2}", inner, 0..4).prop_map(|map| Value::from(
                    map.into_iter().collect::<serde_json::Map<_, _>>()
                )),
            ]
        })
    }

    proptest! {
        #[test]
        fn two_values_share_a_form_only_when_equal(a in json(), b in json()) {
            prop_assert_eq!(canonical(&a.to_string()) == canonical(&b.to_string()), a == b);
        }

        #[test]
        fn any_text_is_answered_without_a_panic(text in ".{0,40}") {
            let _ = append(&mut Vec::new(), &text);
        }
    }
}
