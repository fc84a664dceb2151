//! Numbers: the same ones, however they are written.

use std::borrow::Cow;

use super::marks::Marks;
use super::question::{Chunk, Question};
use super::token::Token;
use super::{Difference, Kind, order, unit};

/// A number of a question.
#[derive(Debug, Clone, PartialEq)]
struct Quantity<'a> {
    /// Equal for equal numbers: `2`, `two`, `2nd` and `second` are `2`; `3.10` and `3.1` stay different.
    value: Cow<'a, str>,
    /// A number word that often is none: "which one", "at first", "a second".
    is_vague: bool,
    /// The letters attached before it, as in `A12`; empty when there are none.
    prefix: &'a str,
    /// The letters attached after it, as in `30km`, or am or pm; empty when there are none.
    suffix: &'a str,
}

/// The first difference in the numbers of two questions, without those that belong to an identifier that both have one of.
pub(super) fn compare_questions(left: &Question<'_>, right: &Question<'_>) -> Option<Difference> {
    if !(left.marks | right.marks).has(Marks::NUMBER) {
        return None;
    }
    let both_have = |left: &[Chunk], right: &[Chunk]| !left.is_empty() && !right.is_empty();
    let ids = both_have(&left.ids, &right.ids);
    let codes = both_have(&left.codes, &right.codes);
    let are_foreign = left.is_foreign || right.is_foreign;
    if !ids && !codes && !are_foreign {
        return compare(&left.tokens, &right.tokens);
    }
    let mut kept = [left.tokens.clone(), right.tokens.clone()];
    for (tokens, question) in kept.iter_mut().zip([left, right]) {
        let taken =
            question.ids.iter().filter(|_| ids).chain(question.codes.iter().filter(|_| codes));
        for token in taken.flat_map(|chunk| chunk.tokens.clone()) {
            tokens[token].text = "";
        }
        tokens.retain(|token| !(token.text.is_empty() || are_foreign && is_word(token.text)));
    }
    compare(&kept[0], &kept[1])
}

/// Whether a word is a number or part of one.
pub(super) fn is_word(word: &str) -> bool {
    below_hundred(word).is_some() || factor(word).is_some() || roman(word).is_some()
}

/// The first difference in the numbers of two lists of tokens.
fn compare(left: &[Token<'_>], right: &[Token<'_>]) -> Option<Difference> {
    let (left_quantities, right_quantities) = (quantities(left), quantities(right));
    let only_left = without(&left_quantities, &right_quantities);
    let only_right = without(&right_quantities, &left_quantities);
    match (only_left.is_empty(), only_right.is_empty()) {
        (true, true) if same_values(&left_quantities, &right_quantities) => {
            attached_letters(&left_quantities, &right_quantities)
        }
        (true, true) => {
            let moved = order::differs(left, right);
            moved.then(|| difference(&left_quantities, &right_quantities))
        }
        (false, false) => Some(difference(&only_left, &only_right)),
        // "Which one is better" against "Which is better".
        _ if only_left.iter().chain(&only_right).all(|quantity| quantity.is_vague) => None,
        _ => Some(difference(&only_left, &only_right)),
    }
}

fn attached_letters(left: &[Quantity<'_>], right: &[Quantity<'_>]) -> Option<Difference> {
    let mut pairs = left.iter().zip(right);
    let (left, right) =
        pairs.find(|(l, r)| differ(l.prefix, r.prefix) || differ(l.suffix, r.suffix))?;
    Some(difference(std::slice::from_ref(left), std::slice::from_ref(right)))
}

fn difference(left: &[Quantity<'_>], right: &[Quantity<'_>]) -> Difference {
    let shown = |quantities: &[Quantity<'_>]| {
        let texts: Vec<_> =
            quantities.iter().map(|q| format!("{}{}{}", q.prefix, q.value, q.suffix)).collect();
        texts.join(", ")
    };
    Difference { kind: Kind::Number, left: shown(left), right: shown(right) }
}

fn same_values(left: &[Quantity<'_>], right: &[Quantity<'_>]) -> bool {
    left.iter().map(|quantity| &quantity.value).eq(right.iter().map(|quantity| &quantity.value))
}

/// What `some` has more often than `others`.
fn without<'a>(some: &[Quantity<'a>], others: &[Quantity<'a>]) -> Vec<Quantity<'a>> {
    let mut others: Vec<&str> = others.iter().map(|quantity| &*quantity.value).collect();
    let mut left_over = some.to_vec();
    left_over.retain(|quantity| match others.iter().position(|value| *value == quantity.value) {
        Some(at) => {
            others.swap_remove(at);
            false
        }
        None => true,
    });
    left_over
}

/// Whether letters attached to equal numbers make them different ones: `A12` and `B12`, `10am` and `10pm`, but not `30km`
/// and `30 km` or `5yr` and `5yrs`.
fn differ(left: &str, right: &str) -> bool {
    let is_same_unit = || unit::unit(left).is_some_and(|unit| unit::unit(right) == Some(unit));
    !left.is_empty()
        && !right.is_empty()
        && !left.starts_with(right)
        && !right.starts_with(left)
        && !is_same_unit()
}

fn quantities<'a>(tokens: &[Token<'a>]) -> Vec<Quantity<'a>> {
    let mut quantities = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let found =
            if tokens[at].is_number { Some(in_digits(tokens, at)) } else { in_words(tokens, at) };
        let (quantity, length) =
            found.map_or((None, 1), |(quantity, length)| (Some(quantity), length));
        quantities.extend(quantity);
        at += length;
    }
    quantities
}

/// A number in digits at `at`, with the words after it that belong to it; and how many tokens that is.
fn in_digits<'a>(tokens: &[Token<'a>], at: usize) -> (Quantity<'a>, usize) {
    let digits = tokens[at].text;
    let before = at.checked_sub(1).and_then(|before| tokens.get(before));
    let prefix =
        before.filter(|word| tokens[at].is_glued && !word.is_number).map_or("", |word| word.text);
    let mut quantity = Quantity { value: plain_value(digits), is_vague: false, prefix, suffix: "" };
    let Some(next) = tokens.get(at + 1).filter(|next| !next.is_number) else {
        return (quantity, 1);
    };
    if let Some(factor) = factor(next.text).or((next.text == "k").then_some(1e3))
        && let Ok(value) = digits.parse::<f64>()
    {
        quantity.value = (value * factor).to_string().into();
        return (quantity, 2);
    }
    match next.text {
        "st" | "nd" | "rd" | "th" | "s" if next.is_glued => return (quantity, 2),
        "am" | "pm" => quantity.suffix = next.text,
        "a" | "p" if tokens.get(at + 2).is_some_and(|letter| letter.text == "m") => {
            quantity.suffix = next.text
        }
        suffix if next.is_glued => quantity.suffix = suffix,
        _ => return (quantity, 1),
    }
    (quantity, 2)
}

/// Without the zeros before a day or month: `05` is `5`, but `007` stays.
fn plain_value(digits: &str) -> Cow<'_, str> {
    match digits.strip_prefix('0') {
        Some(digit) if digit.len() == 1 => digit.into(),
        _ => digits.into(),
    }
}

/// A number in words that begins at `at`, and how many tokens it takes; none when no number begins there.
fn in_words<'a>(tokens: &[Token<'a>], at: usize) -> Option<(Quantity<'a>, usize)> {
    if !tokens[at].marks.has(Marks::NUMBER) && tokens[at].text != "a" {
        return None;
    }
    let word = |at: usize| tokens.get(at).filter(|token| !token.is_number).map(|token| token.text);
    let (mut thousands, mut part) = (0.0, 0.0);
    // The next word may only add something below this: "twenty" takes "five", not "fifty".
    let mut room = f64::INFINITY;
    let mut end = at;
    while let Some(text) = word(end) {
        if let Some((value, is_last)) = below_hundred(text) {
            if value >= room {
                break;
            }
            part += value;
            room = if value >= 20.0 { 10.0 } else { 0.0 };
            end += 1;
            if is_last {
                break;
            }
        } else if let Some(factor) = factor(text) {
            let is_counted = part > 0.0 || end > at && word(at) == Some("a");
            if !is_counted {
                break;
            }
            part = f64::max(part, 1.0) * factor;
            if factor > 100.0 {
                thousands += part;
                part = 0.0;
                room = 1000.0;
            } else {
                room = 100.0;
            }
            end += 1;
        } else if text == "a" && end == at && word(at + 1).and_then(factor).is_some()
            || text == "and"
                && (20.0..f64::INFINITY).contains(&room)
                && word(end + 1).and_then(below_hundred).is_some()
        {
            end += 1;
        } else {
            break;
        }
    }
    if end == at {
        return word(at).and_then(roman);
    }
    let is_vague = end == at + 1 && matches!(word(at), Some("one" | "first" | "second"));
    let value = (thousands + part).to_string().into();
    Some((Quantity { value, is_vague, prefix: "", suffix: "" }, end - at))
}

/// A Roman number, as in "World War II". I, V, X and the like are letters more often than numbers, and iv, vi and ix
/// often enough to be vague.
fn roman(word: &str) -> Option<(Quantity<'static>, usize)> {
    let value = match word {
        "ii" => "2",
        "iii" => "3",
        "iv" => "4",
        "vi" => "6",
        "vii" => "7",
        "viii" => "8",
        "ix" => "9",
        "xi" => "11",
        "xii" => "12",
        _ => return None,
    };
    let is_vague = matches!(word, "iv" | "vi" | "ix");
    Some((Quantity { value: value.into(), is_vague, prefix: "", suffix: "" }, 1))
}

/// The value of a cardinal number word: zero to twenty, and the tens to ninety.
pub fn cardinal(word: &str) -> Option<f64> {
    below_hundred(word).and_then(|(value, is_ordinal)| (!is_ordinal).then_some(value))
}

/// The value of a number word below a hundred, and whether it ends the number as "fifth" does.
fn below_hundred(word: &str) -> Option<(f64, bool)> {
    Some(match word {
        "zero" => (0.0, false),
        "one" => (1.0, false),
        "two" => (2.0, false),
        "three" => (3.0, false),
        "four" => (4.0, false),
        "five" => (5.0, false),
        "six" => (6.0, false),
        "seven" => (7.0, false),
        "eight" => (8.0, false),
        "nine" => (9.0, false),
        "ten" => (10.0, false),
        "eleven" => (11.0, false),
        "twelve" => (12.0, false),
        "thirteen" => (13.0, false),
        "fourteen" => (14.0, false),
        "fifteen" => (15.0, false),
        "sixteen" => (16.0, false),
        "seventeen" => (17.0, false),
        "eighteen" => (18.0, false),
        "nineteen" => (19.0, false),
        "twenty" => (20.0, false),
        "thirty" => (30.0, false),
        "forty" => (40.0, false),
        "fifty" => (50.0, false),
        "sixty" => (60.0, false),
        "seventy" => (70.0, false),
        "eighty" => (80.0, false),
        "ninety" => (90.0, false),
        "zeroth" => (0.0, true),
        "first" => (1.0, true),
        "second" => (2.0, true),
        "third" => (3.0, true),
        "fourth" => (4.0, true),
        "fifth" => (5.0, true),
        "sixth" => (6.0, true),
        "seventh" => (7.0, true),
        "eighth" => (8.0, true),
        "ninth" => (9.0, true),
        "tenth" => (10.0, true),
        "eleventh" => (11.0, true),
        "twelfth" => (12.0, true),
        "thirteenth" => (13.0, true),
        "fourteenth" => (14.0, true),
        "fifteenth" => (15.0, true),
        "sixteenth" => (16.0, true),
        "seventeenth" => (17.0, true),
        "eighteenth" => (18.0, true),
        "nineteenth" => (19.0, true),
        "twentieth" => (20.0, true),
        "thirtieth" => (30.0, true),
        "fortieth" => (40.0, true),
        "fiftieth" => (50.0, true),
        "sixtieth" => (60.0, true),
        "seventieth" => (70.0, true),
        "eightieth" => (80.0, true),
        "ninetieth" => (90.0, true),
        _ => return None,
    })
}

/// What a word multiplies the number before it by.
fn factor(word: &str) -> Option<f64> {
    Some(match word {
        "hundred" => 1e2,
        "thousand" => 1e3,
        "lakh" | "lakhs" | "lac" | "lacs" => 1e5,
        "million" | "mn" => 1e6,
        "crore" | "crores" => 1e7,
        "billion" | "bn" => 1e9,
        "trillion" => 1e12,
        _ => return None,
    })
}
