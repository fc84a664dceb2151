//! A request of a log, ready for a simulated cache.

use bytes::Bytes;
use http::HeaderMap;
use jiff::Timestamp;
use serde_json::Value;

use super::call::Call;
use crate::{
    account::{NanoUsd, PriceBook, Usage, cost},
    api::{chat::ChatRequest, control::Controls},
    auth::Principal,
    cache::{ExactKey, Keys, PartitionKey, Policy, Reading, ScopeId, key::KeyParts},
    config::Cache,
    eval::trace::Label,
};

/// One request.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Where it stands, `FILE:LINE`.
    pub place: String,
    /// When it was made.
    pub at: Option<Timestamp>,
    /// Who made it, as the log calls them; requests of different callers are in different partitions.
    pub scope: Option<String>,
    /// The model asked for.
    pub model: Option<String>,
    /// Equal for requests that are the same.
    pub exact: ExactKey,
    /// Equal for requests that differ in nothing but the words of their question.
    pub partition: PartitionKey,
    /// The text of the last user turn; empty when there is none.
    pub question: String,
    /// Why it is not matched by meaning, where it is not: the gateway's bypass reason, or `tool-call` for an answer that
    /// calls tools, which follow the wording.
    pub exact_only: Option<&'static str>,
    /// Whether its answer may be stored: not when it was cut off or filtered.
    pub storable: bool,
    /// The logged answer.
    pub answer: Option<String>,
    /// Which other requests have the same answer, where that is known.
    pub label: Label,
    /// What kind of request it is.
    pub kind: Option<String>,
    /// What it cost, nano-USD: as logged, else its tokens at the shipped price; `None`: not known.
    pub cost_nano_usd: Option<u64>,
    /// What it used.
    pub tokens: Option<Tokens>,
}

/// Tokens that a call used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tokens {
    /// Of the prompt.
    pub input: u64,
    /// Of `input`: read from the provider's prompt cache.
    pub cached: u64,
    /// Of the answer.
    pub output: u64,
}

impl Record {
    /// Adds the answer, which came apart from its request.
    pub(super) fn answered(&mut self, call: Call, prices: &PriceBook) {
        let Call { at, model, answer, cost_nano_usd, tokens, .. } = call;
        self.at = self.at.or(at);
        self.tokens = self.tokens.or(tokens);
        let model = model.or_else(|| self.model.clone());
        self.cost_nano_usd =
            cost_nano_usd.or_else(|| priced(model.as_deref()?, self.tokens?, prices));
        if let Some(answer) = answer {
            self.storable = answer.whole;
            if answer.calls_tools {
                self.exact_only = self.exact_only.or(Some(TOOL_CALL));
            }
            self.answer = answer.text;
        }
    }
}

/// The answer calls tools.
const TOOL_CALL: &str = "tool-call";

/// The model of a log that names none: all its requests are then of one model.
const UNNAMED_MODEL: &str = "unnamed";

/// Makes requests of calls.
pub(super) struct Maker<'a> {
    settings: &'a Cache,
}

impl<'a> Maker<'a> {
    pub(super) fn new(settings: &'a Cache) -> Self {
        Self { settings }
    }

    /// The request of a call; else why it is none that the gateway would take.
    pub(super) fn record(&self, call: Call, prices: &PriceBook) -> Result<Record, String> {
        let Call { at, scope, model, mut body, answer, label, kind, cost_nano_usd, tokens } = call;
        let asked = body.get("model").and_then(Value::as_str).map(str::to_owned);
        if asked.is_none() {
            body.insert("model".to_owned(), UNNAMED_MODEL.into());
        }
        let bytes = Bytes::from(Value::Object(body).to_string());
        let request = ChatRequest::parse(bytes).map_err(|error| format!("bad request: {error}"))?;
        let reading = Reading::new(request);
        let policy = Policy::of(&reading, &Controls::default(), self.settings);
        let principal = Principal {
            name: None,
            id: *blake3::hash(scope.as_deref().unwrap_or_default().as_bytes()).as_bytes(),
            policy: None,
            is_limited: false,
        };
        let request = &reading.request;
        let keys = Keys::of(KeyParts {
            scope: ScopeId::of(&self.settings.scope, &principal, None),
            policy: &request.model,
            headers: &HeaderMap::new(),
            digest: reading.digest().map_err(|error| format!("bad request: {error}"))?,
        });
        let question = policy.question.as_deref().unwrap_or_default();
        let partition = keys.partition(request.last(), question, "");
        let calls_tools = answer.as_ref().is_some_and(|answer| answer.calls_tools);
        let bypass = policy.question.as_ref().err().map(|bypass| bypass.as_str());
        let refused = policy.write.as_ref().err().map(|bypass| bypass.as_str());
        let whole = answer.as_ref().is_none_or(|answer| answer.whole);
        let priced_as = model.as_deref().or(asked.as_deref());
        Ok(Record {
            place: String::new(),
            at,
            scope,
            exact: keys.exact,
            partition,
            exact_only: refused.or(bypass).or(calls_tools.then_some(TOOL_CALL)),
            storable: whole && policy.write.is_ok(),
            answer: answer.and_then(|answer| answer.text),
            label,
            kind,
            cost_nano_usd: cost_nano_usd.or_else(|| priced(priced_as?, tokens?, prices)),
            tokens,
            model: asked,
            question: policy.question.unwrap_or_default(),
        })
    }
}

/// What these tokens cost at the shipped price of `model`, named `provider/model` or bare.
fn priced(model: &str, tokens: Tokens, prices: &PriceBook) -> Option<u64> {
    let (provider, model) = match model.split_once('/') {
        Some(pair) => pair,
        None => (vendor(model)?, model),
    };
    let price = prices.price(provider, model)?;
    let Tokens { input, cached, output } = tokens;
    let usage = Usage { input, cached_input: cached, output, ..Usage::default() };
    let NanoUsd(nano) = cost(&usage, price);
    Some(nano)
}

/// Who makes a model that is named without its maker.
fn vendor(model: &str) -> Option<&'static str> {
    const BEGINNINGS: [(&str, &str); 10] = [
        ("gpt-", "openai"),
        ("chatgpt-", "openai"),
        ("o1", "openai"),
        ("o3", "openai"),
        ("o4", "openai"),
        ("claude-", "anthropic"),
        ("gemini-", "gemini"),
        ("deepseek-", "deepseek"),
        ("mistral-", "mistral"),
        ("grok-", "xai"),
    ];
    BEGINNINGS.iter().find(|(start, _)| model.starts_with(start)).map(|(_, vendor)| *vendor)
}
