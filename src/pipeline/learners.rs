//! What the router has learnt in each scope.

use std::{sync::Arc, time::Duration};

use moka::sync::Cache;
use parking_lot::Mutex;

use super::draws::Draws;
use crate::{
    cache::{Clock, ScopeId},
    config::{self, Tiers},
    route::{
        learn::{
            Change, Learner, Learnt, Lesson, Outcome, Seen, Settings, Sight, Snapshot, Version,
        },
        promise::{self, Aim, Promise, Report, Source},
    },
};

/// Scopes that are learnt in at once, each of at most half a megabyte a lower tier; the one that has been idle longest
/// starts anew.
const MAX_SCOPES: u64 = 500;
/// A scope that has been idle for so long starts anew.
const IDLE: Duration = Duration::from_secs(30 * 86_400);
/// Seconds after which an outcome teaches half as much.
const HALF_LIFE: f64 = 30.0 * 86_400.0;
/// Largest share of requests that is compared while there is little evidence, in configured ones.
const CAP_PARTS: f64 = 5.0;

/// All that is learnt.
pub struct Learners {
    settings: Settings,
    /// What a new scope starts from.
    newborn: Learner,
    scopes: Cache<ScopeId, ScopeLearner>,
    draws: Arc<Draws>,
    /// The promise that all scopes have in common, where the aim is money, which they spend together.
    common: Option<Arc<Mutex<Promise>>>,
    clock: Clock,
}

/// What is learnt in one scope. Cheap to clone.
#[derive(Clone)]
pub struct ScopeLearner {
    own: Arc<Mutex<Learner>>,
    common: Option<Arc<Mutex<Promise>>>,
    draws: Arc<Draws>,
    clock: Clock,
}

/// How one scope stands, for the operator.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Standing {
    /// The promise.
    pub promise: Report,
    /// What is known about each lower tier, cheapest first.
    pub tiers: Vec<TierStanding>,
    /// Outcomes that are known, by where they come from.
    pub outcomes: std::collections::BTreeMap<&'static str, usize>,
}

/// What is known about one tier in one scope.
#[derive(Debug, Clone, serde::Serialize)]
pub struct TierStanding {
    /// The version at work; 0 is the shipped one.
    pub version: u32,
    /// Outcomes that it was learnt from.
    pub learnt_from: usize,
    /// The version on trial.
    pub canary: Option<u32>,
    /// Outcomes of that trial so far.
    pub trial_outcomes: u32,
    /// Its mean squared error less that of the version at work, over them.
    pub trial_difference: f64,
}

impl Learners {
    /// Learners as the configuration says; `prior_threshold` holds until there is evidence. Every scope begins with the
    /// outcomes `taught`.
    pub fn new(
        router: &config::Router,
        tiers: &Tiers,
        prior_threshold: f64,
        taught: &[Outcome],
        clock: Clock,
    ) -> Self {
        let promise = promise::Settings {
            aim: match router.aim {
                config::Aim::Quality(quality) => Aim::Quality(quality),
                config::Aim::FrontierShare(share) => Aim::FrontierShare(share),
                config::Aim::Threshold(threshold) => Aim::Threshold(threshold),
                config::Aim::Spend { nano_usd_per_day } => Aim::Spend { nano_usd_per_day },
            },
            lower_tiers: tiers.below_frontier().len(),
            prior_threshold,
            shadow_share: router.shadow_share,
            shadow_cap: (router.shadow_share * CAP_PARTS).min(1.0),
            ..promise::Settings::default()
        };
        let is_common = matches!(promise.aim, Aim::Spend { .. });
        let common = is_common.then(|| Arc::new(Mutex::new(Promise::new(promise.clone()))));
        let settings = Settings { promise, canary: router.canary, half_life: HALF_LIFE };
        let newborn = Learner::taught(settings.clone(), taught, clock.unix());
        let scopes = Cache::builder().max_capacity(MAX_SCOPES).time_to_idle(IDLE).build();
        Self { settings, newborn, scopes, draws: Arc::default(), common, clock }
    }

    /// What is learnt in a scope; a new one starts from the shipped classifier and what it was taught.
    pub fn of(&self, scope: ScopeId) -> ScopeLearner {
        self.scopes.get_with(scope, || self.scope(self.newborn.clone()))
    }

    /// Goes on from what was written down; what no longer fits the configuration is left out, and counted.
    pub fn restore(&self, scopes: Vec<(ScopeId, Snapshot)>) -> usize {
        let mut left_out = 0;
        for (scope, snapshot) in scopes {
            match Learner::restore(self.settings.clone(), snapshot) {
                Ok(learner) => {
                    self.scopes.insert(scope, self.scope(learner));
                }
                Err(_) => left_out += 1,
            }
        }
        left_out
    }

    /// All that is learnt, to be written down.
    pub fn snapshots(&self) -> Vec<(ScopeId, Snapshot)> {
        self.scopes.iter().map(|(scope, learner)| (*scope, learner.own.lock().snapshot())).collect()
    }

    /// The common promise, to be written down.
    pub fn common_snapshot(&self) -> Option<promise::Snapshot> {
        self.common.as_ref().map(|common| common.lock().snapshot())
    }

    /// Goes on from the common promise that was written down, if there is one and it fits.
    pub fn restore_common(&self, snapshot: Option<promise::Snapshot>) {
        let restored = snapshot.map(|it| Promise::restore(self.settings.promise.clone(), it));
        if let (Some(common), Some(Ok(promise))) = (&self.common, restored) {
            *common.lock() = promise;
        }
    }

    /// Where all scopes together stand.
    pub fn report(&self) -> Report {
        if let Some(common) = &self.common {
            return common.lock().report();
        }
        let reports: Vec<Report> =
            self.scopes.iter().map(|(_, learner)| learner.own.lock().report()).collect();
        Report::of_all(&reports).unwrap_or_else(|| self.newborn.report())
    }

    /// Where each scope stands, in no order.
    pub fn standings(&self) -> Vec<(ScopeId, Standing)> {
        self.scopes.iter().map(|(scope, learner)| (*scope, learner.standing())).collect()
    }

    /// Every scope goes back to the shipped classifier.
    pub fn roll_back(&self) {
        self.scopes.iter().for_each(|(_, learner)| learner.own.lock().roll_back());
    }

    fn scope(&self, learner: Learner) -> ScopeLearner {
        ScopeLearner {
            own: Arc::new(Mutex::new(learner)),
            common: self.common.clone(),
            draws: Arc::clone(&self.draws),
            clock: self.clock.clone(),
        }
    }
}

impl ScopeLearner {
    /// Counts a request and says what is to be done with it.
    pub fn see(&self, sight: &Sight) -> Seen {
        let draws = [self.draws.next(), self.draws.next()];
        let now = self.clock.unix();
        let seen = self.own.lock().see(sight, draws, now);
        if let Some(common) = &self.common {
            common.lock().observe(&seen.estimates, now);
        }
        seen
    }

    /// What would be said of a request by the version at work, without counting it.
    pub fn look(&self, sight: &Sight) -> Seen {
        self.own.lock().look(sight, 1.0)
    }

    /// The threshold of estimates, for a rule that wants this quality at least.
    pub fn threshold(&self, quality: Option<f64>) -> f64 {
        match (&self.common, quality) {
            (Some(common), None) => common.lock().threshold(),
            (_, quality) => self.own.lock().threshold(quality),
        }
    }

    /// Learns what became of a request, and for how sure its estimates were taken.
    pub fn learn(&self, outcome: Outcome) -> Option<Change> {
        let mut own = self.own.lock();
        if let Some(common) = &self.common {
            common.lock().learn(&own.evidence_of(&outcome));
        }
        own.learn(outcome)
    }

    /// What it takes to learn a new version, when one is due.
    pub fn lesson(&self) -> Option<Lesson> {
        self.own.lock().lesson(self.clock.unix())
    }

    /// Puts what was learnt on trial.
    pub fn take(&self, learnt: Learnt) {
        self.own.lock().take(learnt);
    }

    /// Counts what an answer of a tier has cost.
    pub fn spent(&self, tier: usize, nano_usd: u64) {
        let now = self.clock.unix();
        self.own.lock().spent(tier, nano_usd, now);
        if let Some(common) = &self.common {
            common.lock().spent(tier, nano_usd, now);
        }
    }

    fn standing(&self) -> Standing {
        let own = self.own.lock();
        let mut outcomes = std::collections::BTreeMap::new();
        for outcome in own.outcomes() {
            *outcomes.entry(Source::name(outcome.source)).or_default() += 1;
        }
        let tier = |model: &crate::route::learn::Model| {
            let Version { number, outcomes, .. } = model.live();
            let trial = model.on_trial();
            TierStanding {
                version: *number,
                learnt_from: *outcomes,
                canary: trial.map(|(number, _)| number),
                trial_outcomes: trial.map_or(0, |(_, trial)| trial.outcomes()),
                trial_difference: trial.map_or(0.0, |(_, trial)| trial.mean()),
            }
        };
        Standing { promise: own.report(), tiers: own.models().iter().map(tier).collect(), outcomes }
    }
}
