//! Sends a plan to providers: the only place that speaks HTTP to them.
//!
//! Targets are tried in order until one answers; after the last, the round begins again with a pause. What a provider
//! answers to a request that is the caller's fault is an answer too, and is handed on.

mod address;
mod attempt;
mod clients;
mod connect;
mod credentials;
mod events;
mod health;
mod keyring;
mod probe;
mod reply;
pub mod sign;

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use foldhash::fast::RandomState;
use http::{HeaderMap, StatusCode};
use indexmap::IndexMap;
use rand::Rng as _;

use self::{
    address::Address,
    attempt::Attempt,
    clients::Clients,
    credentials::Credentials,
    health::{Health, Settings},
};
pub use self::{
    clients::ClientError,
    events::{Events, Passed, StreamError},
    health::Standing,
    probe::Probes,
    reply::{Failure, Reply, ReplyBody},
};
use crate::{
    config::{self, Provider, Target},
    provider::{Inexpressible, Outbound},
    telemetry::Metrics,
};

/// The request for a target in the words of its provider.
pub type Wording<'a> = dyn Fn(&Target, &Provider) -> Result<Outbound, Inexpressible> + Sync + 'a;

/// One request to whichever of `targets` answers first.
pub struct Call<'a> {
    /// Where to send it, in order; never empty.
    pub targets: &'a [Target],
    /// What is asked for.
    pub endpoint: Endpoint,
    /// The request for a target.
    pub request: &'a Wording<'a>,
    /// Headers of the caller that are handed on.
    pub headers: &'a HeaderMap,
}

/// The resources of a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endpoint {
    /// Answers to chat requests, in whichever dialect.
    Answers,
    /// Embeddings, in OpenAI's dialect.
    Embeddings,
    /// The length of a request in Anthropic's dialect.
    CountTokens,
}

/// The HTTP clients and what is known about the health of targets.
pub struct Upstream {
    clients: Clients,
    vendors: HashMap<String, Vendor, RandomState>,
    settings: config::Upstream,
    health: Arc<Health>,
    metrics: Arc<Metrics>,
}

/// A provider, where it is, and by what it knows us.
struct Vendor {
    address: Address,
    credentials: Credentials,
}

/// Why the HTTP client cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The client itself.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// A provider's base URL.
    #[error("providers.{name}.base_url: {problem}")]
    BaseUrl {
        /// The provider.
        name: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A provider's credentials.
    #[error("providers.{name}.credentials: {path}: {problem}")]
    Credentials {
        /// The provider.
        name: String,
        /// The file.
        path: String,
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
        let clients = Clients::new(settings.connect_timeout)?;
        let vendor = |(name, provider): (String, Provider)| {
            let (credentials, project) = Credentials::new(&name, &provider)?;
            match Address::new(provider, project) {
                Ok(address) => Ok((name, Vendor { address, credentials })),
                Err(problem) => Err(SetupError::BaseUrl { name, problem }),
            }
        };
        let vendors = providers.into_iter().map(vendor).collect::<Result<_, SetupError>>()?;
        let health = Health::new(Settings {
            failures: settings.breaker_failures,
            cooldown: settings.breaker_cooldown,
        });
        Ok(Self { clients, vendors, settings, health, metrics })
    }

    /// How long a target lately took to its first token; `None` when it has not been asked for a minute.
    pub fn latency(&self, target: &Target) -> Option<Duration> {
        self.health.latency(target)
    }

    /// What a request to a target costs in time: its recent latency times the requests that wait for it, seconds.
    pub fn load(&self, target: &Target) -> f64 {
        self.health.load(target)
    }

    /// How every target does that has been asked.
    pub fn standings(&self) -> Vec<(Target, Standing)> {
        self.health.standings()
    }

    /// The provider of a target, when it is configured.
    pub fn provider(&self, target: &Target) -> Option<&Provider> {
        self.vendors.get(&target.provider).map(|vendor| &vendor.address.provider)
    }

    /// Sends `call` until a target answers, for at most the configured total time.
    pub async fn send(&self, call: Call<'_>) -> Result<Reply, Failure> {
        let deadline = Instant::now() + self.settings.total_timeout;
        let mut attempts = 0;
        let mut failure = None;
        for round in 0..=self.settings.retries {
            let mut waits = Vec::new();
            for target in self.awake(call.targets) {
                if attempts > 0 && Instant::now() >= deadline {
                    // One that gets no time is not asked, and not to blame.
                    break;
                }
                match self.attempt(&call, target, deadline, &mut attempts).await {
                    Ok(reply) => return Ok(reply),
                    Err(Attempt { failure: found, retry_after, .. }) => {
                        let problem = found.in_brief();
                        tracing::warn!(%target, attempts, problem, "upstream attempt failed");
                        waits.push(retry_after);
                        failure = worst(failure, found);
                    }
                }
            }
            let Some(pause) = self.pause(round, soonest(&waits)) else { break };
            if round == self.settings.retries
                || failure.as_ref().is_none_or(Failure::is_of_the_request)
                || Instant::now() + pause >= deadline
            {
                break;
            }
            tokio::time::sleep(pause).await;
        }
        Err(failure.unwrap_or_else(|| Failure::AllResting {
            retry_after: self.health.soonest(call.targets),
        }))
    }

    /// The targets worth trying now. Those that are rate-limited are left out while there is another.
    fn awake<'a>(&self, targets: &'a [Target]) -> Vec<&'a Target> {
        let awake: Vec<_> = targets.iter().filter(|target| !self.health.is_open(target)).collect();
        let free: Vec<_> =
            awake.iter().copied().filter(|target| !self.health.is_limited(target)).collect();
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

    /// Asks one target, with one of its keys after the other while they are rate-limited or refused.
    async fn attempt(
        &self,
        call: &Call<'_>,
        target: &Target,
        deadline: Instant,
        attempts: &mut u32,
    ) -> Result<Reply, Attempt> {
        let Some(Vendor { address, credentials }) = self.vendors.get(&target.provider) else {
            return Err(Failure::UnknownProvider(target.provider.clone()).into());
        };
        let provider = &address.provider;
        let outbound = (call.request)(target, provider)
            .map_err(|problem| Failure::Inexpressible { target: target.clone(), problem })?;
        let uri = address
            .uri(call.endpoint, target, &outbound)
            .map_err(|problem| Failure::NoSuchResource { target: target.clone(), problem })?;
        let client = self.clients.here();
        let mut tried = Vec::new();
        let mut last = None;
        while let Some(key) = credentials.keys.next(&target.model, &tried) {
            if !tried.is_empty() && Instant::now() >= deadline {
                break;
            }
            tried.push(key);
            *attempts += 1;
            let in_flight = Arc::new(self.health.begin(target));
            let request = attempt::Request {
                client,
                settings: &self.settings,
                call,
                target,
                address,
                credentials,
                key,
                uri: &uri,
                outbound: &outbound,
                in_flight: &in_flight,
            };
            let result = request.send(deadline, *attempts).await;
            self.metrics.attempt(target, result.as_ref().map_or_else(Attempt::outcome, |_| "ok"));
            let has_several = credentials.keys.has_several();
            match &result {
                Ok(reply) if has_several && is_about_the_key(reply.status) => {
                    tracing::warn!(%target, status = %reply.status, "a key is refused");
                    credentials.keys.rest(key, &target.model, Some(REFUSED_KEY_REST));
                    in_flight.refused();
                    // That another key has only had enough for now says more.
                    last = last.filter(Result::is_err).or(Some(result));
                    continue;
                }
                Err(Attempt { rate_limited: true, retry_after, .. }) if has_several => {
                    credentials.keys.rest(key, &target.model, *retry_after);
                    last = Some(result);
                    continue;
                }
                Ok(reply) if reply.status.is_success() => {
                    in_flight.answered();
                    if !matches!(reply.body, ReplyBody::Events(_)) {
                        in_flight.finished();
                    }
                }
                Ok(_) => in_flight.refused(),
                Err(Attempt { rate_limited: true, retry_after, .. }) => {
                    in_flight.rate_limited(*retry_after);
                }
                Err(_) => in_flight.failed(),
            }
            return result;
        }
        // Every key was tried, and rests; so does the target, if for their limits.
        match last {
            Some(Err(attempt)) => {
                self.health.begin(target).rate_limited(attempt.retry_after);
                Err(attempt)
            }
            Some(Ok(reply)) => Ok(reply),
            None => Err(Failure::AllResting { retry_after: self.settings.breaker_cooldown }.into()),
        }
    }
}

/// How long a key rests that the provider refuses.
const REFUSED_KEY_REST: Duration = Duration::from_secs(300);

fn is_about_the_key(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::PAYMENT_REQUIRED
    )
}

/// What a caller is told when several targets failed: rather what a provider said than that one could not be asked.
fn worst(before: Option<Failure>, found: Failure) -> Option<Failure> {
    match before {
        Some(before) if found.is_of_the_request() && !before.is_of_the_request() => Some(before),
        _ => Some(found),
    }
}

/// What the most patient of some targets asks for; `None` where one of them asks for nothing.
fn soonest(waits: &[Option<Duration>]) -> Option<Duration> {
    waits.iter().copied().collect::<Option<Vec<_>>>()?.into_iter().min()
}
