//! Event streams of every dialect, cut anywhere, for callers of every protocol.
//!
//! Input: a byte for the dialect, two that choose the cuts, then the stream.
#![cfg_attr(fuzzing, no_main)]

use scrimp::{
    api::assemble::Assembler,
    provider::{Dialect, Reader, openai::Chunk},
};
use scrimp_fuzz::{DIALECTS, End, PROTOCOLS, check_written, events, pick, pieces, stamp};
use serde_json::{Map, json};

fn run(bytes: &[u8]) {
    let Some((&[dialect, low, high], stream)) = bytes.split_first_chunk() else { return };
    let dialect = pick(&DIALECTS, dialect);
    let mut chunks = read(dialect, &[stream]);
    let cut = read(dialect, &pieces(u16::from_le_bytes([low, high]), stream));
    assert_eq!(format!("{chunks:?}"), format!("{cut:?}"));

    let is_end = |chunk: &Chunk| matches!(chunk, Chunk::Done | Chunk::Failed(_));
    let end = chunks.iter().position(is_end);
    if dialect != Dialect::Chat {
        assert!(end.is_none_or(|end| end + 1 == chunks.len()), "something follows the end");
        assert!(!chunks.iter().any(|chunk| matches!(chunk, Chunk::Unknown)));
    }
    // Nobody reads on after the end.
    chunks.truncate(end.map_or(chunks.len(), |end| end + 1));
    write(&chunks);

    let mut assembler = Assembler::default();
    for chunk in chunks {
        if let Chunk::Delta { value, .. } = chunk {
            assembler.push(value);
        }
    }
    if let Some(completion) = assembler.finish() {
        for protocol in PROTOCOLS {
            protocol.answer(&completion, &Map::new());
        }
    }
}

fn read(dialect: Dialect, pieces: &[&[u8]]) -> Vec<Chunk> {
    let mut reader = Reader::new(dialect, stamp());
    let mut chunks: Vec<Chunk> =
        events(pieces).iter().flat_map(|event| reader.read(event)).collect();
    chunks.extend(reader.end());
    chunks
}

/// Tells callers of every protocol what came.
fn write(chunks: &[Chunk]) {
    for protocol in PROTOCOLS {
        let (mut writer, mut out) = (protocol.writer(&Map::new()), String::new());
        let mut end = None;
        for chunk in chunks {
            match chunk {
                Chunk::Delta { value, .. } => writer.chunk(value, &mut out),
                Chunk::Failed(error) => {
                    writer.fail(error, &mut out);
                    end = Some(End::Failed);
                }
                Chunk::Done => {
                    writer.finish(&mut out);
                    end = Some(End::Finished);
                }
                Chunk::Unknown => {}
            }
        }
        if end.is_none() {
            writer.fail(&json!({"error": {"message": "it broke off"}}), &mut out);
        }
        check_written(protocol, &out, end.unwrap_or(End::Failed));
    }
}

scrimp_fuzz::target!(run);
