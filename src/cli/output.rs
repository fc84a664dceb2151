//! The only place that writes to the terminal.
use std::io::Write as _;

use serde::Serialize;

/// A line of result. A reader that has had enough (`| head`) is no error.
pub fn line(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// A line about what is going on, apart from results.
pub fn note(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Why the command failed.
pub fn error(text: &str) {
    note(&format!("error: {text}"));
}

/// A result for machines.
pub fn json(value: &impl Serialize) -> Result<(), serde_json::Error> {
    line(&serde_json::to_string_pretty(value)?);
    Ok(())
}

/// A table: the first row is the head.
pub fn table(rows: &[Vec<String>]) -> String {
    let mut table = comfy_table::Table::new();
    table.load_preset(comfy_table::presets::NOTHING);
    table.set_style(comfy_table::TableComponent::HeaderLines, '─');
    let mut rows = rows.iter();
    if let Some(head) = rows.next() {
        table.set_header(head);
    }
    table.add_rows(rows);
    table.to_string()
}
