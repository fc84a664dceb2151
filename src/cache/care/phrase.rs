//! Looks for phrases in a text: the text as plain words, the phrases as patterns over them.
//!
//! Knows how words are written, not what they mean.

use std::{borrow::Cow, collections::HashMap};

use foldhash::fast::RandomState;

/// Words of a text that are looked at; of a longer one its beginning and its end, where the request is, and not the
/// document that is pasted between them.
const MAX_WORDS: usize = 120;

/// What stands where something quoted stood, so that no phrase reaches across it.
const QUOTED: char = '\u{fffd}';

/// The words of a text: in lower case, without accents, contractions in full, quotations and code blanked out.
///
/// A word of time that is written like a name ("who sang Yesterday") is blanked out too.
#[derive(Clone)]
pub(super) struct Words {
    /// All of them, one after the other.
    text: String,
    words: Vec<Word>,
}

/// Some of them.
#[derive(Clone, Copy)]
pub(super) struct Part<'a> {
    text: &'a str,
    words: &'a [Word],
}

/// Where a word is, and by what it is found.
#[derive(Clone, Copy)]
struct Word {
    start: usize,
    end: usize,
    hash: u64,
}

impl Word {
    /// What is blanked out.
    const BLANK: Self = Self { start: 0, end: 0, hash: 0 };

    fn is_blank(self) -> bool {
        self.start == self.end
    }
}

/// FNV-1a: words are short. Two words of the same hash are told apart by their letters.
fn hash(word: &str) -> u64 {
    word.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// The words of `text`.
pub(super) fn words(text: &str) -> Words {
    let text = without_quotations(text);
    let mut words = Words { text: String::with_capacity(text.len()), words: Vec::new() };
    let shouted = is_mostly_capitalised(&text);
    let mut begins_sentence = true;
    let mut plain = String::new();
    for chunk in text.split_whitespace() {
        for word in chunk.split(|c: char| !(c.is_alphanumeric() || is_apostrophe(c) || c == QUOTED))
        {
            if word.is_empty() {
                continue;
            }
            let is_name = !begins_sentence && !shouted && word.starts_with(char::is_uppercase);
            plain.clear();
            if word.is_ascii() {
                plain.push_str(word);
                plain.make_ascii_lowercase();
            } else {
                plain.extend(word.chars().map(without_accent).flat_map(char::to_lowercase));
            }
            words.push(plain.trim_matches('\''), is_name);
            begins_sentence = false;
        }
        begins_sentence |= chunk.ends_with(['.', '?', '!', ':', ';', '"']);
    }
    let words_of_text = &mut words.words;
    if words_of_text.len() > MAX_WORDS {
        words_of_text.drain(MAX_WORDS / 2..words_of_text.len() - MAX_WORDS / 2);
        words_of_text[MAX_WORDS / 2] = Word::BLANK;
    }
    words
}

impl Words {
    /// All of them.
    pub(super) fn all(&self) -> Part<'_> {
        Part { text: &self.text, words: &self.words }
    }

    fn push(&mut self, plain: &str, is_name: bool) {
        if plain.starts_with(QUOTED) || is_name && NEVER_NAMES.contains(&plain) {
            self.words.push(Word::BLANK);
            return;
        }
        let (stem, rest) = match plain {
            "can't" | "cannot" | "cant" => ("can", "not"),
            "won't" => ("will", "not"),
            "i'm" => ("i", "am"),
            _ => match plain.split_once('\'') {
                Some((stem, "s")) if TAKES_IS.contains(&stem) => (stem, "is"),
                Some((stem, "re")) => (stem, "are"),
                Some((stem, "ve")) => (stem, "have"),
                Some((stem, "ll")) => (stem, "will"),
                Some((stem, "d")) => (stem, "would"),
                Some((stem, "t")) if stem.ends_with('n') => (&stem[..stem.len() - 1], "not"),
                _ => (plain, ""),
            },
        };
        for word in [stem, rest] {
            let start = self.text.len();
            word.split('\'').for_each(|letters| self.text.push_str(letters));
            let end = self.text.len();
            if start < end {
                self.words.push(Word { start, end, hash: hash(&self.text[start..]) });
            }
        }
    }
}

impl<'a> Part<'a> {
    /// There are none.
    pub(super) fn is_empty(self) -> bool {
        self.words.is_empty()
    }

    /// Those from `at` on.
    pub(super) fn after(self, at: usize) -> Self {
        Self { words: &self.words[at..], ..self }
    }

    fn get(self, at: usize) -> Option<(Word, &'a str)> {
        let word = *self.words.get(at)?;
        Some((word, &self.text[word.start..word.end]))
    }
}

/// Words of time that are names when they are written like one.
const NEVER_NAMES: [&str; 10] = [
    "today",
    "tomorrow",
    "yesterday",
    "tonight",
    "now",
    "latest",
    "current",
    "currently",
    "weather",
    "news",
];

/// What an apostrophe and an s shorten "is" after.
const TAKES_IS: [&str; 12] =
    ["what", "who", "where", "when", "how", "why", "which", "it", "that", "there", "here", "he"];

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’' | 'ʼ' | '＇' | '´')
}

/// Without its accent, when it is a letter of the languages whose words are listed.
fn without_accent(c: char) -> char {
    match c {
        'á' | 'à' | 'â' | 'ä' | 'ã' | 'Á' | 'À' | 'Â' | 'Ä' | 'Ã' => 'a',
        'é' | 'è' | 'ê' | 'ë' | 'É' | 'È' | 'Ê' | 'Ë' => 'e',
        'í' | 'ì' | 'î' | 'ï' | 'Í' | 'Ì' | 'Î' | 'Ï' => 'i',
        'ó' | 'ò' | 'ô' | 'ö' | 'õ' | 'Ó' | 'Ò' | 'Ô' | 'Ö' | 'Õ' => 'o',
        'ú' | 'ù' | 'û' | 'ü' | 'Ú' | 'Ù' | 'Û' | 'Ü' => 'u',
        'ç' | 'Ç' => 'c',
        'ñ' | 'Ñ' => 'n',
        _ if is_apostrophe(c) => '\'',
        other => other,
    }
}

/// With quotations and code replaced by one mark each. A quotation mark that nothing closes quotes nothing.
fn without_quotations(text: &str) -> Cow<'_, str> {
    if !text.contains(['`', '"', '“', '„', '«', '\'', '‘']) {
        return Cow::Borrowed(text);
    }
    let mut left = String::with_capacity(text.len());
    let mut rest = text;
    let mut before = ' ';
    // What closes nothing from here on closes nothing later: no need to look again.
    let mut used_up = Vec::new();
    while let Some(c) = rest.chars().next() {
        let (opening, closing) = match c {
            '`' if rest.starts_with("```") => (3, "```"),
            '`' => (1, "`"),
            '"' => (1, "\""),
            '“' | '„' => (c.len_utf8(), "”"),
            '«' => (c.len_utf8(), "»"),
            '\'' if !before.is_alphanumeric() => (1, "'"),
            '‘' if !before.is_alphanumeric() => (c.len_utf8(), "’"),
            _ => (c.len_utf8(), ""),
        };
        let is_quotation = !closing.is_empty() && !used_up.contains(&closing);
        let end = is_quotation.then(|| end_of_quotation(&rest[opening..], closing)).flatten();
        if let Some(end) = end {
            left.push_str(" \u{fffd} ");
            rest = &rest[opening + end..];
            before = ' ';
            continue;
        }
        if is_quotation {
            used_up.push(closing);
        }
        left.push(c);
        rest = &rest[c.len_utf8()..];
        before = c;
    }
    Cow::Owned(left)
}

/// The bytes up to and with `closing`; a single quote closes only at the end of a word.
fn end_of_quotation(text: &str, closing: &str) -> Option<usize> {
    let closes_word = |end: usize| text[end..].chars().next().is_none_or(|c| !c.is_alphanumeric());
    match closing {
        // „German“ and “typed" quotations.
        "”" => text
            .find(['”', '“', '"'])
            .map(|at| at + text[at..].chars().next().map_or(1, char::len_utf8)),
        "'" | "’" => {
            let mut ends = text.match_indices(closing).map(|(at, _)| at + closing.len());
            ends.find(|end| closes_word(*end))
        }
        _ => text.find(closing).map(|at| at + closing.len()),
    }
}

/// A title, or a text in capitals: there a capital says nothing.
fn is_mostly_capitalised(text: &str) -> bool {
    let (mut all, mut capitalised) = (0, 0);
    for first in text.split_whitespace().skip(1).filter_map(|word| word.chars().next()) {
        all += usize::from(first.is_alphabetic());
        capitalised += usize::from(first.is_uppercase());
    }
    capitalised * 2 > all
}

/// A list of phrases, ready to be looked for.
///
/// A phrase is words with blanks between them: `a|b` is either word, `_` any word, `*` up to four words or none, `#` a
/// word with at least four digits; `^` at the beginning and `$` at the end hold it to the text's.
pub(super) struct Phrases {
    phrases: Vec<Phrase>,
    /// Which hashes there are in `by_first`, as far as some of their bits tell: most words begin no phrase.
    firsts: [u64; 16],
    /// The phrases that can begin with a word, by its hash.
    by_first: HashMap<u64, Vec<usize>, RandomState>,
    /// Those that can begin with any word or with a number.
    by_any: Vec<usize>,
}

struct Phrase {
    elements: Vec<Element>,
    at_start: bool,
    at_end: bool,
}

enum Element {
    /// Up to [`MAX_GAP`] words.
    Gap,
    OneOf(Vec<Wanted>),
}

enum Wanted {
    Any,
    /// [`DIGITS_OF_AN_ID`] or more.
    Digits,
    Word(u64, &'static str),
}

/// Words that `*` stands for, at most.
const MAX_GAP: usize = 4;
const DIGITS_OF_AN_ID: usize = 4;

impl Phrases {
    pub(super) fn new(list: &[&'static str]) -> Self {
        let mut phrases = Vec::with_capacity(list.len());
        let mut by_first: HashMap<_, Vec<usize>, RandomState> = HashMap::default();
        let (mut by_any, mut by_digits) = (Vec::new(), Vec::new());
        for text in list {
            let inner = text.trim_start_matches('^').trim_end_matches('$');
            let elements: Vec<Element> = inner.split_whitespace().map(Element::of).collect();
            if let Some(Element::OneOf(firsts)) = elements.first() {
                for first in firsts {
                    let list = match first {
                        Wanted::Any => &mut by_any,
                        Wanted::Digits => &mut by_digits,
                        Wanted::Word(hash, _) => by_first.entry(*hash).or_default(),
                    };
                    list.push(phrases.len());
                }
            }
            phrases.push(Phrase {
                elements,
                at_start: text.starts_with('^'),
                at_end: text.ends_with('$'),
            });
        }
        by_any.extend(by_digits);
        let mut firsts = [0; 16];
        for hash in by_first.keys() {
            let (slot, bit) = place(*hash);
            firsts[slot] |= bit;
        }
        Self { phrases, firsts, by_first, by_any }
    }

    /// Whether one of them is in the text.
    pub(super) fn are_in(&self, words: Part<'_>) -> bool {
        (0..words.words.len()).any(|at| self.end_at(words, at).is_some())
    }

    /// How many words at the beginning one of them takes; none when none begins there.
    pub(super) fn length_at_start(&self, words: Part<'_>) -> Option<usize> {
        self.end_at(words, 0)
    }

    /// Blanks them out.
    pub(super) fn blank_out(&self, words: &mut Words) {
        for at in 0..words.words.len() {
            if let Some(end) = self.end_at(words.all(), at) {
                words.words[at..end].fill(Word::BLANK);
            }
        }
    }

    /// Where the first phrase that begins at `at` ends.
    fn end_at(&self, words: Part<'_>, at: usize) -> Option<usize> {
        let word = words.words.get(at)?;
        let (slot, bit) = place(word.hash);
        if self.firsts[slot] & bit == 0 && self.by_any.is_empty() {
            return None;
        }
        let by_word = self.by_first.get(&word.hash).into_iter().flatten();
        by_word.chain(&self.by_any).find_map(|index| {
            let phrase = &self.phrases[*index];
            if phrase.at_start && at > 0 {
                return None;
            }
            phrase.end(&phrase.elements, words, at)
        })
    }
}

/// Where a hash is noted in [`Phrases::firsts`].
fn place(hash: u64) -> (usize, u64) {
    ((hash >> 6) as usize % 16, 1 << (hash % 64))
}

impl Phrase {
    fn end(&self, elements: &[Element], words: Part<'_>, at: usize) -> Option<usize> {
        let Some((element, rest)) = elements.split_first() else {
            return (!self.at_end || at == words.words.len()).then_some(at);
        };
        match element {
            Element::Gap => {
                let most = words.words.len().min(at + MAX_GAP);
                (at..=most).find_map(|at| self.end(rest, words, at))
            }
            Element::OneOf(wanted) => {
                let (word, text) = words.get(at)?;
                let is_there = wanted.iter().any(|wanted| wanted.is(word, text));
                is_there.then(|| self.end(rest, words, at + 1))?
            }
        }
    }
}

impl Element {
    fn of(text: &'static str) -> Self {
        match text {
            "*" => Self::Gap,
            text => Self::OneOf(text.split('|').map(Wanted::of).collect()),
        }
    }
}

impl Wanted {
    fn of(text: &'static str) -> Self {
        match text {
            "_" => Self::Any,
            "#" => Self::Digits,
            text => Self::Word(hash(text), text),
        }
    }

    fn is(&self, word: Word, text: &str) -> bool {
        match self {
            Self::Any => !word.is_blank(),
            Self::Digits => text.chars().filter(char::is_ascii_digit).count() >= DIGITS_OF_AN_ID,
            Self::Word(hash, wanted) => *hash == word.hash && *wanted == text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A blank as `_`.
    fn joined(words: &Words) -> String {
        let text = |word: &Word| match word.is_blank() {
            true => "_",
            false => &words.text[word.start..word.end],
        };
        words.words.iter().map(text).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn words_are_plain() {
        for (text, expected) in [
            ("What's today's date?", "what is todays date"),
            ("I can’t, I won't, I don't; I'm", "i can not i will not i do not i am"),
            ("¿Cuál es el número?", "cual es el numero"),
            ("say 'right now' and \"today\" or `now()`", "say _ and _ or _"),
            ("„heute“ ist «hier» da", "_ ist _ da"),
            ("the dogs' 5\" bowl", "the dogs 5 bowl"),
            ("Who sang Yesterday?", "who sang _"),
            ("WHAT IS ON TODAY", "what is on today"),
            ("", ""),
        ] {
            assert_eq!(joined(&words(text)), expected, "{text}");
        }
        assert_eq!(words(&"word ".repeat(1000)).words.len(), MAX_WORDS);
    }

    #[test]
    fn phrases_are_found() {
        let found =
            |phrase: &'static str, text: &str| Phrases::new(&[phrase]).are_in(words(text).all());
        for (phrase, text, expected) in [
            ("price of gold|oil", "the price of oil", true),
            ("price of gold|oil", "the price of fish", false),
            ("^price", "the price", false),
            ("price$", "the price", true),
            ("price$", "the price is", false),
            ("what * price", "what is the full price", true),
            ("what * price", "what are all of the very many prices and price", false),
            ("my order #", "my order 48213", true),
            ("my order #", "my order 48", false),
            ("price of _ now", "price of gold now", true),
            ("price of _ now", "price of \"gold\" now", false),
        ] {
            assert_eq!(found(phrase, text), expected, "{phrase}: {text}");
        }
    }
}
