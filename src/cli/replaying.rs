//! What demo and bench share: a gateway before simulated models, the live view of a replay, the summary's tables.

use std::{num::NonZeroUsize, time::Duration};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{Failure, output};
use crate::{
    app::App,
    config::Config,
    eval::{
        client::Client,
        interval::Share,
        replay,
        simulated::{Manner, Simulated, Truths},
        summary::{Percentiles, Summary, Tally},
        trace::Question,
    },
};

/// How long simulated models take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// Fractions of a second, in the proportion of real models.
    Lifelike,
    /// No time, so that a long trace takes no longer than the gateway itself.
    AtOnce,
}

/// Two simulated models, with the prices of a cheap and a frontier model of today.
pub struct SimulatedModels {
    cheap: Simulated,
    frontier: Simulated,
}

impl SimulatedModels {
    /// Starts both; they answer what `questions` says.
    pub async fn start(pace: Pace, questions: &[Question]) -> std::io::Result<Self> {
        let millis =
            |millis| Duration::from_millis(if pace == Pace::Lifelike { millis } else { 0 });
        let cheap = Manner { name: "cheap", latency: millis(60), tokens: 80 };
        let truths = Truths::of(questions);
        let frontier = Manner { name: "frontier", latency: millis(200), tokens: 160 };
        Ok(Self {
            cheap: Simulated::start(cheap, truths.clone()).await?,
            frontier: Simulated::start(frontier, truths).await?,
        })
    }

    /// A configuration with these two as its tiers.
    pub fn config(&self, cache: &str) -> Result<Config, Failure> {
        let yaml = format!(
            "listen: 127.0.0.1:0
admin: {{ listen: 127.0.0.1:0 }}
ledger: off
providers:
  sim-cheap: {{ type: openai, base_url: \"{}\" }}
  sim-frontier: {{ type: openai, base_url: \"{}\" }}
tiers:
  cheap: [sim-cheap/small]
  frontier: [sim-frontier/large]
prices:
  sim-cheap/small: {{ input: 0.05 USD/M, output: 0.40 USD/M }}
  sim-frontier/large: {{ input: 5 USD/M, output: 30 USD/M }}
{cache}",
            self.cheap.base_url(),
            self.frontier.base_url()
        );
        Ok(Config::from_yaml(&yaml, "built-in", &|_| None)?.config)
    }
}

/// Replays with a live view on a terminal.
pub async fn run(
    app: &App,
    client: &Client,
    questions: &[Question],
    concurrency: NonZeroUsize,
) -> Summary {
    let bar = ProgressBar::with_draw_target(
        Some(questions.len() as u64),
        ProgressDrawTarget::stderr_with_hz(10),
    );
    if let Ok(style) =
        ProgressStyle::with_template("{msg}\n{bar:40} {pos}/{len} requests, {eta} left")
    {
        bar.set_style(style);
    }
    let settle = async || app.gateway().checks_done().await;
    let summary = replay::replay(client, questions, concurrency, settle, |tally| {
        bar.inc(1);
        if !bar.is_hidden() {
            bar.set_message(live(tally));
        }
    })
    .await;
    bar.finish_and_clear();
    summary
}

fn live(tally: &Tally) -> String {
    let summary = tally.summary();
    let outcomes = ["exact", "semantic", "miss", "bypass"];
    let row = |name: &str| {
        let p50 = summary
            .latency_ms
            .get(name)
            .map_or_else(|| "-".to_owned(), |times| format!("{:.1} ms", times.p50));
        vec![name.to_owned(), summary.outcomes.get(name).copied().unwrap_or(0).to_string(), p50]
    };
    let mut rows = vec![["answered by", "requests", "p50"].map(str::to_owned).to_vec()];
    rows.extend(outcomes.map(row));
    format!(
        "{}\nspent {:.4} USD, saved {:.4} USD",
        output::table(&rows),
        summary.spent_usd,
        summary.saved_usd
    )
}

/// The summary for people.
pub fn print(summary: &Summary) {
    let of =
        |share: &Share| format!("{:.1} %  ({} of {})", share.value * 100.0, share.count, share.of);
    let mut rows = vec![vec!["summary".to_owned(), format!("{} requests", summary.requests)]];
    let mut fact = |name: &str, value: String| rows.push(vec![name.to_owned(), value]);
    fact("answered from the cache", of(&summary.hit_rate));
    fact("  by the same request", of(&summary.exact_hit_rate));
    fact("  by meaning", of(&summary.semantic_hit_rate));
    if summary.wrong_hit_rate.of > 0 {
        let wrong = &summary.wrong_hit_rate;
        let interval = format!("{:.1} to {:.1} %", wrong.low * 100.0, wrong.high * 100.0);
        fact("wrong, of those by meaning", format!("{}, 95 % interval {interval}", of(wrong)));
    }
    if summary.unjudged_hits > 0 {
        fact(
            "by meaning, not judged",
            format!("{} (their questions have no label)", summary.unjudged_hits),
        );
    }
    for (tier, count) in &summary.tiers {
        fact(&format!("tier {tier}"), count.to_string());
    }
    fact("spent", format!("{:.6} USD", summary.spent_usd));
    fact("saved by the cache", format!("{:.6} USD", summary.saved_usd));
    if summary.unpriced > 0 {
        fact("answers without a known price", summary.unpriced.to_string());
    }
    for (error, count) in &summary.errors {
        fact(&format!("failed: {error}"), count.to_string());
    }
    output::line(&format!("{}\n", output::table(&rows)));

    let mut rows = vec![
        ["latency, ms", "p50", "p95", "p99", "own share p50", "own share p99"]
            .map(str::to_owned)
            .to_vec(),
    ];
    for (outcome, times) in &summary.latency_ms {
        let Percentiles { p50, p95, p99 } = times;
        let own = summary.overhead_ms.get(outcome);
        let own = |pick: fn(&Percentiles) -> f64| {
            own.map_or_else(String::new, |own| format!("{:.2}", pick(own)))
        };
        let mut row = vec![outcome.clone()];
        row.extend([p50, p95, p99].map(|time| format!("{time:.2}")));
        row.extend([own(|own| own.p50), own(|own| own.p99)]);
        rows.push(row);
    }
    output::line(&format!("{}\n", output::table(&rows)));

    if !summary.kinds.is_empty() {
        let mut rows = vec![
            ["kind of request", "requests", "exact", "by meaning", "wrong"]
                .map(str::to_owned)
                .to_vec(),
        ];
        for (name, kind) in &summary.kinds {
            let counts = [kind.requests, kind.exact, kind.semantic, kind.wrong];
            rows.push(
                std::iter::once(name.clone())
                    .chain(counts.map(|count| count.to_string()))
                    .collect(),
            );
        }
        output::line(&output::table(&rows));
    }
}
