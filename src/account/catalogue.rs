//! Owns the format of `models/prices.json`, which operators' own catalogues and imported ones have too. Knows no look-ups.

use std::{collections::HashSet, fmt};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::price::{Price, Table};

/// Models and what they cost, as a file has them; shown as JSON with a line for each model.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Catalogue {
    /// For people: units and rules of the file.
    pub about: String,
    /// The models; no name twice.
    pub models: Vec<Entry>,
}

/// One model in a catalogue; money is USD as decimal text, of tokens per million.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The vendor, as [`vendor_of`](super::vendor_of) names it, or the operator's own name of a provider.
    pub provider: String,
    /// The model, as its vendor names it.
    pub model: String,
    /// Other names of the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
    /// What it costs.
    #[serde(flatten)]
    pub price: Price,
    /// Context window, prompt and answer together, tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<u64>,
    /// Longest answer, tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_output: Option<u64>,
    /// Where the price was read.
    pub source: String,
    /// When it was read, `YYYY-MM-DD`.
    pub checked: String,
    /// What the price leaves out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Why a text is no catalogue.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// It is not JSON.
    #[error("the price catalogue is not JSON")]
    Json(#[source] serde_json::Error),
    /// It has no list of models.
    #[error("the price catalogue has no list of `models`")]
    NoModels,
    /// A field of a model is missing, unknown, or not in its form.
    #[error("{name}: {problem}")]
    Model {
        /// `provider/model`.
        name: String,
        /// What is wrong with it.
        problem: String,
    },
    /// Two models have the same name.
    #[error("{0} is listed twice")]
    Twice(String),
}

impl Catalogue {
    /// Reads a catalogue, and refuses one that could be misread: an unknown field, a name twice, tiers out of order.
    pub fn parse(text: &str) -> Result<Self, CatalogueError> {
        let file: Value = serde_json::from_str(text).map_err(CatalogueError::Json)?;
        let about = file.get("about").and_then(Value::as_str).unwrap_or_default().to_owned();
        let models =
            file.get("models").and_then(Value::as_array).ok_or(CatalogueError::NoModels)?;
        let models = models.iter().map(entry).collect::<Result<Vec<_>, _>>()?;
        let mut seen = HashSet::new();
        for entry in &models {
            for model in entry.names() {
                if !seen.insert((entry.provider.as_str(), model)) {
                    return Err(CatalogueError::Twice(format!("{}/{model}", entry.provider)));
                }
            }
        }
        Ok(Self { about, models })
    }
}

impl Entry {
    /// All names of the model.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.model).chain(&self.also).map(String::as_str)
    }
}

fn entry(value: &Value) -> Result<Entry, CatalogueError> {
    let text = |name| value.get(name).and_then(Value::as_str).unwrap_or("?");
    let name = || format!("{}/{}", text("provider"), text("model"));
    let wrong = |problem: String| CatalogueError::Model { name: name(), problem };
    if let Some(field) = value.as_object().and_then(unknown_field) {
        return Err(wrong(format!("unknown field `{field}`")));
    }
    let entry = Entry::deserialize(value).map_err(|error| wrong(error.to_string()))?;
    if entry.price.tables().all(Table::is_ordered) {
        Ok(entry)
    } else {
        Err(wrong("`tiers` are not in order, each `above` once".to_owned()))
    }
}

/// The first field that no price has: a misspelt one would be a wrong bill.
fn unknown_field(entry: &Map<String, Value>) -> Option<&str> {
    let tables = TABLES.iter().filter_map(|name| entry.get(*name)?.as_object());
    unknown_in(entry, &[&ENTRY, &TABLES])
        .or_else(|| tables.into_iter().find_map(|table| unknown_in(table, &[])))
}

/// The same of one table, which may have `others` too.
fn unknown_in<'a>(table: &'a Map<String, Value>, others: &[&[&str]]) -> Option<&'a str> {
    let is_other = |name: &str| others.iter().any(|others| others.contains(&name));
    let tiers = table.get("tiers").and_then(Value::as_array).into_iter().flatten();
    let in_table = table.keys().find(|name| {
        let name = name.as_str();
        !RATES.contains(&name) && name != "tiers" && !is_other(name)
    });
    let in_tier = |tier: &'a Map<String, Value>| {
        tier.keys().find(|name| !RATES.contains(&name.as_str()) && name.as_str() != "above")
    };
    in_table.or_else(|| tiers.filter_map(Value::as_object).find_map(in_tier)).map(String::as_str)
}

const RATES: [&str; 11] = [
    "input",
    "output",
    "cached_input",
    "cache_write",
    "cache_write_1h",
    "audio_input",
    "cached_audio",
    "image_input",
    "audio_output",
    "image_output",
    "reasoning",
];

const TABLES: [&str; 3] = ["batch", "flex", "priority"];

const ENTRY: [&str; 10] = [
    "provider",
    "model",
    "also",
    "request",
    "web_search",
    "context",
    "max_output",
    "source",
    "checked",
    "note",
];

impl fmt::Display for Catalogue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let about = serde_json::to_string(&self.about).map_err(|_| fmt::Error)?;
        write!(f, "{{\n  \"about\": {about},\n  \"models\": [")?;
        for (n, entry) in self.models.iter().enumerate() {
            f.write_str(if n == 0 { "\n    " } else { ",\n    " })?;
            let mut line = Vec::new();
            let mut json = serde_json::Serializer::with_formatter(&mut line, Spaced);
            entry.serialize(&mut json).map_err(|_| fmt::Error)?;
            f.write_str(&String::from_utf8_lossy(&line))?;
        }
        f.write_str("\n  ]\n}\n")
    }
}

/// JSON in one line, with a space after `:` and `,`.
struct Spaced;

impl serde_json::ser::Formatter for Spaced {
    fn begin_array_value<W: ?Sized + std::io::Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> std::io::Result<()> {
        writer.write_all(if first { b"" } else { b", " })
    }

    fn begin_object_key<W: ?Sized + std::io::Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> std::io::Result<()> {
        writer.write_all(if first { b"" } else { b", " })
    }

    fn begin_object_value<W: ?Sized + std::io::Write>(
        &mut self,
        writer: &mut W,
    ) -> std::io::Result<()> {
        writer.write_all(b": ")
    }
}

#[cfg(test)]
#[path = "catalogue_tests.rs"]
mod tests;
