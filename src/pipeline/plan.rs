//! The plan for one request: its model, or the tier that rules and classifier pick.

use super::{Gateway, context::Context};
use crate::{
    account::estimate_tokens,
    classify::{Features, RequestText, has_code},
    config::Tier,
    route::{Asked, Choice, Plan, Signals, learned, rules},
};

impl Gateway {
    /// Where the request goes, and why.
    pub(super) async fn plan(&self, ctx: &mut Context) -> Plan {
        let insisted = match &ctx.asked {
            Asked::Model(target) => return Plan::for_target(target.clone()),
            Asked::Auto(insisted) => *insisted,
        };
        let question = ctx.request.last_user_text().unwrap_or_default();
        let signals = Signals {
            insisted,
            question: &question,
            tokens: estimate_tokens(ctx.request.conversation_bytes()) as usize,
            tools: ctx.request.tools,
            code: has_code(&question),
            headers: &ctx.headers,
        };
        let choice = match rules::choose(&signals, &self.parts.router) {
            Some(choice) => choice,
            None => self.classify(ctx, &question).await,
        };
        self.parts.metrics.tier(choice.tier.as_str(), choice.decided_by);
        Plan::for_tier(choice, &self.parts.tiers, insisted.is_some())
    }

    /// The classifier's choice, over the vector that the cache has computed where there is one.
    async fn classify(&self, ctx: &mut Context, question: &str) -> Choice {
        if question.trim().is_empty() {
            let tier: Tier = self.parts.router.default_tier;
            return Choice {
                tier,
                reason: "no text to classify: default tier".to_owned(),
                decided_by: "default",
            };
        }
        if ctx.vector.is_none() && self.classifier_reads_vectors() {
            // Without a vector the classifier has its text features left.
            ctx.vector = self.embed(question.to_owned()).await.ok();
        }
        let system = ctx.request.system();
        let features = Features::of(&RequestText {
            system: &system,
            question,
            earlier_turns: ctx.request.messages.len() - 1,
            tools: ctx.request.tools,
            json_format: ctx.request.json_format,
        });
        let vector = if self.classifier_reads_vectors() { ctx.vector.as_deref() } else { None };
        let classifier = &self.parts.classifier;
        let complexity = classifier.classify(&features, vector);
        learned::choose(&complexity, classifier.threshold(complexity.head, self.parts.router.aim))
    }

    /// The classifier was trained on the vectors that this embedder makes.
    fn classifier_reads_vectors(&self) -> bool {
        let embedder = self.parts.embedder.as_deref();
        embedder.is_some_and(|embedder| self.parts.classifier.reads_vectors_of(embedder.identity()))
    }
}
