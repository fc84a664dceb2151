//! Shadow comparisons: a lower tier answers what the frontier has answered, and the router learns from the difference.
//!
//! The caller has the frontier's answer already; this runs beside the traffic, a few at a time, and touches no answer.
//! When too many wait, one is dropped and counted.

use std::sync::Arc;

use bytes::Bytes;
use http::HeaderMap;
use tokio::{
    sync::{Semaphore, mpsc, watch},
    task::{JoinHandle, JoinSet},
};

use super::{books::Books, learners::ScopeLearner, llm_judge::LlmJudge, similarity::similarity};
use crate::{
    api::chat::ChatRequest,
    config::Target,
    embed::Embedder,
    limit::Held,
    provider::{
        Answered, Form, Inquiry,
        openai::{Completion, Incomplete, Meaning, comparable_text},
    },
    route::{
        learn::{Change, Outcome, Sight},
        promise::Source,
    },
    telemetry::Metrics,
    upstream::{Call, Endpoint, ReplyBody, Upstream},
    verify::outcome::{self, Evidence, Judgement},
};

/// Comparisons that wait; more are dropped.
const QUEUE: usize = 64;
/// Comparisons at a time.
const AT_ONCE: usize = 4;

/// One comparison to be made.
pub struct Comparison {
    /// Who learns from it.
    pub learner: ScopeLearner,
    /// What was known of the request.
    pub sight: Sight,
    /// The lower tier's place.
    pub tier: usize,
    /// How many requests it stands for.
    pub weight: f64,
    /// The loss that was expected, in `[0, 1]`.
    pub expected: f64,
    /// When it was asked, Unix seconds.
    pub at: f64,
    /// What was asked.
    pub request: Arc<ChatRequest>,
    /// The caller's headers that providers get.
    pub headers: HeaderMap,
    /// The lower tier's targets.
    pub targets: Vec<Target>,
    /// The most tokens that its answer may have, where the caller sets no limit.
    pub max_output: u64,
    /// The money that it may cost.
    pub money: Held,
    /// The frontier's answer would not have been asked for without it, and counts as its cost.
    pub pays_reference: bool,
}

enum Job {
    Compare(Box<Comparison>, Bytes),
    Learn(ScopeLearner, Box<Outcome>),
}

/// The task that compares answers of two tiers. Dropping it stops it.
pub struct Comparer {
    jobs: mpsc::Sender<Job>,
    means: Arc<Means>,
    /// Comparisons that are not done yet.
    open: Arc<watch::Sender<usize>>,
    task: JoinHandle<()>,
}

/// What a comparison draws on.
pub struct Means {
    /// Sends the request.
    pub upstream: Arc<Upstream>,
    /// Where what it costs is written down.
    pub books: Books,
    /// Compares answers by meaning.
    pub embedder: Option<Arc<dyn Embedder>>,
    /// Compares answers where nothing else tells.
    pub judge: Option<LlmJudge>,
    /// Counts.
    pub metrics: Arc<Metrics>,
}

impl Comparer {
    /// Starts the task, on the current runtime.
    pub fn start(means: Means) -> Self {
        let (jobs, mut waiting) = mpsc::channel::<Job>(QUEUE);
        let (open, _) = watch::channel(0);
        let (open, means) = (Arc::new(open), Arc::new(means));
        let (done, shared) = (Arc::clone(&open), Arc::clone(&means));
        let task = tokio::spawn(async move {
            let places = Arc::new(Semaphore::new(AT_ONCE));
            // Dropped with this task, it stops what is running.
            let mut running = JoinSet::new();
            while let Some(job) = waiting.recv().await {
                let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
                let (means, done) = (Arc::clone(&shared), Arc::clone(&done));
                while running.try_join_next().is_some() {}
                running.spawn(async move {
                    let _place = place;
                    let _done = Done(done);
                    match job {
                        Job::Compare(comparison, reference) => {
                            means.compare(*comparison, &reference).await;
                        }
                        Job::Learn(learner, outcome) => {
                            learn(&learner, *outcome, &means.metrics).await;
                        }
                    }
                });
            }
        });
        Self { jobs, means, open, task }
    }

    /// The targets that judge answers where nothing else tells, if any do.
    pub fn judges(&self) -> &[Target] {
        self.means.judge.as_ref().map_or(&[], |judge| &judge.targets)
    }

    /// Has the answer of the frontier, a whole completion, compared with a lower tier's, soon.
    pub fn submit(&self, comparison: Box<Comparison>, reference: Bytes) {
        self.send(Job::Compare(comparison, reference));
    }

    /// Has a scope learn from an outcome, soon.
    pub fn learn(&self, learner: ScopeLearner, outcome: Outcome) {
        self.send(Job::Learn(learner, Box::new(outcome)));
    }

    fn send(&self, job: Job) {
        self.open.send_modify(|open| *open += 1);
        if self.jobs.try_send(job).is_err() {
            self.open.send_modify(|open| *open -= 1);
            self.means.metrics.shed("comparisons");
        }
    }

    /// Breaks off what is not done.
    pub fn stop(&self) {
        self.task.abort();
    }

    /// Waits until everything submitted so far is compared.
    pub async fn flush(&self) {
        // The sender lives as long as this does.
        let _ = self.open.subscribe().wait_for(|open| *open == 0).await;
    }
}

impl Drop for Comparer {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Counts a comparison as done, however it ends.
struct Done(Arc<watch::Sender<usize>>);

impl Drop for Done {
    fn drop(&mut self) {
        self.0.send_modify(|open| *open -= 1);
    }
}

/// A whole completion, read.
struct Read {
    text: String,
    completion: Completion,
}

impl Means {
    async fn compare(&self, comparison: Comparison, reference: &[u8]) {
        let Some(reference) = read(reference) else { return };
        let Some(lower) = self.ask(&comparison).await else { return };
        let judgement = self.judge(&comparison, &lower, &reference).await;
        let Judgement { shortfall, is_certain, reason } = judgement;
        let (tier, expected) = (comparison.tier, comparison.expected);
        tracing::debug!(tier, expected, shortfall, is_certain, ?reason, "tiers compared");
        self.metrics.routing.outcome(Source::Shadow.name(), shortfall);
        let Comparison { learner, sight, weight, at, .. } = comparison;
        let outcome = Outcome {
            sight,
            tier,
            lower: 1.0 - shortfall,
            frontier: 1.0,
            source: Source::Shadow,
            weight,
            at,
        };
        learn(&learner, outcome, &self.metrics).await;
    }

    /// The lower tier's answer.
    async fn ask(&self, comparison: &Comparison) -> Option<Read> {
        let Comparison { request, targets, headers, max_output, money, .. } = comparison;
        let form = Form::Whole { max_output: Some(*max_output) };
        let inquiry = Inquiry { chat: request, native: None, form, chosen: true, is_strict: false };
        let call = Call {
            targets,
            endpoint: Endpoint::Answers,
            request: &|target, provider| inquiry.outbound(target, provider),
            headers,
        };
        let reply = match self.upstream.send(call).await {
            Ok(reply) => reply,
            Err(error) => {
                tracing::debug!(%error, "no answer to compare with");
                return None;
            }
        };
        let ReplyBody::Completion(answered) = reply.body else { return None };
        let cost = self.books.enter("comparison", request, &reply.target, &answered);
        let Answered { body, completion, .. } = *answered;
        money.spend(cost.unwrap_or_default());
        let text = comparable_text(&body).unwrap_or_default();
        Some(Read { text, completion })
    }

    async fn judge(&self, comparison: &Comparison, lower: &Read, reference: &Read) -> Judgement {
        let answers = [lower.answer(), reference.answer()];
        let evidence = Evidence { prior: comparison.expected, cosine: None };
        let judgement = outcome::judge(answers[0], answers[1], evidence);
        let Some(embedder) = self.embedder.as_deref().filter(|_| !judgement.is_certain) else {
            return judgement;
        };
        let cosine = similarity(embedder, &lower.text, &reference.text).await;
        let judgement = outcome::judge(answers[0], answers[1], Evidence { cosine, ..evidence });
        let Some(judge) = self.judge.as_ref().filter(|_| !judgement.is_certain) else {
            return judgement;
        };
        let question = comparison.request.last_user_text().unwrap_or_default();
        let texts = [lower.text.as_str(), &reference.text];
        let preferred = judge.prefer(&question, texts, &comparison.money).await;
        preferred.map_or(judgement, |shortfall| Judgement { shortfall, ..judgement })
    }
}

/// Learns from an outcome, and a new version when one is due, which takes up to a second on the rayon pool.
async fn learn(learner: &ScopeLearner, outcome: Outcome, metrics: &Metrics) {
    if let Some(change) = learner.learn(outcome) {
        let (kind, version) = match change {
            Change::Promoted { number, .. } => ("promoted", number),
            Change::Discarded { number } => ("discarded", number),
            Change::RolledBack { number } => ("rolled_back", number),
        };
        metrics.routing.version(kind);
        tracing::info!(kind, version, "a version of the learned router");
    }
    let Some(lesson) = learner.lesson() else { return };
    let (sender, learnt) = tokio::sync::oneshot::channel();
    rayon::spawn(move || {
        // An error means that the gateway has stopped.
        let _ = sender.send(lesson.learn());
    });
    if let Ok(learnt) = learnt.await {
        learner.take(learnt);
        metrics.routing.version("learnt");
    }
}

fn read(body: &[u8]) -> Option<Read> {
    let Meaning::Completion(completion) = Meaning::of(body) else { return None };
    Some(Read { text: comparable_text(body)?, completion })
}

impl Read {
    fn answer(&self) -> outcome::Answer<'_> {
        outcome::Answer {
            text: &self.text,
            is_cut: self.completion.incomplete == Some(Incomplete::Truncated),
            is_refusal: self.completion.incomplete == Some(Incomplete::Refused),
        }
    }
}
