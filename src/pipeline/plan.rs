//! The plan for one request: its model, or targets of the tier that rules and the learned choice pick.

use std::sync::Arc;

use rand::Rng as _;

use super::{Gateway, context::Context, conversations::Conversation, routing::Case};
use crate::{
    classify::RequestText,
    config::Target,
    provider::{Dialect, Form, Inquiry},
    route::{Asked, Decision, Market, Needs, NoCapableTarget, Plan, Said, Signals, rules},
};

impl Gateway {
    /// Where the request goes, and why.
    pub(super) async fn plan(&self, ctx: &mut Context) -> Result<Plan, NoCapableTarget> {
        self.note_asking_again(ctx);
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
        let decision = rules::choose(&signals, &parts.router, &parts.tiers);
        let text = RequestText { system: &said.system, question: &said.question, ..signals.text() };
        let latency = |target: &Target| parts.upstream.latency(target);
        let load = |target: &Target| parts.upstream.load(target);
        ctx.conversation = Conversation::of(ctx.scope, &ctx.request);
        let held = ctx.conversation.as_ref().and_then(|it| self.conversations.held(it));
        let (caller, chat) = (Arc::clone(&ctx.caller), Arc::clone(&ctx.request));
        let outbounds = Arc::clone(&ctx.outbounds);
        let inquiry = Inquiry {
            chat: &chat,
            native: caller.native(),
            form: Form::AsAsked,
            chosen: true,
            is_strict: parts.is_strict,
        };
        let unspoken = |target: &Target| {
            let provider = parts.upstream.provider(target)?;
            let is_own = Dialect::of(provider, &target.model, None) == Dialect::Chat;
            if is_own && !chat.translated && !parts.is_strict {
                return None;
            }
            outbounds.of(&inquiry, target, provider).err()
        };
        let market = Market {
            models: &parts.models,
            prices: &parts.prices,
            pick: parts.router.pick,
            draw: rand::rng().random(),
            max_latency: parts.router.max_latency,
            latency: &latency,
            load: &load,
            unspoken: &unspoken,
            held: held.as_deref(),
        };
        let priced = self.spending.wants_price(&ctx.principal);
        let needs = Needs { priced, ..Needs::of(&ctx.request) };
        let (choice, cascade) = match decision {
            Decision::Tier(choice) => (choice, None),
            Decision::Cascade { stream, choice } => (choice, Some(stream)),
            Decision::Learned { quality, because } => {
                let case = Case { text, quality, needs: &needs, market: &market };
                let choice = self.learned(ctx, case).await.because(because);
                let is_compared = ctx.comparison.is_some();
                let stays = |choice| Plan::staying(choice, &parts.tiers, &needs, &market);
                (if is_compared { choice } else { stays(choice) }, None)
            }
        };
        let decided_by = choice.decided_by;
        let mut plan = Plan::for_tier(choice, insisted.is_some(), &parts.tiers, &needs, &market)?;
        plan.cascade = cascade;
        if let Some(tier) = plan.tier() {
            parts.metrics.tier(tier, decided_by);
            tracing::debug!(%tier, decided_by, reason = plan.reason, "routed");
        }
        Ok(plan)
    }
}
