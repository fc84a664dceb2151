//! A model as the judge of two answers: a short question to a tier, where local comparison does not tell.

use std::sync::Arc;

use bytes::Bytes;
use http::HeaderMap;
use serde_json::json;

use super::capture::account;
use crate::{
    account::PriceBook,
    config::Target,
    provider::openai::comparable_text,
    telemetry::Metrics,
    upstream::{Call, Endpoint, Expect, ReplyBody, Upstream},
    verify::answers::{judge_prompt, parse_judgement},
};

/// Tokens that the one word of the verdict may take; models that think first need more than one.
const VERDICT_TOKENS: u32 = 512;

/// Asks a tier whether two answers agree.
pub struct LlmJudge {
    /// Sends the question.
    pub upstream: Arc<Upstream>,
    /// The tier's targets, in order.
    pub targets: Vec<Target>,
    /// What the verdict costs.
    pub prices: PriceBook,
}

impl LlmJudge {
    /// Whether the answers agree; `None` when no model said so in the one word that it was asked for.
    pub async fn agree(
        &self,
        question: &str,
        stored: &str,
        fresh: &str,
        metrics: &Metrics,
    ) -> Option<bool> {
        if self.targets.is_empty() {
            return None;
        }
        let prompt = judge_prompt(question, stored, fresh);
        let body = |target: &Target, _: &_| {
            let messages = json!([{"role": "user", "content": prompt}]);
            let body = json!({"model": target.model, "messages": messages, "max_completion_tokens": VERDICT_TOKENS});
            Bytes::from(body.to_string())
        };
        let call = Call {
            targets: &self.targets,
            endpoint: Endpoint::Chat,
            body: &body,
            headers: &HeaderMap::new(),
            expect: Expect::Completion,
        };
        let reply = match self.upstream.send(call).await {
            Ok(reply) => reply,
            Err(error) => {
                tracing::debug!(%error, "the judge of two answers did not answer");
                return None;
            }
        };
        let ReplyBody::Completion(body, completion) = reply.body else { return None };
        let target = reply.target.to_string();
        let price = self.prices.price(&reply.target.provider, &reply.target.model);
        account(metrics, &target, completion.usage.as_ref(), price);
        parse_judgement(&comparable_text(&body)?)
    }
}
