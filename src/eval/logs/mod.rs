//! Reads the logs of other tools, and our own traces, into one shape: requests in the order in which they were asked.
//!
//! What a request's keys are and whether its question may be matched by meaning is decided by the cache's own code, so
//! that what is predicted from a log is what the gateway would do with it. Knows nothing of embeddings or policies.

mod call;
mod formats;
mod langfuse;
mod litellm;
mod openai;
mod own;
mod quantity;
mod record;
mod rows;
mod said;

use std::{
    collections::{BTreeMap, HashMap},
    io,
    path::{Path, PathBuf},
};

use serde::Serialize;

pub use formats::Format;
pub use record::{Record, Tokens};

use crate::{account::PriceBook, config::Cache};
use call::{Call, Row};
use record::Maker;

/// What a log came to.
#[derive(Debug, Clone)]
pub struct Import {
    /// The requests, in the order in which they were asked.
    pub records: Vec<Record>,
    /// What was read, and what of it is no request.
    pub about: About,
}

/// What was read, and what of it was left out: nothing is lost without being counted here.
#[derive(Debug, Clone, Serialize)]
pub struct About {
    /// The formats found, one a file.
    pub formats: Vec<Format>,
    /// Rows read.
    pub rows: u64,
    /// Requests among them.
    pub requests: u64,
    /// Rows that are no request that a cache could answer, by reason.
    pub skipped: BTreeMap<String, Left>,
    /// Requests that only a repeat of the very same request can be served for, by the gateway's bypass reason.
    pub exact_only: BTreeMap<String, Left>,
    /// Whether the requests were put in order by their times; else they are in the order of the file.
    pub ordered_by_time: bool,
}

/// Rows of one kind that were left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Left {
    /// How many.
    pub count: u64,
    /// The first of them, `FILE:LINE`.
    pub first: String,
}

/// How a log is to be read.
#[derive(Debug, Clone, Copy)]
pub struct Options<'a> {
    /// Its format; found out when `None`.
    pub format: Option<Format>,
    /// The gateway's settings: who shares answers, what may be matched by meaning.
    pub cache: &'a Cache,
}

/// Why a log cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The file cannot be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// One line or row is not what it should be.
    #[error("{name}:{line}: {problem}")]
    Line {
        /// Name of the file.
        name: String,
        /// Line, from 1.
        line: u64,
        /// What is wrong.
        problem: String,
    },
    /// Nothing known.
    #[error(
        "{name}:{line}: the format is not one that is known (fields: {fields}); say which with --format: {}",
        Format::names()
    )]
    UnknownFormat {
        /// Name of the file.
        name: String,
        /// The line that was looked at, from 1.
        line: u64,
        /// The fields found.
        fields: String,
    },
    /// There is no request in it.
    #[error("{name}: there is no request in it{}", left_out(skipped))]
    Empty {
        /// Name of the first file.
        name: String,
        /// What is in it instead.
        skipped: BTreeMap<String, Left>,
    },
}

fn left_out(skipped: &BTreeMap<String, Left>) -> String {
    let kinds = skipped.iter().map(|(reason, left)| format!("{} × {reason}", left.count));
    let kinds = kinds.collect::<Vec<_>>().join(", ");
    if kinds.is_empty() { kinds } else { format!("; left out: {kinds}") }
}

/// Reads one log that may be spread over several files.
pub fn read(paths: &[PathBuf], options: Options<'_>) -> Result<Import, LogError> {
    let mut reader = Reader::new(options);
    for path in paths {
        let text = rows::text(path)?;
        reader.file(&display_name(path), &text)?;
    }
    reader.finish(paths.first().map(|path| display_name(path)).unwrap_or_default())
}

/// Reads one log from text.
pub fn parse(text: &str, name: &str, options: Options<'_>) -> Result<Import, LogError> {
    let mut reader = Reader::new(options);
    reader.file(name, text)?;
    reader.finish(name.to_owned())
}

fn display_name(path: &Path) -> String {
    path.display().to_string()
}

/// The file's name without its folders.
fn short_name(name: &str) -> &str {
    Path::new(name).file_name().and_then(|name| name.to_str()).unwrap_or(name)
}

/// Collects over files.
struct Reader<'a> {
    options: Options<'a>,
    maker: Maker<'a>,
    prices: PriceBook,
    records: Vec<Record>,
    about: About,
    /// Requests of a batch, by `custom_id`, that have no answer yet: their place in `records`.
    asked: HashMap<String, usize>,
    /// Answers of a batch whose request has not been seen.
    answered: HashMap<String, (String, Call)>,
}

impl<'a> Reader<'a> {
    fn new(options: Options<'a>) -> Self {
        let about = About {
            formats: Vec::new(),
            rows: 0,
            requests: 0,
            skipped: BTreeMap::new(),
            exact_only: BTreeMap::new(),
            ordered_by_time: false,
        };
        Self {
            options,
            maker: Maker::new(options.cache),
            prices: PriceBook::shipped(),
            records: Vec::new(),
            about,
            asked: HashMap::new(),
            answered: HashMap::new(),
        }
    }

    fn file(&mut self, name: &str, text: &str) -> Result<(), LogError> {
        let rows = rows::split(text, name)?;
        let Some(first) = rows.first() else { return Ok(()) };
        let format = match self.options.format {
            Some(format) => format,
            None => Format::of(&first.fields).ok_or_else(|| LogError::UnknownFormat {
                name: name.to_owned(),
                line: first.line,
                fields: first.fields.keys().take(12).cloned().collect::<Vec<_>>().join(", "),
            })?,
        };
        self.about.formats.push(format);
        for row in rows {
            self.about.rows += 1;
            let place = format!("{}:{}", short_name(name), row.line);
            let read = format.read(row.fields).map_err(|problem| LogError::Line {
                name: name.to_owned(),
                line: row.line,
                problem: format!("{problem}; {}", format.expectation()),
            })?;
            self.row(read, place);
        }
        Ok(())
    }

    fn row(&mut self, row: Row, place: String) {
        match row {
            Row::Call(call) => {
                self.record(*call, place);
            }
            Row::Skip(reason) => self.skip(reason, &place),
            Row::Asked { id, call } => {
                let call = match self.answered.remove(&id) {
                    Some((_, answer)) => call.with_answer(answer),
                    None => *call,
                };
                let unanswered = call.answer.is_none();
                if let Some(index) = self.record(call, place)
                    && unanswered
                {
                    self.asked.insert(id, index);
                }
            }
            Row::Answered { id, call } => match self.asked.remove(&id) {
                Some(index) => self.records[index].answered(*call, &self.prices),
                None => {
                    self.answered.insert(id, (place, *call));
                }
            },
        }
    }

    /// Adds a request; `None` when it is none.
    fn record(&mut self, call: Call, place: String) -> Option<usize> {
        match self.maker.record(call, &self.prices) {
            Ok(record) => {
                if let Some(reason) = record.exact_only {
                    count(&mut self.about.exact_only, reason, &place);
                }
                self.records.push(Record { place, ..record });
                Some(self.records.len() - 1)
            }
            Err(reason) => {
                self.skip(&reason, &place);
                None
            }
        }
    }

    fn skip(&mut self, reason: &str, place: &str) {
        count(&mut self.about.skipped, reason, place);
    }

    fn finish(mut self, name: String) -> Result<Import, LogError> {
        let mut lone: Vec<String> =
            self.answered.values().map(|(place, _)| place.clone()).collect();
        lone.sort();
        for place in lone {
            self.skip("answer of a batch without its request", &place);
        }
        if self.records.is_empty() {
            return Err(LogError::Empty { name, skipped: self.about.skipped });
        }
        if self.records.iter().all(|record| record.at.is_some()) {
            self.records.sort_by_key(|record| record.at);
            self.about.ordered_by_time = true;
        }
        self.about.requests = self.records.len() as u64;
        Ok(Import { records: self.records, about: self.about })
    }
}

fn count(counts: &mut BTreeMap<String, Left>, reason: &str, place: &str) {
    let fresh = || Left { count: 0, first: place.to_owned() };
    counts.entry(reason.to_owned()).or_insert_with(fresh).count += 1;
}

#[cfg(test)]
mod tests;
