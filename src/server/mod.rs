//! Our HTTP side, and the only place that knows axum: routes, limits on what comes in, statuses, headers, shutdown.

mod body;
mod error;
mod headers;
mod listen;
mod patience;
mod routes;

pub use self::{
    listen::{ListenError, Listener, Running},
    routes::router,
};
