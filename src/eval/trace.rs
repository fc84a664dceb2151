//! A trace: questions in the order in which they were asked, one JSON object a line.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::{Path, PathBuf},
};

use serde::Deserialize;
use serde_json::{Value, json};

/// One request of a trace.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// The `messages` to send.
    pub messages: Value,
    /// Questions with the same label have the same answer.
    pub label: Label,
    /// What kind of request it is, for the summary: `paraphrase`, `trap`, …
    pub kind: Option<String>,
}

impl Question {
    /// The text of the last turn, when it is plain.
    pub fn text(&self) -> Option<&str> {
        self.messages.as_array()?.last()?.get("content")?.as_str()
    }
}

/// What is known of a question's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Label {
    /// Nothing: the trace has no `cluster` fields.
    Unknown,
    /// No other question has the same answer (`"cluster": null`).
    Alone,
    /// The name of those with the same answer.
    Cluster(String),
}

impl Label {
    /// Reads a `cluster` field; `None` when there is none.
    pub fn of(cluster: Option<Value>) -> Self {
        match cluster {
            None => Self::Unknown,
            Some(Value::Null) => Self::Alone,
            Some(Value::String(cluster)) => Self::Cluster(cluster),
            Some(other) => Self::Cluster(other.to_string()),
        }
    }

    /// Whether an answer to a question with the `other` label is right for this one; `None` when that is not known.
    pub fn is_served_by(&self, other: &Self) -> Option<bool> {
        match (self, other) {
            (Self::Unknown, _) | (_, Self::Unknown) => None,
            (Self::Cluster(a), Self::Cluster(b)) => Some(a == b),
            _ => Some(false),
        }
    }
}

/// Why a trace cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    /// The file cannot be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// One line is no question.
    #[error(
        "{name}:{line}: {problem}; a line is {{\"text\": …}} or {{\"messages\": […]}}, with an optional \"cluster\""
    )]
    Line {
        /// Name of the trace.
        name: String,
        /// Line, from 1.
        line: usize,
        /// What is wrong.
        problem: String,
    },
    /// There is no question in it.
    #[error("{0}: the trace has no questions")]
    Empty(String),
}

/// Reads a trace file; one whose name ends in `.gz` is unpacked.
pub fn read(path: &Path) -> Result<Vec<Question>, TraceError> {
    let io_error = |source| TraceError::Io { path: path.to_owned(), source };
    let reader = open(path).map_err(io_error)?;
    let name = path.display().to_string();
    let mut questions = Vec::new();
    for (index, line) in reader.lines().enumerate() {
        let line = line.map_err(io_error)?;
        questions.extend(question(&line, &name, index + 1)?);
    }
    checked(questions, name)
}

/// Opens a file to be read line by line; one whose name ends in `.gz` is unpacked.
pub(super) fn open(path: &Path) -> io::Result<BufReader<Box<dyn Read>>> {
    let file = File::open(path)?;
    let packed = path.extension().is_some_and(|extension| extension == "gz");
    let reader: Box<dyn Read> =
        if packed { Box::new(flate2::read::MultiGzDecoder::new(file)) } else { Box::new(file) };
    Ok(BufReader::new(reader))
}

/// Reads a trace from text.
pub fn parse(text: &str, name: &str) -> Result<Vec<Question>, TraceError> {
    let lines = text.lines().enumerate();
    let questions = lines.filter_map(|(index, line)| question(line, name, index + 1).transpose());
    checked(questions.collect::<Result<_, _>>()?, name.to_owned())
}

fn checked(questions: Vec<Question>, name: String) -> Result<Vec<Question>, TraceError> {
    if questions.is_empty() { Err(TraceError::Empty(name)) } else { Ok(questions) }
}

fn question(line: &str, name: &str, number: usize) -> Result<Option<Question>, TraceError> {
    #[derive(Deserialize)]
    struct Row {
        #[serde(alias = "prompt", alias = "question")]
        text: Option<String>,
        messages: Option<Vec<Value>>,
        #[serde(default, deserialize_with = "present")]
        cluster: Option<Value>,
        kind: Option<String>,
    }
    if line.trim().is_empty() {
        return Ok(None);
    }
    let error = |problem: String| TraceError::Line { name: name.to_owned(), line: number, problem };
    let row: Row = serde_json::from_str(line).map_err(|source| error(source.to_string()))?;
    let messages = match row {
        Row { messages: Some(messages), .. } if !messages.is_empty() => Value::from(messages),
        Row { text: Some(text), .. } => json!([{"role": "user", "content": text}]),
        _ => return Err(error("neither 'text' nor 'messages'".to_owned())),
    };
    Ok(Some(Question { messages, label: Label::of(row.cluster), kind: row.kind }))
}

/// Tells a field that is null from one that is absent.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_several_shapes_are_read() {
        let text = r#"
            {"text":"a","cluster":"x","kind":"trap"}
            {"prompt":"b","cluster":null}

            {"messages":[{"role":"user","content":"c"}],"cluster":7}
            {"question":"d"}"#;
        let questions = parse(text, "t").unwrap();
        let labels: Vec<_> = questions.iter().map(|question| question.label.clone()).collect();
        assert_eq!(
            labels,
            [Label::Cluster("x".into()), Label::Alone, Label::Cluster("7".into()), Label::Unknown]
        );
        assert_eq!(questions[0].messages, json!([{"role": "user", "content": "a"}]));
    }

    #[test]
    fn bad_rows_are_named() {
        for (text, phrase) in [
            ("{\"text\":\"a\"}\nnot json", "t:2: expected ident"),
            ("{\"cluster\":\"x\"}", "t:1: neither 'text' nor 'messages'"),
            ("", "no questions"),
        ] {
            let error = parse(text, "t").unwrap_err().to_string();
            assert!(error.contains(phrase), "{error}");
        }
    }
}
