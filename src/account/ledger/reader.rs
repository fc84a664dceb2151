//! Owns [`Reader`]: questions about spending, put to the file. Never writes, and holds no writer up.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::{Connection, ToSql, params, types::ValueRef};

use super::{
    day::Day,
    error::LedgerError,
    query::{Dimension, Query, Row, Spend},
    schema,
    totals::{AMOUNTS, COUNTS, Totals},
};
use crate::account::NanoUsd;

/// Reads a ledger, while it is being written or after.
pub struct Reader {
    path: PathBuf,
    connection: Connection,
}

/// How long to wait for the locks of others: there are some for moments only.
const PATIENCE: Duration = Duration::from_secs(5);

impl Reader {
    /// Opens the ledger at `path`.
    ///
    /// Errors: there is none, or it cannot be read.
    pub fn open(path: &Path) -> Result<Self, LedgerError> {
        Self::open_patiently(path, PATIENCE)
    }

    /// The same, waiting so long for the locks of others.
    pub fn open_patiently(path: &Path, patience: Duration) -> Result<Self, LedgerError> {
        Ok(Self { path: path.to_owned(), connection: schema::open_to_read(path, patience)? })
    }

    /// What each key has spent on `day` and later. Blocks.
    pub fn spent_since(&self, day: Day) -> Result<HashMap<String, NanoUsd>, LedgerError> {
        let query = Query { by: vec![Dimension::Key], since: Some(day), ..Query::default() };
        let rows = self.spend(&query)?.rows;
        let spent = |row: Row| Some((row.group.into_iter().next()??, row.totals.cost));
        Ok(rows.into_iter().filter_map(spent).collect())
    }

    /// Answers a question about spending. Blocks: a second for about a million requests.
    pub fn spend(&self, query: &Query) -> Result<Spend, LedgerError> {
        self.answer(query).map_err(|source| LedgerError::sqlite(&self.path, source))
    }

    fn answer(&self, query: &Query) -> rusqlite::Result<Spend> {
        // So that rows and totals are of one moment.
        let _moment = self.connection.unchecked_transaction()?;
        let mut groups = self.requests(&query.by, query)?;
        let total = total(self.requests(&[], query)?);
        let is_told_apart = query.model.is_none() && query.tag.is_none();
        if !is_told_apart {
            let left_out = self::total(self.rolled_up(&[], query)?);
            return Ok(Spend { rows: rows(groups, &query.by), total, left_out });
        }
        let mut total = total;
        total.add(&self::total(self.rolled_up(&[], query)?));
        for (group, totals) in self.rolled_up(&query.by, query)? {
            groups.entry(group).or_default().add(&totals);
        }
        Ok(Spend { rows: rows(groups, &query.by), total, left_out: Totals::default() })
    }

    /// Requests of which everything is known.
    fn requests(&self, by: &[Dimension], query: &Query) -> rusqlite::Result<Groups> {
        let tags = if by.contains(&Dimension::Tag) {
            "LEFT JOIN tags ON tags.request = requests.id"
        } else {
            ""
        };
        let columns = by.iter().map(|dimension| match dimension {
            Dimension::Tag => "tags.tag",
            Dimension::Model => "nullif(model, '')",
            other => other.as_str(),
        });
        let counts = "count(*), sum(cache = 'exact'), sum(cache = 'semantic'), sum(outcome = 'error'), \
                      sum(unpriced), sum(estimated), 0";
        let table = format!(
            "requests {tags} WHERE day BETWEEN ?1 AND ?2 AND (?3 IS NULL OR key = ?3) \
             AND (?4 IS NULL OR model = ?4) \
             AND (?5 IS NULL OR EXISTS (SELECT 1 FROM tags WHERE request = requests.id AND tag = ?5))"
        );
        let (first, last) = days(query);
        let filters = params![first, last, query.key, query.model, query.tag];
        self.groups(&select(columns, counts, &table), by.len(), filters)
    }

    /// Requests that are known as part of totals.
    fn rolled_up(&self, by: &[Dimension], query: &Query) -> rusqlite::Result<Groups> {
        let columns = by.iter().map(|dimension| match dimension {
            Dimension::Model | Dimension::Tag | Dimension::Tier => "NULL",
            Dimension::Target => "nullif(target, '')",
            other => other.as_str(),
        });
        let counts = "sum(requests), sum(requests * (cache = 'exact')), sum(requests * (cache = 'semantic')), \
                      sum(errors), sum(unpriced), sum(estimated), sum(requests)";
        let table = "rolled_up WHERE day BETWEEN ?1 AND ?2 AND (?3 IS NULL OR key = ?3)";
        let (first, last) = days(query);
        let filters = params![first, last, query.key];
        self.groups(&select(columns, counts, table), by.len(), filters)
    }

    fn groups(&self, sql: &str, names: usize, filters: &[&dyn ToSql]) -> rusqlite::Result<Groups> {
        let mut statement = self.connection.prepare(sql)?;
        let mut rows = statement.query(filters)?;
        let mut groups = Groups::new();
        while let Some(row) = rows.next()? {
            let group = (0..names).map(|n| name(row.get_ref(n)?)).collect::<Result<_, _>>()?;
            let totals = totals(row, names)?;
            // With nothing to tell apart SQL has one row even of nothing.
            if totals.requests > 0 {
                groups.insert(group, totals);
            }
        }
        Ok(groups)
    }
}

/// The first and the last day that count.
fn days(query: &Query) -> (u32, u32) {
    (query.since.unwrap_or(Day::FIRST).number(), query.until.unwrap_or(Day::LAST).number())
}

/// Totals by what their requests have in common.
type Groups = BTreeMap<Vec<Option<String>>, Totals>;

/// The columns of [`Totals::amounts`], in both tables.
const AMOUNT_COLUMNS: [&str; AMOUNTS] = [
    "input_tokens",
    "cached_input_tokens",
    "cache_write_tokens",
    "output_tokens",
    "reasoning_tokens",
    "cost_nano",
    "saved_cache_nano",
    "saved_routing_nano",
];

/// Amounts are summed in halves of 32 bits, as SQLite's `sum` fails on what does not fit 64.
fn select<'a>(columns: impl Iterator<Item = &'a str>, counts: &str, table: &str) -> String {
    let names: Vec<&str> = columns.collect();
    let amounts = AMOUNT_COLUMNS.map(|name| format!("sum({name} >> 32), sum({name} & 4294967295)"));
    let group_by: Vec<String> = (1..=names.len()).map(|n| n.to_string()).collect();
    let group_by =
        if names.is_empty() { String::new() } else { format!(" GROUP BY {}", group_by.join(", ")) };
    let columns: String = names.iter().map(|name| format!("{name}, ")).collect();
    format!("SELECT {columns}{counts}, {} FROM {table}{group_by}", amounts.join(", "))
}

fn totals(row: &rusqlite::Row<'_>, names: usize) -> rusqlite::Result<Totals> {
    let number = |column: usize| -> rusqlite::Result<u64> {
        let sum: Option<i64> = row.get(names + column)?;
        Ok(u64::try_from(sum.unwrap_or(0)).unwrap_or(0))
    };
    let mut counts = [0; COUNTS];
    for (n, count) in counts.iter_mut().enumerate() {
        *count = number(n)?;
    }
    let mut amounts = [0; AMOUNTS];
    for (n, amount) in amounts.iter_mut().enumerate() {
        let (high, low) = (number(COUNTS + 2 * n)?, number(COUNTS + 2 * n + 1)?);
        let sum = (u128::from(high) << 32) + u128::from(low);
        *amount = u64::try_from(sum).unwrap_or(u64::MAX);
    }
    Ok(Totals::new(counts, amounts))
}

/// The only number that requests are told apart by is the day.
fn name(value: ValueRef<'_>) -> rusqlite::Result<Option<String>> {
    Ok(match value {
        ValueRef::Null => None,
        ValueRef::Integer(day) => Some(Day::at(u64::try_from(day).unwrap_or(0)).to_string()),
        other => Some(String::from_utf8_lossy(other.as_bytes()?).into_owned()),
    })
}

fn total(groups: Groups) -> Totals {
    groups.into_values().next().unwrap_or_default()
}

fn rows(groups: Groups, by: &[Dimension]) -> Vec<Row> {
    let mut rows: Vec<Row> =
        groups.into_iter().map(|(group, totals)| Row { group, totals }).collect();
    let day = by.iter().position(|dimension| *dimension == Dimension::Day);
    // Stable: of equal rows the order by name stays.
    rows.sort_by_key(|row| {
        (day.and_then(|day| row.group.get(day).cloned().flatten()), Reverse(row.totals.cost))
    });
    rows
}
