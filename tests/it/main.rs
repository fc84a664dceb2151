//! Behaviour of the gateway, seen from outside: a real server on real sockets, before a scripted upstream.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::needless_pass_by_value,
    reason = "all of it is test code, helpers included"
)]

mod docs;
mod exact;
mod pass_through;
mod semantic;
mod support;
