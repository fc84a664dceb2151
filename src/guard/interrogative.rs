//! The word that asks: whether a person, a place, a time, a reason or an amount is wanted.

use super::align::Pair;
use super::marks::Marks;
use super::question::{Question, Role};
use super::token::Case;
use super::{Difference, Kind};

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    /// "What", "which", "how do I".
    Open,
    Person,
    Place,
    Time,
    Reason,
    /// "How many" and the like, with the word after "how".
    Amount(&'static str),
}

pub(super) fn compare(pair: &Pair<'_>) -> Option<Difference> {
    let (left, right) = (pair.left.question, pair.right.question);
    let ((l, l_word), (r, r_word)) = (wanted(left)?, wanted(right)?);
    if l == r || is_close(l, r) {
        return None;
    }
    let has_rest = pair.left.unmatched() > 0 || pair.right.unmatched() > 0;
    // "What" may ask for anything, so the rest has to be the same.
    if (l == Wanted::Open || r == Wanted::Open) && (has_rest || wants(left, r) || wants(right, l)) {
        return None;
    }
    if wants(left, r) || wants(right, l) {
        return None;
    }
    Some(Difference { kind: Kind::Question, left: l_word.to_owned(), right: r_word.to_owned() })
}

fn is_close(left: Wanted, right: Wanted) -> bool {
    use Wanted::Amount;
    matches!(
        (left, right),
        (Amount("much"), Amount("many"))
            | (Amount("many"), Amount("much"))
            | (Amount("long" | "soon" | "old"), Wanted::Time)
            | (Wanted::Time, Amount("long" | "soon" | "old"))
            | (Amount("big" | "large"), Amount("big" | "large" | "much" | "many"))
            | (Amount("much" | "many"), Amount("big" | "large"))
            | (Amount("tall"), Amount("high"))
            | (Amount("high"), Amount("tall"))
            | (Amount("far"), Amount("long" | "much" | "many"))
            | (Amount("long" | "much" | "many"), Amount("far"))
            | (Amount("long"), Amount("many" | "much"))
            | (Amount("many" | "much"), Amount("long"))
            | (Amount("often"), Amount("many"))
            | (Amount("many"), Amount("often"))
    )
}

/// Whether `question` says elsewhere that it wants the same: "in which city" for where, "the name of the person" for who.
fn wants(question: &Question<'_>, wanted: Wanted) -> bool {
    question.words.iter().any(|word| {
        let text = word.text;
        match wanted {
            Wanted::Person => matches!(
                text,
                "person" | "who" | "whom" | "whose" | "name" | "people" | "man" | "woman"
            ),
            Wanted::Place => matches!(
                text,
                "place" | "where" | "location" | "country" | "city" | "state" | "website" | "site"
            ),
            Wanted::Time => {
                matches!(text, "time" | "date" | "year" | "day" | "month" | "when" | "century")
            }
            Wanted::Reason => matches!(
                text,
                "reason" | "reasons" | "cause" | "causes" | "purpose" | "why" | "come"
            ),
            Wanted::Amount(_) => matches!(
                text,
                "number"
                    | "amount"
                    | "count"
                    | "price"
                    | "cost"
                    | "total"
                    | "length"
                    | "height"
                    | "size"
                    | "age"
                    | "distance"
                    | "duration"
                    | "population"
                    | "percentage"
                    | "salary"
                    | "area"
                    | "average"
                    | "rate"
                    | "much"
                    | "many"
            ),
            Wanted::Open => false,
        }
    })
}

pub(super) fn may_ask(word: &str) -> bool {
    matches!(word, "what" | "which" | "who" | "whom" | "whose" | "where" | "when" | "why" | "how")
}

/// The first question word that begins a question rather than a clause, and how it is written.
fn wanted(question: &Question<'_>) -> Option<(Wanted, String)> {
    if !question.marks.has(Marks::ASKS) {
        return None;
    }
    let words = &question.words;
    let is_loud = words.iter().all(|word| word.case != Case::Lower);
    let asks = |at: &usize| {
        let word = &words[*at];
        // "The WHO".
        let is_name = word.case == Case::Upper && !is_loud;
        !is_name
            && word.marks.has(Marks::ASKS)
            && (words[..*at].iter().all(|word| word.role != Role::Content)
                || word.begins_sentence
                || question.tokens[..words[*at].token]
                    .last()
                    .is_some_and(|token| token.followed_by.is_some()))
    };
    // "What X no wait, who Y": the last one that begins something counts.
    let at = (0..words.len()).rev().find(asks)?;
    let next = question.word(at + 1);
    let found = match question.word(at) {
        "who" | "whom" | "whose" => Wanted::Person,
        "where" => Wanted::Place,
        "when" => Wanted::Time,
        "why" => Wanted::Reason,
        "how" => match amount(next) {
            Some("come") => Wanted::Reason,
            Some(amount) => Wanted::Amount(amount),
            // "How huge", for which there is no name here.
            None if words.get(at + 1).is_some_and(|word| word.role != Role::Function) => {
                return None;
            }
            None => Wanted::Open,
        },
        _ => match next {
            "time" | "year" | "date" | "day" | "month" | "century" => Wanted::Time,
            "person" | "people" => Wanted::Person,
            "place" | "location" => Wanted::Place,
            "country" | "city" | "state" | "town" | "continent"
                if matches!(question.before(at).next(), Some("in" | "at" | "from")) =>
            {
                Wanted::Place
            }
            "reason" | "reasons" | "causes" | "caused" => Wanted::Reason,
            _ => Wanted::Open,
        },
    };
    let shown = match found {
        Wanted::Amount(_) => format!("how {next}"),
        _ => question.word(at).to_owned(),
    };
    Some((found, shown))
}

fn amount(word: &str) -> Option<&'static str> {
    const AMOUNTS: [&str; 24] = [
        "many",
        "much",
        "long",
        "often",
        "far",
        "old",
        "tall",
        "high",
        "deep",
        "wide",
        "big",
        "large",
        "fast",
        "heavy",
        "soon",
        "late",
        "early",
        "close",
        "hot",
        "cold",
        "thick",
        "strong",
        "expensive",
        "come",
    ];
    AMOUNTS.into_iter().find(|amount| *amount == word)
}
