//! The parts that every request passes through, built once.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use http::HeaderMap;
use indexmap::IndexMap;

use super::{
    Error,
    budgets::Budgets,
    check::Checker,
    comparisons::{Comparer, Means},
    escalations::Escalations,
    feedback::ServedAnswers,
    learners::Learners,
    llm_judge::LlmJudge,
    purse::Purse,
    store::Found,
};
use crate::{
    account::{NanoUsd, PriceBook},
    auth::{Authenticator, Principal},
    cache::{Clock, ExactCache, Flights, SemanticIndex},
    classify::Classifier,
    config::{Cache, ModelFacts, Router, Target, Tiers},
    embed::Embedder,
    limit::{Admission, Place},
    route::Resolver,
    telemetry::{CacheSize, Metrics},
    upstream::Upstream,
    verify::{budget::Prior, judge::Judge},
};

/// What a gateway is made of.
pub struct Parts {
    /// Who may call.
    pub auth: Authenticator,
    /// How many at once.
    pub admission: Admission,
    /// What model names mean.
    pub resolver: Resolver,
    /// The pools behind `auto`.
    pub tiers: Tiers,
    /// How `auto` picks one.
    pub router: Router,
    /// What models can do, where the operator says so.
    pub models: IndexMap<Target, ModelFacts>,
    /// The cache's settings.
    pub cache: Cache,
    /// Stored answers.
    pub exact: ExactCache,
    /// Stored answers by meaning.
    pub semantic: Arc<SemanticIndex>,
    /// The cache's clock.
    pub clock: Clock,
    /// Says whether one answer serves two questions.
    pub judge: Arc<Judge>,
    /// How often candidates of each score were wrong when the judge was calibrated.
    pub prior: Arc<Prior>,
    /// The embedding model, when one is loaded.
    pub embedder: Option<Arc<dyn Embedder>>,
    /// The complexity classifier.
    pub classifier: Classifier,
    /// What the router learns in each scope.
    pub learners: Learners,
    /// The providers.
    pub upstream: Arc<Upstream>,
    /// The longest that a request waits for an identical one.
    pub total_timeout: Duration,
    /// What tokens cost.
    pub prices: PriceBook,
    /// What the outside can watch.
    pub metrics: Arc<Metrics>,
}

/// Answers requests.
pub struct Gateway {
    pub(super) parts: Parts,
    pub(super) flights: Flights<Found>,
    pub(super) budgets: Arc<Budgets>,
    pub(super) checker: Arc<Checker>,
    pub(super) served: ServedAnswers,
    pub(super) comparer: Arc<Comparer>,
    pub(super) purse: Purse,
    pub(super) escalations: Escalations,
    draining: AtomicBool,
}

impl Gateway {
    /// A gateway of these parts, on the current runtime.
    pub fn new(parts: Parts) -> Self {
        let judge = |judge| LlmJudge::of(judge, &parts);
        let comparer = Comparer::start(Means {
            upstream: Arc::clone(&parts.upstream),
            prices: parts.prices.clone(),
            embedder: parts.embedder.clone(),
            judge: judge(parts.router.judge),
            metrics: Arc::clone(&parts.metrics),
        });
        let judge = judge(parts.cache.judge);
        let budgets = Arc::new(Budgets::new(&parts.cache, Arc::clone(&parts.prior)));
        let checker = Checker::start(
            parts.embedder.clone(),
            judge,
            Arc::clone(&budgets),
            Arc::clone(&parts.metrics),
        );
        Self {
            budgets,
            checker: Arc::new(checker),
            comparer: Arc::new(comparer),
            purse: Purse::new(NanoUsd(parts.router.shadow_spend)),
            escalations: Escalations::new(parts.router.escalation_window),
            served: ServedAnswers::default(),
            flights: Flights::default(),
            draining: AtomicBool::new(false),
            parts,
        }
    }

    /// The error budgets, for the operator.
    pub fn budgets(&self) -> &Budgets {
        &self.budgets
    }

    /// What the router has learnt, for the operator.
    pub fn learners(&self) -> &Learners {
        &self.parts.learners
    }

    /// What comparisons of tiers have cost today, and what they may cost a day.
    pub fn shadow_spend(&self) -> (NanoUsd, NanoUsd) {
        self.purse.spent(self.parts.clock.unix())
    }

    /// Waits until all answers so far are compared.
    pub async fn checks_done(&self) {
        self.checker.flush().await;
        self.comparer.flush().await;
    }

    /// The caller behind a request, and a place for it; asked before its body is read.
    pub fn admit(&self, headers: &HeaderMap) -> Result<(Principal, Place), Error> {
        let principal = self.parts.auth.authenticate(token(headers))?;
        Ok((principal, self.parts.admission.enter()?))
    }

    /// Every model name that can be asked for.
    pub fn model_names(&self) -> Vec<String> {
        let mut names = self.parts.resolver.names();
        if self.parts.embedder.is_some() {
            names.push(LOCAL_MODEL.to_owned());
        }
        names
    }

    /// The counters.
    pub fn metrics(&self) -> &Metrics {
        &self.parts.metrics
    }

    /// What the cache holds now.
    pub fn cache_size(&self) -> CacheSize {
        let (entries, bytes) = self.parts.exact.size();
        let (partitions, vectors) = self.parts.semantic.size();
        CacheSize { entries, bytes, vectors, partitions }
    }

    /// From now on no new traffic should be sent here.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// New traffic is welcome.
    pub fn is_ready(&self) -> bool {
        !self.draining.load(Ordering::Relaxed)
    }

    /// Requests in flight that others may wait for.
    pub fn flights(&self) -> usize {
        self.flights.len()
    }
}

/// The name of the local embedding model.
pub(super) const LOCAL_MODEL: &str = "local";

/// The bearer token, or what clients of other protocols send in its place.
fn token(headers: &HeaderMap) -> Option<&str> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let bearer = text("authorization").and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
    });
    bearer
        .or_else(|| text("x-api-key"))
        .or_else(|| text("api-key"))
        .filter(|token| !token.is_empty())
}
