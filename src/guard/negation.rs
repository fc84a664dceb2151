//! Negation: whether one question says what the other denies.
//!
//! Two negations cancel out, so what is compared is whether their number is odd.

use super::align::{Pair, Side};
use super::marks::Marks;
use super::token::Token;
use super::{Difference, Kind};

pub(super) fn compare(pair: &Pair<'_>) -> Option<Difference> {
    if !pair.has(Marks::NEGATES | Marks::DENIES) {
        return None;
    }
    let (left, right) = (pair.left.question, pair.right.question);
    let difference = compare_tokens(&left.tokens, &right.tokens)?;
    let is_repaired = match (difference.left.as_str(), difference.right.as_str()) {
        ("no", "") => is_repair(&pair.left, &pair.right),
        ("", "no") => is_repair(&pair.right, &pair.left),
        _ => false,
    };
    (!is_repaired).then_some(difference)
}

/// "Where was the song no the album recorded": the speaker takes back what only this question has, and the rest is the
/// other question.
fn is_repair(side: &Side<'_>, other: &Side<'_>) -> bool {
    let words = &side.question.words;
    let takes_back = |at: usize| {
        words[at].text == "no" && at > 0 && words[at - 1].is_content() && side.is_alone(at - 1)
    };
    other.unmatched() == 0 && (0..words.len()).any(takes_back)
}

fn compare_tokens(left: &[Token<'_>], right: &[Token<'_>]) -> Option<Difference> {
    let mut left_negations = negations(left);
    let mut right_negations = negations(right);
    left_negations.extend(denials(left, right));
    right_negations.extend(denials(right, left));
    if left_negations.len() % 2 == right_negations.len() % 2 {
        return None;
    }
    let shown = |negations: Vec<&str>| negations.join(", ");
    Some(Difference {
        kind: Kind::Negation,
        left: shown(left_negations),
        right: shown(right_negations),
    })
}

/// The opposites in `tokens` of words in `others`. Without the word it is another wording, not a denial.
fn denials<'a>(tokens: &'a [Token<'a>], others: &'a [Token<'a>]) -> impl Iterator<Item = &'a str> {
    let has = |tokens: &[Token<'_>], word: &str| tokens.iter().any(|token| token.text == word);
    let is_denial = move |(at, token): &(usize, &Token<'_>)| {
        let text = token.text;
        denied(text)
            .is_some_and(|word| has(others, word) && !has(tokens, word) && !has(others, text))
            && !is_call_for_help(tokens, *at)
    };
    let marked = tokens.iter().enumerate().filter(|(_, token)| token.marks.has(Marks::DENIES));
    marked.filter(is_denial).map(|(_, token)| token.text)
}

pub(super) fn may_deny(word: &str) -> bool {
    denied(word).is_some()
}

/// What a word denies by its prefix: `unhealthy`, `illegal`, `disapprove`, `nonstandard`.
fn denied(word: &str) -> Option<&str> {
    /// Words that look like it, but are others.
    const OTHERS: [&str; 22] = [
        "income",
        "incoming",
        "indeed",
        "industry",
        "inform",
        "information",
        "inside",
        "install",
        "instance",
        "interest",
        "intent",
        "invest",
        "invent",
        "invoice",
        "discount",
        "discover",
        "display",
        "disease",
        "discuss",
        "distress",
        "input",
        "under",
    ];
    const SHORTEST: usize = 3;
    let is_one = |rest: &&str| rest.len() >= SHORTEST && !OTHERS.contains(&word);
    let rest = match word.as_bytes() {
        [b'u', b'n', ..] => &word[2..],
        [b'd', b'i', b's', ..] => &word[3..],
        [b'n', b'o', b'n', ..] => word[3..].trim_start_matches('-'),
        [b'i', b'm', b'b' | b'm' | b'p', ..] => &word[2..],
        [b'i', b'l', b'l', ..] | [b'i', b'r', b'r', ..] => &word[2..],
        [b'i', b'n', first, ..] if !matches!(first, b'b' | b'l' | b'm' | b'p' | b'r') => &word[2..],
        _ => return None,
    };
    Some(rest).filter(is_one)
}

/// The words that negate, without those that only look like it.
fn negations<'a>(tokens: &[Token<'a>]) -> Vec<&'a str> {
    let marked = tokens.iter().enumerate().filter(|(_, token)| token.marks.has(Marks::NEGATES));
    let negates = |(at, token): &(usize, &Token<'_>)| {
        is_negator(token.text, word(tokens, at + 1)) && !is_figure_of_speech(tokens, *at)
    };
    let found: Vec<_> = marked.filter(negates).map(|(_, token)| token.text).collect();
    // "Neither a nor b" is one negation.
    let has_neither = found.contains(&"neither");
    found.into_iter().filter(|word| !(has_neither && *word == "nor")).collect()
}

/// Whether a word negates, whatever stands after it.
pub(super) fn may_negate(word: &str) -> bool {
    is_negator(word, "t")
}

fn is_negator(text: &str, next: &str) -> bool {
    /// What "n't" is attached to.
    const CONTRACTED: [&str; 20] = [
        "ai", "are", "ca", "could", "did", "do", "does", "had", "has", "have", "is", "might",
        "must", "need", "ought", "should", "was", "were", "wo", "would",
    ];
    match text {
        "not" | "never" | "no" | "non" | "none" | "without" | "cannot" | "neither" | "nor"
        | "nobody" | "nothing" | "nowhere" => true,
        _ if text.ends_with("n't") => true,
        // "dont", and "don t" from where apostrophes have been removed.
        _ if text.ends_with("nt") => {
            text.strip_suffix("nt").is_some_and(|stem| CONTRACTED.contains(&stem))
        }
        _ => next == "t" && text.strip_suffix('n').is_some_and(|stem| CONTRACTED.contains(&stem)),
    }
}

/// Whether the negator at `at` is only a turn of phrase.
fn is_figure_of_speech(tokens: &[Token<'_>], at: usize) -> bool {
    let before = at.checked_sub(1).map_or("", |before| word(tokens, before));
    let two_before = at.checked_sub(2).map_or("", |before| word(tokens, before));
    let (next, after_next) = (word(tokens, at + 1), word(tokens, at + 2));
    let by_word = match word(tokens, at) {
        "not" => {
            matches!(next, "only" | "just")
                || (next, after_next) == ("to", "mention")
                || matches!(before, "or" | "if" | "sorry" | "wait")
                || (two_before, before) == ("or", "why")
        }
        "no" => is_interjection(tokens, at, before),
        _ => is_tag_question(tokens, at, before),
    };
    by_word || is_call_for_help(tokens, at)
}

/// "No, …", "er no", "no I mean", "no, who …", "no doubt", and the abbreviation in "No. 5".
fn is_interjection(tokens: &[Token<'_>], at: usize, before: &str) -> bool {
    const AFTER: [&str; 29] = [
        "a", "actually", "an", "doubt", "er", "erm", "hold", "how", "i", "let", "make", "matter",
        "rather", "scratch", "sorry", "thanks", "that", "the", "these", "this", "uh", "um", "wait",
        "what", "when", "where", "which", "who", "why",
    ];
    const BEFORE: [&str; 10] =
        ["actually", "er", "erm", "oh", "oops", "or", "sorry", "uh", "um", "wait"];
    match tokens[at].followed_by {
        Some(',') => true,
        Some('.') if tokens.get(at + 1).is_some_and(|next| next.is_number) => true,
        // "What did, no, no, who".
        _ if word(tokens, at + 1) == "no" || before == "no" => true,
        _ if matches!(
            before,
            "the" | "what" | "which" | "who" | "when" | "where" | "did" | "was"
        ) =>
        {
            true
        }
        _ => AFTER.contains(&word(tokens, at + 1)) || BEFORE.contains(&before),
    }
}

/// "…, isn't it?", "…, don't you think?"
fn is_tag_question(tokens: &[Token<'_>], at: usize, before: &str) -> bool {
    let asks =
        matches!(before, "" | "why" | "how" | "what" | "who" | "where" | "when" | "which" | "that");
    let pronoun =
        matches!(word(tokens, at + 1), "it" | "you" | "he" | "she" | "they" | "we" | "i" | "there");
    if asks || !pronoun || !tokens[at].text.ends_with("nt") && !tokens[at].text.ends_with("n't") {
        return false;
    }
    let is_last = at + 2 == tokens.len() || tokens[at + 1].followed_by == Some('?');
    is_last || matches!(word(tokens, at + 2), "think" | "say" | "agree")
}

/// "I can't …", "I don't know how to …" at the beginning of a clause: a way to ask how.
fn is_call_for_help(tokens: &[Token<'_>], at: usize) -> bool {
    let begins =
        |at: usize| tokens[at].begins_sentence || at > 0 && tokens[at - 1].followed_by.is_some();
    let Some(start) = (at.saturating_sub(2)..=at).rev().find(|at| begins(*at)) else {
        return false;
    };
    if !matches!(tokens[start].text, "i" | "i'm" | "im") {
        return false;
    }
    matches!(word(tokens, at), "can't" | "cannot" | "cant" | "unable")
        || at > start && (word(tokens, at - 1), word(tokens, at)) == ("can", "not")
        || matches!(
            word(tokens, at + 1),
            "able" | "figure" | "find" | "get" | "know" | "remember" | "sure" | "understand"
        )
}

/// The text of the token at `at`; empty when there is none.
fn word<'a>(tokens: &[Token<'a>], at: usize) -> &'a str {
    tokens.get(at).map_or("", |token| token.text)
}
