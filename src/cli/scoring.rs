//! The models behind `tune` and `bench --policy`: the gateway's embedder, and the rule by which the gateway serves.
//!
//! This is the one place to change when another model judges pairs: [`LocalScorer::confidence`] says how sure it is, [`settings`]
//! turns a threshold on that into the configuration with which the gateway does the same, and [`wrongness`] compares logged
//! answers where there are no labels.

use std::sync::Mutex;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{ConfigArgument, Failure, runtime, without_providers};
use crate::{
    cache::decide::{Decision, Verdict},
    config::Config,
    embed::{EmbedError, Embedder as _, LocalEmbedder},
    eval::offline::{self, ScoreError, Scorer, Threshold, Watch},
};

/// The local embedder, and a fixed curve over the cosine behind the guard. The curve is no calibration: it keeps the order
/// of the cosines, which is all that choosing a threshold needs.
pub struct LocalScorer {
    embedder: LocalEmbedder,
    runtime: tokio::runtime::Runtime,
}

/// What judges pairs, in words, for reports.
pub const JUDGE: &str = "cosine similarity behind the guard for numbers, dates and negation";

/// Where the curve is 0.5, and how steep it is there.
const MIDDLE: f64 = 0.85;
const STEEPNESS: f64 = 20.0;

/// Texts embedded in one call.
const BATCH: usize = 256;

impl LocalScorer {
    /// Loads the embedding model of a configuration.
    pub fn start(config: &Config) -> Result<Self, Failure> {
        Ok(Self { embedder: LocalEmbedder::start(&config.embedding)?, runtime: runtime()? })
    }

    /// One batch; what is too long is left out and has an empty vector.
    fn embed_batch(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, EmbedError> {
        let mut kept: Vec<usize> = (0..texts.len()).collect();
        loop {
            let batch = kept.iter().map(|&index| texts[index].clone()).collect();
            match self.runtime.block_on(self.embedder.embed(batch)) {
                Ok(embedded) => {
                    let mut vectors = vec![Vec::new(); texts.len()];
                    for (&index, embedded) in kept.iter().zip(embedded) {
                        vectors[index] = embedded.vector.to_vec();
                    }
                    return Ok(vectors);
                }
                Err(EmbedError::TooLong { index, .. }) => {
                    kept.remove(index);
                }
                Err(error) => return Err(error),
            }
        }
    }
}

impl Scorer for LocalScorer {
    fn embed(
        &self,
        texts: &[String],
        progress: &dyn Fn(usize),
    ) -> Result<Vec<Vec<f32>>, ScoreError> {
        let mut vectors = Vec::with_capacity(texts.len());
        for batch in texts.chunks(BATCH) {
            vectors.extend(self.embed_batch(batch).map_err(|error| ScoreError(error.into()))?);
            progress(batch.len());
        }
        Ok(vectors)
    }

    fn confidence(&self, question: &str, candidate: &str, cosine: f32) -> f32 {
        match (Decision { threshold: 0.0 }).judge(question, candidate, cosine) {
            Verdict::Serve => curve(cosine),
            Verdict::Reject(_) => 0.0,
        }
    }
}

/// How wrong `other` is as an answer where `own` was given, in `[0, 1]`; from 0.5 on it counts as wrong.
pub fn wrongness(own: &str, other: &str) -> f64 {
    offline::differ(own, other)
}

fn curve(cosine: f32) -> f32 {
    (1.0 / (1.0 + (-STEEPNESS * (f64::from(cosine) - MIDDLE)).exp())) as f32
}

/// The configuration with which the gateway serves what a threshold serves; without one, exact repeats only.
pub fn settings(max_wrong: f64, threshold: Option<Threshold>) -> String {
    let Some(Threshold { least, .. }) = threshold else {
        return "cache:\n  semantic: false\n".to_owned();
    };
    let least = f64::from(least);
    let cosine = MIDDLE + (least / (1.0 - least)).ln() / STEEPNESS;
    // Six decimals, as the cosines have that the threshold was chosen among.
    let cosine = ((cosine * 1e6).ceil() / 1e6).clamp(0.0, 1.0);
    format!("cache:\n  max_wrong: {}%\n  threshold: {cosine}\n", percent(max_wrong))
}

/// A share as a number of per cent without needless decimals: `1`, `0.5`.
pub fn percent(share: f64) -> String {
    format!("{}", (share * 1e8).round() / 1e6)
}

/// The configuration of a file, or the defaults: nothing is sent anywhere.
pub fn configuration(argument: &ConfigArgument) -> Result<Config, Failure> {
    Ok(match argument.config {
        Some(_) => argument.load()?,
        None => without_providers()?,
    })
}

/// Progress bars, one after the other, on a terminal only.
#[derive(Default)]
pub struct Bars(Mutex<Option<ProgressBar>>);

impl Bars {
    /// Takes the last bar away.
    pub fn finish(&self) {
        if let Some(bar) = self.0.lock().ok().and_then(|mut bar| bar.take()) {
            bar.finish_and_clear();
        }
    }
}

impl Watch for Bars {
    fn begin(&self, what: &'static str, total: u64) {
        self.finish();
        let target = ProgressDrawTarget::stderr_with_hz(10);
        let bar = ProgressBar::with_draw_target(Some(total), target).with_message(what);
        if let Ok(style) = ProgressStyle::with_template("{msg:20} {bar:40} {pos}/{len}, {eta} left")
        {
            bar.set_style(style);
        }
        if let Ok(mut current) = self.0.lock() {
            *current = Some(bar);
        }
    }

    fn advance(&self, by: u64) {
        if let Some(bar) = self.0.lock().ok().as_ref().and_then(|bar| bar.as_ref()) {
            bar.inc(by);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::offline::Score;

    #[test]
    fn the_recommended_cosine_serves_no_more_than_the_threshold() {
        for cosine in [0.62_f32, 0.8, 0.9, 0.9312, 0.99] {
            let threshold = Threshold { score: Score::Confidence, least: curve(cosine) };
            let yaml = settings(0.01, Some(threshold));
            let written: f64 = yaml.split("threshold: ").nth(1).unwrap().trim().parse().unwrap();
            assert!(
                (0.0..2e-4).contains(&(written - f64::from(cosine) + 1e-6)),
                "{cosine}: {yaml}"
            );
        }
        assert_eq!(settings(0.01, None), "cache:\n  semantic: false\n");
    }

    #[test]
    fn shares_are_written_plainly() {
        for (share, text) in [(0.01, "1"), (0.005, "0.5"), (0.02, "2"), (0.1, "10")] {
            assert_eq!(percent(share), text);
        }
    }
}
