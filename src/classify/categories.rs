//! What kind of task a question is: the nearest of a few centroids that training found by clustering.
//!
//! Pure. Knows vectors and names; what a category is worth to the router is not its business.

use serde::Deserialize;

use super::weights::{ClassifierError, check_length, check_range};

/// Every name that a weights file may use: they are labels of metrics, so they are fixed and few.
const NAMES: [&str; 28] = [
    "small_talk",
    "general_knowledge",
    "explanation",
    "translation",
    "non_english",
    "summary",
    "writing",
    "marketing",
    "creative_writing",
    "extraction",
    "labelling",
    "word_problems",
    "mathematics",
    "statistics",
    "puzzles",
    "physics",
    "chemistry",
    "natural_science",
    "code",
    "algorithms",
    "databases",
    "operations",
    "medicine",
    "law",
    "finance",
    "business",
    "planning",
    "philosophy",
];

/// One category as the weights file has it. Several may share a name.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Cluster {
    name: String,
    loss: f32,
    centroid: Vec<f32>,
}

/// A kind of task.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Category {
    /// Its name, in snake case.
    pub name: &'static str,
    /// Mean score that a cheap answer lost in training, 0 to 1, pulled to the mean of all where there was little to go by.
    pub loss: f32,
}

/// The checked categories.
#[derive(Debug, Clone)]
pub(super) struct Categories {
    named: Vec<Category>,
    /// `[named, dim]`, flat.
    centroids: Vec<f32>,
}

impl Categories {
    pub(super) fn check(
        clusters: &[Cluster],
        embedding_dim: usize,
    ) -> Result<Self, ClassifierError> {
        let mut categories = Self { named: Vec::new(), centroids: Vec::new() };
        for cluster in clusters {
            let name = NAMES.into_iter().find(|name| *name == cluster.name);
            let name =
                name.ok_or_else(|| ClassifierError::Category { found: cluster.name.clone() })?;
            check_range("categories.loss", &[cluster.loss], 0.0, 1.0, "between 0 and 1")?;
            check_length("categories.centroid", cluster.centroid.len(), embedding_dim)?;
            let numbers = "between -1 and 1";
            check_range("categories.centroid", &cluster.centroid, -1.0, 1.0, numbers)?;
            categories.named.push(Category { name, loss: cluster.loss });
            categories.centroids.extend(&cluster.centroid);
        }
        Ok(categories)
    }

    pub(super) fn all(&self) -> &[Category] {
        &self.named
    }

    /// The category whose centroid has the largest dot product with `vector`, which must be of the right length.
    pub(super) fn nearest(&self, vector: &[f32]) -> Option<Category> {
        let products = self.centroids.chunks_exact(vector.len().max(1)).map(|centroid| {
            centroid.iter().zip(vector).map(|(weight, value)| weight * value).sum::<f32>()
        });
        let nearest = products.zip(&self.named).max_by(|(a, _), (b, _)| a.total_cmp(b));
        nearest.map(|(_, category)| *category)
    }
}
