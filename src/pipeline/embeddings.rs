//! `POST /v1/embeddings`: the local model or a provider's, and only for what was not embedded before.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use super::{
    Body, CacheOutcome, Error, Gateway, OpenRecord, Outgoing, Report,
    capture::pay,
    context::Context,
    gateway::{Admitted, LOCAL_MODEL},
};
use crate::{
    account::{NanoUsd, Usage, cost, estimate_tokens},
    api::{
        control::Controls,
        embeddings::{self, EmbeddingsRequest, Vectors},
    },
    auth::Principal,
    cache::{
        Bypass, ScopeId,
        embeddings::{Embedding, EmbeddingKey, keys},
    },
    config::Target,
    provider::{Dialect, Outbound},
    route::Asked,
    upstream::{Call, Endpoint, Failure, Reply, ReplyBody},
};

/// A request on its way.
struct Batch {
    request: EmbeddingsRequest,
    headers: HeaderMap,
    /// The keys of its texts; else why it is not looked up.
    keys: Result<Vec<EmbeddingKey>, Bypass>,
    /// What was found of it.
    found: Vec<Option<Arc<Embedding>>>,
    /// How long what is new may be kept; zero: not at all.
    ttl: Duration,
}

/// What came of asking for what was new.
struct Fresh {
    /// As JSON, for the places that were asked for.
    vectors: Vec<String>,
    usage: Usage,
    attempts: u32,
    cost: Option<NanoUsd>,
    headers: HeaderMap,
    /// The provider's whole answer, where it answers the whole request.
    whole: Option<Bytes>,
}

/// How asking ended.
enum Asking {
    Answered(Box<Fresh>),
    /// What the provider said, to be handed on.
    Refused(Box<Reply>),
}

impl Gateway {
    /// Answers an embeddings request for an admitted caller.
    pub async fn embeddings(
        &self,
        Admitted { principal, place, id: _, record }: Admitted,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Outgoing, Error> {
        let request = EmbeddingsRequest::parse(body.clone())?;
        record.named(&request.model);
        let controls = Controls::parse(&headers)?;
        let scope = ScopeId::of(&self.parts.cache.scope, &principal, controls.scope.as_deref());
        record.asked(scope, &controls, &body);
        let target = self.embedding_target(&request)?;
        let name = target.as_ref().map_or(LOCAL_MODEL.to_owned(), Target::to_string);
        let batch = self.looked_up(request, &headers, &controls, (scope, &name));
        let missing: Vec<usize> =
            (0..batch.found.len()).filter(|place| batch.found[*place].is_none()).collect();
        if !missing.is_empty() && controls.only_if_cached {
            return Err(Error::NotCached);
        }
        let start = Instant::now();
        let asking = match &target {
            _ if missing.is_empty() => None,
            None => {
                let fresh = self.local_embeddings(&batch.request, &missing).await?;
                record.accounted(&fresh.usage, fresh.cost.into());
                Some(Asking::Answered(Box::new(fresh)))
            }
            Some(target) => {
                Some(self.forwarded(&batch, (target, &missing), &principal, &record).await?)
            }
        };
        let waited = if target.is_some() { start.elapsed() } else { Duration::ZERO };
        let mut outgoing = match asking {
            Some(Asking::Refused(reply)) => refused(*reply, &name),
            Some(Asking::Answered(fresh)) => {
                self.store(&batch, &missing, &fresh);
                self.embedded(&batch, target.as_ref(), &name, Some(*fresh))
            }
            None => self.embedded(&batch, target.as_ref(), &name, None),
        };
        outgoing.report.waited = waited;
        record.saved(outgoing.report.saved.unwrap_or_default());
        record.reported(&outgoing.report);
        outgoing.place = Some(place);
        Ok(outgoing)
    }

    /// The provider's model that embeds; `None`: the local one.
    fn embedding_target(&self, request: &EmbeddingsRequest) -> Result<Option<Target>, Error> {
        if request.model == LOCAL_MODEL {
            return Ok(None);
        }
        match self.parts.resolver.resolve(&request.model, None)? {
            Asked::Model(target) => Ok(Some(target)),
            Asked::Auto(_) => Err(Error::NoEmbeddingTier),
        }
    }

    fn looked_up(
        &self,
        request: EmbeddingsRequest,
        headers: &HeaderMap,
        controls: &Controls,
        (scope, target): (ScopeId, &str),
    ) -> Batch {
        let settings = &self.parts.cache;
        let headers = Context::passed_headers(headers);
        let keys = match () {
            () if !settings.enabled => Err(Bypass::Disabled),
            () if controls.no_store => Err(Bypass::NoStore),
            () => keys(scope, target, &headers, &request).map_err(|_| Bypass::Unkeyable),
        };
        let now = self.parts.clock.now();
        let mut found = vec![None; request.texts.len()];
        if let (Ok(keys), false) = (&keys, controls.no_cache) {
            let get = |key| self.parts.embeddings.get(key, now, controls.max_age);
            found = keys.iter().map(get).collect();
        }
        let ttl = controls.ttl.map_or(settings.ttl, |ttl| ttl.min(settings.ttl));
        Batch { request, headers, keys, found, ttl }
    }

    async fn local_embeddings(
        &self,
        request: &EmbeddingsRequest,
        missing: &[usize],
    ) -> Result<Fresh, Error> {
        let input = request.local()?;
        let embedder = self.parts.embedder.as_ref().ok_or(Error::NoLocalModel)?;
        let dim = embedder.dim();
        if let Some(asked) = input.dimensions.filter(|asked| *asked != dim) {
            return Err(Error::Dimensions { asked, dim });
        }
        let texts = missing.iter().map(|place| input.texts[*place].clone()).collect();
        let embedded = embedder.embed(texts).await?;
        let tokens = embedded.iter().map(|text| text.tokens as u64).sum();
        let vector =
            |text: &crate::embed::Embedded| embeddings::encoded(&text.vector, input.base64);
        Ok(Fresh {
            vectors: embedded.iter().map(vector).collect(),
            usage: Usage { input: tokens, ..Usage::default() },
            attempts: 0,
            cost: Some(NanoUsd::ZERO),
            headers: HeaderMap::new(),
            whole: None,
        })
    }

    /// The vectors of `missing` texts, by `target`, paid for.
    async fn forwarded(
        &self,
        batch: &Batch,
        (target, missing): (&Target, &[usize]),
        principal: &Principal,
        record: &OpenRecord,
    ) -> Result<Asking, Error> {
        let bytes: usize = missing.iter().map(|place| batch.request.texts[*place].len()).sum();
        let money = self.set_aside_for_input(principal, target, estimate_tokens(bytes))?;
        let call = Call {
            targets: std::slice::from_ref(target),
            endpoint: Endpoint::Embeddings,
            request: &|target, _| {
                let body = batch.request.only(missing, &target.model);
                Ok(Outbound { dialect: Dialect::Chat, body, stream: false, dropped: Vec::new() })
            },
            headers: &batch.headers,
        };
        let reply = match self.parts.upstream.send(call).await {
            Err(Failure::Refused(reply)) => return Ok(Asking::Refused(reply)),
            result => result?,
        };
        let ReplyBody::Whole(body) = &reply.body else { return Err(Error::NoEmbeddingTier) };
        if !reply.status.is_success() {
            return Ok(Asking::Refused(Box::new(reply)));
        }
        let vectors = Vectors::parse(body, missing.len());
        let usage = vectors.as_ref().and_then(|vectors| Usage::of(vectors.usage.as_ref()?));
        let usage = usage.unwrap_or_else(|| Usage {
            input: estimate_tokens(bytes),
            estimated: true,
            ..Usage::default()
        });
        let name = target.to_string();
        let price = self.parts.prices.price(&target.provider, &target.model);
        let spent = pay(&self.parts.metrics, (&name, price), &usage, record, money.as_ref());
        let cost = spent.total();
        let whole = (missing.len() == batch.found.len()).then(|| body.clone());
        let Some(Vectors { vectors, .. }) = vectors else {
            // Not what was expected; the caller may make something of it where it was all its own.
            let headers = reply.headers;
            return match whole {
                Some(whole) => Ok(Asking::Answered(Box::new(Fresh {
                    vectors: Vec::new(),
                    usage,
                    attempts: reply.attempts,
                    cost,
                    headers,
                    whole: Some(whole),
                }))),
                None => Err(Error::Upstream(Failure::Invalid {
                    target: target.clone(),
                    problem: "it did not answer with one vector for each text".to_owned(),
                })),
            };
        };
        Ok(Asking::Answered(Box::new(Fresh {
            vectors: vectors.iter().map(|raw| raw.get().to_owned()).collect(),
            usage,
            attempts: reply.attempts,
            cost,
            headers: reply.headers,
            whole,
        })))
    }

    fn store(&self, batch: &Batch, missing: &[usize], fresh: &Fresh) {
        let Ok(keys) = &batch.keys else { return };
        if batch.ttl.is_zero() || fresh.vectors.len() != missing.len() {
            return;
        }
        let stored_at = self.parts.clock.now();
        let lengths: Vec<u64> =
            missing.iter().map(|place| batch.request.texts[*place].len() as u64).collect();
        for ((place, raw), tokens) in
            missing.iter().zip(&fresh.vectors).zip(shares(fresh.usage.input, &lengths))
        {
            let raw = Bytes::copy_from_slice(raw.as_bytes());
            let embedding = Embedding { raw, tokens, stored_at, ttl: batch.ttl };
            self.parts.embeddings.insert(keys[*place], embedding);
        }
    }

    /// The answer: what was found and what is fresh, in the order of the texts.
    fn embedded(
        &self,
        batch: &Batch,
        target: Option<&Target>,
        name: &str,
        fresh: Option<Fresh>,
    ) -> Outgoing {
        let found_tokens: u64 = batch.found.iter().flatten().map(|found| found.tokens).sum();
        let has_found = batch.found.iter().any(Option::is_some);
        let cache = match (&batch.keys, &fresh) {
            (Err(reason), _) => CacheOutcome::Bypass(reason.clone()),
            (Ok(_), Some(_)) => CacheOutcome::Miss { refused: None },
            (Ok(_), None) => {
                let now = self.parts.clock.now();
                let ages = batch.found.iter().flatten();
                let age = ages.clone().map(|it| now.saturating_sub(it.stored_at)).max();
                let left = ages.map(|it| it.ttl.saturating_sub(now.saturating_sub(it.stored_at)));
                CacheOutcome::Exact {
                    age: age.unwrap_or_default(),
                    ttl_left: left.min().unwrap_or_default(),
                }
            }
        };
        let price = target.and_then(|it| self.parts.prices.price(&it.provider, &it.model));
        let usage = Usage { input: found_tokens, ..Usage::default() };
        let saved = price.filter(|_| has_found).map(|price| cost(&usage, price));
        if let Some(saved) = saved {
            self.parts.metrics.saved("exact", saved.0);
        }
        let stored = fresh
            .as_ref()
            .map(|fresh| batch.keys.is_ok() && !batch.ttl.is_zero() && !fresh.vectors.is_empty());
        let identity = || self.parts.embedder.as_deref().map_or("", |embedder| embedder.identity());
        let (mut headers, mut cost, mut body) = (HeaderMap::new(), Some(NanoUsd::ZERO), None);
        let (mut tokens, mut attempts) = (found_tokens, 0);
        let mut fresh_vectors = Vec::new();
        if let Some(fresh) = fresh {
            tokens += fresh.usage.input;
            attempts = fresh.attempts;
            (headers, cost, body) = (fresh.headers, fresh.cost, fresh.whole);
            fresh_vectors = fresh.vectors;
        }
        let body = body.unwrap_or_else(|| {
            let mut fresh = fresh_vectors.iter();
            let vectors: Vec<&str> = batch
                .found
                .iter()
                .filter_map(|found| match found {
                    Some(found) => std::str::from_utf8(&found.raw).ok(),
                    None => fresh.next().map(String::as_str),
                })
                .collect();
            let model = target.map_or(LOCAL_MODEL, |target| target.model.as_str());
            embeddings::response(model, &vectors, tokens).into()
        });
        let report = Report {
            target: Some(target.map_or_else(|| identity().into(), |_| name.into())),
            cost,
            saved,
            stored,
            attempts,
            ..Report::new(cache)
        };
        Outgoing { status: StatusCode::OK, headers, body: Body::Whole(body), report, place: None }
    }
}

fn refused(reply: Reply, name: &str) -> Outgoing {
    let Reply { status, headers, body, .. } = reply;
    let body = match body {
        ReplyBody::Whole(body) => body,
        ReplyBody::Completion(_) | ReplyBody::Events(_) => Bytes::new(),
    };
    let report = Report {
        target: Some(name.into()),
        stored: Some(false),
        ..Report::new(CacheOutcome::Miss { refused: None })
    };
    Outgoing { status, headers, body: Body::Whole(body), report, place: None }
}

/// `total` shared out in proportion to `lengths`; the sum is exact.
fn shares(total: u64, lengths: &[u64]) -> Vec<u64> {
    let whole: u128 = lengths.iter().map(|length| u128::from(*length)).sum::<u128>().max(1);
    let (mut seen, mut given) = (0_u128, 0);
    let share = |length: &u64| {
        seen += u128::from(*length);
        let until = u64::try_from(u128::from(total) * seen / whole).unwrap_or(u64::MAX);
        let share = until - given;
        given = until;
        share
    };
    lengths.iter().map(share).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up() {
        assert_eq!(shares(10, &[1, 1, 1]), [3, 3, 4]);
        assert_eq!(shares(7, &[100]), [7]);
        assert_eq!(shares(1, &[5, 5]), [0, 1]);
        assert!(shares(5, &[]).is_empty());
    }
}
