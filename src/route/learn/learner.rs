//! All that one scope has taught the router: its outcomes, the versions learnt from them, and the promise.
//!
//! A request is [`Learner::see`]n, which says where it should go and whether it is to be compared; what became of it is
//! [`Learner::learn`]t. Learning a new version takes up to a second and happens outside: [`Learner::lesson`] hands out
//! what it takes, [`Learner::take`] takes the result.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::{
    adapter::{self, Adapter, Estimate},
    model::{Change, Model},
    outcome::{Outcome, Sight},
};
use crate::route::{
    learned,
    promise::{self, Comparison, Estimates, Evidence, Promise, Report, SnapshotError},
};

/// What one scope has taught.
#[derive(Debug, Clone)]
pub struct Learner {
    settings: Settings,
    models: Vec<Model>,
    promise: Promise,
    outcomes: VecDeque<(u64, Outcome)>,
    /// Outcomes ever.
    count: u64,
}

/// How a scope is learnt from.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The aim, and how it is held.
    pub promise: promise::Settings,
    /// Share of requests for which a version on trial decides, `0..=1`.
    pub canary: f64,
    /// Seconds after which an outcome teaches half as much.
    pub half_life: f64,
}

/// What is to be done with a request.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// What is expected of every lower tier, by the version that decides.
    pub estimates: Estimates,
    /// The same for the cheapest tier, with its reasons.
    pub cheapest: Estimate,
    /// The version that decides.
    pub version: u32,
    /// It is on trial.
    pub is_canary: bool,
    /// Outcomes of requests like this one, and their mean loss.
    pub like: Option<(usize, f64)>,
    /// A lower tier and the frontier are both to answer, to be compared.
    pub comparison: Option<Comparison>,
}

/// What it takes to learn a version of one tier.
#[derive(Debug, Clone)]
pub struct Lesson {
    tier: usize,
    outcomes: Vec<(u64, Outcome)>,
    now: f64,
    half_life: f64,
}

/// What a lesson taught: an adapter with the held-out estimates of its outcomes.
pub struct Learnt {
    tier: usize,
    adapter: Option<(Adapter, Vec<(u64, f64)>)>,
}

/// All that a scope has taught, written down.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Snapshot {
    models: Vec<Model>,
    promise: promise::Snapshot,
    outcomes: VecDeque<(u64, Outcome)>,
    count: u64,
}

impl Learner {
    /// A scope of which nothing is known.
    pub fn new(settings: Settings) -> Self {
        Self {
            models: (0..settings.promise.lower_tiers).map(Model::shipped).collect(),
            promise: Promise::new(settings.promise.clone()),
            outcomes: VecDeque::new(),
            count: 0,
            settings,
        }
    }

    /// A scope that begins with outcomes from elsewhere, the latest [`adapter::MOST`] of them: a version learnt from them is at
    /// work at once, and they are evidence for the promise. They begin to age now. Takes up to a second.
    pub fn taught(settings: Settings, outcomes: &[Outcome], now: f64) -> Self {
        let mut learner = Self::new(settings);
        let latest = outcomes.len().saturating_sub(adapter::MOST);
        let fresh = outcomes[latest..].iter().map(|outcome| Outcome { at: now, ..outcome.clone() });
        learner.outcomes = (0..).zip(fresh).collect();
        learner.count = learner.outcomes.len() as u64;
        let mut all_held_out = Vec::new();
        for tier in 0..learner.models.len() {
            let learnt = learner.lesson_of(tier, now).learn();
            if let Some((adapter, held_out)) = learnt.adapter {
                learner.models[tier].start_from(adapter, held_out.len());
                all_held_out.extend(held_out);
            }
        }
        learner.restate(&all_held_out);
        learner
    }

    /// The scope whose [`Learner::snapshot`] this was; with other tiers than then it has to start anew.
    pub fn restore(settings: Settings, snapshot: Snapshot) -> Result<Self, SnapshotError> {
        if snapshot.models.len() != settings.promise.lower_tiers {
            return Err(SnapshotError);
        }
        let promise = Promise::restore(settings.promise.clone(), snapshot.promise)?;
        let Snapshot { models, outcomes, count, .. } = snapshot;
        Ok(Self { settings, models, promise, outcomes, count })
    }

    /// All that was learnt, to go on after a restart.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            models: self.models.clone(),
            promise: self.promise.snapshot(),
            outcomes: self.outcomes.clone(),
            count: self.count,
        }
    }

    /// What is expected of a request, without counting it; `draw` in `[0, 1)` picks the version.
    pub fn look(&self, sight: &Sight, draw: f64) -> Seen {
        let mut deciding = self.live(sight);
        let mut version = self.models.first().map_or(0, |model| model.live().number);
        let mut is_canary = false;
        if draw < self.settings.canary {
            for (tier, model) in self.models.iter().enumerate() {
                let Some((number, estimate)) = model.canary(sight) else { continue };
                deciding[tier] = estimate;
                is_canary = true;
                if tier == 0 {
                    version = number;
                }
            }
        }
        let cheapest =
            deciding.first().copied().unwrap_or(Estimate { loss: 1.0, shipped: 0.0, similar: 0.0 });
        Seen {
            estimates: estimates(&deciding),
            cheapest,
            version,
            is_canary,
            like: self.models.first().and_then(|model| model.live().like(sight)),
            comparison: None,
        }
    }

    /// Counts a request and says what is to be done with it. Two draws in `[0, 1)` pick the version and the comparison.
    pub fn see(&mut self, sight: &Sight, draws: [f64; 2], at: f64) -> Seen {
        let seen = self.look(sight, draws[0]);
        // Thresholds are those of the version at work: what one on trial says does not move them.
        let live = match seen.is_canary {
            true => self.live_estimates(sight),
            false => seen.estimates,
        };
        self.promise.observe(&live, at);
        let comparison = self.promise.wants_shadow(&live, draws[1]);
        Seen { comparison, ..seen }
    }

    /// Learns what became of a request.
    pub fn learn(&mut self, outcome: Outcome) -> Option<Change> {
        let evidence = self.evidence_of(&outcome);
        let live = self.live(&outcome.sight);
        let expected = live.get(outcome.tier)?.loss;
        let unlearnt = match outcome.tier.checked_sub(1) {
            Some(below) => learned::above(live[below].loss),
            None => learned::expected(outcome.sight.log_odds, 0),
        };
        let change = self.models[outcome.tier].count(&outcome, expected, unlearnt);
        self.promise.learn(&evidence);
        self.outcomes.push_back((self.count, outcome));
        self.count += 1;
        while self.outcomes.len() > adapter::MOST * self.models.len() {
            self.outcomes.pop_front();
        }
        match &change {
            Some(Change::Promoted { held_out, .. }) => self.restate(held_out),
            Some(Change::RolledBack { .. }) => self.restate(&[]),
            Some(Change::Discarded { .. }) | None => {}
        }
        change
    }

    /// What it takes to learn a new version, when one is due.
    pub fn lesson(&self, now: f64) -> Option<Lesson> {
        let of =
            |tier: usize| self.outcomes.iter().filter(move |(_, outcome)| outcome.tier == tier);
        let tier =
            (0..self.models.len()).find(|tier| self.models[*tier].is_due(of(*tier).count()))?;
        Some(self.lesson_of(tier, now))
    }

    fn lesson_of(&self, tier: usize, now: f64) -> Lesson {
        let of_tier = self.outcomes.iter().filter(|(_, outcome)| outcome.tier == tier);
        let mut outcomes: Vec<_> = of_tier.cloned().collect();
        outcomes.drain(..outcomes.len().saturating_sub(adapter::MOST));
        Lesson { tier, outcomes, now, half_life: self.settings.half_life }
    }

    /// Puts what a lesson taught on trial.
    pub fn take(&mut self, learnt: Learnt) {
        if let Some(model) = self.models.get_mut(learnt.tier) {
            model.try_out(learnt.adapter);
        }
    }

    /// Goes back to the shipped version of every tier; outcomes stay known.
    pub fn roll_back(&mut self) {
        for model in &mut self.models {
            model.roll_back();
        }
        self.restate(&[]);
    }

    /// Counts what a request has cost, by the tier that answered.
    pub fn spent(&mut self, tier: usize, nano_usd: u64, at: f64) {
        self.promise.spent(tier, nano_usd, at);
    }

    /// The threshold of estimates, for a caller or rule that wants this quality at least.
    pub fn threshold(&self, quality: Option<f64>) -> f64 {
        match quality {
            Some(quality) => self.promise.threshold_for(quality),
            None => self.promise.threshold(),
        }
    }

    /// How the promise stands.
    pub fn report(&self) -> Report {
        self.promise.report()
    }

    /// The versions of every lower tier.
    pub fn models(&self) -> &[Model] {
        &self.models
    }

    /// The outcomes that are known, oldest first.
    pub fn outcomes(&self) -> impl Iterator<Item = &Outcome> {
        self.outcomes.iter().map(|(_, outcome)| outcome)
    }

    /// What an outcome is evidence of, by the versions at work.
    pub fn evidence_of(&self, outcome: &Outcome) -> Evidence {
        evidence(outcome, self.live_estimates(&outcome.sight))
    }

    /// What all known outcomes are evidence of, oldest first.
    pub fn evidence(&self) -> Vec<Evidence> {
        self.outcomes().map(|outcome| self.evidence_of(outcome)).collect()
    }

    /// After a change of version the promise is judged anew, by what the new one says of the outcomes: those that it was
    /// learnt from are `held_out`, the others came later.
    fn restate(&mut self, held_out: &[(u64, f64)]) {
        let held_out: std::collections::HashMap<u64, f64> = held_out.iter().copied().collect();
        let restated: Vec<Evidence> = self
            .outcomes
            .iter()
            .map(|(number, outcome)| {
                let mut losses = self.live(&outcome.sight);
                if let Some(loss) = held_out.get(number) {
                    losses[outcome.tier].loss = *loss;
                }
                evidence(outcome, estimates(&losses))
            })
            .collect();
        self.promise.restate(&restated);
    }

    fn live_estimates(&self, sight: &Sight) -> Estimates {
        estimates(&self.live(sight))
    }

    /// What the versions at work say of every tier. Of one of which nothing was learnt they know what is expected of the tier
    /// below it.
    fn live(&self, sight: &Sight) -> Vec<Estimate> {
        let mut all: Vec<Estimate> = Vec::with_capacity(self.models.len());
        for model in &self.models {
            let own = model.estimate(sight);
            all.push(match all.last() {
                Some(below) if model.live().number == 0 => {
                    Estimate { loss: learned::above(below.loss), ..own }
                }
                _ => own,
            });
        }
        all
    }
}

impl Lesson {
    /// Learns. Takes up to a second.
    pub fn learn(&self) -> Learnt {
        let outcomes: Vec<&Outcome> = self.outcomes.iter().map(|(_, outcome)| outcome).collect();
        let fit = Adapter::fit(&outcomes, self.now, self.half_life);
        let numbers = self.outcomes.iter().map(|(number, _)| *number);
        let adapter = fit.map(|fit| (fit.adapter, numbers.zip(fit.held_out).collect()));
        Learnt { tier: self.tier, adapter }
    }
}

fn estimates(all: &[Estimate]) -> Estimates {
    Estimates::new(&all.iter().map(|estimate| estimate.loss as f32).collect::<Vec<_>>())
}

fn evidence(outcome: &Outcome, estimates: Estimates) -> Evidence {
    Evidence {
        estimates,
        tier: outcome.tier,
        lower_score: outcome.lower,
        frontier_score: outcome.frontier,
        weight: outcome.weight,
        at: outcome.at,
        source: outcome.source,
    }
}

#[cfg(test)]
#[path = "learner_tests.rs"]
mod tests;
