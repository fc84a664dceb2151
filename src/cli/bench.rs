//! `scrimp bench`.

use std::{num::NonZeroUsize, path::PathBuf};

use super::{
    ConfigArgument, Failure, output,
    replaying::{self, Pace, SimulatedModels},
    runtime,
};
use crate::{
    app::App,
    config::Config,
    eval::{client::Client, trace},
};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Questions in order, one JSON object a line: {"text"} or {"messages"}, optional "cluster" (equal = same answer)
    /// and "kind"; may be gzipped.
    trace: PathBuf,
    /// Send misses to the providers of this configuration, for real money; without it they are simulated.
    #[command(flatten)]
    config: ConfigArgument,
    /// The model to ask for.
    #[arg(long, default_value = "auto")]
    model: String,
    /// Requests at a time; with 1 every run gives the same hits.
    #[arg(long, default_value = "1")]
    concurrency: NonZeroUsize,
    /// Stop after this many requests.
    #[arg(long)]
    limit: Option<usize>,
    /// Lowest cosine similarity that is served, instead of the configured one.
    #[arg(long, value_parser = cosine)]
    threshold: Option<f32>,
    /// Print the summary as JSON.
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    crate::telemetry::start_quiet_logs();
    let mut questions = trace::read(&arguments.trace)?;
    questions.truncate(arguments.limit.unwrap_or(usize::MAX));
    runtime()?.block_on(async {
        let models = match arguments.config.config {
            Some(_) => None,
            None => Some(SimulatedModels::start(Pace::AtOnce).await?),
        };
        let mut config: Config = match &models {
            Some(models) => models.config("")?,
            None => arguments.config.load()?,
        };
        // A server may be running with the same file, and this one is for us alone.
        config.listen = (std::net::Ipv4Addr::LOCALHOST, 0).into();
        config.admin = None;
        config.keys.clear();
        config.cache.threshold = arguments.threshold.or(config.cache.threshold);
        let app = App::start(config).await?;
        if models.is_some() {
            output::note("misses go to simulated models that answer at once; '--config FILE' sends them to real ones");
        }
        let client = Client::new(app.address(), &arguments.model);
        let summary = replaying::run(&client, &questions, arguments.concurrency).await;
        if arguments.json {
            output::json(&summary)?;
        } else {
            replaying::print(&summary);
        }
        app.stop().await;
        if summary.requests == 0 { Err("no request was answered".into()) } else { Ok(()) }
    })
}

fn cosine(text: &str) -> Result<f32, String> {
    let value = text.parse().ok().filter(|value| (0.0..=1.0).contains(value));
    value.ok_or_else(|| "must be a number between 0 and 1".to_owned())
}
