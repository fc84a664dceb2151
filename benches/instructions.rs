//! Operations whose instructions `scripts/count-instructions.py` counts: `instructions NAME TIMES` does one so many times,
//! `instructions` lists them. The same number of times takes the same instructions, whatever the machine is busy with.

#![allow(clippy::expect_used, clippy::print_stdout, reason = "a broken fixture must end the bench")]

use std::{hint::black_box, process::ExitCode};

use scrimp::{
    api::{chat::ChatRequest, sse::Decoder},
    guard,
    index::{HybridIndex, IndexOptions, VectorSearch, VectorStore},
    provider::openai::Chunk,
};

#[path = "fixtures/conversation.rs"]
mod conversation;
#[path = "fixtures/stream.rs"]
mod stream;

use conversation::{conversation, keys};
use stream::stream;

/// A name, and what prepares all that is needed and does it so many times.
type Operation = (&'static str, fn(usize));

const OPERATIONS: [Operation; 5] =
    [("key", key), ("guard", compare), ("sse", sse), ("parse", parse), ("index", index)];

fn main() -> ExitCode {
    // `cargo bench` adds an option of its own.
    let arguments: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let [name, times] = arguments.as_slice() else {
        OPERATIONS.iter().for_each(|(name, _)| println!("{name}"));
        return ExitCode::SUCCESS;
    };
    let operation = OPERATIONS.iter().find(|(known, _)| known == name);
    let (Some((_, operation)), Ok(times)) = (operation, times.parse()) else {
        return ExitCode::FAILURE;
    };
    operation(times);
    ExitCode::SUCCESS
}

/// The hashes of a chat request of 4 KB.
fn key(times: usize) {
    let request = ChatRequest::parse(conversation()).expect("it is a request");
    for _ in 0..times {
        black_box(keys(black_box(&request)));
    }
}

/// What two questions of 30 words differ in.
fn compare(times: usize) {
    const LEFT: &str = "I bought a return ticket for 2 adults and three children on the 14th of March 2024 for $1,250.50; \
                        why can't I change the time of departure from 10:30 to a later one?";
    const RIGHT: &str = "We have bought return tickets for two adults and 3 children on 14 March 2024 that cost 1250.50 \
                         dollars, so why is it not possible to change the departure time from 10:30 to 12:15?";
    for _ in 0..times {
        black_box(guard::compare(black_box(LEFT), black_box(RIGHT)));
    }
}

/// A stream of 200 chunks, as it comes from a socket, cut into events and read.
fn sse(times: usize) {
    let stream = stream();
    for _ in 0..times {
        let mut decoder = Decoder::default();
        for piece in black_box(stream.as_bytes()).chunks(1400) {
            decoder.feed(piece);
            while let Some(event) = decoder.next_event().expect("events are short") {
                black_box(Chunk::parse(&event));
            }
        }
    }
}

/// The same request of 4 KB from its bytes.
fn parse(times: usize) {
    let body = conversation();
    for _ in 0..times {
        black_box(ChatRequest::parse(black_box(body.clone())).expect("it is a request"));
    }
}

/// The best 8 of 10,000 vectors.
fn index(times: usize) {
    const DIMENSION: usize = 384;
    const ENTRIES: usize = 10_000;
    const QUERIES: usize = 50;
    let index = HybridIndex::new(DIMENSION, IndexOptions::default());
    for id in 0..ENTRIES {
        index.insert(id as u64, &vector(DIMENSION, id)).expect("a unit vector");
    }
    index.settle();
    let queries: Vec<_> = (ENTRIES..ENTRIES + QUERIES).map(|at| vector(DIMENSION, at)).collect();
    for query in queries.iter().cycle().take(times) {
        black_box(index.search(black_box(query), 8));
    }
}

/// A vector of unit length, as good as random.
fn vector(dimension: usize, seed: usize) -> Vec<f32> {
    let raw: Vec<f32> = (0..dimension)
        .map(|at| ((seed * dimension + at) as f64 * 0.754_877_666_2).fract() as f32 - 0.5)
        .collect();
    let length = raw.iter().map(|value| value * value).sum::<f32>().sqrt();
    raw.into_iter().map(|value| value / length).collect()
}
