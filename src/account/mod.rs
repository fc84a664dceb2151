//! Money: what a response used, what that costs, and the catalogue of prices.
//!
//! Units, everywhere in here: tokens are `u64` counts; money is [`NanoUsd`], whole billionths of a US
//! dollar; a price is nano-USD *per million tokens*, so 0.15 USD/M is 150_000_000. No floating point
//! takes part in any of it. Knows nothing of requests, callers or budgets, and does no IO: the shipped
//! catalogue (`models/prices.json`) is part of the binary. From above its layer it imports only
//! `config::PriceOverride`, plain data.
//!
//! An answer becomes [`Usage`] by way of [`Reported`], a name becomes a [`Price`] by way of the [`PriceBook`], and
//! [`cost`] puts the two together.

mod book;
mod catalogue;
mod cost;
#[cfg(test)]
mod golden_tests;
pub mod import;
pub mod ledger;
mod money;
mod names;
mod price;
mod reported;
mod service;
mod spent;
mod tokens;
mod usage;

pub use book::PriceBook;
pub use catalogue::{Catalogue, CatalogueError, Entry};
pub use cost::cost;
pub use money::{NanoUsd, ParseUsdError};
pub use names::vendor_of;
pub use price::{Price, Rates, Table, Tier};
pub use reported::Reported;
pub use service::ServiceTier;
pub use spent::Spent;
pub use tokens::count_tokens;
pub use usage::{Usage, estimate_tokens};
