//! Owns the prices of models: the shipped catalogue, the operator's overrides, and how a name finds its price; and what
//! else the catalogue knows of a model.
//!
//! Prices are flat. What no flat price can say is left out on purpose, and always the dearer common case
//! is shipped: surcharges for very long prompts (above 100k–272k tokens) are not applied, time-of-day
//! rates ship at their peak, cache writes at the five-minute rate, batch discounts not at all.

use std::collections::HashMap;

use indexmap::IndexMap;
use serde::Deserialize;

use super::cost::NanoUsd;
use crate::config::PriceOverride;

/// What a model's tokens cost, in nano-USD per million tokens (0.15 USD/M is 150_000_000).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Price {
    /// Fresh input tokens.
    pub input: u64,
    /// Output tokens, reasoning included.
    pub output: u64,
    /// Input tokens read from the provider's cache; `None`: as `input`.
    pub cached_input: Option<u64>,
    /// Input tokens written to the provider's cache; `None`: as `input`.
    pub cache_write: Option<u64>,
}

/// All known prices, by provider and model.
#[derive(Debug, Clone)]
pub struct PriceBook {
    catalogue: Models<Listed>,
    overrides: Models<Price>,
    /// Vendor in the catalogue by the operator's name for the provider.
    vendors: HashMap<String, String>,
}

/// Provider, then model: two maps, so that a look-up allocates nothing.
type Models<T> = HashMap<String, HashMap<String, T>>;

/// What the catalogue says of a model.
#[derive(Debug, Clone, Copy)]
struct Listed {
    price: Price,
    /// Context window, tokens.
    context: u64,
}

impl PriceBook {
    /// The catalogue that comes with the binary.
    #[expect(
        clippy::expect_used,
        reason = "the catalogue is part of the binary and a test reads all of it"
    )]
    pub fn shipped() -> Self {
        let catalogue = read_catalogue(CATALOGUE).expect("the shipped price catalogue is valid");
        Self { catalogue, overrides: Models::new(), vendors: HashMap::new() }
    }

    /// The shipped catalogue with the operator's prices, keyed `provider/model`, on top.
    ///
    /// A key without a slash names no model and is ignored; `scrimp check` reports it.
    pub fn with_overrides(overrides: &IndexMap<String, PriceOverride>) -> Self {
        let mut book = Self::shipped();
        for (name, price) in overrides {
            let &PriceOverride { input, output, cached_input } = price;
            let Some((provider, model)) = name.split_once('/') else { continue };
            let price = Price { input, output, cached_input, cache_write: None };
            book.overrides.entry(provider.to_owned()).or_default().insert(model.to_owned(), price);
        }
        book
    }

    /// Says that the provider that the operator named `provider` is `vendor` in the catalogue, so
    /// that `claude: {type: anthropic}` finds Anthropic's prices. See also [`vendor_of`].
    #[must_use]
    pub fn with_vendor(mut self, provider: &str, vendor: &str) -> Self {
        self.vendors.insert(provider.to_owned(), vendor.to_owned());
        self
    }

    /// The price of `model` at `provider`; `None` is *unpriced*, which is not free.
    ///
    /// The most specific name wins (`gpt-4o-2024-05-13` over `gpt-4o`, to which a dated or `-latest`
    /// name without a price of its own falls back), and for the same name the operator's price. A
    /// model is never priced as another vendor's model of the same name.
    pub fn price(&self, provider: &str, model: &str) -> Option<&Price> {
        self.named(provider, model).or_else(|| self.named(provider, undated(model)?))
    }

    /// The context window of `model` at `provider`, prompt and answer together, in tokens; `None` where the catalogue does
    /// not have the model. Names are found as for prices.
    pub fn context(&self, provider: &str, model: &str) -> Option<u64> {
        let listed = self.listed(provider, model);
        listed.or_else(|| self.listed(provider, undated(model)?)).map(|listed| listed.context)
    }

    fn named(&self, provider: &str, model: &str) -> Option<&Price> {
        self.overrides
            .get(provider)
            .and_then(|models| models.get(model))
            .or_else(|| self.listed(provider, model).map(|listed| &listed.price))
    }

    fn listed(&self, provider: &str, model: &str) -> Option<&Listed> {
        let vendor = self.vendors.get(provider).map_or(provider, String::as_str);
        self.catalogue.get(vendor)?.get(model)
    }
}

/// The vendor in the catalogue whose API lives at `base_url`, whatever the operator calls it.
pub fn vendor_of(base_url: &str) -> Option<&'static str> {
    let (_scheme, rest) = base_url.split_once("://")?;
    let host = rest.split(['/', ':', '?', '#']).next()?;
    VENDOR_HOSTS.iter().find(|(known, _)| host.eq_ignore_ascii_case(known)).map(|&(_, name)| name)
}

/// Hosts of the public APIs of the catalogue's vendors.
const VENDOR_HOSTS: [(&str, &str); 9] = [
    ("api.openai.com", "openai"),
    ("api.anthropic.com", "anthropic"),
    ("generativelanguage.googleapis.com", "gemini"),
    ("api.groq.com", "groq"),
    ("api.mistral.ai", "mistral"),
    ("api.deepseek.com", "deepseek"),
    ("api.x.ai", "xai"),
    ("api.together.xyz", "together"),
    ("api.fireworks.ai", "fireworks"),
];

/// The name without `-YYYY-MM-DD`, `-YYYYMMDD` or `-latest`; `None` when it ends in none of them.
fn undated(model: &str) -> Option<&str> {
    let base = model.strip_suffix("-latest").or_else(|| {
        DATE_SHAPES.iter().find_map(|shape| {
            let (base, date) = model.split_at_checked(model.len().checked_sub(shape.len())?)?;
            is_date(date, shape).then_some(base)
        })
    })?;
    (!base.is_empty()).then_some(base)
}

/// `0` stands for a digit.
const DATE_SHAPES: [&str; 2] = ["-2000-00-00", "-20000000"];

fn is_date(text: &str, shape: &str) -> bool {
    let fits = text.bytes().zip(shape.bytes()).all(|(byte, expected)| {
        if expected == b'0' { byte.is_ascii_digit() } else { byte == expected }
    });
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let within = |range: std::ops::Range<usize>, most: u8| {
        digits
            .get(range)
            .and_then(|part| part.parse::<u8>().ok())
            .is_some_and(|n| n >= 1 && n <= most)
    };
    fits && within(4..6, 12) && within(6..8, 31)
}

const CATALOGUE: &str = include_str!("../../models/prices.json");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Catalogue {
    /// For people: units and rules of the file.
    #[serde(rename = "about")]
    _about: String,
    models: Vec<Entry>,
}

/// One model in the catalogue; money is USD per million tokens, as decimal text.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(not(test), expect(dead_code, reason = "source and checked are for people and tests"))]
struct Entry {
    provider: String,
    model: String,
    input: String,
    output: String,
    cached_input: Option<String>,
    cache_write: Option<String>,
    /// Context window, tokens.
    context: u64,
    /// Where the price was read.
    source: String,
    /// When it was read, `YYYY-MM-DD`.
    checked: String,
    /// What the flat price leaves out.
    #[serde(rename = "note")]
    _note: Option<String>,
}

#[derive(Debug, thiserror::Error)]
enum CatalogueError {
    #[error("the price catalogue is not in its format")]
    Format(#[from] serde_json::Error),
    #[error("{0} has a price that is not decimal USD")]
    Money(String),
    #[error("{0} is listed twice")]
    Twice(String),
}

fn read_catalogue(text: &str) -> Result<Models<Listed>, CatalogueError> {
    let mut listed = Models::new();
    for entry in serde_json::from_str::<Catalogue>(text)?.models {
        let name = format!("{}/{}", entry.provider, entry.model);
        let price = entry.price().ok_or_else(|| CatalogueError::Money(name.clone()))?;
        let models: &mut HashMap<_, _> = listed.entry(entry.provider).or_default();
        if models.insert(entry.model, Listed { price, context: entry.context }).is_some() {
            return Err(CatalogueError::Twice(name));
        }
    }
    Ok(listed)
}

impl Entry {
    fn price(&self) -> Option<Price> {
        let nano = |text: &str| text.parse::<NanoUsd>().ok().map(|amount| amount.0);
        let optional = |text: &Option<String>| match text {
            Some(text) => nano(text).map(Some),
            None => Some(None),
        };
        Some(Price {
            input: nano(&self.input)?,
            output: nano(&self.output)?,
            cached_input: optional(&self.cached_input)?,
            cache_write: optional(&self.cache_write)?,
        })
    }
}

#[cfg(test)]
#[path = "price_tests.rs"]
mod tests;
