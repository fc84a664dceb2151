//! The checked configuration: every value in here is valid, defaults are filled in, units are resolved.
//!
//! `load` reads a file and `env` the environment, `check` collects all mistakes at once.

mod check;
mod env;
mod error;
mod interpolate;
mod load;
mod presets;
mod quantities;
mod reader;
#[cfg(test)]
mod tests;
mod tree;
pub mod units;
mod wording;

pub use error::{ConfigErrors, Loaded, Mistake, Position};

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use indexmap::IndexMap;

/// Everything that `scrimp serve` can be told.
#[derive(Debug, Clone)]
pub struct Config {
    /// Address of the gateway (`listen`).
    pub listen: SocketAddr,
    /// Limits of our own HTTP side (`server`).
    pub server: Server,
    /// Listener of metrics and admin (`admin`); `None` when `admin: off`.
    pub admin: Option<SocketAddr>,
    /// Keys that callers may use (`keys`); empty: any bearer token is accepted, which `check` allows
    /// on a loopback listener only, or with `auth: none`.
    pub keys: Vec<CallerKey>,
    /// Upstream vendors by name, in file order (`providers`).
    pub providers: IndexMap<String, Provider>,
    /// Short names for targets (`aliases`).
    pub aliases: IndexMap<String, Target>,
    /// The two ordered pools (`tiers`).
    pub tiers: Tiers,
    /// How `model: auto` picks a tier (`router`).
    pub router: Router,
    /// The cache (`cache`).
    pub cache: Cache,
    /// The embedding model (`embedding`).
    pub embedding: Embedding,
    /// Timeouts, retries and breaker towards providers (`upstream`).
    pub upstream: Upstream,
    /// Price overrides by `provider/model` (`prices`).
    pub prices: IndexMap<String, PriceOverride>,
}

/// Limits of our own HTTP side.
#[derive(Debug, Clone)]
pub struct Server {
    /// Largest request body, bytes (`server.max_body`, default 10MiB).
    pub max_body: usize,
    /// Largest request head, bytes (`server.max_head`, default 64KiB, at least 8KiB).
    pub max_head: usize,
    /// Time a client has to send its request head (`server.head_timeout`, default 10s).
    pub head_timeout: Duration,
    /// Time a client has to send its whole body (`server.body_timeout`, default 30s).
    pub body_timeout: Duration,
    /// Requests worked on at once; more are shed with 503 (`server.max_in_flight`, default 1024).
    pub max_in_flight: usize,
    /// How long shutdown waits for requests in flight (`server.drain`, default 30s).
    pub drain: Duration,
}

/// A caller's key: the secret itself is not kept.
#[derive(Debug, Clone)]
pub struct CallerKey {
    /// Name in logs, metrics and scopes.
    pub name: String,
    /// BLAKE3 of the secret.
    pub hash: [u8; 32],
}

/// A secret that never shows in logs or `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }
    /// The secret itself, for the one place that sends it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// One upstream vendor that speaks OpenAI's protocol.
#[derive(Debug, Clone)]
pub struct Provider {
    /// `https://host/v1`, without a slash at the end; `/chat/completions` is appended.
    pub base_url: String,
    /// Sent as `Authorization: Bearer`; none is sent when absent.
    pub api_key: Option<Secret>,
    /// Extra headers for every call (`headers`).
    pub headers: IndexMap<String, Secret>,
    /// Ask for usage in streams (`stream_usage`, default true); switch off for a vendor that refuses `stream_options`.
    pub stream_usage: bool,
}

/// A model at a provider.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Target {
    /// Name in `providers`.
    pub provider: String,
    /// The provider's name for the model; may contain slashes.
    pub model: String,
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.provider, self.model)
    }
}

/// The ordered pools behind `model: auto`.
#[derive(Debug, Clone, Default)]
pub struct Tiers {
    /// Tried first for easy requests.
    pub cheap: Vec<Target>,
    /// For hard ones.
    pub frontier: Vec<Target>,
}

/// One of the two tiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tier {
    /// The cheap pool.
    Cheap,
    /// The frontier pool.
    Frontier,
}

impl Tier {
    /// As written in headers, configuration and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cheap => "cheap",
            Self::Frontier => "frontier",
        }
    }
}

/// How `model: auto` picks a tier.
#[derive(Debug, Clone)]
pub struct Router {
    /// What the classifier's threshold aims at (one of `router.quality`, `router.frontier_share`, `router.threshold`).
    pub aim: Aim,
    /// Tier when no rule and no classifier decides (`router.default_tier`, default frontier).
    pub default_tier: Tier,
    /// Requests longer than this go to the frontier without asking the classifier (`router.long_prompt_tokens`, default 4000).
    pub long_prompt_tokens: usize,
    /// The operator's rules, first match wins (`router.rules`).
    pub rules: Vec<Rule>,
}

/// What the classifier's threshold aims at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Aim {
    /// Share of the frontier's quality, `0..=1` (default 0.95).
    Quality(f64),
    /// Share of requests that go to the frontier, `0..=1`.
    FrontierShare(f64),
    /// P(cheap is not good enough) above which the frontier answers, `0..=1`.
    Threshold(f64),
}

/// One operator rule: all conditions that are set must hold.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Name in `x-scrimp-reason` (`name`).
    pub name: String,
    /// Regular expression over the last user turn (`matches`).
    pub matches: Option<regex::Regex>,
    /// At least this many (estimated) prompt tokens (`min_tokens`).
    pub min_tokens: Option<usize>,
    /// At most this many (`max_tokens`).
    pub max_tokens: Option<usize>,
    /// The request offers tools, or not (`tools`).
    pub tools: Option<bool>,
    /// The prompt holds code, or not (`code`).
    pub code: Option<bool>,
    /// A request header with this exact value: name in lower case, value (`header: {name: value}`).
    pub header: Option<(String, String)>,
    /// Where it goes (`tier`).
    pub tier: Tier,
}

/// Who may share answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Callers with the same key (default).
    Key,
    /// All callers.
    Shared,
}

/// The cache.
#[derive(Debug, Clone)]
pub struct Cache {
    /// `cache.enabled`, default true.
    pub enabled: bool,
    /// How long an answer may be served (`ttl`, default 24h).
    pub ttl: Duration,
    /// Bound on keys, answers and vectors together, bytes (`max_bytes`, default 512MiB).
    pub max_bytes: u64,
    /// The largest answer that is stored, bytes (`max_entry_bytes`, default 1MiB).
    pub max_entry_bytes: usize,
    /// `scope`, `key` or `shared`.
    pub scope: Scope,
    /// Whether to match by meaning (`semantic`, default true).
    pub semantic: bool,
    /// A fixed cosine from which on candidates are served (`threshold`), in place of the error budget.
    pub threshold: Option<f32>,
    /// A fixed confidence from which on candidates are served (`confidence`), in place of the budget's own.
    pub confidence: Option<f64>,
    /// Neighbours looked at (`candidates`, default 4).
    pub candidates: usize,
    /// Above this temperature nothing is matched by meaning (`max_temperature`, default 1.0).
    pub max_temperature: f64,
    /// The error budget: largest share of wrong answers among those served by meaning (`max_wrong`, default 1%); 0
    /// switches matching by meaning off.
    pub max_wrong: f64,
    /// `mode`, `serve` or `shadow`.
    pub mode: CacheMode,
    /// Share of would-be hits by meaning that go upstream all the same, to compare the answers (`shadow_share`; by default
    /// 5%, and 0% with a fixed threshold or confidence).
    pub shadow_share: f64,
    /// Whether the budget learns from the traffic (`learn`, default true); else it keeps to its calibration, and no hit is
    /// checked but in shadow mode.
    pub learn: bool,
    /// Whether words about time and about the caller's own account narrow what is shared (`careful`, default true).
    pub careful: bool,
    /// Who compares two answers when words alone do not tell (`judge`).
    pub judge: AnswerJudge,
}

impl Cache {
    /// The score from which on candidates are served where it does not follow from the budget.
    pub fn fixed_score(&self) -> Option<f64> {
        self.threshold.map(f64::from).or(self.confidence)
    }
}

/// Whether hits by meaning are served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheMode {
    /// They are (default).
    Serve,
    /// They go upstream, and are only measured.
    Shadow,
}

/// Who compares the answers of a shadow check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerJudge {
    /// Words, numbers and embeddings, in this process (default).
    Local,
    /// The cheap tier, where those do not tell.
    Cheap,
}

/// Where the embedding model runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceChoice {
    /// CUDA when it is built in and present, else the CPU.
    Auto,
    /// The CPU.
    Cpu,
    /// CUDA, or an error at start.
    Cuda,
}

/// Which embedding model, and how it is fed.
#[derive(Debug, Clone)]
pub struct Embedding {
    /// `builtin`, a folder, or a Hugging Face id (`model`).
    pub model: ModelSource,
    /// `device`: auto, cpu or cuda.
    pub device: DeviceChoice,
    /// Texts waiting for the model; beyond it they are refused (`queue`, default 512).
    pub queue: usize,
    /// Most tokens in one batch (`batch_tokens`, default 4096).
    pub batch_tokens: usize,
}

/// Where the embedding model comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelSource {
    /// The one in this binary.
    Builtin,
    /// A local folder in the Hugging Face layout.
    Folder(PathBuf),
    /// `organisation/name` on the Hugging Face hub.
    Hub(String),
}

/// Timeouts, retries and breaker towards providers.
#[derive(Debug, Clone)]
pub struct Upstream {
    /// TCP and TLS (`connect_timeout`, default 5s).
    pub connect_timeout: Duration,
    /// Until the response head (`first_byte_timeout`, default 60s).
    pub first_byte_timeout: Duration,
    /// Between two chunks (`idle_timeout`, default 60s).
    pub idle_timeout: Duration,
    /// The whole request over all attempts (`total_timeout`, default 10m).
    pub total_timeout: Duration,
    /// Further rounds over the targets after the first (`retries`, default 2).
    pub retries: u32,
    /// First pause between rounds, doubled each time, with jitter (`backoff`, default 250ms).
    pub backoff: Duration,
    /// The longest `retry-after` that is waited for; a longer one is passed on (`max_retry_after`, default 5s).
    pub max_retry_after: Duration,
    /// Consecutive failures that open a target's breaker (`breaker_failures`, default 5).
    pub breaker_failures: u32,
    /// How long it stays open (`breaker_cooldown`, default 10s).
    pub breaker_cooldown: Duration,
}

/// A price set by the operator, in nano-USD per million tokens (0.15 USD/M is 150_000_000).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PriceOverride {
    /// Fresh input tokens (`input: 0.15 USD/M`).
    pub input: u64,
    /// Output tokens (`output`).
    pub output: u64,
    /// Input tokens read from the provider's cache (`cached_input`); default: as `input`.
    pub cached_input: Option<u64>,
}
