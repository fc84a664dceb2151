//! What is known of one request on its way.

use std::{
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use http::HeaderMap;

use super::{
    OpenRecord, RequestId, caller::Caller, check::Check, comparisons::Comparison,
    conversations::Conversation, pending::Outbounds, routing::Learned,
};
use crate::{
    api::chat::ChatRequest,
    auth::Principal,
    cache::{Keys, PartitionKey, Policy, ScopeId},
    embed::Embedded,
    limit::Place,
    route::Asked,
};

/// One request. Fields are filled in as it moves on.
pub struct Context {
    /// Its headers.
    pub headers: HeaderMap,
    /// Those of them that are handed on to providers.
    pub passed_headers: HeaderMap,
    /// What the caller speaks, and what it said in its own words.
    pub caller: Arc<Caller>,
    /// The request itself.
    pub request: Arc<ChatRequest>,
    /// What its model name means.
    pub asked: Asked,
    /// What the cache may do.
    pub policy: Policy,
    /// Who asks.
    pub principal: Principal,
    /// Who may share answers with it.
    pub scope: ScopeId,
    /// The share of wrong answers by meaning that the caller accepts, when it says so.
    pub max_wrong: Option<f64>,
    /// What it is found by; `None` when the cache leaves it alone.
    pub keys: Option<Keys>,
    /// Where questions like it are, once somebody looks there.
    pub partition: OnceLock<PartitionKey>,
    /// The vectors of its question, once embedded.
    pub embedded: Option<Embedded>,
    /// The candidate that was refused, and why.
    pub refused: Option<String>,
    /// The stored answer that the fresh one is to be compared with.
    pub check: Option<Check>,
    /// What the learned choice of its tier rests on, for what is learnt from it later.
    pub learned: Option<Learned>,
    /// A lower tier's answer that the fresh one is to be compared with.
    pub comparison: Option<Box<Comparison>>,
    /// What it goes on with, where a target may hold that in its prompt cache.
    pub conversation: Option<Conversation>,
    /// What is sent to each target.
    pub outbounds: Arc<Outbounds>,
    /// Time spent waiting for a provider or for an identical request.
    pub waited: Duration,
    /// What is written down of it.
    pub record: OpenRecord,
    /// Its name.
    pub id: RequestId,
    /// Its place among the requests being worked on.
    pub place: Option<Place>,
}

impl Context {
    /// Waits for `future` and counts the time as not ours.
    pub async fn wait<T>(&mut self, future: impl Future<Output = T>) -> T {
        let start = Instant::now();
        let result = future.await;
        self.waited += start.elapsed();
        result
    }

    /// The caller's headers that are handed on to providers.
    pub fn passed_headers(headers: &HeaderMap) -> HeaderMap {
        let passed = headers.iter().filter(|(name, _)| PASSED_HEADERS.contains(&name.as_str()));
        passed.map(|(name, value)| (name.clone(), value.clone())).collect()
    }
}

/// Headers that change what a provider does; part of the cache keys.
const PASSED_HEADERS: &[&str] = &["anthropic-beta", "openai-beta"];
