//! The composition root: a checked configuration becomes a gateway at work. The only place that builds everything.

use std::{collections::HashSet, net::SocketAddr, num::NonZeroUsize, sync::Arc, time::Duration};

use crate::{
    account::{
        PriceBook,
        ledger::{self, Day, Ledger, LedgerError},
        vendor_of,
    },
    admin,
    auth::Authenticator,
    cache::{Clock, ExactCache, SemanticIndex, embeddings::EmbeddingCache},
    classify::{Classifier, ClassifierError, Head},
    config::{Config, Format, Router, Target},
    embed::{Embedder, LoadError, LocalEmbedder},
    limit::Admission,
    pipeline::{Gateway, Keeper, Learners, Parts, State, StateError},
    route::{
        Resolver,
        learn::{Outcome, Teaching},
    },
    server::{self, ListenError, Listener, Running},
    telemetry::{IsKnown, Metrics},
    upstream::{Probes, SetupError, Upstream},
    verify::{self, CalibrationError, Verifier, budget::Prior, judge::Judge},
};

/// Why a gateway cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The embedding model cannot be loaded.
    #[error(
        "embedding.model: {0}\n(matching by meaning needs it; 'cache.semantic: false' starts without)"
    )]
    Model(#[from] LoadError),
    /// The shipped calibration is broken.
    #[error(transparent)]
    Calibration(#[from] CalibrationError),
    /// The shipped classifier is broken.
    #[error(transparent)]
    Classifier(#[from] ClassifierError),
    /// What was learnt before cannot be read, or be kept.
    #[error(transparent)]
    State(#[from] StateError),
    /// What every scope is to begin with cannot be read.
    #[error("router.adapter: {path}: {source}")]
    Adapter {
        /// The file.
        path: String,
        /// What is wrong with it.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A file with prices cannot be read.
    #[error("price_files: {path}: {source}")]
    Prices {
        /// The file.
        path: String,
        /// What is wrong with it.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The ledger cannot be kept.
    #[error("ledger.path: {0}")]
    Ledger(#[from] LedgerError),
    /// The HTTP client cannot be set up.
    #[error(transparent)]
    Upstream(#[from] SetupError),
    /// An address cannot be listened on.
    #[error(transparent)]
    Listen(#[from] ListenError),
}

/// The embedding model of a gateway.
#[derive(Clone)]
pub struct Model {
    /// The model.
    pub embedder: Arc<dyn Embedder>,
    /// It is the one in this binary, whose cosines are calibrated.
    pub is_shipped: bool,
}

impl Model {
    /// Loads the model that `config` names; `None` when nothing needs it.
    pub fn load(config: &Config) -> Result<Option<Self>, LoadError> {
        if !(config.cache.enabled && config.cache.semantic) {
            return match LocalEmbedder::start(&config.embedding) {
                Ok(embedder) => Ok(Some(embedder.into())),
                Err(error) => {
                    tracing::warn!(%error, "no embedding model: requests are classified by their text alone");
                    Ok(None)
                }
            };
        }
        Ok(Some(LocalEmbedder::start(&config.embedding)?.into()))
    }
}

impl From<LocalEmbedder> for Model {
    fn from(embedder: LocalEmbedder) -> Self {
        Self { is_shipped: embedder.is_shipped(), embedder: Arc::new(embedder) }
    }
}

/// A gateway at work, with its listeners.
pub struct App {
    gateway: Arc<Gateway>,
    keeper: Option<Keeper>,
    probes: Option<Probes>,
    serving: Running,
    admin: Option<Running>,
    drain: Duration,
}

impl App {
    /// Starts what `config` describes, with the system's clock and the configured model.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        let model = Model::load(&config)?;
        Self::start_with(config, model, Clock::default()).await
    }

    /// Starts with a model that is loaded already, and a clock.
    pub async fn start_with(
        config: Config,
        model: Option<Model>,
        clock: Clock,
    ) -> Result<Self, StartError> {
        let gateway = Arc::new(gateway(&config, model, clock)?);
        restore_spending(&config, &gateway)?;
        let keeper = match &config.cache.path {
            Some(folder) => Some(Keeper::start(State::open(folder)?, Arc::clone(&gateway))?),
            None => None,
        };
        let targets = probed(&config);
        let probe = |every| Probes::start(gateway.upstream(), targets, every);
        let probes = config.upstream.probe.map(probe);
        let listener = Listener::bind(config.listen).await?;
        let admin = match config.admin {
            Some(address) => {
                let listener = Listener::bind(address).await?;
                let router = admin::router(gateway.clone());
                Some(listener.serve(router, &config.server, NonZeroUsize::MIN)?)
            }
            None => None,
        };
        let router = server::router(gateway.clone(), &config.server);
        let serving = listener.serve(router, &config.server, config.server.threads)?;
        Ok(Self { gateway, keeper, probes, serving, admin, drain: config.server.drain })
    }

    /// Where callers connect.
    pub fn address(&self) -> SocketAddr {
        self.serving.address()
    }

    /// Where metrics are.
    pub fn admin_address(&self) -> Option<SocketAddr> {
        self.admin.as_ref().map(Running::address)
    }

    /// The gateway itself.
    pub fn gateway(&self) -> &Arc<Gateway> {
        &self.gateway
    }

    /// Drains what is in flight and stops. Metrics can be read until the end.
    pub async fn stop(self) {
        self.gateway.drain();
        if let Some(probes) = self.probes {
            probes.stop().await;
        }
        self.serving.stop().await;
        self.gateway.finish_checks(self.drain).await;
        if let Some(keeper) = self.keeper {
            keeper.stop().await;
        }
        if let Some(ledger) = self.gateway.ledger().cloned()
            && let Err(error) =
                tokio::task::spawn_blocking(move || ledger.close()).await.unwrap_or(Ok(()))
        {
            tracing::error!(%error, "the ledger is not complete");
        }
        if let Some(admin) = self.admin {
            admin.stop().await;
        }
    }
}

/// The ledger that `config` names. One that nobody asked for is done without where it cannot be had.
fn ledger(config: &Config) -> Result<Option<Arc<Ledger>>, StartError> {
    let Some(settings) = &config.ledger else { return Ok(None) };
    let opened = Ledger::open(&ledger::Settings {
        keep: settings.keep,
        content: settings.content,
        capacity: settings.queue,
        ..ledger::Settings::new(&settings.path)
    });
    match opened {
        Ok(ledger) => Ok(Some(Arc::new(ledger))),
        Err(error) if settings.is_chosen => Err(error.into()),
        Err(error) => {
            tracing::warn!(%error, "requests are not written down; `ledger: off` says that this is meant");
            Ok(None)
        }
    }
}

/// What keys with a budget have spent today goes on where it was.
fn restore_spending(config: &Config, gateway: &Gateway) -> Result<(), StartError> {
    let Some(ledger) =
        gateway.ledger().filter(|_| config.keys.iter().any(|it| it.budget.is_some()))
    else {
        return Ok(());
    };
    let today = Day::today();
    let spent = ledger.spent_since(today)?;
    for key in &config.keys {
        if let Some(spent) = spent.get(&key.name) {
            gateway.spending().restore(&key.hash, u64::from(today.number()), spent.0);
        }
    }
    Ok(())
}

/// The targets that the configuration names.
fn probed(config: &Config) -> Vec<Target> {
    let tiers = config.tiers.pools().iter().flat_map(|pool| &pool.targets);
    let mut targets: Vec<Target> = tiers.chain(config.aliases.values()).cloned().collect();
    targets.sort();
    targets.dedup();
    targets
}

fn gateway(config: &Config, model: Option<Model>, clock: Clock) -> Result<Gateway, StartError> {
    let resolver = Resolver::new(config);
    let prices = prices(config)?;
    let ledger = ledger(config)?;
    let metrics = Arc::new(Metrics::new(is_known(&resolver, &prices)));
    let classifier = Classifier::shipped()?;
    let dim = model.as_ref().map_or(0, |model| model.embedder.dim());
    let Judging { judge, prior, floor } =
        judging(config, model.as_ref().map(|model| model.is_shipped))?;
    let semantic = Arc::new(SemanticIndex::new(dim, config.cache.candidates, floor));
    let removed = Arc::clone(&semantic);
    let learners = learners(config, &classifier, model.as_ref(), clock.clone())?;
    let exact =
        ExactCache::new(config.cache.max_bytes, dim, Arc::new(move |entry| removed.remove(entry)));
    Ok(Gateway::new(Parts {
        auth: Authenticator::new(config.keys.clone()),
        callers: config.keys.clone(),
        ledger,
        spending: config.spending.clone(),
        admission: Admission::new(config.server.max_in_flight, metrics.clone()),
        resolver,
        tiers: config.tiers.clone(),
        router: config.router.clone(),
        models: config.models.clone(),
        cache: config.cache.clone(),
        exact,
        embeddings: EmbeddingCache::new(config.cache.max_embedding_bytes),
        semantic,
        clock,
        judge: Arc::new(judge),
        prior: Arc::new(prior),
        embedder: model.map(|model| model.embedder),
        classifier,
        learners,
        is_strict: config.upstream.is_strict,
        total_timeout: config.upstream.total_timeout,
        upstream: Arc::new(Upstream::new(
            config.providers.clone(),
            config.upstream.clone(),
            metrics.clone(),
        )?),
        prices,
        metrics,
    }))
}

/// What the router has learnt, which is what `router.adapter` teaches every scope, over the shipped classifier.
pub fn learners(
    config: &Config,
    classifier: &Classifier,
    model: Option<&Model>,
    clock: Clock,
) -> Result<Learners, StartError> {
    let embedding = model.map(|model| model.embedder.identity());
    let reads = embedding.is_some_and(|embedding| classifier.reads_vectors_of(embedding));
    let head = if reads { Head::Full } else { Head::TextOnly };
    let prior_threshold = f64::from(classifier.threshold(head, config.router.aim));
    let taught = taught(&config.router, embedding)?;
    Ok(Learners::new(&config.router, &config.tiers, prior_threshold, &taught, clock))
}

/// The outcomes that every scope begins with.
fn taught(router: &Router, embedding: Option<&str>) -> Result<Vec<Outcome>, StartError> {
    let Some(path) = router.adapter.as_ref().filter(|_| router.learn) else {
        return Ok(Vec::new());
    };
    let failed = |source: Box<dyn std::error::Error + Send + Sync>| StartError::Adapter {
        path: path.display().to_string(),
        source,
    };
    let bytes = std::fs::read(path).map_err(|error| failed(error.into()))?;
    Teaching::parse(&bytes, embedding).map_err(|error| failed(error.into()))
}

/// How candidates are judged.
pub struct Judging {
    /// Scores them.
    pub judge: Judge,
    /// How often candidates of each score were wrong when it was calibrated.
    pub prior: Prior,
    /// Lowest cosine of a candidate.
    pub floor: f32,
}

/// The judge that the configuration asks for, over the vectors of a model if there is one: the shipped one, or another.
pub fn judging(config: &Config, is_shipped: Option<bool>) -> Result<Judging, StartError> {
    let cache = &config.cache;
    let calibration = verify::Shipped::load()?.for_encoder(is_shipped.unwrap_or(false));
    let prior = calibration.prior.clone();
    let is_matched = is_shipped.is_some() && cache.enabled && cache.semantic;
    if let Some(threshold) = cache.threshold.or((!is_matched).then_some(1.0)) {
        return Ok(Judging { judge: Judge::Threshold(threshold), prior, floor: 0.0 });
    }
    let floor = calibration.floor;
    let calibration = Box::new(calibration);
    let judge =
        Judge::Calibrated { verifier: Verifier::shipped(config.embedding.precision)?, calibration };
    Ok(Judging { judge, prior, floor })
}

/// The targets that metrics name: those of the configuration, and those with a price.
fn is_known(resolver: &Resolver, prices: &PriceBook) -> IsKnown {
    let named: HashSet<String> = resolver.names().into_iter().collect();
    let prices = prices.clone();
    Box::new(move |target| {
        let priced = |(provider, model): (&str, &str)| prices.price(provider, model).is_some();
        named.contains(target) || target.split_once('/').is_some_and(priced)
    })
}

/// The shipped prices and the operator's; providers are recognised by their address, whatever their name here.
pub fn prices(config: &Config) -> Result<PriceBook, StartError> {
    let mut book = PriceBook::with_overrides(&config.prices);
    for path in &config.price_files {
        let problem = |source: Box<dyn std::error::Error + Send + Sync>| StartError::Prices {
            path: path.display().to_string(),
            source,
        };
        let text = std::fs::read_to_string(path).map_err(|error| problem(error.into()))?;
        book = book.with_catalogue(&text).map_err(|error| problem(error.into()))?;
    }
    for (name, provider) in &config.providers {
        let vendor = match &provider.format {
            Format::Azure { .. } => Some("azure"),
            Format::Vertex(_) => Some("vertex"),
            Format::Bedrock { .. } => Some("bedrock"),
            Format::OpenAi | Format::Anthropic | Format::Gemini => vendor_of(&provider.base_url),
        };
        if let Some(vendor) = vendor {
            book = book.with_vendor(name, vendor);
        }
    }
    Ok(book)
}
