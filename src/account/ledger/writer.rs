//! The thread that owns the file: batches, retries, and what becomes of records that cannot be written.

use std::{
    path::PathBuf,
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use rusqlite::{Connection, TransactionBehavior};

use super::{
    error::LedgerError,
    fold::Folded,
    insert,
    queue::{BATCH, Queue},
    record::Record,
    retention::Retention,
    schema,
    totals::Totals,
};

/// Writes what comes through the queue.
pub struct Writer {
    /// Where records come from.
    pub queue: Arc<Queue>,
    /// Deletes old ones.
    pub retention: Retention,
    /// The file.
    pub file: LedgerFile,
    /// Records that are being written.
    pub records: Vec<Record>,
    /// How many of them are written.
    pub done: usize,
    /// Totals that are being written.
    pub folded: Folded,
    /// Set while nothing can be written.
    pub trouble: Option<Trouble>,
}

/// The file and the way to it.
pub struct LedgerFile {
    /// Where it is.
    pub path: PathBuf,
    /// How long to wait for the locks of others.
    pub patience: Duration,
    /// Opened anew after every failure, and when the file is gone: another may have taken its place.
    pub connection: Option<Connection>,
}

/// What is known while nothing can be written.
pub struct Trouble {
    /// Between the last attempt and the next.
    wait: Duration,
    /// When to try again.
    retry: Instant,
}

/// Until the first new attempt after a failure; doubles with every further one.
const FIRST_RETRY: Duration = Duration::from_secs(1);

/// Until a new attempt at most.
const LAST_RETRY: Duration = Duration::from_secs(60);

impl Writer {
    /// Writes until the queue is closed and empty.
    pub fn run(mut self) -> Result<(), LedgerError> {
        loop {
            let until = self.trouble.as_ref().map(|trouble| trouble.retry);
            let until = until.or_else(|| self.retention.next());
            let call = self.queue.wait(until, self.trouble.is_some());
            let result = self.write_all();
            if result.is_ok() && !call.closing {
                self.delete_old();
            }
            for waiter in call.waiters {
                // Who has gone does not want to know.
                let _ = waiter.send(result.clone());
            }
            if call.closing {
                return result.or_else(|_| self.write_sums());
            }
        }
    }

    /// Writes what is left from the last time, and what is queued now.
    fn write_all(&mut self) -> Result<(), LedgerError> {
        self.write_taken()?;
        self.queue.take(&mut self.records, &mut self.folded);
        self.write_taken()
    }

    /// Writes what has been taken from the queue.
    fn write_taken(&mut self) -> Result<(), LedgerError> {
        while self.done < self.records.len() || !self.folded.is_empty() {
            let batch = batch(&self.records, self.done);
            match self.file.write(batch, &self.folded) {
                Ok(()) => {
                    self.done += batch.len();
                    self.folded.clear();
                    if self.trouble.take().is_some() {
                        tracing::info!(path = %self.file.path.display(), "the ledger can be written again");
                    }
                }
                Err(error) => {
                    self.not_written(&error);
                    return Err(error);
                }
            }
        }
        self.records.clear();
        self.done = 0;
        Ok(())
    }

    fn not_written(&mut self, error: &LedgerError) {
        self.queue.counters.failed.fetch_add(1, Ordering::Relaxed);
        self.file.connection = None;
        let wait = match &self.trouble {
            None => {
                tracing::error!(%error, "the ledger cannot be written; it will be tried again");
                FIRST_RETRY
            }
            Some(trouble) => trouble.wait.saturating_mul(2).min(LAST_RETRY),
        };
        self.trouble = Some(Trouble { wait, retry: Instant::now() + wait });
        if error.is_about_records() {
            let batch = batch(&self.records, self.done);
            batch.iter().for_each(|record| self.folded.fold(record));
            self.queue.counters.lost.fetch_add(batch.len() as u64, Ordering::Relaxed);
            self.done += batch.len();
        }
    }

    fn delete_old(&mut self) {
        let Some(connection) = &mut self.file.connection else { return };
        if let Err(error) = self.retention.step(connection) {
            self.queue.counters.failed.fetch_add(1, Ordering::Relaxed);
            tracing::error!(%error, path = %self.file.path.display(), "old records cannot be deleted");
        }
    }

    /// The last chance: sums alone need little room. If they cannot be written either, they are at least in the log.
    fn write_sums(&mut self) -> Result<(), LedgerError> {
        let mut left = self.queue.buffer();
        self.queue.take(&mut left, &mut self.folded);
        let records = self.records.drain(self.done..).chain(left);
        let mut lost = 0;
        for record in records {
            self.folded.fold(&record);
            lost += 1;
        }
        self.queue.counters.lost.fetch_add(lost, Ordering::Relaxed);
        let Totals { requests, cost, .. } = self.folded.total();
        let written = self.file.write(&[], &self.folded);
        match &written {
            Ok(()) => {
                tracing::warn!(requests, cost_usd = %cost, "the last requests are in the ledger as sums only")
            }
            Err(error) => {
                tracing::error!(%error, requests, cost_usd = %cost, "closing a ledger that cannot be written")
            }
        }
        written
    }
}

/// The next records to be written in one transaction.
fn batch(records: &[Record], done: usize) -> &[Record] {
    let end = records.len().min(done + BATCH);
    records.get(done..end).unwrap_or_default()
}

impl LedgerFile {
    /// Writes all of it, or nothing.
    fn write(&mut self, batch: &[Record], folded: &Folded) -> Result<(), LedgerError> {
        // SQLite would go on writing to a file that somebody has deleted.
        if !self.path.exists() {
            self.connection = None;
        }
        let connection = match &mut self.connection {
            Some(connection) => connection,
            closed => closed.insert(schema::open_to_write(&self.path, self.patience)?),
        };
        let mut write = || {
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            insert::records(&transaction, batch)?;
            for (shelf, totals) in folded.iter() {
                insert::rolled_up(&transaction, shelf, totals)?;
            }
            transaction.commit()
        };
        write().map_err(|source| LedgerError::sqlite(&self.path, source))
    }
}
