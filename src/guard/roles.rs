//! The order of arguments: the same words, but who does what to whom, or from where to where, has changed places.

use super::align::Pair;
use super::interrogative::may_ask;
use super::question::{Question, Role, Word};
use super::{Difference, Kind};

/// Words after which it matters which word comes.
const DIRECTIONS: [&str; 8] = ["from", "to", "into", "than", "over", "before", "after", "against"];
/// Words that say that two things are compared, so that their order means nothing.
const SYMMETRIC: [&str; 38] = [
    "and",
    "or",
    "vs",
    "versus",
    "between",
    "both",
    "compare",
    "compared",
    "comparing",
    "comparison",
    "difference",
    "differences",
    "different",
    "differ",
    "distance",
    "distinguish",
    "relation",
    "relationship",
    "relate",
    "related",
    "similar",
    "similarities",
    "similarity",
    "same",
    "equal",
    "nor",
    "with",
    "together",
    "along",
    "connection",
    "link",
    "correlation",
    "synonym",
    "meet",
    "combine",
    "mix",
    "married",
    "far",
];

pub(super) fn compare(pair: &Pair<'_>) -> Option<Difference> {
    let (left, right) = (pair.left.question, pair.right.question);
    let places = places(pair)?;
    let is_moved = places.windows(2).any(|pair| pair[0].1 > pair[1].1);
    if !is_moved || is_symmetric(left) || is_symmetric(right) {
        return None;
    }
    swapped_after_direction(pair).or_else(|| exchanged(left, right))
}

/// Content words of the left question with where they stand in the right one; none when some word stands alone.
fn places(pair: &Pair<'_>) -> Option<Vec<(usize, usize)>> {
    if pair.left.unmatched() > 0 || pair.right.unmatched() > 0 {
        return None;
    }
    let words = pair.left.question.words.iter().zip(&pair.left.partners).enumerate();
    let content = words.filter(|(_, (word, _))| word.is_content());
    Some(content.filter_map(|(at, (_, partner))| Some((at, (*partner)?.at))).collect())
}

fn is_symmetric(question: &Question<'_>) -> bool {
    question.words.iter().any(|word| SYMMETRIC.contains(&word.text))
}

/// "From A to B" and "from B to A".
fn swapped_after_direction(pair: &Pair<'_>) -> Option<Difference> {
    let (left, right) = (pair.left.question, pair.right.question);
    for direction in DIRECTIONS {
        let (Some(l), Some(r)) = (after(left, direction), after(right, direction)) else {
            continue;
        };
        let stays = pair.left.partners[l].is_some_and(|partner| partner.at == r)
            || left.words[l].key == right.words[r].key;
        // What took its place stood before another direction, or before the verb.
        let Some(came_from) = pair.right.partners[r] else { continue };
        let Some(went_to) = pair.left.partners[l] else { continue };
        let is_exchange = (came_from.at < l) == (went_to.at < r) && came_from.at != l;
        // "A glass bowl" and "a bowl of glass".
        let is_one_name = came_from.at.abs_diff(l) == 1 || went_to.at.abs_diff(r) == 1;
        if !stays && is_exchange && !is_one_name && !is_after_same(pair, went_to.at, direction) {
            let shown =
                |question: &Question<'_>, at: usize| format!("{direction} {}", question.word(at));
            return Some(Difference {
                kind: Kind::Order,
                left: shown(left, l),
                right: shown(right, r),
            });
        }
    }
    None
}

/// Whether the word still follows the same direction on the right, in another place.
fn is_after_same(pair: &Pair<'_>, right: usize, direction: &str) -> bool {
    pair.right.question.before(right).take(2).any(|word| word == direction)
}

fn after(question: &Question<'_>, direction: &str) -> Option<usize> {
    const REACH: usize = 3;
    let at = question.words.iter().position(|word| word.text == direction)?;
    (at + 1..question.words.len().min(at + 1 + REACH)).find(|at| question.words[*at].is_content())
}

/// "X beats Y" and "Y beats X": equal but for two pieces that changed places around what is between them.
fn exchanged(left: &Question<'_>, right: &Question<'_>) -> Option<Difference> {
    let matters = |word: &&Word<'_>| word.role != Role::Polite;
    let left: Vec<_> = left.words.iter().filter(matters).collect();
    let right: Vec<_> = right.words.iter().filter(matters).collect();
    if left.len() != right.len() {
        return None;
    }
    let same = |(l, r): &(&&Word<'_>, &&Word<'_>)| l.key == r.key;
    let begin = left.iter().zip(&right).take_while(same).count();
    let end = left.iter().rev().zip(right.iter().rev()).take_while(same).count();
    if begin + end >= left.len() {
        return None;
    }
    let (l, r) = (&left[begin..left.len() - end], &right[begin..right.len() - end]);
    let is_content = |piece: &[&Word<'_>]| {
        piece.len() <= 3
            && piece.iter().any(|word| word.is_content())
            && piece.iter().all(|word| !may_ask(word.text) && !is_preposition(word.text))
    };
    let are_same = |some: &[&Word<'_>], others: &[&Word<'_>]| {
        some.len() == others.len() && some.iter().zip(others).all(|pair| same(&pair))
    };
    for first in 1..l.len().min(5) {
        for last in 1..l.len().saturating_sub(first).min(5) {
            let (x, middle, y) = (&l[..first], &l[first..l.len() - last], &l[l.len() - last..]);
            let is_related = middle.iter().any(|word| {
                word.role != Role::Function || DIRECTIONS.contains(&word.text) || word.text == "of"
            });
            if !is_related || !is_content(x) || !is_content(y) {
                continue;
            }
            let is_exchange = are_same(&r[..last], y)
                && are_same(&r[last..r.len() - first], middle)
                && are_same(&r[r.len() - first..], x);
            if is_exchange {
                let shown = |piece: &[&Word<'_>]| {
                    piece.iter().map(|word| word.text).collect::<Vec<_>>().join(" ")
                };
                return Some(Difference { kind: Kind::Order, left: shown(l), right: shown(r) });
            }
        }
    }
    None
}

fn is_preposition(word: &str) -> bool {
    matches!(
        word,
        "in" | "on"
            | "at"
            | "for"
            | "with"
            | "from"
            | "to"
            | "by"
            | "of"
            | "during"
            | "next"
            | "last"
            | "this"
    )
}
