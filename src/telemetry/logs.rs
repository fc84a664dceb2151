//! Logs on standard error: key/value, never a prompt, an answer or a key.

use tracing_subscriber::{EnvFilter, fmt};

/// Starts logging at the level of `RUST_LOG`, else `info`; as JSON when standard error is no terminal. A second call
/// changes nothing.
pub fn start() {
    start_at("info");
}

/// Starts logging for a command whose output is not the log: warnings only, unless `RUST_LOG` asks for more.
pub fn start_quiet() {
    start_at("warn");
}

fn start_at(level: &str) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level));
    let builder = fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false);
    let terminal = std::io::IsTerminal::is_terminal(&std::io::stderr());
    // An error means that a subscriber is set already.
    let _ =
        if terminal { builder.try_init() } else { builder.json().flatten_event(true).try_init() };
}
