//! The checked configuration: every value in here is valid, defaults are filled in, units are resolved.
//!
//! `load` reads a file and `env` the environment, `check` collects all mistakes at once.

mod check;
mod env;
mod error;
mod interpolate;
mod load;
mod presets;
mod provider;
mod quantities;
mod reader;
mod routing;
#[cfg(test)]
mod tests;
mod tiers;
mod tree;
pub mod units;
mod wording;

pub use error::{ConfigErrors, Loaded, Mistake, Position};
pub use provider::{Aws, Format, Provider, Vertex};
pub use routing::{
    Action, Aim, CascadeStream, Conditions, KeyPolicy, ModelFacts, Pick, Router, Rule,
};
pub use tiers::{Pool, Target, Tier, Tiers};

use std::{net::SocketAddr, num::NonZeroUsize, path::PathBuf, time::Duration};

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
    /// The ordered pools (`tiers`).
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
    /// Files with prices over the shipped ones, the last first (`price_files`).
    pub price_files: Vec<PathBuf>,
    /// What money is compared with, and what is done without prices (`spending`).
    pub spending: Spending,
    /// Where every request is written down (`ledger`); `None` when `ledger: off`.
    pub ledger: Option<Ledger>,
    /// What models can do, where the operator says so (`models`).
    pub models: IndexMap<Target, ModelFacts>,
}

/// How money is looked at.
#[derive(Debug, Clone, Default)]
pub struct Spending {
    /// Requests of keys with a budget may go to models without a known price (`unpriced`, `refuse` or `allow`).
    pub allows_unpriced: bool,
    /// The model that answers of lower tiers are compared with (`baseline`); by default the first of the frontier.
    pub baseline: Option<Target>,
}

/// Where and how requests are written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ledger {
    /// The SQLite file (`path`).
    pub path: PathBuf,
    /// The operator chose it: that it cannot be opened is an error, not a warning.
    pub is_chosen: bool,
    /// How long records are kept (`keep`); `None`: for ever.
    pub keep: Option<Duration>,
    /// What of prompts and answers is kept (`log_content`).
    pub content: LogContent,
    /// Records that wait to be written; beyond it only sums are kept (`queue`).
    pub queue: usize,
}

impl Ledger {
    /// Where it is unless the operator says otherwise.
    pub const USUAL_PATH: &str = "./scrimp-data/ledger.db";
}

/// What of prompts and answers is written down.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogContent {
    /// Nothing (default).
    #[default]
    None,
    /// A hash, by which equal ones can be told.
    Hash,
    /// All of it.
    Full,
}

/// Limits of our own HTTP side.
#[derive(Debug, Clone)]
pub struct Server {
    /// Threads that serve callers (`server.threads`, default: one a CPU that the process may use).
    pub threads: NonZeroUsize,
    /// Largest request body, bytes (`server.max_body`, default 10MiB).
    pub max_body: usize,
    /// Largest request head, bytes (`server.max_head`, default 64KiB, at least 8KiB).
    pub max_head: usize,
    /// Time a client has to send its request head (`server.head_timeout`, default 10s).
    pub head_timeout: Duration,
    /// Time a connection stays open without a request (`server.idle_timeout`, default 75s).
    pub idle_timeout: Duration,
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
    /// What `auto` means for it (`tier` or `quality`).
    pub policy: Option<KeyPolicy>,
    /// The most that it may spend, nano-USD a UTC day (`budget`).
    pub budget: Option<u64>,
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
    /// Bound on the vectors that `/v1/embeddings` answered with, bytes (`max_embedding_bytes`, default 64MiB).
    pub max_embedding_bytes: u64,
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
    /// Folder in which what is learnt is kept across restarts (`path`).
    pub path: Option<PathBuf>,
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

/// Who compares two answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerJudge {
    /// Words, numbers and embeddings, in this process (default).
    Local,
    /// The cheap tier, where those do not tell.
    Cheap,
    /// The frontier, where those do not tell.
    Frontier,
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

/// How narrow the numbers are that the local models compute with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    /// Int8 on the CPU, f32 on one without instructions for that, f16 on a GPU.
    Auto,
    /// Weights and activations of eight bits, on the CPU.
    Int8,
    /// bf16 on a GPU and on a CPU with tiles for it, else f32.
    Bf16,
    /// Half precision, on a GPU.
    F16,
    /// 32-bit floats.
    F32,
}

/// Which embedding model, and how it is fed.
#[derive(Debug, Clone)]
pub struct Embedding {
    /// `builtin`, a folder, or a Hugging Face id (`model`).
    pub model: ModelSource,
    /// `device`: auto, cpu or cuda.
    pub device: DeviceChoice,
    /// Of this model and of the verifier (`precision`): auto, int8, bf16 or f32.
    pub precision: Precision,
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
    /// How often providers are asked whether they are there (`probe`); `None`: never.
    pub probe: Option<Duration>,
    /// Requests with fields that a provider's format has no words for are refused there instead of losing them
    /// (`inexpressible`, `drop` or `refuse`).
    pub is_strict: bool,
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
