//! The case matrix of every translator: what a request becomes, what an answer means, in one piece and as a stream that is
//! cut at every byte.

use std::{collections::BTreeMap, fs, path::Path};

use scrimp::{
    api::{assemble::Assembler, sse::Decoder},
    protocol::Protocol,
    provider::{
        Dialect, Inexpressible, Reader, Stamp, Translated, anthropic,
        bedrock::{self, FrameDecoder},
        error, gemini,
        openai::{Chunk, responses},
    },
};
use serde_json::{Map, Value, json};

use crate::support::message_of;

/// What every provider and every protocol must have.
const CASES: [&str; 14] = [
    "text",
    "multi_turn",
    "system",
    "images",
    "tools",
    "parallel_tools",
    "tool_results",
    "json_schema",
    "reasoning",
    "stop",
    "refusal",
    "length",
    "error",
    "usage",
];

fn cases(folder: &str) -> BTreeMap<String, Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(folder);
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{folder:?}: {error}")) {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(&path).unwrap();
        let case = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        found.insert(name, case);
    }
    found
}

fn assert_complete(folder: &str, cases: &BTreeMap<String, Value>, left_out: &[&str]) {
    for case in CASES {
        assert!(cases.contains_key(case) || left_out.contains(&case), "{folder} lacks '{case}'");
    }
}

fn object(value: &Value) -> &Map<String, Value> {
    value.as_object().unwrap_or_else(|| panic!("no object: {value}"))
}

fn stamp() -> Stamp {
    Stamp { id: "chatcmpl-test".into(), created: 1_700_000_000, model: "m".into() }
}

/// What came of a stream.
#[derive(Debug, Default, PartialEq)]
struct Streamed {
    completion: Option<Value>,
    failed: Option<Value>,
    is_done: bool,
}

/// Reads a stream that comes in these pieces.
fn streamed(dialect: Dialect, pieces: &[&[u8]]) -> Streamed {
    let mut reader = Reader::new(dialect, stamp());
    let (mut text, mut frames) = (Decoder::default(), FrameDecoder::default());
    let (mut assembler, mut streamed) = (Assembler::default(), Streamed::default());
    let mut take = |chunks: Vec<Chunk>, streamed: &mut Streamed| {
        for chunk in chunks {
            match chunk {
                Chunk::Delta { value, .. } => assembler.push(value),
                Chunk::Failed(error) => streamed.failed = Some(error),
                Chunk::Done => streamed.is_done = true,
                Chunk::Unknown => panic!("unknown"),
            }
        }
    };
    for piece in pieces {
        text.feed(piece);
        frames.feed(piece);
        loop {
            let event = match dialect {
                Dialect::Converse => frames.next_event().unwrap(),
                _ => text.next_event().unwrap(),
            };
            let Some(event) = event else { break };
            take(reader.read(&event), &mut streamed);
        }
    }
    if dialect != Dialect::Converse
        && let Some(event) = text.finish()
    {
        take(reader.read(&event), &mut streamed);
    }
    take(reader.end(), &mut streamed);
    streamed.completion = assembler.finish();
    streamed
}

/// The bytes of a stream in a golden file.
fn bytes(dialect: Dialect, stream: &Value) -> Vec<u8> {
    if dialect != Dialect::Converse {
        return stream.as_str().unwrap().as_bytes().to_vec();
    }
    let mut out = Vec::new();
    for message in stream.as_array().unwrap() {
        let (kind, header, name) = match message["exception"].as_str() {
            Some(exception) => ("exception", ":exception-type", exception),
            None => ("event", ":event-type", message["event"].as_str().unwrap()),
        };
        out.extend(message_of(kind, header, name, &message["payload"]));
    }
    out
}

type Request = fn(&Map<String, Value>, &str) -> Result<Translated, Inexpressible>;
type Completion = fn(&Value, &Stamp) -> Result<Value, scrimp::provider::Unreadable>;

fn check_provider(
    folder: &str,
    dialect: Dialect,
    request: Option<Request>,
    completion: Completion,
) {
    let cases = cases(&format!("providers/{folder}"));
    assert_complete(folder, &cases, &[]);
    for (name, case) in &cases {
        let what = format!("{folder}/{name}");
        if let (Some(request), Some(chat)) = (request, case.get("chat")) {
            let model = case["model"].as_str().unwrap_or("m");
            match (request(object(chat), model), case.get("refused")) {
                (Ok(translated), None) => {
                    assert_eq!(translated.body, case["request"], "{what}");
                    let dropped = case.get("dropped").cloned().unwrap_or_else(|| json!([]));
                    assert_eq!(json!(translated.dropped), dropped, "{what}");
                }
                (Err(error), Some(refused)) => {
                    assert_eq!(json!(error.field), refused["field"], "{what}: {error}");
                }
                (result, refused) => panic!("{what}: {result:?} for {refused:?}"),
            }
        }
        if let Some(answer) = case.get("answer") {
            assert_eq!(completion(answer, &stamp()).unwrap(), case["completion"], "{what}");
        }
        if let Some(body) = case.get("error") {
            let found = error(dialect, body.to_string().as_bytes(), case["kind"].as_str());
            assert_eq!(found.as_ref(), Some(&case["expected"]), "{what}");
            assert!(completion(body, &stamp()).is_err(), "{what}: an error is no answer");
        }
        let Some(stream) = case.get("stream") else { continue };
        let bytes = bytes(dialect, stream);
        let expected = match case.get("failed") {
            Some(failed) => {
                let found = streamed(dialect, &[&bytes]);
                assert_eq!(found.failed.as_ref(), Some(failed), "{what}");
                assert!(!found.is_done, "{what}: a failed answer is not whole");
                found
            }
            None => {
                let whole = case.get("streamed").or(case.get("completion"));
                let completion = whole.filter(|whole| !whole.is_null()).cloned();
                Streamed { completion, failed: None, is_done: true }
            }
        };
        for cut in 0..=bytes.len() {
            let found = streamed(dialect, &[&bytes[..cut], &bytes[cut..]]);
            assert_eq!(found, expected, "{what} cut at {cut}");
        }
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        assert_eq!(streamed(dialect, &single), expected, "{what} byte by byte");
    }
}

#[test]
fn anthropic_in_every_case() {
    check_provider("anthropic", Dialect::Messages, Some(anthropic::request), anthropic::completion);
}

#[test]
fn gemini_in_every_case() {
    check_provider("gemini", Dialect::Generate, Some(gemini::request), gemini::completion);
}

#[test]
fn bedrock_in_every_case() {
    check_provider("bedrock", Dialect::Converse, Some(bedrock::request), bedrock::completion);
}

#[test]
fn openai_responses_in_every_case() {
    check_provider("openai-responses", Dialect::Responses, None, responses::completion);
}

/// The events of a stream as golden files have them.
fn events(text: &str) -> Value {
    let mut decoder = Decoder::default();
    decoder.feed(text.as_bytes());
    let mut events = Vec::new();
    while let Some(event) = decoder.next_event().unwrap() {
        let data = event.data().unwrap();
        let data = serde_json::from_slice(&data)
            .unwrap_or_else(|_| json!(String::from_utf8(data.to_vec()).unwrap()));
        events.push(json!({"event": event.name(), "data": data}));
    }
    Value::Array(events)
}

fn check_protocol(folder: &str, protocol: Protocol, left_out: &[&str]) {
    let cases = cases(&format!("protocols/{folder}"));
    assert_complete(folder, &cases, left_out);
    for (name, case) in &cases {
        let what = format!("{folder}/{name}");
        let nothing = json!({});
        let request = object(case.get("request").unwrap_or(&nothing));
        if let Some(malformed) = case.get("malformed") {
            let error = protocol.chat(request).unwrap_err();
            assert_eq!(json!(error.param), malformed["param"], "{what}");
            let phrase = malformed["phrase"].as_str().unwrap();
            assert!(error.message.contains(phrase), "{what}: {}", error.message);
            continue;
        }
        if let Some(chat) = case.get("chat") {
            let found = protocol.chat(request).unwrap_or_else(|error| panic!("{what}: {error}"));
            assert_eq!(&Value::Object(found), chat, "{what}");
        }
        if let Some(completion) = case.get("completion") {
            assert_eq!(protocol.answer(completion, request), case["answer"], "{what}");
        }
        let status = case["status"].as_u64().unwrap_or(500) as u16;
        if let Some(error) = case.get("error") {
            assert_eq!(protocol.error(status, error), case["expected"], "{what}");
        }
        let Some(expected) = case.get("events") else { continue };
        let (mut writer, mut out) = (protocol.writer(request), String::new());
        for chunk in case["chunks"].as_array().into_iter().flatten() {
            writer.chunk(chunk, &mut out);
        }
        match case.get("error") {
            Some(error) => writer.fail(error, &mut out),
            None => writer.finish(&mut out),
        }
        assert_eq!(&events(&out), expected, "{what}");
    }
}

#[test]
fn messages_in_every_case() {
    check_protocol("messages", Protocol::Messages, &[]);
}

#[test]
fn responses_in_every_case() {
    check_protocol("responses", Protocol::Responses, &[]);
}

#[test]
fn legacy_completions_in_every_case_that_they_have() {
    let foreign = [
        "system",
        "images",
        "tools",
        "parallel_tools",
        "tool_results",
        "json_schema",
        "multi_turn",
        "reasoning",
    ];
    check_protocol("completions", Protocol::Completions, &foreign);
}
