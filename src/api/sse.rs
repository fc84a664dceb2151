//! Server-sent events: bytes in any cut in, whole events out, as the bytes that came.
//!
//! Follows the event stream grammar of the HTML standard: lines end with LF, CRLF or CR; a blank line ends an event.

use bytes::{Bytes, BytesMut};

/// One event with the blank line that ends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Exactly what came.
    pub raw: Bytes,
}

impl Event {
    /// An event with one `data` line.
    pub fn with_data(data: &str) -> Self {
        Self { raw: format!("data: {data}\n\n").into() }
    }

    /// The event's data: its `data` lines joined by LF; `None` when it has none (a comment, a bare `event:` line).
    pub fn data(&self) -> Option<Bytes> {
        let mut found: Option<Bytes> = None;
        for line in lines(&self.raw) {
            let Some(value) = field(line, b"data") else { continue };
            let value = self.raw.slice_ref(value);
            found = Some(match found {
                None => value,
                Some(first) => [&first[..], b"\n", &value].concat().into(),
            });
        }
        found
    }

    /// The event's type, when it names one.
    pub fn name(&self) -> Option<&str> {
        lines(&self.raw)
            .filter_map(|line| field(line, b"event"))
            .next_back()
            .and_then(|v| std::str::from_utf8(v).ok())
    }
}

/// An event that never ends: the peer is broken or hostile.
#[derive(Debug, thiserror::Error)]
#[error("a server-sent event is longer than {MAX_EVENT_BYTES} bytes")]
pub struct EventTooLong;

/// Cuts a byte stream into events.
#[derive(Debug, Default)]
pub struct Decoder {
    buffer: BytesMut,
    /// Everything before this offset has been looked at.
    scanned: usize,
    /// Where the line under the eye starts.
    line_start: usize,
}

impl Decoder {
    /// Takes the next bytes of the stream.
    pub fn feed(&mut self, chunk: &[u8]) {
        self.buffer.extend_from_slice(chunk);
    }

    /// The next whole event; `None` until more bytes come.
    pub fn next_event(&mut self) -> Result<Option<Event>, EventTooLong> {
        while let Some(offset) = memchr::memchr2(b'\n', b'\r', &self.buffer[self.scanned..]) {
            let end = self.scanned + offset;
            let after = match (self.buffer[end], self.buffer.get(end + 1)) {
                (b'\r', Some(b'\n')) => end + 2,
                // The LF of a CRLF may be on its way, but after a blank line an event must not wait for it.
                (b'\r', None) if self.line_start != end => break,
                _ => end + 1,
            };
            let blank = self.line_start == end;
            self.scanned = after;
            self.line_start = after;
            if blank {
                let mut raw = self.buffer.split_to(after);
                self.scanned = 0;
                self.line_start = 0;
                if self.buffer.is_empty() && raw.ends_with(b"\r\n\r") {
                    // Where all lines end with CRLF this one does as well: some readers look for nothing else. The LF
                    // itself, when it comes, is dropped as an empty line.
                    raw.extend_from_slice(b"\n");
                }
                let raw = raw.freeze();
                if raw.iter().all(|byte| matches!(byte, b'\r' | b'\n')) {
                    continue;
                }
                return Ok(Some(Event { raw }));
            }
        }
        if self.buffer.len() > MAX_EVENT_BYTES { Err(EventTooLong) } else { Ok(None) }
    }

    /// What is left when the stream ends without a blank line; most readers take it for an event.
    pub fn finish(self) -> Option<Event> {
        if self.buffer.iter().all(u8::is_ascii_whitespace) {
            return None;
        }
        let mut rest = self.buffer;
        rest.extend_from_slice(b"\n\n");
        Some(Event { raw: rest.freeze() })
    }
}

/// The data that ends an OpenAI stream.
pub const DONE: &[u8] = b"[DONE]";

const MAX_EVENT_BYTES: usize = 16 << 20;

fn lines(raw: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    raw.split(|byte| matches!(byte, b'\n' | b'\r')).filter(|line| !line.is_empty())
}

fn field<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
    let rest = line.strip_prefix(name)?;
    if rest.is_empty() {
        return Some(rest);
    }
    let value = rest.strip_prefix(b":")?;
    Some(value.strip_prefix(b" ").unwrap_or(value))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decode(chunks: &[&[u8]]) -> Vec<Option<String>> {
        let mut decoder = Decoder::default();
        let mut found = Vec::new();
        let mut take = |event: Event| {
            found.push(event.data().map(|data| String::from_utf8(data.to_vec()).unwrap()));
        };
        for chunk in chunks {
            decoder.feed(chunk);
            while let Some(event) = decoder.next_event().unwrap() {
                take(event);
            }
        }
        if let Some(event) = decoder.finish() {
            take(event);
        }
        found
    }

    #[test]
    fn every_framing_and_every_cut_gives_the_same_events() {
        let text =
            ": hello\n\nevent: a\ndata: {\"x\":1}\n\ndata: one\ndata:two\n\ndata: [DONE]\n\n";
        let expected =
            [None, Some("{\"x\":1}".into()), Some("one\ntwo".into()), Some("[DONE]".to_owned())];
        for newline in ["\n", "\r\n", "\r"] {
            let bytes = text.replace('\n', newline).into_bytes();
            for cut in 0..=bytes.len() {
                assert_eq!(
                    decode(&[&bytes[..cut], &bytes[cut..]]),
                    expected,
                    "{newline:?} cut at {cut}"
                );
            }
        }
    }

    #[test]
    fn an_event_is_out_as_soon_as_its_blank_line_is_in() {
        let mut decoder = Decoder::default();
        decoder.feed(b"data: a\r\n\r");
        let event = decoder.next_event().unwrap().unwrap();
        assert_eq!(event.raw, "data: a\r\n\r\n");
        decoder.feed(b"\ndata: b\r\n\r\n");
        assert_eq!(decoder.next_event().unwrap().unwrap().raw, "data: b\r\n\r\n");
    }

    #[test]
    fn an_unfinished_last_event_is_not_lost() {
        assert_eq!(decode(&[b"data: a\n\ndata: b"]), [Some("a".into()), Some("b".to_owned())]);
    }

    proptest! {
        #[test]
        fn any_cut_of_any_bytes_gives_the_same_data(
            bytes in prop::collection::vec(prop_oneof![Just(b'\n'), Just(b'\r'), Just(b':'), Just(b'd'), any::<u8>()], 0..80),
            cuts in prop::collection::vec(0usize..80, 0..6),
        ) {
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let join = |chunks: Vec<&[u8]>| {
                let mut decoder = Decoder::default();
                let mut data = Vec::new();
                for chunk in chunks {
                    decoder.feed(chunk);
                    while let Some(event) = decoder.next_event().unwrap() {
                        data.extend(event.data());
                    }
                }
                data.extend(decoder.finish().and_then(|event| event.data()));
                data
            };
            let whole = join(vec![&bytes]);
            let cut = join(cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect());
            prop_assert_eq!(whole, cut);
        }
    }
}
