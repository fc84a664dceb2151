//! Runs without spaces, as identifiers and code are written.

use std::ops::Range;

use super::token::{Case, Text, Token};

/// A run without spaces, without the marks around it.
pub(super) struct Piece {
    /// Among the characters.
    pub(super) range: Range<usize>,
    /// It has a character that each identifier has.
    pub(super) may_be_id: bool,
    /// It has a character that each piece of code has.
    pub(super) may_be_code: bool,
}

/// The pieces with words or numbers that may be an identifier or code.
pub(super) fn pieces(text: &Text, tokens: &[Token<'_>]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut piece = Piece::starting_at(0);
    let mut end = 0;
    // What tells is not in a word but between two, so that few characters are looked at.
    for token in tokens.iter().map(Some).chain([None]) {
        let start = token.map_or(text.characters.len(), |token| token.range.start);
        for place in end..start {
            match text.characters[place] {
                '@' | '/' => piece.may_be_id = true,
                '-' | '_' | '(' | ':' | '>' => piece.may_be_code = true,
                '.' => (piece.may_be_id, piece.may_be_code) = (true, true),
                character if character.is_whitespace() => {
                    pieces.extend(piece.ending_at(place, text));
                    piece = Piece::starting_at(place + 1);
                }
                _ => {}
            }
        }
        let Some(token) = token else { break };
        end = token.range.end;
        if token.is_number {
            let number = &text.characters[token.range.clone()];
            piece.may_be_id = true;
            piece.may_be_code |= number.iter().any(|c| matches!(c, '.' | ':'));
        }
        // As in `userName`.
        piece.may_be_code |=
            token.case == Case::Mixed || token.is_glued && token.case != Case::Lower;
    }
    pieces.extend(piece.ending_at(text.characters.len(), text));
    pieces
}

impl Piece {
    fn starting_at(start: usize) -> Self {
        Self { range: start..start, may_be_id: false, may_be_code: false }
    }

    /// The piece without the marks around it, if it may be something.
    fn ending_at(self, end: usize, text: &Text) -> Option<Self> {
        let may_be = self.may_be_id || self.may_be_code;
        may_be
            .then(|| Self { range: without_marks(&text.characters, self.range.start..end), ..self })
    }
}

fn without_marks(characters: &[char], Range { start, end }: Range<usize>) -> Range<usize> {
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
    start..end
}
