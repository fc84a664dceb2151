//! The controller: keeps what is known, holds the threshold, says how things stand. Knows nothing of where estimates and
//! evidence come from.

use serde::{Deserialize, Serialize};

use super::aims::DEADBAND;
use super::curve::{Caution, Curve};
use super::drift;
use super::estimates::Estimates;
use super::evidence::{self, Evidence, Faded, HalfLives, Source, Window};
use super::measure::Measure;
use super::pace::Pace;
use super::report::{Interval, Report, Spending, State};
use super::settings::{Aim, Settings};
use super::shadow::{Comparison, Shares};
use super::traffic::Traffic;

/// The promise of one router.
#[derive(Debug, Clone)]
pub struct Promise {
    pub(super) settings: Settings,
    pub(super) known: Snapshot,
}

/// All that a promise has learnt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Under which it was learnt.
    settings: Settings,
    window: Window,
    pub(super) traffic: Traffic,
    pub(super) pace: Pace,
    pub(super) threshold: f64,
    /// Evidence has taken over from the prior threshold.
    pub(super) own_evidence: bool,
    falls: u64,
    pub(super) curve: Curve,
    /// Effective outcomes when the curve was drawn.
    pub(super) evidence: f64,
    /// Outcomes since then.
    new_outcomes: u32,
    /// Requests since then.
    new_requests: u32,
    /// Requests ever.
    requests: u64,
}

/// Why a snapshot cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the stored state of the router's promise is damaged")]
pub struct SnapshotError;

/// The curve is drawn anew when this part of the evidence is new, and at once while it is thin.
const NEW_PART: f64 = 0.02;
/// And after this many requests.
const REQUESTS: u32 = 128;

impl Promise {
    /// A promise that has seen nothing.
    pub fn new(settings: Settings) -> Self {
        let settings = settings.checked();
        let known = Snapshot {
            settings: settings.clone(),
            window: Window::default(),
            traffic: Traffic::default(),
            pace: Pace::new(settings.lower_tiers + 1),
            threshold: settings.prior_threshold,
            own_evidence: false,
            falls: 0,
            curve: Curve::default(),
            evidence: 0.0,
            new_outcomes: 0,
            new_requests: 0,
            requests: 0,
        };
        let mut promise = Self { settings, known };
        promise.update();
        promise
    }

    /// The promise whose [`Promise::snapshot`] this was, perhaps under new settings.
    pub fn restore(settings: Settings, snapshot: Snapshot) -> Result<Self, SnapshotError> {
        let settings = settings.checked();
        let sound = snapshot.window.is_sound()
            && snapshot.traffic.is_sound()
            && snapshot.pace.is_sound(settings.lower_tiers + 1)
            && snapshot.curve.is_sound()
            && snapshot.evidence >= 0.0
            && (0.0..=1.0).contains(&snapshot.threshold);
        if !sound {
            return Err(SnapshotError);
        }
        let changed = snapshot.settings != settings;
        let known = Snapshot { settings: settings.clone(), ..snapshot };
        let mut promise = Self { settings, known };
        if changed {
            promise.update();
        }
        Ok(promise)
    }

    /// All that was learnt, to go on after a restart.
    pub fn snapshot(&self) -> Snapshot {
        self.known.clone()
    }

    /// Counts a request that was routed, at a time in seconds.
    pub fn observe(&mut self, estimates: &Estimates, at: f64) {
        self.known.traffic.see(*estimates);
        if at.is_finite() {
            self.known.pace.arrive(at);
        }
        self.known.requests += 1;
        self.known.new_requests += 1;
        if self.known.new_requests >= REQUESTS {
            self.update();
        }
    }

    /// Learns from a comparison or a complaint; one with a number that is none is ignored.
    pub fn learn(&mut self, evidence: &Evidence) {
        let (tiers, half_lives) = (self.settings.lower_tiers, self.half_lives());
        if !self.known.window.learn(evidence, tiers, half_lives) {
            return;
        }
        self.known.new_outcomes += 1;
        if f64::from(self.known.new_outcomes) > self.known.evidence * NEW_PART {
            self.update();
        }
    }

    /// Judges all that is known anew, by other estimates: `evidence` replaces what was learnt, oldest first, and stands for
    /// the traffic, weighted, until there is new.
    pub fn restate(&mut self, evidence: &[Evidence]) {
        let (tiers, half_lives) = (self.settings.lower_tiers, self.half_lives());
        self.known.window = Window::default();
        self.known.traffic = Traffic::default();
        for evidence in evidence {
            let is_known = self.known.window.learn(evidence, tiers, half_lives);
            let requests = match evidence.source {
                Source::Shadow if is_known => evidence.weight.round() as usize,
                Source::Shadow | Source::Feedback | Source::Escalation => 0,
            };
            (0..requests).for_each(|_| self.known.traffic.see(evidence.estimates));
        }
        self.update();
    }

    /// Counts what a request has cost; the frontier is the tier after the last lower one.
    pub fn spent(&mut self, tier: usize, nano_usd: u64, at: f64) {
        if at.is_finite() {
            self.known.pace.spend(tier, nano_usd, at);
        }
        if let Aim::Spend { nano_usd_per_day } = self.settings.aim
            && self.known.pace.spent_today() >= nano_usd_per_day
        {
            self.known.threshold = 1.0;
        }
    }

    /// The cheapest tier whose estimated loss is at most this serves, see [`Estimates::choose`]. 0 sends everything to the
    /// frontier.
    pub fn threshold(&self) -> f64 {
        self.known.threshold
    }

    /// The threshold for a request that is to have this quality, 0–1, in place of the aim. Only an aim at quality can be
    /// loosened by it: otherwise it is never higher than [`Promise::threshold`].
    pub fn threshold_for(&self, quality: f64) -> f64 {
        let threshold = self.known.threshold;
        if quality.is_nan() {
            return 0.0;
        }
        let quality = quality.clamp(0.0, 1.0);
        if self.known.own_evidence {
            let highest = self.known.curve.highest(quality, self.caution());
            return match self.settings.aim {
                Aim::Quality(aim) if quality == aim => threshold,
                Aim::Quality(aim) if quality < aim => threshold.max(highest),
                _ => threshold.min(highest),
            };
        }
        // Without evidence nothing is known but that the estimates are calibrated: no request is served that is expected
        // to lose more, and the loss below a threshold grows faster than the threshold.
        match self.settings.aim {
            Aim::Quality(aim) if quality == aim => threshold,
            Aim::Quality(aim) => {
                (threshold * (1.0 - quality) / (1.0 - aim).max(f64::EPSILON)).clamp(0.0, 1.0)
            }
            Aim::FrontierShare(_) | Aim::Threshold(_) | Aim::Spend { .. } => {
                threshold.min(1.0 - quality)
            }
        }
    }

    /// Whether a request is to be answered by a lower tier and by the frontier, to be compared; `draw` is uniform in 0–1, 1
    /// excluded.
    pub fn wants_shadow(&self, estimates: &Estimates, draw: f64) -> Option<Comparison> {
        let Settings { shadow_share, shadow_cap, .. } = self.settings;
        Shares::new(shadow_share, shadow_cap, self.known.evidence).pick(
            estimates,
            self.known.threshold,
            draw,
        )
    }

    /// How things stand.
    pub fn report(&self) -> Report {
        let Snapshot { window, traffic, pace, threshold, falls, .. } = &self.known;
        let (share, of) = traffic.frontier_share(*threshold);
        let state = match self.settings.aim {
            Aim::Quality(_) => Some(self.state()),
            Aim::FrontierShare(_) | Aim::Threshold(_) | Aim::Spend { .. } => None,
        };
        let spending = match self.settings.aim {
            Aim::Spend { nano_usd_per_day } => Some(Spending {
                budget_nano_usd: nano_usd_per_day,
                spent_nano_usd: pace.spent_today(),
                projected_nano_usd: self.projected(),
            }),
            Aim::Quality(_) | Aim::FrontierShare(_) | Aim::Threshold(_) => None,
        };
        Report {
            requests: self.known.requests,
            threshold: *threshold,
            state,
            frontier_share: Interval::share(share, of),
            quality: self.quality(),
            comparisons: window.seen(),
            complaints: window.complained(),
            evidence: self.known.evidence,
            outcomes_needed: self.outcomes_needed(),
            falls: *falls,
            spending,
        }
    }

    /// Draws the curve anew and moves the threshold.
    fn update(&mut self) {
        let mut outcomes = self.outcomes();
        if let Some(newest) = drift::fallen(&outcomes, self.known.threshold) {
            self.known.window.keep_newest(newest);
            self.known.falls += 1;
            outcomes = self.outcomes();
        }
        let measure = self.measure(&outcomes);
        let curve = Curve::new(&measure);
        let prior = measure.point(self.settings.prior_threshold);
        let known = &mut self.known;
        known.curve = curve;
        known.evidence = evidence::effective(&outcomes);
        known.new_outcomes = 0;
        known.new_requests = 0;
        known.own_evidence |=
            known.evidence >= self.settings.least_outcomes && known.traffic.is_known();
        self.known.threshold = match self.settings.aim {
            Aim::Quality(quality) => self.for_quality(quality, prior),
            Aim::FrontierShare(share) => self.for_frontier_share(share),
            Aim::Threshold(threshold) => threshold,
            Aim::Spend { nano_usd_per_day } => self.for_spend(nano_usd_per_day),
        };
    }

    fn state(&self) -> State {
        match self.known.threshold {
            _ if !self.known.own_evidence => State::Unproven,
            threshold if threshold > 0.0 => State::Proven,
            _ => State::Closed,
        }
    }

    fn quality(&self) -> Option<Interval> {
        let threshold = self.known.threshold;
        if threshold <= 0.0 {
            return Some(Interval::normal(1.0, 0.0));
        }
        if !self.known.own_evidence {
            return None;
        }
        let outcomes = self.outcomes();
        let point = self.measure(&outcomes).point(threshold);
        Some(Interval::normal(point.quality, point.error))
    }

    fn outcomes_needed(&self) -> Option<u64> {
        let Aim::Quality(quality) = self.settings.aim else { return None };
        let needed = match self.state() {
            State::Unproven => self.settings.least_outcomes,
            State::Proven => return None,
            State::Closed => {
                let free = quality + DEADBAND * (1.0 - quality);
                self.known.evidence * self.known.curve.evidence_needed(free, self.caution())?
            }
        };
        Some((needed - self.known.evidence).max(1.0).ceil() as u64)
    }

    fn outcomes(&self) -> Vec<Faded> {
        self.known.window.outcomes(self.half_lives())
    }

    fn measure<'a>(&'a self, outcomes: &[Faded]) -> Measure<'a> {
        let complaints = self.known.window.complaints(self.half_lives());
        Measure::new(outcomes, complaints, &self.known.traffic, self.settings.lower_tiers)
    }

    fn half_lives(&self) -> HalfLives {
        let Settings { half_life_outcomes, half_life_seconds, .. } = self.settings;
        HalfLives { outcomes: half_life_outcomes, seconds: half_life_seconds }
    }

    pub(super) fn caution(&self) -> Caution {
        Caution { deviate: self.settings.deviate(), complaint_cap: self.settings.complaint_cap }
    }
}
