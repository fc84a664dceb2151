//! Restrictions that only one question has: "for beginners", "on Windows", "without a library", "in India".

use super::align::{Pair, Side};
use super::question::Role;
use super::{Difference, Kind};

pub(super) fn compare(pair: &mut Pair<'_>) -> Option<Difference> {
    let (left, right) = (restriction(&pair.left), restriction(&pair.right));
    if left.is_empty() == right.is_empty() {
        return None;
    }
    // What the other side has in its place is another word, not a lack of one.
    let other = if left.is_empty() { &pair.left } else { &pair.right };
    if !other.unexplained().is_empty() {
        return None;
    }
    let shown = |side: &Side<'_>, places: &[usize]| {
        let start = places.first().and_then(|first| preposition(side, *first));
        start.map_or(String::new(), |start| {
            let end = places.last().copied().unwrap_or(start);
            side.shown(&(start..=end).collect::<Vec<_>>())
        })
    };
    let difference = Difference {
        kind: Kind::Constraint,
        left: shown(&pair.left, &left),
        right: shown(&pair.right, &right),
    };
    pair.left.explain(&left);
    pair.right.explain(&right);
    Some(difference)
}

/// The words of the first phrase that a preposition begins and that the other question has nothing of.
fn restriction(side: &Side<'_>) -> Vec<usize> {
    let alone = side.unexplained();
    let Some(first) = alone.iter().find(|at| preposition(side, **at).is_some()) else {
        return Vec::new();
    };
    let mut phrase = vec![*first];
    for at in alone.iter().filter(|at| *at > first) {
        let last = phrase[phrase.len() - 1];
        let is_near = (last + 1..*at).all(|between| !side.question.words[between].is_content());
        if is_near {
            phrase.push(*at);
        }
    }
    phrase
}

/// The preposition that the word at `at` follows, with nothing but little words and words without a partner between.
fn preposition(side: &Side<'_>, at: usize) -> Option<usize> {
    for before in (0..at).rev() {
        let word = &side.question.words[before];
        if is_preposition(word.text) {
            return side.is_alone(before).then_some(before);
        }
        if word.role == Role::Content && !side.is_alone(before) || at - before > 4 {
            return None;
        }
    }
    None
}

fn is_preposition(word: &str) -> bool {
    matches!(
        word,
        "for"
            | "in"
            | "on"
            | "at"
            | "with"
            | "without"
            | "under"
            | "over"
            | "during"
            | "using"
            | "via"
            | "from"
            | "by"
            | "near"
            | "after"
            | "before"
            | "within"
            | "per"
            | "while"
            | "if"
            | "when"
            | "against"
            | "through"
            | "between"
            | "among"
            | "towards"
            | "as"
            | "inside"
            | "outside"
            | "instead"
    )
}
