//! The second layer: the learned classifier's probability against its threshold.

use super::Choice;
use crate::{classify::Complexity, config::Tier};

/// The tier for a request that the cheap tier fails with `complexity`'s probability.
pub fn choose(complexity: &Complexity, threshold: f32) -> Choice {
    let (tier, sign) = if complexity.probability > threshold {
        (Tier::Frontier, ">")
    } else {
        (Tier::Cheap, "<=")
    };
    let strongest = complexity
        .contributions
        .iter()
        .take(2)
        .map(|(name, weight)| format!("{name} {weight:+.2}"));
    let reason = format!(
        "complexity {:.2} {sign} {threshold:.2} ({})",
        complexity.probability,
        strongest.collect::<Vec<_>>().join(", ")
    );
    Choice { tier, reason, decided_by: "classifier" }
}
