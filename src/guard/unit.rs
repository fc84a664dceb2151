//! Units of measure: the same quantity in another unit is another one.

use super::align::Pair;
use super::lexicon::lexicon;
use super::marks::Marks;
use super::question::Question;
use super::{Difference, Kind};

/// What a unit measures, and its first name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unit {
    pub(super) dimension: &'static str,
    pub(super) name: &'static str,
}

/// A unit that a question names, with the number before it.
#[derive(Debug, Clone, PartialEq)]
struct Measure<'a> {
    unit: Unit,
    number: Option<&'a str>,
    /// The token that names it, or that the currency sign stands before.
    token: usize,
}

/// Two units of the same dimension, each on one side only.
pub(super) fn compare(pair: &mut Pair<'_>) -> Option<Difference> {
    let left = measures(pair.left.question);
    let right = measures(pair.right.question);
    if left.is_empty() || right.is_empty() {
        return None;
    }
    let (only_left, only_right) = (without(&left, &right), without(&right, &left));
    let (l, r) = only_left.iter().find_map(|left| {
        let rivals = |right: &&Measure<'_>| {
            right.unit.dimension == left.unit.dimension
                || left.number.is_some() && right.number.is_some()
        };
        Some((left, only_right.iter().find(rivals)?))
    })?;
    let (l, r) = ((l.unit, l.token), (r.unit, r.token));
    for (side, token) in [(&mut pair.left, l.1), (&mut pair.right, r.1)] {
        let words: Vec<_> = (0..side.question.words.len())
            .filter(|at| side.question.words[*at].token == token)
            .collect();
        side.explain(&words);
    }
    Some(Difference { kind: Kind::Unit, left: l.0.name.to_owned(), right: r.0.name.to_owned() })
}

fn without<'a>(some: &[Measure<'a>], others: &[Measure<'_>]) -> Vec<Measure<'a>> {
    let alone =
        some.iter().filter(|measure| !others.iter().any(|other| other.unit == measure.unit));
    alone.cloned().collect()
}

/// The unit that a word names.
pub(super) fn unit(word: &str) -> Option<Unit> {
    lexicon().entry(word)?.unit
}

fn measures<'a>(question: &Question<'a>) -> Vec<Measure<'a>> {
    let tokens = &question.tokens;
    let mut measures = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        if let Some(unit) = token.currency.and_then(currency).filter(|_| token.is_number) {
            measures.push(Measure { unit, number: Some(token.text), token: at });
            continue;
        }
        if token.is_number {
            if let Some('%') = question.text.characters.get(token.range.end) {
                measures.push(Measure {
                    unit: Unit { dimension: "share", name: "percent" },
                    number: Some(token.text),
                    token: at,
                });
            }
            continue;
        }
        let Some(unit) = token.entry.and_then(|entry| entry.unit) else { continue };
        let before = at.checked_sub(1).map(|before| &tokens[before]);
        let number = before.filter(|before| before.is_number).map(|before| before.text);
        let is_counted =
            number.is_some() || before.is_some_and(|before| before.marks.has(Marks::NUMBER));
        let is_asked = at > 1
            && tokens[at - 2].text == "how"
            && matches!(tokens[at - 1].text, "many" | "much");
        let is_target = before
            .is_some_and(|before| matches!(before.text, "in" | "to" | "into" | "per" | "from"))
            && is_clear(token.text);
        let is_convertible = is_clear(token.text)
            && matches!(
                unit.dimension,
                "temperature"
                    | "length"
                    | "mass"
                    | "volume"
                    | "area"
                    | "data"
                    | "speed"
                    | "energy"
                    | "money"
            );
        if is_counted
            || is_asked
            || is_target
            || is_convertible && token.text.len() > 3 && !is_plain(token.text)
        {
            measures.push(Measure { unit, number, token: at });
        }
    }
    measures
}

/// Whether a unit's name has no other common meaning.
fn is_clear(word: &str) -> bool {
    matches!(
        word,
        "cm" | "km" | "mm" | "kg" | "lb" | "ft" | "kb" | "mb" | "gb" | "tb" | "ml" | "mg"
    ) || word.len() > 2
        && !matches!(
            word,
            "try"
                | "real"
                | "won"
                | "min"
                | "sec"
                | "bit"
                | "bar"
                | "cal"
                | "stone"
                | "gal"
                | "rub"
                | "cad"
                | "oz"
                | "nm"
                | "second"
                | "seconds"
                | "bars"
                | "stones"
                | "rand"
                | "ether"
                | "sar"
        )
}

/// Units that are as often something else.
fn is_plain(word: &str) -> bool {
    matches!(
        word,
        "foot"
            | "feet"
            | "yard"
            | "yards"
            | "cup"
            | "cups"
            | "bits"
            | "pounds"
            | "pound"
            | "kilo"
            | "dollar"
            | "dollars"
            | "quid"
            | "buck"
            | "bucks"
            | "cent"
            | "cents"
            | "calorie"
            | "calories"
            | "knot"
            | "bitcoin"
            | "bitcoins"
            | "ethereum"
            | "ether"
            | "rand"
            | "real"
            | "stones"
            | "metre"
            | "meter"
            | "meters"
            | "metres"
    )
}

fn currency(sign: char) -> Option<Unit> {
    let name = match sign {
        '$' => "dollar",
        '€' => "euro",
        '£' => "pound",
        '¥' => "yen",
        '₹' => "rupee",
        _ => return None,
    };
    unit(name).map(|unit| Unit { dimension: "money", ..unit })
}
