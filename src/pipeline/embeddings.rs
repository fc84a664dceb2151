//! `POST /v1/embeddings`: the local model, or a provider's.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use super::{
    Body, CacheOutcome, Error, Gateway, Outgoing, Report, capture::account, context::Context,
    gateway::LOCAL_MODEL,
};
use crate::{
    account::{NanoUsd, Usage},
    api::embeddings::{self, EmbeddingsRequest},
    auth::Principal,
    cache::Bypass,
    limit::Place,
    provider::openai::embeddings_body,
    route::Asked,
    upstream::{Call, Endpoint, Expect, Failure, ReplyBody},
};

impl Gateway {
    /// Answers an embeddings request for an admitted caller.
    pub async fn embeddings(
        &self,
        (_, place): (Principal, Place),
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Outgoing, Error> {
        let request = EmbeddingsRequest::parse(body)?;
        let mut outgoing = if request.model == LOCAL_MODEL {
            self.local_embeddings(&request).await?
        } else {
            self.forwarded_embeddings(&request, &headers).await?
        };
        outgoing.place = Some(place);
        Ok(outgoing)
    }

    async fn local_embeddings(&self, request: &EmbeddingsRequest) -> Result<Outgoing, Error> {
        let input = request.local()?;
        let embedder = self.parts.embedder.as_ref().ok_or(Error::NoLocalModel)?;
        let dim = embedder.dim();
        if let Some(asked) = input.dimensions.filter(|asked| *asked != dim) {
            return Err(Error::Dimensions { asked, dim });
        }
        let embedded = embedder.embed(input.texts).await?;
        let tokens = embedded.iter().map(|text| text.tokens).sum();
        let vectors: Vec<_> = embedded.into_iter().map(|text| text.vector).collect();
        let body = embeddings::response(LOCAL_MODEL, &vectors, tokens, input.base64);
        let report = Report {
            target: Some(embedder.identity().into()),
            cost: Some(NanoUsd(0)),
            ..Report::new(CacheOutcome::Bypass(Bypass::Embeddings))
        };
        let body = Body::Whole(body.to_string().into());
        Ok(Outgoing {
            status: StatusCode::OK,
            headers: HeaderMap::new(),
            body,
            report,
            place: None,
        })
    }

    async fn forwarded_embeddings(
        &self,
        request: &EmbeddingsRequest,
        headers: &HeaderMap,
    ) -> Result<Outgoing, Error> {
        let Asked::Model(target) = self.parts.resolver.resolve(&request.model, None)? else {
            return Err(Error::NoEmbeddingTier);
        };
        let start = std::time::Instant::now();
        let call = Call {
            targets: &[target],
            endpoint: Endpoint::Embeddings,
            body: &|target, _| embeddings_body(request, &target.model),
            headers: &Context::passed_headers(headers),
            expect: Expect::Json,
        };
        let reply = match self.parts.upstream.send(call).await {
            Err(Failure::Refused(reply)) => *reply,
            result => result?,
        };
        let name = reply.target.to_string();
        let (ReplyBody::Whole(body) | ReplyBody::Completion(body, _)) = reply.body else {
            return Err(Error::NoEmbeddingTier);
        };
        let price = self.parts.prices.price(&reply.target.provider, &reply.target.model);
        let succeeded = reply.status.is_success();
        let cost =
            succeeded.then(|| account(&self.parts.metrics, &name, usage(&body).as_ref(), price));
        let report = Report {
            target: Some(name.into()),
            cost: cost.flatten(),
            waited: start.elapsed(),
            ..Report::new(CacheOutcome::Bypass(Bypass::Embeddings))
        };
        Ok(Outgoing {
            status: reply.status,
            headers: reply.headers,
            body: Body::Whole(body),
            report,
            place: None,
        })
    }
}

fn usage(body: &[u8]) -> Option<Usage> {
    let body: serde_json::Value = serde_json::from_slice(body).ok()?;
    Usage::from_openai(body.get("usage")?)
}
