//! Behaviour of the gateway, seen from outside: a real server on real sockets, before a scripted upstream.

mod bad_input;
mod cancellation;
mod exact;
mod failover;
mod flight;
mod isolation;
mod limits;
mod logs;
mod pass_through;
mod semantic;
mod shutdown;
mod streams;
mod support;
mod tidy;
