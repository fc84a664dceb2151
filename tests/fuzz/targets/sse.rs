//! Server-sent events: the same whatever the cuts.
//!
//! Input: two bytes that choose the cuts, then the stream.
#![cfg_attr(fuzzing, no_main)]

use scrimp_fuzz::{events, pieces, seen};

fn run(bytes: &[u8]) {
    let Some((seed, stream)) = bytes.split_first_chunk() else { return };
    let whole = events(&[stream]);
    for event in &whole {
        assert!(event.raw.ends_with(b"\n") || event.raw.ends_with(b"\r"), "{event:?}");
        let is_blank = event.raw.iter().all(|byte| matches!(byte, b'\r' | b'\n'));
        assert!(!is_blank, "a blank event");
        // An event is still one event when it is handed on as it came.
        let again = events(&[&event.raw]);
        assert_eq!(again.iter().map(seen).collect::<Vec<_>>(), [seen(event)]);
    }
    let whole: Vec<_> = whole.iter().map(seen).collect();
    for seed in [0, u16::from_le_bytes(*seed)] {
        let cut: Vec<_> = events(&pieces(seed, stream)).iter().map(seen).collect();
        assert_eq!(cut, whole);
    }
}

scrimp_fuzz::target!(run);
