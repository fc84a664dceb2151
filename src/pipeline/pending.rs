//! What is asked of a provider and not answered yet.

use std::sync::Arc;

use parking_lot::Mutex;

use super::{Gateway, OpenRecord, capture::pay, context::Context, estimate::Said};
use crate::{
    api::chat::ChatRequest,
    config::{Provider, Target},
    limit::Held,
    provider::{Inexpressible, Inquiry, Outbound},
};

/// What was made of one request for each target: plans ask what can be said there before it is said.
#[derive(Default)]
pub struct Outbounds(Mutex<Vec<(Target, Result<Outbound, Inexpressible>)>>);

impl Outbounds {
    /// What `inquiry`, always the same, becomes for `target`.
    pub(super) fn of(
        &self,
        inquiry: &Inquiry<'_>,
        target: &Target,
        provider: &Provider,
    ) -> Result<Outbound, Inexpressible> {
        let mut made = self.0.lock();
        if let Some((_, known)) = made.iter().find(|(known, _)| known == target) {
            return known.clone();
        }
        let outbound = inquiry.outbound(target, provider);
        made.push((target.clone(), outbound.clone()));
        outbound
    }
}

/// A request under way. A caller who hangs up now pays for the prompt, which the provider has and bills; an estimate.
pub(super) struct Pending<'a> {
    gateway: &'a Gateway,
    record: OpenRecord,
    request: Arc<ChatRequest>,
    money: Option<&'a Held>,
    target: Mutex<Option<Target>>,
}

impl<'a> Pending<'a> {
    /// The request of `ctx`, paid from `money`.
    pub(super) fn new(gateway: &'a Gateway, ctx: &Context, money: Option<&'a Held>) -> Self {
        let (record, request) = (ctx.record.clone(), Arc::clone(&ctx.request));
        Self { gateway, record, request, money, target: Mutex::default() }
    }

    /// It goes to `target` now, if it can be said there.
    pub(super) fn asks<T, E>(&self, target: &Target, outbound: Result<T, E>) -> Result<T, E> {
        *self.target.lock() = outbound.is_ok().then(|| target.clone());
        outbound
    }

    /// It is over, with or without an answer.
    pub(super) fn came_back(self) {
        *self.target.lock() = None;
    }
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        let Some(target) = self.target.lock().take() else { return };
        let parts = &self.gateway.parts;
        let usage = Said::default().usage(&self.request.fields);
        let price = parts.prices.price(&target.provider, &target.model);
        pay(&parts.metrics, (&target.to_string(), price), &usage, &self.record, self.money);
    }
}
