//! Whether the answers to a JSON schema can be relied on.

use serde_json::Value;

/// The first keyword of `schema` that Gemini reads past. What it holds to is listed with `responseJsonSchema`:
/// <https://ai.google.dev/api/generate-content#generationconfig>.
pub(super) fn unenforced(schema: &Value) -> Option<&str> {
    let Value::Object(schema) = schema else { return None };
    schema.iter().find_map(|(keyword, value)| match keyword.as_str() {
        "$defs" | "definitions" | "properties" => {
            value.as_object()?.values().find_map(|schema| unenforced(schema))
        }
        "items" | "additionalProperties" => unenforced(value),
        "anyOf" | "oneOf" | "prefixItems" => value.as_array()?.iter().find_map(unenforced),
        _ if ENFORCED.contains(&keyword.as_str()) || SAYS_NOTHING.contains(&keyword.as_str()) => {
            None
        }
        _ => Some(keyword),
    })
}

/// The schema with each `const` as the `enum` of one value that it is: Gemini knows only the latter.
pub(super) fn without_const(schema: &Value) -> Value {
    match schema {
        Value::Object(fields) => {
            let mut fields: serde_json::Map<_, _> =
                fields.iter().map(|(name, value)| (name.clone(), below(name, value))).collect();
            let constant =
                fields.get("const").filter(|value| value.is_string() || value.is_number());
            if let Some(constant) = constant.filter(|_| !fields.contains_key("enum")).cloned() {
                fields.remove("const");
                fields.insert("enum".into(), Value::Array(vec![constant]));
            }
            Value::Object(fields)
        }
        other => other.clone(),
    }
}

/// The value of the keyword `name`, which holds schemas or data.
fn below(name: &str, value: &Value) -> Value {
    match (name, value) {
        ("$defs" | "definitions" | "properties", Value::Object(schemas)) => schemas
            .iter()
            .map(|(name, schema)| (name.clone(), without_const(schema)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        ("items" | "additionalProperties", schema) => without_const(schema),
        ("anyOf" | "oneOf" | "prefixItems", Value::Array(schemas)) => {
            schemas.iter().map(without_const).collect()
        }
        (_, data) => data.clone(),
    }
}

const ENFORCED: &[&str] = &[
    "$id",
    "$ref",
    "$anchor",
    "type",
    "format",
    "enum",
    "minItems",
    "maxItems",
    "minimum",
    "maximum",
    "required",
    "propertyOrdering",
];

/// Keywords for readers of the schema.
const SAYS_NOTHING: &[&str] = &[
    "$schema",
    "$comment",
    "title",
    "description",
    "default",
    "example",
    "examples",
    "deprecated",
    "readOnly",
    "writeOnly",
];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_keyword_that_is_read_past_is_found_at_any_depth() {
        for (schema, expected) in [
            (json!({"type": "object", "properties": {"pattern": {"type": "string"}}}), None),
            (json!({"$schema": "x", "$defs": {"a": {"type": ["string", "null"]}}}), None),
            (json!({"type": "object", "properties": {"a": {"pattern": "^x"}}}), Some("pattern")),
            (json!({"items": {"anyOf": [{"minLength": 2}]}}), Some("minLength")),
            (json!({"allOf": [{"type": "string"}]}), Some("allOf")),
            (json!({"additionalProperties": {"not": {}}}), Some("not")),
            (json!({"enum": [{"pattern": 1}]}), None),
            (json!(true), None),
        ] {
            assert_eq!(unenforced(&schema), expected, "{schema}");
        }
    }

    #[test]
    fn a_constant_becomes_an_enumeration_of_one() {
        let schema = json!({"properties": {"kind": {"const": "dog"}, "const": {"const": null}},
            "default": {"const": "x"}, "anyOf": [{"const": 5}]});
        let expected = json!({"properties": {"kind": {"enum": ["dog"]}, "const": {"const": null}},
            "default": {"const": "x"}, "anyOf": [{"enum": [5]}]});
        assert_eq!(without_const(&schema), expected);
    }
}
