//! The versions of what is known about one lower tier: the one at work, the one on trial, the shipped one behind both.

use serde::{Deserialize, Serialize};

use super::{
    adapter::{Adapter, Estimate},
    outcome::{Outcome, Sight},
    trial::{Finding, Trial},
};
use crate::route::{learned, promise::Source};

/// What is known about one tier below the frontier.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// The tier, 0 for the cheapest.
    tier: usize,
    live: Version,
    /// How the live version does against the shipped one.
    watch: Trial,
    canary: Option<Canary>,
    /// The number of the latest version.
    latest: u32,
    /// Outcomes since a version was last learnt.
    fresh: usize,
}

/// One state of knowledge.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Version {
    /// 0 is the shipped one.
    pub number: u32,
    /// Outcomes that it was learnt from.
    pub outcomes: usize,
    adapter: Option<Adapter>,
}

/// A version on trial.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Canary {
    version: Version,
    /// Against the live version.
    trial: Trial,
    /// What it says of the outcomes that it was learnt from, each held out: their number and the estimate.
    held_out: Vec<(u64, f64)>,
}

/// What becomes of the versions after an outcome.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// The one on trial is at work now. It says this of the outcomes that it was learnt from.
    Promoted {
        /// Its number.
        number: u32,
        /// The numbers of outcomes with their held-out estimates.
        held_out: Vec<(u64, f64)>,
    },
    /// The one on trial was worse.
    Discarded {
        /// Its number.
        number: u32,
    },
    /// The one at work was worse than the shipped one, which is at work again.
    RolledBack {
        /// Its number.
        number: u32,
    },
}

/// A version is learnt after this many new outcomes, or after a tenth of those known, whichever is more.
const FRESH: usize = 30;
const FRESH_PART: usize = 10;

impl Model {
    /// The shipped version of a tier.
    pub fn shipped(tier: usize) -> Self {
        Self {
            tier,
            live: Version { number: 0, outcomes: 0, adapter: None },
            watch: Trial::default(),
            canary: None,
            latest: 0,
            fresh: 0,
        }
    }

    /// What the version at work says of a request.
    pub fn estimate(&self, sight: &Sight) -> Estimate {
        self.live.estimate(sight, self.tier)
    }

    /// What the version on trial says of it, if there is one.
    pub fn canary(&self, sight: &Sight) -> Option<(u32, Estimate)> {
        let version = &self.canary.as_ref()?.version;
        Some((version.number, version.estimate(sight, self.tier)))
    }

    /// The version at work.
    pub fn live(&self) -> &Version {
        &self.live
    }

    /// The number of the version on trial, and what the trial says so far.
    pub fn on_trial(&self) -> Option<(u32, Trial)> {
        self.canary.as_ref().map(|canary| (canary.version.number, canary.trial))
    }

    /// Counts an outcome of this tier, of which `live` was expected, and `unlearnt` were without any version of its own. Only
    /// comparisons of ours judge versions.
    pub fn count(&mut self, outcome: &Outcome, live: f64, unlearnt: f64) -> Option<Change> {
        self.fresh += 1;
        if outcome.source != Source::Shadow {
            return None;
        }
        let (sight, loss) = (&outcome.sight, outcome.loss());
        if self.live.adapter.is_some() {
            self.watch.count(live, unlearnt, loss);
            self.watch.fade();
            if self.watch.is_worse() {
                return Some(self.roll_back());
            }
        }
        let canary = self.canary.as_mut()?;
        canary.trial.count(canary.version.estimate(sight, self.tier).loss, live, loss);
        match canary.trial.finding() {
            Finding::Open => None,
            Finding::Worse => {
                self.canary.take().map(|canary| Change::Discarded { number: canary.version.number })
            }
            Finding::Better => self.canary.take().map(|canary| {
                self.live = canary.version;
                self.watch = Trial::default();
                Change::Promoted { number: self.live.number, held_out: canary.held_out }
            }),
        }
    }

    /// The shipped version goes to work again, and nothing is on trial.
    pub fn roll_back(&mut self) -> Change {
        let number = self.live.number;
        *self = Self { latest: self.latest, ..Self::shipped(self.tier) };
        Change::RolledBack { number }
    }

    /// Whether there is enough new to learn a version from, out of `known` outcomes.
    pub fn is_due(&self, known: usize) -> bool {
        self.canary.is_none() && self.fresh >= FRESH.max(known / FRESH_PART)
    }

    /// Puts a version that was learnt elsewhere to work.
    pub fn start_from(&mut self, adapter: Adapter, outcomes: usize) {
        self.latest += 1;
        self.live = Version { number: self.latest, outcomes, adapter: Some(adapter) };
        self.watch = Trial::default();
        self.fresh = 0;
    }

    /// Puts what was learnt on trial; `None` when nothing could be learnt.
    pub fn try_out(&mut self, learnt: Option<(Adapter, Vec<(u64, f64)>)>) {
        self.fresh = 0;
        let Some((adapter, held_out)) = learnt else { return };
        self.latest += 1;
        let version =
            Version { number: self.latest, outcomes: held_out.len(), adapter: Some(adapter) };
        self.canary = Some(Canary { version, trial: Trial::default(), held_out });
    }
}

impl Version {
    fn estimate(&self, sight: &Sight, tier: usize) -> Estimate {
        match &self.adapter {
            Some(adapter) => adapter.estimate(sight),
            None => Estimate {
                loss: learned::expected(sight.log_odds, tier),
                shipped: f64::from(sight.log_odds),
                similar: 0.0,
            },
        }
    }

    /// Outcomes of requests like this one that it knows, and their mean loss.
    pub fn like(&self, sight: &Sight) -> Option<(usize, f64)> {
        self.adapter.as_ref()?.like(sight)
    }
}
