//! From a file to its rows: lines of JSON, an array of objects, an object that holds one under `data`, or CSV; each row
//! with the line that it begins on.

use std::{fs, io::Read as _, path::Path};

use flate2::read::MultiGzDecoder;
use serde_json::{Map, Value, value::RawValue};

use super::LogError;

/// One row of a log.
pub(super) struct Row {
    /// The line that it begins on, from 1.
    pub line: u64,
    /// Its fields.
    pub fields: Map<String, Value>,
}

/// The first bytes of a gzip file.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// The text of a file, unpacked where it is gzipped.
pub(super) fn text(path: &Path) -> Result<String, LogError> {
    let io_error = |source| LogError::Io { path: path.to_owned(), source };
    let mut bytes = fs::read(path).map_err(io_error)?;
    if bytes.starts_with(&GZIP) {
        let packed = std::mem::take(&mut bytes);
        MultiGzDecoder::new(packed.as_slice()).read_to_end(&mut bytes).map_err(io_error)?;
    }
    String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        LogError::Line {
            name: path.display().to_string(),
            line: line_of(before),
            problem: "is not UTF-8".to_owned(),
        }
    })
}

/// Splits a text into rows.
pub(super) fn split(text: &str, name: &str) -> Result<Vec<Row>, LogError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    match text.trim_start().chars().next() {
        None => Ok(Vec::new()),
        Some('[') => array(text, text, name),
        Some('{') => objects(text, name),
        Some(_) => csv(text, name),
    }
}

/// Lines of JSON, or one object over many lines.
fn objects(text: &str, name: &str) -> Result<Vec<Row>, LogError> {
    let mut filled = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let first = filled.next().map(|(_, line)| serde_json::from_str::<Value>(line));
    let spread = first.is_some_and(|first| first.is_err_and(|error| error.is_eof()));
    if spread || filled.next().is_none() {
        return document(text, name);
    }
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines.map(|(index, line)| object(line, name, index as u64 + 1)).collect()
}

/// One object: a page of rows under `data`, or a row.
fn document(text: &str, name: &str) -> Result<Vec<Row>, LogError> {
    #[derive(serde::Deserialize)]
    struct Page<'a> {
        #[serde(borrow)]
        data: Option<&'a RawValue>,
    }
    let page: Page<'_> = serde_json::from_str(text).map_err(|error| json_error(&error, name, 1))?;
    match page.data.map(RawValue::get) {
        Some(data) if data.starts_with('[') => array(data, text, name),
        _ => Ok(vec![object(text, name, 1)?]),
    }
}

/// The objects of an array that is `whole` or a part of it.
fn array(text: &str, whole: &str, name: &str) -> Result<Vec<Row>, LogError> {
    let before = text.as_ptr() as usize - whole.as_ptr() as usize;
    let first_line = line_of(&whole.as_bytes()[..before]);
    let items: Vec<&RawValue> =
        serde_json::from_str(text).map_err(|error| json_error(&error, name, first_line))?;
    let (mut line, mut counted) = (first_line, before);
    let mut rows = Vec::with_capacity(items.len());
    for item in items {
        let at = item.get().as_ptr() as usize - whole.as_ptr() as usize;
        line += newlines(&whole.as_bytes()[counted..at]);
        counted = at;
        rows.push(object(item.get(), name, line)?);
    }
    Ok(rows)
}

/// One object that begins on `line`.
fn object(text: &str, name: &str, line: u64) -> Result<Row, LogError> {
    match serde_json::from_str(text).map_err(|error| json_error(&error, name, line))? {
        Value::Object(fields) => Ok(Row { line, fields }),
        _ => Err(LogError::Line {
            name: name.to_owned(),
            line,
            problem: "is not an object".to_owned(),
        }),
    }
}

/// A comma-separated table with a head; cells that are JSON are decoded, empty ones are absent.
fn csv(text: &str, name: &str) -> Result<Vec<Row>, LogError> {
    let error = |error: ::csv::Error| LogError::Line {
        name: name.to_owned(),
        line: error.position().map_or(1, ::csv::Position::line),
        problem: "is neither JSON nor a row of a comma-separated table with a head".to_owned(),
    };
    let mut reader = ::csv::Reader::from_reader(text.as_bytes());
    let head = reader.headers().map_err(error)?.clone();
    if head.len() < 2 {
        return Err(LogError::Line {
            name: name.to_owned(),
            line: 1,
            problem: "is neither JSON nor the head of a comma-separated table".to_owned(),
        });
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(error)?;
        let cells = head.iter().zip(&record).filter(|(_, cell)| !cell.is_empty());
        let fields = cells.map(|(name, cell)| (name.to_owned(), decoded(cell))).collect();
        let line = record.position().map_or(1, ::csv::Position::line);
        rows.push(Row { line, fields });
    }
    Ok(rows)
}

/// JSON in a text: an object, an array or a quoted string; anything else is the text itself.
pub(super) fn decoded(text: &str) -> Value {
    let json = text.trim_start().starts_with(['{', '[', '"']);
    let value = json.then(|| serde_json::from_str(text).ok()).flatten();
    value.unwrap_or_else(|| text.into())
}

fn json_error(error: &serde_json::Error, name: &str, first_line: u64) -> LogError {
    // serde's own "at line 1 column 7" would be the line within this row.
    let problem = error.to_string();
    let problem = problem.split(" at line ").next().unwrap_or_default();
    LogError::Line {
        name: name.to_owned(),
        line: first_line + (error.line() as u64).saturating_sub(1),
        problem: format!("is not JSON: {problem} (column {})", error.column()),
    }
}

fn line_of(before: &[u8]) -> u64 {
    1 + newlines(before)
}

fn newlines(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}
