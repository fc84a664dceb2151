//! The classifier's text features for its training script, so that they have one implementation.
//!
//! Reads one JSON string (a question) a line, writes the features' names as a JSON array, then an array of values a line.

use std::{
    error::Error,
    io::{BufRead, BufWriter, Write, stdin, stdout},
};

use scrimp::classify::{Features, RequestText};

fn main() -> Result<(), Box<dyn Error>> {
    let mut out = BufWriter::new(stdout().lock());
    writeln!(out, "{}", serde_json::to_string(&Features::names())?)?;
    for line in stdin().lock().lines() {
        let question: String = serde_json::from_str(&line?)?;
        let features = Features::of(&RequestText { question: &question, ..RequestText::default() });
        writeln!(out, "{}", serde_json::to_string(&features.values())?)?;
    }
    out.flush()?;
    Ok(())
}
