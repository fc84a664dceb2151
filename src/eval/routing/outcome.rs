//! Labelled outcomes: a prompt and how good the answers of a cheap and a frontier model to it were, one JSON object a line.

use std::{
    io::{self, BufRead as _},
    path::Path,
};

use serde_json::{Map, Value};

use crate::eval::trace;

/// A prompt and what came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The text of the user's turn.
    pub prompt: String,
    /// How good the cheap model's answer was, from 0 to 1.
    pub weak_score: f64,
    /// How good the frontier model's answer was, from 0 to 1.
    pub strong_score: f64,
    /// What kind of prompt it is.
    pub category: Option<String>,
    /// Rows with an equal key are one prompt in other words, or from another source: they are drawn and held out together.
    pub dup_key: Option<String>,
}

impl Outcome {
    /// What the frontier adds, from -1 to 1.
    pub fn gain(&self) -> f64 {
        self.strong_score - self.weak_score
    }

    /// How much the cheap model's answer falls short, from 0 to 1: what a classifier's probability is held against.
    pub fn label(&self) -> f64 {
        self.gain().max(0.0)
    }

    /// What rows have in common that are not independent of each other.
    pub fn group(&self) -> &str {
        self.dup_key.as_deref().unwrap_or(&self.prompt)
    }
}

/// Why outcomes cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum OutcomeError {
    /// The file cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: String,
        /// The system's error.
        source: io::Error,
    },
    /// A line is no outcome.
    #[error(
        "{path}, line {line}: {problem}; a line is {{\"prompt\": TEXT, \"weak_score\": 0 to 1, \"strong_score\": 0 to 1}}, \
         with an optional \"category\" and \"dup_key\""
    )]
    Line {
        /// The file.
        path: String,
        /// Counted from 1.
        line: usize,
        /// What is wrong with it.
        problem: String,
    },
    /// There is none.
    #[error("{0}: the file has no outcomes")]
    Empty(String),
}

/// Reads outcomes; a file whose name ends in `.gz` is unpacked. Empty lines and unknown fields are passed over.
pub fn read(path: &Path) -> Result<Vec<Outcome>, OutcomeError> {
    let shown = path.display().to_string();
    let failed = |source| OutcomeError::Read { path: shown.clone(), source };
    let reader = trace::open(path).map_err(failed)?;
    let mut outcomes = Vec::new();
    for (index, line) in reader.split(b'\n').enumerate() {
        let line = line.map_err(failed)?;
        let read = outcome(&line).map_err(|problem| OutcomeError::Line {
            path: shown.clone(),
            line: index + 1,
            problem,
        })?;
        outcomes.extend(read);
    }
    if outcomes.is_empty() { Err(OutcomeError::Empty(shown)) } else { Ok(outcomes) }
}

/// One line; `None` for an empty one. Fails with what is wrong.
fn outcome(line: &[u8]) -> Result<Option<Outcome>, String> {
    let line = std::str::from_utf8(line).map_err(|_| "is not UTF-8 text".to_owned())?;
    let line = line.trim_start_matches('\u{feff}');
    if line.trim().is_empty() {
        return Ok(None);
    }
    let row: Value = serde_json::from_str(line).map_err(|_| "is not JSON".to_owned())?;
    let Value::Object(row) = row else { return Err("is not a JSON object".to_owned()) };
    let prompt = match row.get("prompt") {
        Some(Value::String(prompt)) if !prompt.trim().is_empty() => prompt.clone(),
        Some(Value::String(_)) => return Err("\"prompt\" is empty".to_owned()),
        Some(_) => return Err("\"prompt\" is not a text".to_owned()),
        None => return Err("\"prompt\" is missing".to_owned()),
    };
    Ok(Some(Outcome {
        prompt,
        weak_score: score(&row, "weak_score")?,
        strong_score: score(&row, "strong_score")?,
        category: name(&row, "category")?,
        dup_key: name(&row, "dup_key")?,
    }))
}

fn score(row: &Map<String, Value>, field: &str) -> Result<f64, String> {
    let value = row.get(field).ok_or_else(|| format!("\"{field}\" is missing"))?;
    match value.as_f64() {
        Some(score) if (0.0..=1.0).contains(&score) => Ok(score),
        Some(score) => Err(format!("\"{field}\" is {score}, which is not from 0 to 1")),
        None => Err(format!("\"{field}\" is {value}, which is not a number")),
    }
}

fn name(row: &Map<String, Value>, field: &str) -> Result<Option<String>, String> {
    match row.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(name)) => Ok(Some(name.clone())),
        Some(number @ Value::Number(_)) => Ok(Some(number.to_string())),
        Some(other) => Err(format!("\"{field}\" is {other}, which is not a text")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_that_are_not_needed_may_be_absent_and_unknown_ones_are_passed_over() {
        let line = r#"{"prompt":"a","weak_score":0,"strong_score":0.5,"category":null,"dup_key":7,"colour":[]}"#;
        let read = outcome(line.as_bytes()).unwrap().unwrap();
        assert_eq!((read.gain(), read.label(), read.group()), (0.5, 0.5, "7"));
        let line = r#"{"prompt":"a","weak_score":1,"strong_score":0.5,"category":"maths"}"#;
        let read = outcome(line.as_bytes()).unwrap().unwrap();
        assert_eq!((read.gain(), read.label(), read.group()), (-0.5, 0.0, "a"));
        assert_eq!(read.category.as_deref(), Some("maths"));
        assert_eq!(outcome(b" \r").unwrap(), None);
    }

    #[test]
    fn what_is_wrong_with_a_line_is_said() {
        for (line, problem) in [
            ("{\"prompt\":", "is not JSON"),
            ("[1]", "is not a JSON object"),
            (r#"{"weak_score":0,"strong_score":1}"#, "\"prompt\" is missing"),
            (r#"{"prompt":" ","weak_score":0,"strong_score":1}"#, "\"prompt\" is empty"),
            (r#"{"prompt":3,"weak_score":0,"strong_score":1}"#, "\"prompt\" is not a text"),
            (r#"{"prompt":"a","strong_score":1}"#, "\"weak_score\" is missing"),
            (
                r#"{"prompt":"a","weak_score":"low","strong_score":1}"#,
                "\"weak_score\" is \"low\", which is not a number",
            ),
            (
                r#"{"prompt":"a","weak_score":0,"strong_score":100}"#,
                "\"strong_score\" is 100, which is not from 0 to 1",
            ),
            (
                r#"{"prompt":"a","weak_score":0,"strong_score":1,"category":{}}"#,
                "\"category\" is {}, which is not a text",
            ),
        ] {
            assert_eq!(outcome(line.as_bytes()).unwrap_err(), problem, "{line}");
        }
        assert_eq!(outcome(b"\xff").unwrap_err(), "is not UTF-8 text");
    }

    #[test]
    fn the_line_and_what_would_be_right_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("outcomes.jsonl");
        std::fs::write(&path, "{\"prompt\":\"a\",\"weak_score\":0,\"strong_score\":1}\n\n{}\n")
            .unwrap();
        let message = read(&path).unwrap_err().to_string();
        assert!(message.contains("line 3: \"prompt\" is missing; a line is {"), "{message}");
        std::fs::write(&path, "\n").unwrap();
        assert!(read(&path).unwrap_err().to_string().contains("no outcomes"));
    }
}
