//! From what is known of a request to the targets it is sent to. Pure.
//!
//! `resolve` reads the model name; `rules` and `learned` pick a tier for `model: auto`; [`Plan`] is what comes out.
//! `promise` finds the threshold that keeps the operator's aim.

pub mod learned;
pub mod promise;
pub mod resolve;
pub mod rules;

pub use self::{
    resolve::{Asked, ResolveError, Resolver},
    rules::{Choice, Signals},
};
use crate::config::{Target, Tier, Tiers};

/// Where one request goes, in order, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Tried in this order; never empty.
    pub targets: Vec<Target>,
    /// The tier that was chosen, for `model: auto`.
    pub tier: Option<Tier>,
    /// How many of the targets, from the first, belong to that tier; the frontier's that stand in follow.
    pub of_tier: usize,
    /// Why, for `x-scrimp-reason`.
    pub reason: String,
}

impl Plan {
    /// The plan for a model that was named.
    pub fn for_target(target: Target) -> Self {
        let reason = "model named by the caller".to_owned();
        Self { targets: vec![target], tier: None, of_tier: 1, reason }
    }

    /// The plan for a tier. The frontier stands in when all of the cheap pool fails, unless the caller insisted on it;
    /// the cheap pool never stands in for the frontier: quality is not lowered behind the caller's back.
    pub fn for_tier(choice: Choice, tiers: &Tiers, insisted: bool) -> Self {
        let mut targets = match choice.tier {
            Tier::Cheap => tiers.cheap.clone(),
            Tier::Frontier => tiers.frontier.clone(),
        };
        let of_tier = targets.len();
        if choice.tier == Tier::Cheap && !insisted {
            targets.extend(
                tiers.frontier.iter().filter(|target| !tiers.cheap.contains(target)).cloned(),
            );
        }
        Self { targets, tier: Some(choice.tier), of_tier, reason: choice.reason }
    }

    /// The tier of the target that answered: the frontier, where it stood in.
    pub fn tier_of(&self, answered: &Target) -> Option<Tier> {
        let own = self.targets.iter().take(self.of_tier).any(|target| target == answered);
        if own { self.tier } else { self.tier.map(|_| Tier::Frontier) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_frontier_stands_in_for_the_cheap_tier_and_not_the_other_way_round() {
        let target = |model: &str| Target { provider: "p".into(), model: model.into() };
        let tiers = Tiers {
            cheap: vec![target("a"), target("b")],
            frontier: vec![target("b"), target("c")],
        };
        let models = |tier, insisted| {
            let choice = Choice { tier, reason: String::new(), decided_by: "rule" };
            let plan = Plan::for_tier(choice, &tiers, insisted);
            plan.targets.iter().map(|target| target.model.clone()).collect::<String>()
        };
        assert_eq!(models(Tier::Cheap, false), "abc");
        assert_eq!(models(Tier::Cheap, true), "ab");
        assert_eq!(models(Tier::Frontier, false), "bc");
    }
}
