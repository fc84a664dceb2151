//! Behaviour of the gateway, seen from outside: a real server on real sockets, before a scripted upstream.

mod docs;
mod exact;
mod pass_through;
mod semantic;
mod support;
