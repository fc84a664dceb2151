//! `scrimp tune`.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::Serialize;

use super::{
    ConfigArgument, Failure, output,
    scoring::{self, Bars, LocalScorer, percent},
};
use crate::{
    config::{Scope, units},
    eval::{
        interval::Share,
        logs::{self, About, Format, Import},
        offline::{
            self, Choice, Measures, Options, Policy, Score, Settings, Stream, Study, Threshold,
        },
        report::{self, Report},
    },
};

#[derive(Debug, clap::Args)]
#[command(mut_arg("config", |config| config.help("Take the settings of cache and embedding model from this configuration; nothing is sent to its providers")))]
pub struct Arguments {
    /// Logs of requests; several files are read as one log. May be gzipped.
    #[arg(required = true)]
    logs: Vec<PathBuf>,
    /// Of the answers served by meaning at most this share may be wrong.
    #[arg(long, default_value = "1%", value_parser = share)]
    max_wrong: f64,
    #[command(flatten)]
    reading: Reading,
    /// Write a report with plots and explanations.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Write the plots as SVG files into this folder.
    #[arg(long, value_name = "DIR")]
    svg: Option<PathBuf>,
    /// List the worst wrong hits, with the words of both questions: logs are private, and so is a report with them.
    #[arg(long)]
    show_questions: bool,
    /// Print everything as JSON.
    #[arg(long)]
    json: bool,
    /// Decides which requests are in which random half.
    #[arg(long, default_value = "1")]
    seed: u64,
}

/// How a log is read and replayed; `bench --policy` has the same.
#[derive(Debug, clap::Args)]
pub struct Reading {
    /// Where the settings of cache and embedding model come from.
    #[command(flatten)]
    pub config: ConfigArgument,
    /// Format of the logs, where it is not recognised.
    #[arg(long)]
    pub format: Option<Format>,
    /// Read no more than this many requests.
    #[arg(long)]
    pub limit: Option<usize>,
    /// Who shares answers, instead of the configured: `key` (each caller for itself) or `shared`.
    #[arg(long, value_parser = scope)]
    pub scope: Option<Scope>,
    /// How long an answer is served, instead of the configured; only where the log has times.
    #[arg(long, value_parser = duration)]
    pub ttl: Option<Duration>,
    /// What embedding costs, such as "0.02 USD/M"; the local model costs nothing.
    #[arg(long, value_parser = price)]
    pub embedding_price: Option<u64>,
}

impl Reading {
    /// The first option given that a replay through a gateway does not know.
    pub fn offline_only(&self) -> Option<&'static str> {
        let Self { config: _, format, limit: _, scope, ttl, embedding_price } = self;
        match () {
            () if format.is_some() => Some("--format"),
            () if scope.is_some() => Some("--scope"),
            () if ttl.is_some() => Some("--ttl"),
            () if embedding_price.is_some() => Some("--embedding-price"),
            () => None,
        }
    }
}

/// How many wrong hits are listed.
const WRONG_HITS: usize = 40;

/// The policies that a report compares.
const POLICIES: [Policy; 5] =
    [Policy::Exact, Policy::Scrimp, Policy::RedisVl, Policy::LiteLlm, Policy::GptCache];

/// What `--json` prints.
#[derive(Serialize)]
struct Output<'a> {
    log: &'a About,
    settings: &'a str,
    #[serde(flatten)]
    study: &'a Study,
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    crate::telemetry::start_quiet_logs();
    let settings = Settings {
        max_wrong: arguments.max_wrong,
        seed: arguments.seed,
        policies: POLICIES.to_vec(),
        wrong_hits: if arguments.show_questions { WRONG_HITS } else { 0 },
    };
    let (about, study) = study(&arguments.logs, &arguments.reading, &settings)?;
    let threshold = study.choice.as_ref().map(|choice| choice.threshold);
    let yaml = scoring::settings(study.max_wrong, threshold);
    let report = Report { study: &study, log: &about, settings: &yaml, judge: scoring::JUDGE };
    if let Some(path) = &arguments.html {
        write(path, &report::html(&report))?;
    }
    if let Some(folder) = &arguments.svg {
        fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        for (name, svg) in report::plots(&study) {
            write(&folder.join(format!("{name}.svg")), &svg)?;
        }
    }
    if arguments.json {
        return Ok(output::json(&Output { log: &about, settings: &yaml, study: &study })?);
    }
    print(&about, &study, &yaml);
    Ok(())
}

/// Reads, replays and measures.
pub fn study(
    paths: &[PathBuf],
    reading: &Reading,
    settings: &Settings,
) -> Result<(About, Study), Failure> {
    let config = scoring::configuration(&reading.config)?;
    let mut cache = config.cache.clone();
    cache.scope = reading.scope.clone().unwrap_or(cache.scope);
    let options = logs::Options { format: reading.format, cache: &cache };
    let Import { mut records, mut about } = logs::read(paths, options)?;
    records.truncate(reading.limit.unwrap_or(usize::MAX));
    about.requests = records.len() as u64;
    let scorer = LocalScorer::start(&config)?;
    let bars = Bars::default();
    let options = Options {
        candidates: cache.candidates,
        ttl: Some(reading.ttl.unwrap_or(cache.ttl)),
        embedding_price: reading.embedding_price.unwrap_or(0),
    };
    let stream = Stream::prepare(&records, &scorer, &scoring::wrongness, options, &bars)?;
    let study = offline::study(&stream, settings, &bars);
    bars.finish();
    Ok((about, study))
}

/// What of a log is no request, or none that can be matched by meaning.
pub fn print_left_out(about: &About) {
    for (reason, left) in &about.skipped {
        output::note(&format!("left out: {} × {reason} (first: {})", left.count, left.first));
    }
    for (reason, left) in &about.exact_only {
        output::note(&format!(
            "exact repeats only: {} × {reason} (first: {})",
            left.count, left.first
        ));
    }
}

fn print(about: &About, study: &Study, yaml: &str) {
    print_left_out(about);
    output::line(&format!("{}\n", report::headline(study)));
    output::line(&format!("recommended settings:\n\n{yaml}"));
    let expected = study.choice.as_ref().map_or(&study.exact, |choice| &choice.measures);
    let mut rows = vec![["if these requests came again", ""].map(str::to_owned).to_vec()];
    let mut fact = |name: &str, value: String| rows.push(vec![name.to_owned(), value]);
    fact("requests", expected.requests.to_string());
    fact("answered from the cache", in_full(&expected.hit_rate));
    fact("  by the same request", in_full(&expected.exact_hit_rate));
    fact("  by meaning", in_full(&expected.semantic_hit_rate));
    if expected.wrong_hit_rate.of > 0 {
        fact("wrong, of those by meaning", in_full(&expected.wrong_hit_rate));
        fact("wrong, of all requests", in_full(&expected.unsafe_served_rate));
    }
    if expected.unjudged_hits > 0 {
        fact("by meaning, not judged", expected.unjudged_hits.to_string());
    }
    if let Some(money) = &expected.money {
        fact("spent without a cache", format!("{:.6} USD", money.spent_usd));
        fact("saved, less embedding", format!("{:.6} USD", money.net_saved_usd));
    }
    output::line(&format!("{}\n", output::table(&rows)));
    output::line(&format!("{}\n", policies(study)));
    output::line(&format!("{}\n", budgets(study)));
    output::line(&splits(study));
}

/// The policies side by side.
pub fn policies(study: &Study) -> String {
    let mut rows = vec![
        [
            "policy",
            "threshold",
            "from the cache",
            "by meaning",
            "wrong, of those by meaning",
            "saved",
        ]
        .map(str::to_owned)
        .to_vec(),
    ];
    for row in &study.policies {
        let Measures { hit_rate, semantic_hit_rate, wrong_hit_rate, money, .. } = &row.measures;
        rows.push(vec![
            row.policy.to_string(),
            row.threshold.map_or_else(|| "-".to_owned(), threshold),
            report::percent(hit_rate.value),
            report::percent(semantic_hit_rate.value),
            if wrong_hit_rate.of > 0 {
                report::with_interval(wrong_hit_rate)
            } else {
                "-".to_owned()
            },
            money.map_or_else(|| "-".to_owned(), |money| format!("{:.4} USD", money.net_saved_usd)),
        ]);
    }
    output::table(&rows)
}

/// What each policy did with each kind of request; empty when the log names no kinds.
pub fn kinds(study: &Study) -> String {
    if study.policies.iter().all(|row| row.kinds.is_empty()) {
        return String::new();
    }
    let mut rows = vec![
        ["policy", "kind of request", "requests", "exact", "by meaning", "wrong"]
            .map(str::to_owned)
            .to_vec(),
    ];
    for row in &study.policies {
        for (name, kind) in &row.kinds {
            let counts = [kind.requests, kind.exact, kind.semantic, kind.wrong];
            let mut cells = vec![row.policy.to_string(), name.clone()];
            cells.extend(counts.map(|count| count.to_string()));
            rows.push(cells);
        }
    }
    output::table(&rows)
}

fn threshold(Threshold { score, least }: Threshold) -> String {
    match score {
        Score::Confidence => format!("confidence {least:.4}"),
        Score::Cosine => format!("cosine {least:.4}"),
    }
}

fn budgets(study: &Study) -> String {
    let mut rows = vec![
        ["answered from the cache at", "supported", "best in hindsight", "cosine, in hindsight"]
            .map(str::to_owned)
            .to_vec(),
    ];
    let rate = |choice: &Option<Choice>| {
        let measures = choice.as_ref().map_or(&study.exact, |choice| &choice.measures);
        report::percent(measures.hit_rate.value)
    };
    for row in &study.budgets {
        let budget = format!("{} % wrong", percent(row.budget));
        rows.push(vec![budget, rate(&row.supported), rate(&row.confidence), rate(&row.cosine)]);
    }
    output::table(&rows)
}

fn splits(study: &Study) -> String {
    let mut rows = vec![
        [
            "threshold chosen on one half",
            "by meaning there",
            "wrong there",
            "by meaning on the other",
            "wrong on the other",
        ]
        .map(str::to_owned)
        .to_vec(),
    ];
    for row in &study.splits {
        let of = |measures: &Measures| {
            let wrong = &measures.wrong_hit_rate;
            let judged = wrong.of > 0;
            let wrong = if judged { report::with_interval(wrong) } else { "-".to_owned() };
            [report::percent(measures.semantic_hit_rate.value), wrong]
        };
        let mut cells = vec![row.split.to_owned()];
        cells.extend(of(&row.chosen_on).into_iter().chain(of(&row.measured_on)));
        rows.push(cells);
    }
    output::table(&rows)
}

fn in_full(share: &Share) -> String {
    let Share { count, of, .. } = share;
    format!("{}  ({count} of {of})", report::with_interval(share))
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()).into())
}

/// A share above nothing: with no wrong answer allowed there is nothing to tune.
pub fn share(text: &str) -> Result<f64, String> {
    let share = units::share(text).map_err(|error| error.to_string())?;
    if share > 0.0 { Ok(share) } else { Err("must be above 0%".to_owned()) }
}

fn price(text: &str) -> Result<u64, String> {
    units::price(text).map_err(|error| error.to_string())
}

fn duration(text: &str) -> Result<Duration, String> {
    units::duration(text).map_err(|error| error.to_string())
}

fn scope(text: &str) -> Result<Scope, String> {
    match text {
        "key" => Ok(Scope::Key),
        "shared" => Ok(Scope::Shared),
        _ => Err("is not a scope; valid values: key, shared".to_owned()),
    }
}
