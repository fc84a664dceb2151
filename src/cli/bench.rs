//! `scrimp bench`.

use std::{num::NonZeroUsize, path::PathBuf, str::FromStr};

use serde_json::json;

use super::{
    Failure, output,
    replaying::{self, Pace, SimulatedModels},
    runtime,
    tune::{self, Reading},
};
use crate::{
    app::App,
    config::Config,
    eval::{
        client::Client,
        offline::{Policy, Settings, Study},
        trace,
    },
};

#[derive(Debug, clap::Args)]
#[command(mut_arg("config", |config| config.help("Send misses to the providers of this configuration, for real money; without it they are simulated. With --policy nothing is sent: only its settings are used")))]
pub struct Arguments {
    /// Questions in order, one JSON object a line: {"text"} or {"messages"}, optional "cluster" (equal = same answer)
    /// and "kind"; may be gzipped. With --policy also a log that `scrimp tune` reads.
    trace: PathBuf,
    /// Compare policies without a gateway: scrimp, cosine:T, gptcache, redisvl, litellm, exact; several with commas.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    policy: Vec<Policy>,
    /// With --policy scrimp: of the answers served by meaning at most this share may be wrong.
    #[arg(long, default_value = "1%", value_parser = tune::share, requires = "policy")]
    max_wrong: f64,
    #[command(flatten)]
    reading: Reading,
    /// The model to ask for.
    #[arg(long, default_value = "auto", conflicts_with = "policy")]
    model: String,
    /// Requests at a time; with 1 every run gives the same hits.
    #[arg(long, default_value = "1", conflicts_with = "policy")]
    concurrency: NonZeroUsize,
    /// Lowest cosine similarity that is served, instead of the configured one.
    #[arg(long, value_parser = from_0_to_1::<f32>, conflicts_with = "policy")]
    threshold: Option<f32>,
    /// Lowest confidence that is served, instead of the one that keeps the error budget.
    #[arg(long, value_parser = from_0_to_1::<f64>, conflicts_with_all = ["policy", "threshold"])]
    confidence: Option<f64>,
    /// Let the error budget learn from the labels, as if providers gave questions of one label one answer. Without it the
    /// shipped calibration alone decides.
    #[arg(long, conflicts_with = "policy")]
    learn: bool,
    /// Print the summary as JSON.
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    crate::telemetry::start_quiet_logs();
    if !arguments.policy.is_empty() {
        return compare(arguments);
    }
    if let Some(option) = arguments.reading.offline_only() {
        return Err(format!("{option} works with --policy only").into());
    }
    let mut questions = trace::read(&arguments.trace)?;
    questions.truncate(arguments.reading.limit.unwrap_or(usize::MAX));
    runtime()?.block_on(async {
        let models = match arguments.reading.config.config {
            Some(_) => None,
            None => Some(SimulatedModels::start(Pace::AtOnce, &questions).await?),
        };
        let mut config: Config = match &models {
            Some(models) => models.config("")?,
            None => arguments.reading.config.load()?,
        };
        // A server may be running with the same file, and this one is for us alone.
        config.listen = (std::net::Ipv4Addr::LOCALHOST, 0).into();
        config.admin = None;
        config.keys.clear();
        config.cache.threshold = arguments.threshold.or(config.cache.threshold);
        config.cache.confidence = arguments.confidence.or(config.cache.confidence);
        if models.is_some() {
            config.cache.learn = arguments.learn;
        }
        let app = App::start(config).await?;
        if models.is_some() {
            output::note("misses go to simulated models that answer at once; '--config FILE' sends them to real ones");
        }
        let client = Client::new(app.address(), &arguments.model);
        let summary = replaying::run(&app, &client, &questions, arguments.concurrency).await;
        if arguments.json {
            output::json(&summary)?;
        } else {
            replaying::print(&summary);
        }
        app.stop().await;
        if summary.requests == 0 { Err("no request was answered".into()) } else { Ok(()) }
    })
}

/// What policies would have done, side by side.
fn compare(arguments: &Arguments) -> Result<(), Failure> {
    let settings = Settings {
        max_wrong: arguments.max_wrong,
        seed: 1,
        policies: arguments.policy.clone(),
        wrong_hits: 0,
    };
    let logs = std::slice::from_ref(&arguments.trace);
    let (about, study) = tune::study(logs, &arguments.reading, &settings)?;
    if arguments.json {
        let Study { policies, max_wrong, requests, .. } = &study;
        let output = json!({"log": about, "requests": requests, "max_wrong": max_wrong, "policies": policies});
        return Ok(output::json(&output)?);
    }
    tune::print_left_out(&about);
    output::line(&format!("{}\n", tune::policies(&study)));
    output::line(&tune::kinds(&study));
    Ok(())
}

fn from_0_to_1<T: FromStr + PartialOrd + From<u8>>(text: &str) -> Result<T, String> {
    let value = text.parse().ok().filter(|value| (T::from(0)..=T::from(1)).contains(value));
    value.ok_or_else(|| "must be a number between 0 and 1".to_owned())
}
