//! One chat request, step by step.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use super::{
    Body, CacheOutcome, Error, Gateway, Outgoing, Report,
    capture::{Capture, Settlement},
    cascade::{Answered, First},
    context::Context,
    feedback::{RequestId, Served},
    store::{Found, Match},
};
use crate::{
    account::NanoUsd,
    api::{
        chat::ChatRequest,
        control::{ControlError, Controls},
    },
    auth::Principal,
    cache::{
        Bypass, Keys, Policy, ScopeId,
        flight::{Join, Lead},
        key::KeyParts,
        replay,
    },
    config::{Scope, Tier},
    limit::Place,
    provider::openai::request_body,
    route::{
        Plan,
        sharing::{self, Caller},
    },
    upstream::{Call, Endpoint, Expect, Failure, Reply, ReplyBody},
};

impl Gateway {
    /// Answers `POST /v1/chat/completions` for an admitted caller.
    pub async fn chat(
        &self,
        (principal, place): (Principal, Place),
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Outgoing, Error> {
        let mut ctx = self.read(principal, place, headers, body)?;
        let readable = ctx.keys.filter(|_| ctx.policy.read.is_ok());
        if let Some(found) = readable.and_then(|keys| self.exact(&ctx, keys)) {
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
            Join::Landed(found) if found.serves(&ctx, self.parts.clock.now()) => {
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
        principal: Principal,
        place: Place,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Context, Error> {
        let controls = Controls::parse(&headers)?;
        let request = ChatRequest::parse(body)?;
        let max_wrong = controls.max_wrong;
        let tier = controls.tier.as_deref().map(|name| self.tier(name)).transpose()?;
        let asked = self.parts.resolver.resolve(&request.model, tier)?;
        let mut policy = Policy::of(&request, &controls, &self.parts.cache);
        if self.parts.embedder.is_none() && policy.question.is_ok() {
            policy.question = Err(Bypass::NoEmbedding);
        }
        let shared_by = if policy.personal { &Scope::Key } else { &self.parts.cache.scope };
        let scope = ScopeId::of(shared_by, &principal, controls.scope.as_deref());
        let passed_headers = Context::passed_headers(&headers);
        let rules = &self.parts.router.rules;
        let caller = Caller { key: principal.name.as_deref(), policy: principal.policy.as_ref() };
        let mut telling_headers = sharing::telling_headers(&asked, &headers, rules);
        telling_headers.extend(passed_headers.clone());
        let keys = (policy.read.is_ok() || policy.write.is_ok()).then(|| {
            Keys::of(KeyParts {
                scope,
                policy: &sharing::policy(&asked, caller, rules),
                headers: &telling_headers,
                request: &request,
                embedder: self.parts.embedder.as_deref().map_or("", |embedder| embedder.identity()),
                question: policy.question.as_deref().ok(),
            })
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
            request,
            asked,
            policy,
            principal,
            scope,
            max_wrong,
            keys,
            embedded: None,
            refused: None,
            check: None,
            learned: None,
            comparison: None,
            waited: Duration::ZERO,
            place: Some(place),
        })
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
        let request_id = RequestId::fresh();
        self.served.remember(
            request_id,
            Served::Cached { caller: ctx.principal.id, entry: Arc::downgrade(entry), budget },
        );
        let saved = entry.provenance.cost;
        self.parts.metrics.saved(cache.as_str(), saved.map_or(0, |saved| saved.0));
        let replay =
            ctx.request.stream.then(|| replay::as_events(&entry.body, ctx.request.include_usage));
        let body = match replay {
            Some(Ok(events)) => Body::Replay(events),
            // Only completions are stored, so there is always a stream; the whole body is the honest second best.
            Some(Err(_)) | None => Body::Whole(entry.body.clone()),
        };
        let report = Report {
            target: Some(entry.provenance.target.clone()),
            tier: entry.provenance.tier.clone(),
            cost: Some(NanoUsd::ZERO),
            saved,
            waited: ctx.waited,
            request_id: Some(request_id),
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
        let mut targets = plan.targets.as_slice();
        let (mut before, mut because) = (NanoUsd::ZERO, String::new());
        if Self::is_checked_first(&ctx, &plan) {
            match self.first_answer(&mut ctx, &plan).await {
                First::Stands(answered) => return Ok(self.answered(ctx, &plan, *answered, lead)),
                First::Escalates { why, spent } => {
                    (before, because) = (spent, format!("; escalated: {why}"));
                    targets = plan.above_first_tier();
                }
            }
        }
        let stream = ctx.request.stream;
        let call = Call {
            targets,
            endpoint: Endpoint::Chat,
            body: &|target, provider| {
                request_body(&ctx.request, &target.model, provider.stream_usage)
            },
            headers: &ctx.passed_headers,
            expect: if stream { Expect::Events } else { Expect::Completion },
        };
        let start = Instant::now();
        let result = self.parts.upstream.send(call).await;
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
        let Reply { status, headers, body, .. } = reply;
        let settlement = Settlement::new(self, &mut ctx, &report, lead).after(before);
        let (body, place) = match body {
            ReplyBody::Whole(body) => {
                report.stored = Some(false);
                settlement.refused(status);
                (Body::Whole(body), ctx.place)
            }
            ReplyBody::Completion(body, completion) => {
                let settled = settlement.completion(body.clone(), &completion);
                (report.cost, report.stored) = (settled.cost, Some(settled.stored));
                (whole(&ctx, body), ctx.place)
            }
            ReplyBody::Events(events) => (
                Body::Events(Capture::start(
                    *events,
                    settlement,
                    ctx.request.include_usage,
                    ctx.place,
                )),
                None,
            ),
        };
        Ok(Outgoing { status, headers, body, report, place })
    }

    /// The first tier's answer, which stands.
    fn answered(
        &self,
        mut ctx: Context,
        plan: &Plan,
        answered: Answered,
        lead: Option<Lead<Found>>,
    ) -> Outgoing {
        let Answered { reply, body, completion, cost } = answered;
        let mut report = self.report(&ctx, plan, &reply);
        let settlement = Settlement::new(self, &mut ctx, &report, lead);
        let settled = settlement.paid(body.clone(), &completion, cost);
        (report.cost, report.stored) = (settled.cost, Some(settled.stored));
        let Reply { status, headers, .. } = reply;
        Outgoing { status, headers, body: whole(&ctx, body), report, place: ctx.place }
    }

    /// How an answer that a provider has just given came about.
    fn report(&self, ctx: &Context, plan: &Plan, reply: &Reply) -> Report {
        let tier = plan.tier_of(&reply.target).cloned();
        Report {
            request_id: self.remember_routed(ctx, tier.as_ref()),
            target: Some(reply.target.to_string().into()),
            tier,
            reason: Some(plan.reason_for(&reply.target)),
            waited: ctx.waited,
            ..Report::new(self.outcome(ctx))
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

/// A whole answer, as the caller wants it: one who waits for events gets them even where the provider sent none.
fn whole(ctx: &Context, body: Bytes) -> Body {
    let replay = ctx.request.stream.then(|| replay::as_events(&body, ctx.request.include_usage));
    replay.and_then(Result::ok).map_or(Body::Whole(body), Body::Replay)
}
