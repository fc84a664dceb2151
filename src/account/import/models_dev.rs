//! Owns reading models.dev's `api.json`: USD per million tokens, models by provider.
//!
//! Source: <https://github.com/anomalyco/models.dev>.

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    super::{
        catalogue::Entry,
        price::{Price, Rates, Table, Tier},
    },
    Exactness, Import, ImportError, Imported, Origin, Reason,
    decimal::scaled,
    vendor,
};

/// The catalogue in `text`, and what was left out.
///
/// A rate above a context size becomes a tier, the fast mode of a model its table for the priority tier. This list has no
/// batch prices, and none for an hour in the cache.
pub fn models_dev(text: &str, origin: Origin<'_>) -> Result<Imported, ImportError> {
    let file: Fields<'_> = serde_json::from_str(text)?;
    let mut import = Import::new(ABOUT, origin);
    for (provider, listed) in &file {
        match serde_json::from_str::<Provider<'_>>(listed.get()) {
            Ok(listed) => {
                for (model, value) in &listed.models {
                    import.add(&format!("{provider}/{model}"), entry(provider, model, value));
                }
            }
            Err(error) => import.add(provider, Err(Reason::Malformed(error.to_string()))),
        }
    }
    Ok(import.imported)
}

const ABOUT: &str = "Imported from models.dev. USD per million tokens, as decimal text.";

/// Decimals between a USD and a nano-USD, both per million tokens.
const PER_MILLION: i64 = 9;

/// Their names of our vendors.
const VENDORS: [(&str, &str); 10] = [
    ("google", "gemini"),
    ("google-vertex", "vertex"),
    ("google-vertex-anthropic", "vertex"),
    ("amazon-bedrock", "bedrock"),
    ("togetherai", "together"),
    ("fireworks-ai", "fireworks"),
    ("moonshotai", "moonshot"),
    ("voyageai", "voyage"),
    ("alibaba", "alibaba"),
    ("azure-cognitive-services", "azure"),
];

type Fields<'a> = IndexMap<String, &'a RawValue>;

#[derive(Deserialize)]
struct Provider<'a> {
    #[serde(borrow)]
    models: Fields<'a>,
}

#[derive(Deserialize)]
struct Model<'a> {
    #[serde(borrow)]
    cost: Option<Cost<'a>>,
    #[serde(borrow)]
    limit: Option<Limit<'a>>,
    #[serde(borrow)]
    experimental: Option<Experimental<'a>>,
}

#[derive(Deserialize)]
struct Cost<'a> {
    #[serde(borrow)]
    input: Option<&'a RawValue>,
    #[serde(borrow)]
    output: Option<&'a RawValue>,
    #[serde(borrow)]
    reasoning: Option<&'a RawValue>,
    #[serde(borrow)]
    cache_read: Option<&'a RawValue>,
    #[serde(borrow)]
    cache_write: Option<&'a RawValue>,
    #[serde(borrow)]
    input_audio: Option<&'a RawValue>,
    #[serde(borrow)]
    output_audio: Option<&'a RawValue>,
    #[serde(borrow)]
    tiers: Option<Vec<Fields<'a>>>,
    /// Older than `tiers`, which say the same better.
    #[serde(borrow)]
    context_over_200k: Option<Box<Cost<'a>>>,
}

#[derive(Deserialize)]
struct Limit<'a> {
    #[serde(borrow)]
    context: Option<&'a RawValue>,
    #[serde(borrow)]
    output: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Experimental<'a> {
    #[serde(borrow)]
    modes: Option<Fields<'a>>,
}

#[derive(Deserialize)]
struct Mode<'a> {
    #[serde(borrow)]
    cost: Option<Cost<'a>>,
}

fn entry(provider: &str, name: &str, value: &RawValue) -> Result<(Entry, Exactness), Reason> {
    let malformed = |error: serde_json::Error| Reason::Malformed(error.to_string());
    let model: Model<'_> = serde_json::from_str(value.get()).map_err(malformed)?;
    let cost = model.cost.ok_or(Reason::Unpriced)?;
    let mut reader = Reader { exactness: Exactness::Exact };
    let standard = reader.table(&cost)?;
    let mut priority = None;
    let modes = model.experimental.and_then(|experimental| experimental.modes);
    for (mode, value) in modes.into_iter().flatten() {
        let mode = FAST_MODES.contains(&mode.as_str()).then(|| serde_json::from_str(value.get()));
        if let Some(Ok(Mode { cost: Some(cost) })) = mode {
            priority = Some(Box::new(reader.table(&cost)?));
        }
    }
    let count = |value: Option<&RawValue>| {
        scaled(value?, 0).map(|count| count.amount).filter(|&count| count > 0)
    };
    let limit = model.limit.as_ref();
    let entry = Entry {
        provider: vendor(provider, &VENDORS).to_owned(),
        model: name.to_owned(),
        price: Price { standard, priority, ..Price::default() },
        context: count(limit.and_then(|limit| limit.context)),
        max_output: count(limit.and_then(|limit| limit.output)),
        ..Entry::default()
    };
    Ok((entry, reader.exactness))
}

/// Modes that are our priority tier.
const FAST_MODES: [&str; 2] = ["fast", "priority"];

struct Reader {
    exactness: Exactness,
}

impl Reader {
    fn table(&mut self, cost: &Cost<'_>) -> Result<Table, Reason> {
        let rates = self.rates(cost)?;
        let mut tiers = Vec::new();
        for tier in cost.tiers.iter().flatten() {
            let above = size(tier);
            let above =
                above.ok_or_else(|| Reason::Malformed("a tier without a size".to_owned()))?;
            tiers.push(Tier { above, rates: self.rates(&Cost::of(tier))? });
        }
        if let Some(cost) = cost.context_over_200k.as_deref().filter(|_| tiers.is_empty()) {
            tiers.push(Tier { above: OVER_200K, rates: self.rates(cost)? });
        }
        tiers.sort_by_key(|tier| tier.above);
        tiers.dedup_by_key(|tier| tier.above);
        Ok(Table { rates, tiers })
    }

    fn rates(&mut self, cost: &Cost<'_>) -> Result<Rates, Reason> {
        Ok(Rates {
            input: self.amount(cost.input)?.ok_or(Reason::Unpriced)?,
            output: self.amount(cost.output)?.unwrap_or(0),
            cached_input: self.amount(cost.cache_read)?,
            // Vendors without a price for it are listed with zero.
            cache_write: self.amount(cost.cache_write)?.filter(|&amount| amount > 0),
            audio_input: self.amount(cost.input_audio)?,
            audio_output: self.amount(cost.output_audio)?,
            reasoning: self.amount(cost.reasoning)?,
            ..Rates::default()
        })
    }

    fn amount(&mut self, value: Option<&RawValue>) -> Result<Option<u64>, Reason> {
        let Some(value) = value.filter(|value| value.get() != "null") else { return Ok(None) };
        let malformed = || Reason::Malformed(format!("not a price: {:.40}", value.get()));
        let scaled = scaled(value, PER_MILLION).ok_or_else(malformed)?;
        if scaled.exactness == Exactness::Rounded {
            self.exactness = Exactness::Rounded;
        }
        Ok(Some(scaled.amount))
    }
}

impl<'a> Cost<'a> {
    /// A tier's cost, of which only the rates count.
    fn of(fields: &Fields<'a>) -> Self {
        let get = |name: &str| fields.get(name).copied();
        Self {
            input: get("input"),
            output: get("output"),
            reasoning: get("reasoning"),
            cache_read: get("cache_read"),
            cache_write: get("cache_write"),
            input_audio: get("input_audio"),
            output_audio: get("output_audio"),
            tiers: None,
            context_over_200k: None,
        }
    }
}

/// The input tokens above which a tier holds.
fn size(tier: &Fields<'_>) -> Option<u64> {
    let bounds: Fields<'_> = serde_json::from_str(tier.get("tier")?.get()).ok()?;
    scaled(bounds.get("size")?, 0).map(|size| size.amount)
}

/// What `context_over_200k` is above.
const OVER_200K: u64 = 200_000;
