//! A model as the judge of two answers: a short question to a tier, where local comparison does not tell.

use std::sync::Arc;

use http::HeaderMap;
use serde_json::json;

use super::{Parts, books::Books};
use crate::{
    account::NanoUsd,
    api::chat::ChatRequest,
    config::{AnswerJudge, Target},
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
        let (reply, _) = self.ask(&judge_prompt(question, stored, fresh)).await?;
        parse_judgement(&reply)
    }

    /// P(the first of two answers is not good enough, the second being the measure), asked in both orders, and what the
    /// asking cost; `None` when no clear verdict came of it.
    pub async fn prefer(
        &self,
        question: &str,
        [answer, reference]: [&str; 2],
    ) -> Option<(f64, NanoUsd)> {
        let forth = preference_prompt(question, answer, reference);
        let back = preference_prompt(question, reference, answer);
        let (forth, back) = tokio::join!(self.ask(&forth), self.ask(&back));
        let cost = [&forth, &back].into_iter().flatten().map(|(_, cost)| *cost).sum();
        let verdicts = [forth, back].map(|reply| parse_preference(&reply?.0));
        Some((combine(verdicts)?, cost))
    }

    /// The model's reply to a prompt, and what it cost.
    async fn ask(&self, prompt: &str) -> Option<(String, NanoUsd)> {
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
        Some((comparable_text(&answered.body)?, cost.unwrap_or_default()))
    }
}
