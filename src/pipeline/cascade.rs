//! The cascade: the cheap tier answers first, and a better one where a local check finds that the answer does not do.

use std::time::Instant;

use bytes::Bytes;

use super::{
    Gateway, capture::pay, context::Context, estimate::billed, pending::Pending,
    similarity::similarity,
};
use crate::{
    account::{Spent, Usage},
    config::{CascadeStream, Target},
    limit::Held,
    provider::{self, Form, openai::comparable_text},
    route::{
        Plan,
        cascade::{Check, Demands, Reason, Settings, Verdict, agree},
    },
    upstream::{Call, Endpoint, Reply, ReplyBody},
};

/// What came of asking the first tier.
pub enum First {
    /// Its answer does.
    Stands(Box<Answered>),
    /// It does not, and a better tier is to answer.
    Escalates {
        /// Why, in words.
        why: String,
        /// What was spent.
        spent: Spent,
    },
}

/// A whole answer that is paid for.
pub struct Answered {
    /// Who gave it.
    pub reply: Reply,
    /// The answer, and what it means.
    pub answer: provider::Answered,
    /// The tokens of it, and of a second one where one was asked for.
    pub usage: Usage,
    /// What was spent to get it.
    pub spent: Spent,
}

impl Gateway {
    /// Whether the first answer is to be checked before the caller gets any of it.
    pub(super) fn is_checked_first(ctx: &Context, plan: &Plan) -> bool {
        match plan.cascade {
            None => false,
            Some(CascadeStream::Wait) => true,
            Some(CascadeStream::Direct) => !ctx.request.stream,
        }
    }

    /// How many answers the first tier is asked for.
    pub(super) fn first_answers(&self) -> u64 {
        if self.compares_samples() { 2 } else { 1 }
    }

    /// A second answer has to agree with the first.
    fn compares_samples(&self) -> bool {
        self.parts.router.cascade_samples > 1
    }

    /// The first tier's answer, checked.
    pub(super) async fn first_answer(
        &self,
        ctx: &mut Context,
        plan: &Plan,
        money: Option<&Held>,
    ) -> First {
        let start = Instant::now();
        let (answered, verdict) = self.ask_first(ctx, plan.first_tier(), money).await;
        ctx.waited += start.elapsed();
        let spent = answered.as_ref().map_or(Spent::NOTHING, |answered| answered.spent);
        let metrics = &self.parts.metrics;
        match (answered, verdict) {
            (Some(answered), Verdict::Stands) => {
                metrics.routing.cascade("stands");
                First::Stands(Box::new(answered))
            }
            (None, _) => {
                metrics.routing.cascade("no_answer");
                First::Escalates { why: "no answer".to_owned(), spent }
            }
            (Some(_), Verdict::Escalate(reason)) => {
                metrics.routing.cascade(reason.kind());
                First::Escalates { why: reason.to_string(), spent }
            }
        }
    }

    async fn ask_first(
        &self,
        ctx: &Context,
        targets: &[Target],
        money: Option<&Held>,
    ) -> (Option<Answered>, Verdict) {
        let router = &self.parts.router;
        let settings = Settings {
            min_logprob: router.cascade_min_logprob.or(Settings::default().min_logprob),
            self_consistency: self.compares_samples(),
        };
        let second = async {
            match settings.self_consistency {
                true => self.ask_whole(ctx, targets, money).await,
                false => None,
            }
        };
        let (first, second) = match tokio::join!(self.ask_whole(ctx, targets, money), second) {
            (None, second) => (second, None),
            answers => answers,
        };
        let Some(mut first) = first else { return (None, Verdict::Stands) };
        let mut verdict =
            Check::new(Demands::of(&ctx.request), settings).verdict(&first.answer.body);
        if settings.self_consistency && verdict == Verdict::Stands {
            verdict = match &second {
                Some(second) => self.agree(&first.answer.body, &second.answer.body).await,
                None => Verdict::Escalate(Reason::Inconsistent),
            };
        }
        if let Some(second) = second {
            first.spent = first.spent + second.spent;
            first.usage = first.usage + second.usage;
        }
        (Some(first), verdict)
    }

    /// A whole answer by one of `targets`, paid for; `None` when there is none.
    async fn ask_whole(
        &self,
        ctx: &Context,
        targets: &[Target],
        money: Option<&Held>,
    ) -> Option<Answered> {
        let inquiry = self.inquiry(ctx, Form::Whole { max_output: None });
        let pending = Pending::new(self, ctx, money);
        let call = Call {
            targets,
            endpoint: Endpoint::Answers,
            request: &|target, provider| pending.asks(target, inquiry.outbound(target, provider)),
            headers: &ctx.passed_headers,
        };
        let result = self.parts.upstream.send(call).await;
        pending.came_back();
        let mut reply = result.ok()?;
        let whole = std::mem::replace(&mut reply.body, ReplyBody::Whole(Bytes::new()));
        let ReplyBody::Completion(answer) = whole else { return None };
        let (target, parts) = (&reply.target, &self.parts);
        let price = parts.prices.price(&target.provider, &target.model);
        let usage = billed(&answer.completion, &answer.body, &ctx.request.fields);
        // At once: the caller may hang up before the request is over.
        let by = (&*target.to_string(), price);
        let spent = pay(&parts.metrics, by, &usage, &ctx.record, money);
        Some(Answered { reply, answer: *answer, usage, spent })
    }

    /// Whether two answers of one tier say the same.
    async fn agree(&self, first: &[u8], second: &[u8]) -> Verdict {
        let texts = comparable_text(first).zip(comparable_text(second));
        let Some((first, second)) = texts else { return Verdict::Escalate(Reason::Inconsistent) };
        let verdict = agree(&first, &second, None);
        match (&verdict, self.parts.embedder.as_deref()) {
            (Verdict::Escalate(_), Some(embedder)) => {
                let cosine = similarity(embedder, &first, &second).await;
                agree(&first, &second, cosine)
            }
            _ => verdict,
        }
    }
}
