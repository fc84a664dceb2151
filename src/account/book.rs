//! Owns the prices that hold: the shipped catalogue, the operator's catalogues and overrides, and how a name finds its price; and
//! what else a catalogue knows of a model.
//!
//! What a price cannot say is left out on purpose, and the dearer common case is shipped: time-of-day rates at their peak, lists
//! without promotions that end soon. Surcharges for data residency are not known.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use indexmap::IndexMap;

use super::{
    catalogue::{Catalogue, CatalogueError, Entry},
    names::spellings,
    price::Price,
};
use crate::config::PriceOverride;

/// All known prices, by provider and model.
#[derive(Debug, Clone)]
pub struct PriceBook {
    /// Part of the binary.
    shipped: Models<Listed>,
    /// The operator's own catalogues.
    files: Models<Listed>,
    /// Prices in the operator's configuration.
    overrides: Models<Price>,
    /// Vendor in the catalogues by the operator's name for the provider.
    vendors: HashMap<String, String, RandomState>,
}

/// Provider, then model: two maps, so that a look-up allocates nothing.
type Models<T> = HashMap<String, HashMap<String, T, RandomState>, RandomState>;

/// What a catalogue says of a model.
#[derive(Debug, Clone)]
struct Listed {
    price: Price,
    /// Context window, tokens.
    context: Option<u64>,
    /// Longest answer, tokens.
    max_output: Option<u64>,
}

impl Catalogue {
    /// The one that comes with the binary.
    #[expect(
        clippy::expect_used,
        reason = "the catalogue is part of the binary and a test reads all of it"
    )]
    pub fn shipped() -> Self {
        Self::parse(SHIPPED).expect("the shipped price catalogue is valid")
    }
}

impl PriceBook {
    /// The catalogue that comes with the binary.
    pub fn shipped() -> Self {
        let catalogue = Catalogue::shipped();
        let mut shipped = Models::default();
        add(&mut shipped, catalogue);
        Self {
            shipped,
            files: Models::default(),
            overrides: Models::default(),
            vendors: HashMap::default(),
        }
    }

    /// The shipped catalogue with the operator's prices, keyed `provider/model`, on top.
    ///
    /// A key without a slash names no model and is ignored; `scrimp check` reports it.
    pub fn with_overrides(overrides: &IndexMap<String, PriceOverride>) -> Self {
        let mut book = Self::shipped();
        for (name, price) in overrides {
            let &PriceOverride { input, output, cached_input } = price;
            let Some((provider, model)) = name.split_once('/') else { continue };
            let mut price = Price::flat(input, output);
            price.standard.rates.cached_input = cached_input;
            book.overrides.entry(provider.to_owned()).or_default().insert(model.to_owned(), price);
        }
        book
    }

    /// Puts the operator's own catalogue over the shipped one, and over those given before; overrides stay above it.
    ///
    /// `text` has the format of `models/prices.json`; its `provider` is a vendor or the operator's own name of a provider.
    pub fn with_catalogue(mut self, text: &str) -> Result<Self, CatalogueError> {
        add(&mut self.files, Catalogue::parse(text)?);
        Ok(self)
    }

    /// Says that the provider that the operator named `provider` is `vendor` in the catalogue, so
    /// that `claude: {type: anthropic}` finds Anthropic's prices. See also [`vendor_of`](super::vendor_of).
    #[must_use]
    pub fn with_vendor(mut self, provider: &str, vendor: &str) -> Self {
        self.vendors.insert(provider.to_owned(), vendor.to_owned());
        self
    }

    /// The price of `model` at `provider`; `None` is *unpriced*, which is not free.
    ///
    /// The most specific name wins (`gpt-4o-2024-05-13` over `gpt-4o`, to which a dated or `-latest` name without a price of
    /// its own falls back; `eu.anthropic.…` over `anthropic.…`), and for the same name the operator's override, then the
    /// operator's catalogues, then the shipped one. A model is never priced as another vendor's model of the same name.
    pub fn price(&self, provider: &str, model: &str) -> Option<&Price> {
        let own = self.overrides.get(provider);
        spellings(model).find_map(|name| {
            let own = own.and_then(|models| models.get(name));
            own.or_else(|| self.listed(provider, name, |listed| Some(&listed.price)))
        })
    }

    /// The context window of `model` at `provider`, prompt and answer together, in tokens; `None` where no catalogue has it.
    /// Names are found as for prices.
    pub fn context(&self, provider: &str, model: &str) -> Option<u64> {
        spellings(model).find_map(|name| self.listed(provider, name, |listed| listed.context))
    }

    /// The longest answer of `model` at `provider`, in tokens; `None` where no catalogue has it.
    pub fn max_output(&self, provider: &str, model: &str) -> Option<u64> {
        spellings(model).find_map(|name| self.listed(provider, name, |listed| listed.max_output))
    }

    /// What the first catalogue to know it says of exactly `model`; the operator's come first.
    fn listed<'a, T>(
        &'a self,
        provider: &str,
        model: &str,
        of: impl Fn(&'a Listed) -> Option<T>,
    ) -> Option<T> {
        let vendor = self.vendors.get(provider).map_or(provider, String::as_str);
        let places = [(&self.files, provider), (&self.files, vendor), (&self.shipped, vendor)];
        places.into_iter().find_map(|(models, provider)| of(models.get(provider)?.get(model)?))
    }
}

fn add(models: &mut Models<Listed>, catalogue: Catalogue) {
    for Entry { provider, model, also, price, context, max_output, .. } in catalogue.models {
        let listed = Listed { price, context, max_output };
        let models = models.entry(provider).or_default();
        for name in also {
            models.insert(name, listed.clone());
        }
        models.insert(model, listed);
    }
}

pub(super) const SHIPPED: &str = include_str!("../../models/prices.json");

#[cfg(test)]
#[path = "book_tests.rs"]
mod tests;
