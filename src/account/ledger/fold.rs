//! Owns [`Folded`]: requests as totals, where there is no room for each of them.

use std::collections::HashMap;

use super::{day::Day, record::Record, text::Name, totals::Totals};

/// What is still known of a request within a total.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Shelf {
    /// The day.
    pub day: Day,
    /// Who asked.
    pub key: Name,
    /// `provider/model` that answered.
    pub target: Option<Name>,
    /// In which protocol it was asked.
    pub protocol: &'static str,
    /// What the cache did.
    pub cache: &'static str,
}

impl Shelf {
    fn of(record: &Record) -> Self {
        Self {
            day: record.day(),
            key: record.key.clone(),
            target: record.target.clone(),
            protocol: record.protocol,
            cache: record.cache.as_str(),
        }
    }
}

/// Exact totals by shelf, in bounded memory.
#[derive(Debug, Default)]
pub struct Folded(HashMap<Shelf, Totals>);

/// Shelves that are kept apart. Above it, new ones do not tell targets apart; above twice as many, nor keys.
const MAX_SHELVES: usize = 10_000;

/// Stands for all targets, or keys, that are not told apart.
const OTHER: &str = "(other)";

impl Folded {
    /// Puts one request to its like.
    pub fn fold(&mut self, record: &Record) {
        self.add(Shelf::of(record), &Totals::rolled_up(record));
    }

    /// Puts totals to those of the same shelf.
    pub fn add(&mut self, mut shelf: Shelf, totals: &Totals) {
        if self.is_full(MAX_SHELVES, &shelf) {
            shelf.target = Some(OTHER.into());
        }
        if self.is_full(2 * MAX_SHELVES, &shelf) {
            shelf.key = OTHER.into();
        }
        self.0.entry(shelf).or_default().add(totals);
    }

    fn is_full(&self, shelves: usize, shelf: &Shelf) -> bool {
        self.0.len() >= shelves && !self.0.contains_key(shelf)
    }

    /// Puts all of `other` to it.
    pub fn merge(&mut self, other: Self) {
        for (shelf, totals) in other.0 {
            self.add(shelf, &totals);
        }
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Every shelf and what is on it, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&Shelf, &Totals)> {
        self.0.iter()
    }

    /// What all of it adds up to.
    pub fn total(&self) -> Totals {
        let mut total = Totals::default();
        self.0.values().for_each(|totals| total.add(totals));
        total
    }

    /// Forgets all of it.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::{super::tests::record, *};
    use crate::account::NanoUsd;

    #[test]
    fn more_shelves_than_fit_lose_targets_first_then_keys_and_never_money() {
        let mut folded = Folded::default();
        let mut records = 0;
        for n in 0..3 * MAX_SHELVES {
            let key = format!("key{n}").as_str().into();
            folded.fold(&Record { key, spent: Some(NanoUsd(7)).into(), ..record() });
            records += 1;
        }
        let total = folded.total();
        assert_eq!((total.requests, total.rolled_up), (records, records));
        assert_eq!(total.cost, NanoUsd(7 * records));
        assert!(folded.0.len() <= 2 * MAX_SHELVES + 1, "{}", folded.0.len());
        let of = |key: &str| {
            let found = folded.iter().find(|(shelf, _)| shelf.key.as_str() == key);
            found.map(|(shelf, totals)| (shelf.target.as_ref().map(Name::as_str), totals.requests))
        };
        assert_eq!(of("key0"), Some((Some("openai/gpt-5-nano"), 1)));
        assert_eq!(of(&format!("key{MAX_SHELVES}")), Some((Some(OTHER), 1)));
        assert_eq!(of(OTHER), Some((Some(OTHER), MAX_SHELVES as u64)));
    }
}
