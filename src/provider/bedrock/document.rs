//! Files to document blocks, under names that Bedrock takes.
//!
//! <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_DocumentBlock.html>

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::content::data_url;
use crate::provider::Inexpressible;

/// The names of a request's documents: no two may be alike, however far apart.
#[derive(Debug, Default)]
pub(super) struct Names {
    taken: BTreeSet<String>,
}

/// The block of a `file` part.
pub(super) fn block(part: &Value, names: &mut Names, at: &str) -> Result<Value, Inexpressible> {
    let at = format!("{at}.file");
    let file = part.get("file").unwrap_or(&Value::Null);
    let text = |name: &str| file.get(name).and_then(Value::as_str);
    let Some(data) = text("file_data") else {
        let problem = "must come with its 'file_data': Bedrock fetches no files";
        return Err(Inexpressible::new(at, problem));
    };
    let filename = text("filename").unwrap_or_default();
    let (media_type, data) = match data_url(data) {
        Some(found) => found,
        None if data.contains(':') => {
            return Err(Inexpressible::new(at, "must be Base64 data or a Base64 data URL"));
        }
        None => (String::new(), data),
    };
    let extension = filename.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
    let format = of_media_type(&media_type).or_else(|| of_extension(extension.as_deref()?));
    let Some(format) = format else {
        let problem =
            format!("must be one of {}, by its media type or its name", FORMATS.join(", "));
        return Err(Inexpressible::new(at, problem));
    };
    let name = names.take(filename);
    Ok(json!({"document": {"format": format, "name": name, "source": {"bytes": data}}}))
}

const FORMATS: [&str; 9] = ["pdf", "csv", "doc", "docx", "xls", "xlsx", "html", "txt", "md"];

fn of_extension(extension: &str) -> Option<&'static str> {
    let extension = match extension {
        "htm" => "html",
        "markdown" => "md",
        other => other,
    };
    FORMATS.into_iter().find(|format| *format == extension)
}

fn of_media_type(media_type: &str) -> Option<&'static str> {
    Some(match media_type {
        "application/pdf" => "pdf",
        "text/csv" => "csv",
        "application/msword" => "doc",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document" => "docx",
        "application/vnd.ms-excel" => "xls",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => "xlsx",
        "text/html" => "html",
        "text/plain" => "txt",
        "text/markdown" => "md",
        _ => return None,
    })
}

impl Names {
    /// A name like `filename` that Bedrock takes and that no other document has: letters, digits, single blanks, hyphens,
    /// parentheses and brackets.
    fn take(&mut self, filename: &str) -> String {
        let stem = filename.rsplit_once('.').map_or(filename, |(stem, _)| stem);
        let plain =
            |c: char| if c.is_ascii_alphanumeric() || "-()[]".contains(c) { c } else { ' ' };
        let spaced: String = stem.chars().take(MAX_STEM_CHARS).map(plain).collect();
        let words: Vec<_> = spaced.split_whitespace().collect();
        let stem = if words.is_empty() { "document".to_owned() } else { words.join(" ") };
        let numbered = (2..=self.taken.len() + 1).map(|n| format!("{stem} ({n})"));
        let free = std::iter::once(stem.clone())
            .chain(numbered)
            .find(|name| !self.taken.contains(&name.to_ascii_lowercase()));
        let name = free.unwrap_or(stem);
        self.taken.insert(name.to_ascii_lowercase());
        name
    }
}

/// Of the 200 that a name may have, some are left for a number.
const MAX_STEM_CHARS: usize = 180;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_to_fit_and_to_differ() {
        let mut names = Names::default();
        for (filename, expected) in [
            ("report_v1.2.pdf", "report v1 2"),
            ("Report v1 2.docx", "Report v1 2 (2)"),
            ("report.v1\t\t2", "report (2)"),
            ("", "document"),
            ("分期.pdf", "document (2)"),
            ("[a] (b)-c.md", "[a] (b)-c"),
        ] {
            let found = names.take(filename);
            let expected = if filename == "report.v1\t\t2" { "report" } else { expected };
            assert_eq!(found, expected, "{filename}");
        }
        let long = names.take(&"x".repeat(500));
        assert_eq!(long.len(), MAX_STEM_CHARS);
        for _ in 0..20 {
            assert!(names.take(&"x".repeat(500)).len() <= 200);
        }
    }
}
