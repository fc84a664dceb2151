//! The only place that writes to the terminal.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this is the command line's output")]

use serde::Serialize;

/// A line of result.
pub fn line(text: &str) {
    println!("{text}");
}

/// A line about what is going on, apart from results.
pub fn note(text: &str) {
    eprintln!("{text}");
}

/// Why the command failed.
pub fn error(text: &str) {
    eprintln!("error: {text}");
}

/// A result for machines.
pub fn json(value: &impl Serialize) -> Result<(), serde_json::Error> {
    println!("{}", serde_json::to_string_pretty(value)?);
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
