//! Targets and the tiers that hold them: ordered pools, cheapest first.

use std::{fmt, sync::Arc};

/// A model at a provider; ordered by provider, then model.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Target {
    /// Name in `providers`.
    pub provider: String,
    /// The provider's name for the model; may contain slashes.
    pub model: String,
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.provider, self.model)
    }
}

/// A tier by its place and name. Tiers compare by place: a later one is better, and dearer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tier {
    position: usize,
    name: Arc<str>,
}

impl Tier {
    /// The tier at `position`, counted from the cheapest.
    pub fn new(position: usize, name: impl Into<Arc<str>>) -> Self {
        Self { position, name: name.into() }
    }

    /// Its place, counted from the cheapest.
    pub fn position(&self) -> usize {
        self.position
    }

    /// As written in headers, configuration and metrics.
    pub fn as_str(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.name)
    }
}

/// The targets of one tier, in the order of the configuration.
#[derive(Debug, Clone)]
pub struct Pool {
    /// Which tier.
    pub tier: Tier,
    /// Empty only where no tiers are configured.
    pub targets: Vec<Target>,
}

/// The pools behind `model: auto`: `cheap` first, `frontier` last, any others between. Without any in the configuration
/// these two are there, and empty.
#[derive(Debug, Clone)]
pub struct Tiers(Vec<Pool>);

impl Default for Tiers {
    fn default() -> Self {
        Self::new(Vec::new(), Vec::new(), Vec::new())
    }
}

impl Tiers {
    /// Name of the cheapest tier.
    pub const CHEAP: &str = "cheap";
    /// Name of the best tier.
    pub const FRONTIER: &str = "frontier";

    /// The two ends, and what stands between them by name, cheapest first.
    pub fn new(
        cheap: Vec<Target>,
        between: Vec<(String, Vec<Target>)>,
        frontier: Vec<Target>,
    ) -> Self {
        let pools = std::iter::once((Self::CHEAP.to_owned(), cheap))
            .chain(between)
            .chain(std::iter::once((Self::FRONTIER.to_owned(), frontier)));
        let pool = |(position, (name, targets)): (usize, (String, Vec<Target>))| Pool {
            tier: Tier::new(position, name),
            targets,
        };
        Self(pools.enumerate().map(pool).collect())
    }

    /// Whether there is anything to choose between.
    pub fn are_configured(&self) -> bool {
        self.0.iter().all(|pool| !pool.targets.is_empty())
    }

    /// The cheapest pool.
    pub fn cheap(&self) -> &Pool {
        &self.0[0]
    }

    /// The best pool.
    pub fn frontier(&self) -> &Pool {
        &self.0[self.0.len() - 1]
    }

    /// All pools, cheapest first; at least two.
    pub fn pools(&self) -> &[Pool] {
        &self.0
    }

    /// The pools other than the frontier, cheapest first; at least one.
    pub fn below_frontier(&self) -> &[Pool] {
        &self.0[..self.0.len() - 1]
    }

    /// The pool of `tier`, then those of the tiers above it.
    pub fn from(&self, tier: &Tier) -> &[Pool] {
        self.0.get(tier.position()..).unwrap_or_default()
    }

    /// The tier of this name.
    pub fn named(&self, name: &str) -> Option<&Tier> {
        self.0.iter().map(|pool| &pool.tier).find(|tier| tier.as_str() == name)
    }

    /// The names, cheapest first, as they are listed in messages.
    pub fn names(&self) -> String {
        let names: Vec<&str> = self.0.iter().map(|pool| pool.tier.as_str()).collect();
        names.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiers_stand_in_order() {
        let tiers = Tiers::new(Vec::new(), vec![("middle".into(), Vec::new())], Vec::new());
        assert_eq!(tiers.names(), "cheap, middle, frontier");
        let middle = tiers.named("middle").unwrap();
        assert!(tiers.cheap().tier < *middle && *middle < tiers.frontier().tier);
        assert_eq!(tiers.from(middle).len(), 2);
        assert_eq!(tiers.below_frontier().len(), 2);
        assert!(tiers.named("best").is_none() && !tiers.are_configured());
        assert_eq!(Tiers::default().names(), "cheap, frontier");
    }
}
