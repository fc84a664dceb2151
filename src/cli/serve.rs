//! `scrimp serve`.

use tokio::signal::unix::{SignalKind, signal};

use super::{ConfigArgument, Failure, runtime};
use crate::{app::App, telemetry};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    config: ConfigArgument,
    /// Listen here instead of where the configuration says.
    #[arg(long)]
    listen: Option<std::net::SocketAddr>,
    /// Serve metrics here instead of where the configuration says.
    #[arg(long)]
    admin: Option<std::net::SocketAddr>,
}

pub fn run(arguments: &Arguments, give_back: fn()) -> Result<(), Failure> {
    telemetry::start_logs();
    let mut config = arguments.config.load()?;
    config.listen = arguments.listen.unwrap_or(config.listen);
    config.admin = arguments.admin.or(config.admin);
    // Each connection is a file, and the usual limit of 1,024 of them is for programs of long ago.
    if let Err(error) = rlimit::increase_nofile_limit(u64::MAX) {
        tracing::warn!(%error, "the limit of open files stays as it is");
    }
    runtime()?.block_on(async {
        let (mut interrupt, mut terminate) =
            (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        let app = App::start(config).await?;
        // What reading models took, and is not needed again.
        give_back();
        let admin = app.admin_address().map(|address| address.to_string()).unwrap_or_default();
        tracing::info!(listen = %app.address(), admin, "ready");
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        tracing::info!("draining; a second signal stops at once");
        tokio::select! {
            () = app.stop() => {}
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        Ok(())
    })
}
