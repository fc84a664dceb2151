//! What goes wrong with a file reaches no request, loses no money, and is said once.

use std::fs;

use rusqlite::Connection;

use super::*;

fn impatient() -> (tempfile::TempDir, Settings) {
    let (folder, mut settings) = place();
    settings.patience = Duration::ZERO;
    (folder, settings)
}

fn total(settings: &Settings) -> Totals {
    ask(settings, &Query::default()).total
}

#[test]
fn another_process_that_holds_the_lock_delays_records_and_loses_nothing() {
    let (_folder, mut settings) = impatient();
    settings.capacity = 1_000;
    let ledger = Ledger::open(&settings).unwrap();
    let other = Connection::open(&settings.path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    for _ in 0..3_000 {
        ledger.note(record());
    }
    let error = ledger.flush().unwrap_err().to_string();
    assert!(error.contains("ledger.db") && error.contains("locked"), "{error}");
    assert!(ledger.flush().is_err());
    assert!(ledger.failed() >= 2);
    assert_eq!(total(&settings).requests, 0);
    other.execute_batch("ROLLBACK").unwrap();
    ledger.flush().unwrap();
    let total = total(&settings);
    assert_eq!((total.requests, total.cost), (3_000, NanoUsd(3_000_000)));
    // Detail is kept as far as the queue and a batch can hold it.
    assert_eq!(total.rolled_up, ledger.lost());
    assert!(total.rolled_up <= 2_000, "{}", total.rolled_up);
}

#[test]
fn records_that_the_file_will_not_take_are_kept_as_totals() {
    let (_folder, settings) = impatient();
    let ledger = Ledger::open(&settings).unwrap();
    let other = Connection::open(&settings.path).unwrap();
    let refusing = "CREATE TRIGGER t BEFORE INSERT ON requests WHEN NEW.key = 'mallory'
                    BEGIN SELECT RAISE(ABORT, 'not this one'); END";
    other.execute_batch(refusing).unwrap();
    for key in ["alice", "mallory", "bob"] {
        ledger.note(Record { key: key.into(), ..record() });
    }
    // Fails, unless the writer has tried by itself.
    let _ = ledger.flush();
    ledger.note(record());
    ledger.flush().unwrap();
    let total = total(&settings);
    assert_eq!((total.requests, total.cost.0), (4, 4_000));
    assert_eq!((total.rolled_up, ledger.failed()), (ledger.lost(), 1));
    assert!((1..=3).contains(&ledger.lost()), "{}", ledger.lost());
}

#[test]
fn a_file_that_is_damaged_meanwhile_can_be_replaced_and_nothing_is_lost() {
    let (_folder, settings) = impatient();
    let ledger = Ledger::open(&settings).unwrap();
    // After a failure the file is opened anew: as long as it is open, SQLite may well not look at it.
    let other = Connection::open(&settings.path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    (0..2_000).for_each(|_| ledger.note(record()));
    assert!(ledger.flush().is_err());
    drop(other);
    fs::write(&settings.path, [0x5a; 8_192]).unwrap();
    for _ in 0..2 {
        let error = ledger.flush().unwrap_err().to_string();
        assert!(error.contains("ledger.db") && error.contains("move it away"), "{error}");
    }
    // It also tries by itself.
    assert!(ledger.failed() >= 3);
    assert_eq!(ledger.lost(), 0);
    fs::remove_file(&settings.path).unwrap();
    ledger.flush().unwrap();
    assert_eq!(total(&settings).requests, 2_000);
}

#[test]
fn a_file_that_is_deleted_meanwhile_is_begun_anew() {
    let (_folder, settings) = place();
    let ledger = Ledger::open(&settings).unwrap();
    for deleted in [&["db"][..], &["db", "db-wal", "db-shm"]] {
        ledger.note(record());
        ledger.flush().unwrap();
        for extension in deleted {
            fs::remove_file(settings.path.with_extension(extension)).unwrap();
        }
        ledger.note(record());
        ledger.flush().unwrap();
        assert_eq!((total(&settings).requests, ledger.failed()), (1, 0));
    }
}

#[test]
fn a_damaged_file_is_refused_at_the_start_and_left_alone() {
    let (_folder, settings) = place();
    let whole = {
        let ledger = Ledger::open(&settings).unwrap();
        (0..100).for_each(|_| ledger.note(record()));
        ledger.close().unwrap();
        fs::read(&settings.path).unwrap()
    };
    let mut header = whole.clone();
    header[..64].fill(0xff);
    let mut tables = whole.clone();
    tables[100..4_096].fill(0xff);
    for bytes in [b"not a database at all, but longer than its header".repeat(10), header, tables] {
        fs::write(&settings.path, &bytes).unwrap();
        let errors =
            [Ledger::open(&settings).err().unwrap(), Reader::open(&settings.path).err().unwrap()];
        for error in errors {
            assert!(matches!(error, LedgerError::Damaged { .. }), "{error}");
            let text = error.to_string();
            assert!(text.contains("ledger.db") && text.contains("move it away"), "{text}");
        }
        assert!(fs::read(&settings.path).unwrap() == bytes);
    }
}

#[test]
fn a_place_where_no_file_can_be_is_named() {
    let (folder, _) = place();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    for path in [file.join("ledger.db"), folder.path().to_owned()] {
        let error = Ledger::open(&Settings::new(&path)).err().unwrap().to_string();
        assert!(error.contains(path.to_str().unwrap()), "{error}");
    }
}

#[test]
fn closing_a_ledger_that_cannot_be_written_says_so_and_ends() {
    let (_folder, settings) = impatient();
    let ledger = Ledger::open(&settings).unwrap();
    let other = Connection::open(&settings.path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    (0..2_000).for_each(|_| ledger.note(record()));
    let error = ledger.close().unwrap_err().to_string();
    assert!(error.contains("locked"), "{error}");
    assert!(ledger.close().is_ok());
}

#[test]
fn closing_keeps_the_sums_of_what_cannot_be_written_one_by_one() {
    let (_folder, settings) = impatient();
    let ledger = Ledger::open(&settings).unwrap();
    let other = Connection::open(&settings.path).unwrap();
    let refusing =
        "CREATE TRIGGER t BEFORE INSERT ON requests BEGIN SELECT RAISE(ABORT, 'none'); END";
    other.execute_batch(refusing).unwrap();
    (0..2_000).for_each(|_| ledger.note(record()));
    ledger.close().unwrap();
    let total = total(&settings);
    assert_eq!((total.requests, total.rolled_up, total.cost.0), (2_000, 2_000, 2_000_000));
    assert_eq!(ledger.lost(), 2_000);
}
