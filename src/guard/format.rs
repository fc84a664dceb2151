//! What form the answer is to have: "as JSON", "in one sentence", "step by step".

use super::align::{Pair, Side};
use super::marks::Marks;
use super::number;
use super::question::Question;
use super::{Difference, Kind};

/// An instruction on the form of the answer, with the words that give it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Instruction {
    name: &'static str,
    words: std::ops::Range<usize>,
}

/// Phrases that ask for a form, whatever stands before them.
const PHRASES: &[(&[&str], &str)] = &[
    (&["step", "by", "step"], "step by step"),
    (&["bullet", "points"], "bullets"),
    (&["bullet", "point"], "bullets"),
    (&["bulleted", "list"], "bullets"),
    (&["numbered", "list"], "numbered list"),
    (&["like", "i", "am", "five"], "simple"),
    (&["like", "i", "am"], "simple"),
    (&["like", "a", "five", "year", "old"], "simple"),
    (&["to", "a", "child"], "simple"),
    (&["to", "a", "five", "year", "old"], "simple"),
    (&["to", "a", "kid"], "simple"),
    (&["eli"], "simple"),
    (&["in", "layman", "terms"], "simple"),
    (&["in", "layman's", "terms"], "simple"),
    (&["in", "simple", "terms"], "simple"),
    (&["in", "simple", "words"], "simple"),
    (&["in", "simple", "english"], "simple"),
    (&["in", "plain", "english"], "simple"),
    (&["in", "plain", "text"], "plain text"),
    (&["in", "detail"], "detailed"),
    (&["in", "depth"], "detailed"),
    (&["in", "details"], "detailed"),
    (&["detailed", "explanation"], "detailed"),
    (&["in", "brief"], "brief"),
    (&["in", "short"], "brief"),
    (&["keep", "it", "short"], "brief"),
    (&["keep", "it", "brief"], "brief"),
    (&["be", "brief"], "brief"),
    (&["be", "concise"], "brief"),
    (&["short", "answer"], "brief"),
    (&["with", "examples"], "examples"),
    (&["with", "an", "example"], "examples"),
    (&["yes", "or", "no"], "yes or no"),
    (&["one", "word", "answer"], "words"),
    (&["with", "sources"], "sources"),
    (&["with", "citations"], "sources"),
    (&["cite", "sources"], "sources"),
    (&["cite", "your", "sources"], "sources"),
    (&["no", "explanation"], "bare"),
    (&["without", "explanation"], "bare"),
    (&["only", "the", "answer"], "bare"),
    (&["just", "the", "answer"], "bare"),
    (&["only", "the", "code"], "bare"),
    (&["show", "your", "work"], "worked"),
    (&["in", "uppercase"], "uppercase"),
    (&["in", "upper", "case"], "uppercase"),
    (&["in", "all", "caps"], "uppercase"),
    (&["in", "capital", "letters"], "uppercase"),
    (&["in", "lowercase"], "lowercase"),
    (&["in", "lower", "case"], "lowercase"),
    (&["in", "rhyme"], "poem"),
    (&["in", "verse"], "poem"),
    (&["in", "the", "form", "of"], "form"),
    (&["in", "the", "style", "of"], "style"),
];

pub(super) fn compare(pair: &mut Pair<'_>) -> Option<Difference> {
    if !(pair.left.question.marks | pair.right.question.marks).has(Marks::FORMAT) {
        return None;
    }
    let (left, right) = (instructions(pair.left.question), instructions(pair.right.question));
    let without = |some: &[Instruction], others: &[Instruction]| {
        let alone = some.iter().filter(|one| !others.iter().any(|other| other.name == one.name));
        alone.cloned().collect::<Vec<_>>()
    };
    let (only_left, only_right) = (without(&left, &right), without(&right, &left));
    if only_left.is_empty() && only_right.is_empty() {
        return None;
    }
    let named = |side: &mut Side<'_>, instructions: &[Instruction]| {
        for instruction in instructions {
            side.explain(&instruction.words.clone().collect::<Vec<_>>());
        }
        instructions.iter().map(|one| one.name).collect::<Vec<_>>().join(", ")
    };
    Some(Difference {
        kind: Kind::Format,
        left: named(&mut pair.left, &only_left),
        right: named(&mut pair.right, &only_right),
    })
}

fn instructions(question: &Question<'_>) -> Vec<Instruction> {
    let mut found: Vec<Instruction> = Vec::new();
    let mut at = 0;
    while at < question.words.len() {
        if !question.words[at].marks.has(Marks::FORMAT) {
            at += 1;
            continue;
        }
        let one = phrase(question, at).or_else(|| form(question, at));
        at = one.as_ref().map_or(at + 1, |one| one.words.end);
        found.extend(one);
    }
    found
}

/// Whether an instruction may begin with a word.
pub(super) fn may_begin(word: &str) -> bool {
    PHRASES.iter().any(|(words, _)| words[0] == word) || leads(word)
}

/// Whether a form may be named after a word.
fn leads(word: &str) -> bool {
    matches!(word, "as" | "in" | "using" | "within" | "with" | "under" | "to")
        || matches!(word, "output" | "return" | "format" | "respond" | "reply" | "answer" | "write")
}

fn phrase(question: &Question<'_>, at: usize) -> Option<Instruction> {
    let fits = |phrase: &&(&[&str], &'static str)| {
        (0..phrase.0.len()).all(|next| question.word(at + next) == phrase.0[next])
    };
    let (words, name) = PHRASES.iter().find(fits)?;
    Some(Instruction { name, words: at..at + words.len() })
}

/// "As a table", "in JSON", "in 50 words", "in two sentences".
fn form(question: &Question<'_>, at: usize) -> Option<Instruction> {
    /// Between the preposition and the form: "as a short markdown table".
    const REACH: usize = 4;
    if !leads(question.word(at)) {
        return None;
    }
    let token = question.words[at].token;
    let next = question.tokens.get(token + 1);
    let is_counted = next.is_some_and(|token| token.is_number)
        || (at + 1..at + 3).any(|near| {
            number::is_word(question.word(near)) || matches!(question.word(near), "one" | "few")
        });
    let end = question.words.len().min(at + 1 + REACH);
    for near in at + 1..end {
        let word = question.word(near);
        let name = match word {
            "json" | "xml" | "yaml" | "csv" | "markdown" | "latex" | "toml" | "pdf"
                if question.word(at) != "to" =>
            {
                match word {
                    "json" => "json",
                    "xml" => "xml",
                    "yaml" => "yaml",
                    "csv" => "csv",
                    "latex" => "latex",
                    "toml" => "toml",
                    "pdf" => "pdf",
                    _ => "markdown",
                }
            }
            "bullets" => "bullets",
            "table" | "tabular"
                if question.word(at) == "as"
                    || question.word(near - 1) == "a"
                        && near == at + 2
                        && is_last(question, near) =>
            {
                "table"
            }
            "list" if question.word(at) == "as" => "list",
            "poem" | "haiku" | "limerick" | "sonnet" | "song" | "rap"
                if question.word(at) == "as" =>
            {
                "poem"
            }
            "essay" | "paragraph" | "story" | "tweet" | "email" | "letter" | "outline"
            | "summary" | "diagram" | "dialogue"
                if question.word(at) == "as" =>
            {
                "text"
            }
            "word" | "words" if is_counted => "words",
            "sentence" | "sentences" if is_counted => "sentences",
            "paragraph" | "paragraphs" if is_counted => "paragraphs",
            "line" | "lines" if is_counted && question.word(at) == "in" => "lines",
            "characters" if is_counted => "characters",
            "steps" if is_counted && question.word(at) == "in" => "steps",
            "array" | "dictionary" if question.word(at) == "as" => "data",
            _ if question.words[near].is_content() && near > at + 2 => return None,
            _ => continue,
        };
        return Some(Instruction { name, words: at..near + 1 });
    }
    None
}

fn is_last(question: &Question<'_>, at: usize) -> bool {
    at + 1 == question.words.len()
}
