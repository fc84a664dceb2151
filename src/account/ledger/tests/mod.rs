//! The ledger as a whole, on real files.

mod faults;
mod life;
mod properties;
mod queries;
mod words;

use std::time::Duration;

use super::*;
use crate::account::{NanoUsd, Spent, Usage};

/// 2026-11-20, at noon.
pub const NOON: u64 = 1_795_176_000_000;

/// Milliseconds of a day.
pub const DAY_MS: u64 = 86_400_000;

/// A request that was answered by a provider.
pub fn record() -> Record {
    Record {
        time: NOON,
        request_id: "req-1".into(),
        key: "alice".into(),
        scope: [0xab; 8],
        protocol: "chat",
        model: "auto".into(),
        target: Some("openai/gpt-5-nano".into()),
        tier: Some("cheap".into()),
        reason: Some("classifier".into()),
        cache: CacheOutcome::Miss,
        usage: Usage {
            input: 100,
            cached_input: 40,
            cache_write: 10,
            output: 20,
            reasoning: 5,
            ..Usage::default()
        },
        estimated: false,
        spent: Some(NanoUsd(1_000)).into(),
        saved: Saved { cache: NanoUsd::ZERO, routing: NanoUsd(9_000) },
        latency: Latency {
            overhead: Duration::from_micros(150),
            first_token: Some(Duration::from_millis(300)),
            total: Duration::from_millis(900),
        },
        status: 200,
        outcome: Outcome::Ok,
        attempts: 1,
        streamed: true,
        tags: Tags::default(),
        content: Content::None,
    }
}

/// A folder and the settings of a ledger in it.
pub fn place() -> (tempfile::TempDir, Settings) {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings::new(folder.path().join("ledger.db"));
    (folder, settings)
}

/// The answer to a query.
pub fn ask(settings: &Settings, query: &Query) -> Spend {
    Reader::open(&settings.path).unwrap().spend(query).unwrap()
}

/// A value in the file itself.
pub fn value<T: rusqlite::types::FromSql>(settings: &Settings, sql: &str) -> T {
    let connection = rusqlite::Connection::open(&settings.path).unwrap();
    connection.query_row(sql, [], |row| row.get(0)).unwrap()
}
