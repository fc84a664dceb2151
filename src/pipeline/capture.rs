//! The end of a request that went upstream: account for it, store it, tell those who wait; for a stream, while it passes.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream;
use http::StatusCode;

use super::{
    Gateway, OpenRecord,
    check::{Check, Checker},
    comparisons::{Comparer, Comparison},
    context::Context,
    conversations::{Conversation, Conversations},
    estimate::{Said, billed},
    learners::ScopeLearner,
    outgoing::{EventBytes, Report},
    store::{Found, Storing},
};
use crate::{
    account::{self, NanoUsd, Price, Reported, Spent, Usage},
    api::{assemble::Assembler, chat::ChatRequest, error},
    cache::{Provenance, flight::Lead},
    config::{Target, Tier},
    limit::{Held, Place},
    protocol::Writer,
    provider::{
        Dialect,
        openai::{Chunk, Completion, Meaning},
    },
    telemetry::{Billed, Metrics},
    upstream::{Events, Passed, StreamError},
};

/// What is owed once the answer is there.
pub struct Settlement {
    storing: Storing,
    metrics: Arc<Metrics>,
    target: Arc<str>,
    tier: Option<Tier>,
    price: Option<Price>,
    lead: Option<Lead<Found>>,
    checker: Arc<Checker>,
    check: Option<Check>,
    comparer: Arc<Comparer>,
    comparison: Option<Box<Comparison>>,
    learner: Option<ScopeLearner>,
    /// What was asked, to estimate its length where the provider does not say.
    asked: Arc<ChatRequest>,
    /// What answers of lower tiers are compared with.
    baseline: Option<Price>,
    record: OpenRecord,
    /// What was set aside for it.
    money: Option<Held>,
    conversations: Arc<Conversations>,
    conversation: Option<Conversation>,
    /// Spent on the request before.
    before: Spent,
}

/// What became of an answer.
#[derive(Debug, Clone, Copy)]
pub struct Settled {
    /// What it cost, when that is known.
    pub cost: Option<NanoUsd>,
    /// What a lower tier saved against the baseline, when it is one.
    pub saved: Option<NanoUsd>,
    /// Whether it is stored.
    pub stored: bool,
}

impl Settlement {
    /// The settlement of `ctx`, answered as `report` says; `lead` is the duty to tell those who wait for the same.
    pub fn new(
        gateway: &Gateway,
        ctx: &mut Context,
        report: &Report,
        lead: Option<Lead<Found>>,
    ) -> Self {
        let parts = &gateway.parts;
        let target = report.target.clone().unwrap_or_else(|| "".into());
        let price = target
            .split_once('/')
            .and_then(|(provider, model)| parts.prices.price(provider, model))
            .cloned();
        ctx.record.reported(report);
        let learns = report.tier.is_some() && parts.router.learn;
        Self {
            storing: Storing::new(parts, ctx),
            metrics: Arc::clone(&parts.metrics),
            target,
            tier: report.tier.clone(),
            price,
            lead,
            checker: Arc::clone(&gateway.checker),
            check: ctx.check.clone(),
            comparer: Arc::clone(&gateway.comparer),
            comparison: ctx.comparison.take(),
            learner: learns.then(|| gateway.parts.learners.of(ctx.scope)),
            asked: Arc::clone(&ctx.request),
            baseline: gateway.baseline(report.tier.as_ref()).cloned(),
            record: ctx.record.clone(),
            money: None,
            conversations: Arc::clone(&gateway.conversations),
            conversation: ctx.conversation.take(),
            before: Spent::NOTHING,
        }
    }

    /// The same, where so much was spent on the request before, and is accounted for.
    #[must_use]
    pub fn after(self, before: Spent) -> Self {
        Self { before, ..self }
    }

    /// The same, paid from money that was set aside.
    #[must_use]
    pub fn paid_from(self, money: Option<Held>) -> Self {
        Self { money, ..self }
    }

    /// Whether somebody wants the whole answer.
    fn is_wanted(&self) -> bool {
        self.storing.is_wanted() || self.check.is_some() || self.comparison.is_some()
    }

    /// The provider refused. When the request is at fault, nobody needs to try it again.
    pub fn refused(mut self, status: StatusCode) {
        let fault_of_the_request =
            status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS;
        if let Some(lead) = self.lead.take().filter(|_| fault_of_the_request) {
            lead.unshareable();
        }
        self.storing.not_stored("refused");
    }

    /// Settles an answer in one piece.
    pub fn completion(self, body: Bytes, completion: &Completion) -> Settled {
        let usage = billed(completion, &body, &self.asked.fields);
        let spent = self.account(&usage);
        self.settle(body, completion, (usage, spent))
    }

    /// Settles an answer in one piece that was [paid for](Self::after) already.
    pub fn paid(self, body: Bytes, completion: &Completion, usage: Usage) -> Settled {
        self.settle(body, completion, (usage, Spent::NOTHING))
    }

    fn settle(
        mut self,
        body: Bytes,
        completion: &Completion,
        (usage, spent): (Usage, Spent),
    ) -> Settled {
        let (cost, saved) = self.sum_up(&usage, spent);
        self.record.answered(&body);
        if let Some(comparison) = self.comparison.take().filter(|_| completion.incomplete.is_none())
        {
            self.comparer.submit(comparison, body.clone());
        }
        let provenance = Provenance {
            target: self.target.clone(),
            tier: self.tier.clone(),
            usage: Some(usage),
            cost,
        };
        if let Some(check) = self.check.take().filter(|_| completion.incomplete.is_none()) {
            self.checker.submit(check, body.clone());
        }
        let entry = self.storing.store(body, completion, provenance);
        let stored = entry.is_some();
        match (self.lead.take(), entry) {
            (Some(lead), Some(entry)) => lead.land(Found { entry, by_meaning: None }),
            (Some(lead), None) => lead.unshareable(),
            (None, _) => {}
        }
        Settled { cost, saved, stored }
    }

    /// An answer of which so much was `said`, that is accounted for and not kept.
    fn unstored(mut self, reason: &'static str, usage: Option<Usage>, said: &Said) {
        let usage = usage.unwrap_or_else(|| said.usage(&self.asked.fields));
        let spent = self.account(&usage);
        self.sum_up(&usage, spent);
        match reason {
            "cancelled" => self.record.cancelled(),
            "error" | "no-terminal-event" => self.record.failed("upstream_stream_broken"),
            _ => {}
        }
        self.storing.not_stored(reason);
        if let Some(lead) = self.lead.take() {
            lead.unshareable();
        }
    }

    /// What the request cost in all, and what a lower tier saved by that.
    fn sum_up(&self, usage: &Usage, spent: Spent) -> (Option<NanoUsd>, Option<NanoUsd>) {
        let spent = self.before + spent;
        let baseline = self.baseline.as_ref().map(|price| account::cost(usage, price));
        let cost = spent.total();
        let saved = baseline.zip(cost).map(|(baseline, cost)| baseline.saturating_sub(cost));
        self.record.saved_by_routing(saved.unwrap_or_default());
        if let (Some(saved), Some(tier)) = (saved, &self.tier) {
            self.metrics.routing.saved(tier, saved.0);
        }
        if let (Some(learner), Some(tier)) = (&self.learner, &self.tier) {
            learner.spent(tier.position(), spent.known.0);
        }
        (cost, saved)
    }

    /// Pays for an answer.
    fn account(&self, usage: &Usage) -> Spent {
        if let Some(conversation) = &self.conversation
            && let Some((provider, model)) = self.target.split_once('/')
        {
            let target = Target { provider: provider.to_owned(), model: model.to_owned() };
            self.conversations.answered(conversation, &target, usage, self.price.as_ref());
        }
        let by = (&*self.target, self.price.as_ref());
        let spent = pay(&self.metrics, by, usage, &self.record, self.money.as_ref());
        if let Some(comparison) = self.comparison.as_ref().filter(|it| it.pays_reference) {
            comparison.money.spend(spent.known);
        }
        spent
    }
}

/// Pays for one answer by a target with this price: counts it, writes it down, and takes what it cost from `money`.
pub fn pay(
    metrics: &Metrics,
    by: (&str, Option<&Price>),
    usage: &Usage,
    record: &OpenRecord,
    money: Option<&Held>,
) -> Spent {
    let spent = Spent::from(account(metrics, by, usage));
    record.accounted(usage, spent);
    if let Some(money) = money {
        money.spend(spent.known);
    }
    spent
}

/// Counts the tokens and the cost of one answer by `target`; the cost is `None` when the price is not known.
pub fn account(
    metrics: &Metrics,
    (target, price): (&str, Option<&Price>),
    usage: &Usage,
) -> Option<NanoUsd> {
    let cost = price.map(|price| account::cost(usage, price));
    let &Usage { input, cached_input, output, reasoning, estimated: is_estimated, .. } = usage;
    let cost_nano = cost.map(|cost| cost.0);
    metrics.answered(
        target,
        Billed { input, cached_input, output, reasoning, is_estimated, cost: cost_nano },
    );
    cost
}

/// A stream on its way to the caller, collected as it passes. Dropped early (the caller hung up), it closes the
/// provider's stream, stores nothing and makes room for another to lead.
pub struct Capture {
    events: Events,
    voice: Voice,
    include_usage: bool,
    reported: Reported,
    collected: Collected,
    said: Said,
    settlement: Option<Settlement>,
    _place: Option<Place>,
}

/// How the caller hears what comes.
struct Voice {
    writer: Writer,
    /// Both speak the same: events go on as they came, and the writer only has the last word on a stream that broke off.
    passes: bool,
}

/// What has been collected of an answer to store.
enum Collected {
    Chunks { assembler: Assembler, bytes: usize },
    Nothing(&'static str),
}

impl Capture {
    /// The bytes for the caller of `ctx`: each event as it comes, less the usage that it did not ask for, or what it means in
    /// the caller's protocol.
    pub fn start(
        events: Events,
        dialect: Dialect,
        settlement: Settlement,
        ctx: Context,
    ) -> EventBytes {
        let collected = if settlement.is_wanted() {
            Collected::Chunks { assembler: Assembler::default(), bytes: 0 }
        } else {
            Collected::Nothing("unwanted")
        };
        let voice = Voice { writer: ctx.caller.writer(), passes: ctx.caller.speaks(dialect) };
        let capture = Self {
            events,
            voice,
            include_usage: ctx.request.include_usage,
            reported: Reported::default(),
            collected,
            said: Said::default(),
            settlement: Some(settlement),
            _place: ctx.place,
        };
        Box::pin(stream::unfold(capture, |mut capture| async {
            let bytes = capture.next().await?;
            Some((bytes, capture))
        }))
    }

    /// The next bytes; `None` when the stream is over.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            // Without a settlement the stream has come to its end.
            self.settlement.as_ref()?;
            let passed = match self.events.next().await {
                Ok(Some(passed)) => passed,
                Ok(None) => return self.ended_without_done(),
                Err(error) => return Some(self.failed(&error)),
            };
            let Passed { event, chunks } = passed;
            let size = event.as_ref().map_or(0, |event| event.raw.len());
            let has_chunks = !chunks.is_empty();
            let (mut written, mut is_wanted) = (String::new(), !has_chunks);
            for chunk in chunks {
                is_wanted |= self.take(chunk, size, &mut written);
            }
            let bytes = match self.voice.passes {
                true => event.filter(|_| is_wanted).map(|event| event.raw),
                false => (!written.is_empty()).then(|| written.into()),
            };
            if let Some(bytes) = bytes {
                return Some(bytes);
            }
        }
    }

    /// Takes one step of the answer; whether the caller wants to hear of it.
    fn take(&mut self, chunk: Chunk, size: usize, out: &mut String) -> bool {
        match chunk {
            Chunk::Unknown => {}
            Chunk::Done => {
                if !self.voice.passes {
                    self.voice.writer.finish(out);
                }
                self.events.finished();
                self.done();
            }
            Chunk::Failed(error) => {
                if !self.voice.passes {
                    self.voice.writer.fail(&error, out);
                }
                self.events.failed();
                self.end("error");
            }
            Chunk::Delta { value, reported, usage_only, .. } => {
                if let Some(reported) = reported {
                    self.reported.merge(&reported);
                }
                let is_wanted = !usage_only || self.include_usage;
                if is_wanted && !self.voice.passes {
                    self.voice.writer.chunk(&value, out);
                }
                self.said.hear(&value);
                self.collected.push(value, size, &self.settlement);
                return is_wanted;
            }
        }
        true
    }

    /// The terminal event: now, and only now, the answer is whole.
    fn done(&mut self) {
        let Some(settlement) = self.settlement.take() else { return };
        let collected = std::mem::replace(&mut self.collected, Collected::Nothing("stored"));
        let usage = self.reported.usage();
        let said = std::mem::take(&mut self.said);
        let whole = match collected {
            Collected::Nothing(reason) => return settlement.unstored(reason, usage, &said),
            Collected::Chunks { assembler, .. } => assembler.finish(),
        };
        let Some(whole) = whole else {
            return settlement.unstored("unfinished", usage, &said);
        };
        let body = Bytes::from(whole.to_string());
        match Meaning::of(&body) {
            Meaning::Completion(mut completion) => {
                // All events together know better than the last one.
                completion.usage = usage.or(completion.usage);
                settlement.completion(body, &completion);
            }
            Meaning::Error(_) | Meaning::Unknown => {
                settlement.unstored("unfinished", usage, &said);
            }
        }
    }

    /// The connection closed in good order, but without a terminal event. Whether that is the end or a loss cannot be told
    /// unless every choice has a finish reason.
    fn ended_without_done(&mut self) -> Option<Bytes> {
        let finished = match &mut self.collected {
            Collected::Chunks { assembler, .. } => std::mem::take(assembler).finish().is_some(),
            Collected::Nothing(_) => self.said.is_finished,
        };
        if !finished {
            self.events.failed();
            self.end("no-terminal-event");
            return Some(self.fails("the provider's stream ended before the answer did"));
        }
        // The caller has its answer. Those who wait would get no better one: let them go, all at once.
        if let Some(settlement) = self.settlement.take() {
            let said = std::mem::take(&mut self.said);
            settlement.unstored("no-terminal-event", self.reported.usage(), &said);
        }
        if self.voice.passes {
            return None;
        }
        let mut out = String::new();
        self.voice.writer.finish(&mut out);
        Some(out.into())
    }

    fn failed(&mut self, error: &StreamError) -> Bytes {
        tracing::warn!(%error, "a stream broke off");
        self.events.failed();
        self.end("error");
        self.fails(&error.to_string())
    }

    /// The event that the caller's protocol knows as the end of a broken stream.
    fn fails(&mut self, message: &str) -> Bytes {
        let error = error::body(error::UPSTREAM, "upstream_stream_broken", message, None);
        let mut out = String::new();
        self.voice.writer.fail(&error, &mut out);
        out.into()
    }

    fn end(&mut self, reason: &'static str) {
        if let Some(mut settlement) = self.settlement.take() {
            // The lead is dropped without a word: another may have better luck.
            settlement.lead = None;
            let said = std::mem::take(&mut self.said);
            settlement.unstored(reason, self.reported.usage(), &said);
        }
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        self.end("cancelled");
    }
}

impl Collected {
    fn push(&mut self, chunk: serde_json::Value, size: usize, settlement: &Option<Settlement>) {
        let Self::Chunks { assembler, bytes } = self else { return };
        *bytes += size;
        // Chunks repeat their frame around every piece: a stream is several times as long as its answer.
        let limit =
            settlement.as_ref().map_or(0, |settlement| settlement.storing.max_entry_bytes());
        if *bytes > limit.saturating_mul(STREAM_OVERHEAD) {
            *self = Self::Nothing("too-large");
            return;
        }
        assembler.push(chunk);
    }
}

/// How many times longer than its answer a stream may be and still be collected.
const STREAM_OVERHEAD: usize = 64;
