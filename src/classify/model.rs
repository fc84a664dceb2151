//! The learned model: features and embedding in, a calibrated probability and its reasons out.

use super::{
    categories::{Categories, Category},
    curve,
    features::Features,
    weights::{ClassifierError, HeadWeights, Weights},
};
use crate::config::Aim;

/// Weights trained by `scripts/train/classifier`, described in `models/complexity/README.md`.
const SHIPPED: &[u8] = include_bytes!("../../models/complexity/weights.json");

/// The name under which the embedding's share stands among the contributions.
const MEANING: &str = "meaning";

/// P(the cheap tier's answer is not good enough) for a request.
#[derive(Debug, Clone)]
pub struct Classifier {
    weights: Weights,
    categories: Categories,
}

/// Which weights decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Head {
    /// Embedding and text features.
    Full,
    /// Text features alone: there was no embedding.
    TextOnly,
}

impl Head {
    /// As written in reasons and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::TextOnly => "text_only",
        }
    }
}

/// What the classifier says about one request.
#[derive(Debug, Clone, PartialEq)]
pub struct Complexity {
    /// P(the cheap tier's answer is not good enough), in (0, 1).
    pub probability: f32,
    /// The same as ln(p / (1 - p)), before any rounding towards 0 or 1.
    pub log_odds: f32,
    /// Which weights decided.
    pub head: Head,
    /// What kind of task it is, by name; `None` without an embedding.
    pub category: Option<&'static str>,
    /// What moved the log-odds away from the average text, largest first: features by name, and the embedding as
    /// "meaning". Positive speaks for the frontier.
    pub contributions: Vec<(&'static str, f32)>,
}

impl Classifier {
    /// The weights in this binary.
    pub fn shipped() -> Result<Self, ClassifierError> {
        Self::from_slice(SHIPPED)
    }

    /// Weights of the same layout from elsewhere; every number is checked before use.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, ClassifierError> {
        let weights = Weights::parse(bytes)?;
        let categories = Categories::check(&weights.categories, weights.embedding_dim)?;
        Ok(Self { weights, categories })
    }

    /// The kinds of task that it tells apart.
    pub fn categories(&self) -> &[Category] {
        self.categories.all()
    }

    /// Name of the embedding model it was trained on.
    pub fn embedding_model(&self) -> &str {
        &self.weights.embedding_model
    }

    /// Whether it was trained on the vectors of the embedder with this identity (`model@hash`): those of any other model
    /// mean nothing here.
    pub fn reads_vectors_of(&self, identity: &str) -> bool {
        identity.split('@').next() == Some(self.embedding_model())
    }

    /// Judges one request. `embedding` is the question's unit vector from [`Classifier::embedding_model`]; without it, or
    /// with one of another length or a number that is not finite, the text features decide alone.
    pub fn classify(&self, features: &Features, embedding: Option<&[f32]>) -> Complexity {
        let meaning = embedding.and_then(|vector| meaning(&self.weights.full, vector));
        let (head, weights) = match meaning {
            Some(_) => (Head::Full, &self.weights.full),
            None => (Head::TextOnly, &self.weights.text_only),
        };
        let standardised =
            features.named().iter().zip(&self.weights.features).map(|((name, value), scale)| {
                let deviation = (value - scale.mean) / scale.scale;
                (*name, deviation.clamp(-self.weights.clip, self.weights.clip))
            });
        let mut contributions: Vec<_> = standardised
            .zip(&weights.features)
            .map(|((name, deviation), weight)| (name, deviation * weight))
            .chain(meaning.map(|share| (MEANING, share)))
            .collect();
        let log_odds = weights.bias + contributions.iter().map(|(_, share)| share).sum::<f32>();
        contributions.sort_by(|(_, a), (_, b)| b.abs().total_cmp(&a.abs()));
        let category = embedding.filter(|_| head == Head::Full);
        let category = category.and_then(|vector| self.categories.nearest(vector));
        Complexity {
            probability: sigmoid(log_odds),
            log_odds,
            head,
            category: category.map(|category| category.name),
            contributions,
        }
    }

    /// The probability above which the frontier answers, for requests that `head` decides: each head has its own curve
    /// from threshold to cost and quality, measured on held-out public data. Never rises with the aimed quality or share.
    pub fn threshold(&self, head: Head, aim: Aim) -> f32 {
        let weights = match head {
            Head::Full => &self.weights.full,
            Head::TextOnly => &self.weights.text_only,
        };
        curve::threshold(&weights.curve, aim)
    }
}

/// The embedding's share in the log-odds.
fn meaning(weights: &HeadWeights, vector: &[f32]) -> Option<f32> {
    if vector.len() != weights.embedding.len() {
        return None;
    }
    let product: f32 =
        weights.embedding.iter().zip(vector).map(|(weight, value)| weight * value).sum();
    product.is_finite().then_some(product - weights.embedding_centre)
}

/// Bound on the log-odds that keeps the probability apart from 0 and 1 in f32.
const LOG_ODDS_BOUND: f32 = 15.0;

fn sigmoid(log_odds: f32) -> f32 {
    1.0 / (1.0 + (-log_odds.clamp(-LOG_ODDS_BOUND, LOG_ODDS_BOUND)).exp())
}

#[cfg(test)]
mod tests;
