//! Identifiers that a machine gave: order and ticket numbers, UUIDs, hashes, addresses of mail, web and network, part
//! numbers.

use std::ops::Range;

use super::piece::Piece;
use super::question::{Chunk, Question};
use super::token::{Text, Token};
use super::{Difference, Kind};

/// Words that say that the number after them is an identifier.
const NUMBERED: [&str; 34] = [
    "account",
    "application",
    "asin",
    "batch",
    "booking",
    "bug",
    "case",
    "claim",
    "confirmation",
    "contract",
    "customer",
    "employee",
    "id",
    "imei",
    "invoice",
    "isbn",
    "issue",
    "member",
    "order",
    "package",
    "parcel",
    "patient",
    "policy",
    "pnr",
    "receipt",
    "ref",
    "reference",
    "request",
    "reservation",
    "serial",
    "shipment",
    "ticket",
    "tracking",
    "transaction",
];

pub(super) fn compare(left: &Question<'_>, right: &Question<'_>) -> Option<Difference> {
    differ(Kind::Id, (left, &left.ids), (right, &right.ids))
}

/// The chunks that only one of two questions contains, in whatever notation.
pub(super) fn differ(
    kind: Kind,
    (left, left_chunks): (&Question<'_>, &[Chunk]),
    (right, right_chunks): (&Question<'_>, &[Chunk]),
) -> Option<Difference> {
    if left_chunks.is_empty() && right_chunks.is_empty() {
        return None;
    }
    let only_left = without(left_chunks, right);
    let only_right = without(right_chunks, left);
    (!only_left.is_empty() || !only_right.is_empty()).then(|| Difference {
        kind,
        left: only_left.join(", "),
        right: only_right.join(", "),
    })
}

fn without<'a>(chunks: &'a [Chunk], other: &Question<'_>) -> Vec<&'a str> {
    let plain: String = other.text.characters.iter().filter(|c| c.is_alphanumeric()).collect();
    let missing = chunks.iter().filter(|chunk| !plain.contains(&chunk.plain));
    missing.map(|chunk| chunk.text.as_str()).collect()
}

pub(super) fn find(text: &Text, tokens: &[Token<'_>], pieces: &[Piece]) -> Vec<Chunk> {
    let mut found = Vec::new();
    for Piece { range, .. } in pieces.iter().filter(|piece| piece.may_be_id) {
        if is_id(&text.characters[range.clone()]) {
            found.extend(chunk(text, tokens, range));
        }
    }
    for (at, token) in tokens.iter().enumerate().filter(|(_, token)| token.is_number) {
        let is_free = !found.iter().any(|chunk: &Chunk| chunk.tokens.contains(&at));
        if is_free && is_numbered(tokens, at, &text.characters) {
            found.extend(chunk(text, tokens, &token.range));
        }
    }
    found
}

/// The chunk of the characters in `range`, if it has tokens.
pub(super) fn chunk(text: &Text, tokens: &[Token<'_>], range: &Range<usize>) -> Option<Chunk> {
    let first = tokens.iter().position(|token| token.range.end > range.start)?;
    let count = tokens[first..].iter().take_while(|token| token.range.start < range.end).count();
    let characters = &text.characters[range.clone()];
    let plain: String = characters.iter().filter(|c| c.is_alphanumeric()).collect();
    (count > 0 && !plain.is_empty()).then(|| Chunk {
        text: characters.iter().collect(),
        plain: plain
            .trim_start_matches("https")
            .trim_start_matches("http")
            .trim_start_matches("www")
            .to_owned(),
        tokens: first..first + count,
    })
}

fn is_id(piece: &[char]) -> bool {
    if piece.len() < 5 || !piece.is_ascii() {
        return piece.len() >= 3 && piece[0] == '#' && piece[1..].iter().all(char::is_ascii_digit);
    }
    if piece[0] == '#' && piece[1..].iter().all(|c| c.is_ascii_alphanumeric() || *c == '-') {
        return piece[1..].iter().any(char::is_ascii_digit);
    }
    is_mail(piece)
        || is_address(piece)
        || is_network(piece)
        || is_uuid(piece)
        || is_hash(piece)
        || is_mixed(piece)
}

trait Ascii {
    fn is_ascii(&self) -> bool;
}

impl Ascii for [char] {
    fn is_ascii(&self) -> bool {
        self.iter().all(char::is_ascii)
    }
}

fn is_mail(piece: &[char]) -> bool {
    let at = piece.iter().position(|c| *c == '@');
    at.is_some_and(|at| at > 0 && piece[at..].contains(&'.'))
}

/// `https://…`, `www.…` or a host with a well-known ending.
fn is_address(piece: &[char]) -> bool {
    const ENDINGS: [&str; 14] = [
        ".com", ".org", ".net", ".io", ".edu", ".gov", ".co", ".dev", ".ai", ".app", ".in", ".uk",
        ".de", ".info",
    ];
    let is_link = piece.windows(3).any(|three| three == [':', '/', '/']);
    if is_link || piece.starts_with(&['w', 'w', 'w', '.']) {
        return true;
    }
    if !piece.contains(&'.') || !piece.iter().any(char::is_ascii_alphabetic) {
        return false;
    }
    let text: String = piece.iter().collect();
    let host = text.split('/').next().unwrap_or_default();
    ENDINGS.iter().any(|ending| host.strip_suffix(ending).is_some_and(|name| name.len() > 2))
        && host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'))
}

/// `192.168.0.1`, with a port or a path behind it or without.
fn is_network(piece: &[char]) -> bool {
    if piece.iter().filter(|c| **c == '.').count() < 3 {
        return false;
    }
    let host: String = piece.iter().take_while(|c| !matches!(c, ':' | '/')).collect();
    let mut parts = host.split('.');
    parts.clone().count() == 4 && parts.all(|part| part.parse::<u8>().is_ok())
}

fn is_uuid(piece: &[char]) -> bool {
    let lengths = [8, 4, 4, 4, 12];
    let mut parts = piece.split(|c| *c == '-');
    lengths.into_iter().all(|length| {
        parts
            .next()
            .is_some_and(|part| part.len() == length && part.iter().all(char::is_ascii_hexdigit))
    }) && parts.next().is_none()
}

fn is_hash(piece: &[char]) -> bool {
    let digits = piece.iter().filter(|c| c.is_ascii_digit()).count();
    piece.len() >= 7
        && piece.iter().all(char::is_ascii_hexdigit)
        && digits >= 2
        && digits + 1 < piece.len()
}

/// Letters and digits mixed as in `ORD-48213`, but not `30km`, `covid-19` or `mid-1990`.
fn is_mixed(piece: &[char]) -> bool {
    let letters = piece.iter().filter(|c| c.is_ascii_alphabetic()).count();
    let digits = piece.iter().filter(|c| c.is_ascii_digit()).count();
    if letters == 0 || digits < 3 || letters > 12 {
        return false;
    }
    if !piece.iter().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '/'))
        || piece.contains(&'/')
    {
        return false;
    }
    let is_counted = piece[0].is_ascii_digit()
        && piece
            .iter()
            .skip_while(|c| c.is_ascii_digit() || **c == '-')
            .all(char::is_ascii_alphabetic);
    let is_year = digits == 4 && {
        let number: String = piece.iter().filter(|c| c.is_ascii_digit()).collect();
        matches!(number.as_bytes(), [b'1', b'5'..=b'9', ..] | [b'2', b'0', ..])
    };
    !is_counted && !is_year
}

/// Whether the number at `at` follows "order", "ticket number" or "#".
fn is_numbered(tokens: &[Token<'_>], at: usize, characters: &[char]) -> bool {
    let digits = tokens[at].text;
    if !digits.chars().all(|c| c.is_ascii_digit()) {
        return false;
    }
    let start = tokens[at].range.start;
    if start > 0 && characters[start - 1] == '#' && digits.len() > 1 {
        return true;
    }
    let is_year = digits.len() == 4 && (digits.starts_with("19") || digits.starts_with("20"));
    if digits.len() < 4 || is_year {
        return false;
    }
    let before = tokens[at.saturating_sub(3)..at].iter().rev();
    before
        .take_while(|token| {
            NUMBERED.contains(&token.text)
                || matches!(token.text, "number" | "no" | "nr" | "num" | "is" | "code")
        })
        .any(|token| NUMBERED.contains(&token.text))
}
