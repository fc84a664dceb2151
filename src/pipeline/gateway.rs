//! The parts that every request passes through, built once.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use http::HeaderMap;
use indexmap::IndexMap;

use super::{
    Error, OpenRecord, RequestId,
    books::Books,
    budgets::Budgets,
    check::Checker,
    comparisons::{Comparer, Means},
    context::Context,
    conversations::Conversations,
    escalations::Escalations,
    feedback::ServedAnswers,
    learners::Learners,
    llm_judge::LlmJudge,
    readings::Readings,
    spending::Spending,
    store::Found,
};
use crate::{
    account::{NanoUsd, Price, PriceBook, ledger::Ledger},
    auth::{Authenticator, Principal},
    cache::{Clock, ExactCache, Flights, PartitionKey, SemanticIndex, embeddings::EmbeddingCache},
    classify::Classifier,
    config::{self, Cache, CallerKey, ModelFacts, Router, Target, Tier, Tiers},
    embed::Embedder,
    limit::{Admission, Place, Purse},
    route::Resolver,
    telemetry::{CacheSize, Metrics},
    upstream::{Standing, Upstream},
    verify::{budget::Prior, judge::Judge},
};

/// What a gateway is made of.
pub struct Parts {
    /// Who may call.
    pub auth: Authenticator,
    /// The keys of callers.
    pub callers: Vec<CallerKey>,
    /// How money is looked at.
    pub spending: config::Spending,
    /// Where requests are written down, if anywhere.
    pub ledger: Option<Arc<Ledger>>,
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
    /// Vectors that were asked for before.
    pub embeddings: EmbeddingCache,
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
    /// What a provider's format cannot express is never left out.
    pub is_strict: bool,
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
    /// Where there is a cache to come back to.
    pub(super) readings: Option<Readings>,
    pub(super) flights: Flights<Found>,
    pub(super) budgets: Arc<Budgets>,
    pub(super) checker: Arc<Checker>,
    pub(super) served: ServedAnswers,
    pub(super) comparer: Arc<Comparer>,
    pub(super) purse: Purse,
    pub(super) spending: Spending,
    pub(super) escalations: Escalations,
    pub(super) conversations: Arc<Conversations>,
    draining: AtomicBool,
}

impl Parts {
    /// Where questions like that of `ctx` are, when it is matched by meaning.
    pub(super) fn partition(&self, ctx: &Context) -> Option<PartitionKey> {
        let (keys, question) = (ctx.keys?, ctx.policy.question.as_deref().ok()?);
        let embedder = self.embedder.as_deref().map_or("", |embedder| embedder.identity());
        let found = || keys.partition(ctx.request.last(), question, embedder);
        Some(*ctx.partition.get_or_init(found))
    }

    /// Where the gateway's own requests are written down.
    pub(super) fn books(&self) -> Books {
        Books {
            prices: self.prices.clone(),
            metrics: Arc::clone(&self.metrics),
            ledger: self.ledger.clone(),
            clock: self.clock.clone(),
        }
    }
}

impl Gateway {
    /// A gateway of these parts, on the current runtime.
    pub fn new(parts: Parts) -> Self {
        let judge = |judge| LlmJudge::of(judge, &parts);
        let comparer = Comparer::start(Means {
            upstream: Arc::clone(&parts.upstream),
            books: parts.books(),
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
            spending: Spending::new(&parts.callers, parts.spending.allows_unpriced),
            purse: Purse::new(NanoUsd(parts.router.shadow_spend)),
            escalations: Escalations::new(parts.router.escalation_window),
            served: ServedAnswers::default(),
            conversations: Arc::default(),
            readings: parts.cache.enabled.then(|| Readings::new(parts.cache.max_bytes)),
            flights: Flights::default(),
            draining: AtomicBool::new(false),
            parts,
        }
    }

    /// What callers may spend, and have spent.
    pub fn spending(&self) -> &Spending {
        &self.spending
    }

    /// The error budgets, for the operator.
    pub fn budgets(&self) -> &Budgets {
        &self.budgets
    }

    /// What the router has learnt, for the operator.
    pub fn learners(&self) -> &Learners {
        &self.parts.learners
    }

    /// What each key with a budget has spent today, and what a day may cost, by the key's name.
    pub fn keys_spent(&self) -> BTreeMap<&str, (NanoUsd, NanoUsd)> {
        self.spending.spent(self.parts.clock.unix())
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

    /// The same for at most so long; what is not done by then is broken off.
    pub async fn finish_checks(&self, patience: Duration) {
        if tokio::time::timeout(patience, self.checks_done()).await.is_err() {
            tracing::warn!(?patience, "answers that were still to be compared are given up");
        }
        self.checker.stop();
        self.comparer.stop();
    }

    /// The caller behind a request, and a place for it; asked before its body is read.
    pub fn admit(&self, headers: &HeaderMap) -> Result<Admitted, Error> {
        let principal = self.parts.auth.authenticate(token(headers))?;
        let place = self.parts.admission.enter()?;
        Ok(Admitted { principal, place, id: RequestId::fresh(), record: OpenRecord::none() })
    }

    /// The record of an admitted request that has just been read.
    pub fn open_record(&self, admitted: &Admitted, protocol: &'static str) -> OpenRecord {
        match &self.parts.ledger {
            Some(ledger) => {
                let asked = (admitted.id, &admitted.principal, protocol);
                OpenRecord::new(ledger, &self.parts.clock, asked)
            }
            None => OpenRecord::none(),
        }
    }

    /// The price of the model that answers of lower tiers than the frontier are compared with.
    pub(super) fn baseline(&self, tier: Option<&Tier>) -> Option<&Price> {
        let frontier = self.parts.tiers.frontier();
        tier.filter(|tier| **tier != frontier.tier)?;
        let baseline = self.parts.spending.baseline.as_ref().or(frontier.targets.first())?;
        self.parts.prices.price(&baseline.provider, &baseline.model)
    }

    /// The ledger, when there is one.
    pub fn ledger(&self) -> Option<&Arc<Ledger>> {
        self.parts.ledger.as_ref()
    }

    /// Every model name that can be asked for.
    pub fn model_names(&self) -> Vec<String> {
        let mut names = self.parts.resolver.names();
        if self.parts.embedder.is_some() {
            names.push(LOCAL_MODEL.to_owned());
        }
        names
    }

    /// Whether a model of this name can be asked for.
    pub fn knows_model(&self, name: &str) -> Result<(), Error> {
        if name == LOCAL_MODEL && self.parts.embedder.is_some() {
            return Ok(());
        }
        Ok(self.parts.resolver.resolve(name, None).map(|_| ())?)
    }

    /// The counters.
    pub fn metrics(&self) -> &Metrics {
        &self.parts.metrics
    }

    /// The providers.
    pub fn upstream(&self) -> Arc<Upstream> {
        Arc::clone(&self.parts.upstream)
    }

    /// How every target does that has been asked.
    pub fn standings(&self) -> Vec<(Target, Standing)> {
        self.parts.upstream.standings()
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

/// A caller who may go on, and its place.
pub struct Admitted {
    /// Who calls.
    pub principal: Principal,
    /// Its place among the requests being worked on.
    pub place: Place,
    /// The request's name.
    pub id: RequestId,
    /// What is written down of it.
    pub record: OpenRecord,
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
