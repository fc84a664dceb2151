//! The one thread that owns the encoder.
//!
//! Computing takes milliseconds, which must never happen on a thread that serves connections. The thread takes batches
//! from the queue and runs them in steps, shortest texts first, answering after each step, so that a short question
//! does not wait for the whole batch that it came with.

use std::{
    sync::Arc,
    thread::{self, JoinHandle},
};

use super::{
    EmbedError,
    error::LoadError,
    model::Encoder,
    queue::{Job, Queue},
};

/// Tokens in one step on the CPU, which gains nothing from larger ones.
const STEP_TOKENS: usize = 512;

/// More threads than this gain little on texts as short as questions.
const MAX_THREADS: usize = 4;

/// The running thread. Dropping it closes the queue and waits for the thread to end.
pub struct Worker {
    queue: Arc<Queue>,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    /// Starts the thread; a batch has at most `batch_tokens` tokens, but at least one text.
    pub fn start(
        encoder: Encoder,
        queue: Arc<Queue>,
        batch_tokens: usize,
    ) -> Result<Self, LoadError> {
        let own = Arc::clone(&queue);
        let run = move || {
            let _closing = CloseAtEnd(&own);
            let _pool = compute_threads();
            while let Some(batch) = own.next_batch(batch_tokens) {
                run_batch(&encoder, batch);
            }
        };
        let thread = thread::Builder::new()
            .name("scrimp-embed".to_owned())
            .spawn(run)
            .map_err(LoadError::Thread)?;
        Ok(Self { queue, thread: Some(thread) })
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.queue.close();
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the embedding thread had panicked");
        }
    }
}

/// Closes the queue however the thread ends, so that no caller waits for a thread that is gone.
struct CloseAtEnd<'a>(&'a Queue);

impl Drop for CloseAtEnd<'_> {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// A pool of which this thread is a member: parallel parts of the computation start without waking another thread
/// first. Without it, which is slower, the global pool does the work.
fn compute_threads() -> Option<rayon::ThreadPool> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let builder =
        rayon::ThreadPoolBuilder::new().num_threads(cores.min(MAX_THREADS)).use_current_thread();
    let pool = builder.thread_name(|index| format!("scrimp-embed-{index}")).build();
    pool.inspect_err(|error| tracing::warn!(%error, "embedding without threads of its own")).ok()
}

fn run_batch(encoder: &Encoder, mut jobs: Vec<Job>) {
    jobs.sort_by_key(|job| job.ids.len());
    let step_tokens = if encoder.on_cpu() { STEP_TOKENS } else { usize::MAX };
    let mut jobs = jobs.into_iter().peekable();
    while jobs.peek().is_some() {
        let mut step: Vec<Job> = Vec::new();
        let mut tokens = 0;
        while let Some(job) =
            jobs.next_if(|job| step.is_empty() || tokens + job.ids.len() <= step_tokens)
        {
            if !job.is_abandoned() {
                tokens += job.ids.len();
                step.push(job);
            }
        }
        run_step(encoder, step);
    }
}

/// Computes the vectors of some jobs at once and sends them. A caller that has gone meanwhile is no error.
fn run_step(encoder: &Encoder, step: Vec<Job>) {
    if step.is_empty() {
        return;
    }
    let texts: Vec<&[u32]> = step.iter().map(|job| job.ids.as_slice()).collect();
    match encoder.embed(&texts) {
        Ok(all) => step.into_iter().zip(all).for_each(|(job, vectors)| {
            let _ = job.reply.send(Ok(vectors));
        }),
        Err(problem) => step.into_iter().for_each(|job| {
            let _ = job.reply.send(Err(EmbedError::Model(problem.clone())));
        }),
    }
}
