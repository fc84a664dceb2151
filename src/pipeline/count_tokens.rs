//! `POST /v1/messages/count_tokens`: the provider's own count where it has one, an estimate elsewhere.

use std::time::Instant;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::{Map, Value, json};

use super::{Admitted, Body, CacheOutcome, Error, Gateway, Outgoing, Report, context::Context};
use crate::{
    account::{NanoUsd, count_tokens},
    api::fields::{self, Fields},
    cache::Bypass,
    config::{Format, Target},
    protocol::{Malformed, Protocol, messages},
    provider::{Dialect, Native, Outbound, anthropic},
    route::Asked,
    upstream::{Call, Endpoint, Failure, ReplyBody},
};

impl Gateway {
    /// Counts the tokens of a Messages request for an admitted caller.
    pub async fn count_tokens(
        &self,
        admitted: Admitted,
        headers: &HeaderMap,
        body: Bytes,
    ) -> Result<Outgoing, Error> {
        let fields = Fields::parse(body)?;
        let model: Option<String> = fields.get("model")?;
        let model = model.ok_or_else(|| Malformed::at("model", "'model' is required"))?;
        let asked = self.parts.resolver.resolve(&model, None)?;
        let counted = match asked {
            Asked::Model(target) if self.counts(&target) => Some(target),
            _ => None,
        };
        let mut outgoing = match counted {
            Some(target) => self.counted(&fields, target, headers).await?,
            None => estimated(&fields)?,
        };
        outgoing.place = Some(admitted.place);
        Ok(outgoing)
    }

    fn counts(&self, target: &Target) -> bool {
        let provider = self.parts.upstream.provider(target);
        provider.is_some_and(|provider| matches!(provider.format, Format::Anthropic))
    }

    async fn counted(
        &self,
        fields: &Fields,
        target: Target,
        headers: &HeaderMap,
    ) -> Result<Outgoing, Error> {
        let start = Instant::now();
        let fitted = anthropic::fitted(fields, &fields.decoded()?)?;
        let dialect = Dialect::Messages;
        let native = Native { dialect, fields, fitted: fitted.as_ref(), state: None };
        let call = Call {
            targets: &[target],
            endpoint: Endpoint::CountTokens,
            request: &|target, _| {
                let (fields, unfit) = native.fit(&target.model);
                let model = ("model", fields::quote(&target.model));
                let body = fields.rewrite_without(unfit, &[model]);
                Ok(Outbound { dialect, body, stream: false, dropped: Vec::new() })
            },
            headers: &Context::passed_headers(headers),
        };
        let reply = match self.parts.upstream.send(call).await {
            Err(Failure::Refused(reply)) => *reply,
            result => result?,
        };
        let body = match &reply.body {
            ReplyBody::Whole(body) if reply.dialect == Dialect::Messages => body.clone(),
            ReplyBody::Whole(body) => {
                let error = reply.error(body);
                Protocol::Messages.error(reply.status.as_u16(), &error).to_string().into()
            }
            ReplyBody::Completion(_) | ReplyBody::Events(_) => Bytes::new(),
        };
        let report = Report {
            target: Some(reply.target.to_string().into()),
            waited: start.elapsed(),
            ..report()
        };
        let (status, headers) = (reply.status, reply.headers);
        Ok(Outgoing { status, headers, body: Body::Whole(body), report, place: None })
    }
}

/// The count of a tokenizer that may not be the model's.
fn estimated(fields: &Fields) -> Result<Outgoing, Error> {
    let request = fields.decoded()?;
    messages::chat(&with_limit(&request))?;
    let tokens: u64 = messages::texts(&request).iter().map(|text| count_tokens(text)).sum();
    Ok(Outgoing {
        status: StatusCode::OK,
        headers: HeaderMap::new(),
        body: Body::Whole(json!({ "input_tokens": tokens }).to_string().into()),
        report: report(),
        place: None,
    })
}

/// To be counted, a request needs no limit to its answer.
fn with_limit(request: &Map<String, Value>) -> Map<String, Value> {
    let mut request = request.clone();
    request.entry("max_tokens").or_insert_with(|| 1.into());
    request
}

fn report() -> Report {
    Report { cost: Some(NanoUsd::ZERO), ..Report::new(CacheOutcome::Bypass(Bypass::CountTokens)) }
}
