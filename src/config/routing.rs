//! What can be said about `model: auto`: aims, rules, policies of keys, facts about models.

use std::{path::PathBuf, time::Duration};

use regex::Regex;

use super::{AnswerJudge, Tier, Tiers};

/// How `model: auto` picks a tier, and a target within it.
#[derive(Debug, Clone)]
pub struct Router {
    /// What the learned choice aims at (one of `quality`, `frontier_share`, `spend`, `threshold`).
    pub aim: Aim,
    /// Tier where no rule decides and there is no text to classify (`default_tier`, default frontier).
    pub default_tier: Tier,
    /// Longer prompts, in estimated tokens, go to the frontier without asking the classifier (`long_prompt_tokens`,
    /// default 4000).
    pub long_prompt_tokens: usize,
    /// In which order the targets of a tier are tried (`pick`).
    pub pick: Pick,
    /// Targets that lately took longer to their first byte are tried last within their tier (`max_latency`).
    pub max_latency: Option<Duration>,
    /// Whether the choice learns from the traffic (`learn`, default true).
    pub learn: bool,
    /// What every scope begins with beside the shipped classifier, a file of `scrimp route train` (`adapter`).
    pub adapter: Option<PathBuf>,
    /// Share of answers that are compared with the frontier's (`shadow_share`, default 2%).
    pub shadow_share: f64,
    /// Most that such comparisons may cost, nano-USD a day (`shadow_spend`, default 1 USD/day); 0: none are made.
    pub shadow_spend: u64,
    /// A caller who asks the same again within it was not content with the answer (`escalation_window`, default 2m).
    pub escalation_window: Duration,
    /// Who compares answers where words do not tell (`judge`).
    pub judge: AnswerJudge,
    /// Share of requests that a newly learnt version decides at first (`canary`, default 10%).
    pub canary: f64,
    /// Lowest mean log-probability of its tokens with which a cascade accepts an answer, at most 0
    /// (`cascade_min_logprob`).
    pub cascade_min_logprob: Option<f64>,
    /// Answers of the cheap tier that a cascade asks for, 1 or 2: two have to agree (`cascade_samples`, default 1).
    pub cascade_samples: usize,
    /// The operator's rules, first match wins (`rules`).
    pub rules: Vec<Rule>,
}

impl Default for Router {
    fn default() -> Self {
        const DAILY_SHADOW_SPEND: u64 = 1_000_000_000;
        Self {
            aim: Aim::Quality(0.95),
            default_tier: Tiers::default().frontier().tier.clone(),
            long_prompt_tokens: 4000,
            pick: Pick::Order,
            max_latency: None,
            learn: true,
            adapter: None,
            shadow_share: 0.02,
            shadow_spend: DAILY_SHADOW_SPEND,
            escalation_window: Duration::from_secs(120),
            judge: AnswerJudge::Local,
            canary: 0.1,
            cascade_min_logprob: None,
            cascade_samples: 1,
            rules: Vec::new(),
        }
    }
}

/// What the learned choice aims at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Aim {
    /// Share of the frontier's quality, `0..=1` (default 0.95).
    Quality(f64),
    /// Share of requests that go to the frontier, `0..=1`.
    FrontierShare(f64),
    /// Money for answers from providers.
    Spend {
        /// Nano-USD a day.
        nano_usd_per_day: u64,
    },
    /// P(a tier is not good enough) above which a better one answers, `0..=1`.
    Threshold(f64),
}

/// In which order the targets of a tier are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pick {
    /// As configured (default).
    Order,
    /// The one that is cheapest for the request first.
    Cheapest,
    /// The faster of two that chance picks first.
    Fastest,
    /// By chance, each as often as its weight says.
    Weighted,
}

/// One operator rule.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Name in `x-scrimp-reason` (`name`).
    pub name: String,
    /// When it holds.
    pub conditions: Conditions,
    /// What happens then.
    pub action: Action,
}

/// What a rule asks of a request: all that are set must hold.
#[derive(Debug, Clone, Default)]
pub struct Conditions {
    /// Regular expression over the last user turn (`matches`).
    pub matches: Option<Regex>,
    /// Regular expression over the system prompt (`system`).
    pub system: Option<Regex>,
    /// At least this many (estimated) prompt tokens (`min_tokens`).
    pub min_tokens: Option<usize>,
    /// At most this many (`max_tokens`).
    pub max_tokens: Option<usize>,
    /// At least this many turns before the last one, the system prompt aside (`min_turns`).
    pub min_turns: Option<usize>,
    /// The request offers tools, or not (`tools`).
    pub tools: Option<bool>,
    /// The conversation holds images, or not (`images`).
    pub images: Option<bool>,
    /// The last user turn holds code, or not (`code`).
    pub code: Option<bool>,
    /// The answer must be JSON, or not (`json`).
    pub json: Option<bool>,
    /// A request header with this exact value: name in lower case, value (`header: {name: value}`).
    pub header: Option<(String, String)>,
    /// The caller's key by its name (`key`).
    pub key: Option<String>,
}

/// What a rule says is to be done.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// This tier answers (`tier`).
    Tier(Tier),
    /// The learned choice decides, with this share of the frontier's quality as its aim (`quality`).
    Quality(f64),
    /// The cheap tier answers first, a better one where that answer does not do (`cascade: true`).
    Cascade {
        /// What becomes of streams (`stream`).
        stream: CascadeStream,
    },
}

/// What a cascade does with a caller who wants a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CascadeStream {
    /// It waits until the answer has been checked (default).
    Wait,
    /// It gets the first answer as it comes, unchecked.
    Direct,
}

/// What `auto` means for one caller, where no rule holds and the caller insists on no tier.
#[derive(Debug, Clone, PartialEq)]
pub enum KeyPolicy {
    /// This tier answers (`tier`).
    Tier(Tier),
    /// The learned choice decides, with this share of the frontier's quality as its aim (`quality`).
    Quality(f64),
}

/// What a model can do. What is not known it is taken to be able to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModelFacts {
    /// Context window, tokens (`context`); `None`: as in the catalogue.
    pub context: Option<u64>,
    /// It takes tools (`tools`).
    pub tools: bool,
    /// It takes images (`images`).
    pub images: bool,
    /// It takes a `response_format` with a schema (`json_schema`).
    pub json_schema: bool,
    /// Its share of the requests of its tier with `pick: weighted` (`weight`, default 1).
    pub weight: u32,
}

impl Default for ModelFacts {
    fn default() -> Self {
        Self { context: None, tools: true, images: true, json_schema: true, weight: 1 }
    }
}
