//! JSON schemas as structured outputs take them.
//!
//! Every object is closed (`additionalProperties: false`), and bounds on numbers, lengths and lists cannot be enforced.
//! Source: <https://platform.claude.com/docs/en/build-with-claude/structured-outputs#json-schema-limitations>.

use serde_json::{Map, Value};

/// A schema that can be enforced, and what of the original it does not hold.
#[derive(Debug, PartialEq)]
pub(super) struct Enforceable {
    /// The schema to send. Constraints that it cannot hold are told to the model in descriptions.
    pub schema: Value,
    /// Where those stood: `properties.age.minimum`.
    pub loosened: Vec<String>,
}

/// The schema as it can be enforced; `Err` with the place of something whose answers it would keep out.
///
/// Closing an object that names its properties keeps no wanted answer out, where that is all that it has to be; closing
/// one that is a free map, or one of several that an answer has to be at once, would.
pub(super) fn enforceable(schema: &Value) -> Result<Enforceable, String> {
    let mut loosened = Vec::new();
    let schema = close(schema, "", &mut loosened)?;
    Ok(Enforceable { schema, loosened })
}

/// Keywords that say something of a schema, and nothing of what fits it.
const REMARKS: &[&str] =
    &["$comment", "$id", "$schema", "deprecated", "examples", "readOnly", "writeOnly"];
const FORMATS: &[&str] =
    &["date", "date-time", "duration", "email", "hostname", "ipv4", "ipv6", "time", "uri", "uuid"];

fn close(schema: &Value, at: &str, loosened: &mut Vec<String>) -> Result<Value, String> {
    let schema = schema.as_object().ok_or_else(|| at.to_owned())?;
    let mut closed = Map::new();
    let mut told = Vec::new();
    for (keyword, value) in schema {
        let at = join(at, keyword);
        match keyword.as_str() {
            "properties" | "$defs" | "definitions" => {
                let named = value.as_object().ok_or_else(|| at.clone())?;
                let mut all = Map::new();
                for (name, schema) in named {
                    all.insert(name.clone(), close(schema, &join(&at, name), loosened)?);
                }
                closed.insert(keyword.clone(), Value::Object(all));
            }
            "items" => {
                closed.insert(keyword.clone(), close(value, &at, loosened)?);
            }
            "anyOf" | "allOf" | "oneOf" => {
                let choices = value.as_array().ok_or_else(|| at.clone())?;
                let choices: Result<Value, String> =
                    choices.iter().map(|choice| close(choice, &at, loosened)).collect();
                if keyword == "oneOf" {
                    loosened.push(at);
                    closed.insert("anyOf".into(), choices?);
                } else {
                    closed.insert(keyword.clone(), choices?);
                }
            }
            "additionalProperties" if *value == Value::Bool(false) => {}
            "additionalProperties" => loosened.push(at),
            remark if REMARKS.contains(&remark) => {}
            _ if is_enforced(keyword, value) => {
                closed.insert(keyword.clone(), value.clone());
            }
            _ => {
                told.push(format!("{keyword}: {value}"));
                loosened.push(at);
            }
        }
    }
    if !SHAPES.iter().any(|shape| closed.contains_key(*shape)) {
        return Err(at.to_owned());
    }
    if closed.get("type").is_some_and(allows_objects) || closed.contains_key("properties") {
        let names = |closed: &Map<String, Value>| {
            closed
                .get("properties")
                .and_then(Value::as_object)
                .is_some_and(|named| !named.is_empty())
        };
        if !names(&closed) && schema.get("additionalProperties") != Some(&Value::Bool(false)) {
            return Err(at.to_owned());
        }
        closed.insert("additionalProperties".into(), false.into());
    }
    if objects(&closed) > 1 {
        let joint = ["allOf", "anyOf"].into_iter().find(|keyword| closed.contains_key(*keyword));
        return Err(join(at, joint.unwrap_or("$ref")));
    }
    tell(&mut closed, &told);
    Ok(Value::Object(closed))
}

/// As how many closed objects at once an answer has to fit, each of which keeps out the properties of the others. What a
/// reference leads to may be one.
fn objects(closed: &Map<String, Value>) -> usize {
    let branches = |keyword: &str| {
        let branches = closed.get(keyword).and_then(Value::as_array).into_iter().flatten();
        branches.filter_map(Value::as_object).map(objects)
    };
    usize::from(closed.contains_key("additionalProperties"))
        + usize::from(closed.contains_key("$ref"))
        + usize::from(branches("anyOf").any(|count| count > 0))
        + branches("allOf").sum::<usize>()
}

/// Keywords one of which must say what fits; without any everything does, which cannot be enforced.
const SHAPES: &[&str] = &["$ref", "allOf", "anyOf", "const", "enum", "properties", "type"];

fn is_enforced(keyword: &str, value: &Value) -> bool {
    let plain = |value: &Value| !value.is_object() && !value.is_array();
    match keyword {
        "type" | "title" | "description" | "default" | "required" => true,
        "const" => plain(value),
        "enum" => value.as_array().is_some_and(|values| values.iter().all(plain)),
        "format" => value.as_str().is_some_and(|format| FORMATS.contains(&format)),
        "pattern" => value
            .as_str()
            .is_some_and(|pattern| !pattern.contains("(?") && !pattern.contains("\\b")),
        "minItems" => value.as_u64().is_some_and(|least| least <= 1),
        "$ref" => value.as_str().is_some_and(|target| target.starts_with('#')),
        _ => false,
    }
}

fn allows_objects(kind: &Value) -> bool {
    kind == "object"
        || kind.as_array().is_some_and(|kinds| kinds.iter().any(|kind| kind == "object"))
}

/// Puts what is not enforced into the description, where the model may heed it.
fn tell(closed: &mut Map<String, Value>, told: &[String]) {
    if told.is_empty() {
        return;
    }
    let told = format!("({})", told.join(", "));
    let known = closed.get("description").and_then(Value::as_str).filter(|known| !known.is_empty());
    let description = known.map_or_else(|| told.clone(), |known| format!("{known} {told}"));
    closed.insert("description".into(), description.into());
}

fn join(at: &str, name: &str) -> String {
    if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn objects_are_closed_and_bounds_are_told() {
        let given = json!({"$schema": "x", "type": "object", "required": ["age"], "properties": {
            "age": {"type": "integer", "minimum": 0, "description": "Years."},
            "tags": {"type": "array", "minItems": 1, "items": {"type": "string", "format": "uri"}},
            "who": {"$ref": "#/$defs/who"}},
            "$defs": {"who": {"type": ["object", "null"], "properties": {"name": {"type": "string"}}}}});
        let closed = json!({"type": "object", "required": ["age"], "additionalProperties": false, "properties": {
            "age": {"type": "integer", "description": "Years. (minimum: 0)"},
            "tags": {"type": "array", "minItems": 1, "items": {"type": "string", "format": "uri"}},
            "who": {"$ref": "#/$defs/who"}},
            "$defs": {"who": {"type": ["object", "null"], "additionalProperties": false, "properties": {"name": {"type": "string"}}}}});
        let expected =
            Enforceable { schema: closed, loosened: vec!["properties.age.minimum".into()] };
        assert_eq!(enforceable(&given), Ok(expected));
    }

    #[test]
    fn a_schema_within_the_limits_stays_as_it_is() {
        let schema = json!({"type": "object", "additionalProperties": false, "properties": {
            "mood": {"type": "string", "enum": ["good", "bad"], "pattern": "^[a-z]+$"}, "none": {"anyOf": [{"type": "null"}, {"const": 5}]}}});
        assert_eq!(
            enforceable(&schema),
            Ok(Enforceable { schema: schema.clone(), loosened: vec![] })
        );
    }

    #[test]
    fn what_is_loosened_is_named() {
        for (schema, place) in [
            (json!({"type": "string", "maxLength": 5}), "maxLength"),
            (json!({"type": "array", "minItems": 2}), "minItems"),
            (json!({"oneOf": [{"type": "string"}]}), "oneOf"),
            (json!({"type": "string", "pattern": "(?=x)"}), "pattern"),
            (
                json!({"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": true}),
                "additionalProperties",
            ),
        ] {
            assert_eq!(enforceable(&schema).unwrap().loosened, [place], "{schema}");
        }
    }

    #[test]
    fn objects_that_an_answer_has_to_be_at_once_cannot_be_closed() {
        let object =
            |name: &str| json!({"type": "object", "properties": {name: {"type": "string"}}});
        let reference = json!({"$ref": "#/$defs/a"});
        let (text, nothing) = (json!({"type": "string"}), json!({"type": "null"}));
        let with = |mut schema: Value, keyword: &str, branches: Value| {
            schema[keyword] = branches;
            schema
        };
        for (schema, place) in [
            (json!({"allOf": [object("a"), object("b")]}), Some("allOf")),
            (json!({"allOf": [reference, object("b")]}), Some("allOf")),
            (with(object("a"), "allOf", json!([reference])), Some("allOf")),
            (with(object("a"), "anyOf", json!([object("b"), nothing])), Some("anyOf")),
            (with(object("a"), "oneOf", json!([object("b"), object("c")])), Some("anyOf")),
            (with(object("a"), "$ref", json!("#/$defs/a")), Some("$ref")),
            (
                json!({"anyOf": [nothing, {"allOf": [object("a"), object("b")]}]}),
                Some("anyOf.allOf"),
            ),
            (json!({"allOf": [object("a")]}), None),
            (json!({"allOf": [reference], "description": "One of those."}), None),
            (json!({"allOf": [text, {"enum": ["a"]}]}), None),
            (json!({"anyOf": [object("a"), object("b"), reference]}), None),
            (with(object("a"), "anyOf", json!([text])), None),
        ] {
            let found = enforceable(&schema).err();
            assert_eq!(found.as_deref(), place, "{schema}");
        }
    }

    #[test]
    fn a_free_map_and_anything_at_all_cannot_be_enforced() {
        for (schema, place) in [
            (json!({"type": "object"}), ""),
            (
                json!({"type": "object", "properties": {"a": {"type": "object", "additionalProperties": {"type": "string"}}}}),
                "properties.a",
            ),
            (json!({"type": "object", "properties": {"a": {}}}), "properties.a"),
            (json!({"type": "object", "properties": {"a": true}}), "properties.a"),
            (json!({"type": "object", "properties": 5}), "properties"),
            (json!(5), ""),
        ] {
            assert_eq!(enforceable(&schema), Err(place.to_owned()), "{schema}");
        }
    }
}
