//! Words of scope: whether all, some, only, at least or the most are meant.

use super::align::{Pair, Side};
use super::marks::Marks;
use super::{Difference, Kind};

/// A word of scope of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Scope {
    name: &'static str,
    /// It changes the answer even when the other question has none.
    is_strong: bool,
    word: usize,
}

pub(super) fn compare(pair: &mut Pair<'_>) -> Option<Difference> {
    if !pair.has(Marks::SCOPE) {
        return None;
    }
    let (left, right) = (scopes(&pair.left), scopes(&pair.right));
    let without = |some: &[Scope], others: &[Scope]| {
        let alone =
            some.iter().filter(|scope| !others.iter().any(|other| other.name == scope.name));
        alone.copied().collect::<Vec<_>>()
    };
    let (only_left, only_right) = (without(&left, &right), without(&right, &left));
    let both = !only_left.is_empty() && !only_right.is_empty();
    let strong = only_left.iter().chain(&only_right).any(|scope| scope.is_strong);
    if !both && !strong {
        return None;
    }
    let named = |side: &mut Side<'_>, scopes: &[Scope]| {
        side.explain(&scopes.iter().map(|scope| scope.word).collect::<Vec<_>>());
        scopes.iter().map(|scope| scope.name).collect::<Vec<_>>().join(", ")
    };
    Some(Difference {
        kind: Kind::Scope,
        left: named(&mut pair.left, &only_left),
        right: named(&mut pair.right, &only_right),
    })
}

fn scopes(side: &Side<'_>) -> Vec<Scope> {
    let question = side.question;
    let marked = |at: &usize| question.words[*at].marks.has(Marks::SCOPE);
    let found = (0..question.words.len()).filter(marked).filter_map(|at| {
        let before = question.before(at).next().unwrap_or_default();
        let (name, is_strong) = scope(before, question.word(at), question.word(at + 1))?;
        Some(Scope { name, is_strong, word: at })
    });
    found.collect()
}

/// Whether a word is one of scope somewhere.
pub(super) fn may_be_scope(word: &str) -> bool {
    // What some words have to stand after or before.
    let contexts = [("", ""), ("at", ""), ("", "of")];
    contexts.into_iter().any(|(before, next)| scope(before, word, next).is_some())
}

/// What a word of scope stands for, and whether that is strong.
fn scope(before: &str, word: &str, next: &str) -> Option<(&'static str, bool)> {
    Some(match word {
        "all" if !matches!(before, "at" | "after" | "above" | "of") && next != "over" => {
            ("all", false)
        }
        "every" | "each" => ("all", false),
        "both" => ("both", false),
        "either" => ("either", false),
        "any" if !matches!(next, "good" | "way" | "ways") => ("any", false),
        "some" if !matches!(next, "good" | "of" | "other") => ("some", false),
        "only" | "solely" | "exclusively" if before != "not" => ("only", true),
        "except" | "excluding" | "besides" => ("except", true),
        "including" => ("including", false),
        "least" if before == "at" => ("at least", true),
        "most" if before == "at" => ("at most", true),
        "minimum" | "min" => ("at least", true),
        "maximum" | "max" => ("at most", true),
        "first" => ("first", false),
        "last" if !matches!(next, "year" | "week" | "month" | "night" | "time" | "name") => {
            ("last", false)
        }
        "none" => ("none", false),
        "half" => ("half", false),
        "most" if next == "of" => ("most", false),
        "few" => ("few", false),
        "several" | "multiple" => ("several", false),
        "majority" => ("most", false),
        _ => return None,
    })
}
