//! Looking for a stored answer: the very same request, or a question that means the same.

use std::{sync::Arc, time::Instant};

use tokio::sync::oneshot;

use super::{
    Gateway,
    check::Check,
    context::Context,
    store::{Found, Match},
};
use crate::{
    cache::{Bypass, Hit, Keys, semantic::Query},
    embed::{EmbedError, Embedded},
    verify::{
        budget::{Source, Verdict},
        judge::{Assessment, Judge, Refusal},
    },
};

/// Vectors that are searched well within a millisecond, on old processors too.
const SMALL_PARTITION: usize = 50_000;

/// The best candidate of a lookup, judged.
struct Judged {
    hit: Hit,
    assessment: Assessment,
    /// The verifier was asked about it or about another candidate.
    verified: bool,
}

impl Gateway {
    /// A fresh entry for the very same request.
    pub(super) fn exact(&self, ctx: &Context, keys: Keys) -> Option<Found> {
        let entry = self.parts.exact.get(&keys.exact)?;
        let fresh = entry.is_fresh(self.parts.clock.now(), ctx.policy.max_age);
        fresh.then_some(Found { entry, by_meaning: None })
    }

    /// Whether what another request found serves this one as well: fresh enough, and when found by meaning only where
    /// this one may be matched by meaning, with the same question.
    pub(super) fn serves(&self, found: &Found, ctx: &Context) -> bool {
        let Found { entry, by_meaning } = found;
        let same_question = by_meaning.is_none()
            || entry.partition.is_some() && entry.partition == self.parts.partition(ctx);
        same_question && entry.is_fresh(self.parts.clock.now(), ctx.policy.max_age)
    }

    /// An entry for the same request, stored while we waited, or for one that means the same. Where the best candidate is
    /// not served, `ctx` learns why, and what the fresh answer is to be compared with.
    pub(super) async fn look_up(&self, ctx: &mut Context, keys: Keys) -> Option<Found> {
        if let Some(found) = self.exact(ctx, keys) {
            return Some(found);
        }
        self.embed_question(ctx).await;
        let (Ok(question), Some(embedded)) = (&ctx.policy.question, &ctx.embedded) else {
            return None;
        };
        let partition = self.parts.partition(ctx)?;
        let budget = self.budgets.of(ctx.scope);
        let least = budget.threshold(ctx.max_wrong);
        let query = Query {
            partition,
            vector: &embedded.vector,
            max_age: ctx.policy.max_age,
            now: self.parts.clock.now(),
        };
        let judged = self.by_meaning(question, query, least).await;
        let verified = judged.as_ref().is_some_and(|judged| judged.verified);
        self.parts.metrics.looked_up(verified);
        let Judged { hit, assessment, .. } = judged?;
        let Assessment { score, refusal, difference, complete, is_equal } = assessment;
        let verdict = match refusal.is_some() {
            true => Verdict::Reject,
            false => budget.decide(score, ctx.max_wrong),
        };
        let check = |weight, source| Check {
            budget: budget.clone(),
            entry: Arc::clone(&hit.entry),
            question: question.as_str().into(),
            score,
            is_equal,
            weight,
            source,
        };
        match verdict {
            Verdict::Serve => {
                let by_meaning = Some(Match { similarity: hit.similarity, confidence: score });
                return Some(Found { entry: hit.entry, by_meaning });
            }
            Verdict::Shadow { weight } => {
                ctx.refused = Some("shadow check".to_owned());
                ctx.check = Some(check(weight, Source::Shadow));
            }
            Verdict::Reject => {
                let refusal =
                    refusal.unwrap_or(Refusal::Risk { confidence: score, least, difference });
                self.parts.metrics.refused(refusal.kind());
                ctx.refused = Some(match &refusal {
                    Refusal::Guard(_) => {
                        format!("{refusal}, at similarity {:.3}", hit.similarity)
                    }
                    _ => refusal.to_string(),
                });
                ctx.check = (complete && budget.learns()).then(|| check(1.0, Source::Miss));
            }
        }
        None
    }

    /// Judges the nearest questions, nearest first, until one is sure enough; else the surest of them. In a large
    /// partition or with a verifier that happens on rayon, for a tokio worker must not be held up.
    async fn by_meaning(&self, question: &str, query: Query<'_>, least: f64) -> Option<Judged> {
        let is_small = self.parts.semantic.vectors_in(query.partition) <= SMALL_PARTITION;
        let found = is_small.then(|| self.parts.semantic.candidates(&self.parts.exact, query));
        if found.as_ref().is_some_and(|found| found.is_empty()) {
            return None;
        }
        let found = match (found, &*self.parts.judge) {
            (Some(found), judge @ Judge::Threshold(_)) => {
                return best(judge, question, found, least);
            }
            (found, Judge::Threshold(_) | Judge::Calibrated { .. }) => found,
        };
        let (sender, receiver) = oneshot::channel();
        let (semantic, exact) = (Arc::clone(&self.parts.semantic), self.parts.exact.clone());
        let Query { partition, vector, max_age, now } = query;
        let (question, vector) = (question.to_owned(), vector.to_vec());
        let judge = Arc::clone(&self.parts.judge);
        rayon::spawn(move || {
            let query = Query { partition, vector: &vector, max_age, now };
            let found = found.unwrap_or_else(|| semantic.candidates(&exact, query));
            // An error means that the caller has hung up.
            let _ = sender.send(best(&judge, &question, found, least));
        });
        // An error means that the search panicked: a miss, not a failed request.
        receiver.await.ok().flatten()
    }

    /// Embeds the question that is matched; what goes wrong here costs the match, not the request.
    pub(super) async fn embed_question(&self, ctx: &mut Context) {
        let Ok(question) = ctx.policy.question.clone() else { return };
        match self.embed(question).await {
            Ok(embedded) => ctx.embedded = Some(embedded),
            Err(reason) => ctx.policy.question = Err(reason),
        }
    }

    /// The vectors of a text, or why there are none.
    pub(super) async fn embed(&self, text: String) -> Result<Embedded, Bypass> {
        let embedder = self.parts.embedder.as_ref().ok_or(Bypass::NoEmbedding)?;
        let start = Instant::now();
        let result = embedder.embed(vec![text]).await;
        self.parts.metrics.embedded(start.elapsed());
        match result.map(|mut embedded| embedded.pop()) {
            Ok(Some(embedded)) => Ok(embedded),
            Ok(None) => Err(Bypass::EmbeddingFailed),
            Err(EmbedError::TooLong { .. }) => Err(Bypass::TooLong),
            Err(EmbedError::QueueFull) => {
                self.parts.metrics.shed("embedding");
                Err(Bypass::EmbeddingBusy)
            }
            Err(error) => {
                tracing::warn!(%error, "embedding failed");
                Err(Bypass::EmbeddingFailed)
            }
        }
    }
}

/// The first candidate that reaches `least`, else the one with the best score that nothing forbids, else the nearest.
fn best(judge: &Judge, question: &str, found: Vec<Hit>, least: f64) -> Option<Judged> {
    let mut best: Option<Judged> = None;
    let mut verified = false;
    let calibrates = matches!(judge, Judge::Calibrated { .. });
    for hit in found {
        let assessment = judge.assess(question, &hit.entry.question, hit.similarity, least);
        verified |= calibrates && assessment.complete;
        let rank = |assessment: &Assessment| {
            (assessment.refusal.is_none(), assessment.complete, assessment.score)
        };
        let serves =
            assessment.refusal.is_none() && assessment.complete && assessment.score >= least;
        if serves || best.as_ref().is_none_or(|best| rank(&assessment) > rank(&best.assessment)) {
            best = Some(Judged { hit, assessment, verified: false });
        }
        if serves {
            break;
        }
    }
    best.map(|best| Judged { verified, ..best })
}
