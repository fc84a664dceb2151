//! Identifiers that a machine gave: order and ticket numbers, UUIDs, hashes, addresses of mail, web and network, part
//! numbers.

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

pub(super) fn find(text: &Text, tokens: &[Token<'_>]) -> Vec<Chunk> {
    let mut found = Vec::new();
    if !text.characters.iter().any(is_telling) {
        return found;
    }
    for (start, end) in chunks(&text.characters) {
        let piece = &text.characters[start..end];
        if is_id(piece) {
            found.extend(chunk(text, tokens, start, end));
        }
    }
    for (at, token) in tokens.iter().enumerate() {
        let is_free = !found.iter().any(|chunk: &Chunk| chunk.tokens.contains(&at));
        if is_free && token.is_number && is_numbered(tokens, at, &text.characters) {
            found.extend(chunk(text, tokens, token.range.start, token.range.end));
        }
    }
    found
}

/// The chunk of the characters from `start` to `end`, if it has tokens.
pub(super) fn chunk(text: &Text, tokens: &[Token<'_>], start: usize, end: usize) -> Option<Chunk> {
    let first = tokens.iter().position(|token| token.range.end > start)?;
    let count = tokens[first..].iter().take_while(|token| token.range.start < end).count();
    let characters = &text.characters[start..end];
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

/// Runs without spaces, without the marks around them.
pub(super) fn chunks(characters: &[char]) -> impl Iterator<Item = (usize, usize)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + characters[at..].iter().position(|c| !c.is_whitespace())?;
        let rest = &characters[start..];
        let length = rest.iter().position(|c| c.is_whitespace()).unwrap_or(rest.len());
        let end = start + length;
        at = end;
        let opening =
            |c: &char| matches!(c, '(' | '"' | '\'' | '[' | '<' | '{' | '“' | '«' | '¿' | '¡');
        let closing = |c: &char| {
            matches!(
                c,
                ')' | '"' | '\'' | ']' | '>' | '}' | '”' | '»' | '.' | ',' | ';' | ':' | '?' | '!'
            )
        };
        let skipped = characters[start..end].iter().take_while(|c| opening(c)).count();
        let start = start + skipped;
        // The brackets of a call stay.
        let is_call = |end: usize| end >= start + 3 && characters[end - 2..end] == ['(', ')'];
        let mut end = end;
        while end > start && closing(&characters[end - 1]) && !is_call(end) {
            end -= 1;
        }
        Some((start, end))
    })
}

fn is_id(piece: &[char]) -> bool {
    if piece.len() < 5 || !piece.is_ascii() {
        return piece.len() >= 3 && piece[0] == '#' && piece[1..].iter().all(char::is_ascii_digit);
    }
    if piece[0] == '#' && piece[1..].iter().all(|c| c.is_ascii_alphanumeric() || *c == '-') {
        return piece[1..].iter().any(char::is_ascii_digit);
    }
    if !piece.iter().any(is_telling) {
        return false;
    }
    is_mail(piece)
        || is_address(piece)
        || is_network(piece)
        || is_uuid(piece)
        || is_hash(piece)
        || is_mixed(piece)
}

/// Every identifier has one of these.
fn is_telling(character: &char) -> bool {
    character.is_ascii_digit() || matches!(character, '@' | '.' | '/')
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
    let text: String = piece.iter().collect();
    if text.contains("://") || text.starts_with("www.") {
        return true;
    }
    let host = text.split('/').next().unwrap_or_default();
    ENDINGS.iter().any(|ending| host.strip_suffix(ending).is_some_and(|name| name.len() > 2))
        && host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'))
}

fn is_network(piece: &[char]) -> bool {
    let host: String = piece.iter().take_while(|c| !matches!(c, ':' | '/')).collect();
    let parts: Vec<_> = host.split('.').collect();
    parts.len() == 4 && parts.iter().all(|part| part.parse::<u8>().is_ok())
}

fn is_uuid(piece: &[char]) -> bool {
    let text: String = piece.iter().collect();
    let parts: Vec<_> = text.split('-').collect();
    parts.len() == 5
        && parts.iter().zip([8, 4, 4, 4, 12]).all(|(part, length)| {
            part.len() == length && part.chars().all(|c| c.is_ascii_hexdigit())
        })
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
