//! Every known shape of usage in `tests/golden/usage`, priced to the nano-USD.
//!
//! Each file has an answer or its `usage`, or the `events` of a stream, as its vendor's documentation (`source`) shows them; a
//! `price` of its own, so that no change of the catalogue breaks it; and what that costs, computed by hand (`working`).

use std::{fs, path::PathBuf};

use serde::Deserialize;
use serde_json::Value;

use super::{NanoUsd, Price, Usage, cost};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Golden {
    about: String,
    source: String,
    target: String,
    usage: Option<Value>,
    events: Option<Vec<Value>>,
    price: Price,
    /// Absent where the usage is unknown.
    cost_nano_usd: Option<u64>,
    working: String,
}

fn golden_files() -> Vec<(String, Golden)> {
    let folder: PathBuf = [env!("CARGO_MANIFEST_DIR"), "tests", "golden", "usage"].iter().collect();
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|file| {
            let path = file.unwrap().path();
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            let text = fs::read_to_string(&path).unwrap();
            let golden =
                serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
            (name, golden)
        })
        .collect();
    files.sort_by(|a, b| a.0.cmp(&b.0));
    files
}

#[test]
fn every_vendors_usage_costs_what_the_vendor_bills() {
    let files = golden_files();
    assert!(files.len() >= 70, "{}", files.len());
    for (name, golden) in &files {
        let used = match (&golden.usage, &golden.events) {
            (Some(usage), None) => Usage::of(usage),
            (None, Some(events)) => Usage::of_events(events),
            _ => panic!("{name} has either usage or events"),
        };
        let billed = used.map(|used| cost(&used, &golden.price));
        assert_eq!(
            billed,
            golden.cost_nano_usd.map(NanoUsd),
            "{name}: {used:?}: {}",
            golden.working
        );
    }
}

#[test]
fn every_golden_file_says_what_it_is_and_where_it_is_from() {
    for (name, golden) in golden_files() {
        assert!(!golden.about.is_empty(), "{name}");
        assert!(golden.source.starts_with("https://"), "{name}");
        assert!(golden.target.contains('/'), "{name}");
        assert!(!golden.working.is_empty(), "{name}");
    }
}
