//! From a request to the two hashes that it is found by.
//!
//! The exact key covers everything that can change the answer. The partition covers the same, less the question: two
//! requests of one partition differ in nothing but the words of their last turn.

use std::{fmt, sync::LazyLock};

use blake3::Hasher;
use http::HeaderMap;
use serde_json::Value;

use super::ScopeId;
use crate::api::{
    canonical,
    chat::{ChatRequest, Message},
    fields::Fields,
};

/// Finds an answer to the very same request.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ExactKey(pub [u8; 32]);

/// Everything that must be equal for two questions to be compared at all.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PartitionKey(pub [u8; 32]);

impl fmt::Debug for ExactKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ExactKey({})", blake3::Hash::from_bytes(self.0).to_hex())
    }
}

impl fmt::Debug for PartitionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PartitionKey({})", blake3::Hash::from_bytes(self.0).to_hex())
    }
}

/// What a request says, hashed; who asks, and through which policy, is not in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Digest {
    /// All but the last turn.
    shared: [u8; 32],
    /// The last turn.
    last: [u8; 32],
}

/// What the keys are made of.
#[derive(Debug, Clone, Copy)]
pub struct KeyParts<'a> {
    /// Who may share the answer.
    pub scope: ScopeId,
    /// The resolved model or tier policy: `provider/model`, `auto`, `auto:cheap`, …
    pub policy: &'a str,
    /// Headers that can change the answer: those handed on to the provider, those that a rule of the router asks for.
    pub headers: &'a HeaderMap,
    /// The request.
    pub digest: &'a Digest,
}

/// The hashes of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keys {
    /// For the same request.
    pub exact: ExactKey,
    /// For requests that differ in the last turn alone.
    shared: [u8; 32],
}

/// Fields that change how an answer travels or is filed, not what it says. `model` is replaced by the policy.
const TRANSPORT_FIELDS: &[&str] = &[
    "messages",
    "metadata",
    "model",
    "prompt_cache_key",
    "prompt_cache_retention",
    "safety_identifier",
    "service_tier",
    "store",
    "stream",
    "stream_options",
    "user",
];

/// Two names of one limit; protocols differ in which they use.
const ONE_LIMIT: [&str; 2] = ["max_completion_tokens", "max_tokens"];

impl Digest {
    /// Hashes a request. Errors where two requests could not be told apart: see [`canonical::append`].
    pub fn of(request: &ChatRequest) -> Result<Self, serde_json::Error> {
        let mut shared = Vec::with_capacity(1024);
        append_fields(&mut shared, &request.fields, TRANSPORT_FIELDS)?;
        let earlier = &request.messages[..request.messages.len() - 1];
        for turn in earlier {
            canonical::append(&mut shared, turn.raw.get())?;
        }
        let mut last = Vec::with_capacity(256);
        canonical::append(&mut last, request.last().raw.get())?;
        Ok(Self { shared: hash(&REQUEST, &shared), last: hash(&TURN, &last) })
    }
}

impl Keys {
    /// The keys of a request.
    pub fn of(parts: KeyParts<'_>) -> Self {
        let KeyParts { scope, policy, headers, digest: Digest { shared, last } } = parts;
        let mut around = Vec::with_capacity(256);
        around.extend_from_slice(&scope.0);
        around.extend_from_slice(shared);
        canonical::append_str(&mut around, policy);
        append_headers(&mut around, headers);
        let shared = hash(&SHARED, &around);
        let mut whole = [0; 64];
        whole[..32].copy_from_slice(&shared);
        whole[32..].copy_from_slice(last);
        Self { exact: ExactKey(hash(&EXACT, &whole)), shared }
    }

    /// For requests that differ in the `question` of their `last` turn alone, when questions are matched by this embedding
    /// model: vectors of another cannot be compared.
    pub fn partition(&self, last: &Message, question: &str, embedder: &str) -> PartitionKey {
        let mut frame = Vec::with_capacity(256);
        frame.extend_from_slice(&self.shared);
        canonical::append_str(&mut frame, embedder);
        let start = frame.len();
        let cut = without_question(last, question);
        if cut.and_then(|turn| canonical::append(&mut frame, &turn)).is_err() {
            // Only its like has the whole turn in common with it.
            frame.truncate(start);
            canonical::append_str(&mut frame, last.raw.get());
        }
        PartitionKey(hash(&PARTITION, &frame))
    }
}

/// Appends headers, in whatever order they came.
pub(super) fn append_headers(out: &mut Vec<u8>, headers: &HeaderMap) {
    let mut pairs: Vec<_> =
        headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    pairs.sort_unstable();
    // Their number tells a header from a field of the body that is named like one.
    out.extend_from_slice(&(pairs.len() as u64).to_le_bytes());
    for (name, value) in pairs {
        canonical::append_str(out, name);
        canonical::append_str(out, &String::from_utf8_lossy(value));
    }
}

/// Appends all fields but those that are `left_out`, in whatever order they came.
pub(super) fn append_fields(
    out: &mut Vec<u8>,
    fields: &Fields,
    left_out: &[&str],
) -> Result<(), serde_json::Error> {
    let mut kept: Vec<_> = fields.iter().filter(|(name, _)| !left_out.contains(name)).collect();
    kept.sort_unstable();
    let has_both = ONE_LIMIT.iter().all(|name| fields.raw(name).is_some());
    for (name, raw) in kept {
        let name = if ONE_LIMIT.contains(&name) && !has_both { ONE_LIMIT[0] } else { name };
        canonical::append_str(out, name);
        canonical::append(out, raw)?;
    }
    Ok(())
}

/// The last turn with the question cut out of it: what is left must be equal. A question given apart, that is not to be
/// found in the turn, leaves the whole turn.
fn without_question(turn: &Message, question: &str) -> Result<String, serde_json::Error> {
    let whole = turn.content.text();
    turn.with_text(|text| {
        if whole.as_deref() == Some(question) {
            return Value::Null;
        }
        match text.split_once(question) {
            Some((before, after)) => serde_json::json!([before, after]),
            None => text.into(),
        }
    })
}

static REQUEST: LazyLock<Hasher> = LazyLock::new(|| Hasher::new_derive_key("scrimp 2026 request"));
static TURN: LazyLock<Hasher> = LazyLock::new(|| Hasher::new_derive_key("scrimp 2026 turn"));
static SHARED: LazyLock<Hasher> = LazyLock::new(|| Hasher::new_derive_key("scrimp 2026 shared"));
static EXACT: LazyLock<Hasher> = LazyLock::new(|| Hasher::new_derive_key("scrimp 2026 exact key"));
static PARTITION: LazyLock<Hasher> =
    LazyLock::new(|| Hasher::new_derive_key("scrimp 2026 partition"));

fn hash(purpose: &Hasher, bytes: &[u8]) -> [u8; 32] {
    *purpose.clone().update(bytes).finalize().as_bytes()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use serde_json::json;

    use super::*;

    fn keys(body: &Value, question: Option<&str>) -> (ExactKey, PartitionKey) {
        let request = ChatRequest::parse(Bytes::from(body.to_string())).unwrap();
        let keys = Keys::of(KeyParts {
            scope: ScopeId([0; 32]),
            policy: "p/m",
            headers: &HeaderMap::new(),
            digest: &Digest::of(&request).unwrap(),
        });
        let text = request.last().content.text();
        let question = question.or(text.as_deref()).unwrap();
        (keys.exact, keys.partition(request.last(), question, "e"))
    }

    #[test]
    fn every_part_shows() {
        let request = ChatRequest::parse(Bytes::from(chat(json!("x")).to_string())).unwrap();
        let digest = Digest::of(&request).unwrap();
        let keys = |scope, policy, headers: &HeaderMap, embedder| {
            let keys = Keys::of(KeyParts {
                scope: ScopeId([scope; 32]),
                policy,
                headers,
                digest: &digest,
            });
            (keys.exact, keys.partition(request.last(), "x", embedder))
        };
        let (none, mut some) = (HeaderMap::new(), HeaderMap::new());
        some.insert("openai-beta", "a".parse().unwrap());
        let plain = keys(0, "p/m", &none, "e");
        assert_eq!(keys(0, "p/m", &none, "e"), plain);
        for other in
            [keys(1, "p/m", &none, "e"), keys(0, "p/n", &none, "e"), keys(0, "p/m", &some, "e")]
        {
            assert!(other.0 != plain.0 && other.1 != plain.1);
        }
        let of_another_model = keys(0, "p/m", &none, "f");
        assert!(of_another_model.0 == plain.0 && of_another_model.1 != plain.1);
    }

    fn chat(last: Value) -> Value {
        json!({"model": "m", "messages": [{"role": "system", "content": "be brief"}, {"role": "user", "content": last}]})
    }

    #[test]
    fn rewordings_share_a_partition_and_no_exact_key() {
        let (a, b) = (keys(&chat(json!("one")), None), keys(&chat(json!("two")), None));
        assert_eq!(a.1, b.1);
        assert_ne!(a.0, b.0);
    }

    #[test]
    fn a_question_in_parts_is_not_compared_with_one_in_plain_text() {
        let parts = chat(json!([{"type": "text", "text": "one"}]));
        assert_ne!(keys(&parts, None).1, keys(&chat(json!("one")), None).1);
    }

    #[test]
    fn context_around_a_given_question_must_be_equal() {
        let with = |context: &str, question: &str| {
            keys(&chat(json!(format!("{context}\nQuestion: {question}"))), Some(question)).1
        };
        assert_eq!(with("doc 1", "who?"), with("doc 1", "what man?"));
        assert_ne!(with("doc 1", "who?"), with("doc 2", "who?"));
        let hidden = keys(&chat(json!("rendered")), Some("who?"));
        assert_ne!(hidden.1, keys(&chat(json!("otherwise rendered")), Some("who?")).1);
    }

    #[test]
    fn transport_fields_do_not_show() {
        let plain = chat(json!("x"));
        let mut dressed = plain.clone();
        for (name, value) in [
            ("stream", json!(true)),
            ("stream_options", json!({"include_usage": true})),
            ("user", json!("u")),
            ("metadata", json!({"a": "b"})),
            ("service_tier", json!("flex")),
        ] {
            dressed[name] = value;
        }
        assert_eq!(keys(&plain, None), keys(&dressed, None));
        let mut limits = [plain.clone(), plain.clone()];
        limits[0]["max_tokens"] = json!(5);
        limits[1]["max_completion_tokens"] = json!(5);
        assert_eq!(keys(&limits[0], None), keys(&limits[1], None));
        limits[1]["max_tokens"] = json!(6);
        assert_ne!(keys(&limits[0], None).0, keys(&limits[1], None).0);
        dressed["seed"] = json!(1);
        assert_ne!(keys(&plain, None).0, keys(&dressed, None).0);
    }
}
