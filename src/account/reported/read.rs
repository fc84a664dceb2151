//! Owns finding counts in answers, whatever their shape. Knows where, not under which names (`names`) nor what they mean.

use std::{collections::HashMap, sync::LazyLock};

use foldhash::fast::RandomState;
use serde_json::{Map, Value};

use super::{
    KINDS, Kind, Reported,
    names::{DETAILS, LISTS, NAMES, PLACES, STATED},
};
use crate::account::service::ServiceTier;

/// All that a name in a usage object may say.
#[derive(Default)]
struct Indexed {
    is_stated: bool,
    places: Vec<Place>,
}

/// Where a count is.
struct Place {
    /// Of several places for the same count, the one with the lowest rank holds.
    rank: usize,
    /// Its name within an object, if it is in one.
    inner: Option<&'static str>,
    kind: Kind,
}

static INDEX: LazyLock<HashMap<&str, Indexed, RandomState>> = LazyLock::new(|| {
    let mut index = HashMap::<_, Indexed, _>::default();
    for name in STATED {
        index.entry(name).or_default().is_stated = true;
    }
    let details = DETAILS.into_iter().map(|(name, inner, kind)| (name, Some(inner), kind));
    let names = NAMES.into_iter().map(|(name, kind)| (name, None, kind));
    for (rank, (name, inner, kind)) in details.chain(names).enumerate() {
        index.entry(name).or_default().places.push(Place { rank, inner, kind });
    }
    index
});

impl Reported {
    /// The first reading of a count stays.
    fn note(&mut self, kind: Kind, count: Option<u64>) {
        if let Some(slot) = self.counts.get_mut(kind as usize) {
            *slot = slot.or(count);
        }
    }

    /// An answer has its usage in one of a few places; a usage object is its own.
    pub(super) fn read_answer(&mut self, answer: &Map<String, Value>) {
        self.read_service_tier(answer);
        for (outer, inner) in PLACES {
            let place = match outer {
                "" => answer.get(inner),
                outer => answer.get(outer).and_then(|outer| outer.get(inner)),
            };
            if let Some(usage) = place.and_then(Value::as_object) {
                self.read_usage(usage);
            }
        }
        // Moonshot ends a stream with usage within the choice.
        let choice = answer.get("choices").and_then(|choices| choices.get(0)?.get("usage"));
        if let Some(usage) = choice.and_then(Value::as_object) {
            self.read_usage(usage);
        }
        if self.counts.iter().all(Option::is_none) {
            self.read_usage(answer);
        }
        // Embeddings have no output: Voyage names the total alone.
        if answer.get("object").and_then(Value::as_str) == Some("list") {
            self.note(Kind::Prompt, self.get(Kind::Input).or(self.get(Kind::Total)));
        }
        self.note(Kind::Searches, searches(answer));
    }

    fn read_usage(&mut self, usage: &Map<String, Value>) {
        let index = &*INDEX;
        let states = |usage: &&Map<String, Value>| {
            usage.keys().any(|name| index.get(name.as_str()).is_some_and(|it| it.is_stated))
        };
        let within = |name| usage.get(name).and_then(Value::as_object).filter(states);
        // Cohere bills the first, and reports others beside it.
        let usage = within("billed_units").or_else(|| within("tokens")).unwrap_or(usage);
        if !states(&usage) {
            return;
        }
        let mut found = [const { None::<(usize, u64)> }; KINDS];
        for (name, value) in usage {
            let Some(indexed) = index.get(name.as_str()) else { continue };
            for &Place { rank, inner, kind } in &indexed.places {
                let value = inner.map_or(Some(value), |inner| value.get(inner));
                let Some(count) = value.and_then(count) else { continue };
                let first = &mut found[kind as usize];
                *first = (*first).into_iter().chain([(rank, count)]).min();
            }
        }
        for (slot, found) in self.counts.iter_mut().zip(found) {
            *slot = slot.or(found.map(|(_, count)| count));
        }
        self.read_lists(usage);
        self.read_cached_parts(usage);
        self.read_apart(usage);
        self.read_billing(usage);
    }

    /// Gemini and Bedrock write details as lists.
    fn read_lists(&mut self, usage: &Map<String, Value>) {
        for (list, label, wanted, name, kind) in LISTS {
            let Some(items) = usage.get(list).and_then(Value::as_array) else { continue };
            let is_wanted = |item: &&Value| {
                let label = item.get(label).and_then(Value::as_str);
                label.is_some_and(|label| label.eq_ignore_ascii_case(wanted))
            };
            let counts = items.iter().filter(is_wanted).filter_map(|item| count(item.get(name)?));
            let sum = counts.fold(0_u64, u64::saturating_add);
            self.note(kind, Some(sum.min(MAX_TOKENS)));
        }
    }

    /// OpenAI says what of the cached tokens was sound.
    fn read_cached_parts(&mut self, usage: &Map<String, Value>) {
        for details in ["prompt_tokens_details", "input_tokens_details", "input_token_details"] {
            let cached =
                usage.get(details).and_then(|details| details.get("cached_tokens_details"));
            for (name, kind) in
                [("audio_tokens", Kind::CachedAudio), ("image_tokens", Kind::CachedImage)]
            {
                self.note(kind, cached.and_then(|cached| count(cached.get(name)?)));
            }
        }
    }

    /// Perplexity counts reasoning and citations on top, and names both beside the usual counts.
    fn read_apart(&mut self, usage: &Map<String, Value>) {
        let is_perplexity =
            ["citation_tokens", "num_search_queries"].iter().any(|name| usage.contains_key(*name));
        if is_perplexity {
            self.note(Kind::Thoughts, usage.get("reasoning_tokens").and_then(count));
            self.note(Kind::Fetched, usage.get("citation_tokens").and_then(count));
        }
    }

    /// Anthropic's and Gemini's words for the service tier are in the usage itself.
    fn read_billing(&mut self, usage: &Map<String, Value>) {
        let text = |name| usage.get(name).and_then(Value::as_str);
        let tier = match (text("speed"), text("service_tier"), text("trafficType")) {
            (Some("fast"), _, _) => Some(ServiceTier::Priority),
            // Anthropic's `priority` is capacity that is paid for beforehand.
            (_, Some("priority"), _) => Some(ServiceTier::Standard),
            (_, Some(name), _) | (_, _, Some(name)) => Some(ServiceTier::of(name)),
            _ => None,
        };
        self.service_tier = tier.or(self.service_tier);
    }

    fn read_service_tier(&mut self, answer: &Map<String, Value>) {
        let named = |value: &Value| value.as_str().map(ServiceTier::of);
        let response = answer.get("response").and_then(|response| response.get("service_tier"));
        let bedrock = answer.get("serviceTier").and_then(|tier| tier.get("type"));
        // In a usage object the name means something else, see `read_billing`.
        let own = answer.get("service_tier").filter(|_| !answer.contains_key("input_tokens"));
        self.service_tier = own.or(response).or(bedrock).and_then(named);
    }
}

/// Searches that answers count elsewhere: OpenAI's Responses lists each call among its output.
///
/// Source: <https://platform.openai.com/docs/guides/tools-web-search>: a call that only opens a page is free.
fn searches(answer: &Map<String, Value>) -> Option<u64> {
    let response = answer.get("response").and_then(Value::as_object).unwrap_or(answer);
    let output = response.get("output")?.as_array()?;
    let is_search = |item: &&Value| {
        let action = item.get("action").and_then(|action| action.get("type")?.as_str());
        item.get("type").and_then(Value::as_str) == Some("web_search_call")
            && action.is_none_or(|action| action == "search")
    };
    let searches = u64::try_from(output.iter().filter(is_search).count()).ok()?;
    (searches > 0).then_some(searches)
}

/// A whole number of tokens; some gateways write `12.0` or `"12"`.
fn count(value: &Value) -> Option<u64> {
    let whole = match value {
        Value::Number(number) => number.as_u64().or_else(|| whole(number.as_f64()?)),
        Value::String(text) => text.parse().ok().or_else(|| whole(text.parse().ok()?)),
        _ => None,
    }?;
    (whole <= MAX_TOKENS).then_some(whole)
}

fn whole(count: f64) -> Option<u64> {
    let in_range = (0.0..=MAX_TOKENS as f64).contains(&count);
    (in_range && count.fract() == 0.0).then_some(count as u64)
}

/// The largest count that is believed: a thousand times the longest context window on offer.
const MAX_TOKENS: u64 = 1_000_000_000;
