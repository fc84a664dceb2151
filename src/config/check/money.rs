//! Money: `price_files`, `spending`, `ledger`.

use std::{path::PathBuf, time::Duration};

use super::targets::target;
use crate::config::{Ledger, LogContent, Spending, reader::Section, tree::Value};

const DAY: Duration = Duration::from_secs(86_400);
const YEAR: Duration = Duration::from_secs(365 * 86_400);

pub(super) fn price_files(root: &mut Section<'_>) -> Vec<PathBuf> {
    let Some(field) = root.field("price_files") else { return Vec::new() };
    let items = field.list("[./prices.json]");
    items.iter().filter_map(|item| item.parse(|text| Ok(PathBuf::from(text)))).collect()
}

pub(super) fn spending(mut section: Section<'_>, providers: &[&str]) -> Spending {
    let spending = Spending {
        allows_unpriced: section.choice("unpriced", false, &[("refuse", false), ("allow", true)]),
        baseline: section.read_optional("baseline", |text| target(text, providers)),
    };
    section.finish();
    spending
}

pub(super) fn ledger(root: &mut Section<'_>) -> Option<Ledger> {
    let field = root.field("ledger");
    if let Some(field) = &field
        && let Value::Scalar(scalar) = field.value()
    {
        if !matches!(scalar.text.as_str(), "off" | "false") {
            field.mistake("expected `off` or a map such as { path: ./scrimp-data/ledger.db }");
        }
        return None;
    }
    let mut section = match field {
        Some(field) => field.section(),
        None => root.nothing("ledger"),
    };
    let path = section.read_optional("path", |text| Ok(PathBuf::from(text)));
    let ledger = Ledger {
        is_chosen: path.is_some(),
        path: path.unwrap_or_else(|| PathBuf::from(Ledger::USUAL_PATH)),
        keep: section.optional_duration("keep", DAY..=100 * YEAR),
        content: section.choice(
            "log_content",
            LogContent::None,
            &[("none", LogContent::None), ("hash", LogContent::Hash), ("full", LogContent::Full)],
        ),
        queue: section.count("queue", 4096, 1..=1_000_000),
    };
    section.finish();
    Some(ledger)
}
