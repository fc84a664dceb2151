//! Owns turning public price lists into a [`Catalogue`]. Pure: who fetches them and where they are written is not known here.

mod decimal;
mod litellm;
mod models_dev;

use std::collections::HashSet;

pub use litellm::litellm;
pub use models_dev::models_dev;

use super::{catalogue::Catalogue, catalogue::Entry};

/// Where and when a list was read; every entry says so.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'a> {
    /// An address.
    pub source: &'a str,
    /// A day, `YYYY-MM-DD`.
    pub checked: &'a str,
}

/// What became of a list.
#[derive(Debug, Clone, Default)]
pub struct Imported {
    /// The models that were taken.
    pub catalogue: Catalogue,
    /// Those that were not.
    pub skipped: Vec<Skipped>,
    /// `provider/model` of those whose rates are finer than a nano-USD per million tokens, and were rounded to it.
    pub rounded: Vec<String>,
}

/// A model that was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// As the list names it.
    pub name: String,
    /// Why.
    pub reason: Reason,
}

/// Why a model was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// It is billed by images, seconds or pages.
    #[error("{0} is not billed by tokens here")]
    OtherUse(String),
    /// It has no price for input.
    #[error("it has no price for tokens")]
    Unpriced,
    /// Its price is zero, which may mean free, included in a plan, or unknown.
    #[error("its price is zero; if it is free, say so in `prices`")]
    Free,
    /// It is the price of one region of a model that has another elsewhere.
    #[error("it is the price of a region")]
    Regional,
    /// The same model came before.
    #[error("it is there twice")]
    Twice,
    /// It does not say whose model it is.
    #[error("it names no provider")]
    NoProvider,
    /// Its fields are not in their form.
    #[error("{0}")]
    Malformed(String),
}

/// Why a text is no list.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// It is not JSON, or not an object of models.
    #[error("not a price list in this format")]
    Format(#[from] serde_json::Error),
}

/// A catalogue in the making.
struct Import<'a> {
    origin: Origin<'a>,
    seen: HashSet<(String, String)>,
    imported: Imported,
}

impl<'a> Import<'a> {
    fn new(about: &str, origin: Origin<'a>) -> Self {
        let catalogue = Catalogue { about: about.to_owned(), models: Vec::new() };
        let imported = Imported { catalogue, ..Imported::default() };
        Self { origin, seen: HashSet::new(), imported }
    }

    /// Takes `entry`, which the list names `name`, or notes why not.
    fn add(&mut self, name: &str, entry: Result<(Entry, Exactness), Reason>) {
        let taken = entry.and_then(|(entry, exactness)| {
            let rates = &entry.price.standard.rates;
            if rates.input == 0 && rates.output == 0 {
                return Err(Reason::Free);
            }
            if !self.seen.insert((entry.provider.clone(), entry.model.clone())) {
                return Err(Reason::Twice);
            }
            Ok((entry, exactness))
        });
        match taken {
            Ok((mut entry, exactness)) => {
                if exactness == Exactness::Rounded {
                    self.imported.rounded.push(format!("{}/{}", entry.provider, entry.model));
                }
                entry.source = self.origin.source.to_owned();
                entry.checked = self.origin.checked.to_owned();
                self.imported.catalogue.models.push(entry);
            }
            Err(reason) => self.imported.skipped.push(Skipped { name: name.to_owned(), reason }),
        }
    }
}

/// Whether all of a model's rates are as the list has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Exactness {
    Exact,
    Rounded,
}

/// The vendor in our catalogue for a list's name of it; others keep their name, so that an operator's provider of that name finds
/// them.
fn vendor<'a>(listed: &'a str, names: &[(&str, &'static str)]) -> &'a str {
    names.iter().find(|(name, _)| *name == listed).map_or(listed, |&(_, vendor)| vendor)
}

#[cfg(test)]
mod tests;
