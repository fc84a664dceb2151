//! Typing errors: whether one word is the other one mistyped.
//!
//! Never between two words that are known, two opposites or short words: "form" and "from" stay apart.

use super::question::{Role, Word};
use super::token::Case;

/// Shortest word in which a typing error is looked for.
const SHORTEST: usize = 4;
/// From this length on two errors are allowed.
const LONG: usize = 8;
/// Longest word that is looked at.
const LONGEST: usize = 24;

/// Whether a typing error of or in a word is looked for.
pub(super) fn may_have_typo(word: &Word<'_>) -> bool {
    word.role != Role::Polite && (SHORTEST - 1..=LONGEST).contains(&word.text.len())
}

pub(super) fn is_typo(left: &Word<'_>, right: &Word<'_>) -> bool {
    let (short, long) =
        (left.text.len().min(right.text.len()), left.text.len().max(right.text.len()));
    if short + 1 < SHORTEST || !(SHORTEST..=LONGEST).contains(&long) || long - short > 2 {
        return false;
    }
    if left.is_known() && right.is_known() || left.text.contains(' ') || right.text.contains(' ') {
        return false;
    }
    if !left.text.is_ascii() || !right.text.is_ascii() {
        return false;
    }
    let both_names = left.case != Case::Lower
        && right.case != Case::Lower
        && !left.begins_sentence
        && !right.begins_sentence;
    let (l, r) = (left.text.as_bytes(), right.text.as_bytes());
    let same_begin = l[0] == r[0]
        || l.get(..2).zip(r.get(..2)).is_some_and(|(l, r)| l[0] == r[1] && l[1] == r[0]);
    if !same_begin {
        return false;
    }
    let neither_known = !left.is_known() && !right.is_known();
    match slips(l, r) {
        Slips::Swap | Slips::Doubled => true,
        Slips::One { is_exchange, is_last } => {
            if neither_known {
                // Two unknown words that differ in a letter are often two names or two words.
                return !is_last && long >= if is_exchange || both_names { 8 } else { 6 };
            }
            !is_last && long >= if is_exchange { 5 } else { SHORTEST } || long >= 7
        }
        Slips::Two => long >= LONG && !neither_known,
        Slips::Many => false,
    }
}

/// Whether two texts are so near that one may be the other mistyped, whatever is known of them.
pub(super) fn is_near(left: &str, right: &str) -> bool {
    let (short, long) = (left.len().min(right.len()), left.len().max(right.len()));
    let may_be = left.is_ascii() && right.is_ascii() && short >= SHORTEST && long <= LONGEST;
    may_be
        && left.as_bytes()[0] == right.as_bytes()[0]
        && match slips(left.as_bytes(), right.as_bytes()) {
            Slips::Swap | Slips::Doubled | Slips::One { .. } => true,
            Slips::Two => long >= 6,
            Slips::Many => false,
        }
}

enum Slips {
    /// Two neighbouring letters changed places.
    Swap,
    /// A letter doubled, or one of a double missing.
    Doubled,
    One {
        is_exchange: bool,
        is_last: bool,
    },
    Two,
    Many,
}

fn slips(left: &[u8], right: &[u8]) -> Slips {
    let begin = left.iter().zip(right).take_while(|(l, r)| l == r).count();
    let rest = left.len().min(right.len()) - begin;
    let end =
        left.iter().rev().zip(right.iter().rev()).take(rest).take_while(|(l, r)| l == r).count();
    let (l, r) = (&left[begin..left.len() - end], &right[begin..right.len() - end]);
    match (l, r) {
        ([], []) => Slips::Doubled,
        ([a, b], [c, d]) if a == d && b == c => Slips::Swap,
        ([letter], []) | ([], [letter]) => {
            let longer = if l.is_empty() { right } else { left };
            let is_doubled = begin > 0 && longer[begin - 1] == *letter;
            if is_doubled {
                Slips::Doubled
            } else {
                Slips::One { is_exchange: false, is_last: end == 0 }
            }
        }
        ([_], [_]) => Slips::One { is_exchange: true, is_last: end == 0 },
        _ if distance(l, r) <= 2 => Slips::Two,
        _ => Slips::Many,
    }
}

/// Edits (insert, delete, exchange, swap of neighbours) between two short words.
fn distance(left: &[u8], right: &[u8]) -> usize {
    let mut two_above = [0; LONGEST + 1];
    let mut above = [0; LONGEST + 1];
    for (at, cell) in above.iter_mut().enumerate() {
        *cell = at;
    }
    for (i, l) in left.iter().enumerate() {
        let mut row = [0; LONGEST + 1];
        row[0] = i + 1;
        for (j, r) in right.iter().enumerate() {
            let exchange = above[j] + usize::from(l != r);
            row[j + 1] = exchange.min(above[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *l == right[j - 1] && left[i - 1] == *r {
                row[j + 1] = row[j + 1].min(two_above[j - 1] + 1);
            }
        }
        two_above = above;
        above = row;
    }
    above[right.len()]
}
