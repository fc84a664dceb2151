//! Behaviour of the gateway, seen from outside: a real server on real sockets, before a scripted upstream.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::needless_pass_by_value,
    reason = "all of it is test code, helpers included"
)]

mod bad_input;
mod budget;
mod cancellation;
mod docs;
mod exact;
mod failover;
mod flight;
mod golden;
mod health;
mod hostile;
mod isolation;
mod learning;
mod limits;
mod logs;
mod matrix;
mod money;
mod outcomes;
mod pass_through;
mod protocols;
mod routing;
mod semantic;
mod shutdown;
mod streams;
mod support;
mod tidy;
mod tune;
