//! The plan for one request: its model, or targets of the tier that rules and classifier pick.

use std::sync::Arc;

use super::{Gateway, context::Context};
use crate::{
    classify::{Features, RequestText},
    config::Aim,
    route::{
        Asked, Choice, Decision, Market, Needs, NoCapableTarget, Plan, Said, Signals, learned,
        rules,
    },
};

impl Gateway {
    /// Where the request goes, and why.
    pub(super) async fn plan(&self, ctx: &mut Context) -> Result<Plan, NoCapableTarget> {
        let insisted = match &ctx.asked {
            Asked::Model(target) => return Ok(Plan::for_target(target.clone())),
            Asked::Auto(insisted) => insisted.clone(),
        };
        let parts = &self.parts;
        let said = Said::of(&ctx.request);
        let signals = Signals {
            insisted: insisted.as_ref(),
            key: ctx.principal.name.as_deref(),
            key_policy: ctx.principal.policy.as_ref(),
            ..Signals::of(&ctx.request, &said, &ctx.headers)
        };
        let (choice, cascade) = match rules::choose(&signals, &parts.router, &parts.tiers) {
            Decision::Tier(choice) => (choice, None),
            Decision::Cascade { stream, choice } => (choice, Some(stream)),
            Decision::Learned { quality, because } => {
                let aim = quality.map_or(parts.router.aim, Aim::Quality);
                let choice = self.classify(signals.text(), aim, &mut ctx.vector).await;
                (choice.because(because), None)
            }
        };
        let decided_by = choice.decided_by;
        let market = Market {
            models: &parts.models,
            prices: &parts.prices,
            pick: parts.router.pick,
            max_latency: parts.router.max_latency,
            latency: &|target| parts.upstream.latency(target),
            preferred: None,
        };
        let needs = Needs::of(&ctx.request);
        let mut plan = Plan::for_tier(choice, insisted.is_some(), &parts.tiers, &needs, &market)?;
        plan.cascade = cascade;
        if let Some(tier) = plan.tier() {
            parts.metrics.tier(tier, decided_by);
        }
        Ok(plan)
    }

    /// The learned choice, over the vector that the cache has computed where there is one.
    async fn classify(
        &self,
        text: RequestText<'_>,
        aim: Aim,
        known: &mut Option<Arc<[f32]>>,
    ) -> Choice {
        let parts = &self.parts;
        if text.question.trim().is_empty() {
            return Choice {
                tier: parts.router.default_tier.clone(),
                reason: "no text to classify: default tier".to_owned(),
                decided_by: "default",
            };
        }
        if known.is_none() && self.classifier_reads_vectors() {
            // Without a vector the classifier has its text features left.
            *known = self.embed(text.question.to_owned()).await.ok();
        }
        let vector = known.as_deref().filter(|_| self.classifier_reads_vectors());
        let complexity = parts.classifier.classify(&Features::of(&text), vector);
        let threshold = parts.classifier.threshold(complexity.head, aim);
        let below = parts.tiers.below_frontier().len();
        let estimates = learned::spread(complexity.probability, below);
        learned::choose(&estimates, threshold, &parts.tiers, &complexity.contributions)
    }

    /// The classifier was trained on the vectors that this embedder makes.
    fn classifier_reads_vectors(&self) -> bool {
        let embedder = self.parts.embedder.as_deref();
        embedder.is_some_and(|embedder| self.parts.classifier.reads_vectors_of(embedder.identity()))
    }
}
