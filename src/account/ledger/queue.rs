//! Owns the way from requests to the writer: a bounded queue that never makes anybody wait, and never loses money.
//!
//! A lock around a buffer, held for a few dozen nanoseconds, in place of a channel: a channel would wake the writer with
//! every record, here it is once a batch; and the writer takes all that waits by swapping buffers.

use std::{
    sync::{
        atomic::{AtomicU64, Ordering},
        mpsc::SyncSender,
    },
    time::{Duration, Instant},
};

use parking_lot::{Condvar, Mutex};

use super::{content::Content, error::LedgerError, fold::Folded, record::Record};

/// Records that are worth a transaction, and the most that are written in one.
pub const BATCH: usize = 512;

/// How long a record waits at most for others to be written with.
const LINGER: Duration = Duration::from_millis(200);

/// Words that wait at most, bytes. Beyond it records are kept without theirs.
const MAX_CONTENT: usize = 64 << 20;

/// What is to be written.
pub struct Queue {
    state: Mutex<State>,
    wake: Condvar,
    capacity: usize,
    /// Records that are worth a transaction before they have waited for long.
    enough: usize,
    /// What went wrong.
    pub counters: Counters,
}

/// What went wrong, counted since the start.
#[derive(Debug, Default)]
pub struct Counters {
    /// Requests that are known only as part of a total.
    pub lost: AtomicU64,
    /// Requests whose words were not kept for want of room.
    pub stripped: AtomicU64,
    /// Attempts to write that failed.
    pub failed: AtomicU64,
}

#[derive(Default)]
struct State {
    records: Vec<Record>,
    /// Size of their words, bytes.
    content: usize,
    folded: Folded,
    /// Since when the first of them waits; `None` when there is nothing.
    since: Option<Instant>,
    waiters: Vec<Waiter>,
    closing: bool,
}

/// Gets to know whether what was queued before has been written.
pub type Waiter = SyncSender<Result<(), LedgerError>>;

/// Why the writer is to go to work.
pub struct Call {
    /// Who waits for it.
    pub waiters: Vec<Waiter>,
    /// No more will come.
    pub closing: bool,
}

impl Queue {
    /// An empty queue for so many records, at least one.
    pub fn new(capacity: usize) -> Self {
        let capacity = capacity.max(1);
        Self {
            state: Mutex::new(State { records: Vec::with_capacity(capacity), ..State::default() }),
            wake: Condvar::new(),
            capacity,
            enough: capacity.min(BATCH),
            counters: Counters::default(),
        }
    }

    /// Takes a record, or adds it to the totals when the queue is full.
    pub fn push(&self, mut record: Record) {
        let mut state = self.state.lock();
        if state.closing {
            drop(state);
            self.counters.lost.fetch_add(1, Ordering::Relaxed);
            return;
        }
        if state.records.len() >= self.capacity {
            self.counters.lost.fetch_add(1, Ordering::Relaxed);
            state.folded.fold(&record);
        } else {
            let size = record.content.bytes();
            if size > MAX_CONTENT.saturating_sub(state.content) {
                self.counters.stripped.fetch_add(1, Ordering::Relaxed);
                record.content = Content::None;
            } else {
                state.content += size;
            }
            state.records.push(record);
        }
        let is_first = state.since.is_none();
        if is_first {
            state.since = Some(Instant::now());
        }
        let is_enough = state.records.len() == self.enough;
        drop(state);
        if is_first || is_enough {
            self.wake.notify_one();
        }
    }

    /// Has everything that is queued written soon; false when nobody will do it.
    pub fn ask(&self, waiter: Waiter) -> bool {
        let mut state = self.state.lock();
        if state.closing {
            return false;
        }
        state.waiters.push(waiter);
        drop(state);
        self.wake.notify_one();
        true
    }

    /// Says that no more will come.
    pub fn close(&self) {
        self.state.lock().closing = true;
        self.wake.notify_one();
    }

    /// Waits until records are worth a transaction (unless `busy`), somebody asks, or it is `until`.
    pub fn wait(&self, until: Option<Instant>, busy: bool) -> Call {
        let mut state = self.state.lock();
        loop {
            let ripe = state.since.filter(|_| !busy).map(|since| since + LINGER);
            let is_enough = !busy && state.records.len() >= self.enough;
            let next = [until, ripe].into_iter().flatten().min();
            let is_time = next.is_some_and(|next| Instant::now() >= next);
            if state.closing || !state.waiters.is_empty() || is_enough || is_time {
                let waiters = std::mem::take(&mut state.waiters);
                return Call { waiters, closing: state.closing };
            }
            match next {
                Some(next) => {
                    self.wake.wait_until(&mut state, next);
                }
                None => self.wake.wait(&mut state),
            }
        }
    }

    /// An empty buffer that [`take`](Self::take) can swap for the one in use.
    pub fn buffer(&self) -> Vec<Record> {
        Vec::with_capacity(self.capacity)
    }

    /// Swaps what waits for an empty buffer, and puts the totals to `folded`.
    pub fn take(&self, empty: &mut Vec<Record>, folded: &mut Folded) {
        let mut state = self.state.lock();
        std::mem::swap(&mut state.records, empty);
        let totals = std::mem::take(&mut state.folded);
        (state.content, state.since) = (0, None);
        drop(state);
        folded.merge(totals);
    }
}
