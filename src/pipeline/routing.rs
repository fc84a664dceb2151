//! The learned choice of a tier, and what it takes to learn from what comes of it.

use std::sync::Arc;

use super::{
    Gateway,
    comparisons::Comparison,
    context::Context,
    escalations::{self, Question, Routed},
    feedback::Served,
    learners::ScopeLearner,
    spending::{LONGEST_ANSWER, dearest},
};
use crate::{
    account::NanoUsd,
    cache::Bypass,
    classify::RequestText,
    config::{Aim, Target, Tier},
    embed::{Embedded, shorter},
    route::{
        Asked, Choice, Market, Needs, Plan,
        learn::{Seen, Sight},
        learned,
        promise::{self, Source},
    },
};

/// The learned choice for one request, for what is learnt from it later.
pub struct Learned {
    /// Who learns.
    pub learner: ScopeLearner,
    /// What was known.
    pub sight: Sight,
}

/// What a tier is to be chosen for.
#[derive(Clone, Copy)]
pub struct Case<'a> {
    /// What the classifier may see.
    pub text: RequestText<'a>,
    /// The aim, a share of the frontier's quality, where a rule or key sets one.
    pub quality: Option<f64>,
    /// What the request asks of a target.
    pub needs: &'a Needs,
    /// What is known of targets.
    pub market: &'a Market<'a>,
}

/// Tokens of the verdicts of a model that judges.
const VERDICTS: u64 = 1024;

impl Gateway {
    /// The tier that what is known of the request speaks for.
    pub(super) async fn learned(&self, ctx: &mut Context, case: Case<'_>) -> Choice {
        let Case { text, quality, .. } = case;
        let parts = &self.parts;
        if text.question.trim().is_empty() {
            return learned::without_text(&parts.router.default_tier);
        }
        let embedded = self.embed_for_routing(ctx, text.question).await;
        let reads = self.classifier_reads_vectors();
        let (complexity, sight) = learned::view(&parts.classifier, reads, &text, embedded.as_ref());
        tracing::debug!(
            complexity = complexity.probability,
            head = complexity.head.as_str(),
            task = complexity.category,
            contributions = ?complexity.contributions,
            "classified"
        );
        if !parts.router.learn {
            let aim = quality.map_or(parts.router.aim, Aim::Quality);
            let threshold = parts.classifier.threshold(complexity.head, aim);
            let estimates = learned::shipped(&complexity, &parts.tiers);
            let contributions = &complexity.contributions;
            let choice = learned::choose(&estimates, threshold, &parts.tiers, contributions);
            parts.metrics.routing.task(complexity.category, &choice.tier);
            return choice;
        }
        let learner = self.parts.learners.of(ctx.scope);
        let seen = learner.see(&sight);
        let threshold = learner.threshold(quality);
        let mut choice = learned::by_experience(&complexity, &seen, threshold, &parts.tiers);
        parts.metrics.routing.task(complexity.category, &choice.tier);
        let learned = Learned { learner, sight };
        if let Some(picked) = seen.comparison
            && let Some(comparison) =
                self.comparison(ctx, &learned, &seen, picked, &choice.tier, case)
        {
            let tier = &parts.tiers.pools()[picked.tier].tier;
            choice.reason.push_str(&format!("; compared with the {tier} tier"));
            choice.tier = parts.tiers.frontier().tier.clone();
            choice.decided_by = "comparison";
            ctx.comparison = Some(Box::new(comparison));
        }
        ctx.learned = Some(learned);
        choice
    }

    /// The vectors of a question: those that the cache has computed, or, of a text beyond the model's window, those of its
    /// beginning.
    async fn embed_for_routing(&self, ctx: &mut Context, question: &str) -> Option<Embedded> {
        if ctx.embedded.is_none() && self.parts.embedder.is_some() {
            let mut text = question;
            loop {
                match (self.embed(text.to_owned()).await, shorter(text)) {
                    (Err(Bypass::TooLong), Some(start)) => text = start,
                    (found, _) => return found.ok(),
                }
            }
        }
        ctx.embedded.clone()
    }

    /// The classifier was trained on the vectors that this embedder makes.
    pub(super) fn classifier_reads_vectors(&self) -> bool {
        let embedder = self.parts.embedder.as_deref();
        embedder.is_some_and(|embedder| self.parts.classifier.reads_vectors_of(embedder.identity()))
    }

    /// A comparison with a lower tier, where it is allowed, can be made, and there is money for it.
    #[expect(
        clippy::too_many_arguments,
        reason = "all that one request is, seen from several sides"
    )]
    fn comparison(
        &self,
        ctx: &Context,
        learned: &Learned,
        seen: &Seen,
        picked: promise::Comparison,
        chosen: &Tier,
        Case { needs, market, .. }: Case<'_>,
    ) -> Option<Comparison> {
        let parts = &self.parts;
        if parts.router.shadow_share <= 0.0 || ctx.request.n > 1 {
            return None;
        }
        let lower = Choice {
            tier: parts.tiers.pools().get(picked.tier)?.tier.clone(),
            reason: String::new(),
            decided_by: "comparison",
        };
        let targets = Plan::for_tier(lower, true, &parts.tiers, needs, market).ok()?.targets;
        let output = needs.max_output.unwrap_or(LONGEST_ANSWER);
        let frontier = &parts.tiers.frontier().targets;
        // The frontier's answer is an extra only where a lower tier would have answered.
        let pays_reference = *chosen != parts.tiers.frontier().tier;
        let prompt = needs.prompt_tokens;
        let reference =
            if pays_reference { self.dearest(frontier, prompt, output)? } else { NanoUsd::ZERO };
        let judges = self.comparer.judges();
        let verdicts = self.dearest(judges, 2 * (prompt + 2 * output), VERDICTS)?;
        let most = self.dearest(&targets, prompt, output)? + reference + verdicts;
        let Some(money) = self.purse.hold(most, parts.clock.unix()) else {
            parts.metrics.shed("shadow_spend");
            return None;
        };
        Some(Comparison {
            learner: learned.learner.clone(),
            sight: learned.sight.clone(),
            tier: picked.tier,
            weight: picked.weight,
            expected: f64::from(seen.estimates.losses()[picked.tier]),
            at: parts.clock.unix(),
            request: Arc::clone(&ctx.request),
            headers: ctx.passed_headers.clone(),
            targets,
            max_output: output,
            money,
            pays_reference,
        })
    }

    /// What the dearest of some targets takes for so many tokens; `None`, which is counted, when the price of one is not
    /// known.
    fn dearest(&self, targets: &[Target], input: u64, output: u64) -> Option<NanoUsd> {
        let dearest = dearest(&self.parts.prices, targets, input, output);
        if dearest.is_none() {
            self.parts.metrics.shed("shadow_unpriced");
        }
        dearest
    }

    /// Learns from a caller who asks again what a lower tier has just answered: for the frontier, or for another answer.
    pub(super) fn note_asking_again(&self, ctx: &Context) {
        if !self.parts.router.learn {
            return;
        }
        let frontier = self.parts.tiers.frontier();
        let wants_frontier = match &ctx.asked {
            Asked::Auto(insisted) => insisted.as_ref() == Some(&frontier.tier),
            Asked::Model(target) => frontier.targets.contains(target),
        };
        if (wants_frontier || escalations::wants_fresh(&ctx.headers))
            && let Some(routed) = self.escalations.take(Question::of(ctx))
        {
            self.parts.metrics.routing.outcome(Source::Escalation.name(), 1.0);
            self.comparer.learn(routed.learner.clone(), routed.outcome(Source::Escalation, 0.0));
        }
    }

    /// Remembers a lower tier's answer, for what its caller may do or say.
    pub(super) fn remember_routed(&self, ctx: &Context, tier: Option<&Tier>) {
        let Some(Learned { learner, sight }) = &ctx.learned else { return };
        let Some(tier) = tier.filter(|tier| **tier != self.parts.tiers.frontier().tier) else {
            return;
        };
        let tier = tier.position();
        let at = self.parts.clock.unix();
        let routed = Routed { learner: learner.clone(), sight: sight.clone(), tier, at };
        self.escalations.remember(Question::of(ctx), routed.clone());
        self.served.remember(ctx.id, Served::Routed { caller: ctx.principal.id, routed });
    }
}
