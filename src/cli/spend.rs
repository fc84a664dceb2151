//! `scrimp spend`: what the ledger says was spent and saved.

use std::path::PathBuf;

use indexmap::IndexMap;
use serde::Serialize;

use super::{ConfigArgument, Failure, output};
use crate::account::{
    NanoUsd,
    ledger::{Day, Dimension, Query, Reader, Row, Spend, Totals},
};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// What to tell apart: key, model, target, day, tag, tier, protocol, cache; several with commas.
    #[arg(long, value_name = "NAME", value_delimiter = ',', default_value = "day")]
    by: Vec<Dimension>,
    /// The first day in UTC: a date, or a time before now such as 7d.
    #[arg(long, value_name = "DAY", default_value = "30d", value_parser = day)]
    since: Day,
    /// The last day in UTC, itself included.
    #[arg(long, value_name = "DAY", value_parser = day)]
    until: Option<Day>,
    /// Only requests of the key with this name.
    #[arg(long, value_name = "NAME")]
    key: Option<String>,
    /// Only requests for this model, as it is named in them.
    #[arg(long)]
    model: Option<String>,
    /// Only requests with this tag.
    #[arg(long)]
    tag: Option<String>,
    /// Print the rows as CSV.
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// Print everything as JSON.
    #[arg(long)]
    json: bool,
    /// The ledger; by default that of the configuration, or ./scrimp-data/ledger.db.
    #[arg(long, value_name = "FILE")]
    ledger: Option<PathBuf>,
    #[command(flatten)]
    config: ConfigArgument,
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let Arguments { by, since, until, key, model, tag, csv, json, ledger, config } = arguments;
    if until.is_some_and(|until| until < *since) {
        return Err("--until is before --since".into());
    }
    let query = Query {
        by: by.clone(),
        since: Some(*since),
        until: *until,
        key: key.clone(),
        model: model.clone(),
        tag: tag.clone(),
    };
    let spend = Reader::open(&path(ledger.as_ref(), config)?)?.spend(&query)?;
    if *json {
        return Ok(output::json(&Output::of(&query, &spend))?);
    }
    if *csv {
        output::line(self::csv(by, &spend.rows)?.trim_end());
    } else {
        output::line(&table(by, &spend));
    }
    notes(&query, &spend).iter().for_each(|note| output::note(note));
    Ok(())
}

/// Where the ledger is.
fn path(named: Option<&PathBuf>, config: &ConfigArgument) -> Result<PathBuf, Failure> {
    if let Some(path) = named {
        return Ok(path.clone());
    }
    if config.config.is_none() {
        return Ok(PathBuf::from(crate::config::Ledger::USUAL_PATH));
    }
    match config.load()?.ledger {
        Some(ledger) => Ok(ledger.path),
        None => Err("the configuration says `ledger: off`; name a file with --ledger".into()),
    }
}

/// What `--json` prints.
#[derive(Serialize)]
struct Output<'a> {
    since: Option<String>,
    until: Option<String>,
    by: Vec<&'static str>,
    rows: Vec<Line<'a>>,
    total: Figures,
    left_out: Figures,
}

/// A row of JSON: its names first.
#[derive(Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    names: IndexMap<&'static str, Option<&'a str>>,
    #[serde(flatten)]
    figures: Figures,
}

/// [`Totals`] by the names that they have in CSV and JSON, which are stable.
#[derive(Serialize)]
struct Figures {
    requests: u64,
    exact_hits: u64,
    semantic_hits: u64,
    errors: u64,
    input_tokens: u64,
    cached_input_tokens: u64,
    cache_write_tokens: u64,
    output_tokens: u64,
    reasoning_tokens: u64,
    cost_usd: String,
    cost_nano_usd: u64,
    saved_by_cache_usd: String,
    saved_by_cache_nano_usd: u64,
    saved_by_routing_usd: String,
    saved_by_routing_nano_usd: u64,
    unpriced: u64,
    estimated: u64,
    rolled_up: u64,
}

impl<'a> Output<'a> {
    fn of(query: &Query, spend: &'a Spend) -> Self {
        let Query { by, since, until, .. } = query;
        let line = |row: &'a Row| Line {
            names: names(by).zip(row.group.iter().map(Option::as_deref)).collect(),
            figures: Figures::of(&row.totals),
        };
        Self {
            since: since.map(|day| day.to_string()),
            until: until.map(|day| day.to_string()),
            by: names(by).collect(),
            rows: spend.rows.iter().map(line).collect(),
            total: Figures::of(&spend.total),
            left_out: Figures::of(&spend.left_out),
        }
    }
}

impl Figures {
    fn of(totals: &Totals) -> Self {
        let Totals { cost, saved_by_cache, saved_by_routing, .. } = *totals;
        Self {
            requests: totals.requests,
            exact_hits: totals.exact_hits,
            semantic_hits: totals.semantic_hits,
            errors: totals.errors,
            input_tokens: totals.input_tokens,
            cached_input_tokens: totals.cached_input_tokens,
            cache_write_tokens: totals.cache_write_tokens,
            output_tokens: totals.output_tokens,
            reasoning_tokens: totals.reasoning_tokens,
            cost_usd: cost.to_string(),
            cost_nano_usd: cost.0,
            saved_by_cache_usd: saved_by_cache.to_string(),
            saved_by_cache_nano_usd: saved_by_cache.0,
            saved_by_routing_usd: saved_by_routing.to_string(),
            saved_by_routing_nano_usd: saved_by_routing.0,
            unpriced: totals.unpriced,
            estimated: totals.estimated,
            rolled_up: totals.rolled_up,
        }
    }
}

/// One line a row, without their sum: a sheet adds up by itself. What has no name is empty.
fn csv(by: &[Dimension], rows: &[Row]) -> Result<String, Failure> {
    let mut writer = ::csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
    writer.write_record(names(by).chain(FIGURES))?;
    for row in rows {
        let names: Vec<_> = row.group.iter().map(|name| name.as_deref().unwrap_or("")).collect();
        writer.serialize((names, Figures::of(&row.totals)))?;
    }
    let bytes = writer.into_inner().map_err(|error| error.into_error())?;
    Ok(String::from_utf8(bytes)?)
}

/// The fields of [`Figures`].
const FIGURES: [&str; 18] = [
    "requests",
    "exact_hits",
    "semantic_hits",
    "errors",
    "input_tokens",
    "cached_input_tokens",
    "cache_write_tokens",
    "output_tokens",
    "reasoning_tokens",
    "cost_usd",
    "cost_nano_usd",
    "saved_by_cache_usd",
    "saved_by_cache_nano_usd",
    "saved_by_routing_usd",
    "saved_by_routing_nano_usd",
    "unpriced",
    "estimated",
    "rolled_up",
];

fn table(by: &[Dimension], spend: &Spend) -> String {
    let mut head: Vec<String> = names(by).map(str::to_owned).collect();
    head.extend(HEAD.map(str::to_owned));
    let mut rows = vec![head];
    for row in &spend.rows {
        let name = |name: &Option<String>| name.as_deref().map_or_else(|| "-".to_owned(), shown);
        rows.push(row.group.iter().map(name).chain(cells(&row.totals)).collect());
    }
    let sum = by.iter().enumerate().map(|(n, _)| if n == 0 { "all" } else { "" }.to_owned());
    rows.push(sum.chain(cells(&spend.total)).collect());
    output::table(&rows)
}

const HEAD: [&str; 10] = [
    "requests",
    "exact hits",
    "by meaning",
    "errors",
    "tokens in",
    "cached",
    "out",
    "spent, USD",
    "saved by cache",
    "by routing",
];

fn cells(totals: &Totals) -> [String; 10] {
    [
        totals.requests.to_string(),
        totals.exact_hits.to_string(),
        totals.semantic_hits.to_string(),
        totals.errors.to_string(),
        totals.input_tokens.to_string(),
        totals.cached_input_tokens.to_string(),
        totals.output_tokens.to_string(),
        usd(totals.cost),
        usd(totals.saved_by_cache),
        usd(totals.saved_by_routing),
    ]
}

/// Six decimals, for columns.
fn usd(amount: NanoUsd) -> String {
    format!("{:.6}", amount.as_usd())
}

/// Callers choose names, and a terminal obeys control characters.
fn shown(name: &str) -> String {
    let mut shown = String::new();
    for c in name.chars() {
        if c.is_control() || is_direction(c) {
            shown.extend(c.escape_default())
        } else {
            shown.push(c)
        }
    }
    shown
}

/// Characters that turn the order of what follows around.
fn is_direction(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// What to know about the figures.
fn notes(query: &Query, spend: &Spend) -> Vec<String> {
    let Spend { total, left_out, .. } = spend;
    let mut notes = Vec::new();
    let mut note = |count: u64, text: String| {
        if count > 0 {
            notes.push(format!("note: {count} requests {text}"));
        }
    };
    note(total.unpriced, "have no known cost, and count as 0 USD".to_owned());
    note(total.estimated, "have estimated token counts".to_owned());
    let needs_detail = query
        .by
        .iter()
        .any(|dimension| matches!(dimension, Dimension::Model | Dimension::Tag | Dimension::Tier));
    if needs_detail {
        let text = "were too many at once: only their sums are kept, without model, tier and tags";
        note(total.rolled_up, text.to_owned());
    }
    let cost = left_out.cost;
    note(
        left_out.requests,
        format!("({cost} USD) are left out: only their sums are kept, without model and tags"),
    );
    notes
}

fn names(by: &[Dimension]) -> impl Iterator<Item = &'static str> {
    by.iter().map(|dimension| dimension.as_str())
}

fn day(text: &str) -> Result<Day, String> {
    Day::parse(text, Day::today()).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(Debug, clap::Parser)]
    struct Line {
        #[command(flatten)]
        arguments: Arguments,
    }

    fn totals(requests: u64, cost: u64) -> Totals {
        Totals {
            requests,
            exact_hits: 1,
            input_tokens: 1_200,
            output_tokens: 300,
            cost: NanoUsd(cost),
            saved_by_cache: NanoUsd(2_500_000),
            unpriced: 1,
            ..Totals::default()
        }
    }

    fn spend() -> (Vec<Dimension>, Spend) {
        let row = |day: &str, key: Option<&str>, totals| Row {
            group: vec![Some(day.to_owned()), key.map(str::to_owned)],
            totals,
        };
        let rows = vec![
            row("2026-11-20", Some("alice"), totals(3, 12_345_678)),
            row("2026-11-20", Some("o'hara, \"x\"\u{1b}[2J\u{202e}"), totals(1, 1)),
            row("2026-11-21", None, totals(1, 0)),
        ];
        let total = Totals { rolled_up: 2, estimated: 1, ..totals(5, 12_345_679) };
        (vec![Dimension::Day, Dimension::Key], Spend { rows, total, left_out: totals(4, 7) })
    }

    #[test]
    fn the_table_has_a_line_a_group_and_one_for_all() {
        let (by, spend) = spend();
        let table = table(&by, &spend);
        let lines: Vec<Vec<&str>> =
            table.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(lines[0][..4], ["day", "key", "requests", "exact"]);
        assert_eq!(
            lines[2],
            [
                "2026-11-20",
                "alice",
                "3",
                "1",
                "0",
                "0",
                "1200",
                "0",
                "300",
                "0.012346",
                "0.002500",
                "0.000000"
            ]
        );
        assert_eq!(lines[4][..2], ["2026-11-21", "-"]);
        assert_eq!(lines[5][..3], ["all", "5", "1"]);
        assert!(table.contains(r#"o'hara, "x"\u{1b}[2J\u{202e}"#) && !table.contains('\u{1b}'));
    }

    #[test]
    fn csv_has_the_columns_of_json_and_every_nano_usd() {
        let (by, spend) = spend();
        let text = csv(&by, &spend.rows).unwrap();
        let mut lines = text.split_inclusive('\n');
        assert_eq!(lines.next().unwrap().trim_end(), format!("day,key,{}", FIGURES.join(",")));
        assert_eq!(
            lines.next().unwrap().trim_end(),
            "2026-11-20,alice,3,1,0,0,1200,0,0,300,0,0.012345678,12345678,0.0025,2500000,0.00,0,1,0,0"
        );
        assert!(lines.next().unwrap().starts_with("2026-11-20,\"o'hara, \"\"x\"\""));
        assert!(lines.next().unwrap().starts_with("2026-11-21,,1,1,"));
        assert_eq!(lines.next(), None);
        let json = serde_json::to_value(Figures::of(&spend.total)).unwrap();
        let mut names: Vec<_> = json.as_object().unwrap().keys().map(String::as_str).collect();
        let mut known = FIGURES;
        names.sort_unstable();
        known.sort_unstable();
        assert_eq!(names, known);
    }

    #[test]
    fn json_has_amounts_as_text_and_as_numbers() {
        let (by, spend) = spend();
        let since = Day::parse("2026-11-20", Day::FIRST).ok();
        let query = Query { by, since, ..Query::default() };
        let json = serde_json::to_value(Output::of(&query, &spend)).unwrap();
        assert_eq!(json["since"], "2026-11-20");
        assert_eq!(json["until"], serde_json::Value::Null);
        assert_eq!(json["by"], serde_json::json!(["day", "key"]));
        assert_eq!(json["rows"][0]["key"], "alice");
        assert_eq!(json["rows"][0]["cost_usd"], "0.012345678");
        assert_eq!(json["rows"][0]["cost_nano_usd"], 12_345_678);
        assert_eq!(json["rows"][2]["key"], serde_json::Value::Null);
        assert_eq!(json["total"]["rolled_up"], 2);
        assert_eq!(json["left_out"]["requests"], 4);
    }

    #[test]
    fn notes_say_what_the_figures_cannot() {
        let (by, spend) = spend();
        let notes = |by: Vec<Dimension>| notes(&Query { by, ..Query::default() }, &spend);
        let plain = notes(by);
        assert_eq!(plain.len(), 3, "{plain:?}");
        assert!(plain[2].contains("4 requests (0.000000007 USD) are left out"), "{plain:?}");
        assert_eq!(notes(vec![Dimension::Model]).len(), 4);
    }

    #[test]
    fn the_command_line_is_checked() {
        for (line, fits) in [
            ("spend", true),
            ("spend --by day,key --since 2026-11-01 --until 7d --csv", true),
            ("spend --by cache --key K --model M --tag T --json --ledger x.db", true),
            ("spend --by weekday", false),
            ("spend --since yesterday", false),
            ("spend --csv --json", false),
        ] {
            assert_eq!(Line::try_parse_from(line.split(' ')).is_ok(), fits, "{line}");
        }
        let default = Line::try_parse_from(["spend"]).unwrap().arguments;
        assert_eq!((default.by, default.until), (vec![Dimension::Day], None));
        assert_eq!(default.since, Day::today().before(30));
    }

    #[test]
    fn a_ledger_that_is_not_there_is_named_with_what_would_make_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        let path = path.to_str().unwrap();
        let line = ["spend", "--ledger", path];
        let error = run(&Line::try_parse_from(line).unwrap().arguments).unwrap_err().to_string();
        assert!(error.contains(path) && error.contains("`scrimp serve` makes one"), "{error}");
        let line = ["spend", "--ledger", path, "--since", "1d", "--until", "2d"];
        let error = run(&Line::try_parse_from(line).unwrap().arguments).unwrap_err().to_string();
        assert!(error.contains("before --since"), "{error}");
    }
}
