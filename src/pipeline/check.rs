//! What a fresh answer tells of a stored one: shadow checks, misses that had a candidate, and the judge behind them.
//!
//! The comparison runs beside the traffic, one check after the other; when too many wait, one is dropped and counted. It
//! never touches what a caller gets.

use std::{collections::VecDeque, sync::Arc};

use bytes::Bytes;
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
};

use super::{
    budgets::{Budgets, ScopeBudget},
    llm_judge::LlmJudge,
    similarity::similarity,
};
use crate::{
    cache::Entry,
    embed::Embedder,
    guard,
    provider::openai::comparable_text,
    telemetry::Metrics,
    verify::{
        answers::{self, Evidence},
        budget::{Label, Source},
        control::{Control, Worth},
    },
};

/// Checks that wait; more are dropped.
const QUEUE: usize = 256;

/// Between these two a comparison by words alone is not sure enough, and a closer look is taken.
const UNSURE: std::ops::Range<f64> = 0.1..0.9;

/// A stored answer that a fresh one is to be compared with.
#[derive(Clone)]
pub struct Check {
    /// Who learns from it.
    pub budget: ScopeBudget,
    /// The stored answer.
    pub entry: Arc<Entry>,
    /// The question that the fresh answer is to.
    pub question: Arc<str>,
    /// How sure the judge was that it serves.
    pub score: f64,
    /// The two questions differ in nothing that matters.
    pub is_equal: bool,
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
    task: JoinHandle<()>,
}

impl Checker {
    /// Starts the task, on the current runtime.
    pub fn start(
        embedder: Option<Arc<dyn Embedder>>,
        judge: Option<LlmJudge>,
        budgets: Arc<Budgets>,
        metrics: Arc<Metrics>,
    ) -> Self {
        let (jobs, mut waiting) = mpsc::channel(QUEUE);
        let counted = Arc::clone(&metrics);
        let mut learning = Learning::new(budgets);
        let task = tokio::spawn(async move {
            while let Some(job) = waiting.recv().await {
                match job {
                    Job::Compare(check, fresh) => {
                        let means = Means {
                            embedder: embedder.as_deref(),
                            judge: judge.as_ref(),
                            metrics: &counted,
                        };
                        means.compare(check, &fresh, &mut learning).await;
                    }
                    Job::Flush(done) => {
                        let _ = done.send(());
                    }
                }
            }
        });
        Self { jobs, metrics, task }
    }

    /// Has the stored answer compared with a fresh one, soon.
    pub fn submit(&self, check: Check, fresh: Bytes) {
        if self.jobs.try_send(Job::Compare(check, fresh)).is_err() {
            self.metrics.shed("checks");
        }
    }

    /// Breaks off what is not done.
    pub fn stop(&self) {
        self.task.abort();
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
        self.stop();
    }
}

/// What a comparison can draw on.
struct Means<'a> {
    embedder: Option<&'a dyn Embedder>,
    judge: Option<&'a LlmJudge>,
    metrics: &'a Metrics,
}

impl Means<'_> {
    async fn compare(&self, check: Check, fresh: &[u8], learning: &mut Learning) {
        let texts = comparable_text(&check.entry.body).zip(comparable_text(fresh));
        let Some((stored, fresh)) = texts else { return };
        let mut comparison = answers::compare(&stored, &fresh, Evidence::default());
        if let Some(embedder) = self.embedder.filter(|_| UNSURE.contains(&comparison.wrong)) {
            let cosine = similarity(embedder, &stored, &fresh).await;
            let evidence = Evidence { cosine, ..Evidence::default() };
            comparison = answers::compare(&stored, &fresh, evidence);
        }
        let mut wrong = comparison.wrong;
        if let Some(judge) = self.judge.filter(|_| UNSURE.contains(&wrong)) {
            let agree = judge.agree(&check.question, &stored, &fresh).await;
            wrong = agree.map_or(wrong, |agree| if agree { 0.0 } else { 1.0 });
        }
        let reason = comparison.reason.as_str();
        let source = check.source.name();
        tracing::debug!(check.score, wrong, reason, source, "answers compared");
        self.metrics.compared(source, wrong);
        learning.learn(check, wrong, fresh, self.metrics);
    }
}

/// From comparisons to what the budgets learn, with an eye on whether the comparisons are worth anything.
struct Learning {
    budgets: Arc<Budgets>,
    control: Control,
    worth: Option<Worth>,
    /// Labels that wait until it is known what they are worth.
    held: Vec<(ScopeBudget, Label)>,
    /// Questions with their fresh answers, to be compared with those of unrelated questions.
    recent: VecDeque<(Arc<str>, String)>,
}

/// Labels that wait; later ones are dropped.
const HELD: usize = 4096;
/// Answers that are kept for comparison with unrelated ones.
const RECENT: usize = 8;
/// Questions that share no more of their words are unrelated.
const UNRELATED: f32 = 0.1;

impl Learning {
    fn new(budgets: Arc<Budgets>) -> Self {
        Self {
            budgets,
            control: Control::default(),
            worth: None,
            held: Vec::new(),
            recent: VecDeque::new(),
        }
    }

    fn learn(&mut self, check: Check, wrong: f64, fresh: String, metrics: &Metrics) {
        let Check { budget, entry: _, question, score, is_equal, weight, source } = check;
        if is_equal {
            self.control.same(wrong);
        }
        if source == Source::Shadow {
            self.control.checked();
        }
        self.compare_with_unrelated(question, fresh);
        let label = Label { score, wrong, weight, source };
        let before = self.worth.replace(self.control.worth());
        match self.control.worth() {
            // What is only measured may be taken back later.
            Worth::Open if !budget.steers() => budget.learn(label),
            Worth::Open if self.held.len() < HELD => self.held.push((budget, label)),
            Worth::Open => metrics.shed("labels"),
            Worth::Useful => {
                self.held.drain(..).for_each(|(budget, label)| budget.learn(label));
                budget.learn(label);
            }
            Worth::Useless => {
                self.held.clear();
                if before != Some(Worth::Useless) {
                    tracing::warn!(
                        "answers to equal questions differ, or those to unrelated ones agree: the error budget learns \
                         nothing from comparing them and keeps to its calibration; `scrimp tune` with labels still can"
                    );
                    self.budgets.forget();
                }
            }
        }
    }

    fn compare_with_unrelated(&mut self, question: Arc<str>, fresh: String) {
        let unrelated = self
            .recent
            .iter()
            .find(|(other, _)| guard::overlap(&question, other).jaccard <= UNRELATED);
        if let Some((_, answer)) = unrelated {
            self.control.different(answers::compare(answer, &fresh, Evidence::default()).wrong);
        }
        self.recent.push_front((question, fresh));
        self.recent.truncate(RECENT);
    }
}
