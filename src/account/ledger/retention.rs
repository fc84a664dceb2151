//! Owns when old records are deleted, and how: a little at a time, so that new ones never wait long.

use std::time::{Duration, Instant};

use rusqlite::{Connection, TransactionBehavior, params};

use super::day::Day;

/// Deletes what is older than the operator wants to keep it.
#[derive(Debug)]
pub struct Retention {
    /// Whole days that are kept beside today; `None`: all.
    days: Option<u64>,
    next: Instant,
}

/// Requests that are deleted in one step; takes some milliseconds.
const STEP: u32 = 1_000;

/// Between two steps.
const BREATH: Duration = Duration::from_millis(20);

/// Until the next look when nothing is left to delete, or the file would not have it.
const IDLE: Duration = Duration::from_secs(3_600);

/// Seconds of a day.
const DAY: u64 = 86_400;

impl Retention {
    /// Keeps records for so long; parts of days count as whole ones.
    pub fn new(keep: Option<Duration>) -> Self {
        Self { days: keep.map(|keep| keep.as_secs().div_ceil(DAY)), next: Instant::now() }
    }

    /// When to look again.
    pub fn next(&self) -> Option<Instant> {
        self.days.map(|_| self.next)
    }

    /// Deletes a little, if it is time.
    pub fn step(&mut self, connection: &mut Connection) -> rusqlite::Result<()> {
        let Some(days) = self.days.filter(|_| Instant::now() >= self.next) else { return Ok(()) };
        let result = delete(connection, Day::today().before(days), STEP);
        let more = matches!(result, Ok(deleted) if deleted >= STEP as usize);
        self.next = Instant::now() + if more { BREATH } else { IDLE };
        result.map(|_| ())
    }
}

/// Deletes up to `most` requests, and all totals, of the days before `first`. Says how many requests it was.
fn delete(connection: &mut Connection, first: Day, most: u32) -> rusqlite::Result<usize> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let oldest = params![first.number(), most];
    for sql in [TAGS, CONTENTS] {
        transaction.prepare_cached(sql)?.execute(oldest)?;
    }
    let deleted = transaction.prepare_cached(REQUESTS)?.execute(oldest)?;
    transaction.prepare_cached(TOTALS)?.execute([first.number()])?;
    transaction.commit()?;
    Ok(deleted)
}

const TAGS: &str = "DELETE FROM tags WHERE request IN
    (SELECT id FROM requests WHERE day < ?1 ORDER BY day, id LIMIT ?2)";
const CONTENTS: &str = "DELETE FROM contents WHERE request IN
    (SELECT id FROM requests WHERE day < ?1 ORDER BY day, id LIMIT ?2)";
const REQUESTS: &str = "DELETE FROM requests WHERE id IN
    (SELECT id FROM requests WHERE day < ?1 ORDER BY day, id LIMIT ?2)";
const TOTALS: &str = "DELETE FROM rolled_up WHERE day < ?1";

#[cfg(test)]
mod tests {
    use super::{
        super::{content::Content, insert, record::Record, schema, tests::record},
        *,
    };

    #[test]
    fn whole_days_are_deleted_a_little_at_a_time_with_all_that_belongs_to_them() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        let mut connection = schema::open_to_write(&path, Duration::from_secs(5)).unwrap();
        for n in 0..10_u64 {
            let record = Record {
                time: n * 86_400_000,
                tags: ["a", "b"].into_iter().collect(),
                content: Content::Hash([1; 32]),
                ..record()
            };
            insert::records(&connection, &[record]).unwrap();
        }
        let left = |connection: &Connection| {
            ["requests", "tags", "contents"].map(|table| {
                let sql = format!("SELECT count(*) FROM {table}");
                connection.query_row(&sql, [], |row| row.get::<_, i64>(0)).unwrap()
            })
        };
        let first = Day::at(7);
        for (deleted, counts) in [(3, [7, 14, 7]), (3, [4, 8, 4]), (1, [3, 6, 3]), (0, [3, 6, 3])] {
            assert_eq!(delete(&mut connection, first, 3).unwrap(), deleted);
            assert_eq!(left(&connection), counts);
        }
        let oldest = connection.query_row("SELECT min(day) FROM requests", [], |row| row.get(0));
        assert_eq!(oldest, Ok(7));
    }

    #[test]
    fn without_a_limit_nothing_is_ever_looked_for() {
        assert_eq!(Retention::new(None).next(), None);
        assert!(Retention::new(Some(Duration::from_secs(1))).next().is_some());
    }
}
