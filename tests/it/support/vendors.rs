//! Providers of every format: how each is configured, and what it says.

use bytes::Bytes;
use serde_json::{Value, json};

use super::{Reply, Step, Upstream, completion, events, stream_of};

/// A kind of provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Vendor {
    OpenAi,
    Azure,
    Anthropic,
    Gemini,
    Vertex,
    Bedrock,
}

/// Usage that every answer here comes with.
pub const INPUT_TOKENS: u64 = 10;
/// The same for what is generated.
pub const OUTPUT_TOKENS: u64 = 5;

impl Vendor {
    pub const ALL: [Self; 6] =
        [Self::OpenAi, Self::Azure, Self::Anthropic, Self::Gemini, Self::Vertex, Self::Bedrock];

    /// Its entry in `providers`, at `upstream`.
    pub fn yaml(self, name: &str, upstream: &Upstream) -> String {
        self.yaml_at(name, upstream.base_url())
    }

    /// The same at any address. A service account fetches its token there as well.
    pub fn yaml_at(self, name: &str, base_url: &str) -> String {
        let more = match self {
            Self::OpenAi => "type: openai, api_key: the-key".to_owned(),
            Self::Azure => "type: azure, api_key: the-key, api_version: \"2024-10-21\"".to_owned(),
            Self::Anthropic => "type: anthropic, api_key: the-key".to_owned(),
            Self::Gemini => "type: gemini, api_key: the-key".to_owned(),
            Self::Vertex => {
                format!("type: vertex, location: here, credentials: \"{}\"", account(base_url))
            }
            Self::Bedrock => "type: bedrock, region: us-east-1, access_key_id: AKIAEXAMPLE, \
                              secret_access_key: the-key"
                .to_owned(),
        };
        format!("{name}: {{ {more}, base_url: \"{base_url}\" }}")
    }

    /// An answer that says `text`.
    pub fn says(self, text: &str) -> Reply {
        Reply::json(200, &self.answer(text))
    }

    /// The same as a stream, word by word.
    pub fn streams(self, text: &str) -> Reply {
        self.stream(vec![Step::Send(self.stream_bytes(text))])
    }

    /// What a request of any kind gets: a token where one is fetched, else `reply`.
    pub fn or_token(path: &str, reply: impl FnOnce() -> Reply) -> Reply {
        if path.ends_with("/token") {
            let token =
                json!({"access_token": "the-token", "expires_in": 3600, "token_type": "Bearer"});
            return Reply::json(200, &token);
        }
        reply()
    }

    /// A stream of these steps, under the vendor's content type.
    pub fn stream(self, steps: Vec<Step>) -> Reply {
        match self {
            Self::Bedrock => Reply::Steps("application/vnd.amazon.eventstream", steps),
            _ => Reply::Events(steps),
        }
    }

    /// A whole answer.
    pub fn answer(self, text: &str) -> Value {
        match self {
            Self::OpenAi | Self::Azure => completion(text),
            Self::Anthropic => json!({
                "id": "msg_1", "type": "message", "role": "assistant", "model": "m",
                "content": [{"type": "text", "text": text}], "stop_reason": "end_turn", "stop_sequence": null,
                "usage": {"input_tokens": INPUT_TOKENS, "output_tokens": OUTPUT_TOKENS},
            }),
            Self::Gemini | Self::Vertex => json!({
                "candidates": [{"content": {"role": "model", "parts": [{"text": text}]}, "finishReason": "STOP", "index": 0}],
                "usageMetadata": {"promptTokenCount": INPUT_TOKENS, "candidatesTokenCount": OUTPUT_TOKENS,
                                  "totalTokenCount": INPUT_TOKENS + OUTPUT_TOKENS},
                "modelVersion": "m", "responseId": "r1",
            }),
            Self::Bedrock => json!({
                "output": {"message": {"role": "assistant", "content": [{"text": text}]}}, "stopReason": "end_turn",
                "usage": {"inputTokens": INPUT_TOKENS, "outputTokens": OUTPUT_TOKENS,
                          "totalTokens": INPUT_TOKENS + OUTPUT_TOKENS},
                "metrics": {"latencyMs": 5},
            }),
        }
    }

    /// A whole stream.
    pub fn stream_bytes(self, text: &str) -> Bytes {
        self.pieces(text).concat().into()
    }

    /// A stream in three pieces: what comes before the first token, the tokens, the end.
    pub fn pieces(self, text: &str) -> [Vec<u8>; 3] {
        match self {
            Self::OpenAi | Self::Azure => {
                let chunks = stream_of(text);
                let plain = |chunks: &[Value]| -> Vec<u8> {
                    chunks
                        .iter()
                        .flat_map(|chunk| format!("data: {chunk}\n\n").into_bytes())
                        .collect()
                };
                let end = chunks.len() - 2;
                [plain(&chunks[..1]), plain(&chunks[1..end]), events(&chunks[end..]).to_vec()]
            }
            Self::Anthropic => {
                let named = |name: &str, data: Value| format!("event: {name}\ndata: {data}\n\n");
                let start = named(
                    "message_start",
                    json!({"type": "message_start", "message": {
                    "id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": [], "stop_reason": null,
                    "stop_sequence": null, "usage": {"input_tokens": INPUT_TOKENS, "output_tokens": 1}}}),
                ) + &named(
                    "content_block_start",
                    json!({"type": "content_block_start", "index": 0,
                        "content_block": {"type": "text", "text": ""}}),
                );
                let tokens: String = text
                    .split_inclusive(' ')
                    .map(|word| {
                        named(
                            "content_block_delta",
                            json!({"type": "content_block_delta", "index": 0,
                            "delta": {"type": "text_delta", "text": word}}),
                        )
                    })
                    .collect();
                let end = named(
                    "content_block_stop",
                    json!({"type": "content_block_stop", "index": 0}),
                ) + &named(
                    "message_delta",
                    json!({"type": "message_delta",
                        "delta": {"stop_reason": "end_turn", "stop_sequence": null}, "usage": {"output_tokens": OUTPUT_TOKENS}}),
                ) + &named("message_stop", json!({"type": "message_stop"}));
                [start, tokens, end].map(String::into_bytes)
            }
            Self::Gemini | Self::Vertex => {
                let event = |parts: Value, finish: Option<&str>| {
                    let mut candidate =
                        json!({"content": {"role": "model", "parts": parts}, "index": 0});
                    if let Some(finish) = finish {
                        candidate["finishReason"] = finish.into();
                    }
                    let data = json!({"candidates": [candidate], "responseId": "r1", "modelVersion": "m",
                        "usageMetadata": {"promptTokenCount": INPUT_TOKENS, "candidatesTokenCount": OUTPUT_TOKENS,
                                          "totalTokenCount": INPUT_TOKENS + OUTPUT_TOKENS}});
                    format!("data: {data}\r\n\r\n")
                };
                let tokens =
                    text.split_inclusive(' ').map(|word| event(json!([{"text": word}]), None));
                let tokens: String = tokens.collect();
                [String::new(), tokens, event(json!([{"text": ""}]), Some("STOP"))]
                    .map(String::into_bytes)
            }
            Self::Bedrock => {
                let tokens: Vec<u8> = text
                    .split_inclusive(' ')
                    .flat_map(|word| {
                        frame(
                            "contentBlockDelta",
                            &json!({"contentBlockIndex": 0, "delta": {"text": word}}),
                        )
                    })
                    .collect();
                let mut end = frame("contentBlockStop", &json!({"contentBlockIndex": 0}));
                end.extend(frame("messageStop", &json!({"stopReason": "end_turn"})));
                end.extend(frame(
                    "metadata",
                    &json!({"usage": {"inputTokens": INPUT_TOKENS, "outputTokens": OUTPUT_TOKENS,
                    "totalTokens": INPUT_TOKENS + OUTPUT_TOKENS}, "metrics": {"latencyMs": 5}}),
                ));
                [frame("messageStart", &json!({"role": "assistant"})), tokens, end]
            }
        }
    }

    /// The body of a refusal.
    pub fn error(self, message: &str) -> Value {
        match self {
            Self::OpenAi | Self::Azure => {
                json!({"error": {"message": message, "type": "t", "param": null, "code": "theirs"}})
            }
            Self::Anthropic => {
                json!({"type": "error", "error": {"type": "overloaded_error", "message": message}})
            }
            Self::Gemini | Self::Vertex => {
                json!({"error": {"code": 503, "message": message, "status": "UNAVAILABLE"}})
            }
            Self::Bedrock => json!({ "message": message }),
        }
    }

    /// The provider gives up within a stream.
    pub fn error_event(self, message: &str) -> Vec<u8> {
        match self {
            Self::Anthropic => {
                format!("event: error\ndata: {}\n\n", self.error(message)).into_bytes()
            }
            Self::Bedrock => message_of(
                "exception",
                ":exception-type",
                "throttlingException",
                &json!({ "message": message }),
            ),
            _ => format!("data: {}\n\n", self.error(message)).into_bytes(),
        }
    }
}

fn frame(event: &str, payload: &Value) -> Vec<u8> {
    message_of("event", ":event-type", event, payload)
}

/// A message of Amazon's event stream.
pub fn message_of(kind: &str, header: &'static str, name: &str, payload: &Value) -> Vec<u8> {
    use aws_smithy_eventstream::frame::write_message_to;
    use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
    let text = |text: &str| HeaderValue::String(text.to_owned().into());
    let message = Message::new(payload.to_string().into_bytes())
        .add_header(Header::new(":message-type", text(kind)))
        .add_header(Header::new(header, text(name)))
        .add_header(Header::new(":content-type", text("application/json")));
    let mut out = Vec::new();
    write_message_to(&message, &mut out).unwrap();
    out
}

/// The key file of a service account that fetches its tokens from `base_url`; it stays until the tests end.
fn account(base_url: &str) -> String {
    let text = include_str!("../../fixtures/google-service-account.json");
    let mut account: Value = serde_json::from_str(text).unwrap();
    account["token_uri"] = format!("{base_url}/token").into();
    let folder = std::env::temp_dir().join(format!("scrimp-accounts-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let name: String = base_url.chars().filter(char::is_ascii_alphanumeric).collect();
    let path = folder.join(format!("{name}.json"));
    std::fs::write(&path, account.to_string()).unwrap();
    path.display().to_string()
}
