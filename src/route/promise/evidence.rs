//! Outcomes of comparisons that fade, and complaints. Knows nothing of thresholds.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::estimates::Estimates;

/// Where evidence comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A comparison that [`super::Promise::wants_shadow`] asked for.
    Shadow,
    /// A caller's word on a served answer. Complaints count, within a cap; praise, which is given at will, doesn't.
    Feedback,
    /// A caller asked the frontier again. Counts as a complaint does.
    Escalation,
}

impl Source {
    /// The name in metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Shadow => "shadow",
            Self::Feedback => "feedback",
            Self::Escalation => "escalation",
        }
    }
}

/// How one tier's answer compares with the frontier's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Evidence {
    /// As they were before this outcome was known: a model that has learnt from it must not have made them.
    pub estimates: Estimates,
    /// The tier that was compared, below the frontier.
    pub tier: usize,
    /// Score of its answer, 0–1.
    pub lower_score: f64,
    /// Score of the frontier's answer, 0–1.
    pub frontier_score: f64,
    /// One by the probability of this comparison, the choice of the tier included: [`super::Comparison::weight`].
    /// Complaints stand for themselves, whatever their weight.
    pub weight: f64,
    /// When it was asked, seconds.
    pub at: f64,
    /// Where it comes from.
    pub source: Source,
}

/// What is kept of one outcome.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Outcome {
    pub(super) estimates: Estimates,
    pub(super) tier: usize,
    /// Frontier score - lower score, -1–1.
    pub(super) loss: f32,
    pub(super) frontier_score: f32,
    pub(super) weight: f32,
    at: f64,
    /// Outcomes of comparisons before it.
    number: u64,
}

/// An outcome as it counts now.
#[derive(Debug, Clone, Copy)]
pub(super) struct Faded {
    pub(super) outcome: Outcome,
    /// Requests that it stands for, faded.
    pub(super) weight: f64,
    /// How much it still tells: 1 when new, half of it after a half-life of time.
    pub(super) freshness: f64,
}

/// The latest outcomes and complaints.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Window {
    outcomes: VecDeque<Outcome>,
    complaints: VecDeque<Outcome>,
    /// Outcomes ever.
    seen: u64,
    /// Complaints ever.
    complained: u64,
    /// The latest time that was told.
    now: f64,
}

/// Half-lives in outcomes and in seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct HalfLives {
    pub(super) outcomes: f64,
    pub(super) seconds: f64,
}

/// Outcomes that are kept, in half-lives: older ones count less than a sixteenth.
const KEPT_HALF_LIVES: f64 = 4.0;
/// And never more than this.
const MOST_KEPT: usize = 4000;
const MOST_COMPLAINTS: usize = 1000;
/// No outcome stands for more requests.
const LARGEST_WEIGHT: f64 = 50.0;

impl Window {
    /// Learns from evidence; false when it has a number that is none, or says nothing.
    pub(super) fn learn(
        &mut self,
        evidence: &Evidence,
        lower_tiers: usize,
        half_lives: HalfLives,
    ) -> bool {
        let &Evidence { estimates, tier, lower_score, frontier_score, weight, at, source } =
            evidence;
        let numbers = [lower_score, frontier_score, weight, at];
        if tier >= lower_tiers || numbers.iter().any(|number| !number.is_finite()) {
            return false;
        }
        let (lower, frontier) = (lower_score.clamp(0.0, 1.0), frontier_score.clamp(0.0, 1.0));
        self.now = self.now.max(at);
        let outcome = Outcome {
            estimates,
            tier,
            loss: (frontier - lower) as f32,
            frontier_score: frontier as f32,
            weight: weight.clamp(1.0, LARGEST_WEIGHT) as f32,
            at,
            number: self.seen,
        };
        match source {
            Source::Shadow => {
                self.seen += 1;
                let kept = (KEPT_HALF_LIVES * half_lives.outcomes) as usize;
                push(&mut self.outcomes, outcome, kept.min(MOST_KEPT));
            }
            Source::Feedback | Source::Escalation if outcome.loss > 0.0 => {
                self.complained += 1;
                push(&mut self.complaints, outcome, MOST_COMPLAINTS);
            }
            Source::Feedback | Source::Escalation => return false,
        }
        true
    }

    /// The outcomes of comparisons, oldest first.
    pub(super) fn outcomes(&self, half_lives: HalfLives) -> Vec<Faded> {
        self.outcomes.iter().map(|outcome| self.faded(*outcome, half_lives)).collect()
    }

    /// The complaints, each of weight 1 when new.
    pub(super) fn complaints(&self, half_lives: HalfLives) -> Vec<Faded> {
        let alone = |outcome: &Outcome| Outcome { weight: 1.0, ..*outcome };
        self.complaints.iter().map(|outcome| self.faded(alone(outcome), half_lives)).collect()
    }

    /// Drops all but the newest outcomes, and the complaints from before them.
    pub(super) fn keep_newest(&mut self, count: usize) {
        self.outcomes.drain(..self.outcomes.len().saturating_sub(count));
        let first = self.outcomes.front().map_or(self.seen, |outcome| outcome.number);
        self.complaints.retain(|complaint| complaint.number >= first);
    }

    /// Outcomes ever.
    pub(super) fn seen(&self) -> u64 {
        self.seen
    }

    /// Complaints ever.
    pub(super) fn complained(&self) -> u64 {
        self.complained
    }

    /// Whether it could have come about by learning; what was stored may be damaged.
    pub(super) fn is_sound(&self) -> bool {
        let sound = |outcome: &Outcome| {
            outcome.loss.abs() <= 1.0
                && (0.0..=1.0).contains(&outcome.frontier_score)
                && (1.0..=LARGEST_WEIGHT as f32).contains(&outcome.weight)
                && outcome.at.is_finite()
                && outcome.number <= self.seen
        };
        self.now.is_finite()
            && self.outcomes.len() <= MOST_KEPT
            && self.complaints.len() <= MOST_COMPLAINTS
            && self.outcomes.iter().chain(&self.complaints).all(sound)
    }

    fn faded(&self, outcome: Outcome, half_lives: HalfLives) -> Faded {
        let since = (self.seen - outcome.number) as f64 - 1.0;
        let fading = (-since.max(0.0) / half_lives.outcomes).exp2();
        let freshness = (-(self.now - outcome.at).max(0.0) / half_lives.seconds).exp2().max(1e-9);
        Faded { outcome, weight: f64::from(outcome.weight) * fading * freshness, freshness }
    }
}

fn push(queue: &mut VecDeque<Outcome>, outcome: Outcome, most: usize) {
    while queue.len() >= most {
        queue.pop_front();
    }
    queue.push_back(outcome);
}

/// Outcomes of weight 1 and full freshness that tell as much (Kish 1965).
pub(super) fn effective(faded: &[Faded]) -> f64 {
    let weight: f64 = faded.iter().map(|faded| faded.weight).sum();
    let squares: f64 =
        faded.iter().map(|faded| faded.weight * faded.weight / faded.freshness).sum();
    if squares > 0.0 { weight * weight / squares } else { 0.0 }
}
