//! Owns [`Ledger`]: what the gateway holds.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, atomic::Ordering, mpsc},
    thread::{self, JoinHandle},
    time::Duration,
};

use parking_lot::Mutex;

use super::{
    day::Day,
    error::LedgerError,
    fold::Folded,
    queue::Queue,
    reader::Reader,
    record::Record,
    retention::Retention,
    schema,
    writer::{LedgerFile, Writer},
};
use crate::{account::NanoUsd, config::LogContent};

/// How the ledger is kept.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The file.
    pub path: PathBuf,
    /// How long a record is kept, in whole days in UTC; `None`: for ever.
    pub keep: Option<Duration>,
    /// How much of the words of requests is kept.
    pub content: LogContent,
    /// Records that may wait to be written; those beyond are kept as totals.
    pub capacity: usize,
    /// How long the writer waits for another process that has locked the file, before that counts as a failure.
    pub patience: Duration,
}

impl Settings {
    /// A ledger in this file that is kept for ever, without words.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            keep: None,
            content: LogContent::None,
            capacity: CAPACITY,
            patience: PATIENCE,
        }
    }
}

/// A second of two thousand requests a second and more; some 4 MB.
const CAPACITY: usize = 8_192;

const PATIENCE: Duration = Duration::from_secs(5);

/// The ledger of a gateway. To be shared in an `Arc`; when it is dropped, what is queued is written first.
pub struct Ledger {
    queue: Arc<Queue>,
    writer: Mutex<Option<JoinHandle<Result<(), LedgerError>>>>,
    path: PathBuf,
    content: LogContent,
    patience: Duration,
}

impl Ledger {
    /// Opens the file, which is made where there is none, and starts the thread that writes it. Blocks.
    ///
    /// Errors: the file cannot be made, is damaged, or of another program or a newer version.
    pub fn open(settings: &Settings) -> Result<Self, LedgerError> {
        let Settings { path, keep, content, capacity, patience } = settings.clone();
        let connection = schema::open_to_write(&path, patience)?;
        let queue = Arc::new(Queue::new(capacity));
        let writer = Writer {
            queue: Arc::clone(&queue),
            retention: Retention::new(keep),
            file: LedgerFile { path: path.clone(), patience, connection: Some(connection) },
            records: queue.buffer(),
            done: 0,
            folded: Folded::default(),
            trouble: None,
        };
        let thread = thread::Builder::new().name("ledger".to_owned());
        let writer =
            thread.spawn(|| writer.run()).map_err(|error| LedgerError::io(&path, error))?;
        Ok(Self { queue, writer: Mutex::new(Some(writer)), path, content, patience })
    }

    /// Puts a request down. Never waits and never fails; takes well below a microsecond.
    ///
    /// Words beyond [`Settings::content`] are dropped. After [`close`](Self::close) nothing is kept.
    pub fn note(&self, mut record: Record) {
        record.content = record.content.within(self.content);
        self.queue.push(record);
    }

    /// How much of the words of requests is wanted.
    pub fn content(&self) -> LogContent {
        self.content
    }

    /// Waits until everything noted before is written. Blocks.
    ///
    /// Errors: why it cannot be written; it will be tried again.
    pub fn flush(&self) -> Result<(), LedgerError> {
        let closed = || LedgerError::Closed { path: self.path.clone() };
        let (waiter, written) = mpsc::sync_channel(1);
        if !self.queue.ask(waiter) {
            return Err(closed());
        }
        written.recv().unwrap_or_else(|_| Err(closed()))
    }

    /// Writes everything and ends the thread; a second time does nothing. Blocks.
    ///
    /// Errors: why it cannot be written. What was not is in the log, in sum.
    pub fn close(&self) -> Result<(), LedgerError> {
        // Held until the end, so that a second caller waits too.
        let mut writer = self.writer.lock();
        let Some(thread) = writer.take() else { return Ok(()) };
        self.queue.close();
        thread.join().unwrap_or_else(|_| Err(LedgerError::Closed { path: self.path.clone() }))
    }

    /// What each key has spent on `day` and later, as far as it is written. Blocks.
    pub fn spent_since(&self, day: Day) -> Result<HashMap<String, NanoUsd>, LedgerError> {
        Reader::open_patiently(&self.path, self.patience)?.spent_since(day)
    }

    /// Requests since the start that are known only as part of a total, for want of room.
    pub fn lost(&self) -> u64 {
        self.queue.counters.lost.load(Ordering::Relaxed)
    }

    /// Requests since the start whose words were not kept, for want of room.
    pub fn stripped(&self) -> u64 {
        self.queue.counters.stripped.load(Ordering::Relaxed)
    }

    /// Attempts to write since the start that failed.
    pub fn failed(&self) -> u64 {
        self.queue.counters.failed.load(Ordering::Relaxed)
    }
}

impl Drop for Ledger {
    fn drop(&mut self) {
        // The writer has logged what is wrong.
        let _ = self.close();
    }
}
