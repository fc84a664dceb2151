//! The numbers of an answer, in whatever order and however they are written.

use std::{collections::HashMap, sync::LazyLock};

use super::{
    facts::{Facts, Word, Words},
    text::Text,
};
use crate::guard;

/// A number and what it counts.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::verify) struct Number {
    value: f64,
    /// Digits after the point, as written.
    decimals: i32,
    /// In one form for each unit; empty when there is none that we know.
    unit: &'static str,
    /// Written with "million" or the like, so rounded.
    is_rounded: bool,
}

/// Numbers that are compared, at most.
const MAX_NUMBERS: usize = 64;
/// Digits after the point of a number that is as exact as can be.
const COMPUTED_DECIMALS: i32 = 12;
/// How far a number in millions may be from one in digits.
const ROUNDING: f64 = 0.015;

/// The numbers that a text says, each once.
pub(in crate::verify) fn numbers_in(text: &str) -> Vec<Number> {
    let text = Text::read(text);
    Facts::of(&text, &Words::of(&text)).numbers
}

/// The share of two answers' numbers that contradict each other: 0 when one answer only has more of them.
pub(super) fn conflict(left: &[Number], right: &[Number]) -> f64 {
    let matched = |some: &[Number], others: &[Number]| {
        some.iter().filter(|number| others.iter().any(|other| number.agrees(other))).count()
    };
    let (in_right, in_left) = (matched(left, right), matched(right, left));
    if in_right == left.len() || in_left == right.len() {
        return 0.0;
    }
    1.0 - (in_right + in_left) as f64 / (left.len() + right.len()) as f64
}

/// Whether a word is part of numbers, and so compared with them.
pub(super) fn is_part(word: &Word) -> bool {
    let lower = word.lower.as_str();
    word.has_digit && !word.is_name_with_number()
        || in_words(lower).is_some()
        || factor_word(lower).is_some()
        || month(word).is_some()
        || !unit(lower).is_empty()
}

impl Number {
    /// A number that nobody wrote down, as of a fraction.
    pub(in crate::verify) fn computed(value: f64) -> Self {
        Self { value, decimals: COMPUTED_DECIMALS, unit: "", is_rounded: false }
    }

    /// Whether both are the same quantity, one of them perhaps rounded or without its unit.
    pub(in crate::verify) fn agrees(&self, other: &Self) -> bool {
        let close = |tolerance: f64| {
            let size = self.value.abs().max(other.value.abs());
            (self.value - other.value).abs() <= tolerance * size
        };
        let units = self.unit == other.unit || self.unit.is_empty() || other.unit.is_empty();
        units
            && (close(1e-9)
                || (self.is_rounded || other.is_rounded) && close(ROUNDING)
                || self.rounds_to(other)
                || other.rounds_to(self))
    }

    /// Whether the other is this one with fewer digits after the point, but some.
    fn rounds_to(&self, other: &Self) -> bool {
        let digits = 10f64.powi(other.decimals);
        (1..self.decimals).contains(&other.decimals)
            && ((self.value * digits).round() - (other.value * digits).round()).abs() < 0.5
    }
}

/// All numbers among `words`, each once.
pub(super) fn numbers(words: &[Word]) -> Vec<Number> {
    let mut found: Vec<Number> = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|before| words.get(before));
        if before.is_some_and(|before| STEPS.contains(&before.lower.as_str())) {
            continue;
        }
        let next = words.get(at + 1);
        let has_digits = |word: Option<&Word>| word.is_some_and(|word| word.has_digit);
        if word.has_digit {
            if !word.is_name_with_number() {
                in_digits(&word.lower, next, &mut found);
            }
        } else if let Some(value) = in_words(&word.lower) {
            found.push(with_next(value, 0, "", next));
        } else if (has_digits(next) || has_digits(before))
            && let Some(month) = month(word)
        {
            found.push(Number { value: month, decimals: 0, unit: "", is_rounded: false });
        }
        if found.len() >= MAX_NUMBERS {
            break;
        }
    }
    let mut once: Vec<Number> = Vec::with_capacity(found.len());
    for number in found {
        if !once.contains(&number) {
            once.push(number);
        }
    }
    once
}

/// What a number after it counts is not said by the answer.
const STEPS: [&str; 8] = ["step", "schritt", "paso", "étape", "passo", "option", "figure", "part"];

/// Reads the numbers of one word: `30km`, `$1,000.50`, `10:30`, `2024-05-01`, `x=4`.
fn in_digits(word: &str, next: Option<&Word>, found: &mut Vec<Number>) {
    let bytes = word.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let currency =
        CURRENCIES.iter().find(|(sign, _)| word.contains(sign)).map_or("", |(_, unit)| unit);
    let mut at = 0;
    while at < bytes.len() {
        if !digit(at) {
            at += 1;
            continue;
        }
        let negative =
            at > 0 && bytes[at - 1] == b'-' && (at == 1 || !bytes[at - 2].is_ascii_alphanumeric());
        let (text, end) = digits(bytes, at);
        let decimals = text.split_once('.').map_or(0, |(_, decimals)| decimals.len() as i32);
        let rest = &word[end..];
        let length =
            rest.find(|c: char| !(c.is_alphabetic() || c == '%' || c == '°')).unwrap_or(rest.len());
        let suffix = &rest[..length];
        let value = text.parse::<f64>().unwrap_or(0.0) * if negative { -1.0 } else { 1.0 };
        let is_last = end + length == bytes.len();
        let mut number = with_next(value, decimals, suffix, next.filter(|_| is_last));
        if number.unit.is_empty() {
            number.unit = currency;
        }
        found.push(number);
        at = end;
    }
}

/// The digits from `at` on, with a point before decimals and no separators; and where they end.
fn digits(bytes: &[u8], start: usize) -> (String, usize) {
    let run = |at: usize| {
        bytes[at.min(bytes.len())..].iter().take_while(|byte| byte.is_ascii_digit()).count()
    };
    let mut text = String::new();
    let mut at = start;
    let mut has_point = false;
    loop {
        let length = run(at);
        text.extend(bytes[at..at + length].iter().map(|byte| char::from(*byte)));
        at += length;
        let following = run(at + 1);
        match bytes.get(at) {
            Some(b',' | b'\'') if following == 3 && !has_point => at += 1,
            Some(b'.') if following > 0 && !has_point => {
                has_point = true;
                text.push('.');
                at += 1;
            }
            Some(b',')
                if (1..=2).contains(&following)
                    && !has_point
                    && bytes.len() == at + 1 + following =>
            {
                has_point = true;
                text.push('.');
                at += 1;
            }
            _ => return (text, at),
        }
    }
}

/// A number with the factor and the unit that are glued to it or follow it.
fn with_next(value: f64, decimals: i32, suffix: &str, next: Option<&Word>) -> Number {
    let next_word =
        next.filter(|next| !next.begins_sentence).map_or("", |next| next.lower.as_str());
    let factor =
        factor(suffix).or_else(|| suffix.is_empty().then(|| factor_word(next_word)).flatten());
    let unit = if suffix.is_empty() { unit(next_word) } else { unit(suffix) };
    Number {
        value: value * factor.unwrap_or(1.0),
        decimals: if factor.is_some() { 0 } else { decimals },
        unit: if factor.is_some() { "" } else { unit },
        is_rounded: factor.is_some(),
    }
}

fn factor(suffix: &str) -> Option<f64> {
    if suffix == "k" { Some(1e3) } else { factor_word(suffix) }
}

fn factor_word(word: &str) -> Option<f64> {
    Some(match word {
        "hundred" => 1e2,
        "thousand" | "tausend" | "mil" | "mille" => 1e3,
        "million" | "millions" | "millionen" | "millones" | "milhões" | "mn" => 1e6,
        "billion" | "billions" | "bn" | "milliarden" | "milliards" => 1e9,
        "trillion" => 1e12,
        _ => return None,
    })
}

/// The value of a number word; "one" is mostly none.
fn in_words(word: &str) -> Option<f64> {
    guard::cardinal(word).filter(|value| *value != 1.0)
}

/// The number of a month; "may" and "march" only with a capital.
fn month(word: &Word) -> Option<f64> {
    const SHORT: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    if !word.is_capitalised {
        return None;
    }
    let place = |list: &[&str]| list.iter().position(|name| *name == word.lower);
    let place = place(&guard::MONTHS).or_else(|| place(&SHORT));
    place.map(|place| place as f64 + 1.0)
}

const CURRENCIES: [(&str, &str); 5] =
    [("$", "dollar"), ("€", "euro"), ("£", "pound"), ("¥", "yen"), ("₹", "rupee")];

/// One form for each unit; empty for what is none that we know.
fn unit(word: &str) -> &'static str {
    UNITS.get(word).copied().unwrap_or_default()
}

static UNITS: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| {
    const FORMS: [(&str, &str); 37] = [
        ("percent", "% percent prozent percentage"),
        ("dollar", "dollar dollars usd"),
        ("euro", "euro euros eur"),
        ("pound", "pound pounds gbp lb lbs"),
        ("yen", "yen jpy"),
        ("rupee", "rupees rupee inr"),
        ("km", "km kilometer kilometers kilometre kilometres"),
        ("mile", "mi mile miles"),
        ("m", "m meter meters metre metres"),
        ("cm", "cm centimeter centimeters centimetres"),
        ("mm", "mm millimeter millimeters millimetres"),
        ("foot", "ft foot feet"),
        ("inch", "inch inches"),
        ("kg", "kg kilogram kilograms kilos"),
        ("g", "g gram grams"),
        ("mg", "mg milligram milligrams"),
        ("l", "l liter liters litre litres"),
        ("ml", "ml milliliter milliliters"),
        ("cup", "cup cups"),
        ("tablespoon", "tbsp tablespoon tablespoons"),
        ("teaspoon", "tsp teaspoon teaspoons"),
        ("celsius", "°c celsius"),
        ("fahrenheit", "°f fahrenheit"),
        ("ms", "ms millisecond milliseconds"),
        ("second", "sec second seconds sekunden"),
        ("minute", "min mins minute minutes minuten"),
        ("hour", "h hr hrs hour hours stunden"),
        ("day", "day days tage tagen días jours dias"),
        ("week", "week weeks wochen semanas semaines"),
        ("month", "month months monate meses mois"),
        ("year", "year years yr yrs jahre años ans anos"),
        ("am", "am"),
        ("pm", "pm"),
        ("kb", "kb"),
        ("mb", "mb megabytes"),
        ("gb", "gb gigabytes"),
        ("tb", "tb terabytes"),
    ];
    let forms =
        FORMS.iter().flat_map(|(unit, forms)| forms.split(' ').map(move |form| (form, *unit)));
    forms.collect()
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_agree_however_they_are_written() {
        for (left, right, expected) in [
            ("1,000 km", "1000 kilometers", 0.0),
            ("July 20, 1969", "1969-07-20", 0.0),
            ("two days", "2 days", 0.0),
            ("3.14", "3.14159", 0.0),
            ("2.1 million", "2,102,650", 0.0),
            ("$5", "5 dollars", 0.0),
            ("-5°C", "-5 °C", 0.0),
            ("30km", "30 km away", 0.0),
            ("It took 5 of 7", "7 and 5", 0.0),
            ("Step 1: do it. Step 2: rest for 5 minutes.", "Rest for 5 minutes", 0.0),
            ("1. a\n2. b", "1. a\n2. b\n3. c", 0.0),
            ("5", "5 to 7", 0.0),
            ("3,5", "3.5", 0.0),
            ("1969", "1968", 1.0),
            ("5 km", "5 miles", 1.0),
            ("3 pm", "3 am", 1.0),
            ("-5", "5", 1.0),
            ("3.10", "3.11", 1.0),
            ("30%", "37%", 1.0),
            ("3 and 4", "3 and 5", 0.5),
            ("x=4", "x=5", 1.0),
        ] {
            assert_eq!(
                conflict(&numbers_in(left), &numbers_in(right)),
                expected,
                "{left} | {right}"
            );
            assert_eq!(
                conflict(&numbers_in(right), &numbers_in(left)),
                expected,
                "{right} | {left}"
            );
        }
    }
}
