//! How much two questions share.

use super::align::{Pair, Side};
use super::question::{Role, Word};

/// Words that may stand anywhere and say nothing.
const FILLERS: [&str; 12] = [
    "actually",
    "basically",
    "exactly",
    "just",
    "like",
    "literally",
    "really",
    "simply",
    "so",
    "then",
    "well",
    "also",
];

/// How much two questions share, in content words: those that say what a question is about.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Overlap {
    /// Shared content words among all, 0 to 1; 1 when there are none.
    pub jaccard: f32,
    /// Content words of the left question without a counterpart.
    pub unmatched_left: usize,
    /// Content words of the right question without a counterpart.
    pub unmatched_right: usize,
    /// Share of the shared content words that stand in the same order, 0 to 1; 1 when there are none.
    pub same_order: f32,
    /// Nothing but case, punctuation, politeness and typing errors differs.
    pub equal: bool,
}

impl Overlap {
    /// That of a question with itself.
    pub(super) const EQUAL: Self =
        Self { jaccard: 1.0, unmatched_left: 0, unmatched_right: 0, same_order: 1.0, equal: true };
}

/// What the aligned pair shares; `differs` says that some rule found a difference.
pub(super) fn measure(pair: &Pair<'_>, differs: bool) -> Overlap {
    let (unmatched_left, unmatched_right) = (pair.left.unmatched(), pair.right.unmatched());
    let partners: Vec<_> = content_partners(&pair.left).collect();
    let shared = partners.len() + content_partners(&pair.right).count();
    let all = shared + 2 * (unmatched_left + unmatched_right);
    let share =
        |part: usize, whole: usize| if whole == 0 { 1.0 } else { part as f32 / whole as f32 };
    let in_order = longest_ascent(&partners);
    Overlap {
        jaccard: share(shared, all),
        unmatched_left,
        unmatched_right,
        same_order: share(in_order, partners.len()),
        equal: !differs && is_equal(pair),
    }
}

fn content_partners(side: &Side<'_>) -> impl Iterator<Item = usize> {
    let words = side.question.words.iter().zip(&side.partners);
    words.filter(|(word, _)| word.is_content()).filter_map(|(_, partner)| Some((*partner)?.at))
}

/// The length of the longest part of `places` that rises.
fn longest_ascent(places: &[usize]) -> usize {
    let mut ends: Vec<usize> = Vec::with_capacity(places.len());
    for place in places {
        match ends.iter().position(|end| end > place) {
            Some(at) => ends[at] = *place,
            None => ends.push(*place),
        }
    }
    ends.len()
}

/// Whether all words but politeness pair off in order, written alike but for typing errors.
fn is_equal(pair: &Pair<'_>) -> bool {
    let (mut left, mut right) = (words_that_matter(&pair.left), words_that_matter(&pair.right));
    let is_same = |(l, word): (usize, &Word<'_>), (r, other): (usize, &Word<'_>)| {
        word.text == other.text
            || word.text.chars().last() == other.text.chars().last()
                && pair.left.partners[l].is_some_and(|partner| partner.is_same && partner.at == r)
    };
    loop {
        match (left.next(), right.next()) {
            (None, None) => return true,
            (Some(left), Some(right)) if is_same(left, right) => {}
            _ => return false,
        }
    }
}

/// All but politeness and fillers that only this question has, with their places.
fn words_that_matter<'a>(side: &'a Side<'_>) -> impl Iterator<Item = (usize, &'a Word<'a>)> {
    side.question.words.iter().enumerate().filter(|(at, word)| {
        word.role != Role::Polite && !(side.is_alone(*at) && FILLERS.contains(&word.text))
    })
}
