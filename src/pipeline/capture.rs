//! The end of a request that went upstream: account for it, store it, tell those who wait; for a stream, while it passes.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream;
use http::StatusCode;

use super::{
    Gateway,
    check::{Check, Checker},
    comparisons::{Comparer, Comparison},
    context::Context,
    learners::ScopeLearner,
    outgoing::{EventBytes, Report},
    store::{Found, Storing},
};
use crate::{
    account::{NanoUsd, Price, Usage, cost},
    api::{assemble::Assembler, error, sse::Event},
    cache::{Provenance, flight::Lead},
    config::Tier,
    limit::Place,
    provider::openai::{Answer, Chunk, Completion},
    telemetry::Metrics,
    upstream::{Events, StreamError},
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
    /// Spent on the request before.
    before: NanoUsd,
}

/// What became of an answer.
#[derive(Debug, Clone, Copy)]
pub struct Settled {
    /// What it cost, when that is known.
    pub cost: Option<NanoUsd>,
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
            .copied();
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
            before: NanoUsd::ZERO,
        }
    }

    /// The same, where so much was spent on the request before.
    #[must_use]
    pub fn after(self, before: NanoUsd) -> Self {
        Self { before, ..self }
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
        let cost = self.account(completion.usage.as_ref());
        self.paid(body, completion, cost)
    }

    /// Settles an answer in one piece that is accounted for already.
    pub fn paid(mut self, body: Bytes, completion: &Completion, cost: Option<NanoUsd>) -> Settled {
        let own = cost.unwrap_or_default();
        let cost = cost.map(|cost| cost + self.before);
        self.note_spending(own + self.before);
        if let Some(comparison) = self.comparison.take() {
            if comparison.pays_reference {
                comparison.money.spend(own);
            }
            if completion.incomplete.is_none() {
                self.comparer.submit(comparison, body.clone());
            }
        }
        let provenance = Provenance { target: self.target.clone(), tier: self.tier.clone(), cost };
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
        Settled { cost, stored }
    }

    /// An answer that is accounted for and not kept.
    fn unstored(mut self, reason: &'static str, usage: Option<&Usage>) {
        let cost = self.account(usage).unwrap_or_default();
        self.note_spending(cost + self.before);
        if let Some(comparison) = self.comparison.take().filter(|it| it.pays_reference) {
            comparison.money.spend(cost);
        }
        self.storing.not_stored(reason);
        if let Some(lead) = self.lead.take() {
            lead.unshareable();
        }
    }

    fn note_spending(&self, cost: NanoUsd) {
        if let (Some(learner), Some(tier)) = (&self.learner, &self.tier) {
            learner.spent(tier.position(), cost.0);
        }
    }

    fn account(&self, usage: Option<&Usage>) -> Option<NanoUsd> {
        account(&self.metrics, &self.target, usage, self.price.as_ref())
    }
}

/// Counts the tokens and the cost of one answer by `target`; the cost is `None` when usage or price is not known.
pub fn account(
    metrics: &Metrics,
    target: &str,
    usage: Option<&Usage>,
    price: Option<&Price>,
) -> Option<NanoUsd> {
    let cost = usage.zip(price).map(|(usage, price)| cost(usage, price));
    if let Some(usage) = usage {
        for (kind, count) in [
            ("input", usage.input),
            ("cached_input", usage.cached_input),
            ("output", usage.output),
            ("reasoning", usage.reasoning),
        ] {
            metrics.tokens(target, kind, count);
        }
    }
    metrics.cost(target, cost.map(|cost| cost.0));
    cost
}

/// A stream on its way to the caller, collected as it passes. Dropped early (the caller hung up), it closes the
/// provider's stream, stores nothing and makes room for another to lead.
pub struct Capture {
    events: Events,
    include_usage: bool,
    usage: Option<Usage>,
    collected: Collected,
    settlement: Option<Settlement>,
    _place: Option<Place>,
}

/// What has been collected of an answer to store.
enum Collected {
    Chunks { assembler: Assembler, bytes: usize },
    Nothing(&'static str),
}

impl Capture {
    /// The bytes for the caller: each event as it comes, less the usage that it did not ask for.
    pub fn start(
        events: Events,
        settlement: Settlement,
        include_usage: bool,
        place: Option<Place>,
    ) -> EventBytes {
        let collected = if settlement.is_wanted() {
            Collected::Chunks { assembler: Assembler::default(), bytes: 0 }
        } else {
            Collected::Nothing("unwanted")
        };
        let capture = Self {
            events,
            include_usage,
            usage: None,
            collected,
            settlement: Some(settlement),
            _place: place,
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
            let event = match self.events.next().await {
                Ok(Some(event)) => event,
                Ok(None) => return self.ended_without_done(),
                Err(error) => return Some(self.failed(&error)),
            };
            match Chunk::parse(&event) {
                Chunk::Silence | Chunk::Unknown => return Some(event.raw),
                Chunk::Done => {
                    self.done();
                    return Some(event.raw);
                }
                Chunk::Error(_) => {
                    self.end("error");
                    return Some(event.raw);
                }
                Chunk::Delta { value, usage, usage_only, .. } => {
                    self.usage = usage.or(self.usage.take());
                    self.collected.push(value, event.raw.len(), &self.settlement);
                    if !usage_only || self.include_usage {
                        return Some(event.raw);
                    }
                }
            }
        }
    }

    /// The terminal event: now, and only now, the answer is whole.
    fn done(&mut self) {
        let Some(settlement) = self.settlement.take() else { return };
        let collected = std::mem::replace(&mut self.collected, Collected::Nothing("stored"));
        let whole = match collected {
            Collected::Nothing(reason) => return settlement.unstored(reason, self.usage.as_ref()),
            Collected::Chunks { assembler, .. } => assembler.finish(),
        };
        let Some(whole) = whole else {
            return settlement.unstored("unfinished", self.usage.as_ref());
        };
        let body = Bytes::from(whole.to_string());
        match Answer::parse(&body) {
            Answer::Completion(completion) => {
                settlement.completion(body, &completion);
            }
            Answer::Error(_) | Answer::Unknown => {
                settlement.unstored("unfinished", self.usage.as_ref());
            }
        }
    }

    /// The connection closed in good order, but without `[DONE]`. Whether that is the end or a loss cannot be told
    /// unless every choice has a finish reason.
    fn ended_without_done(&mut self) -> Option<Bytes> {
        let finished = match &mut self.collected {
            Collected::Chunks { assembler, .. } => std::mem::take(assembler).finish().is_some(),
            Collected::Nothing(_) => true,
        };
        if !finished {
            self.end("no-terminal-event");
            return Some(error_event("the provider's stream ended before the answer did"));
        }
        // The caller has its answer. Those who wait would get no better one: let them go, all at once.
        if let Some(settlement) = self.settlement.take() {
            settlement.unstored("no-terminal-event", self.usage.as_ref());
        }
        None
    }

    fn failed(&mut self, error: &StreamError) -> Bytes {
        tracing::warn!(%error, "a stream broke off");
        self.end("error");
        error_event(&error.to_string())
    }

    fn end(&mut self, reason: &'static str) {
        if let Some(mut settlement) = self.settlement.take() {
            // The lead is dropped without a word: another may have better luck.
            settlement.lead = None;
            settlement.unstored(reason, self.usage.as_ref());
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

/// An error in OpenAI's shape, as the event that clients know as the end of a broken stream.
fn error_event(message: &str) -> Bytes {
    let error = error::body(error::UPSTREAM, "upstream_stream_broken", message, None);
    Event::with_data(&error.to_string()).raw
}
