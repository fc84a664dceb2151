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

/// The words of a phrase after the first one, and the form that it asks for.
type Phrase = (&'static [&'static str], &'static str);

/// Phrases that ask for a form, whatever stands before them, by their first word.
const PHRASES: &[(&str, &[Phrase])] = &[
    ("step", &[(&["by", "step"], "step by step")]),
    ("bullet", &[(&["points"], "bullets"), (&["point"], "bullets")]),
    ("bulleted", &[(&["list"], "bullets")]),
    ("numbered", &[(&["list"], "numbered list")]),
    (
        "like",
        &[
            (&["i", "am", "five"], "simple"),
            (&["i", "am"], "simple"),
            (&["a", "five", "year", "old"], "simple"),
        ],
    ),
    (
        "to",
        &[
            (&["a", "child"], "simple"),
            (&["a", "five", "year", "old"], "simple"),
            (&["a", "kid"], "simple"),
        ],
    ),
    ("eli", &[(&[], "simple")]),
    (
        "in",
        &[
            (&["layman", "terms"], "simple"),
            (&["layman's", "terms"], "simple"),
            (&["simple", "terms"], "simple"),
            (&["simple", "words"], "simple"),
            (&["simple", "english"], "simple"),
            (&["plain", "english"], "simple"),
            (&["plain", "text"], "plain text"),
            (&["detail"], "detailed"),
            (&["depth"], "detailed"),
            (&["details"], "detailed"),
            (&["brief"], "brief"),
            (&["short"], "brief"),
            (&["uppercase"], "uppercase"),
            (&["upper", "case"], "uppercase"),
            (&["all", "caps"], "uppercase"),
            (&["capital", "letters"], "uppercase"),
            (&["lowercase"], "lowercase"),
            (&["lower", "case"], "lowercase"),
            (&["rhyme"], "poem"),
            (&["verse"], "poem"),
            (&["the", "form", "of"], "form"),
            (&["the", "style", "of"], "style"),
        ],
    ),
    ("detailed", &[(&["explanation"], "detailed")]),
    ("keep", &[(&["it", "short"], "brief"), (&["it", "brief"], "brief")]),
    ("be", &[(&["brief"], "brief"), (&["concise"], "brief")]),
    ("short", &[(&["answer"], "brief")]),
    (
        "with",
        &[
            (&["examples"], "examples"),
            (&["an", "example"], "examples"),
            (&["sources"], "sources"),
            (&["citations"], "sources"),
        ],
    ),
    ("yes", &[(&["or", "no"], "yes or no")]),
    ("one", &[(&["word", "answer"], "words")]),
    ("cite", &[(&["sources"], "sources"), (&["your", "sources"], "sources")]),
    ("no", &[(&["explanation"], "bare")]),
    ("without", &[(&["explanation"], "bare")]),
    ("only", &[(&["the", "answer"], "bare"), (&["the", "code"], "bare")]),
    ("just", &[(&["the", "answer"], "bare")]),
    ("show", &[(&["your", "work"], "worked")]),
];

pub(super) fn compare(pair: &mut Pair<'_>) -> Option<Difference> {
    if !pair.has(Marks::FORMAT) {
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
    PHRASES.iter().any(|(first, _)| *first == word) || is_lead(word)
}

fn phrase(question: &Question<'_>, at: usize) -> Option<Instruction> {
    let (_, phrases) = PHRASES.iter().find(|(first, _)| *first == question.word(at))?;
    let fits =
        |(rest, _): &&Phrase| (at + 1..).zip(*rest).all(|(at, word)| question.word(at) == *word);
    let (rest, name) = phrases.iter().find(fits)?;
    Some(Instruction { name, words: at..at + 1 + rest.len() })
}

/// Whether the name of a form may follow a word.
fn is_lead(word: &str) -> bool {
    matches!(word, "as" | "in" | "using" | "within" | "with" | "under" | "to")
        || matches!(word, "output" | "return" | "format" | "respond" | "reply" | "answer" | "write")
}

/// "As a table", "in JSON", "in 50 words", "in two sentences".
fn form(question: &Question<'_>, at: usize) -> Option<Instruction> {
    /// Between the preposition and the form: "as a short markdown table".
    const REACH: usize = 4;
    if !is_lead(question.word(at)) {
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
