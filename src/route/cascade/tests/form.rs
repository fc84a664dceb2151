//! Answers that have to be JSON, and schemas that are more than they seem.

use std::time::{Duration, Instant};

use serde_json::json;

use super::*;

#[test]
fn json_has_to_be_what_was_asked_for() {
    let object = json!({"response_format": {"type": "json_object"}});
    let good = r#"{"name": "Ada", "age": 36}"#;
    let deep = format!("{}{}", "[".repeat(4000), "]".repeat(4000));
    for (request, text, expected) in [
        (object.clone(), r#"{"a": 1}"#, ""),
        (object.clone(), " {}\n", ""),
        (object.clone(), "[1]", "not_json"),
        (object.clone(), "null", "not_json"),
        (object.clone(), "```json\n{}\n```", "not_json"),
        (object.clone(), "Here you are: {}", "not_json"),
        (object.clone(), r#"{"a": 1,}"#, "not_json"),
        (object.clone(), r#"{"a": NaN}"#, "not_json"),
        (object.clone(), r#"{"a": "\ud800"}"#, "not_json"),
        (object.clone(), r#"{"a": "\u0000\n\"\\"}"#, ""),
        (object.clone(), r#"{"a": 1e999999}"#, "not_json"),
        (object.clone(), r#"{"a": 1"#, "not_json"),
        (object.clone(), &deep, "not_json"),
        (with(object.clone(), "stop", json!(["}"])), r#"{"a": 1"#, ""),
        (with(object.clone(), "stop", json!("}")), r#"{"a": x"#, "not_json"),
        (with(object.clone(), "stop", json!([])), r#"{"a": 1"#, "not_json"),
        (json!({"response_format": {"type": "text"}}), "{", ""),
        (json!({"response_format": "json"}), "{", ""),
        (json!({"response_format": null}), "{", ""),
        (person(), good, ""),
        (person(), r#"{"name": "Ada"}"#, "schema"),
        (person(), r#"{"name": "Ada", "age": "36"}"#, "schema"),
        (person(), r#"{"name": "Ada", "age": -1}"#, "schema"),
        (person(), r#"{"name": "Ada", "age": 36.0}"#, ""),
        (person(), r#"{"name": "Ada", "age": 36, "more": 1}"#, "schema"),
        (person(), r#"{"name": null, "age": 36}"#, "schema"),
        (person(), r#"{"name": "Ada", "age": 36, "born": "1815-12-10", "code": "GB"}"#, ""),
        (person(), r#"{"name": "Ada", "age": 36, "born": "10 December 1815"}"#, "schema"),
        (person(), r#"{"name": "Ada", "age": 36, "code": "gb"}"#, "schema"),
        (person(), r#"[{"name": "Ada", "age": 36}]"#, "schema"),
        (person(), "Ada is 36.", "not_json"),
        // The schema where other vendors have it; without strict.
        (
            json!({"response_format": {"type": "json_object", "schema": {"required": ["a"]}}}),
            "{}",
            "schema",
        ),
        (
            json!({"response_format": {"type": "json_schema", "json_schema": {"schema": {"required": ["a"]}}}}),
            "{}",
            "schema",
        ),
        (
            json!({"response_format": {"type": "json_schema", "json_schema": {"name": "a"}}}),
            "{}",
            "",
        ),
        (
            json!({"response_format": {"type": "json_schema", "json_schema": {"name": "a"}}}),
            "x",
            "not_json",
        ),
        (json!({"response_format": {"type": "json_schema", "json_schema": 5}}), "[]", ""),
        // Schemas that are no opinion.
        (schema(json!({"type": "nonsense"})), "{}", ""),
        (schema(json!({"type": 5, "required": "a"})), "{}", ""),
        (schema(json!({"$ref": "https://example.com/schema.json"})), "{}", ""),
        (schema(json!({"$ref": "file:///etc/passwd"})), "{}", ""),
        (schema(json!({"$ref": "#/$defs/none"})), "{}", ""),
        (schema(json!({"$schema": "https://example.com/meta", "type": "array"})), "{}", ""),
        (schema(json!({"pattern": "(?=a)b"})), "\"c\"", ""),
        (schema(json!({"pattern": "((a{1,1000}){1,1000}){1,1000}"})), "\"c\"", ""),
        (schema(json!({"enum": ["x".repeat(200_000)]})), "\"c\"", ""),
        (schema(json!({"$ref": "#"})), "{}", ""),
        (schema(json!([1])), "{}", ""),
    ] {
        assert_eq!(kind(&request, &said(text)), expected, "{request} {text:.80}");
    }
}

#[test]
fn reasons_name_the_place_and_not_the_content() {
    let request =
        schema(json!({"type": "object", "properties": {"users": {"type": "array", "items": {
        "type": "object", "properties": {"mail": {"type": "string", "maxLength": 5}}}}}}));
    let answer = said(r#"{"users": [{"mail": "a@b.c"}, {"mail": "secret@example.com"}]}"#);
    let Verdict::Escalate(reason) = check(&request).verdict_on(&answer) else { panic!() };
    assert_eq!(
        reason.to_string(),
        "the answer violates 'maxLength' of the schema at /users/1/mail"
    );
    assert_eq!(reason.kind(), "schema");
    let long = schema(json!({"additionalProperties": {"type": "integer"}}));
    let answer = said(&json!({"k".repeat(999): "secret"}).to_string());
    let Verdict::Escalate(reason) = check(&long).verdict_on(&answer) else { panic!() };
    assert!(reason.to_string().len() < 200 && !reason.to_string().contains("secret"));
    let violation = Violation { path: String::new(), keyword: "type".into() };
    assert_eq!(
        Reason::ArgumentsViolate(violation).to_string(),
        "a tool's arguments violate 'type' of the schema"
    );
}

#[test]
fn hostile_schemas_take_no_time() {
    let start = Instant::now();
    let both = json!([{"$ref": "#/$defs/a"}, {"$ref": "#/$defs/b"}]);
    let branch = |leaf: &str| json!({"type": "object", "properties": {"in": {"anyOf": both}, leaf: {"const": 1}}});
    let trees = schema(json!({"$ref": "#/$defs/a", "$defs": {"a": branch("x"), "b": branch("y")}}));
    let nested = |levels: usize, leaf: &str| {
        said(&format!("{}{leaf}{}", r#"{"in":"#.repeat(levels), "}".repeat(levels)))
    };
    assert_eq!(kind(&trees, &nested(30, r#"{"x": 2, "y": 2}"#)), "schema");
    assert_eq!(kind(&trees, &nested(30, "{}")), "");
    assert_eq!(kind(&trees, &nested(120, r#"{"x": 2, "y": 2}"#)), "");
    let links: serde_json::Map<_, _> = (0..40)
        .map(|at| {
            let next = json!({"$ref": format!("#/$defs/{}", at + 1)});
            (at.to_string(), json!({"allOf": [next, next]}))
        })
        .collect();
    let chain = schema(json!({"$ref": "#/$defs/0", "$defs": links}));
    assert_eq!(kind(&chain, &said("1")), "");
    let backtracking = schema(json!({"type": "string", "pattern": "^(a+)+$"}));
    assert_eq!(kind(&backtracking, &said(&format!("\"{}!\"", "a".repeat(20_000)))), "schema");
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}
