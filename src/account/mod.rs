//! Money: what a response used, what that costs, and the catalogue of prices.
//!
//! Units, everywhere in here: tokens are `u64` counts; money is [`NanoUsd`], whole billionths of a US
//! dollar; a price is nano-USD *per million tokens*, so 0.15 USD/M is 150_000_000. No floating point
//! takes part in any of it. Knows nothing of requests, callers or budgets, and does no IO: the shipped
//! catalogue (`models/prices.json`) is part of the binary. From above its layer it imports only
//! `config::PriceOverride`, plain data.

mod cost;
pub mod ledger;
mod price;
mod usage;

pub use cost::{NanoUsd, ParseUsdError, cost};
pub use price::{Price, PriceBook, vendor_of};
pub use usage::{Usage, count_tokens, estimate_tokens};
