//! Binary messages (`application/vnd.amazon.eventstream`) to the events that all readers of streams know.
//!
//! Owns the cutting; what an event means is the reader's.
//! <https://docs.aws.amazon.com/lexv2/latest/dg/event-stream-encoding.html>,
//! <https://smithy.io/2.0/aws/amazon-eventstream.html>

use aws_smithy_eventstream::frame::read_message_from;
use aws_smithy_types::event_stream::Message;
use bytes::{Buf, BytesMut};
use serde_json::json;

use crate::api::sse::Event;

/// What the names of events begin with that are errors, not events.
pub(super) const EXCEPTION_PREFIX: &str = "exception:";

/// The largest message that is waited for, bytes.
const MAX_MESSAGE_BYTES: usize = 16 << 20;

/// A prelude of length, length of headers and checksum, bytes.
const PRELUDE_BYTES: usize = 12;

/// Bytes that are no messages. The stream cannot be read on: where the next message would begin is not known.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// A length that no message has.
    #[error(
        "an event stream message of {0} bytes is none, or longer than {MAX_MESSAGE_BYTES} bytes"
    )]
    Length(usize),
    /// A checksum that does not fit, or headers that are none.
    #[error("an event stream message is damaged: {0}")]
    Damaged(#[from] aws_smithy_eventstream::error::Error),
}

/// Cuts a byte stream into events, with the surface of [`Decoder`](crate::api::sse::Decoder).
///
/// An event is named like the message's `:event-type`; one that tells of an error `exception:` and its
/// `:exception-type` or `:error-code`. Its data is the payload.
#[derive(Debug, Default)]
pub struct FrameDecoder {
    buffer: BytesMut,
}

impl FrameDecoder {
    /// Takes the next bytes of the stream.
    pub fn feed(&mut self, chunk: &[u8]) {
        self.buffer.extend_from_slice(chunk);
    }

    /// The next whole event; `None` until more bytes come. After an error there is nothing but the same error.
    pub fn next_event(&mut self) -> Result<Option<Event>, FrameError> {
        let Some(length) = self.buffer.first_chunk().map(|bytes| u32::from_be_bytes(*bytes)) else {
            return Ok(None);
        };
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        // Before the rest is waited for: a torn or hostile length must not fill the memory.
        if !(PRELUDE_BYTES + size_of::<u32>()..=MAX_MESSAGE_BYTES).contains(&length) {
            return Err(FrameError::Length(length));
        }
        let Some(mut frame) = self.buffer.get(..length) else { return Ok(None) };
        let message = read_message_from(&mut frame)?;
        self.buffer.advance(length);
        Ok(Some(event(&message)))
    }

    /// An error where the stream ended within a message.
    pub fn finish(self) -> Option<Event> {
        let problem = json!({"message": "the stream ended within a message"}).to_string();
        (!self.buffer.is_empty())
            .then(|| named(&format!("{EXCEPTION_PREFIX}IncompleteMessage"), problem.as_bytes()))
    }
}

fn event(message: &Message) -> Event {
    let header = |name: &str| {
        let mut headers = message.headers().iter();
        let found = headers.find(|header| header.name().as_str() == name)?;
        found.value().as_string().ok().map(|value| value.as_str())
    };
    match header(":message-type") {
        Some("exception") => {
            let kind = header(":exception-type").unwrap_or_default();
            named(&format!("{EXCEPTION_PREFIX}{kind}"), message.payload())
        }
        // An error that the service's model does not know has no payload.
        Some("error") => {
            let kind = header(":error-code").unwrap_or_default();
            let problem = json!({"message": header(":error-message")}).to_string();
            named(&format!("{EXCEPTION_PREFIX}{kind}"), problem.as_bytes())
        }
        _ => named(header(":event-type").unwrap_or_default(), message.payload()),
    }
}

/// The event as a server would have sent it as text. JSON has no line breaks but between its tokens, so that a payload
/// with some says the same over several lines.
fn named(name: &str, payload: &[u8]) -> Event {
    let mut raw = Vec::with_capacity(name.len() + payload.len() + 32);
    raw.extend_from_slice(b"event: ");
    raw.extend(name.bytes().filter(|byte| !matches!(byte, b'\n' | b'\r')));
    for line in payload.split(|byte| matches!(byte, b'\n' | b'\r')) {
        raw.extend_from_slice(b"\ndata: ");
        raw.extend_from_slice(line);
    }
    raw.extend_from_slice(b"\n\n");
    Event { raw: raw.into() }
}

#[cfg(test)]
mod tests {
    use aws_smithy_eventstream::frame::write_message_to;
    use aws_smithy_types::event_stream::{Header, HeaderValue};
    use bytes::Bytes;
    use proptest::prelude::*;

    use super::*;

    fn frame(headers: &[(&'static str, &str)], payload: &str) -> Vec<u8> {
        let headers = headers.iter().map(|(name, value)| {
            Header::new(*name, HeaderValue::String((*value).to_owned().into()))
        });
        let message = Message::new_from_parts(headers.collect(), Bytes::from(payload.to_owned()));
        let mut bytes = Vec::new();
        write_message_to(&message, &mut bytes).unwrap();
        bytes
    }

    fn event_frame(kind: &str, payload: &str) -> Vec<u8> {
        let json = (":content-type", "application/json");
        frame(&[(":event-type", kind), json, (":message-type", "event")], payload)
    }

    /// What comes of the chunks, up to the first error.
    fn decode(chunks: &[&[u8]]) -> (Vec<Bytes>, bool) {
        let mut decoder = FrameDecoder::default();
        let mut found = Vec::new();
        for chunk in chunks {
            decoder.feed(chunk);
            loop {
                match decoder.next_event() {
                    Ok(Some(event)) => found.push(event.raw),
                    Ok(None) => break,
                    Err(_) => return (found, false),
                }
            }
        }
        found.extend(decoder.finish().map(|event| event.raw));
        (found, true)
    }

    #[test]
    fn every_cut_gives_the_same_events() {
        let bytes = [
            event_frame("messageStart", r#"{"role":"assistant","p":"abc"}"#),
            event_frame("contentBlockDelta", "{\"delta\":\n{\"text\":\"Hé\"}}"),
            frame(
                &[(":exception-type", "throttlingException"), (":message-type", "exception")],
                r#"{"message":"slow down"}"#,
            ),
            frame(
                &[
                    (":error-code", "InternalFailure"),
                    (":error-message", "\"sorry\""),
                    (":message-type", "error"),
                ],
                "",
            ),
            frame(&[], "{}"),
        ]
        .concat();
        let expected = [
            "event: messageStart\ndata: {\"role\":\"assistant\",\"p\":\"abc\"}\n\n",
            "event: contentBlockDelta\ndata: {\"delta\":\ndata: {\"text\":\"Hé\"}}\n\n",
            "event: exception:throttlingException\ndata: {\"message\":\"slow down\"}\n\n",
            "event: exception:InternalFailure\ndata: {\"message\":\"\\\"sorry\\\"\"}\n\n",
            "event: \ndata: {}\n\n",
        ]
        .map(Bytes::from)
        .to_vec();
        for cut in 0..=bytes.len() {
            let (head, tail) = bytes.split_at(cut);
            assert_eq!(decode(&[head, tail]), (expected.clone(), true), "cut at {cut}");
        }
        let bytewise: Vec<&[u8]> = bytes.chunks(1).collect();
        assert_eq!(decode(&bytewise).0, expected);
    }

    #[test]
    fn a_stream_that_ends_within_a_message_says_so() {
        let whole = event_frame("metadata", "{}");
        for cut in 1..whole.len() {
            let (events, fine) = decode(&[&whole[..cut]]);
            assert!(fine && events.len() == 1, "{cut}");
            assert!(events[0].starts_with(b"event: exception:IncompleteMessage\n"), "{events:?}");
        }
    }

    #[test]
    fn a_damaged_message_is_an_error_from_then_on() {
        let whole = event_frame("metadata", r#"{"usage":{}}"#);
        for position in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[position] ^= 1;
            // A damaged length may be of more than there is: the rest, when it comes, gives it away.
            damaged.resize(whole.len() + (1 << 16), 0);
            let mut decoder = FrameDecoder::default();
            decoder.feed(&damaged);
            for _ in 0..2 {
                assert!(decoder.next_event().is_err(), "{position}");
            }
        }
    }

    #[test]
    fn an_endless_message_is_refused_before_it_is_read() {
        for length in [0, 15, MAX_MESSAGE_BYTES + 1, u32::MAX as usize] {
            let mut decoder = FrameDecoder::default();
            decoder.feed(&u32::try_from(length).unwrap().to_be_bytes());
            assert!(
                matches!(decoder.next_event(), Err(FrameError::Length(found)) if found == length)
            );
        }
        let mut decoder = FrameDecoder::default();
        decoder.feed(&u32::try_from(MAX_MESSAGE_BYTES).unwrap().to_be_bytes());
        assert!(matches!(decoder.next_event(), Ok(None)));
    }

    proptest! {
        #[test]
        fn any_bytes_give_events_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            decode(&[&bytes]);
        }

        #[test]
        fn any_headers_with_checksums_that_fit_do_no_harm(
            headers in prop::collection::vec(prop_oneof![0u8..12, any::<u8>()], 0..60),
            payload in prop::collection::vec(any::<u8>(), 0..40),
            claimed in prop::option::of(0u32..80),
        ) {
            let total = u32::try_from(16 + headers.len() + payload.len()).unwrap();
            let claimed = claimed.unwrap_or_else(|| u32::try_from(headers.len()).unwrap());
            let mut bytes = [total.to_be_bytes(), claimed.to_be_bytes()].concat();
            bytes.extend(crc32(&bytes).to_be_bytes());
            bytes.extend(headers);
            bytes.extend(payload);
            bytes.extend(crc32(&bytes).to_be_bytes());
            decode(&[&bytes]);
        }

        #[test]
        fn any_cut_of_any_messages_gives_the_same_events(
            messages in prop::collection::vec(("[a-z\\r\\n]{0,9}", "[ -~\\r\\n]{0,30}"), 0..5),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
        ) {
            let bytes: Vec<u8> =
                messages.iter().flat_map(|(kind, payload)| event_frame(kind, payload)).collect();
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let chunks: Vec<&[u8]> =
                cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
            let whole = decode(&[&bytes]);
            prop_assert_eq!(whole.0.len(), messages.len());
            prop_assert_eq!(decode(&chunks), whole);
        }
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
}
