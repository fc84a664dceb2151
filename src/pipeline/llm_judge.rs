//! A model as the judge of two answers: a short question to a tier, where local comparison does not tell.

use std::sync::Arc;

use http::HeaderMap;
use serde_json::json;

use super::{Parts, books::Books};
use crate::{
    api::chat::ChatRequest,
    config::{AnswerJudge, Target},
    limit::Held,
    provider::{Form, Inquiry, openai::comparable_text},
    upstream::{Call, Endpoint, ReplyBody, Upstream},
    verify::{
        answers::{judge_prompt, parse_judgement},
        outcome::{combine, parse_preference, preference_prompt},
    },
};

/// Tokens that the one word of the verdict may take; models that think first need more than one.
const VERDICT_TOKENS: u32 = 512;

/// Asks a tier about two answers.
pub struct LlmJudge {
    /// Sends the question.
    pub upstream: Arc<Upstream>,
    /// The tier's targets, in order.
    pub targets: Vec<Target>,
    /// Where what the verdict costs is written down.
    pub books: Books,
}

impl LlmJudge {
    /// The judge that the configuration names, if a model is to judge.
    pub fn of(judge: AnswerJudge, parts: &Parts) -> Option<Self> {
        let pool = match judge {
            AnswerJudge::Local => return None,
            AnswerJudge::Cheap => parts.tiers.cheap(),
            AnswerJudge::Frontier => parts.tiers.frontier(),
        };
        Some(Self {
            upstream: Arc::clone(&parts.upstream),
            targets: pool.targets.clone(),
            books: parts.books(),
        })
    }

    /// Whether the answers agree; `None` when no model said so in the one word that it was asked for.
    pub async fn agree(&self, question: &str, stored: &str, fresh: &str) -> Option<bool> {
        parse_judgement(&self.ask(&judge_prompt(question, stored, fresh), None).await?)
    }

    /// P(the first of two answers is not good enough, the second being the measure), asked in both orders, and paid from
    /// `money`; `None` when no clear verdict came of it.
    pub async fn prefer(
        &self,
        question: &str,
        [answer, reference]: [&str; 2],
        money: &Held,
    ) -> Option<f64> {
        let forth = preference_prompt(question, answer, reference);
        let back = preference_prompt(question, reference, answer);
        let (forth, back) =
            tokio::join!(self.ask(&forth, Some(money)), self.ask(&back, Some(money)));
        combine([forth, back].map(|reply| parse_preference(&reply?)))
    }

    /// The model's reply to a prompt.
    async fn ask(&self, prompt: &str, money: Option<&Held>) -> Option<String> {
        if self.targets.is_empty() {
            return None;
        }
        let messages = json!([{"role": "user", "content": prompt}]);
        let body =
            json!({"model": "", "messages": messages, "max_completion_tokens": VERDICT_TOKENS});
        let mut chat = ChatRequest::parse(body.to_string().into()).ok()?;
        // Each vendor has its own name for the limit.
        chat.translated = true;
        let form = Form::Whole { max_output: None };
        let inquiry = Inquiry { chat: &chat, native: None, form, chosen: false, is_strict: false };
        let call = Call {
            targets: &self.targets,
            endpoint: Endpoint::Answers,
            request: &|target, provider| inquiry.outbound(target, provider),
            headers: &HeaderMap::new(),
        };
        let reply = match self.upstream.send(call).await {
            Ok(reply) => reply,
            Err(error) => {
                tracing::debug!(%error, "the judge of two answers did not answer");
                return None;
            }
        };
        let ReplyBody::Completion(answered) = reply.body else { return None };
        let cost = self.books.enter("judge", &chat, &reply.target, &answered);
        if let (Some(money), Some(cost)) = (money, cost) {
            money.spend(cost);
        }
        comparable_text(&answered.body)
    }
}
