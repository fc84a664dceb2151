//! The models behind `tune`, `bench --policy` and `judge`: the gateway's embedder and the gateway's judge.
//!
//! [`settings`] turns a threshold on the judge's confidence into the configuration with which the gateway serves the same.

use std::sync::{Arc, Mutex};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{ConfigArgument, Failure, embedding::Embedding, without_providers};
use crate::{
    app::{Judging, judging},
    config::Config,
    embed::LocalEmbedder,
    eval::offline::{ScoreError, Scorer, Threshold, Watch},
    verify::{
        answers::{self, Evidence},
        judge::Assessment,
    },
};

/// The embedding model and the judge of a configuration.
pub struct LocalScorer {
    embedding: Embedding,
    judging: Judging,
}

/// What judges pairs, in words, for reports.
pub const JUDGE: &str =
    "calibrated probability of the same answer, from cosine, verifier and guard";

impl LocalScorer {
    /// Loads the models of a configuration.
    pub fn start(config: &Config) -> Result<Self, Failure> {
        let embedder = LocalEmbedder::start(&config.embedding)?;
        let judging = judging(config, Some(embedder.is_shipped()))?;
        Ok(Self { embedding: Embedding::by(Arc::new(embedder))?, judging })
    }

    /// All that the judge has to say of a pair.
    pub fn assess(&self, question: &str, candidate: &str, cosine: f32) -> Assessment {
        self.judging.judge.assess(question, candidate, cosine, 0.0)
    }

    /// How candidates are judged.
    pub fn judging(&self) -> &Judging {
        &self.judging
    }
}

impl Scorer for LocalScorer {
    fn embed(
        &self,
        texts: &[String],
        progress: &dyn Fn(usize),
    ) -> Result<Vec<Vec<f32>>, ScoreError> {
        let vectors = self.embedding.vectors(texts, progress);
        let vectors = vectors.map_err(|error| ScoreError(error.into()))?.into_iter();
        Ok(vectors.map(|vector| vector.map_or_else(Vec::new, |vector| vector.to_vec())).collect())
    }

    fn confidence(&self, question: &str, candidate: &str, cosine: f32) -> f32 {
        if cosine < self.judging.floor {
            return 0.0;
        }
        let assessment = self.assess(question, candidate, cosine);
        if assessment.refusal.is_some() { 0.0 } else { rounded_down(assessment.score) }
    }
}

/// To six decimals, so that the last bits decide nothing.
fn rounded_down(score: f64) -> f32 {
    ((score * 1e6).floor() / 1e6) as f32
}

/// How wrong `other` is as an answer where `own` was given, in `[0, 1]`; from 0.5 on it counts as wrong.
pub fn wrongness(own: &str, other: &str) -> f64 {
    answers::compare(own, other, Evidence::default()).wrong
}

/// The configuration with which the gateway serves what a threshold serves; without one, exact repeats only.
pub fn settings(max_wrong: f64, threshold: Option<Threshold>) -> String {
    let Some(Threshold { least, .. }) = threshold else {
        return "cache:\n  semantic: false\n".to_owned();
    };
    // A hair lower: the gateway's cosines are not rounded as those of the study are.
    let least = ((f64::from(least) * 1e5 - 0.5).floor() / 1e5).clamp(0.0, 1.0);
    format!("cache:\n  max_wrong: {}%\n  confidence: {least}\n", percent(max_wrong))
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
    fn the_recommended_confidence_serves_what_the_threshold_serves() {
        for score in [0.620_000_4, 0.8, 0.9, 0.931_234_567, 0.99] {
            let threshold = Threshold { score: Score::Confidence, least: rounded_down(score) };
            let yaml = settings(0.01, Some(threshold));
            let written: f64 = yaml.split("confidence: ").nth(1).unwrap().trim().parse().unwrap();
            assert!((0.0..3e-5).contains(&(score - written)), "{score}: {yaml}");
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
