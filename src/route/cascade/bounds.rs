//! How much work a caller's schema can ask for, measured before anything is compiled.
//!
//! A schema of a few lines can apply itself to one value a million times, or to itself without end; callers share the
//! machine. Follows the keywords of JSON Schema 2020-12 and of the drafts before it that apply schemas.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

/// What may be done with a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bounds {
    /// It applies itself to values within its values, as that of a tree does.
    pub(super) is_recursive: bool,
}

/// Schemas that apply to one value at once, at most.
const MAX_AT_ONCE: u64 = 4096;
/// How deep those may be nested.
const MAX_DEPTH_AT_ONCE: usize = 12;
/// Schemas on the way from the root, at most.
const MAX_DEPTH: usize = 96;
/// Schemas in all, each as often as it is applied, at most.
const MAX_APPLIED: u64 = 100_000;
/// Regular expressions, at most: compiling them takes the most time.
const MAX_PATTERNS: usize = 64;

/// The bounds of `schema`; `None` when it has none that we know, or refers to what is elsewhere.
pub(super) fn bounds(schema: &Value) -> Option<Bounds> {
    let mut survey = Survey {
        root: schema,
        at_once: HashMap::new(),
        open: HashSet::new(),
        walked: HashMap::new(),
        patterns: 0,
        is_recursive: false,
    };
    survey.walk(schema, 0)?;
    (survey.patterns <= MAX_PATTERNS).then_some(Bounds { is_recursive: survey.is_recursive })
}

/// A schema's place in memory: the same schema met again.
type Place = usize;

struct Survey<'a> {
    root: &'a Value,
    /// What a schema applies to the value itself; `None` while that is being found out.
    at_once: HashMap<Place, Option<AtOnce>>,
    /// Schemas on the way to where we are.
    open: HashSet<Place>,
    walked: HashMap<Place, Extent>,
    patterns: usize,
    is_recursive: bool,
}

#[derive(Clone, Copy)]
struct AtOnce {
    schemas: u64,
    depth: usize,
}

#[derive(Clone, Copy)]
struct Extent {
    applied: u64,
    height: usize,
}

impl<'a> Survey<'a> {
    /// Goes through everything that `schema` applies to a value and to what is in it.
    fn walk(&mut self, schema: &'a Value, depth: usize) -> Option<Extent> {
        let place = std::ptr::from_ref(schema) as Place;
        if let Some(extent) = self.walked.get(&place) {
            return (depth + extent.height <= MAX_DEPTH).then_some(*extent);
        }
        if depth > MAX_DEPTH || !is_plain(schema, depth) {
            return None;
        }
        self.at_once(schema, 0)?;
        self.patterns += patterns(schema);
        self.open.insert(place);
        let mut extent = Extent { applied: 1, height: 0 };
        let inside = applied_inside(schema);
        for next in applied_at_once(schema, self.root)?.into_iter().chain(inside) {
            if self.open.contains(&(std::ptr::from_ref(next) as Place)) {
                self.is_recursive = true;
                continue;
            }
            let Extent { applied, height } = self.walk(next, depth + 1)?;
            extent.applied = extent.applied.saturating_add(applied);
            extent.height = extent.height.max(height + 1);
        }
        self.open.remove(&place);
        self.walked.insert(place, extent);
        (extent.applied <= MAX_APPLIED).then_some(extent)
    }

    /// What `schema` applies to one value; `None` when that is too much or never ends.
    fn at_once(&mut self, schema: &'a Value, depth: usize) -> Option<AtOnce> {
        let place = std::ptr::from_ref(schema) as Place;
        if let Some(known) = self.at_once.get(&place) {
            return *known;
        }
        if depth > MAX_DEPTH_AT_ONCE {
            return None;
        }
        self.at_once.insert(place, None);
        let mut found = AtOnce { schemas: 1, depth: 0 };
        for next in applied_at_once(schema, self.root)? {
            let AtOnce { schemas, depth: below } = self.at_once(next, depth + 1)?;
            found.schemas = found.schemas.saturating_add(schemas);
            found.depth = found.depth.max(below + 1);
        }
        if found.schemas > MAX_AT_ONCE || found.depth > MAX_DEPTH_AT_ONCE {
            return None;
        }
        self.at_once.insert(place, Some(found));
        Some(found)
    }
}

/// Whether references mean what they seem to: none that are resolved while validating, and one base for all.
fn is_plain(schema: &Value, depth: usize) -> bool {
    let has = |name: &str| schema.get(name).is_some();
    let has_base =
        || ["$id", "id"].iter().any(|name| schema.get(name).is_some_and(Value::is_string));
    !has("$dynamicRef") && !has("$recursiveRef") && (depth == 0 || !has_base())
}

/// The schemas that apply to the same value; `None` when one of them is elsewhere.
fn applied_at_once<'a>(schema: &'a Value, root: &'a Value) -> Option<Vec<&'a Value>> {
    let Some(keywords) = schema.as_object() else { return Some(Vec::new()) };
    let mut found = Vec::new();
    for (keyword, value) in keywords {
        match (keyword.as_str(), value) {
            ("allOf" | "anyOf" | "oneOf", Value::Array(schemas)) => found.extend(schemas),
            ("not" | "if" | "then" | "else", schema) => found.push(schema),
            ("dependentSchemas" | "dependencies", Value::Object(schemas)) => {
                found.extend(schemas.values().filter(|schema| !schema.is_array()));
            }
            ("$ref", Value::String(reference)) => {
                found.push(root.pointer(reference.strip_prefix('#')?)?)
            }
            _ => {}
        }
    }
    Some(found)
}

/// The schemas that apply to values within the value.
fn applied_inside(schema: &Value) -> Vec<&Value> {
    let mut found = Vec::new();
    for (keyword, value) in schema.as_object().into_iter().flatten() {
        match (keyword.as_str(), value) {
            ("properties" | "patternProperties", Value::Object(schemas)) => {
                found.extend(schemas.values())
            }
            ("items" | "prefixItems", Value::Array(schemas)) => found.extend(schemas),
            (
                "items"
                | "additionalItems"
                | "additionalProperties"
                | "contains"
                | "propertyNames"
                | "unevaluatedItems"
                | "unevaluatedProperties"
                | "contentSchema",
                schema,
            ) => found.push(schema),
            _ => {}
        }
    }
    found
}

fn patterns(schema: &Value) -> usize {
    let by_name = schema.get("patternProperties").and_then(Value::as_object);
    usize::from(schema.get("pattern").is_some()) + by_name.map_or(0, |by_name| by_name.len())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Definitions of which each applies the next one `times` over.
    fn chain(length: usize, times: usize) -> Value {
        let link = |at: usize| json!({"allOf": vec![json!({"$ref": format!("#/$defs/{}", at + 1)}); times]});
        let mut links: serde_json::Map<_, _> =
            (0..length).map(|at| (at.to_string(), link(at))).collect();
        links.insert(length.to_string(), json!({"type": "string"}));
        json!({"$ref": "#/$defs/0", "$defs": links})
    }

    #[test]
    fn what_schemas_ask_for_is_known_before() {
        let found = |schema: &Value| bounds(schema).map(|bounds| bounds.is_recursive);
        for (schema, expected) in [
            (json!(true), Some(false)),
            (json!({"type": "object", "properties": {"a": {"type": "string"}}}), Some(false)),
            (json!({"properties": {"a": {"$ref": "#/$defs/b"}}, "$defs": {"b": {}}}), Some(false)),
            (
                json!({"properties": {"next": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}}}),
                Some(true),
            ),
            (json!({"properties": {"$ref": {"type": "string"}}}), Some(false)),
            (json!({"$id": "https://example.com/a", "type": "object"}), Some(false)),
            (json!({"$ref": "#"}), None),
            (json!({"allOf": [{"$ref": "#"}, {"$ref": "#"}]}), None),
            (json!({"$ref": "https://example.com/a"}), None),
            (json!({"$ref": "file:///etc/passwd"}), None),
            (json!({"$ref": "#/$defs/none"}), None),
            (json!({"$dynamicRef": "#a"}), None),
            (json!({"properties": {"a": {"$id": "b", "$ref": "#/c"}}}), None),
            (
                json!({"properties": (0..99).map(|at| (at.to_string(), json!({"pattern": "a"}))).collect::<serde_json::Map<_, _>>()}),
                None,
            ),
            (chain(3, 2), Some(false)),
            (chain(40, 2), None),
            (chain(4000, 1), None),
        ] {
            assert_eq!(found(&schema), expected, "{schema}");
        }
    }
}
