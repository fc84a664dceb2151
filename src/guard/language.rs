//! Languages: of people, where a question asks for one, and of programs, with what programs are built on.

use super::align::{Pair, Side};
use super::lexicon::Classes;
use super::question::Question;
use super::{Difference, Kind};

/// Names in the list of programming languages that are words otherwise.
const AMBIGUOUS: [&str; 31] = [
    "express",
    "unity",
    "rust",
    "swift",
    "spark",
    "scheme",
    "assembly",
    "flask",
    "rails",
    "ember",
    "yarn",
    "pip",
    "cargo",
    "bootstrap",
    "julia",
    "dart",
    "ruby",
    "cypress",
    "node",
    "unreal",
    "lisp",
    "pascal",
    "ionic",
    "polars",
    "scala",
    "react",
    "angular",
    "vue",
    "snowflake",
    "backbone",
    "bash",
];

/// Languages on both sides that stand for each other.
pub(super) fn compare(pair: &mut Pair<'_>) -> Option<Difference> {
    let kinds: [fn(&Question<'_>, usize) -> bool; 2] = [is_programming, is_language];
    for is_one in kinds {
        let (left, right) = (alone(&pair.left, is_one), alone(&pair.right, is_one));
        if !left.is_empty() && !right.is_empty() {
            return Some(named(pair, &left, &right));
        }
    }
    None
}

/// A language that one side has in addition.
pub(super) fn compare_additional(pair: &mut Pair<'_>) -> Option<Difference> {
    let kinds: [fn(&Question<'_>, usize) -> bool; 2] =
        [is_programming, |question, at| is_language(question, at) && is_spoken(question, at)];
    for is_one in kinds {
        let (left, right) = (alone(&pair.left, is_one), alone(&pair.right, is_one));
        if left.is_empty() != right.is_empty() {
            return Some(named(pair, &left, &right));
        }
    }
    None
}

fn alone(side: &Side<'_>, is_one: fn(&Question<'_>, usize) -> bool) -> Vec<usize> {
    side.alone().filter(|at| !side.is_explained[*at] && is_one(side.question, *at)).collect()
}

fn named(pair: &mut Pair<'_>, left: &[usize], right: &[usize]) -> Difference {
    pair.left.explain(left);
    pair.right.explain(right);
    Difference { kind: Kind::Language, left: pair.left.shown(left), right: pair.right.shown(right) }
}

fn is_programming(question: &Question<'_>, at: usize) -> bool {
    let word = question.word(at);
    let before = || question.before(at).next().unwrap_or_default();
    let is_named = || {
        matches!(
            question.word(at + 1),
            "language" | "programming" | "program" | "code" | "script" | "developer"
        )
    };
    match word {
        // Names that are letters or words otherwise.
        "c" | "r" | "d" | "go" => {
            matches!(before(), "in" | "using" | "with" | "into") && question.word(at + 1) != "a"
                || is_named()
        }
        _ if !question.words[at].classes.has(Classes::PROGRAMMING) => false,
        _ if AMBIGUOUS.contains(&word) => {
            is_named()
                || matches!(
                    before(),
                    "in" | "using"
                        | "with"
                        | "into"
                        | "from"
                        | "to"
                        | "learn"
                        | "a"
                        | "for"
                        | "use"
                )
        }
        _ => true,
    }
}

fn is_language(question: &Question<'_>, at: usize) -> bool {
    question.words[at].classes.has(Classes::LANGUAGE)
}

/// "In French", "translate to German", "speak Italian", "the Spanish word for".
fn is_spoken(question: &Question<'_>, at: usize) -> bool {
    let next = question.word(at + 1);
    let ends = at + 1 == question.words.len()
        || question.tokens[question.words[at].token].followed_by.is_some();
    let before = question.before(at).next().unwrap_or_default();
    let leads = matches!(
        before,
        "into"
            | "speak"
            | "speaking"
            | "learn"
            | "learning"
            | "speaks"
            | "spoken"
            | "write"
            | "writing"
            | "translate"
            | "study"
            | "read"
            | "teach"
            | "understand"
            | "fluent"
    );
    let may_lead = matches!(before, "in" | "to" | "from" | "using")
        && (ends || !question.words.get(at + 1).is_some_and(super::question::Word::is_content));
    leads
        || may_lead
        || matches!(
            next,
            "language"
                | "word"
                | "words"
                | "translation"
                | "alphabet"
                | "grammar"
                | "lyrics"
                | "subtitles"
                | "accent"
                | "pronunciation"
        )
}

#[cfg(test)]
mod tests {
    use super::super::lexicon::lexicon;
    use super::*;

    #[test]
    fn ambiguous_names_are_listed() {
        for name in AMBIGUOUS {
            let entry = lexicon().entry(name);
            assert!(entry.is_some_and(|entry| entry.classes.has(Classes::PROGRAMMING)), "{name}");
        }
    }
}
