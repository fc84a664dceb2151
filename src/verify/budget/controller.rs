//! The controller of one scope: keeps the counts, holds the threshold, answers what to do with a score. Knows nothing of
//! where scores and labels come from.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::bins::{self, BINS};
use super::curve::{Caution, Curve, Tail};
use super::interval::gamma_quantile;
use super::prior::Prior;
use super::report::{self, Report, State};
use super::settings::Settings;
use super::shadow::{self, Need};
use super::window::Window;

/// What to do with a candidate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Verdict {
    /// Serve the stored answer, and tell [`Budget::served`].
    Serve,
    /// Serve a fresh answer, compare it with the stored one, and give the label this weight.
    Shadow {
        /// Hits that this check stands for.
        weight: f64,
    },
    /// Serve a fresh answer; comparing it with the stored one makes a free label of weight 1.
    Reject,
}

/// Where a label comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A shadow check of a would-be hit.
    Shadow,
    /// A rejected candidate, compared with the fresh answer.
    Miss,
    /// A user, of a served answer. Complaints count; praise, which is given at will, doesn't.
    Feedback,
}

impl Source {
    /// The name in metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Shadow => "shadow",
            Self::Miss => "miss",
            Self::Feedback => "feedback",
        }
    }
}

/// Somebody's word on a stored answer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Label {
    /// The score by which the candidate was judged.
    pub score: f64,
    /// How wrong the answer was, from 0 (right) to 1; between them when the judge is unsure.
    pub wrong: f64,
    /// One by the probability with which such a candidate is labelled: that of [`Verdict::Shadow`], or 1 by the share of
    /// misses that is labelled. Feedback stands for itself, whatever its weight.
    pub weight: f64,
    /// Where it comes from.
    pub source: Source,
}

/// The error budget of one scope.
#[derive(Debug, Clone)]
pub struct Budget {
    settings: Settings,
    caution: Caution,
    prior: Arc<Prior>,
    evidence: Snapshot,
    /// Follows from the evidence, as do all below.
    curve: Curve,
    /// What the bound of the wrong share has to fit: the budget, or less when the running account is overdrawn.
    target: f64,
    shares: [f64; BINS],
    /// Labels since the curve was drawn.
    waiting: u32,
}

/// All that a controller has learnt; the rest follows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    window: Window,
    recent: Window,
    /// Of hits only, with shadow checks as labels.
    account: Window,
    /// Labels in each bin, shadow checks and misses, that never fade.
    labels: Vec<u64>,
    /// First bin that is served; `BINS` when none is.
    threshold: usize,
    served: u64,
    shadow_checks: u64,
    feedback: u64,
}

/// Why a snapshot cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the stored state of the error budget is damaged")]
pub struct SnapshotError;

/// Candidates of which the calibration data's scores stand for the traffic's until these are known.
const PRIOR_CANDIDATES: f64 = 100.0;
/// The threshold is lowered only where the bound leaves this part of the budget free, so that it doesn't flap.
const DEADBAND: f64 = 0.02;
/// Free labels between two looks at the threshold; a shadow check or feedback has it looked at once.
const FREE_LABELS: u32 = 32;
/// Normal deviate of the one-sided confidence (75 %) with which the running account must be overdrawn.
const ACCOUNT_DEVIATE: f64 = 0.674;
/// No label stands for more candidates.
const LARGEST_WEIGHT: f64 = 1000.0;
/// No count gets larger in any lifetime.
const LARGEST_COUNT: u64 = 1 << 50;

impl Budget {
    /// A controller that has seen nothing.
    pub fn new(settings: Settings, prior: Arc<Prior>) -> Self {
        let settings = settings.checked();
        let mut window = Window::default();
        let pairs: f64 = prior.pairs().iter().sum();
        for bin in 0..BINS {
            let count = PRIOR_CANDIDATES * prior.pairs()[bin] / pairs;
            window.see(bin, count, settings.half_life);
        }
        let evidence = Snapshot {
            window,
            recent: Window::default(),
            account: Window::default(),
            labels: vec![0; BINS],
            threshold: BINS,
            served: 0,
            shadow_checks: 0,
            feedback: 0,
        };
        Self::with(settings, prior, evidence)
    }

    /// The controller whose [`Budget::snapshot`] this was, perhaps under new settings.
    pub fn restore(
        settings: Settings,
        prior: Arc<Prior>,
        snapshot: Snapshot,
    ) -> Result<Self, SnapshotError> {
        let windows = [&snapshot.window, &snapshot.recent, &snapshot.account];
        let counts = [snapshot.served, snapshot.shadow_checks, snapshot.feedback];
        let sound = windows.into_iter().all(Window::is_sound)
            && snapshot.labels.len() == BINS
            && snapshot.labels.iter().chain(&counts).all(|&count| count <= LARGEST_COUNT)
            && snapshot.threshold <= BINS;
        if !sound {
            return Err(SnapshotError);
        }
        Ok(Self::with(settings.checked(), prior, snapshot))
    }

    /// All that was learnt, to go on after a restart.
    pub fn snapshot(&self) -> Snapshot {
        self.evidence.clone()
    }

    /// Lowest score that is served; infinite when none is.
    pub fn threshold(&self) -> f64 {
        bins::edge(self.evidence.threshold)
    }

    /// Lowest score that is served to a caller who asks for at most `max_wrong`: never lower than [`Budget::threshold`].
    pub fn threshold_for(&self, max_wrong: f64) -> f64 {
        bins::edge(self.first_bin_for(max_wrong))
    }

    /// What to do with a candidate for a caller who asks for at most `max_wrong`; `draw` is uniform in 0–1, 1 excluded.
    pub fn decide(&self, score: f64, max_wrong: Option<f64>, draw: f64) -> Verdict {
        let threshold =
            max_wrong.map_or(self.evidence.threshold, |max_wrong| self.first_bin_for(max_wrong));
        let bin = bins::bin(score);
        if bin < threshold || score.is_nan() {
            return Verdict::Reject;
        }
        let share = self.shares[bin];
        // Checked as well when the draw is no number.
        if draw >= share { Verdict::Serve } else { Verdict::Shadow { weight: 1.0 / share } }
    }

    /// Counts a hit.
    pub fn served(&mut self, score: f64) {
        let bin = bins::bin(score);
        self.see(bin, 1.0);
        self.evidence.account.see(bin, 1.0, self.settings.account_half_life());
        self.evidence.served += 1;
    }

    /// Learns from a label; one with a number that is none is ignored.
    pub fn learn(&mut self, label: Label) {
        let Label { score, wrong, weight, source } = label;
        if score.is_nan() || wrong.is_nan() || weight.is_nan() {
            return;
        }
        let (bin, wrong) = (bins::bin(score), wrong.clamp(0.0, 1.0));
        let weight = weight.clamp(1.0, LARGEST_WEIGHT);
        let evidence = &mut self.evidence;
        match source {
            Source::Feedback => {
                for window in [&mut evidence.window, &mut evidence.recent, &mut evidence.account] {
                    window.complain(bin, wrong);
                }
                evidence.feedback += 1;
            }
            Source::Shadow | Source::Miss => {
                evidence.labels[bin] += 1;
                if source == Source::Shadow {
                    evidence.shadow_checks += 1;
                    evidence.account.label(bin, wrong, weight);
                }
                // The hits that a shadow check stands for were seen when they were served.
                self.see(bin, if source == Source::Miss { weight } else { 1.0 });
                self.evidence.window.label(bin, wrong, weight);
                self.evidence.recent.label(bin, wrong, weight);
            }
        }
        self.waiting += 1;
        if source != Source::Miss || self.waiting >= FREE_LABELS {
            self.update();
        }
    }

    /// How things stand.
    pub fn report(&self) -> Report {
        let evidence = &self.evidence;
        let (wrong_rate, low, high) =
            report::measured(&evidence.account.cells(), self.settings.judge);
        let serves = evidence.threshold < BINS;
        Report {
            budget: self.settings.max_wrong,
            threshold: serves.then(|| self.threshold()),
            state: self.state(),
            served: evidence.served,
            shadow_checks: evidence.shadow_checks,
            labels: evidence.labels.iter().sum::<u64>() + evidence.feedback,
            wrong_rate,
            low,
            high,
            expected: self.curve.expected.get(evidence.threshold).copied(),
            bound: self.curve.upper.get(evidence.threshold).copied(),
        }
    }

    fn with(settings: Settings, prior: Arc<Prior>, evidence: Snapshot) -> Self {
        let caution = settings.caution();
        let curve =
            Curve::new(&evidence.window.cells(), &evidence.recent.cells(), &prior, &caution);
        let (target, shares) = (settings.max_wrong, [settings.shadow_cap; BINS]);
        let mut budget =
            Self { settings, caution, prior, evidence, curve, target, shares, waiting: 0 };
        budget.update();
        budget
    }

    fn see(&mut self, bin: usize, count: f64) {
        self.evidence.window.see(bin, count, self.settings.half_life);
        self.evidence.recent.see(bin, count, self.settings.recent_half_life());
    }

    /// Draws the curve anew and moves threshold and shadow shares.
    fn update(&mut self) {
        self.waiting = 0;
        let (window, recent) = (self.evidence.window.cells(), self.evidence.recent.cells());
        self.curve = Curve::new(&window, &recent, &self.prior, &self.caution);
        self.target = self.target();
        let tight = self.first_bin(self.target);
        let loose = self.first_bin(self.target * (1.0 - DEADBAND));
        self.evidence.threshold = self.evidence.threshold.max(tight).min(loose);
        let threshold = self.evidence.threshold;
        let need = match self.state() {
            State::Holding => {
                let bound = self.curve.upper[threshold];
                Need::Quiet(bound / (self.target * (1.0 - DEADBAND)))
            }
            State::Prior | State::Learning | State::Tightened | State::Closed => Need::Urgent,
        };
        self.shares =
            shadow::shares(&self.curve, &window, threshold, need, &self.settings.bounds());
    }

    /// The running account: if shadow checks say with confidence that hits were wrong more often than the budget allows, the
    /// target is as far below the budget as they were above it. A budget that wasn't used up isn't saved.
    fn target(&self) -> f64 {
        let budget = self.settings.max_wrong;
        let [all, ..] = Tail::all(&self.evidence.account.cells(), &self.prior, self.caution.judge);
        let labels = all.labels();
        if labels <= 0.0 {
            return budget;
        }
        let least = gamma_quantile(all.wrong(), -ACCOUNT_DEVIATE) / labels;
        if least > budget { budget * budget / least } else { budget }
    }

    fn first_bin_for(&self, max_wrong: f64) -> usize {
        let Settings { max_wrong: budget, .. } = self.settings;
        if max_wrong.is_nan() || max_wrong <= 0.0 {
            return BINS;
        }
        if max_wrong >= budget {
            return self.evidence.threshold;
        }
        self.first_bin(max_wrong * self.target / budget).max(self.evidence.threshold)
    }

    /// The lowest bin from which on the bound fits `max_wrong`. Lower than by calibration data alone only where as many labels
    /// lie above it as conformal risk control needs.
    fn first_bin(&self, max_wrong: f64) -> usize {
        let prior = self.prior.first_bin(max_wrong, self.settings.prior_margin);
        let needed = labels_needed(max_wrong);
        let (mut labels, mut first) = (0, BINS);
        for bin in (0..BINS).rev() {
            labels += self.evidence.labels[bin];
            let known = bin >= prior || labels as f64 >= needed;
            if known && self.curve.upper[bin] <= max_wrong {
                first = bin;
            }
        }
        first
    }

    fn state(&self) -> State {
        let labels = |from: usize| self.evidence.labels[from..].iter().sum::<u64>() as f64;
        let needed = labels_needed(self.settings.max_wrong);
        match self.evidence.threshold {
            _ if labels(0) < needed => State::Prior,
            BINS => State::Closed,
            _ if self.target < self.settings.max_wrong => State::Tightened,
            threshold if labels(threshold) < needed => State::Learning,
            _ => State::Holding,
        }
    }
}

/// Labels without which no share as low as `max_wrong` can be promised: with `n` labels, none of them wrong, conformal risk
/// control says `1 / (n + 1)`.
fn labels_needed(max_wrong: f64) -> f64 {
    1.0 / max_wrong - 1.0
}
