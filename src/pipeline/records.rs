//! The ledger's record of one request, filled in as the request moves on, and written when the last who holds it lets go.

use std::{sync::Arc, time::Instant};

use bytes::Bytes;
use parking_lot::Mutex;

use super::{CacheOutcome, Report, feedback::RequestId};
use crate::{
    account::{
        NanoUsd, Spent, Usage,
        ledger::{self, Content, Latency, Ledger, Outcome, Record, Saved},
    },
    api::control::Controls,
    auth::Principal,
    cache::{Clock, ScopeId},
    config::LogContent,
};

/// A record that is still being filled in.
#[derive(Clone)]
pub struct OpenRecord(Option<Arc<Open>>);

struct Open {
    ledger: Arc<Ledger>,
    start: Instant,
    /// Until it is written.
    record: Mutex<Option<Record>>,
}

impl OpenRecord {
    /// Nothing is written down.
    pub fn none() -> Self {
        Self(None)
    }

    /// The record of a request that has just been read.
    pub fn new(
        ledger: &Arc<Ledger>,
        clock: &Clock,
        (id, principal, protocol): (RequestId, &Principal, &'static str),
    ) -> Self {
        let record = Record {
            time: (clock.unix() * 1000.0) as u64,
            request_id: id.to_string().as_str().into(),
            key: ledger::key_name(principal.name.as_deref(), &principal.id),
            scope: [0; 8],
            protocol,
            model: "".into(),
            target: None,
            tier: None,
            reason: None,
            cache: ledger::CacheOutcome::None,
            usage: Usage::default(),
            estimated: false,
            spent: Spent::NOTHING,
            saved: Saved::default(),
            latency: Latency::default(),
            status: 0,
            outcome: Outcome::Cancelled,
            attempts: 0,
            streamed: false,
            tags: [].into_iter().collect(),
            content: Content::None,
        };
        let (ledger, record) = (Arc::clone(ledger), Mutex::new(Some(record)));
        Self(Some(Arc::new(Open { ledger, start: Instant::now(), record })))
    }

    /// The model as the caller names it, whatever becomes of the rest.
    pub fn named(&self, model: &str) {
        self.note(|record| record.model = model.into());
    }

    /// What was asked, and by whom.
    pub fn asked(&self, scope: ScopeId, controls: &Controls, body: &Bytes) {
        let Some(open) = &self.0 else { return };
        let content = match open.ledger.content() {
            LogContent::None => Content::None,
            LogContent::Hash => Content::Hash(*blake3::hash(body).as_bytes()),
            LogContent::Full => Content::Full { prompt: body.clone(), answer: Bytes::new() },
        };
        self.note(|record| {
            record.scope.copy_from_slice(&scope.0[..8]);
            record.tags = controls.tags.iter().map(String::as_str).collect();
            record.content = content;
        });
    }

    /// The gateway itself asked `target`, for this `purpose`.
    pub fn own(&self, purpose: &'static str, target: &str) {
        self.note(|record| {
            record.model = target.into();
            record.target = Some(target.into());
            record.reason = Some(purpose.into());
            record.tags = [purpose].into_iter().collect();
            record.attempts = 1;
        });
    }

    /// How the answer came about.
    pub fn reported(&self, report: &Report) {
        self.note(|record| {
            record.cache = match &report.cache {
                CacheOutcome::Exact { .. } => ledger::CacheOutcome::Exact,
                CacheOutcome::Semantic { .. } => ledger::CacheOutcome::Semantic,
                CacheOutcome::Miss { .. } => ledger::CacheOutcome::Miss,
                CacheOutcome::Bypass(reason) => ledger::CacheOutcome::Bypass(reason.as_str()),
            };
            record.target = report.target.as_deref().map(Into::into);
            record.tier = report.tier.as_ref().map(|tier| tier.as_str().into());
            record.reason = report.reason.as_deref().map(Into::into);
            record.attempts = report.attempts;
        });
    }

    /// One more answer: what it used, and what that cost.
    pub fn accounted(&self, usage: &Usage, spent: Spent) {
        // The ledger tells no lifetimes apart.
        let cache_write = usage.cache_write.saturating_add(usage.cache_write_1h);
        let usage = Usage { cache_write, ..*usage };
        self.note(|record| {
            record.usage = record.usage + usage;
            record.estimated |= usage.estimated;
            record.spent = record.spent + spent;
        });
    }

    /// A lower tier saved so much against the baseline.
    pub fn saved_by_routing(&self, saved: NanoUsd) {
        self.note(|record| record.saved.routing = saved);
    }

    /// A hit saved so much.
    pub fn saved(&self, saved: NanoUsd) {
        self.note(|record| record.saved.cache = saved);
    }

    /// The answer, a whole body.
    pub fn answered(&self, body: &Bytes) {
        self.note(|record| {
            if let Content::Full { answer, .. } = &mut record.content {
                answer.clone_from(body);
            }
        });
    }

    /// The head of the response is out.
    pub fn head(&self, status: u16, latency: Latency, streamed: bool) {
        self.note(|record| {
            record.status = status;
            record.latency = latency;
            record.streamed = streamed;
            record.outcome = match status {
                ..400 => Outcome::Ok,
                status => Outcome::Error(status.to_string().as_str().into()),
            };
        });
    }

    /// It ended with an error of this code.
    pub fn failed(&self, code: &str) {
        self.note(|record| record.outcome = Outcome::Error(code.into()));
    }

    /// The caller went away before the end of a stream.
    pub fn cancelled(&self) {
        self.note(|record| record.outcome = Outcome::Cancelled);
    }

    fn note(&self, change: impl FnOnce(&mut Record)) {
        if let Some(open) = &self.0 {
            open.record.lock().as_mut().map(change);
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if let Some(mut record) = self.record.get_mut().take() {
            record.latency.total = self.start.elapsed();
            self.ledger.note(record);
        }
    }
}
