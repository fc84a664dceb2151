//! What a text looks like, in numbers: the inputs of the classifier that need no embedding.
//!
//! Pure and O(length). The training script reads these very numbers through `examples/classifier_features.rs`; a change
//! here means training again.

use super::{code::code_lines, keywords, keywords::Hint};

/// How many features there are.
pub const FEATURES: usize = 32;

/// What the classifier may see of a request.
#[derive(Debug, Clone, Copy, Default)]
pub struct RequestText<'a> {
    /// System and developer messages, joined.
    pub system: &'a str,
    /// The text of the last user turn.
    pub question: &'a str,
    /// Messages before the last user turn, the system prompt aside.
    pub earlier_turns: usize,
    /// Tools on offer.
    pub tools: usize,
    /// Whether the answer must be JSON (`response_format`).
    pub json_format: bool,
}

/// Named numbers of one request, finite whatever the text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Features {
    named: [(&'static str, f32); FEATURES],
}

impl Features {
    /// Reads a request. Counts enter as ln(1 + count), shares as 0 to 1.
    pub fn of(request: &RequestText<'_>) -> Self {
        let marks = Marks::of(request.question);
        let words = Words::of(request.question);
        let lines = Lines::of(request.question);
        let named = [
            // Size.
            ("log_chars", log(marks.chars)),
            ("log_words", log(words.count)),
            ("mean_word_chars", ratio(marks.letters + marks.digits, words.count).min(20.0)),
            ("long_word_share", ratio(words.long, words.count)),
            ("log_sentences", log(words.sentences)),
            ("log_words_per_sentence", (1.0 + ratio(words.count, words.sentences.max(1))).ln()),
            ("log_lines", log(lines.count)),
            // Marks.
            ("digit_share", ratio(marks.digits, marks.chars)),
            ("log_numbers", log(words.numbers)),
            ("number_share", ratio(words.numbers, words.count)),
            ("upper_share", ratio(marks.upper, marks.letters)),
            ("non_ascii_share", ratio(marks.non_ascii, marks.chars)),
            ("punctuation_share", ratio(marks.punctuation, marks.chars)),
            ("log_question_marks", log(marks.question)),
            ("log_maths_symbols", log(marks.maths)),
            ("log_latex", log(marks.latex)),
            ("log_money_percent", log(marks.money_percent)),
            // Shape.
            ("choices", words.choices() as f32),
            ("log_list_items", log(lines.items)),
            ("log_code_lines", log(code_lines(request.question))),
            // Words that say what is asked for.
            ("log_reasoning", log(words.hints(Hint::Reasoning))),
            ("log_creative", log(words.hints(Hint::Creative))),
            ("log_transform", log(words.hints(Hint::Transform))),
            ("log_code_words", log(words.hints(Hint::Code))),
            ("log_maths_words", log(words.hints(Hint::Maths) + words.quantities)),
            ("log_constraints", log(words.hints(Hint::Constraint))),
            ("log_negations", log(words.hints(Hint::Negation))),
            ("log_question_words", log(words.hints(Hint::Question))),
            // Around the question: constant in public data, so the shipped weights of these four are zero.
            ("log_system_chars", log(request.system.len())),
            ("log_earlier_turns", log(request.earlier_turns)),
            ("log_tools", log(request.tools)),
            ("json_format", f32::from(u8::from(request.json_format))),
        ];
        Self { named }
    }

    /// The features' names, in the order of [`Features::values`].
    pub fn names() -> [&'static str; FEATURES] {
        Self::of(&RequestText::default()).named.map(|(name, _)| name)
    }

    /// The features' values.
    pub fn values(&self) -> [f32; FEATURES] {
        self.named.map(|(_, value)| value)
    }

    /// One value by name.
    pub fn get(&self, name: &str) -> Option<f32> {
        self.named.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }

    /// Names and values.
    pub(super) fn named(&self) -> &[(&'static str, f32); FEATURES] {
        &self.named
    }
}

/// Counts over characters.
#[derive(Default)]
struct Marks {
    chars: usize,
    letters: usize,
    upper: usize,
    digits: usize,
    non_ascii: usize,
    punctuation: usize,
    question: usize,
    /// Operators and symbols of mathematics.
    maths: usize,
    /// Dollar signs that open no price, and commands that start with a backslash.
    latex: usize,
    /// `%`, and currency signs before a digit.
    money_percent: usize,
}

impl Marks {
    fn of(text: &str) -> Self {
        let mut marks = Self::default();
        let mut rest = text.chars().peekable();
        while let Some(character) = rest.next() {
            let next = rest.peek().copied().unwrap_or(' ');
            marks.chars += 1;
            if character.is_ascii_lowercase() {
                marks.letters += 1;
                continue;
            }
            marks.letters += usize::from(character.is_alphabetic());
            marks.upper += usize::from(character.is_uppercase());
            marks.digits += usize::from(character.is_ascii_digit());
            marks.non_ascii += usize::from(!character.is_ascii());
            marks.punctuation += usize::from(character.is_ascii_punctuation());
            match character {
                '?' | '？' | '؟' => marks.question += 1,
                '%' => marks.money_percent += 1,
                '$' | '€' | '£' | '¥' if next.is_ascii_digit() => marks.money_percent += 1,
                '$' => marks.latex += 1,
                '\\' if next.is_ascii_alphabetic() => marks.latex += 1,
                '=' | '<' | '>' | '+' | '^' | '±' | '×' | '÷' | '√' | '∑' | '∏' | '∫' | '∂'
                | '∞' | '≤' | '≥' | '≠' | '≈' | 'π' | 'θ' | '∈' | '∀' | '∃' | '→' | '°' => {
                    marks.maths += 1
                }
                _ => {}
            }
        }
        marks
    }
}

/// Letters in a word from which on it counts as long.
const LONG_WORD_BYTES: usize = 9;

/// Counts over words, which whitespace separates.
#[derive(Default)]
struct Words {
    count: usize,
    long: usize,
    sentences: usize,
    /// Words with a digit in them.
    numbers: usize,
    /// "how many", "how much".
    quantities: usize,
    /// Bit i is set when the choice with the i-th letter was seen ("A.", "(B)").
    choice_letters: u32,
    hints: [usize; 9],
}

impl Words {
    fn of(text: &str) -> Self {
        let mut words = Self::default();
        let mut lower = String::new();
        let mut after_how = false;
        for word in text.split_whitespace() {
            words.count += 1;
            words.choice_letters |= choice_letter(word);
            let core = word.trim_matches(|character: char| !character.is_alphanumeric());
            words.long += usize::from(core.len() >= LONG_WORD_BYTES);
            words.numbers += usize::from(core.bytes().any(|byte| byte.is_ascii_digit()));
            // A single letter before the full stop is an initial or the name of a choice.
            words.sentences += usize::from(core.len() > 1 && ends_sentence(word));

            lower.clear();
            lower.push_str(core);
            lower.make_ascii_lowercase();
            if let Some(hint) = keywords::hint(&lower) {
                words.hints[hint as usize] += 1;
            }
            words.quantities += usize::from(after_how && (lower == "many" || lower == "much"));
            after_how = lower == "how";
        }
        words
    }

    fn hints(&self, hint: Hint) -> usize {
        self.hints[hint as usize]
    }

    /// Choices on offer: how many letters from A on were seen without a gap, at least two, else 0.
    fn choices(&self) -> u32 {
        let run = self.choice_letters.trailing_ones();
        if run >= 2 { run } else { 0 }
    }
}

fn ends_sentence(word: &str) -> bool {
    word.trim_end_matches(['"', '\'', ')', '”', '’'])
        .ends_with(['.', '!', '?', '。', '！', '？', '؟', '।'])
}

/// The bit of a choice's letter: `A.`, `A)`, `(A)`, `A:`, and `a)` in lower case; 0 for any other word.
fn choice_letter(word: &str) -> u32 {
    let bytes = word.strip_prefix('(').unwrap_or(word).as_bytes();
    let &[letter, mark] = bytes else { return 0 };
    match (letter, mark) {
        (b'A'..=b'J', b'.' | b')' | b':') => 1 << (letter - b'A'),
        (b'a'..=b'j', b')') => 1 << (letter - b'a'),
        _ => 0,
    }
}

/// Counts over lines.
#[derive(Default)]
struct Lines {
    /// Lines with something on them.
    count: usize,
    /// Lines that start with a bullet or a number.
    items: usize,
}

impl Lines {
    fn of(text: &str) -> Self {
        let mut lines = Self::default();
        for line in text.lines().map(str::trim_start).filter(|line| !line.is_empty()) {
            lines.count += 1;
            let after_number =
                line.trim_start_matches(|character: char| character.is_ascii_digit());
            let numbered = after_number.len() < line.len()
                && after_number.starts_with([')', '.'])
                && after_number[1..].starts_with(' ');
            let bulleted = ["- ", "* ", "• "].iter().any(|bullet| line.starts_with(bullet));
            lines.items += usize::from(numbered || bulleted);
        }
        lines
    }
}

fn log(count: usize) -> f32 {
    (1.0 + count as f32).ln()
}

fn ratio(part: usize, whole: usize) -> f32 {
    if whole == 0 { 0.0 } else { part as f32 / whole as f32 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn feature(question: &str, name: &str) -> f32 {
        Features::of(&RequestText { question, ..RequestText::default() }).get(name).unwrap()
    }

    #[test]
    fn each_feature_counts_what_its_name_says() {
        let table: &[(&str, &str, f32)] = &[
            ("abc de", "log_chars", log(6)),
            ("one two  three", "log_words", log(3)),
            ("ab abcd", "mean_word_chars", 3.0),
            ("extraordinary cat", "long_word_share", 0.5),
            ("It is 3.5 m. Is it? J. Doe knows.", "log_sentences", log(2)),
            ("Go. Do it now.", "log_words_per_sentence", 3.0_f32.ln()),
            ("a\n\nb\n", "log_lines", log(2)),
            ("a1b2", "digit_share", 0.5),
            ("3 apples and 4.5 pears cost 1,000", "log_numbers", log(3)),
            ("7 up", "number_share", 0.5),
            ("AbCd", "upper_share", 0.5),
            ("né", "non_ascii_share", 0.5),
            ("a,b.", "punctuation_share", 0.5),
            ("Why? How? 何？", "log_question_marks", log(3)),
            ("x^2 + y^2 = ∑ a ≤ b", "log_maths_symbols", log(6)),
            ("$\\frac{1}{2}$ costs $5", "log_latex", log(3)),
            ("$5 is 20% of €25", "log_money_percent", log(3)),
            ("Pick.\nA. x\nB. y\nC. z", "choices", 3.0),
            ("(A) yes (B) no", "choices", 2.0),
            ("a) yes b) no d) gap", "choices", 2.0),
            ("A. Einstein met J. Doe", "choices", 0.0),
            ("Do:\n- a\n* b\n1. c\n23) d\n1.5 e", "log_list_items", log(4)),
            ("```\nx\n```", "log_code_lines", log(4)),
            ("Explain why, and PROVE it.", "log_reasoning", log(3)),
            ("Write a poem or a story", "log_creative", log(2)),
            ("Translate and summarize this", "log_transform", log(2)),
            ("a Python function", "log_code_words", log(2)),
            ("How many is the sum?", "log_maths_words", log(2)),
            ("exactly one, at least two", "log_constraints", log(2)),
            ("not this, nor that", "log_negations", log(2)),
            ("Who, where and when", "log_question_words", log(3)),
        ];
        for (question, name, expected) in table {
            let value = feature(question, name);
            assert!(
                (value - expected).abs() < 1e-6,
                "{name} of {question:?} is {value}, not {expected}"
            );
        }
    }

    #[test]
    fn surroundings_of_the_question_are_read() {
        let request = RequestText {
            system: "be kind",
            question: "hi",
            earlier_turns: 3,
            tools: 2,
            json_format: true,
        };
        let features = Features::of(&request);
        assert_eq!(features.get("log_system_chars"), Some(log(7)));
        assert_eq!(features.get("log_earlier_turns"), Some(log(3)));
        assert_eq!(features.get("log_tools"), Some(log(2)));
        assert_eq!(features.get("json_format"), Some(1.0));
    }

    #[test]
    fn names_are_unique_and_an_empty_request_is_all_zero() {
        let names: std::collections::HashSet<_> = Features::names().into_iter().collect();
        assert_eq!(names.len(), FEATURES);
        assert_eq!(Features::of(&RequestText::default()).values(), [0.0; FEATURES]);
    }

    proptest! {
        #[test]
        fn any_text_gives_finite_numbers_in_range(question in any::<String>(), turns in any::<usize>()) {
            let features = Features::of(&RequestText { question: &question, earlier_turns: turns, ..RequestText::default() });
            for (name, value) in features.named() {
                prop_assert!(value.is_finite() && *value >= 0.0, "{name} = {value}");
                prop_assert!(!name.ends_with("_share") || *value <= 1.0, "{name} = {value}");
            }
        }

        #[test]
        fn code_like_text_is_read_without_fault(question in "[ \\n`{}();:=<>\\\\$a-cA-J0-9.)*-]{0,200}") {
            let features = Features::of(&RequestText { question: &question, ..RequestText::default() });
            prop_assert!(features.values().iter().all(|value| value.is_finite()));
        }
    }
}
