//! Bedrock's binary messages: the same whatever the cuts, and what is damaged stays an error.
//!
//! Input: one byte whose lowest bit says that checksums are to be mended (no fuzzer guesses them), two that choose the cuts, then
//! the stream.
#![cfg_attr(fuzzing, no_main)]

use std::borrow::Cow;

use scrimp::provider::{Dialect, Reader, bedrock::FrameDecoder, openai::Chunk};
use scrimp_fuzz::{pieces, seen, stamp};

fn run(bytes: &[u8]) {
    let Some((&[mends, low, high], stream)) = bytes.split_first_chunk() else { return };
    let stream = if mends & 1 == 1 { mended(stream) } else { stream.into() };
    let whole = decode(&[&stream]);
    for seed in [0, u16::from_le_bytes([low, high])] {
        assert_eq!(decode(&pieces(seed, &stream)), whole);
    }
}

type Seen = (Option<String>, Option<bytes::Bytes>);

/// The events, whether they came to an error, and what they mean.
fn decode(pieces: &[&[u8]]) -> (Vec<Seen>, bool, String) {
    let mut decoder = FrameDecoder::default();
    let mut reader = Reader::new(Dialect::Converse, stamp());
    let (mut events, mut chunks) = (Vec::new(), Vec::new());
    for piece in pieces {
        decoder.feed(piece);
        loop {
            match decoder.next_event() {
                Ok(Some(event)) => {
                    events.push(seen(&event));
                    chunks.extend(reader.read(&event));
                }
                Ok(None) => break,
                Err(_) => {
                    assert!(decoder.next_event().is_err(), "an error does not go away");
                    return (events, false, format!("{chunks:?}"));
                }
            }
        }
    }
    events.extend(decoder.finish().as_ref().map(seen));
    chunks.extend(reader.end());
    assert!(chunks.iter().filter(|chunk| matches!(chunk, Chunk::Done)).count() <= 1);
    (events, true, format!("{chunks:?}"))
}

/// The stream with checksums that fit wherever a length begins a message that is all there.
fn mended(stream: &[u8]) -> Cow<'_, [u8]> {
    let mut mended = stream.to_vec();
    let mut rest = mended.as_mut_slice();
    while let Some(length) = rest.first_chunk().map(|bytes| u32::from_be_bytes(*bytes) as usize) {
        if length < 16 || length > rest.len() {
            break;
        }
        let (message, after) = rest.split_at_mut(length);
        let prelude = crc32(&message[..8]).to_be_bytes();
        message[8..12].copy_from_slice(&prelude);
        let whole = crc32(&message[..length - 4]).to_be_bytes();
        message[length - 4..].copy_from_slice(&whole);
        rest = after;
    }
    mended.into()
}

/// CRC-32 of zlib, bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |mut crc, byte| {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xEDB8_8320 & 0u32.wrapping_sub(crc & 1));
        }
        crc
    })
}

scrimp_fuzz::target!(run);
