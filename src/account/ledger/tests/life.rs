//! A ledger over its life: opened, written, read meanwhile, closed, opened again, grown old.

use std::{sync::Barrier, thread};

use super::*;

fn requests(settings: &Settings) -> u64 {
    ask(settings, &Query::default()).total.requests
}

#[test]
fn every_field_is_in_the_file() {
    let (_folder, settings) = place();
    let ledger = Ledger::open(&settings).unwrap();
    ledger.note(Record {
        cache: CacheOutcome::Bypass("no-store"),
        outcome: Outcome::Error("upstream_timeout".into()),
        attempts: 3,
        estimated: true,
        tags: ["b", "a"].into_iter().collect(),
        ..record()
    });
    ledger.flush().unwrap();
    let row = "SELECT concat_ws('|', time_ms, day, request_id, key, scope, protocol, model, target, tier, reason, \
               cache, bypass, input_tokens, cached_input_tokens, cache_write_tokens, output_tokens, \
               reasoning_tokens, estimated, cost_nano, unpriced, saved_cache_nano, saved_routing_nano, overhead_us, \
               first_token_us, total_us, status, outcome, error_code, attempts, streamed) FROM requests";
    assert_eq!(
        value::<String>(&settings, row),
        "1795176000000|20777|req-1|alice|abababababababab|chat|auto|openai/gpt-5-nano|cheap|classifier|\
         bypass|no-store|100|40|10|20|5|1|1000|0|0|9000|150|300000|900000|200|error|upstream_timeout|3|1"
    );
    let tags = "SELECT group_concat(tag) FROM tags WHERE request = (SELECT id FROM requests)";
    assert_eq!(value::<String>(&settings, tags), "a,b");
}

#[test]
fn what_is_closed_or_dropped_is_there_at_the_next_start() {
    let (_folder, settings) = place();
    for round in 1..=3 {
        let ledger = Ledger::open(&settings).unwrap();
        for _ in 0..1_000 {
            ledger.note(record());
        }
        if round == 2 {
            ledger.close().unwrap();
            ledger.close().unwrap();
        }
        drop(ledger);
        assert_eq!(requests(&settings), round * 1_000);
    }
}

#[test]
fn after_closing_nothing_is_kept_and_that_is_counted() {
    let (_folder, settings) = place();
    let ledger = Ledger::open(&settings).unwrap();
    ledger.close().unwrap();
    ledger.note(record());
    assert!(matches!(ledger.flush(), Err(LedgerError::Closed { .. })));
    assert_eq!((ledger.lost(), requests(&settings)), (1, 0));
}

#[test]
fn a_record_is_written_without_being_asked_for() {
    let (_folder, settings) = place();
    let ledger = Ledger::open(&settings).unwrap();
    ledger.note(record());
    while requests(&settings) == 0 {
        thread::yield_now();
    }
}

#[test]
fn readers_see_whole_moments_while_several_threads_write() {
    const WRITERS: u64 = 4;
    const EACH: u64 = 3_000;
    let (_folder, settings) = place();
    let ledger = Ledger::open(&settings).unwrap();
    let start = Barrier::new(WRITERS as usize + 1);
    let by = vec![Dimension::Key, Dimension::Day];
    let query = Query { by, ..Query::default() };
    thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (ledger, start) = (&ledger, &start);
            scope.spawn(move || {
                start.wait();
                for n in 0..EACH {
                    let key = format!("key{writer}").as_str().into();
                    ledger.note(Record { key, time: NOON + n % 7 * DAY_MS, ..record() });
                }
            });
        }
        start.wait();
        let reader = Reader::open(&settings.path).unwrap();
        let mut before = 0;
        while before < WRITERS * EACH {
            let Spend { rows, total, .. } = reader.spend(&query).unwrap();
            assert_eq!(rows.iter().map(|row| row.totals.requests).sum::<u64>(), total.requests);
            assert_eq!(total.cost.0, total.requests * 1_000);
            assert!(total.requests >= before);
            before = total.requests;
        }
    });
    assert_eq!((requests(&settings), ledger.failed()), (WRITERS * EACH, 0));
}

#[test]
fn two_gateways_may_share_a_file() {
    let (_folder, settings) = place();
    let ledgers = [(); 2].map(|()| Ledger::open(&settings).unwrap());
    for _ in 0..2_000 {
        ledgers.iter().for_each(|ledger| ledger.note(record()));
    }
    for ledger in &ledgers {
        ledger.close().unwrap();
    }
    assert_eq!(requests(&settings), 4_000);
}

#[test]
fn old_records_and_totals_go_and_new_ones_stay() {
    let (_folder, mut settings) = place();
    let keep = Some(Duration::from_secs(86_400));
    let today = u64::from(Day::today().number()) * DAY_MS;
    settings.capacity = 3_000;
    let old = Ledger::open(&settings).unwrap();
    // Some become totals.
    for n in 0..6_000_u64 {
        old.note(Record { time: n * 1_000, tags: ["a"].into_iter().collect(), ..record() });
    }
    old.close().unwrap();
    assert_eq!(requests(&settings), 6_000);
    settings.keep = keep;
    let ledger = Ledger::open(&settings).unwrap();
    for days in 0..3 {
        ledger.note(Record { time: today - days * DAY_MS, ..record() });
    }
    // The third one is two days old.
    while requests(&settings) > 2 {
        ledger.flush().unwrap();
    }
    assert_eq!(value::<i64>(&settings, "SELECT count(*) FROM tags"), 0);
    assert_eq!(ledger.failed(), 0);
}
