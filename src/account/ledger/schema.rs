//! The file: its tables, how it is brought up to date, and what is refused.
//!
//! `application_id` says that a file is ours, `user_version` how many of [`MIGRATIONS`] it has been through.

use std::{fs, io, path::Path, time::Duration};

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use super::error::LedgerError;

/// What makes a file of the version before it, each within one transaction. To change the layout, add one; never change
/// one that has been released.
const MIGRATIONS: [&str; 2] = [VERSION_1, VERSION_2];

/// Texts are as [`Record`](super::Record) says, amounts in nano-USD, times in the unit of their names, days since 1970.
const VERSION_1: &str = "
    CREATE TABLE requests (
        id INTEGER PRIMARY KEY,
        time_ms INTEGER NOT NULL,
        day INTEGER NOT NULL,
        request_id TEXT NOT NULL,
        key TEXT NOT NULL,
        scope TEXT NOT NULL,
        protocol TEXT NOT NULL,
        model TEXT NOT NULL,
        target TEXT,
        tier TEXT,
        reason TEXT,
        cache TEXT NOT NULL,
        bypass TEXT,
        input_tokens INTEGER NOT NULL,
        cached_input_tokens INTEGER NOT NULL,
        cache_write_tokens INTEGER NOT NULL,
        output_tokens INTEGER NOT NULL,
        reasoning_tokens INTEGER NOT NULL,
        estimated INTEGER NOT NULL,
        cost_nano INTEGER,
        saved_cache_nano INTEGER NOT NULL,
        saved_routing_nano INTEGER NOT NULL,
        overhead_us INTEGER NOT NULL,
        first_token_us INTEGER,
        total_us INTEGER NOT NULL,
        status INTEGER NOT NULL,
        outcome TEXT NOT NULL,
        error_code TEXT,
        attempts INTEGER NOT NULL,
        streamed INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX requests_by_day ON requests (day);
    CREATE TABLE tags (
        request INTEGER NOT NULL,
        tag TEXT NOT NULL,
        PRIMARY KEY (request, tag)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE contents (
        request INTEGER PRIMARY KEY,
        hash TEXT,
        prompt TEXT,
        answer TEXT
    ) STRICT;
    CREATE TABLE rolled_up (
        day INTEGER NOT NULL,
        key TEXT NOT NULL,
        target TEXT NOT NULL,
        protocol TEXT NOT NULL,
        cache TEXT NOT NULL,
        requests INTEGER NOT NULL,
        errors INTEGER NOT NULL,
        unpriced INTEGER NOT NULL,
        estimated INTEGER NOT NULL,
        input_tokens INTEGER NOT NULL,
        cached_input_tokens INTEGER NOT NULL,
        cache_write_tokens INTEGER NOT NULL,
        output_tokens INTEGER NOT NULL,
        reasoning_tokens INTEGER NOT NULL,
        cost_nano INTEGER NOT NULL,
        saved_cache_nano INTEGER NOT NULL,
        saved_routing_nano INTEGER NOT NULL,
        PRIMARY KEY (day, key, target, protocol, cache)
    ) STRICT, WITHOUT ROWID;
";

/// A cost is what is known of it; that there is more stands beside it.
const VERSION_2: &str = "
    ALTER TABLE requests ADD COLUMN unpriced INTEGER NOT NULL DEFAULT 0;
    UPDATE requests SET unpriced = 1, cost_nano = 0 WHERE cost_nano IS NULL;
";

/// Says that a file is ours: `SCRL`.
const APPLICATION: i32 = 0x5343_524C;

/// Largest size to which the write-ahead log is cut back, bytes.
const LOG_BYTES: i64 = 64 << 20;

/// Opens the ledger at `path` for writing, waiting up to `patience` for the locks of others. Makes the file, readable by
/// its owner alone, and its folder where there are none; brings an older one up to date.
pub fn open_to_write(path: &Path, patience: Duration) -> Result<Connection, LedgerError> {
    make(path).map_err(|source| LedgerError::io(path, source))?;
    let open = || {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(patience)?;
        let file = File::read(&connection)?;
        Ok((connection, file))
    };
    let sqlite = |source| LedgerError::sqlite(path, source);
    let (mut connection, file) = open().map_err(sqlite)?;
    match file {
        File::Empty | File::Ledger(0..=KNOWN) => {}
        File::Ledger(found) => {
            return Err(LedgerError::Newer { path: path.to_owned(), found, known: KNOWN });
        }
        File::Foreign => return Err(LedgerError::Foreign { path: path.to_owned() }),
    }
    set_up(&connection).map_err(sqlite)?;
    migrate(&mut connection, &MIGRATIONS).map_err(sqlite)?;
    Ok(connection)
}

/// Opens the ledger at `path` for reading, waiting up to `patience` for the locks of others.
pub fn open_to_read(path: &Path, patience: Duration) -> Result<Connection, LedgerError> {
    let is_there = path.try_exists().map_err(|source| LedgerError::io(path, source))?;
    if !is_there {
        return Err(LedgerError::Missing { path: path.to_owned() });
    }
    let open = || {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(patience)?;
        let file = File::read(&connection)?;
        Ok((connection, file))
    };
    let (connection, file) = open().map_err(|source| LedgerError::sqlite(path, source))?;
    let path = path.to_owned();
    match file {
        File::Ledger(KNOWN) => Ok(connection),
        File::Ledger(found) if found > KNOWN => {
            Err(LedgerError::Newer { path, found, known: KNOWN })
        }
        File::Ledger(found) => Err(LedgerError::Older { path, found, known: KNOWN }),
        File::Empty => Err(LedgerError::Missing { path }),
        File::Foreign => Err(LedgerError::Foreign { path }),
    }
}

/// The layout that this version reads and writes.
const KNOWN: u32 = MIGRATIONS.len() as u32;

/// Makes the file and its folder where there are none.
fn make(path: &Path) -> io::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder)?;
    }
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, OWNER_ONLY);
    match options.open(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// The owner reads and writes; SQLite gives its files beside it the same.
#[cfg(unix)]
const OWNER_ONLY: u32 = 0o600;

/// What a file turns out to be.
#[derive(Debug, PartialEq, Eq)]
enum File {
    /// Nothing yet.
    Empty,
    /// Ours, of this layout.
    Ledger(u32),
    /// Somebody else's.
    Foreign,
}

impl File {
    fn read(connection: &Connection) -> rusqlite::Result<Self> {
        let number = |sql| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
        let application = number("PRAGMA application_id")?;
        let version = number("PRAGMA user_version")?;
        let tables = number("SELECT count(*) FROM sqlite_schema")?;
        Ok(match u32::try_from(version) {
            Ok(version) if application == i64::from(APPLICATION) => Self::Ledger(version),
            Ok(0) if application == 0 && tables == 0 => Self::Empty,
            _ => Self::Foreign,
        })
    }
}

fn set_up(connection: &Connection) -> rusqlite::Result<()> {
    // Some file systems know no write-ahead log: there readers and the writer wait for each other.
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update_and_check(None, "journal_size_limit", LOG_BYTES, |_| Ok(()))
}

fn migrate(connection: &mut Connection, migrations: &[&str]) -> rusqlite::Result<()> {
    let version = |connection: &Connection| -> rusqlite::Result<u32> {
        connection.query_row("PRAGMA user_version", [], |row| row.get(0))
    };
    let latest = migrations.len() as u32;
    if version(connection)? >= latest {
        return Ok(());
    }
    // Another process may be at it: only who has the lock knows the version.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for step in migrations.iter().skip(version(&transaction)? as usize) {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    transaction.pragma_update(None, "user_version", latest)?;
    transaction.commit()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patient(path: &Path) -> Result<Connection, LedgerError> {
        open_to_write(path, Duration::from_secs(5))
    }

    #[test]
    fn an_older_file_is_brought_up_to_date_step_by_step_and_keeps_its_rows() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        let mut connection = patient(&path).unwrap();
        let row = "INSERT INTO rolled_up VALUES (1, 'k', '', 'chat', 'miss', 1, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0)";
        connection.execute(row, []).unwrap();
        let later = [
            VERSION_1,
            VERSION_2,
            "ALTER TABLE rolled_up ADD COLUMN team TEXT",
            "UPDATE rolled_up SET team = 'none'",
        ];
        migrate(&mut connection, &later[..3]).unwrap();
        migrate(&mut connection, &later).unwrap();
        // A second time nothing is left to do.
        migrate(&mut connection, &later).unwrap();
        let read = |sql| connection.query_row(sql, [], |row| row.get::<_, String>(0)).unwrap();
        assert_eq!(read("SELECT team || cost_nano FROM rolled_up"), "none5");
        assert_eq!(File::read(&connection).unwrap(), File::Ledger(4));
    }

    #[test]
    fn an_unknown_cost_becomes_nothing_known_and_unpriced() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection, &[VERSION_1]).unwrap();
        let insert = |cost: &str| {
            format!(
                "INSERT INTO requests VALUES (NULL, 1, 1, 'r', 'k', 's', 'chat', 'm', NULL, NULL, NULL, 'miss', NULL,
                 1, 0, 0, 1, 0, 0, {cost}, 0, 0, 1, NULL, 1, 200, 'ok', NULL, 1, 0)"
            )
        };
        for cost in ["7", "NULL"] {
            connection.execute(&insert(cost), []).unwrap();
        }
        migrate(&mut connection, &MIGRATIONS).unwrap();
        let told = "SELECT group_concat(cost_nano || ':' || unpriced) FROM requests";
        let told: String = connection.query_row(told, [], |row| row.get(0)).unwrap();
        assert_eq!(told, "7:0,0:1");
    }

    #[test]
    fn a_step_that_fails_leaves_the_file_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = patient(&folder.path().join("ledger.db")).unwrap();
        let broken = [
            VERSION_1,
            VERSION_2,
            "CREATE TABLE more (id INTEGER); CREATE TABLE requests (id INTEGER)",
        ];
        assert!(migrate(&mut connection, &broken).is_err());
        assert_eq!(File::read(&connection).unwrap(), File::Ledger(2));
        assert!(connection.prepare("SELECT * FROM more").is_err());
    }

    #[test]
    fn files_that_are_not_for_this_version_are_refused_by_name_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        for (sql, phrase) in [
            ("PRAGMA user_version = 3", "newer version (layout 3;"),
            ("PRAGMA user_version = -1", "another program"),
            ("PRAGMA application_id = 7", "another program"),
            ("PRAGMA application_id = 0; PRAGMA user_version = 0", "another program"),
        ] {
            let _ = fs::remove_file(&path);
            patient(&path).unwrap().execute_batch(sql).unwrap();
            let before = fs::read(&path).unwrap();
            for opened in [patient(&path), open_to_read(&path, Duration::ZERO)] {
                let error = opened.unwrap_err().to_string();
                assert!(error.contains("ledger.db") && error.contains(phrase), "{sql}: {error}");
            }
            assert!(fs::read(&path).unwrap() == before, "{sql}");
        }
    }

    #[test]
    fn a_reader_does_not_bring_an_older_file_up_to_date() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        patient(&path).unwrap().execute_batch("PRAGMA user_version = 0").unwrap();
        let error = open_to_read(&path, Duration::ZERO).unwrap_err().to_string();
        assert!(error.contains("older version (layout 0, now 2)"), "{error}");
    }

    #[test]
    fn nothing_and_an_empty_file_are_no_ledger_yet() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new").join("ledger.db");
        for _ in 0..2 {
            let error = open_to_read(&path, Duration::ZERO).unwrap_err().to_string();
            assert!(error.contains("there is no ledger; `scrimp serve` makes one"), "{error}");
            make(&path).unwrap();
        }
        patient(&path).unwrap();
        assert!(open_to_read(&path, Duration::ZERO).is_ok());
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_may_read_the_file() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        let _connection = patient(&path).unwrap();
        for entry in fs::read_dir(folder.path()).unwrap() {
            let entry = entry.unwrap();
            assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{entry:?}");
        }
    }
}
