//! One chat request, step by step.

use std::{
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use super::{
    Body, CacheOutcome, Error, Gateway, Outgoing, Report,
    capture::{Capture, Settlement},
    cascade::{Answered, First},
    context::Context,
    feedback::Served,
    gateway::Admitted,
    pending::Pending,
    readings::Read,
    store::{Found, Match},
};
use crate::{
    account::{NanoUsd, Spent, cost},
    api::control::{ControlError, Controls},
    cache::{
        Bypass, Entry, Keys, Policy, Provenance, ScopeId,
        flight::{Join, Lead},
        key::KeyParts,
    },
    config::{Scope, Target, Tier},
    limit::Held,
    protocol::Protocol,
    provider::{self, Dialect, Form, Inquiry},
    route::{Asked, Plan, sharing},
    upstream::{Call, Endpoint, Failure, Reply, ReplyBody},
};

impl Gateway {
    /// Answers a request in `protocol` for an admitted caller.
    pub async fn answer(
        &self,
        protocol: Protocol,
        admitted: Admitted,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Outgoing, Error> {
        let readings = self.readings.as_ref();
        let known = readings.and_then(|known| known.get(&admitted.principal, protocol, &body));
        let is_new = known.is_none();
        let read = known.map_or_else(|| Read::of(protocol, body.clone()), Ok)?;
        admitted.record.named(&read.reading.request.model);
        let mut ctx = self.read(&read, admitted, headers, &body)?;
        let readable = ctx.keys.filter(|_| ctx.policy.read.is_ok());
        if let Some(found) = readable.and_then(|keys| self.exact(&ctx, keys)) {
            if let Some(readings) = readings.filter(|_| is_new) {
                readings.keep(&ctx.principal, protocol, &body, read);
            }
            return Ok(self.serve(ctx, &found));
        }
        if ctx.policy.only_if_cached {
            return Err(Error::NotCached);
        }
        let Some(keys) = readable else {
            if ctx.keys.is_some() {
                self.embed_question(&mut ctx).await;
            }
            return self.forward(ctx, None).await;
        };
        let flight = tokio::time::timeout(self.parts.total_timeout, self.flights.join(keys.exact));
        let lead = match ctx.wait(flight).await.map_err(|_| Error::FlightTimeout)? {
            Join::Landed(found) if self.serves(&found, &ctx) => {
                return Ok(self.serve(ctx, &found));
            }
            Join::Landed(_) | Join::Alone => None,
            Join::Lead(lead) => Some(lead),
        };
        if let Some(found) = self.look_up(&mut ctx, keys).await {
            if let Some(lead) = lead {
                lead.land(found.clone());
            }
            return Ok(self.serve(ctx, &found));
        }
        self.forward(ctx, lead).await
    }

    /// The request, understood: controls, model, what the cache may do, keys.
    fn read(
        &self,
        Read { caller, reading }: &Read,
        Admitted { principal, place, id, record }: Admitted,
        headers: HeaderMap,
        body: &Bytes,
    ) -> Result<Context, Error> {
        let controls = Controls::parse(&headers)?;
        let max_wrong = controls.max_wrong;
        let request = &reading.request;
        let tier = controls.tier.as_deref().map(|name| self.tier(name)).transpose()?;
        let asked = self.parts.resolver.resolve(&request.model, tier)?;
        let mut policy = Policy::of(reading, &controls, &self.parts.cache);
        if caller.state().is_some() {
            policy.read = Err(Bypass::Stateful);
            policy.write = Err(Bypass::Stateful);
        }
        if self.parts.embedder.is_none() && policy.question.is_ok() {
            policy.question = Err(Bypass::NoEmbedding);
        }
        let shared_by = if policy.personal { &Scope::Key } else { &self.parts.cache.scope };
        let scope = ScopeId::of(shared_by, &principal, controls.scope.as_deref());
        record.asked(scope, &controls, body);
        let passed_headers = Context::passed_headers(&headers);
        let rules = &self.parts.router.rules;
        let asking =
            sharing::Caller { key: principal.name.as_deref(), policy: principal.policy.as_ref() };
        let mut shared_by_policy = sharing::policy(&asked, asking, rules);
        if caller.is_kept() && self.keeps(&asked) {
            // What the caller may refer to later must be with the provider, which knows no answer to a chat.
            shared_by_policy.push_str(";kept");
        }
        let mut telling_headers = sharing::telling_headers(&asked, &headers, rules);
        telling_headers.extend(passed_headers.clone());
        let keys = (policy.read.is_ok() || policy.write.is_ok()).then(|| {
            let (policy, headers) = (shared_by_policy.as_str(), &telling_headers);
            reading.digest().map(|digest| Keys::of(KeyParts { scope, policy, headers, digest }))
        });
        let keys = match keys.transpose() {
            Ok(keys) => keys,
            Err(error) => {
                tracing::debug!(%error, "a request has no key");
                policy.read = Err(Bypass::Unkeyable);
                policy.write = Err(Bypass::Unkeyable);
                None
            }
        };
        Ok(Context {
            headers,
            passed_headers,
            caller: Arc::clone(caller),
            request: Arc::clone(request),
            asked,
            policy,
            principal,
            scope,
            max_wrong,
            keys,
            partition: OnceLock::new(),
            embedded: None,
            refused: None,
            check: None,
            learned: None,
            comparison: None,
            waited: Duration::ZERO,
            conversation: None,
            outbounds: Arc::default(),
            record,
            id,
            place: Some(place),
        })
    }

    /// Whether a provider that may answer keeps its answers.
    fn keeps(&self, asked: &Asked) -> bool {
        let keeps = |target: &Target| {
            self.parts.upstream.provider(target).is_some_and(|provider| provider.responses)
        };
        match asked {
            Asked::Model(target) => keeps(target),
            Asked::Auto(_) => {
                let mut targets = self.parts.tiers.pools().iter().flat_map(|pool| &pool.targets);
                targets.any(keeps)
            }
        }
    }

    /// The tier that a caller names in a header.
    fn tier(&self, name: &str) -> Result<Tier, ControlError> {
        let tiers = &self.parts.tiers;
        tiers.named(name).cloned().ok_or_else(|| ControlError {
            name: "x-scrimp-tier",
            problem: format!("'{name}' is not a tier here; tiers: {}", tiers.names()),
        })
    }

    /// A stored answer, as the caller wants it.
    fn serve(&self, ctx: Context, found: &Found) -> Outgoing {
        let Found { entry, by_meaning } = found;
        let age = entry.age(self.parts.clock.now());
        let ttl_left = entry.ttl.saturating_sub(age);
        let cache = match *by_meaning {
            None => CacheOutcome::Exact { age, ttl_left },
            Some(Match { similarity, confidence }) => {
                CacheOutcome::Semantic { age, ttl_left, similarity, confidence }
            }
        };
        let budget = by_meaning.map(|found| (self.budgets.of(ctx.scope), found.confidence));
        if let Some((budget, confidence)) = &budget {
            budget.served(*confidence);
        }
        self.served.remember(
            ctx.id,
            Served::Cached { caller: ctx.principal.id, entry: Arc::downgrade(entry), budget },
        );
        let saved = self.worth(entry);
        ctx.record.saved(saved.unwrap_or_default());
        ctx.record.answered(&entry.body);
        self.parts.metrics.saved(cache.as_str(), saved.map_or(0, |saved| saved.0));
        let body = whole(&ctx, entry.body.clone());
        let report = Report {
            target: Some(entry.provenance.target.clone()),
            tier: entry.provenance.tier.clone(),
            cost: Some(NanoUsd::ZERO),
            saved,
            waited: ctx.waited,
            ..Report::new(cache)
        };
        Outgoing {
            status: StatusCode::OK,
            headers: HeaderMap::new(),
            body,
            report,
            place: ctx.place,
        }
    }

    /// Plan, send, account, store.
    async fn forward(
        &self,
        mut ctx: Context,
        lead: Option<Lead<Found>>,
    ) -> Result<Outgoing, Error> {
        let plan = self.plan(&mut ctx).await?;
        let is_checked_first = Self::is_checked_first(&ctx, &plan);
        let times = 1 + if is_checked_first { self.first_answers() } else { 0 };
        let money = self.set_aside(&ctx, &plan.targets, times)?;
        let mut targets = plan.targets.as_slice();
        let (mut before, mut because) = (Spent::NOTHING, String::new());
        if is_checked_first {
            // In a box: few requests are checked first, and all would carry the room for it.
            match Box::pin(self.first_answer(&mut ctx, &plan, money.as_ref())).await {
                First::Stands(answered) => {
                    return Ok(self.answered(ctx, &plan, *answered, (lead, money)));
                }
                First::Escalates { why, spent } => {
                    (before, because) = (spent, format!("; escalated: {why}"));
                    targets = plan.above_first_tier();
                }
            }
        }
        let inquiry = self.inquiry(&ctx, Form::AsAsked);
        let pending = Pending::new(self, &ctx, money.as_ref());
        let call = Call {
            targets,
            endpoint: Endpoint::Answers,
            request: &|target, provider| {
                pending.asks(target, ctx.outbounds.of(&inquiry, target, provider))
            },
            headers: &ctx.passed_headers,
        };
        let start = Instant::now();
        let result = self.parts.upstream.send(call).await;
        pending.came_back();
        ctx.waited += start.elapsed();
        let reply = match result {
            Ok(reply) => reply,
            // What the provider said is handed on; the lead is dropped, so that another may try its luck.
            Err(Failure::Refused(reply)) => *reply,
            Err(failure) => return Err(failure.into()),
        };
        let mut report = self.report(&ctx, &plan, &reply);
        if let Some(reason) = &mut report.reason {
            reason.push_str(&because);
        }
        let settlement =
            Settlement::new(self, &mut ctx, &report, lead).after(before).paid_from(money);
        let refusal = match &reply.body {
            ReplyBody::Whole(body) if !ctx.caller.speaks(reply.dialect) => {
                Some(ctx.caller.error(reply.status.as_u16(), &reply.error(body)))
            }
            _ => None,
        };
        let Reply { status, headers, dialect, body, .. } = reply;
        let (body, place) = match body {
            ReplyBody::Whole(body) => {
                report.stored = Some(false);
                settlement.refused(status);
                (Body::Whole(refusal.unwrap_or(body)), ctx.place)
            }
            ReplyBody::Completion(answered) => {
                let settled = settlement.completion(answered.body.clone(), &answered.completion);
                (report.cost, report.stored) = (settled.cost, Some(settled.stored));
                report.saved = settled.saved;
                (heard(&ctx, dialect, *answered), ctx.place)
            }
            ReplyBody::Events(events) => {
                (Body::Events(Capture::start(*events, dialect, settlement, ctx)), None)
            }
        };
        Ok(Outgoing { status, headers, body, report, place })
    }

    /// The first tier's answer, which stands.
    fn answered(
        &self,
        mut ctx: Context,
        plan: &Plan,
        answered: Answered,
        (lead, money): (Option<Lead<Found>>, Option<Held>),
    ) -> Outgoing {
        let Answered { reply, answer, usage, spent } = answered;
        let mut report = self.report(&ctx, plan, &reply);
        let settlement =
            Settlement::new(self, &mut ctx, &report, lead).after(spent).paid_from(money);
        let settled = settlement.paid(answer.body.clone(), &answer.completion, usage);
        (report.cost, report.stored) = (settled.cost, Some(settled.stored));
        report.saved = settled.saved;
        let Reply { status, headers, dialect, .. } = reply;
        Outgoing { status, headers, body: heard(&ctx, dialect, answer), report, place: ctx.place }
    }

    /// How an answer that a provider has just given came about.
    fn report(&self, ctx: &Context, plan: &Plan, reply: &Reply) -> Report {
        let tier = plan.tier_of(&reply.target).cloned();
        self.remember_routed(ctx, tier.as_ref());
        Report {
            target: Some(reply.target.to_string().into()),
            tier,
            reason: Some(plan.reason_for(&reply.target)),
            waited: ctx.waited,
            dropped: reply.dropped.clone(),
            attempts: reply.attempts,
            ..Report::new(self.outcome(ctx))
        }
    }

    /// What a stored answer would cost today; what it did cost, where that is not known.
    fn worth(&self, entry: &Entry) -> Option<NanoUsd> {
        let Provenance { target, usage, cost: paid, .. } = &entry.provenance;
        let price = target
            .split_once('/')
            .and_then(|(provider, model)| self.parts.prices.price(provider, model));
        usage.as_ref().zip(price).map(|(usage, price)| cost(usage, price)).or(*paid)
    }

    /// What `ctx` asks of a provider.
    pub(super) fn inquiry<'a>(&self, ctx: &'a Context, form: Form) -> Inquiry<'a> {
        Inquiry {
            chat: &ctx.request,
            native: ctx.caller.native(),
            form,
            chosen: matches!(ctx.asked, Asked::Auto(_)),
            is_strict: self.parts.is_strict,
        }
    }

    fn outcome(&self, ctx: &Context) -> CacheOutcome {
        let policy = &ctx.policy;
        match policy.read.as_ref().err().or(policy.question.as_ref().err()) {
            Some(reason) => CacheOutcome::Bypass(reason.clone()),
            None => CacheOutcome::Miss { refused: ctx.refused.clone() },
        }
    }
}

/// A provider's whole answer: its own words where the caller knows them.
fn heard(ctx: &Context, dialect: Dialect, answered: provider::Answered) -> Body {
    match answered.native {
        Some(native) if ctx.caller.speaks(dialect) && !ctx.request.stream => Body::Whole(native),
        _ => whole(ctx, answered.body),
    }
}

/// A `chat.completion`, as the caller wants it: one who waits for events gets them.
fn whole(ctx: &Context, body: Bytes) -> Body {
    let replay = || ctx.caller.replay(&body, ctx.request.include_usage);
    match ctx.request.stream.then(replay).and_then(Result::ok) {
        Some(events) => Body::Replay(events),
        // Only completions come here, so there is always a stream; the whole body is the honest second best.
        None => Body::Whole(ctx.caller.whole(body)),
    }
}
