//! The ledger: one record for every request, in an SQLite file, and what they add up to.
//!
//! [`Ledger::note`] hands a [`Record`] to a bounded queue; one OS thread owns the file and writes in batches. What the
//! queue cannot take, and what the file refuses for long, is folded into exact totals that are written later: detail can be
//! lost, money cannot. No fault of the file ever reaches a request. [`Reader`] answers questions about spending from a
//! connection of its own, while the gateway runs or after.
//!
//! Knows nothing of requests in flight, prices or budgets; `rusqlite` is named nowhere else. Whole numbers are kept as
//! SQLite's 64-bit signed integers and every sum saturates at [`LARGEST`]. Of other modules it imports only
//! `config::units`, plain functions, and `config::LogContent`.

mod content;
mod day;
mod error;
mod fold;
mod handle;
mod insert;
mod query;
mod queue;
mod reader;
mod record;
mod retention;
mod schema;
mod text;
mod totals;
mod writer;

#[cfg(test)]
mod tests;

pub use self::{
    content::Content,
    day::{Day, DayError},
    error::LedgerError,
    handle::{Ledger, Settings},
    query::{Dimension, Query, Row, Spend, UnknownDimension},
    reader::Reader,
    record::{CacheOutcome, Latency, Outcome, Record, Saved, key_name},
    text::{Name, Reason, Tag, Tags, Text},
    totals::{LARGEST, Totals},
};
