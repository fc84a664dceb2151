//! `scrimp route train`: what learning from one's own labelled outcomes brings, and a file with which a gateway begins.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::judged::{Judged, Labelled, row};
use crate::{
    cache::Clock,
    cli::{
        Failure, output,
        scoring::{Bars, percent},
    },
    config::units,
    eval::{
        document,
        interval::Share,
        routing::{self, Estimate, Outcome, Promise, Training, Verdict, report::HEAD},
        routing_promise::Kept,
    },
    route::learn::Teaching,
};

#[derive(Debug, clap::Args)]
#[command(mut_arg("config", |config| config.help("Take the embedding model from this configuration; nothing is sent to its providers")))]
pub struct Arguments {
    #[command(flatten)]
    labelled: Labelled,
    /// Write what was learnt to this file, for `router.adapter`; nothing is written where it does harm.
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// The quality to promise, a part of the frontier's.
    #[arg(long, default_value = "95%", value_parser = quality)]
    quality: f64,
    /// How often the promise is tried, each time with other labels.
    #[arg(long, value_name = "N", default_value = "50", value_parser = clap::value_parser!(u16).range(0..=1000))]
    trials: u16,
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    crate::telemetry::start_quiet_logs();
    let labelled = &arguments.labelled;
    if let Some(path) = &arguments.save {
        labelled.keep_apart(path)?;
    }
    let bars = Bars::default();
    let (rows, judged) = labelled.judged(&bars)?;
    let promise = Promise { quality: arguments.quality, trials: usize::from(arguments.trials) };
    let training = routing::train(&rows, &judged.sights, labelled.options(), promise, &bars)?;
    bars.finish();
    if labelled.json {
        output::json(&training)?;
    } else {
        print(&training);
    }
    match &arguments.save {
        Some(path) => save(path, &training, &rows, &judged),
        None => Ok(()),
    }
}

fn save(
    path: &Path,
    training: &Training,
    rows: &[Outcome],
    judged: &Judged,
) -> Result<(), Failure> {
    if let Some(reason) = harm(training.verdict) {
        return Err(format!("{} is not written: {reason}", path.display()).into());
    }
    let outcomes = routing::outcomes(rows, &judged.sights, Clock::default().unix());
    let outcomes = routing::some(outcomes, training.seed);
    let kept = outcomes.len();
    let teaching = Teaching::new(judged.embedding.as_deref(), outcomes);
    fs::write(path, serde_json::to_vec(&teaching)?)
        .map_err(|error| format!("{}: {error}", path.display()))?;
    output::note(&format!(
        "{} holds {kept} outcomes and no prompts; `router.adapter: {}` has every scope begin with them",
        path.display(),
        path.display()
    ));
    Ok(())
}

/// Why nothing should begin with what was learnt.
fn harm(verdict: Verdict) -> Option<&'static str> {
    match verdict {
        Verdict::Helps | Verdict::NoDifference => None,
        Verdict::Harms => Some("it orders these prompts worse than the shipped classifier does"),
        Verdict::NothingToLearn => Some("there is nothing to learn from these outcomes"),
    }
}

fn print(training: &Training) {
    let Training { rows, groups, shipped, learnt, lead, labels, .. } = training;
    output::line(&format!("{rows} prompts, {groups} of them independent\n"));
    let mut table = vec![HEAD.map(str::to_owned).to_vec()];
    "lead\nin APGR".clone_into(&mut table[0][7]);
    "version".clone_into(&mut table[0][0]);
    table.push(row("shipped", shipped, None));
    if training.verdict != Verdict::NothingToLearn {
        table.push(row("learnt", learnt, *lead));
    }
    output::line(&output::table(&table));
    output::line(&format!("\n{}", verdict(training)));
    if !labels.is_empty() {
        output::line("\nwith so many labels, on all other prompts (range of 95 % of the draws):");
        let mut table = vec![["labels", "APGR", "ECE"].map(str::to_owned).to_vec()];
        for row in labels {
            table.push(vec![row.labels.to_string(), estimate(row.apgr), estimate(row.ece)]);
        }
        output::line(&output::table(&table));
    }
    if let Some(kept) = &training.promise.kept {
        output::line(&format!("\n{}", promised(training, kept)));
    }
    if training.without_vector > 0 {
        output::line(&format!("\n{} prompts have no embedding.", training.without_vector));
    }
}

fn verdict(training: &Training) -> String {
    let lead = training.lead.map(estimate_of).unwrap_or_default();
    match training.verdict {
        Verdict::Helps => format!("Learning from these outcomes helps: APGR {lead} higher."),
        Verdict::NoDifference => format!(
            "What is learnt from these outcomes cannot be told from the shipped classifier (APGR {lead}): more of them are \
             needed."
        ),
        Verdict::Harms => format!(
            "What is learnt from these outcomes is worse than the shipped classifier (APGR {lead})."
        ),
        Verdict::NothingToLearn => {
            "There is nothing to learn: too few outcomes, all alike, or a frontier that is no better.".to_owned()
        }
    }
}

fn promised(training: &Training, kept: &Kept) -> String {
    let Share { count, of, low, high, .. } = kept.kept;
    let frontier = document::percent(kept.frontier_share);
    let best = document::percent(kept.best_share);
    format!(
        "Promised {} % of the frontier's quality after {} labels: kept in {count} of {of} trials ({} to {}), with {frontier} \
         of the prompts at the frontier, where the best threshold in hindsight takes {best}.",
        percent(training.promise.quality),
        training.promise.labels,
        document::percent(low),
        document::percent(high),
    )
}

fn estimate(estimate: Option<Estimate>) -> String {
    estimate.map_or_else(|| "-".to_owned(), estimate_of)
}

fn estimate_of(Estimate { value, low, high }: Estimate) -> String {
    format!("{value:.3} [{low:.3}, {high:.3}]")
}

fn quality(text: &str) -> Result<f64, String> {
    let quality = units::share(text).map_err(|error| error.to_string())?;
    if quality > 0.0 { Ok(quality) } else { Err("a quality of 0 promises nothing".to_owned()) }
}
