//! Sends a plan to providers: the only place that names reqwest.
//!
//! Targets are tried in order until one answers; after the last, the round begins again with a pause. What a provider
//! answers to a request that is the caller's fault is an answer too, and is handed on.

mod attempt;
mod breaker;
mod events;
mod latency;

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use indexmap::IndexMap;
use rand::Rng as _;

pub use self::events::{Events, StreamError};
use self::{attempt::Attempt, breaker::Breakers, latency::Latencies};
use crate::{
    config::{self, Provider, Target},
    provider::openai::Completion,
    telemetry::Metrics,
};

/// One request to whichever of `targets` answers first.
pub struct Call<'a> {
    /// Where to send it, in order; never empty.
    pub targets: &'a [Target],
    /// What is asked for.
    pub endpoint: Endpoint,
    /// The body for a target.
    pub body: &'a (dyn Fn(&Target, &Provider) -> Bytes + Sync),
    /// Headers of the caller that are handed on.
    pub headers: &'a HeaderMap,
    /// How the answer is read.
    pub expect: Expect,
}

/// The resources of a provider, below its base URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endpoint {
    /// `/chat/completions`
    Chat,
    /// `/embeddings`
    Embeddings,
}

/// How an answer is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// A chat completion in one piece.
    Completion,
    /// A chat completion as a stream of events.
    Events,
    /// Any JSON.
    Json,
}

/// What a provider answered.
#[derive(Debug)]
pub struct Reply {
    /// Who answered.
    pub target: Target,
    /// Attempts made, this one included.
    pub attempts: u32,
    /// The provider's status.
    pub status: StatusCode,
    /// From the attempt's start to the head of its response.
    pub first_byte: Duration,
    /// The provider's headers that the caller gets.
    pub headers: HeaderMap,
    /// The body.
    pub body: ReplyBody,
}

/// The body of a reply.
#[derive(Debug)]
pub enum ReplyBody {
    /// A chat completion in one piece, and what it means.
    Completion(Bytes, Completion),
    /// Anything else in one piece: other JSON, or the provider's error.
    Whole(Bytes),
    /// A stream whose first token has come.
    Events(Box<Events>),
}

/// Why no target answered.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The last provider refused, with a status and a body of its own to hand on.
    #[error("{} answered {}", .0.target, .0.status)]
    Refused(Box<Reply>),
    /// The last provider could not be reached or broke off.
    #[error("{target}: {problem}")]
    Unreachable {
        /// Who was asked last.
        target: Target,
        /// What happened.
        problem: String,
    },
    /// Time ran out.
    #[error("{target}: {problem}")]
    Timeout {
        /// Who was asked last.
        target: Target,
        /// Which limit.
        problem: String,
    },
    /// The last provider answered with a success that is none.
    #[error("{target}: {problem}")]
    Invalid {
        /// Who was asked last.
        target: Target,
        /// What was wrong with it.
        problem: String,
    },
    /// Every target has failed lately and is left alone for a while.
    #[error(
        "no provider is available: every target has failed repeatedly and is left alone for now"
    )]
    AllResting {
        /// When the first of them is tried again.
        retry_after: Duration,
    },
    /// The plan names a provider that is not configured.
    #[error("provider '{0}' is not configured")]
    UnknownProvider(String),
}

impl Failure {
    /// What happened, less what the provider said of it: that may quote the prompt, and is for the caller alone.
    fn in_brief(&self) -> String {
        match self {
            Self::Invalid { .. } => "not what the API promises".to_owned(),
            other => other.to_string(),
        }
    }
}

/// The HTTP client and what it knows about the health of targets.
pub struct Upstream {
    client: reqwest::Client,
    addresses: HashMap<String, Address>,
    settings: config::Upstream,
    breakers: Breakers,
    latencies: Latencies,
    metrics: Arc<Metrics>,
}

/// A provider with its URLs parsed: doing that for every request would cost more than sending it.
struct Address {
    provider: Provider,
    chat: reqwest::Url,
    embeddings: reqwest::Url,
}

/// Why the HTTP client cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The client itself.
    #[error("cannot set up the HTTP client: {0}")]
    Client(#[from] reqwest::Error),
    /// A provider's base URL.
    #[error("providers.{name}.base_url: {problem}")]
    BaseUrl {
        /// The provider.
        name: String,
        /// What is wrong with it.
        problem: String,
    },
}

impl Upstream {
    /// A client for `providers`.
    pub fn new(
        providers: IndexMap<String, Provider>,
        settings: config::Upstream,
        metrics: Arc<Metrics>,
    ) -> Result<Self, SetupError> {
        // Fails only when a provider is installed already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .connect_timeout(settings.connect_timeout)
            .tcp_nodelay(true)
            .pool_max_idle_per_host(256)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("scrimp/", env!("CARGO_PKG_VERSION")))
            .build()?;
        let addresses = providers
            .into_iter()
            .map(|(name, provider)| match Address::new(&provider) {
                Ok(address) => Ok((name, address)),
                Err(problem) => Err(SetupError::BaseUrl { name, problem }),
            })
            .collect::<Result<_, _>>()?;
        let breakers = Breakers::new(settings.breaker_failures, settings.breaker_cooldown);
        Ok(Self { client, addresses, settings, breakers, latencies: Latencies::default(), metrics })
    }

    /// How long a target lately took to the head of a successful response; `None` when it has not been asked for a minute.
    pub fn latency(&self, target: &Target) -> Option<Duration> {
        self.latencies.recent(target, Instant::now())
    }

    /// Sends `call` until a target answers, for at most the configured total time.
    pub async fn send(&self, call: Call<'_>) -> Result<Reply, Failure> {
        let deadline = Instant::now() + self.settings.total_timeout;
        let mut attempts = 0;
        let mut failure = None;
        for round in 0..=self.settings.retries {
            let mut wait = None;
            for target in self.awake(call.targets) {
                attempts += 1;
                match self.attempt(&call, target, deadline, attempts).await {
                    Ok(reply) => return Ok(reply),
                    Err(Attempt { failure: found, retry_after, .. }) => {
                        let problem = found.in_brief();
                        tracing::warn!(%target, attempts, problem, "upstream attempt failed");
                        wait = soonest(wait, retry_after);
                        failure = Some(found);
                    }
                }
            }
            let Some(pause) = self.pause(round, wait) else { break };
            if round == self.settings.retries
                || failure.is_none()
                || Instant::now() + pause >= deadline
            {
                break;
            }
            tokio::time::sleep(pause).await;
        }
        Err(failure.unwrap_or_else(|| Failure::AllResting {
            retry_after: self.breakers.soonest(call.targets),
        }))
    }

    /// The targets worth trying now. Those that are rate-limited are left out while there is another.
    fn awake<'a>(&self, targets: &'a [Target]) -> Vec<&'a Target> {
        let awake: Vec<_> =
            targets.iter().filter(|target| !self.breakers.is_open(target)).collect();
        let free: Vec<_> =
            awake.iter().copied().filter(|target| !self.breakers.is_limited(target)).collect();
        if free.is_empty() { awake } else { free }
    }

    /// How long to wait before the next round; `None` when the provider wants more patience than we have.
    fn pause(&self, round: u32, retry_after: Option<Duration>) -> Option<Duration> {
        let backoff = self.settings.backoff.saturating_mul(1 << round.min(10));
        let jittered = backoff.mul_f64(rand::rng().random_range(0.5..1.5));
        match retry_after {
            Some(wait) if wait > self.settings.max_retry_after => None,
            Some(wait) => Some(wait.max(jittered)),
            None => Some(jittered),
        }
    }

    async fn attempt(
        &self,
        call: &Call<'_>,
        target: &Target,
        deadline: Instant,
        attempts: u32,
    ) -> Result<Reply, Attempt> {
        let Some(address) = self.addresses.get(&target.provider) else {
            return Err(Failure::UnknownProvider(target.provider.clone()).into());
        };
        let trial = self.breakers.begin(target);
        let request = attempt::Request {
            client: &self.client,
            settings: &self.settings,
            call,
            target,
            address,
        };
        let result = request.send(deadline, attempts).await;
        match &result {
            Ok(reply) => {
                if reply.status.is_success() {
                    self.latencies.note(target, reply.first_byte, Instant::now());
                }
                trial.succeeded();
            }
            Err(Attempt { rate_limited: true, retry_after, .. }) => {
                trial.rate_limited(*retry_after)
            }
            Err(_) => trial.failed(),
        }
        self.metrics.attempt(target, result.as_ref().map_or_else(Attempt::outcome, |_| "ok"));
        result
    }
}

impl Address {
    fn new(provider: &Provider) -> Result<Self, String> {
        let url = |path| {
            let text = format!("{}{path}", provider.base_url);
            reqwest::Url::parse(&text).map_err(|error| error.to_string())
        };
        Ok(Self {
            chat: url("/chat/completions")?,
            embeddings: url("/embeddings")?,
            provider: provider.clone(),
        })
    }

    fn url(&self, endpoint: Endpoint) -> reqwest::Url {
        match endpoint {
            Endpoint::Chat => self.chat.clone(),
            Endpoint::Embeddings => self.embeddings.clone(),
        }
    }
}

fn soonest(a: Option<Duration>, b: Option<Duration>) -> Option<Duration> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}
