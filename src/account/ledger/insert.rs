//! Puts records and totals into the tables. Knows no batches.

use std::time::Duration;

use rusqlite::{CachedStatement, Connection, params};

use super::{
    content::Content,
    fold::Shelf,
    record::{Record, hex},
    text::Name,
    totals::{Totals, stored},
};

/// Puts down requests.
pub fn records(connection: &Connection, records: &[Record]) -> rusqlite::Result<()> {
    let mut insert = connection.prepare_cached(REQUEST)?;
    for it in records {
        record(connection, &mut insert, it)?;
    }
    Ok(())
}

fn record(
    connection: &Connection,
    insert: &mut CachedStatement<'_>,
    record: &Record,
) -> rusqlite::Result<()> {
    let Record {
        time,
        request_id,
        key,
        scope,
        protocol,
        model,
        target,
        tier,
        reason,
        cache,
        usage,
        estimated,
        spent,
        saved,
        latency,
        status,
        outcome,
        attempts,
        streamed,
        tags,
        content,
    } = record;
    insert.execute(params![
        stored(*time),
        record.day().number(),
        request_id.as_str(),
        key.as_str(),
        hex(scope),
        protocol,
        model.as_str(),
        target.as_ref().map(Name::as_str),
        tier.as_ref().map(Name::as_str),
        reason.as_ref().map(|reason| reason.as_str()),
        cache.as_str(),
        cache.bypass(),
        stored(usage.input),
        stored(usage.cached_input),
        stored(usage.cache_write),
        stored(usage.output),
        stored(usage.reasoning),
        estimated,
        stored(spent.known.0),
        spent.unpriced,
        stored(saved.cache.0),
        stored(saved.routing.0),
        microseconds(latency.overhead),
        latency.first_token.map(microseconds),
        microseconds(latency.total),
        status,
        outcome.as_str(),
        outcome.code(),
        attempts,
        streamed,
    ])?;
    let id = connection.last_insert_rowid();
    for tag in tags.iter() {
        connection.prepare_cached(TAG)?.execute(params![id, tag])?;
    }
    self::content(connection, id, content)
}

const REQUEST: &str = "INSERT INTO requests (
        time_ms, day, request_id, key, scope, protocol, model, target, tier, reason, cache, bypass,
        input_tokens, cached_input_tokens, cache_write_tokens, output_tokens, reasoning_tokens, estimated,
        cost_nano, unpriced, saved_cache_nano, saved_routing_nano, overhead_us, first_token_us, total_us,
        status, outcome, error_code, attempts, streamed
    ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

const TAG: &str = "INSERT INTO tags (request, tag) VALUES (?, ?)";

fn content(connection: &Connection, id: i64, content: &Content) -> rusqlite::Result<()> {
    let (hash, prompt, answer) = match content {
        Content::None => return Ok(()),
        Content::Hash(hash) => (Some(hex(hash)), None, None),
        Content::Full { prompt, answer } => {
            let text = String::from_utf8_lossy;
            (None, Some(text(prompt)), (!answer.is_empty()).then(|| text(answer)))
        }
    };
    connection.prepare_cached(CONTENT)?.execute(params![id, hash, prompt, answer])?;
    Ok(())
}

const CONTENT: &str = "INSERT INTO contents (request, hash, prompt, answer) VALUES (?, ?, ?, ?)";

/// Puts totals to those of the same shelf.
pub fn rolled_up(connection: &Connection, shelf: &Shelf, totals: &Totals) -> rusqlite::Result<()> {
    let Shelf { day, key, target, protocol, cache } = shelf;
    let [input, cached, written, output, reasoning, cost, by_cache, by_routing] =
        totals.amounts().map(stored);
    connection.prepare_cached(ROLLED_UP)?.execute(params![
        day.number(),
        key.as_str(),
        target.as_ref().map_or("", Name::as_str),
        protocol,
        cache,
        stored(totals.requests),
        stored(totals.errors),
        stored(totals.unpriced),
        stored(totals.estimated),
        input,
        cached,
        written,
        output,
        reasoning,
        cost,
        by_cache,
        by_routing,
    ])?;
    Ok(())
}

/// Sums stop at the largest number: a plain `a + b` beyond it would become a rounded one.
const ROLLED_UP: &str = "INSERT INTO rolled_up
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET
        requests = requests + min(excluded.requests, 9223372036854775807 - requests),
        errors = errors + min(excluded.errors, 9223372036854775807 - errors),
        unpriced = unpriced + min(excluded.unpriced, 9223372036854775807 - unpriced),
        estimated = estimated + min(excluded.estimated, 9223372036854775807 - estimated),
        input_tokens = input_tokens + min(excluded.input_tokens, 9223372036854775807 - input_tokens),
        cached_input_tokens = cached_input_tokens
            + min(excluded.cached_input_tokens, 9223372036854775807 - cached_input_tokens),
        cache_write_tokens = cache_write_tokens
            + min(excluded.cache_write_tokens, 9223372036854775807 - cache_write_tokens),
        output_tokens = output_tokens + min(excluded.output_tokens, 9223372036854775807 - output_tokens),
        reasoning_tokens = reasoning_tokens
            + min(excluded.reasoning_tokens, 9223372036854775807 - reasoning_tokens),
        cost_nano = cost_nano + min(excluded.cost_nano, 9223372036854775807 - cost_nano),
        saved_cache_nano = saved_cache_nano
            + min(excluded.saved_cache_nano, 9223372036854775807 - saved_cache_nano),
        saved_routing_nano = saved_routing_nano
            + min(excluded.saved_routing_nano, 9223372036854775807 - saved_routing_nano)";

fn microseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}
