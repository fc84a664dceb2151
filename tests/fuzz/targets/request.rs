//! Request bodies of every protocol, for every provider.
//!
//! Input: a byte for the protocol (after the last: embeddings), one for the form of the answer, then the body.
#![cfg_attr(fuzzing, no_main)]

use std::sync::OnceLock;

use bytes::Bytes;
use http::HeaderMap;
use scrimp::{
    api::{chat::ChatRequest, embeddings::EmbeddingsRequest, fields::Fields},
    cache::{
        ExactKey, PartitionKey, ScopeId,
        key::{Digest, KeyParts, Keys},
    },
    config::{Format, Provider, Target, Vertex},
    protocol::{Protocol, messages, responses},
    provider::{Dialect, Form, Inquiry, Native, anthropic},
};
use scrimp_fuzz::{PROTOCOLS, reordered};
use serde_json::{Map, Value};

fn run(bytes: &[u8]) {
    let Some((&[kind, form], body)) = bytes.split_first_chunk() else { return };
    let body = Bytes::copy_from_slice(body);
    let form = match form % 3 {
        0 => Form::AsAsked,
        1 => Form::Whole { max_output: None },
        _ => Form::Whole { max_output: Some(100) },
    };
    match PROTOCOLS.get(usize::from(kind) % (PROTOCOLS.len() + 1)) {
        Some(Protocol::Chat) => chat(&body, form),
        Some(protocol) => other(*protocol, &body, form),
        None => embeddings(&body),
    }
}

fn chat(body: &Bytes, form: Form) {
    let Ok(chat) = ChatRequest::parse(body.clone()) else { return };
    send(&chat, None, form);
    let Ok(value) = serde_json::from_slice::<Value>(body) else { return };
    assert_eq!(
        serde_json::from_slice::<Value>(&chat.fields.rewrite(&[])).ok(),
        Some(value.clone())
    );
    // The same request in another spelling has the same keys.
    let Ok(keys) = keys(&chat) else { return };
    let respelt = ChatRequest::parse(reordered(&value).into()).expect("it was read before");
    assert_eq!(self::keys(&respelt).ok(), Some(keys));
}

fn keys(chat: &ChatRequest) -> Result<(ExactKey, Option<PartitionKey>), serde_json::Error> {
    let keys = Keys::of(KeyParts {
        scope: ScopeId([0; 32]),
        policy: "p/m",
        headers: &HeaderMap::new(),
        digest: &Digest::of(chat)?,
    });
    let last = chat.last();
    let question = last.content.text();
    Ok((keys.exact, question.map(|question| keys.partition(last, &question, "e"))))
}

/// As `pipeline::caller` does it.
fn other(protocol: Protocol, body: &Bytes, form: Form) {
    let Ok(mut fields) = Fields::parse(body.clone()) else { return };
    let decoded =
        |(name, raw): (&str, &str)| Some((name.to_owned(), serde_json::from_str(raw).ok()?));
    let Some(request) = fields.iter().map(decoded).collect::<Option<Map<String, Value>>>() else {
        return;
    };
    let (mut state, mut dialect, mut fitted) = (None, None, None);
    match protocol {
        Protocol::Responses => {
            state = responses::state(&request);
            dialect = Some(Dialect::Responses);
            if let Some(input) = responses::native_input(&request) {
                let rewritten = fields.rewrite(&[("input", Value::Array(input).to_string())]);
                fields = Fields::parse(rewritten).expect("a rewritten body is a body");
            }
        }
        Protocol::Messages => {
            messages::texts(&request);
            fitted = anthropic::fitted(&fields, &request).expect("a rewritten body is a body");
            dialect = Some(Dialect::Messages);
        }
        Protocol::Chat | Protocol::Completions => {}
    }
    let Ok(chat) = protocol.chat(&request) else { return };
    let Ok(mut chat) = ChatRequest::parse(Value::Object(chat).to_string().into()) else { return };
    chat.translated = true;
    let (fields, fitted) = (&fields, fitted.as_ref());
    send(&chat, dialect.map(|dialect| Native { dialect, fields, fitted, state }), form);
    send(&chat, None, form);
}

/// Asks every provider.
fn send(chat: &ChatRequest, native: Option<Native<'_>>, form: Form) {
    let targets = || providers().iter();
    let chosen_or_named = targets().map(|it| (it, true)).chain(targets().map(|it| (it, false)));
    for ((target, provider), chosen) in chosen_or_named {
        let ask = |is_strict| {
            Inquiry { chat, native, form, chosen, is_strict }.outbound(target, provider)
        };
        let (lax, strict) = (ask(false), ask(true));
        match (lax, strict) {
            (Ok(lax), Ok(strict)) => {
                assert!(lax.dropped.is_empty() && lax.body == strict.body);
                assert_object(&lax.body);
            }
            (Ok(lax), Err(_)) => {
                assert!(!lax.dropped.is_empty(), "what is left out is why a strict one is refused");
                assert_object(&lax.body);
            }
            (Err(lax), strict) => assert_eq!(strict.err(), Some(lax)),
        }
    }
}

/// The body is an object, unless it holds what only readers of bytes accept (half of a surrogate pair, as text).
fn assert_object(body: &[u8]) {
    assert!(
        Fields::parse(Bytes::copy_from_slice(body)).is_ok(),
        "{}",
        String::from_utf8_lossy(body)
    );
}

fn embeddings(body: &Bytes) {
    let Ok(request) = EmbeddingsRequest::parse(body.clone()) else { return };
    let places: Vec<usize> = (0..request.texts.len()).collect();
    let all =
        EmbeddingsRequest::parse(request.only(&places, "m")).expect("all texts are a request");
    assert_eq!((all.model.as_str(), &all.texts), ("m", &request.texts));
    let one = EmbeddingsRequest::parse(request.only(&[0], "m")).expect("one text is a request");
    assert_eq!(one.texts, request.texts[..1]);
    if let Ok(local) = request.local() {
        assert_eq!(local.texts.len(), request.texts.len());
    }
}

/// One of each format and family of models.
fn providers() -> &'static [(Target, Provider)] {
    static PROVIDERS: OnceLock<Vec<(Target, Provider)>> = OnceLock::new();
    let vertex = || {
        Format::Vertex(Vertex {
            project: None,
            location: "global".into(),
            credentials: "none".into(),
        })
    };
    let bedrock = || Format::Bedrock { region: "us-east-1".into(), credentials: None };
    let named = |(format, model, responses): (Format, &str, bool)| {
        let base_url = "https://api.openai.com/v1".into();
        let (api_keys, headers) = (Vec::new(), Default::default());
        let provider =
            Provider { format, base_url, api_keys, headers, stream_usage: true, responses };
        (Target { provider: "p".into(), model: model.into() }, provider)
    };
    PROVIDERS.get_or_init(|| {
        let all = [
            (Format::OpenAi, "gpt-5.6", true),
            (Format::OpenAi, "llama-4", false),
            (Format::Azure { api_version: None }, "gpt", false),
            (Format::Anthropic, "claude-opus-4-8", false),
            (Format::Anthropic, "claude-3-5-haiku-20241022", false),
            (Format::Gemini, "gemini-3.8-flash", false),
            (Format::Gemini, "gemini-2.5-pro", false),
            (vertex(), "gemini-2.0-flash", false),
            (vertex(), "claude-sonnet-4-5", false),
            (bedrock(), "us.anthropic.claude-sonnet-4-5-20250929-v1:0", false),
            (bedrock(), "amazon.nova-pro-v1:0", false),
            (bedrock(), "deepseek.r1-v1:0", false),
        ];
        all.into_iter().map(named).collect()
    })
}

scrimp_fuzz::target!(run);
