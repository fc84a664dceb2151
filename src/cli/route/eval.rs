//! `scrimp route eval`: how good the router's order is on labelled outcomes.

use std::{fs, path::PathBuf};

use super::judged::{Judged, Labelled, row};
use crate::{
    cli::{Failure, output, scoring::Bars},
    eval::routing::{
        self, Scored, Study,
        report::{self, HEAD, ROUTER},
    },
};

#[derive(Debug, clap::Args)]
#[command(mut_arg("config", |config| config.help("Take the embedding model from this configuration; nothing is sent to its providers")))]
pub struct Arguments {
    #[command(flatten)]
    labelled: Labelled,
    /// Write a report with plots and explanations.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    crate::telemetry::start_quiet_logs();
    let Arguments { labelled, html } = arguments;
    if let Some(path) = html {
        labelled.keep_apart(path)?;
    }
    let bars = Bars::default();
    let (rows, Judged { probability, vectors, .. }) = labelled.judged(&bars)?;
    let scored = Scored { probability };
    let study = routing::study(&rows, &scored, &vectors, labelled.options(), &bars)?;
    bars.finish();
    if let Some(path) = html {
        let name = labelled.file.file_name().unwrap_or_default().to_string_lossy();
        fs::write(path, report::html(&study, &name))
            .map_err(|error| format!("{}: {error}", path.display()))?;
    }
    if labelled.json {
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
    table.push(row(ROUTER, &study.figures, None));
    for (baseline, against) in &study.baselines {
        table.push(row(baseline.title(), &against.figures, against.router_lead));
    }
    output::line(&output::table(&table));
    for finding in report::findings(study) {
        output::line(&format!("\n{finding}"));
    }
}
