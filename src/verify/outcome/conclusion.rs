//! The final answer of an answer: what stands in the box, after "the answer is", or alone.

use crate::verify::answers::{Number, numbers_in};

/// What an answer comes to.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Conclusion {
    /// One of the choices that the question gave.
    Letter(char),
    /// A number, or several.
    Numbers(Vec<Number>),
    /// Something in a few words, in lower case.
    Words(Vec<String>),
}

/// What is longer, words, says more than a final answer.
const MAX_WORDS: usize = 8;
/// An answer of at most so many words is its own conclusion.
const ALONE_WORDS: usize = 4;

impl Conclusion {
    /// What `answer` says that it comes to; `None` when it does not say.
    pub(super) fn explicit(answer: &str) -> Option<Self> {
        let said = boxed(answer).or_else(|| after_marks(answer)).or_else(|| announced(answer));
        let said = match said {
            Some(said) => said,
            None => {
                let answer = answer.trim();
                if let Some(letter) = letter_of_choice(answer) {
                    return Some(Self::Letter(letter));
                }
                (answer.split_whitespace().count() <= ALONE_WORDS).then_some(answer)?
            }
        };
        Self::read(said)
    }

    /// The number that a calculation ends with; `None` when `answer` does not calculate.
    pub(super) fn of_calculation(answer: &str) -> Option<Self> {
        let steps = answer.split('=').skip(1);
        let is_calculation = steps
            .filter(|right| {
                right
                    .trim_start_matches([' ', '$', '\\', '(', '-', '*'])
                    .starts_with(|c: char| c.is_ascii_digit())
            })
            .count()
            >= 1;
        let last = answer.lines().rev().find(|line| line.contains(|c: char| c.is_ascii_digit()))?;
        let last = last.rsplit_once('=').map_or(last, |(_, result)| result);
        let last = numbers_in(&plain(last)).pop().filter(|_| is_calculation)?;
        Some(Self::Numbers(vec![last]))
    }

    fn read(said: &str) -> Option<Self> {
        let said = plain(said);
        let said = said.trim().trim_end_matches(['.', ',', ';', '!']).trim();
        if let Some(letter) = letter_of_choice(said).or_else(|| only_letter(said)) {
            return Some(Self::Letter(letter));
        }
        if let Some(value) = fraction(said) {
            return Some(Self::Numbers(vec![Number::computed(value)]));
        }
        let words: Vec<_> = said.split_whitespace().map(str::to_lowercase).collect();
        if words.is_empty() || words.len() > MAX_WORDS {
            return None;
        }
        let numbers = numbers_in(said);
        Some(if numbers.is_empty() { Self::Words(words) } else { Self::Numbers(numbers) })
    }

    /// Whether two answers come to the same; `None` when that cannot be told.
    pub(super) fn agrees(&self, other: &Self) -> Option<bool> {
        match (self, other) {
            (Self::Letter(left), Self::Letter(right)) => Some(left == right),
            (Self::Numbers(left), Self::Numbers(right)) => {
                let all = |some: &[Number], others: &[Number]| {
                    some.iter().all(|number| others.iter().any(|other| number.agrees(other)))
                };
                match (all(left, right), all(right, left)) {
                    (true, true) => Some(true),
                    // 5, and 5 to 7.
                    (true, false) | (false, true) => None,
                    (false, false) => Some(false),
                }
            }
            (Self::Words(left), Self::Words(right)) => {
                // Different words may mean the same.
                (left == right).then_some(true)
            }
            _ => None,
        }
    }

    /// Whether it is a letter or a number: what is either right or wrong.
    pub(super) fn is_exact(&self) -> bool {
        !matches!(self, Self::Words(_))
    }
}

/// What stands in the last `\boxed{}`.
fn boxed(answer: &str) -> Option<&str> {
    let start = answer.rfind("\\boxed{")? + "\\boxed{".len();
    let mut depth = 1;
    for (at, c) in answer[start..].char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(&answer[start..start + at]);
        }
    }
    None
}

/// `#### 42`, as answers to school problems end (Cobbe et al., GSM8K, 2021).
fn after_marks(answer: &str) -> Option<&str> {
    let last = answer.lines().rev().find(|line| !line.trim().is_empty())?;
    let said = last.trim().strip_prefix("####")?.trim();
    (!said.is_empty()).then_some(said)
}

/// What follows the last "the answer is".
fn announced(answer: &str) -> Option<&str> {
    // Of the same length in bytes as the answer.
    let lower = answer.to_ascii_lowercase();
    let (start, announcement) = ANNOUNCEMENTS
        .iter()
        .filter_map(|words| Some((lower.rfind(words)?, words)))
        .max_by_key(|(start, words)| start + words.len())?;
    let rest = &answer[start + announcement.len()..];
    let rest = rest.trim_start_matches([' ', ':', '*', '_', '\n', '\r']);
    let end = rest.char_indices().find(|(at, c)| match c {
        '\n' => true,
        '.' | '!' | ';' => rest[at + 1..].chars().next().is_none_or(char::is_whitespace),
        _ => false,
    });
    let said = end.map_or(rest, |(at, _)| &rest[..at]).trim();
    (!said.is_empty()).then_some(said)
}

const ANNOUNCEMENTS: [&str; 11] = [
    "answer is",
    "answer:",
    "answer**:",
    "option is",
    "choice is",
    "antwort ist",
    "antwort:",
    "respuesta es",
    "respuesta:",
    "resposta é",
    "resposta:",
];

/// `B`, `(B)`, `B)`, `B. Paris`, `**B**`, `Option B`.
fn letter_of_choice(said: &str) -> Option<char> {
    let said = said.trim_start_matches(['*', '_', '"', '\'', ' ']);
    let said = said.strip_prefix("Option ").or(said.strip_prefix("option ")).unwrap_or(said);
    let is_open = said.starts_with('(');
    let mut characters = said.trim_start_matches('(').chars();
    let letter = characters.next().filter(|c| ('A'..='J').contains(c))?;
    let rest = characters.as_str().trim_start_matches(['*', '_']);
    let is_marked = if is_open { rest.starts_with(')') } else { rest.starts_with([')', ':']) };
    let is_dotted =
        rest.strip_prefix('.').is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\n']));
    (rest.is_empty() || is_marked || is_dotted && said.split_whitespace().count() <= MAX_WORDS)
        .then_some(letter)
}

/// "B because …", "B, Paris", after an announcement.
fn only_letter(said: &str) -> Option<char> {
    let mut words = said.split([' ', ',']);
    let first = words.next()?;
    let letter = first
        .chars()
        .next()
        .filter(|c| first.len() == 1 && ('B'..='J').contains(c) && *c != 'I')?;
    Some(letter)
}

/// `1/2` or `\frac{1}{2}`, made plain.
fn fraction(said: &str) -> Option<f64> {
    let (over, under) = said.split_once('/')?;
    let part = |text: &str| text.trim().parse::<i64>().ok().map(|value| value as f64);
    let (over, under) = (part(over)?, part(under)?);
    (under != 0.0).then(|| over / under)
}

/// Without the markup of formulas and emphasis.
fn plain(said: &str) -> String {
    let mut plain = said.replace("{,}", ",").replace("\\,", "").replace("\\!", "");
    while let Some(start) = plain.find("\\frac{").or_else(|| plain.find("\\dfrac{")) {
        let Some((over, under, end)) = fraction_at(&plain, start) else { break };
        let written = format!("{over}/{under}");
        plain.replace_range(start..end, &written);
    }
    for mark in [
        "\\text", "\\mathrm", "\\left", "\\right", "\\(", "\\)", "\\[", "\\]", "\\ ", "\\%", "\\$",
        "**",
    ] {
        let kept = match mark {
            "\\%" => "%",
            "\\$" => "$",
            "\\ " => " ",
            _ => "",
        };
        plain = plain.replace(mark, kept);
    }
    let dollars = plain.matches('$').count();
    let plain = if dollars == 2 { plain.replace('$', "") } else { plain };
    plain.replace(['{', '}', '`'], "").replace("^\\circ", " degrees")
}

/// The two parts of `\frac{a}{b}` at `start`, and where it ends; `None` when they have braces of their own.
fn fraction_at(text: &str, start: usize) -> Option<(String, String, usize)> {
    let open = start + text[start..].find('{')? + 1;
    let close = open + text[open..].find('}')?;
    let rest = text[close + 1..].strip_prefix('{')?;
    let end = rest.find('}')?;
    let (over, under) = (&text[open..close], &rest[..end]);
    (!over.contains('{') && !under.contains('{'))
        .then(|| (over.to_owned(), under.to_owned(), close + 2 + end + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn final_answers_are_found_and_compared() {
        let agree = |left: &str, right: &str| {
            Conclusion::explicit(left)?.agrees(&Conclusion::explicit(right)?)
        };
        for (left, right, expected) in [
            ("42", "Six times seven. The answer is 42.", Some(true)),
            ("So it is $\\boxed{42}$.", "#### 42", Some(true)),
            ("So it is \\boxed{42}.", "The final answer is **41**.", Some(false)),
            ("\\boxed{\\frac{1}{2}}", "**Answer:** 0.5", Some(true)),
            ("\\boxed{\\frac{1}{3}}", "The answer is 1/3.", Some(true)),
            ("\\boxed{\\frac{1}{3}}", "The answer is 2/3.", Some(false)),
            ("\\boxed{1{,}000\\text{ km}}", "Answer: 1000 km", Some(true)),
            ("First \\boxed{1}, no: \\boxed{2}", "2", Some(true)),
            ("The answer is $12.50.", "12.5 dollars", Some(true)),
            ("The answer is 50\\%.", "50%", Some(true)),
            ("The answer is -3.", "3", Some(false)),
            ("The answer is 5.", "The answer is 5 to 7.", None),
            ("The answer is forty-two... no, seven.", "7", None),
            ("seven", "7", Some(true)),
            ("B", "The correct answer is (B) Paris.", Some(true)),
            ("**B**", "B) Paris", Some(true)),
            ("Answer: C", "The answer is B.", Some(false)),
            ("The correct option is C because it rains.", "C", Some(true)),
            ("A", "The answer is A.", Some(true)),
            ("The answer is a banana.", "A", None),
            ("I think so", "I", None),
            ("Paris", "The answer is Paris.", Some(true)),
            ("Paris", "The answer is Lyon.", None),
            ("Paris", "B", None),
            (
                "The answer is that it depends on what you mean by a question like this one.",
                "42",
                None,
            ),
            ("\\boxed{", "42", None),
            ("", "", None),
            ("The answer is", "42", None),
            ("\\boxed{\\frac{\\frac{1}{2}}{3}}", "42", None),
        ] {
            assert_eq!(agree(left, right), expected, "{left} | {right}");
            assert_eq!(agree(right, left), expected, "{right} | {left}");
        }
    }

    #[test]
    fn calculations_end_with_a_number() {
        let two = |answer: &str| Conclusion::of_calculation(answer);
        let expected = Conclusion::explicit("10");
        for answer in [
            "5 + 5 = 10",
            "5 * 2 = 10\nSo she has 10 apples left.",
            "x = 4 + 6 = **10**",
            "$2x = 20$, so $x = 10$",
        ] {
            assert_eq!(two(answer), expected, "{answer}");
        }
        for answer in ["She has 10 apples.", "let a = b;", ""] {
            assert_eq!(two(answer), None, "{answer}");
        }
    }
}
