//! The second layer: the learned classifier's probability against its threshold.

use super::Choice;
use crate::{classify::Complexity, config::Tier};

/// The tier for a request that the cheap tier fails with `complexity`'s probability.
pub fn choose(complexity: &Complexity, threshold: f32) -> Choice {
    let hard = complexity.probability > threshold;
    let (tier, sign) = if hard { (Tier::Frontier, ">") } else { (Tier::Cheap, "<=") };
    let speaks_for_it = |weight: f32| weight != 0.0 && (weight > 0.0) == hard;
    let strongest: Vec<_> = complexity
        .contributions
        .iter()
        .filter(|(_, weight)| speaks_for_it(*weight))
        .take(2)
        .map(|(name, weight)| format!("{name} {weight:+.2}"))
        .collect();
    let because =
        if strongest.is_empty() { String::new() } else { format!(" ({})", strongest.join(", ")) };
    let reason = format!("complexity {:.3} {sign} {threshold:.3}{because}", complexity.probability);
    Choice { tier, reason, decided_by: "classifier" }
}
