//! Texts that wait for the model: bounded, first come first served, handed out in batches by token budget.
//!
//! Knows token ids and reply channels; knows nothing about models.

use std::collections::VecDeque;

use parking_lot::{Condvar, Mutex};
use tokio::sync::oneshot;

use super::{EmbedError, model::Vectors};

/// One text that wants its vector.
pub struct Job {
    /// Its token ids.
    pub ids: Vec<u32>,
    /// Where the vector goes. Closed when nobody waits any more.
    pub reply: oneshot::Sender<Result<Vectors, EmbedError>>,
}

impl Job {
    /// Nobody waits for the vector any more.
    pub fn is_abandoned(&self) -> bool {
        self.reply.is_closed()
    }
}

/// A bounded queue between many callers and one worker.
pub struct Queue {
    state: Mutex<State>,
    /// Signalled when there is work, or no more to come.
    changed: Condvar,
    /// Most jobs that wait.
    capacity: usize,
}

struct State {
    jobs: VecDeque<Job>,
    closed: bool,
}

impl Queue {
    /// An empty queue for at most `capacity` texts, at least one.
    pub fn new(capacity: usize) -> Self {
        let state = State { jobs: VecDeque::new(), closed: false };
        Self { state: Mutex::new(state), changed: Condvar::new(), capacity: capacity.max(1) }
    }

    /// Most texts that wait.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Adds all jobs or none. Abandoned jobs make room first.
    pub fn push(&self, jobs: Vec<Job>) -> Result<(), EmbedError> {
        let mut state = self.state.lock();
        if state.closed {
            return Err(EmbedError::Stopped);
        }
        if state.jobs.len() + jobs.len() > self.capacity {
            state.jobs.retain(|job| !job.is_abandoned());
        }
        if state.jobs.len() + jobs.len() > self.capacity {
            return Err(EmbedError::QueueFull);
        }
        state.jobs.extend(jobs);
        drop(state);
        self.changed.notify_one();
        Ok(())
    }

    /// Waits for work, then takes the longest waiting jobs, at least one and otherwise at most `budget` tokens.
    /// `None` when the queue is closed.
    pub fn next_batch(&self, budget: usize) -> Option<Vec<Job>> {
        let mut state = self.state.lock();
        loop {
            if state.closed {
                return None;
            }
            let batch = state.take(budget);
            if !batch.is_empty() {
                return Some(batch);
            }
            self.changed.wait(&mut state);
        }
    }

    /// Refuses further work and drops what waits: its callers learn that the model has stopped.
    pub fn close(&self) {
        let mut state = self.state.lock();
        state.closed = true;
        let dropped = std::mem::take(&mut state.jobs);
        drop(state);
        drop(dropped);
        self.changed.notify_all();
    }
}

impl State {
    fn take(&mut self, budget: usize) -> Vec<Job> {
        let mut batch = Vec::new();
        let mut tokens = 0;
        while let Some(job) = self.jobs.front() {
            if !job.is_abandoned() {
                if !batch.is_empty() && tokens + job.ids.len() > budget {
                    break;
                }
                tokens += job.ids.len();
            }
            batch.extend(self.jobs.pop_front().filter(|job| !job.is_abandoned()));
        }
        batch
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Reply = oneshot::Receiver<Result<Vectors, EmbedError>>;

    fn job(tokens: usize) -> (Job, Reply) {
        let (reply, receiver) = oneshot::channel();
        (Job { ids: vec![0; tokens], reply }, receiver)
    }

    fn filled(capacity: usize, lengths: &[usize]) -> (Queue, Vec<Reply>) {
        let queue = Queue::new(capacity);
        let (jobs, replies) = lengths.iter().map(|tokens| job(*tokens)).unzip();
        queue.push(jobs).unwrap();
        (queue, replies)
    }

    fn lengths(batch: &[Job]) -> Vec<usize> {
        batch.iter().map(|job| job.ids.len()).collect()
    }

    #[test]
    fn batches_keep_to_the_token_budget_in_order() {
        let (queue, _replies) = filled(10, &[30, 40, 40, 200, 10]);
        let batches: Vec<Vec<usize>> =
            (0..4).map(|_| lengths(&queue.next_batch(100).unwrap())).collect();
        assert_eq!(batches, [vec![30, 40], vec![40], vec![200], vec![10]]);
    }

    #[test]
    fn a_full_queue_takes_all_of_a_call_or_nothing() {
        let (queue, _replies) = filled(3, &[1, 1]);
        let (jobs, _more): (Vec<Job>, Vec<Reply>) = [job(1), job(1)].into_iter().unzip();
        assert!(matches!(queue.push(jobs), Err(EmbedError::QueueFull)));
        assert_eq!(queue.next_batch(100).unwrap().len(), 2);
    }

    #[test]
    fn abandoned_work_is_skipped_and_makes_room() {
        let (queue, mut replies) = filled(3, &[1, 2, 3]);
        drop(replies.remove(1));
        let (job, _reply) = job(4);
        queue.push(vec![job]).unwrap();
        assert_eq!(lengths(&queue.next_batch(100).unwrap()), [1, 3, 4]);
    }

    #[test]
    fn closing_drops_what_waits_and_refuses_more() {
        let (queue, mut replies) = filled(3, &[1]);
        queue.close();
        assert!(replies.remove(0).try_recv().is_err());
        assert!(queue.next_batch(100).is_none());
        assert!(matches!(queue.push(vec![job(1).0]), Err(EmbedError::Stopped)));
    }
}
