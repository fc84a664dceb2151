//! Whatever callers and providers send, no translator panics: arbitrary JSON, and golden files with foreign pieces in them.

use std::{fs, path::Path, sync::OnceLock};

use proptest::prelude::*;
use scrimp::{
    api::{assemble::Assembler, chat::ChatRequest, embeddings::EmbeddingsRequest, sse::Event},
    protocol::Protocol,
    provider::{
        Answer, Dialect, Reader, Stamp, anthropic, bedrock, error, gemini,
        openai::{Chunk, plain_chat},
    },
};
use serde_json::{Map, Value, json};

const DIALECTS: [Dialect; 5] =
    [Dialect::Chat, Dialect::Responses, Dialect::Messages, Dialect::Generate, Dialect::Converse];
const PROTOCOLS: [Protocol; 4] =
    [Protocol::Chat, Protocol::Responses, Protocol::Messages, Protocol::Completions];

/// All golden files.
fn golden() -> &'static [Value] {
    static FILES: OnceLock<Vec<Value>> = OnceLock::new();
    FILES.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
        let mut folders = vec![root.join("providers"), root.join("protocols")];
        let mut found = Vec::new();
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                match path.is_dir() {
                    true => folders.push(path),
                    false => {
                        let text = fs::read_to_string(&path).unwrap();
                        found.push(serde_json::from_str(&text).unwrap());
                    }
                }
            }
        }
        found
    })
}

/// Every translator reads `value` as everything that it could be.
fn read_as_everything(value: &Value) {
    let nothing = Map::new();
    let object = value.as_object().unwrap_or(&nothing);
    let _ = (
        anthropic::request(object, "claude-opus-4-7").is_ok(),
        gemini::request(object, "gemini-3.8-flash").is_ok(),
        bedrock::request(object, "anthropic.claude-v1:0").is_ok(),
        plain_chat(object, &[]).is_ok(),
    );
    let bytes = value.to_string();
    let _ = ChatRequest::parse(bytes.clone().into());
    let _ = EmbeddingsRequest::parse(bytes.clone().into());
    for dialect in DIALECTS {
        let _ = Answer::read(dialect, bytes.clone().into(), stamp);
        let _ = error(dialect, bytes.as_bytes(), Some("Throttling"));
    }
    for protocol in PROTOCOLS {
        let _ = protocol.chat(object);
        let _ = protocol.answer(value, object);
        let _ = protocol.error(429, value);
        let (mut writer, mut out) = (protocol.writer(object), String::new());
        writer.chunk(value, &mut out);
        writer.chunk(value, &mut out);
        writer.fail(value, &mut out);
        writer.finish(&mut out);
    }
}

/// A stream of these events, read in every dialect and written in every protocol.
fn stream(events: &[Event]) {
    for dialect in DIALECTS {
        let mut reader = Reader::new(dialect, stamp());
        let mut chunks: Vec<Chunk> = events.iter().flat_map(|event| reader.read(event)).collect();
        chunks.extend(reader.end());
        let done = chunks.iter().filter(|chunk| matches!(chunk, Chunk::Done)).count();
        assert!(dialect == Dialect::Chat || done <= 1, "{dialect:?} is done {done} times");
        let mut assembler = Assembler::default();
        for protocol in PROTOCOLS {
            let (mut writer, mut out) = (protocol.writer(&Map::new()), String::new());
            for chunk in &chunks {
                match chunk {
                    Chunk::Delta { value, .. } => writer.chunk(value, &mut out),
                    Chunk::Failed(error) => writer.fail(error, &mut out),
                    Chunk::Done => writer.finish(&mut out),
                    Chunk::Unknown => {}
                }
            }
        }
        for chunk in chunks {
            if let Chunk::Delta { value, .. } = chunk {
                assembler.push(value);
            }
        }
        let _ = assembler.finish();
    }
}

fn stamp() -> Stamp {
    Stamp { id: "chatcmpl-test".into(), created: 1, model: "m".into() }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        Just(json!("data:image/png;base64,AA==")),
        Just(json!("{\"x\":1}")),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z_]{0,8}", inner, 0..4)
                .prop_map(|map| Value::from(map.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// Puts `foreign` in the place of the value with this number, counted from the root.
fn garble(value: &mut Value, place: &mut usize, foreign: &Value) {
    if *place == 0 {
        value.clone_from(foreign);
        *place = usize::MAX;
        return;
    }
    *place = place.saturating_sub(usize::from(*place != usize::MAX));
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| garble(item, place, foreign)),
        Value::Object(fields) => {
            fields.values_mut().for_each(|value| garble(value, place, foreign))
        }
        _ => {}
    }
}

/// The events of a golden stream, the data of which may be garbled.
fn events(stream: &Value) -> Vec<(Option<String>, Value)> {
    if let Some(messages) = stream.as_array() {
        let name = |it: &Value| Some(it.get("event").or(it.get("exception"))?.as_str()?.to_owned());
        return messages.iter().map(|it| (name(it), it["payload"].clone())).collect();
    }
    let mut decoder = scrimp::api::sse::Decoder::default();
    decoder.feed(stream.as_str().unwrap_or_default().as_bytes());
    let mut found = Vec::new();
    while let Ok(Some(event)) = decoder.next_event() {
        if let Some(Ok(data)) = event.data().map(|data| serde_json::from_slice(&data)) {
            found.push((event.name().map(str::to_owned), data));
        }
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_json_is_survived(value in any_json()) {
        read_as_everything(&value);
    }

    #[test]
    fn garbled_golden_files_are_survived(
        file in any::<prop::sample::Index>(),
        place in 0_usize..120,
        foreign in any_json(),
    ) {
        let file = file.get(golden());
        for part in ["chat", "request", "answer", "completion", "error", "expected"] {
            if let Some(mut value) = file.get(part).cloned() {
                garble(&mut value, &mut place.clone(), &foreign);
                read_as_everything(&value);
            }
        }
        if let Some(found) = file.get("stream").map(events) {
            let (names, mut data): (Vec<_>, Vec<Value>) = found.into_iter().unzip();
            let mut whole = Value::Array(std::mem::take(&mut data));
            garble(&mut whole, &mut place.clone(), &foreign);
            let named = |(name, data): (&Option<String>, &Value)| {
                let name = name.as_ref().map_or(String::new(), |name| format!("event: {name}\n"));
                Event { raw: format!("{name}data: {data}\n\n").into() }
            };
            let events: Vec<Event> =
                names.iter().zip(whole.as_array().into_iter().flatten()).map(named).collect();
            stream(&events);
        }
    }

    #[test]
    fn any_events_are_survived(
        events in prop::collection::vec(("[a-z_.]{0,24}", any_json()), 0..8),
    ) {
        let named = |(name, data): (String, Value)| Event {
            raw: format!("event: {name}\ndata: {data}\n\n").into(),
        };
        stream(&events.into_iter().map(named).collect::<Vec<_>>());
    }
}
