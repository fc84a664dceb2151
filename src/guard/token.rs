//! Splits a question into words and numbers, with the little of its punctuation that the guard's rules look at.
//!
//! Knows how numbers and words are written, not what they mean.

use std::ops::Range;

use super::lexicon::Entry;
use super::marks::Marks;

/// A word or a number as written, in lower case, with typographic apostrophes and foreign digits made plain.
#[derive(Debug, Clone)]
pub(super) struct Token<'a> {
    pub(super) text: &'a str,
    pub(super) is_number: bool,
    /// Nothing stands between it and the token before, as in `30km`.
    pub(super) is_glued: bool,
    /// It is the first one of its sentence.
    pub(super) begins_sentence: bool,
    /// The first mark of `. , ; : ? !` between it and the next token.
    pub(super) followed_by: Option<char>,
    /// How it was written.
    pub(super) case: Case,
    /// The currency sign before it.
    pub(super) currency: Option<char>,
    /// Where it stands among the characters of the [`Text`].
    pub(super) range: Range<usize>,
    /// What the lists have on it, once they have been asked.
    pub(super) entry: Option<&'static Entry>,
    /// The rules that may have something to say of it, likewise.
    pub(super) marks: Marks,
}

/// Where the capital letters of a word are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Case {
    Lower,
    /// The first letter only.
    Title,
    /// All letters, two at least.
    Upper,
    Mixed,
}

/// A question as the rules read it.
#[derive(Debug)]
pub(super) struct Text {
    /// In lower case, with one form for each apostrophe, minus and digit.
    pub(super) characters: Vec<char>,
    /// Which of the characters were capital letters.
    pub(super) capitals: Vec<bool>,
    spans: Vec<Span>,
    /// The characters as a text, and behind them the numbers.
    texts: String,
}

/// Where a word or number stands.
#[derive(Debug)]
struct Span {
    is_number: bool,
    /// Among the characters.
    range: Range<usize>,
    /// In the texts.
    text: Range<usize>,
}

impl Text {
    pub(super) fn read(text: &str) -> Self {
        let (mut texts, capitals) = plain(text);
        let characters: Vec<_> = match texts.is_ascii() {
            true => texts.bytes().map(char::from).collect(),
            false => texts.chars().collect(),
        };
        let spans = split(&characters, &mut texts);
        Self { characters, capitals, spans, texts }
    }

    pub(super) fn tokens(&self) -> Vec<Token<'_>> {
        let mut tokens: Vec<Token<'_>> = Vec::with_capacity(self.spans.len());
        let mut end = 0;
        let mut begins_sentence = true;
        for span in &self.spans {
            let Range { start, .. } = span.range;
            let (ends_sentence, followed_by) = marks(&self.characters[end..start]);
            begins_sentence |= ends_sentence;
            if let Some(last) = tokens.last_mut() {
                last.followed_by = followed_by;
            }
            tokens.push(Token {
                text: &self.texts[span.text.clone()],
                is_number: span.is_number,
                is_glued: start == end && !tokens.is_empty(),
                begins_sentence,
                followed_by: None,
                case: case(
                    &self.characters[span.range.clone()],
                    &self.capitals[span.range.clone()],
                ),
                currency: start
                    .checked_sub(1)
                    .map(|before| self.characters[before])
                    .filter(|sign| is_currency(*sign)),
                range: span.range.clone(),
                entry: None,
                marks: Marks::default(),
            });
            begins_sentence = false;
            end = span.range.end;
        }
        if let Some(last) = tokens.last_mut() {
            last.followed_by = marks(&self.characters[end..]).1;
        }
        tokens
    }
}

/// Whether what stands between two tokens ends a sentence, and the first mark of it.
fn marks(between: &[char]) -> (bool, Option<char>) {
    if between == [' '] {
        return (false, None);
    }
    let ends = |character: &char| matches!(character, '.' | '?' | '!' | ';' | ':' | '\n');
    let is_mark = |character: &char| matches!(character, '.' | ',' | ';' | ':' | '?' | '!');
    (between.iter().any(ends), between.iter().copied().find(|character| is_mark(character)))
}

/// The words and numbers. `texts` has the text of the characters and gets that of the numbers.
fn split(characters: &[char], texts: &mut String) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::with_capacity(characters.len() / 4 + 1);
    let is_ascii = texts.len() == characters.len();
    let mut at = 0;
    // Where the character at `at` stands in the texts.
    let mut byte = 0;
    while let Some(&character) = characters.get(at) {
        let after_number = || spans.last().is_some_and(|last| last.is_number);
        let is_number = starts_number(characters, at, after_number);
        if !is_number && !character.is_alphabetic() {
            at += 1;
            byte += character.len_utf8();
            continue;
        }
        let start = texts.len();
        let end = if is_number { number(characters, at, texts) } else { word_end(characters, at) };
        let length = match is_ascii {
            true => end - at,
            false => characters[at..end].iter().map(|c| c.len_utf8()).sum(),
        };
        let text = if is_number { start..texts.len() } else { byte..byte + length };
        spans.push(Span { is_number, range: at..end, text });
        at = end;
        byte += length;
    }
    spans
}

fn case(characters: &[char], capitals: &[bool]) -> Case {
    let letters = || characters.iter().filter(|character| character.is_alphabetic()).count();
    match capitals.iter().filter(|capital| **capital).count() {
        0 => Case::Lower,
        count if count > 1 && count == letters() => Case::Upper,
        1 if capitals.first() == Some(&true) => Case::Title,
        _ => Case::Mixed,
    }
}

fn is_currency(character: char) -> bool {
    matches!(character, '$' | '€' | '£' | '¥' | '₹')
}

/// The text in lower case, with one form for each apostrophe, minus and digit; and which letters were capitals.
fn plain(text: &str) -> (String, Vec<bool>) {
    if text.is_ascii() {
        let capitals = text.bytes().map(|byte| byte.is_ascii_uppercase());
        // The numbers come behind it.
        let mut plain = String::with_capacity(2 * text.len());
        plain.push_str(text);
        plain.make_ascii_lowercase();
        if plain.contains('`') {
            plain = plain.replace('`', "'");
        }
        return (plain, capitals.collect());
    }
    let mut plain = String::with_capacity(text.len());
    let mut capitals = Vec::with_capacity(text.len());
    for character in text.chars() {
        let replaced = match character {
            '`' => '\'',
            _ if character.is_ascii() => character.to_ascii_lowercase(),
            '’' | '‘' | 'ʼ' | '＇' | '´' => '\'',
            '−' | '‐' | '‑' | '–' | '—' => '-',
            '٫' | '．' | '。' => '.',
            '٬' | '，' => ',',
            '：' => ':',
            '？' | '؟' => '?',
            other => decimal_digit(other).unwrap_or(other),
        };
        let is_capital = character.is_uppercase();
        for lower in replaced.to_lowercase() {
            plain.push(lower);
            capitals.push(is_capital);
        }
    }
    (plain, capitals)
}

/// The ASCII digit for a decimal digit of another script.
fn decimal_digit(character: char) -> Option<char> {
    /// Code points of the zeros of the scripts in use (Unicode, general category Nd).
    const ZEROS: [u32; 20] = [
        0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6,
        0x0D66, 0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x17E0, 0x1810, 0x1946, 0xFF10,
    ];
    let code = u32::from(character);
    if code < ZEROS[0] {
        return None;
    }
    let digit =
        ZEROS.iter().find_map(|zero| code.checked_sub(*zero).filter(|digit| *digit < 10))?;
    char::from_digit(digit, 10)
}

fn is_digit(characters: &[char], at: usize) -> bool {
    characters.get(at).is_some_and(char::is_ascii_digit)
}

/// A digit, a point before a digit (`.5`), or a minus before a number that stands at the beginning of a word. The minus
/// after a number means "to".
fn starts_number(characters: &[char], at: usize, after_number: impl Fn() -> bool) -> bool {
    let free =
        || at == 0 || matches!(characters[at - 1], ' ' | '\t' | '\n' | '(' | '=' | '$' | '€' | '£');
    match characters[at] {
        '-' => {
            free()
                && !after_number()
                && (is_digit(characters, at + 1)
                    || characters.get(at + 1) == Some(&'.') && is_digit(characters, at + 2))
        }
        '.' => (free() || characters[at - 1] == '-') && is_digit(characters, at + 1),
        character => character.is_ascii_digit(),
    }
}

/// Reads a number without its thousands separators to the end of `texts`: `1,000.50` → `1000.50`; `3.10`, `10:30` and
/// `1.2.3` stay as written. Returns where it ends.
fn number(characters: &[char], start: usize, texts: &mut String) -> usize {
    let begin = texts.len();
    let mut at = start;
    if characters[at] == '-' {
        texts.push('-');
        at += 1;
    }
    if characters[at] == '.' {
        texts.push('0');
    }
    while let Some(&character) = characters.get(at) {
        match character {
            '0'..='9' => texts.push(character),
            ',' | '\'' if separates_thousands(characters, at, &texts[begin..]) => {}
            '.' | ':' if is_digit(characters, at + 1) => texts.push(character),
            _ => break,
        }
        at += 1;
    }
    let has_currency = start > 0 && is_currency(characters[start - 1]);
    if has_currency && texts[begin..].ends_with(".00") {
        texts.truncate(texts.len() - ".00".len());
    }
    at
}

/// Whether three digits follow and then none, or two as Indian grouping has them before the last three.
fn separates_thousands(characters: &[char], at: usize, before: &str) -> bool {
    let group = |from: usize| (from..).take_while(|at| is_digit(characters, *at)).count();
    if before.contains(['.', ':']) {
        return false;
    }
    match group(at + 1) {
        3 => true,
        2 => characters.get(at + 3) == Some(&characters[at]) && matches!(group(at + 4), 2 | 3),
        _ => false,
    }
}

/// The end of a word: letters, with apostrophes between them; and the names of languages that end in signs: c++, c#, f#.
fn word_end(characters: &[char], start: usize) -> usize {
    let rest = &characters[start..];
    let belongs = |(at, character): (usize, &char)| match character {
        'a'..='z' => true,
        '\'' => rest.get(at + 1).is_some_and(|next| next.is_alphabetic()),
        _ => character.is_alphabetic() || is_mark(*character),
    };
    let length = rest.iter().enumerate().position(|place| !belongs(place)).unwrap_or(rest.len());
    let mut end = start + length;
    let is_alone = end == start + 1 && (start == 0 || !characters[start - 1].is_alphanumeric());
    let is_at = |at: usize, sign: char| characters.get(at) == Some(&sign);
    if is_alone && matches!(characters[start], 'c' | 'f' | 'g' | 'j') {
        end += match (is_at(end, '+') && is_at(end + 1, '+'), is_at(end, '#')) {
            (true, _) => 2,
            (_, true) => 1,
            _ => 0,
        };
    }
    end
}

/// Combining marks of the scripts in use, so that a decomposed letter does not split a word.
fn is_mark(character: char) -> bool {
    matches!(u32::from(character), 0x0300..=0x036F | 0x200C..=0x200D)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<String> {
        Text::read(text).tokens().iter().map(|token| token.text.to_owned()).collect()
    }

    #[test]
    fn words_and_numbers_are_read_as_written() {
        let cases: [(&str, &[&str]); 18] = [
            ("C++, c# or C", &["c++", "c#", "or", "c"]),
            ("How far is 30km?", &["how", "far", "is", "30", "km"]),
            ("don’t Don't 'quoted'", &["don't", "don't", "quoted"]),
            (
                "1,000 and 1,00,000 and 12,345,678.90",
                &["1000", "and", "100000", "and", "12345678.90"],
            ),
            ("2,3,4 or 3,5", &["2", "3", "4", "or", "3", "5"]),
            ("1'000", &["1000"]),
            ("3.10 is not 3.1.", &["3.10", "is", "not", "3.1"]),
            ("at 10:30am", &["at", "10:30", "am"]),
            (
                "-5 degrees or −7, 3-5, 0 -100, covid-19",
                &["-5", "degrees", "or", "-7", "3", "5", "0", "100", "covid", "19"],
            ),
            ("-.5 and .5", &["-0.5", "and", "0.5"]),
            ("$5.00 for A12", &["5", "for", "a", "12"]),
            ("٣٠ ３７ २५", &["30", "37", "25"]),
            ("2016-05-03 5/3/2016", &["2016", "05", "03", "5", "3", "2016"]),
            ("cafe\u{301} naïve", &["cafe\u{301}", "naïve"]),
            ("", &[]),
            ("?!,.-'", &[]),
            ("-", &[]),
            ("1.", &["1"]),
        ];
        for (text, expected) in cases {
            assert_eq!(texts(text), expected, "{text:?}");
        }
    }

    #[test]
    fn case_and_currency_are_kept() {
        let text = Text::read("Is a USA iPhone €500 in Éire? A");
        let tokens = text.tokens();
        let cases: Vec<_> = tokens.iter().map(|token| token.case).collect();
        use Case::*;
        assert_eq!(cases, [Title, Lower, Upper, Mixed, Lower, Lower, Title, Title]);
        assert_eq!(tokens[4].currency, Some('€'));
    }

    #[test]
    fn sentences_and_marks_are_kept() {
        let text = Text::read("No, thanks. Is 5GB enough?");
        let tokens = text.tokens();
        let begins: Vec<_> = tokens.iter().map(|token| token.begins_sentence).collect();
        assert_eq!(begins, [true, false, true, false, false, false]);
        let marks: Vec<_> = tokens.iter().map(|token| token.followed_by).collect();
        assert_eq!(marks, [Some(','), Some('.'), None, None, None, Some('?')]);
        assert!(tokens[4].is_glued && !tokens[3].is_glued);
    }
}
