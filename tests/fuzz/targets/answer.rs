//! Whole answers and errors of every dialect, for callers of every protocol.
//!
//! Input: a byte for the dialect, then the body.
#![cfg_attr(fuzzing, no_main)]

use bytes::Bytes;
use scrimp::{
    api::{
        assemble::Assembler,
        error,
        sse::{DONE, Event},
    },
    cache::replay,
    protocol::Protocol,
    provider::{self, Answer, Answered, Dialect},
};
use scrimp_fuzz::{DIALECTS, End, PROTOCOLS, check_written, events, pick, stamp};
use serde_json::{Map, Value};

fn run(bytes: &[u8]) {
    let Some((&dialect, body)) = bytes.split_first() else { return };
    let dialect = pick(&DIALECTS, dialect);
    match Answer::read(dialect, Bytes::copy_from_slice(body), stamp) {
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
        Ok(written) => {
            if dialect != Dialect::Chat {
                says_the_same(&completion, &written);
            }
            PROTOCOLS.into_iter().for_each(|protocol| replayed(protocol, &written));
        }
        Err(_) => assert_eq!(dialect, Dialect::Chat),
    }
}

/// A stream of a completion, put together again, is the completion.
fn says_the_same(completion: &Value, written: &[u8]) {
    let mut assembler = Assembler::default();
    for data in events(&[written]).iter().filter_map(Event::data).filter(|data| data != DONE) {
        assembler.push(serde_json::from_slice(&data).expect("a replayed chunk is JSON"));
    }
    let Some(again) = assembler.finish() else { return };
    let choices = completion["choices"].as_array().map_or(&[][..], Vec::as_slice);
    let indexes: Vec<&Value> = choices.iter().map(|choice| &choice["index"]).collect();
    let is_twice = |place: usize| indexes[..place].contains(&indexes[place]);
    let is_silent = |choice: &Value| {
        let mut said = choice["message"].as_object().into_iter().flatten();
        said.all(|(name, value)| name == "role" || value.is_null())
    };
    // Two choices of one index are one to whoever reads a stream, and one that says nothing loses its log probabilities there.
    if (0..choices.len()).any(is_twice) || choices.iter().any(is_silent) {
        return;
    }
    assert_eq!(again["choices"], completion["choices"]);
    assert_eq!(again["usage"], completion["usage"]);
}

/// As `pipeline::caller` does it.
fn replayed(protocol: Protocol, written: &[u8]) {
    let (mut writer, mut out) = (protocol.writer(&Map::new()), String::new());
    for event in events(&[written]) {
        match event.data() {
            Some(data) if data.as_ref() == DONE => writer.finish(&mut out),
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
