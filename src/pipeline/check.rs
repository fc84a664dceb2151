//! What a fresh answer tells of a stored one: shadow checks, misses that had a candidate, and the judge behind them.
//!
//! The comparison runs beside the traffic, one check after the other; when too many wait, one is dropped and counted. It
//! never touches what a caller gets.

use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
};

use super::budgets::ScopeBudget;
use crate::{
    cache::Entry,
    embed::Embedder,
    provider::openai::comparable_text,
    telemetry::Metrics,
    verify::{
        answers::{self, Evidence},
        budget::{Label, Source},
    },
};

/// Checks that wait; more are dropped.
const QUEUE: usize = 256;

/// Between these two a comparison by words alone is not sure enough, and a closer look is taken.
const UNSURE: std::ops::Range<f64> = 0.1..0.9;

/// Of a long answer this much is embedded, bytes: its beginning says what it is about.
const EMBEDDED_BYTES: usize = 800;

/// A stored answer that a fresh one is to be compared with.
#[derive(Clone)]
pub struct Check {
    /// Who learns from it.
    pub budget: ScopeBudget,
    /// The stored answer.
    pub entry: Arc<Entry>,
    /// How sure the judge was that it serves.
    pub score: f64,
    /// How many such cases it stands for.
    pub weight: f64,
    /// Why it is made.
    pub source: Source,
}

enum Job {
    Compare(Check, Bytes),
    /// Answered when all before it is done.
    Flush(oneshot::Sender<()>),
}

/// The task that compares answers. Dropping it stops it.
pub struct Checker {
    jobs: mpsc::Sender<Job>,
    metrics: Arc<Metrics>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Checker {
    /// Starts the task, on the current runtime.
    pub fn start(embedder: Option<Arc<dyn Embedder>>, metrics: Arc<Metrics>) -> Self {
        let (jobs, mut waiting) = mpsc::channel(QUEUE);
        let counted = Arc::clone(&metrics);
        let task = tokio::spawn(async move {
            while let Some(job) = waiting.recv().await {
                match job {
                    Job::Compare(check, fresh) => {
                        compare(check, &fresh, embedder.as_deref(), &counted).await;
                    }
                    Job::Flush(done) => {
                        let _ = done.send(());
                    }
                }
            }
        });
        Self { jobs, metrics, task: Mutex::new(Some(task)) }
    }

    /// Has the stored answer compared with a fresh one, soon.
    pub fn submit(&self, check: Check, fresh: Bytes) {
        if self.jobs.try_send(Job::Compare(check, fresh)).is_err() {
            self.metrics.shed("checks");
        }
    }

    /// Waits until everything submitted so far is compared.
    pub async fn flush(&self) {
        let (done, waiting) = oneshot::channel();
        if self.jobs.send(Job::Flush(done)).await.is_ok() {
            let _ = waiting.await;
        }
    }
}

impl Drop for Checker {
    fn drop(&mut self) {
        if let Some(task) = self.task.lock().take() {
            task.abort();
        }
    }
}

async fn compare(check: Check, fresh: &[u8], embedder: Option<&dyn Embedder>, metrics: &Metrics) {
    let texts = comparable_text(&check.entry.body).zip(comparable_text(fresh));
    let Some((stored, fresh)) = texts else { return };
    let mut comparison = answers::compare(&stored, &fresh, Evidence::default());
    if UNSURE.contains(&comparison.wrong) {
        let cosine = match embedder {
            Some(embedder) => similarity(embedder, &stored, &fresh).await,
            None => None,
        };
        comparison = answers::compare(&stored, &fresh, Evidence { cosine, ..Evidence::default() });
    }
    let Check { budget, entry: _, score, weight, source } = check;
    tracing::debug!(
        score,
        wrong = comparison.wrong,
        reason = comparison.reason.as_str(),
        "answers compared"
    );
    metrics.compared(source.name(), comparison.wrong);
    budget.learn(Label { score, wrong: comparison.wrong, weight, source });
}

/// Cosine of the beginnings of two answers.
async fn similarity(embedder: &dyn Embedder, stored: &str, fresh: &str) -> Option<f32> {
    let texts = [stored, fresh].map(|text| beginning(text).to_owned()).to_vec();
    let embedded = embedder.embed(texts).await.ok()?;
    let [stored, fresh] = embedded.as_slice() else { return None };
    Some(stored.vector.iter().zip(fresh.vector.iter()).map(|(a, b)| a * b).sum())
}

fn beginning(text: &str) -> &str {
    let end = (0..=EMBEDDED_BYTES.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
    &text[..end.unwrap_or(0)]
}
