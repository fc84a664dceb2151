//! Pieces of code: identifiers, flags, calls, file names, status codes and quoted literals.

use super::piece::Piece;
use super::question::{Chunk, Question};
use super::token::{Text, Token};
use super::{Difference, Kind, id};

/// What is quoted at greater length, in characters, is speech.
const LONGEST_LITERAL: usize = 40;

/// Endings of file names.
const EXTENSIONS: [&str; 64] = [
    "avi", "bat", "bin", "bmp", "c", "cfg", "conf", "cpp", "cs", "css", "csv", "dll", "doc",
    "docx", "env", "exe", "gif", "go", "gz", "h", "hpp", "htm", "html", "ini", "ipynb", "iso",
    "jar", "java", "jpeg", "jpg", "json", "jsx", "kt", "lock", "log", "md", "mov", "mp3", "mp4",
    "pdf", "php", "png", "ppt", "pptx", "ps1", "psd", "py", "rar", "rb", "rs", "sh", "sql", "svg",
    "swift", "tar", "toml", "ts", "tsx", "txt", "xls", "xlsx", "xml", "yaml", "yml",
];

/// Differing identifiers and the like; a one-sided one only where it cannot be a way to write a word.
pub(super) fn compare(left: &Question<'_>, right: &Question<'_>) -> Option<Difference> {
    id::differ(Kind::Code, (left, &left.codes), (right, &right.codes)).or_else(|| {
        let left = quoted(left);
        if left.is_empty() {
            return None;
        }
        let right = quoted(right);
        let differ = !right.is_empty() && left != right;
        let is_part = || {
            let (left, right) = (left.join(""), right.join(""));
            left.contains(&right) || right.contains(&left)
        };
        (differ && !is_part()).then(|| Difference {
            kind: Kind::Code,
            left: left.join(", "),
            right: right.join(", "),
        })
    })
}

pub(super) fn find(
    text: &Text,
    tokens: &[Token<'_>],
    pieces: &[Piece],
    ids: &[Chunk],
) -> Vec<Chunk> {
    let mut found = Vec::new();
    for Piece { range, .. } in pieces.iter().filter(|piece| piece.may_be_code) {
        let piece = &text.characters[range.clone()];
        if piece.len() >= 3
            && piece.iter().any(|c| c.is_alphabetic())
            && (is_code(piece) || is_camel(piece, &text.capitals[range.clone()]))
            && let Some(chunk) = id::chunk(text, tokens, range)
            && !ids
                .iter()
                .any(|id| id.tokens.start < chunk.tokens.end && chunk.tokens.start < id.tokens.end)
        {
            found.push(chunk);
        }
    }
    found.extend(status_codes(text, tokens));
    found
}

fn is_code(piece: &[char]) -> bool {
    let first = piece[0];
    if first == '-' {
        let name = if piece[1] == '-' { &piece[2..] } else { &piece[1..] };
        let is_name = name.first().is_some_and(char::is_ascii_alphabetic)
            && name.iter().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '='));
        return is_name && (piece[1] == '-' && piece.len() > 4 || piece.len() == 3);
    }
    let inside = &piece[1..piece.len() - 1];
    let is_word = |c: &char| {
        c.is_ascii_alphanumeric()
            || matches!(c, '_' | '.' | '(' | ')' | ':' | '-' | '>' | '*' | '/')
    };
    if !piece.iter().all(is_word) {
        return false;
    }
    if inside.contains(&'_') || piece.ends_with(&['(', ')']) {
        return true;
    }
    piece.windows(2).any(|two| matches!(two, [':', ':'] | ['-', '>']))
        || is_dotted(&piece.iter().collect::<String>())
}

/// `os.path.join`, `config.yaml` or `.csv`, but not `e.g.`, `node.js` or two sentences without a space.
fn is_dotted(text: &str) -> bool {
    let Some((before, last)) = text.rsplit_once('.') else { return false };
    let is_name = |part: &str| {
        part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '/' | '(' | ')'))
    };
    if !is_name(last) || last.is_empty() {
        return false;
    }
    let is_file = EXTENSIONS.contains(&last)
        && (before.is_empty() || before.chars().any(char::is_alphanumeric));
    let parts = before.split('.');
    is_file
        || parts.clone().count() >= 2
            && parts.clone().chain([last]).all(|part| part.len() >= 2 && is_name(part))
            && parts.chain([last]).any(|part| part.chars().any(char::is_alphabetic))
}

/// `getElementById`, but not `iPhone`.
fn is_camel(piece: &[char], capitals: &[bool]) -> bool {
    if !piece.iter().all(char::is_ascii_alphanumeric) || piece.len() < 6 || capitals[0] {
        return false;
    }
    let turns = (1..piece.len()).filter(|at| capitals[*at] && !capitals[*at - 1]).count();
    let begins = capitals.iter().take_while(|capital| !**capital).count();
    turns >= 1 && begins >= 2 && piece[0].is_ascii_lowercase()
}

/// The numbers in "error 404", "status code 502" and "HTTP 301".
fn status_codes(text: &Text, tokens: &[Token<'_>]) -> Vec<Chunk> {
    let is_sign = |at: usize| {
        let word = tokens.get(at).map_or("", |token| token.text);
        matches!(word, "error" | "errors" | "status" | "http" | "https" | "exception")
    };
    let is_code = |at: usize| tokens.get(at).is_some_and(|token| token.text == "code");
    let found = (0..tokens.len()).filter(|at| {
        let token = &tokens[*at];
        let is_three = token.is_number
            && token.text.len() == 3
            && token.text.chars().all(|c| c.is_ascii_digit());
        let before =
            || *at > 0 && (is_sign(at - 1) || *at > 1 && is_code(at - 1) && is_sign(at - 2));
        is_three && (before() || is_sign(at + 1))
    });
    found.filter_map(|at| id::chunk(text, tokens, &tokens[at].range)).collect()
}

/// What stands in double quotes or backticks.
fn quoted(question: &Question<'_>) -> Vec<String> {
    let characters = &question.text.characters;
    let is_quote = |c: char| matches!(c, '"' | '“' | '”' | '„');
    let mut found = Vec::new();
    let mut open: Option<usize> = None;
    for (at, character) in characters.iter().enumerate() {
        if !is_quote(*character) {
            continue;
        }
        match open.take() {
            None => open = Some(at + 1),
            Some(start) => {
                let inside: String =
                    characters[start..at].iter().filter(|c| c.is_alphanumeric()).collect();
                if !inside.is_empty() && at - start <= LONGEST_LITERAL {
                    found.push(inside);
                }
            }
        }
    }
    found.sort_unstable();
    found
}
