//! May this request be answered from the cache, and may its answer be stored? Pure.

use std::time::Duration;

use super::{
    Reading,
    care::{Freshness, Personal, care},
};
use crate::{
    api::{chat::ChatRequest, control::Controls},
    config::Cache,
};

/// Why a request was not matched, or not in every way. Each has a name that is stable in headers and metrics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bypass {
    /// The cache is off.
    Disabled,
    /// The caller said `no-cache`.
    NoCache,
    /// The caller said `no-store`.
    NoStore,
    /// The caller wants the provider to keep the completion.
    StoreRequested,
    /// Matching by meaning is off.
    SemanticOff,
    /// The caller accepts no wrong answer at all.
    MaxWrongZero,
    /// The question is about now: an answer to an earlier one is none.
    TimeDependent,
    /// The last turn is not a user's.
    LastTurnNotUser,
    /// The last turn is a tool's result.
    ToolResult,
    /// The last turn has no text.
    NoQuestion,
    /// The last turn has an image, audio, a file: something that the question's text does not show.
    NonText(String),
    /// More than one answer is asked for.
    SeveralAnswers,
    /// Sampling is hotter than the operator allows for.
    HighTemperature,
    /// The question is longer than the embedding model reads.
    TooLong,
    /// The embedding queue is full.
    EmbeddingBusy,
    /// The embedding model failed.
    EmbeddingFailed,
    /// No embedding model is loaded.
    NoEmbedding,
    /// Tokens are counted, not looked up.
    CountTokens,
    /// The request leans on what a provider keeps, which the gateway cannot see.
    Stateful,
    /// The request holds something that two different requests could share, such as a number beyond 64 bits.
    Unkeyable,
}

impl Bypass {
    /// As in `Cache-Status` and metrics.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Disabled => "disabled",
            Self::NoCache => "no-cache",
            Self::NoStore => "no-store",
            Self::StoreRequested => "store-requested",
            Self::SemanticOff => "semantic-off",
            Self::MaxWrongZero => "max-wrong-zero",
            Self::TimeDependent => "time-dependent",
            Self::LastTurnNotUser => "last-turn-not-user",
            Self::ToolResult => "tool-result",
            Self::NoQuestion => "no-question",
            Self::NonText(kind) => match kind.as_str() {
                "image_url" | "image" | "input_image" => "image",
                "input_audio" | "audio" => "audio",
                "file" | "input_file" => "file",
                _ => "non-text",
            },
            Self::SeveralAnswers => "several-answers",
            Self::HighTemperature => "high-temperature",
            Self::TooLong => "question-too-long",
            Self::EmbeddingBusy => "embedding-busy",
            Self::EmbeddingFailed => "embedding-failed",
            Self::NoEmbedding => "no-embedding",
            Self::CountTokens => "count-tokens",
            Self::Stateful => "stateful",
            Self::Unkeyable => "unkeyable",
        }
    }
}

/// What the cache may do for one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Look for an answer; else why not.
    pub read: Result<(), Bypass>,
    /// Store the answer; else why not.
    pub write: Result<(), Bypass>,
    /// The question to match by meaning; else why none.
    pub question: Result<String, Bypass>,
    /// The oldest stored answer that will do.
    pub max_age: Option<Duration>,
    /// How long the answer may be kept.
    pub ttl: Duration,
    /// The answer is for this caller alone, whatever the operator's scope.
    pub personal: bool,
    /// Answer from the cache, to the very same request, or not at all.
    pub only_if_cached: bool,
}

/// How long the answer to a question about now may serve the very same request again.
const NOW_TTL: Duration = Duration::from_secs(60);

impl Policy {
    /// The policy for a request. What the caller asks for can only tighten what the operator allows.
    pub fn of(reading: &Reading, controls: &Controls, settings: &Cache) -> Self {
        let request = &*reading.request;
        let allowed = allowed(request, controls, settings);
        let (freshness, personal) = match &controls.question {
            _ if !settings.careful || allowed.is_err() => (Freshness::Timeless, Personal::No),
            Some(question) => care(question),
            None => reading.care(),
        };
        let longest = match freshness {
            Freshness::Timeless => settings.ttl,
            Freshness::Soon(longest) => settings.ttl.min(longest),
            Freshness::Now => settings.ttl.min(NOW_TTL),
        };
        let ttl = controls.ttl.map_or(longest, |ttl| ttl.min(longest));
        let question = question(request, controls, settings).and_then(|question| match freshness {
            Freshness::Now => Err(Bypass::TimeDependent),
            Freshness::Soon(_) | Freshness::Timeless => Ok(question),
        });
        Self {
            read: allowed.clone().and(if controls.no_cache {
                Err(Bypass::NoCache)
            } else {
                Ok(())
            }),
            write: allowed.and(if ttl.is_zero() { Err(Bypass::NoStore) } else { Ok(()) }),
            question,
            max_age: controls.max_age,
            ttl,
            personal: personal == Personal::Account,
            only_if_cached: controls.only_if_cached,
        }
    }
}

/// Whether the cache has anything to do with this request.
fn allowed(request: &ChatRequest, controls: &Controls, settings: &Cache) -> Result<(), Bypass> {
    match () {
        () if !settings.enabled => Err(Bypass::Disabled),
        () if controls.no_store => Err(Bypass::NoStore),
        () if request.store => Err(Bypass::StoreRequested),
        () => Ok(()),
    }
}

fn question(
    request: &ChatRequest,
    controls: &Controls,
    settings: &Cache,
) -> Result<String, Bypass> {
    let last = request.last();
    if !settings.semantic || settings.max_wrong == 0.0 {
        return Err(Bypass::SemanticOff);
    }
    if controls.max_wrong == Some(0.0) {
        return Err(Bypass::MaxWrongZero);
    }
    match last.role.as_str() {
        "user" => {}
        "tool" | "function" => return Err(Bypass::ToolResult),
        _ => return Err(Bypass::LastTurnNotUser),
    }
    if let Some(kind) = last.content.non_text() {
        return Err(Bypass::NonText(kind.to_owned()));
    }
    if request.n > 1 {
        return Err(Bypass::SeveralAnswers);
    }
    if request.temperature.is_some_and(|temperature| temperature > settings.max_temperature) {
        return Err(Bypass::HighTemperature);
    }
    let question = controls.question.clone().or_else(|| last.content.text());
    question.filter(|text| !text.trim().is_empty()).ok_or(Bypass::NoQuestion)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use serde_json::{Value, json};

    use super::*;
    use crate::config::{AnswerJudge, CacheMode, Scope};

    fn settings() -> Cache {
        Cache {
            enabled: true,
            ttl: Duration::from_secs(100),
            max_bytes: 1 << 20,
            max_embedding_bytes: 1 << 20,
            max_entry_bytes: 1 << 16,
            scope: Scope::Key,
            semantic: true,
            threshold: None,
            confidence: None,
            candidates: 4,
            max_temperature: 1.0,
            max_wrong: 0.01,
            mode: CacheMode::Serve,
            shadow_share: 0.05,
            learn: true,
            careful: true,
            judge: AnswerJudge::Local,
            path: None,
        }
    }

    fn policy(change: Value, controls: &Controls) -> Policy {
        let mut body = json!({"model": "m", "messages": [{"role": "user", "content": "why?"}]});
        for (name, value) in change.as_object().unwrap() {
            body[name] = value.clone();
        }
        Policy::of(
            &Reading::new(ChatRequest::parse(Bytes::from(body.to_string())).unwrap()),
            controls,
            &settings(),
        )
    }

    #[test]
    fn meaning_is_matched_only_where_it_is_safe() {
        let turn =
            |role: &str, content: Value| json!({"messages": [{"role": role, "content": content}]});
        let image = json!([{"type": "text", "text": "what?"}, {"type": "image_url", "image_url": {"url": "x"}}]);
        for (change, expected) in [
            (json!({}), Ok("why?")),
            (json!({"temperature": 1.0}), Ok("why?")),
            (json!({"temperature": 1.1}), Err("high-temperature")),
            (json!({"n": 2}), Err("several-answers")),
            (turn("tool", json!("4")), Err("tool-result")),
            (turn("assistant", json!("Sure, ")), Err("last-turn-not-user")),
            (turn("user", json!(" ")), Err("no-question")),
            (turn("user", json!(null)), Err("no-question")),
            (turn("user", image), Err("image")),
            (turn("user", json!([{"type": "file", "file": {}}])), Err("file")),
            (turn("user", json!([{"type": "brand_new"}])), Err("non-text")),
            (
                turn("user", json!([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}])),
                Ok("a\nb"),
            ),
        ] {
            let question = policy(change.clone(), &Controls::default()).question;
            assert_eq!(question.as_deref().map_err(Bypass::as_str), expected, "{change}");
        }
    }

    #[test]
    fn questions_about_now_and_about_the_caller_are_handled_with_care() {
        let asked = |text: &str| {
            policy(json!({"messages": [{"role": "user", "content": text}]}), &Controls::default())
        };
        let now = asked("What is the weather in Oslo right now?");
        assert_eq!((now.question, now.ttl), (Err(Bypass::TimeDependent), NOW_TTL));
        assert!(asked("Where is my order?").personal);
        let plain = asked("How do I boil an egg?");
        assert!(plain.question.is_ok() && !plain.personal);
        assert_eq!(plain.ttl, Duration::from_secs(100));
    }

    #[test]
    fn callers_tighten_and_never_loosen() {
        let ttl =
            |seconds| Controls { ttl: Some(Duration::from_secs(seconds)), ..Controls::default() };
        assert_eq!(policy(json!({}), &ttl(5)).ttl, Duration::from_secs(5));
        assert_eq!(policy(json!({}), &ttl(500)).ttl, Duration::from_secs(100));
        assert_eq!(policy(json!({}), &ttl(0)).write, Err(Bypass::NoStore));
        let no_cache = policy(json!({}), &Controls { no_cache: true, ..Controls::default() });
        assert_eq!((no_cache.read, no_cache.write), (Err(Bypass::NoCache), Ok(())));
        let no_store = policy(json!({}), &Controls { no_store: true, ..Controls::default() });
        assert_eq!((no_store.read, no_store.write), (Err(Bypass::NoStore), Err(Bypass::NoStore)));
        let kept = policy(json!({"store": true}), &Controls::default());
        assert_eq!(
            (kept.read, kept.write),
            (Err(Bypass::StoreRequested), Err(Bypass::StoreRequested))
        );
    }
}
