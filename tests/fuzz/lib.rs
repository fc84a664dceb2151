//! What the fuzz targets share: how one is started, how bytes are cut, and what holds for whatever is written to a caller.

use std::{fs, io};

use bytes::Bytes;
#[cfg(fuzzing)]
pub use libfuzzer_sys;
use scrimp::{
    api::sse::{Decoder, Event},
    protocol::Protocol,
    provider::{Dialect, Stamp},
};
use serde_json::Value;

/// Makes `run`, a function of bytes, a fuzz target; without cargo-fuzz, a program that runs it on the files it is given.
#[macro_export]
macro_rules! target {
    ($run:ident) => {
        #[cfg(fuzzing)]
        $crate::libfuzzer_sys::fuzz_target!(|bytes: &[u8]| $run(bytes));

        #[cfg(not(fuzzing))]
        fn main() -> std::io::Result<()> {
            $crate::replay($run)
        }
    };
}

/// All dialects; an input names one by its place.
pub const DIALECTS: [Dialect; 5] =
    [Dialect::Chat, Dialect::Responses, Dialect::Messages, Dialect::Generate, Dialect::Converse];

/// All protocols; an input names one by its place.
pub const PROTOCOLS: [Protocol; 4] =
    [Protocol::Chat, Protocol::Responses, Protocol::Messages, Protocol::Completions];

/// Runs `run` on each file that the command line names.
pub fn replay(run: impl Fn(&[u8])) -> io::Result<()> {
    for path in std::env::args_os().skip(1) {
        run(&fs::read(path)?);
    }
    Ok(())
}

/// The one of `all` that `byte` names.
pub fn pick<T: Copy>(all: &[T], byte: u8) -> T {
    all[usize::from(byte) % all.len()]
}

/// Who answers, where an answer does not say.
pub fn stamp() -> Stamp {
    Stamp { id: "chatcmpl-test".into(), created: 1, model: "m".into() }
}

/// `bytes` in pieces, some of them empty, whose lengths follow from `seed`; byte by byte for 0.
pub fn pieces(seed: u16, bytes: &[u8]) -> Vec<&[u8]> {
    if seed == 0 {
        return bytes.chunks(1).collect();
    }
    let (mut state, mut rest, mut pieces) = (u32::from(seed), bytes, Vec::new());
    while !rest.is_empty() {
        // Xorshift: never zero, so that no piece is empty for ever.
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        let (piece, after) = rest.split_at((state as usize % 24).min(rest.len()));
        pieces.push(piece);
        rest = after;
    }
    pieces
}

/// The events of a stream that comes in these pieces, that of its end included.
pub fn events(pieces: &[&[u8]]) -> Vec<Event> {
    let (mut decoder, mut found) = (Decoder::default(), Vec::new());
    for piece in pieces {
        decoder.feed(piece);
        while let Some(event) = decoder.next_event().expect("no event is that long") {
            found.push(event);
        }
    }
    found.extend(decoder.finish());
    found
}

/// What readers see of an event. Its bytes may differ by the LF of a last CRLF.
pub fn seen(event: &Event) -> (Option<String>, Option<Bytes>) {
    (event.name().map(str::to_owned), event.data())
}

/// The same JSON with the keys of each object in another order.
pub fn reordered(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(reordered).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by(|a, b| b.0.cmp(a.0));
            let field = |(name, value): &(&String, &Value)| {
                format!("{}:{}", Value::from(name.as_str()), reordered(value))
            };
            let fields: Vec<String> = fields.iter().map(field).collect();
            format!("{{{} }}", fields.join(" ,"))
        }
        leaf => leaf.to_string(),
    }
}

/// How a stream to a caller ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Whole.
    Finished,
    /// With an error.
    Failed,
}

/// Holds a whole stream to a caller against what clients of the protocol rely on.
pub fn check_written(protocol: Protocol, written: &str, end: End) {
    let mut found = Vec::new();
    for event in events(&[written.as_bytes()]) {
        let (name, data) = seen(&event);
        let data = data.expect("every event has data");
        if data.as_ref() == b"[DONE]" {
            found.push((name, Value::Null));
            continue;
        }
        let value = serde_json::from_slice(&data).expect("the data of an event is JSON");
        found.push((name, value));
    }
    let last = found.last().expect("something is written");
    match protocol {
        Protocol::Chat | Protocol::Completions => {
            let done = found.iter().filter(|(_, data)| data.is_null()).count();
            assert_eq!(done, usize::from(end == End::Finished), "{written}");
            assert_eq!(last.1.is_null(), end == End::Finished, "{written}");
        }
        Protocol::Messages => check_messages(&found, end),
        Protocol::Responses => check_responses(&found, end),
    }
}

/// Blocks begin in order, one at a time, and each ends before the message does.
fn check_messages(events: &[(Option<String>, Value)], end: End) {
    let (mut open, mut begun, mut frame) = (None, 0, Vec::new());
    for (name, data) in events {
        let kind = data["type"].as_str().expect("an event has a type");
        assert_eq!(name.as_deref(), Some(kind));
        let index = data["index"].as_u64();
        match kind {
            "content_block_start" => {
                assert_eq!((open, index), (None, Some(begun)));
                open = index;
                begun += 1;
            }
            "content_block_delta" => assert!(index.is_some() && index == open, "{data}"),
            "content_block_stop" => assert!(index.is_some() && index == open.take(), "{data}"),
            kind => frame.push(kind),
        }
    }
    match end {
        End::Finished => {
            assert_eq!(open, None);
            assert_eq!(frame, ["message_start", "message_delta", "message_stop"]);
        }
        End::Failed => assert_eq!(frame.last(), Some(&"error")),
    }
}

/// Events are numbered from 0, items begin in order and end once, and one event ends the response.
fn check_responses(events: &[(Option<String>, Value)], end: End) {
    let (mut added, mut done) = (0, Vec::new());
    for (place, (name, data)) in events.iter().enumerate() {
        let kind = data["type"].as_str().expect("an event has a type");
        assert_eq!(name.as_deref(), Some(kind));
        assert_eq!(data["sequence_number"].as_u64(), Some(place as u64), "{data}");
        let index = data["output_index"].as_u64();
        match kind {
            "response.output_item.added" => {
                assert_eq!(index, Some(added), "{data}");
                added += 1;
            }
            "response.output_item.done" => {
                assert!(index.is_some_and(|index| index < added && !done.contains(&index)));
                done.extend(index);
            }
            "response.completed" | "response.incomplete" => {
                assert!(end == End::Finished && place + 1 == events.len(), "{data}");
                let items = data["response"]["output"].as_array().map(Vec::len);
                assert_eq!((items, done.len() as u64), (Some(done.len()), added), "{data}");
            }
            "response.failed" | "error" => assert_eq!(end, End::Failed),
            _ => assert!(index.is_none_or(|index| index < added && !done.contains(&index))),
        }
    }
    let last = events.last().and_then(|(name, _)| name.as_deref());
    let ends: &[&str] = match end {
        End::Finished => &["response.completed", "response.incomplete"],
        End::Failed => &["response.failed", "error"],
    };
    assert!(last.is_some_and(|last| ends.contains(&last)), "{last:?}");
}
