//! How requests are signed for providers that take no key as it is. Knows no HTTP client and no clock.

pub mod aws;
pub mod google;
