//! The weights file: its JSON shape, and every check before a number of it is used.

use serde::Deserialize;

use super::{
    categories::Cluster,
    features::{FEATURES, Features},
};

/// The only layout that this code reads.
const FORMAT: u32 = 2;

/// Why a weights file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ClassifierError {
    /// Not JSON, or not of this shape.
    #[error("the classifier's weights cannot be read: {0}")]
    Parse(#[from] serde_json::Error),
    /// Written by another version.
    #[error("the classifier's weights have format {found}; this version reads format {FORMAT}")]
    Format {
        /// The file's format.
        found: u32,
    },
    /// Trained on other features than the code computes.
    #[error(
        "the classifier's weights name feature {index} '{found}' where this version computes '{expected}': train again"
    )]
    Feature {
        /// Position of the first difference.
        index: usize,
        /// The file's name, or nothing when it ends there.
        found: String,
        /// The code's name, or nothing when it ends there.
        expected: String,
    },
    /// A list has the wrong length.
    #[error("the classifier's weights hold {found} numbers in {place}, {expected} are needed")]
    Length {
        /// Which list.
        place: &'static str,
        /// Its length.
        found: usize,
        /// The right one.
        expected: usize,
    },
    /// A category that this version does not know.
    #[error("the classifier's weights name category '{found}', which this version does not know")]
    Category {
        /// The file's name for it.
        found: String,
    },
    /// A number is not finite, or outside its range.
    #[error("the classifier's weights hold {value} in {place}, which must be {range}")]
    Range {
        /// Which number or list.
        place: &'static str,
        /// The offending value.
        value: f32,
        /// What is allowed.
        range: &'static str,
    },
}

/// A checked weights file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Weights {
    format: u32,
    /// What the file is, for people who open it.
    #[serde(rename = "description")]
    _description: String,
    /// Model that the embedding must come from, without revision.
    pub(super) embedding_model: String,
    /// Length of its vectors.
    pub(super) embedding_dim: usize,
    /// Standardised features are clipped to ± this many standard deviations.
    pub(super) clip: f32,
    /// How each feature is standardised, in the code's order.
    pub(super) features: Vec<Standardisation>,
    /// Weights for a request with an embedding.
    pub(super) full: HeadWeights,
    /// Weights for a request without one.
    pub(super) text_only: HeadWeights,
    /// Kinds of task and where they are among the vectors; may be empty.
    pub(super) categories: Vec<Cluster>,
}

/// Mean and standard deviation of one feature over the training data.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Standardisation {
    name: String,
    pub(super) mean: f32,
    pub(super) scale: f32,
}

/// A calibrated logistic model: log-odds = bias + features · standardised + embedding · vector - centre.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HeadWeights {
    pub(super) bias: f32,
    /// One a feature, `[FEATURES]`.
    pub(super) features: Vec<f32>,
    /// One a dimension, `[embedding_dim]`; empty in the head without embedding.
    pub(super) embedding: Vec<f32>,
    /// What `embedding · vector` is for the average text, so that the share of meaning is 0 there.
    pub(super) embedding_centre: f32,
    /// From threshold 0 (everything to the frontier) to 1 (nothing).
    pub(super) curve: Vec<CurvePoint>,
}

/// What held-out data say about one threshold.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CurvePoint {
    /// A probability above this goes to the frontier.
    pub(super) threshold: f32,
    /// Share of requests that go there.
    pub(super) frontier_share: f32,
    /// Lower 95 % bound of the routed mean score over the always-frontier mean score: on held-out questions or on sources
    /// left out whole, whichever is lower.
    pub(super) quality_low: f32,
    /// The estimate on held-out questions, for people and plots.
    pub(super) quality: f32,
}

impl Weights {
    /// Reads and checks a file.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, ClassifierError> {
        let weights: Self = serde_json::from_slice(bytes)?;
        if weights.format != FORMAT {
            return Err(ClassifierError::Format { found: weights.format });
        }
        check_names(&weights.features)?;
        check_range("clip", &[weights.clip], 1.0, 100.0, "between 1 and 100")?;
        for feature in &weights.features {
            check_finite("features.mean", &[feature.mean])?;
            check_range(
                "features.scale",
                &[feature.scale],
                f32::MIN_POSITIVE,
                f32::MAX,
                "above 0 and finite",
            )?;
        }
        weights.full.check(weights.embedding_dim)?;
        weights.text_only.check(0)?;
        Ok(weights)
    }
}

impl HeadWeights {
    fn check(&self, embedding_dim: usize) -> Result<(), ClassifierError> {
        check_length("features", self.features.len(), FEATURES)?;
        check_length("embedding", self.embedding.len(), embedding_dim)?;
        // Bounds instead of mere finiteness: then no sum of these can overflow.
        let numbers = "between -1e6 and 1e6";
        check_range("bias", &[self.bias], -1e6, 1e6, numbers)?;
        check_range("features", &self.features, -1e6, 1e6, numbers)?;
        check_range("embedding", &self.embedding, -1e6, 1e6, numbers)?;
        check_range("embedding_centre", &[self.embedding_centre], -1e6, 1e6, numbers)?;
        check_curve(&self.curve)
    }
}

/// Thresholds rise from 0 to 1; share and lower bound never rise with them.
fn check_curve(curve: &[CurvePoint]) -> Result<(), ClassifierError> {
    for point in curve {
        let shares = [point.threshold, point.frontier_share];
        check_range("curve", &shares, 0.0, 1.0, "between 0 and 1")?;
        check_range("curve", &[point.quality_low, point.quality], 0.0, 10.0, "between 0 and 10")?;
    }
    let (Some(first), Some(last)) = (curve.first(), curve.last()) else {
        return Err(ClassifierError::Length { place: "curve", found: 0, expected: 2 });
    };
    check_range("curve's first threshold", &[first.threshold], 0.0, 0.0, "0")?;
    check_range("curve's last threshold", &[last.threshold], 1.0, 1.0, "1")?;
    for pair in curve.windows(2) {
        let (before, after) = (pair[0], pair[1]);
        check_range(
            "curve's thresholds",
            &[after.threshold],
            before.threshold,
            1.0,
            "in rising order",
        )?;
        check_range(
            "curve's frontier_share",
            &[after.frontier_share],
            0.0,
            before.frontier_share,
            "in falling order",
        )?;
        check_range(
            "curve's quality_low",
            &[after.quality_low],
            0.0,
            before.quality_low,
            "in falling order",
        )?;
    }
    Ok(())
}

fn check_names(features: &[Standardisation]) -> Result<(), ClassifierError> {
    let expected = Features::names();
    for index in 0..expected.len().max(features.len()) {
        let found = features.get(index).map_or("", |feature| feature.name.as_str());
        let expected = expected.get(index).copied().unwrap_or_default();
        if found != expected {
            return Err(ClassifierError::Feature {
                index,
                found: found.to_owned(),
                expected: expected.to_owned(),
            });
        }
    }
    Ok(())
}

pub(super) fn check_length(
    place: &'static str,
    found: usize,
    expected: usize,
) -> Result<(), ClassifierError> {
    if found == expected { Ok(()) } else { Err(ClassifierError::Length { place, found, expected }) }
}

fn check_finite(place: &'static str, values: &[f32]) -> Result<(), ClassifierError> {
    check_range(place, values, f32::MIN, f32::MAX, "finite")
}

pub(super) fn check_range(
    place: &'static str,
    values: &[f32],
    low: f32,
    high: f32,
    range: &'static str,
) -> Result<(), ClassifierError> {
    match values.iter().find(|value| !(low..=high).contains(*value)) {
        Some(&value) => Err(ClassifierError::Range { place, value, range }),
        None => Ok(()),
    }
}
