//! Owns [`Price`]: what a model's tokens cost, by length of the prompt and by service tier. Knows no model and no vendor.

use serde::{Deserialize, Serialize};

use super::{service::ServiceTier, usage::Usage};

/// What a model costs. Rates of tokens are nano-USD per million tokens (0.15 USD/M is 150_000_000), fees are nano-USD each.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    /// The vendor's usual service.
    #[serde(flatten)]
    pub standard: Table,
    /// Requests in a batch; `None`: as `standard`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<Box<Table>>,
    /// Requests that wait for room; `None`: as `standard`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flex: Option<Box<Table>>,
    /// Requests that are served before others; `None`: as `standard`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<Box<Table>>,
    /// Each request, whatever its tokens.
    #[serde(default, skip_serializing_if = "is_zero", with = "usd")]
    pub request: u64,
    /// Each web search that the vendor makes for an answer.
    #[serde(default, skip_serializing_if = "is_zero", with = "usd")]
    pub web_search: u64,
}

/// The rates of one service tier.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// Prompts of usual length.
    #[serde(flatten)]
    pub rates: Rates,
    /// Long prompts, shortest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tiers: Vec<Tier>,
}

/// The rates of long prompts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tier {
    /// All tokens of a request with more input tokens than this are billed at `rates`.
    pub above: u64,
    /// What they cost.
    #[serde(flatten)]
    pub rates: Rates,
}

/// What tokens cost, nano-USD per million.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rates {
    /// Fresh input.
    #[serde(with = "usd")]
    pub input: u64,
    /// Output.
    #[serde(with = "usd")]
    pub output: u64,
    /// Input read from the provider's cache; `None`: as `input`.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "usd::optional")]
    pub cached_input: Option<u64>,
    /// Input written to the provider's cache for five minutes, or for the vendor's only lifetime; `None`: as `input`.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "usd::optional")]
    pub cache_write: Option<u64>,
    /// Input written to the provider's cache for an hour; `None`: as `cache_write`.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "usd::optional")]
    pub cache_write_1h: Option<u64>,
    /// Fresh input that is sound; `None`: as `input`.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "usd::optional")]
    pub audio_input: Option<u64>,
    /// Sound read from the provider's cache; `None`: as `cached_input`.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "usd::optional")]
    pub cached_audio: Option<u64>,
    /// Fresh input that is an image; `None`: as `input`.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "usd::optional")]
    pub image_input: Option<u64>,
    /// Output that is sound; `None`: as `output`.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "usd::optional")]
    pub audio_output: Option<u64>,
    /// Output that is an image; `None`: as `output`.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "usd::optional")]
    pub image_output: Option<u64>,
    /// Reasoning; `None`: as `output`.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "usd::optional")]
    pub reasoning: Option<u64>,
}

impl Price {
    /// The same two rates for every request.
    pub fn flat(input: u64, output: u64) -> Self {
        let rates = Rates { input, output, ..Rates::default() };
        Self { standard: Table { rates, tiers: Vec::new() }, ..Self::default() }
    }

    /// The rates that a request with `usage` is billed at.
    pub fn rates(&self, usage: &Usage) -> &Rates {
        let table = match usage.service_tier {
            ServiceTier::Standard => None,
            ServiceTier::Batch => self.batch.as_deref(),
            ServiceTier::Flex => self.flex.as_deref(),
            ServiceTier::Priority => self.priority.as_deref(),
        };
        table.unwrap_or(&self.standard).rates(usage.input)
    }

    /// The price's tables that there are.
    pub(super) fn tables(&self) -> impl Iterator<Item = &Table> {
        let others = [&self.batch, &self.flex, &self.priority];
        std::iter::once(&self.standard).chain(others.into_iter().flatten().map(Box::as_ref))
    }
}

impl Table {
    /// The rates of a request with so many input tokens.
    fn rates(&self, input: u64) -> &Rates {
        let tier = self.tiers.iter().rev().find(|tier| input > tier.above);
        tier.map_or(&self.rates, |tier| &tier.rates)
    }

    /// Whether tiers come shortest first, each once.
    pub(super) fn is_ordered(&self) -> bool {
        self.tiers.iter().is_sorted_by(|a, b| a.above < b.above)
    }
}

fn is_zero(amount: &u64) -> bool {
    *amount == 0
}

/// Money in files: USD as decimal text.
mod usd {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use crate::account::money::NanoUsd;

    pub(super) fn serialize<S: Serializer>(nano: &u64, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&NanoUsd(*nano))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
        let text = String::deserialize(from)?;
        text.parse::<NanoUsd>().map(|money| money.0).map_err(D::Error::custom)
    }

    pub(super) mod optional {
        use serde::Deserialize;

        use super::{Deserializer, Error, NanoUsd, Serializer};

        pub(in super::super) fn serialize<S: Serializer>(
            nano: &Option<u64>,
            to: S,
        ) -> Result<S::Ok, S::Error> {
            match nano {
                Some(nano) => super::serialize(nano, to),
                None => to.serialize_none(),
            }
        }

        pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
            from: D,
        ) -> Result<Option<u64>, D::Error> {
            let money = |text: String| text.parse::<NanoUsd>().map(|money| money.0);
            Option::<String>::deserialize(from)?.map(money).transpose().map_err(D::Error::custom)
        }
    }
}
