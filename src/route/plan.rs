//! What comes out: the targets for one request, in order, and why.

use std::fmt::Write as _;

use super::{
    affinity::Affinity,
    market::Market,
    suit::{Needs, Skipped, Suited, suit},
};
use crate::config::{CascadeStream, Target, Tier, Tiers};

/// A tier, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The tier.
    pub tier: Tier,
    /// For `x-scrimp-reason`.
    pub reason: String,
    /// Which layer decided, for metrics: `caller`, `rule`, `key`, `length`, `classifier`, `default`.
    pub decided_by: &'static str,
}

impl Choice {
    /// The same, with what led to it put before its reason.
    #[must_use]
    pub fn because(self, cause: Option<String>) -> Self {
        match cause {
            Some(cause) => Self { reason: format!("{cause}: {}", self.reason), ..self },
            None => self,
        }
    }
}

/// Where one request goes, in order, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Tried in this order; never empty.
    pub targets: Vec<Target>,
    /// The tier of each target, for `model: auto`; never falling. Else empty.
    tiers: Vec<Tier>,
    /// Targets of these tiers that cannot serve the request.
    pub skipped: Vec<Skipped>,
    /// Why, for `x-scrimp-reason`.
    pub reason: String,
    /// The answer of the cheap tier is to be checked, and a better tier asked where it does not do.
    pub cascade: Option<CascadeStream>,
}

/// No target may answer that can.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("no target of tier '{tier}'{} can serve this request: {}", if *.insisted { "" } else { " or above" }, list(.skipped))]
pub struct NoCapableTarget {
    /// The tier that was chosen.
    pub tier: Tier,
    /// The caller insisted on it.
    pub insisted: bool,
    /// Why each target cannot.
    pub skipped: Vec<Skipped>,
}

impl Plan {
    /// The plan for a model that was named. Whether it can serve the request is the provider's to say.
    pub fn for_target(target: Target) -> Self {
        Self {
            targets: vec![target],
            tiers: Vec::new(),
            skipped: Vec::new(),
            reason: "model named by the caller".to_owned(),
            cascade: None,
        }
    }

    /// `choice`, or the higher tier whose target holds the conversation in its prompt cache, where that is cheaper.
    pub fn staying(choice: Choice, tiers: &Tiers, needs: &Needs, market: &Market<'_>) -> Choice {
        let Some(held) = market.held else { return choice };
        let Some((own, above)) = tiers.from(&choice.tier).split_first() else { return choice };
        let home = above.iter().find(|pool| pool.targets.contains(&held.target));
        let Some(home) = home else { return choice };
        let first = suit(&own.targets, needs, market).targets.into_iter().next();
        let Some(first) = first else { return choice };
        match held.weigh(&first, needs, market) {
            None => choice,
            Some(affinity) => {
                let reason = format!("{}{}", choice.reason, held.told(&affinity));
                let tier = match affinity {
                    Affinity::Stays(_) => home.tier.clone(),
                    Affinity::Moves(_) => choice.tier,
                };
                Choice { tier, reason, ..choice }
            }
        }
    }

    /// The plan for a tier: its targets that can serve the request, then those of each higher tier, which stand in unless
    /// the caller `insisted` on this one. A lower tier never does: quality is not lowered behind the caller's back.
    pub fn for_tier(
        choice: Choice,
        insisted: bool,
        tiers: &Tiers,
        needs: &Needs,
        market: &Market<'_>,
    ) -> Result<Self, NoCapableTarget> {
        let reach = if insisted { 1 } else { usize::MAX };
        let (mut targets, mut tier_of_each, mut skipped) = (Vec::new(), Vec::new(), Vec::new());
        let mut affinity = None;
        for pool in tiers.from(&choice.tier).iter().take(reach) {
            let Suited { targets: kept, skipped: unfit, affinity: note } =
                suit(&pool.targets, needs, market);
            affinity = affinity.or(note.filter(|_| targets.is_empty()));
            // What tiers cannot do that merely stand in behind others is of no interest.
            if targets.is_empty() {
                skipped.extend(
                    unfit.into_iter().filter(|it| !skipped.contains(it)).collect::<Vec<_>>(),
                );
            }
            for target in kept {
                if !targets.contains(&target) {
                    targets.push(target);
                    tier_of_each.push(pool.tier.clone());
                }
            }
        }
        let Some(first) = tier_of_each.first() else {
            return Err(NoCapableTarget { tier: choice.tier, insisted, skipped });
        };
        let mut reason = choice.reason;
        for skipped in &skipped {
            let _ = write!(reason, "; skipped {skipped}");
        }
        if *first != choice.tier {
            reason.push_str(&stands_in(first));
        }
        reason.push_str(&affinity.unwrap_or_default());
        Ok(Self { targets, tiers: tier_of_each, skipped, reason, cascade: None })
    }

    /// The targets of the tier that is asked first.
    pub fn first_tier(&self) -> &[Target] {
        &self.targets[..self.in_first_tier()]
    }

    /// The targets of the tiers above it; where there are none, its own.
    pub fn above_first_tier(&self) -> &[Target] {
        match &self.targets[self.in_first_tier()..] {
            [] => &self.targets,
            above => above,
        }
    }

    fn in_first_tier(&self) -> usize {
        match self.tiers.first() {
            Some(first) => self.tiers.iter().take_while(|tier| *tier == first).count(),
            None => self.targets.len(),
        }
    }

    /// The tier that is asked first, for `model: auto`.
    pub fn tier(&self) -> Option<&Tier> {
        self.tiers.first()
    }

    /// The tier of the target that answered: a higher one, where that stood in.
    pub fn tier_of(&self, answered: &Target) -> Option<&Tier> {
        let place = self.targets.iter().position(|target| target == answered)?;
        self.tiers.get(place)
    }

    /// The reason, once it is known who answered.
    pub fn reason_for(&self, answered: &Target) -> String {
        match self.tier_of(answered) {
            tier if tier == self.tier() => self.reason.clone(),
            Some(tier) => format!("{}{}", self.reason, stands_in(tier)),
            None => self.reason.clone(),
        }
    }
}

fn stands_in(tier: &Tier) -> String {
    format!("; the {tier} tier stands in")
}

fn list(skipped: &[Skipped]) -> String {
    skipped.iter().map(Skipped::to_string).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use indexmap::IndexMap;

    use super::*;
    use crate::{account::PriceBook, config::ModelFacts, route::market::tests::market};

    fn target(model: &str) -> Target {
        Target { provider: "p".into(), model: model.into() }
    }

    fn pool(models: &str) -> Vec<Target> {
        models.chars().map(|model| target(&model.to_string())).collect()
    }

    /// Models that take no tools have a capital letter.
    fn plan(tier: &str, insisted: bool, tools: bool) -> Result<Plan, NoCapableTarget> {
        let tiers = Tiers::new(pool("aB"), vec![("middle".into(), pool("CB"))], pool("BcdE"));
        let no_tools = ModelFacts { tools: false, ..ModelFacts::default() };
        let facts: IndexMap<_, _> =
            ["A", "B", "C", "E"].map(|model| (target(model), no_tools)).into();
        let prices = PriceBook::shipped();
        let market = market(&facts, &prices);
        let tier = tiers.named(tier).unwrap().clone();
        let choice = Choice { tier, reason: "so".into(), decided_by: "rule" };
        let needs = Needs { tools, ..Needs::default() };
        Plan::for_tier(choice, insisted, &tiers, &needs, &market)
    }

    fn models(plan: &Plan) -> String {
        plan.targets.iter().map(|target| target.model.as_str()).collect()
    }

    #[test]
    fn higher_tiers_stand_in_and_lower_ones_do_not() {
        for (tier, insisted, expected) in [
            ("cheap", false, "aBCcdE"),
            ("cheap", true, "aB"),
            ("middle", false, "CBcdE"),
            ("middle", true, "CB"),
            ("frontier", false, "BcdE"),
        ] {
            let plan = plan(tier, insisted, false).unwrap();
            assert_eq!(models(&plan), expected, "{tier}");
            assert_eq!((plan.tier().unwrap().as_str(), plan.reason.as_str()), (tier, "so"));
        }
        let plan = plan("cheap", false, false).unwrap();
        for (answered, tier, reason) in [
            ("a", "cheap", "so"),
            ("B", "cheap", "so"),
            ("C", "middle", "so; the middle tier stands in"),
            ("d", "frontier", "so; the frontier tier stands in"),
        ] {
            let answered = target(answered);
            assert_eq!(plan.tier_of(&answered).unwrap().as_str(), tier);
            assert_eq!(plan.reason_for(&answered), reason);
        }
    }

    #[test]
    fn a_tier_that_cannot_serve_gives_way_to_the_next() {
        let tools = |tier| plan(tier, false, true).unwrap();
        assert_eq!(models(&tools("cheap")), "acd");
        assert_eq!(tools("cheap").reason, "so; skipped p/B: takes no tools");
        let middle = tools("middle");
        assert_eq!((models(&middle).as_str(), middle.tier().unwrap().as_str()), ("cd", "frontier"));
        assert_eq!(
            middle.reason,
            "so; skipped p/C: takes no tools; skipped p/B: takes no tools; \
             skipped p/E: takes no tools; the frontier tier stands in"
        );
        assert_eq!(middle.reason_for(&target("d")), middle.reason);
        let error = plan("middle", true, true).unwrap_err().to_string();
        assert_eq!(
            error,
            "no target of tier 'middle' can serve this request: p/C: takes no tools; p/B: takes no tools"
        );
    }

    #[test]
    fn a_named_model_is_its_own_plan() {
        let plan = Plan::for_target(target("a"));
        assert_eq!((plan.tier(), plan.tier_of(&target("a"))), (None, None));
        assert_eq!(plan.reason_for(&target("a")), "model named by the caller");
    }
}
