//! `scrimp route eval`: how good the router's order is on labelled outcomes.

use std::{fs, path::PathBuf};

use super::judged::{Judged, judge};
use crate::{
    cli::{ConfigArgument, Failure, output, scoring::Bars},
    eval::routing::{
        self, Options, Scored, Study,
        report::{self, HEAD, ROUTER, cells},
    },
};

#[derive(Debug, clap::Args)]
#[command(mut_arg("config", |config| config.help("Take the embedding model from this configuration; nothing is sent to its providers")))]
pub struct Arguments {
    /// JSON lines of {"prompt", "weak_score", "strong_score"} with scores from 0 to 1, and optionally "category" and
    /// "dup_key". May be gzipped.
    file: PathBuf,
    #[command(flatten)]
    config: ConfigArgument,
    /// Write a report with plots and explanations.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Print everything as JSON.
    #[arg(long)]
    json: bool,
    /// Decides the resamples and the random order.
    #[arg(long, default_value = "1")]
    seed: u64,
    /// How many resamples the intervals are from.
    #[arg(long, value_name = "N", default_value = "1000", value_parser = clap::value_parser!(u32).range(100..=100_000))]
    resamples: u32,
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    crate::telemetry::start_quiet_logs();
    let Arguments { file, html, seed, resamples, .. } = arguments;
    let rows = routing::read(file)?;
    let bars = Bars::default();
    let Judged { probability, vectors, .. } = judge(&rows, &arguments.config, &bars)?;
    let scored = Scored { probability };
    let options = Options { seed: *seed, resamples: *resamples };
    let study = routing::study(&rows, &scored, &vectors, options, &bars)?;
    bars.finish();
    if let Some(path) = html {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        fs::write(path, report::html(&study, &name))
            .map_err(|error| format!("{}: {error}", path.display()))?;
    }
    if arguments.json {
        return Ok(output::json(&study)?);
    }
    print(&study);
    Ok(())
}

fn print(study: &Study) {
    let Study { rows, weak_mean, strong_mean, gap, .. } = study;
    output::line(&format!(
        "{rows} prompts; mean score {weak_mean:.3} by the cheap model, {strong_mean:.3} by the frontier: a gap of {:.3} \
         [{:.3}, {:.3}]\n",
        gap.value, gap.low, gap.high
    ));
    output::line(&format!("{}\n", report::headline(study)));
    let mut table = vec![HEAD.map(str::to_owned).to_vec()];
    let mut row = |name: &str, figures, lead| {
        let cell = |figure: Option<(String, String)>| {
            figure
                .map_or_else(|| "-".to_owned(), |(value, interval)| format!("{value}\n{interval}"))
        };
        let cells = cells(figures, lead).map(cell);
        table.push(std::iter::once(name.to_owned()).chain(cells).collect());
    };
    row(ROUTER, &study.figures, None);
    for (baseline, against) in &study.baselines {
        row(baseline.title(), &against.figures, against.router_lead);
    }
    output::line(&output::table(&table));
    for finding in report::findings(study) {
        output::line(&format!("\n{finding}"));
    }
}
