//! Which target holds the beginning of a conversation in its prompt cache.

use std::{sync::Arc, time::Duration};

use moka::sync::Cache;

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
const LEAST_TOKENS: usize = 1024;
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

/// A conversation as it stands.
#[derive(Debug, Clone)]
pub struct Conversation {
    /// Its beginnings, shortest first, as far as one looks back.
    before: Vec<Prefix>,
    whole: Prefix,
}

impl Conversation {
    /// The conversation that `request` goes on with; `None` where nobody would cache it.
    pub fn of(scope: ScopeId, request: &ChatRequest) -> Option<Self> {
        let instructions =
            ["tools", "functions", "response_format"].map(|name| request.fields.raw(name));
        let turns = || request.messages.iter().map(|turn| turn.raw.get());
        let read = || instructions.iter().flatten().copied().chain(turns());
        // A token has a byte at least.
        if read().map(str::len).sum::<usize>() < LEAST_TOKENS {
            return None;
        }
        let mut hasher = blake3::Hasher::new_derive_key("scrimp 2026 conversation");
        hasher.update(&scope.0);
        for part in instructions {
            hasher.update(part.unwrap_or_default().as_bytes()).update(&[0]);
        }
        let far = request.messages.len().saturating_sub(LOOK_BACK + 1);
        let mut before: Vec<Prefix> = turns()
            .enumerate()
            .filter_map(|(place, turn)| {
                hasher.update(turn.as_bytes()).update(&[0]);
                (place >= far).then(|| *hasher.finalize().as_bytes())
            })
            .collect();
        let whole = before.pop()?;
        Some(Self { before, whole })
    }
}

impl Conversations {
    /// The target that answered the longest beginning of a conversation lately. The whole of it was not answered before:
    /// that would be the same request.
    pub fn held(&self, conversation: &Conversation) -> Option<Arc<Held>> {
        conversation.before.iter().rev().find_map(|prefix| self.0.get(prefix))
    }

    /// Notes that `target` answered, with the tokens that it counted.
    pub fn answered(
        &self,
        conversation: &Conversation,
        target: &Target,
        usage: &Usage,
        price: Option<&Price>,
    ) {
        if usage.estimated || usage.input < LEAST_TOKENS as u64 || !price.is_some_and(discounts) {
            return;
        }
        // Where only what is marked is cached, the counts say what was.
        let marked = usage.cached_input + usage.cache_write + usage.cache_write_1h;
        let is_implicit = price.is_some_and(|price| price.standard.rates.cache_write.is_none());
        let tokens = if is_implicit { usage.input } else { marked };
        if tokens > 0 {
            self.0.insert(conversation.whole, Arc::new(Held { target: target.clone(), tokens }));
        }
    }
}

/// Whether cached tokens are cheaper at all.
fn discounts(price: &Price) -> bool {
    let rates = &price.standard.rates;
    rates.cached_input.is_some_and(|cached| cached < rates.input)
}
