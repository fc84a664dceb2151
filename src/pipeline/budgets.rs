//! The error budget of each scope.

use std::{sync::Arc, time::Duration};

use moka::sync::Cache;
use parking_lot::Mutex;

use super::draws::Draws;
use crate::{
    cache::ScopeId,
    config::{self, CacheMode},
    verify::budget::{Budget, Label, Prior, Report, Settings, Snapshot, Verdict},
};

/// Scopes that are kept apart at once; the one that has been idle longest starts anew.
const MAX_SCOPES: u64 = 10_000;

/// A scope that has been idle for so long starts anew.
const IDLE: Duration = Duration::from_secs(30 * 86_400);

/// Least share of hits that is checked, as a part of the configured one.
const FLOOR_PART: f64 = 0.4;
/// Largest share that is checked while there is little evidence, in configured ones.
const CAP_PARTS: f64 = 2.0;

/// The shipped calibration is made of pairs that are harder to tell apart than traffic is: no further margin is put on it.
const PRIOR_MARGIN: f64 = 1.0;

/// All error budgets.
pub struct Budgets {
    rule: Rule,
    settings: Settings,
    prior: Arc<Prior>,
    scopes: Cache<ScopeId, ScopeBudget>,
    draws: Arc<Draws>,
    /// Learns from every scope, for what is shown of all.
    all: Arc<Mutex<Budget>>,
}

/// How the threshold comes about.
#[derive(Debug, Clone, Copy)]
struct Rule {
    /// A fixed one, which the budget only measures.
    fixed: Option<f64>,
    mode: CacheMode,
    learn: bool,
    shadow_share: f64,
}

/// The budget of one scope. Cheap to clone.
#[derive(Clone)]
pub struct ScopeBudget {
    rule: Rule,
    draws: Arc<Draws>,
    own: Arc<Mutex<Budget>>,
    all: Arc<Mutex<Budget>>,
}

impl Budgets {
    /// Budgets as the configuration says, that start from `prior`.
    pub fn new(cache: &config::Cache, prior: Arc<Prior>) -> Self {
        let settings = settings(cache);
        let rule = Rule {
            fixed: cache.fixed_score(),
            mode: cache.mode,
            learn: cache.learn,
            shadow_share: cache.shadow_share,
        };
        Self {
            rule,
            all: Arc::new(Mutex::new(Budget::new(settings.clone(), Arc::clone(&prior)))),
            settings,
            prior,
            draws: Arc::default(),
            scopes: Cache::builder().max_capacity(MAX_SCOPES).time_to_idle(IDLE).build(),
        }
    }

    /// The budget of a scope; a new one starts from the shipped calibration.
    pub fn of(&self, scope: ScopeId) -> ScopeBudget {
        self.scopes.get_with(scope, || {
            self.scope(Budget::new(self.settings.clone(), Arc::clone(&self.prior)))
        })
    }

    /// Goes on from what was written down, except for scopes whose state is damaged, which are counted.
    pub fn restore(&self, scopes: Vec<(ScopeId, Snapshot)>) -> usize {
        let mut left_out = 0;
        for (scope, snapshot) in scopes {
            match Budget::restore(self.settings.clone(), Arc::clone(&self.prior), snapshot) {
                Ok(budget) => self.scopes.insert(scope, self.scope(budget)),
                Err(_) => left_out += 1,
            }
        }
        left_out
    }

    /// All that is learnt, to be written down.
    pub fn snapshots(&self) -> Vec<(ScopeId, Snapshot)> {
        self.scopes.iter().map(|(scope, budget)| (*scope, budget.own.lock().snapshot())).collect()
    }

    fn scope(&self, budget: Budget) -> ScopeBudget {
        ScopeBudget {
            rule: self.rule,
            draws: Arc::clone(&self.draws),
            own: Arc::new(Mutex::new(budget)),
            all: Arc::clone(&self.all),
        }
    }

    /// Starts every scope anew from the shipped calibration.
    pub fn forget(&self) {
        *self.all.lock() = Budget::new(self.settings.clone(), Arc::clone(&self.prior));
        self.scopes.invalidate_all();
    }

    /// Where all scopes together stand.
    pub fn report(&self) -> Report {
        self.all.lock().report()
    }

    /// Where each scope stands, in no order.
    pub fn reports(&self) -> Vec<(ScopeId, Report)> {
        self.scopes.iter().map(|(scope, budget)| (*scope, budget.own.lock().report())).collect()
    }
}

/// The settings of every scope's budget.
pub fn settings(cache: &config::Cache) -> Settings {
    Settings {
        max_wrong: cache.max_wrong,
        shadow_share: cache.shadow_share,
        shadow_floor: cache.shadow_share * FLOOR_PART,
        shadow_cap: cache.shadow_share * CAP_PARTS,
        prior_margin: PRIOR_MARGIN,
        ..Settings::default()
    }
}

impl ScopeBudget {
    /// The lowest score that is served at present, to a caller who accepts `max_wrong`, if it says so.
    pub fn threshold(&self, max_wrong: Option<f64>) -> f64 {
        if let Some(fixed) = self.rule.fixed {
            return fixed;
        }
        let own = self.own.lock();
        max_wrong.map_or_else(|| own.threshold(), |max_wrong| own.threshold_for(max_wrong))
    }

    /// Whether a score is served, checked or refused.
    pub fn decide(&self, score: f64, max_wrong: Option<f64>) -> Verdict {
        let draw = self.draws.next();
        let verdict = match self.rule.fixed {
            Some(fixed) if score < fixed => Verdict::Reject,
            Some(_) if draw < self.rule.shadow_share => {
                Verdict::Shadow { weight: 1.0 / self.rule.shadow_share }
            }
            Some(_) => Verdict::Serve,
            None => self.own.lock().decide(score, max_wrong, draw),
        };
        match (verdict, self.rule.mode) {
            (Verdict::Serve | Verdict::Shadow { .. }, CacheMode::Shadow) => {
                Verdict::Shadow { weight: 1.0 }
            }
            (Verdict::Shadow { .. }, _) if !self.rule.learn => Verdict::Serve,
            (verdict, _) => verdict,
        }
    }

    /// Whether what is learnt changes what is served, and is not merely measured.
    pub fn steers(&self) -> bool {
        self.rule.fixed.is_none() && self.rule.mode == CacheMode::Serve
    }

    /// Whether what is found out about candidates is learnt from.
    pub fn learns(&self) -> bool {
        self.rule.learn || self.rule.mode == CacheMode::Shadow
    }

    /// An answer was served.
    pub fn served(&self, score: f64) {
        self.own.lock().served(score);
        self.all.lock().served(score);
    }

    /// It is known how right a candidate was.
    pub fn learn(&self, label: Label) {
        self.own.lock().learn(label);
        self.all.lock().learn(label);
    }
}
