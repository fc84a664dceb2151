//! A stream of 200 chunks: cut into events, understood, assembled into a completion, and replayed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a broken fixture must end the bench; criterion's macros make undocumented items"
)]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use scrimp::{
    api::{assemble::Assembler, sse::Decoder},
    cache::replay,
    provider::openai::Chunk,
};
use serde_json::json;

fn stream() -> String {
    let chunk = |delta: serde_json::Value, end: serde_json::Value| {
        let chunk = json!({"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m",
                           "choices": [{"index": 0, "delta": delta, "finish_reason": end}]});
        format!("data: {chunk}\n\n")
    };
    let words = (0..198).map(|word| chunk(json!({"content": format!("word{word} ")}), json!(null)));
    let end = chunk(json!({}), json!("stop"));
    words.chain([end, "data: [DONE]\n\n".to_owned()]).collect()
}

fn capture(bytes: &[u8]) -> String {
    let mut decoder = Decoder::default();
    let mut assembler = Assembler::default();
    for piece in bytes.chunks(1400) {
        decoder.feed(piece);
        while let Some(event) = decoder.next_event().expect("events are short") {
            if let Some(Chunk::Delta { value, .. }) = Chunk::parse(&event) {
                assembler.push(value);
            }
        }
    }
    assembler.finish().expect("the stream is whole").to_string()
}

fn bench(criterion: &mut Criterion) {
    let stream = stream();
    let mut group = criterion.benchmark_group("stream of 200 chunks");
    group.bench_function("capture", |bencher| {
        bencher.iter(|| capture(black_box(stream.as_bytes())))
    });
    let body = capture(stream.as_bytes());
    group.bench_function("replay", |bencher| {
        bencher.iter(|| {
            replay::as_events(black_box(body.as_bytes()), true).expect("it can be replayed")
        });
    });
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
