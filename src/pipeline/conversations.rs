//! Which target holds the beginning of a conversation in its prompt cache.

use std::{sync::Arc, time::Duration};

use moka::sync::Cache;

use super::context::Context;
use crate::{
    account::{Price, Usage},
    api::chat::ChatRequest,
    cache::ScopeId,
    config::Target,
    route::Held,
};

/// Prompt caches live about this long after their last use
/// (<https://platform.openai.com/docs/guides/prompt-caching>, <https://docs.anthropic.com/en/docs/build-with-claude/prompt-caching>).
const LIFETIME: Duration = Duration::from_secs(300);
/// Conversations that are remembered.
const MAX_CONVERSATIONS: u64 = 50_000;
/// Shorter prompts are not cached by anybody, tokens.
const LEAST_TOKENS: u64 = 1024;
/// Turns that are looked back over: an agent's step adds a call and its result, rarely more than a few at once.
const LOOK_BACK: usize = 32;

/// The beginning of a conversation: who asks, with which system prompt and tools, and the turns.
type Prefix = [u8; 32];

/// Remembers who answered what.
pub struct Conversations(Cache<Prefix, Arc<Held>>);

impl Default for Conversations {
    fn default() -> Self {
        let cache = Cache::builder().max_capacity(MAX_CONVERSATIONS).time_to_live(LIFETIME).build();
        Self(cache)
    }
}

/// A conversation as it stands, to be remembered once it is answered.
#[derive(Debug, Clone, Copy)]
pub struct Conversation(Prefix);

impl Conversations {
    /// The target that answered the longest beginning of `ctx`'s conversation lately.
    pub fn held(&self, ctx: &Context) -> Option<Arc<Held>> {
        let mut prefixes = prefixes(ctx.scope, &ctx.request);
        // The whole of it was not answered before: that would be the same request.
        prefixes.pop();
        prefixes.iter().rev().take(LOOK_BACK).find_map(|prefix| self.0.get(prefix))
    }

    /// The conversation of `ctx`, to be remembered.
    pub fn of(ctx: &Context) -> Option<Conversation> {
        prefixes(ctx.scope, &ctx.request).pop().map(Conversation)
    }

    /// Notes that `target` answered, with the tokens that it counted.
    pub fn answered(
        &self,
        Conversation(prefix): Conversation,
        target: &Target,
        usage: &Usage,
        price: Option<&Price>,
    ) {
        if usage.estimated || usage.input < LEAST_TOKENS || !price.is_some_and(discounts) {
            return;
        }
        // Where only what is marked is cached, the counts say what was.
        let marked = usage.cached_input + usage.cache_write + usage.cache_write_1h;
        let is_implicit = price.is_some_and(|price| price.standard.rates.cache_write.is_none());
        let tokens = if is_implicit { usage.input } else { marked };
        if tokens > 0 {
            self.0.insert(prefix, Arc::new(Held { target: target.clone(), tokens }));
        }
    }
}

/// Whether cached tokens are cheaper at all.
fn discounts(price: &Price) -> bool {
    let rates = &price.standard.rates;
    rates.cached_input.is_some_and(|cached| cached < rates.input)
}

/// The hashes of all beginnings of a conversation, shortest first.
fn prefixes(scope: ScopeId, request: &ChatRequest) -> Vec<Prefix> {
    let mut hasher = blake3::Hasher::new_derive_key("scrimp 2026 conversation");
    hasher.update(&scope.0);
    for name in ["tools", "functions", "response_format"] {
        hasher.update(request.fields.raw(name).unwrap_or_default().as_bytes()).update(&[0]);
    }
    let hash = |turn: &crate::api::chat::Message| {
        hasher.update(turn.raw.get().as_bytes()).update(&[0]);
        *hasher.finalize().as_bytes()
    };
    request.messages.iter().map(hash).collect()
}
