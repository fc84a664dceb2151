//! Whole answers and errors of every dialect, for callers of every protocol.
//!
//! Input: a byte for the dialect, then the body.
#![cfg_attr(fuzzing, no_main)]

use bytes::Bytes;
use scrimp::{
    api::error,
    cache::replay,
    protocol::Protocol,
    provider::{self, Answer, Answered, Dialect},
};
use scrimp_fuzz::{DIALECTS, End, PROTOCOLS, check_written, events, pick, stamp};
use serde_json::{Map, Value};

fn run(bytes: &[u8]) {
    let Some((&dialect, body)) = bytes.split_first() else { return };
    let dialect = pick(&DIALECTS, dialect);
    match Answer::read(dialect, Bytes::copy_from_slice(body), &stamp()) {
        Answer::Completion(answered) => told(dialect, &answered),
        Answer::Error(message) => refused(&error::body(error::UPSTREAM, "x", &message, None)),
        Answer::Unknown => {}
    }
    for kind in [None, Some("ThrottlingException")] {
        if let Some(error) = provider::error(dialect, body, kind) {
            assert!(error["error"].is_object(), "{error}");
            refused(&error);
        }
    }
}

fn told(dialect: Dialect, answered: &Answered) {
    let Ok(completion) = serde_json::from_slice::<Value>(&answered.body) else {
        // Half of a surrogate pair may pass where nobody reads it; what we wrote ourselves is JSON.
        assert_eq!(dialect, Dialect::Chat);
        return;
    };
    assert!(completion["choices"].is_array(), "{completion}");
    let nothing = Map::new();
    for protocol in PROTOCOLS {
        let answer = protocol.answer(&completion, &nothing);
        let (mark, kind, list) = match protocol {
            Protocol::Chat => continue,
            Protocol::Responses => ("object", "response", "output"),
            Protocol::Messages => ("type", "message", "content"),
            Protocol::Completions => ("object", "text_completion", "choices"),
        };
        assert!(answer[mark] == kind && answer[list].is_array(), "{answer}");
    }
    match replay::as_events(&answered.body, true) {
        Ok(written) => PROTOCOLS.into_iter().for_each(|protocol| replayed(protocol, &written)),
        Err(_) => assert_eq!(dialect, Dialect::Chat),
    }
}

/// As `pipeline::caller` does it.
fn replayed(protocol: Protocol, written: &[u8]) {
    let (mut writer, mut out) = (protocol.writer(&Map::new()), String::new());
    for event in events(&[written]) {
        match event.data() {
            Some(data) if data.as_ref() == b"[DONE]" => writer.finish(&mut out),
            Some(data) => {
                let chunk = serde_json::from_slice(&data).expect("a replayed chunk is JSON");
                writer.chunk(&chunk, &mut out);
            }
            None => unreachable!("a replayed event has data"),
        }
    }
    check_written(protocol, &out, End::Finished);
}

fn refused(error: &Value) {
    for protocol in PROTOCOLS {
        for status in [400, 429, 503] {
            let told = protocol.error(status, error);
            assert!(told["error"].is_object(), "{told}");
        }
    }
}

scrimp_fuzz::target!(run);
