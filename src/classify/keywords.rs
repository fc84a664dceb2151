//! English words that say what kind of work is asked for. One table, looked up once a word.
//!
//! Other languages hit nothing here: for them the features fall back on lengths, numbers and marks.

/// What a word hints at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hint {
    /// An argument is asked for, not a fact.
    Reasoning,
    /// Free writing.
    Creative,
    /// Given text is turned into other text.
    Transform,
    /// Programming.
    Code,
    /// Mathematics.
    Maths,
    /// A condition that the answer must meet.
    Constraint,
    /// Something is not so.
    Negation,
    /// A question is asked by a question word.
    Question,
    /// The sentence orders something.
    Instruction,
}

/// The hint of a lower-case word without punctuation.
pub(super) fn hint(word: &str) -> Option<Hint> {
    if !LENGTHS.contains(&word.len()) {
        return None;
    }
    let found = TABLE.binary_search_by(|(known, _)| (*known).cmp(word)).ok()?;
    Some(TABLE[found].1)
}

use Hint::{
    Code, Constraint, Creative, Instruction, Maths, Negation, Question, Reasoning, Transform,
};

/// Lengths of the words in the table, bytes.
const LENGTHS: std::ops::RangeInclusive<usize> = 2..=11;

/// Sorted by word, for the binary search.
#[rustfmt::skip]
const TABLE: &[(&str, Hint)] = &[
    ("advantages", Reasoning), ("algorithm", Code), ("all", Constraint), ("always", Constraint), ("analyse", Reasoning),
    ("analyze", Reasoning), ("angle", Maths), ("answer", Instruction), ("api", Code), ("argue", Reasoning), ("array", Code),
    ("assume", Reasoning), ("average", Maths), ("bash", Code), ("because", Reasoning), ("brainstorm", Creative), ("bug", Code),
    ("calculate", Maths), ("character", Creative), ("choose", Instruction), ("class", Code), ("classify", Transform),
    ("code", Code), ("compare", Reasoning), ("complete", Instruction), ("compute", Maths), ("conclude", Reasoning),
    ("consider", Reasoning), ("consistent", Reasoning), ("convert", Transform), ("correct", Transform), ("create", Creative),
    ("css", Code), ("database", Code), ("debug", Code), ("deduce", Reasoning), ("define", Instruction), ("derivative", Maths),
    ("derive", Reasoning), ("describe", Instruction), ("design", Creative), ("determine", Reasoning), ("dialogue", Creative),
    ("difference", Reasoning), ("each", Constraint), ("edit", Transform), ("either", Constraint), ("email", Creative),
    ("equation", Maths), ("essay", Creative), ("estimate", Maths), ("evaluate", Reasoning), ("every", Constraint),
    ("exactly", Constraint), ("except", Negation), ("explain", Reasoning), ("extract", Transform), ("false", Negation),
    ("fiction", Creative), ("find", Instruction), ("fraction", Maths), ("function", Code), ("generate", Creative),
    ("give", Instruction), ("graph", Maths), ("how", Question), ("html", Code), ("identify", Instruction), ("imagine", Creative),
    ("implement", Code), ("implies", Reasoning), ("imply", Reasoning), ("improve", Transform), ("incorrect", Negation),
    ("infer", Reasoning), ("inference", Reasoning), ("integer", Maths), ("integers", Maths), ("integral", Maths),
    ("java", Code), ("javascript", Code), ("json", Code), ("justify", Reasoning), ("least", Constraint), ("linear", Maths),
    ("list", Instruction), ("logical", Reasoning), ("lyrics", Creative), ("matrix", Maths), ("maximum", Constraint),
    ("method", Code), ("minimum", Constraint), ("must", Constraint), ("name", Instruction), ("neither", Negation),
    ("never", Negation), ("no", Negation), ("none", Negation), ("nor", Negation), ("not", Negation), ("novel", Creative),
    ("only", Constraint), ("outline", Creative), ("paragraph", Transform), ("paraphrase", Transform), ("percent", Maths),
    ("percentage", Maths), ("plan", Creative), ("poem", Creative), ("polynomial", Maths), ("probability", Maths),
    ("program", Code), ("proof", Reasoning), ("proofread", Transform), ("prove", Reasoning), ("python", Code),
    ("query", Code), ("ratio", Maths), ("reason", Reasoning), ("reasoning", Reasoning), ("regex", Code), ("rewrite", Transform),
    ("rust", Code), ("script", Code), ("select", Instruction), ("sequence", Maths), ("should", Constraint), ("show", Instruction),
    ("simplify", Maths), ("solve", Maths), ("song", Creative), ("sql", Code), ("state", Instruction), ("story", Creative),
    ("string", Code), ("sum", Maths), ("summarise", Transform), ("summarize", Transform), ("summary", Transform),
    ("suppose", Reasoning), ("tell", Instruction), ("theorem", Maths), ("therefore", Reasoning),
    ("total", Maths), ("translate", Transform), ("translation", Transform), ("triangle", Maths), ("typescript", Code),
    ("unless", Constraint), ("unlike", Negation), ("use", Instruction), ("value", Maths), ("variable", Maths), ("what", Question),
    ("when", Question), ("where", Question), ("which", Question), ("who", Question), ("whom", Question), ("whose", Question),
    ("why", Reasoning), ("without", Negation), ("write", Instruction),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_is_sorted_lower_case_and_without_repeats() {
        assert!(TABLE.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert!(TABLE.iter().all(|(word, _)| LENGTHS.contains(&word.len())));
        assert!(TABLE.iter().all(|(word, _)| word.bytes().all(|byte| byte.is_ascii_lowercase())));
    }

    #[test]
    fn known_words_have_their_hint_and_others_none() {
        assert_eq!(hint("prove"), Some(Reasoning));
        assert_eq!(hint("advantages"), Some(Reasoning));
        assert_eq!(hint("write"), Some(Instruction));
        assert_eq!(hint("banana"), None);
        assert_eq!(hint(""), None);
    }
}
