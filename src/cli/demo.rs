//! `scrimp demo`.

use std::num::NonZeroUsize;

use super::{
    Failure, output,
    replaying::{self, Pace, SimulatedModels},
    runtime,
};
use crate::{
    app::App,
    eval::{DEMO_STREAM, client::Client, trace},
};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Leave the gateway running afterwards, to be tried with a client of your own.
    #[arg(long)]
    keep: bool,
    /// Requests at a time; with 1 every run gives the same hits.
    #[arg(long, default_value = "4")]
    concurrency: NonZeroUsize,
    /// Print the summary as JSON, in the form that `scrimp bench --json` has.
    #[arg(long)]
    json: bool,
}

/// What the table of kinds shows.
const TRAPS: &str = "\
A trap is close to an earlier question and has another answer: another number, name or date, a
'not', the opposite. A trap that is served is a wrong answer. `cache.max_wrong` says how many of the
answers served by meaning may be wrong, and `scrimp judge` how a single decision comes about.";

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    crate::telemetry::start_quiet_logs();
    let questions = trace::parse(DEMO_STREAM, "demo-stream.jsonl")?;
    runtime()?.block_on(async {
        let models = SimulatedModels::start(Pace::Lifelike, &questions).await?;
        let app = App::start(models.config("")?).await?;
        output::note(&format!(
            "The models behind this demo are simulated: they make their answers up, and answer faster\n\
             than real ones; their prices are those of a cheap and a frontier model. The gateway at\n\
             http://{}, its cache, its embedding model and its router are real.\n\n\
             {} questions to a made-up help desk:\n",
            app.address(),
            questions.len()
        ));
        let client = Client::new(app.address(), "auto");
        let summary = replaying::run(&app, &client, &questions, arguments.concurrency).await;
        if arguments.json {
            output::json(&summary)?;
        } else {
            replaying::print(&summary);
            output::note(TRAPS);
        }
        if arguments.keep {
            let metrics = app.admin_address().map(|address| format!("http://{address}/metrics")).unwrap_or_default();
            output::note(&format!(
                "Still running: base_url http://{}/v1, model auto, any API key; metrics at {metrics}. Ctrl-C ends it.",
                app.address()
            ));
            tokio::signal::ctrl_c().await?;
        }
        app.stop().await;
        Ok(())
    })
}
