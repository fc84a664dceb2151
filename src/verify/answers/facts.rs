//! What an answer says: its words, numbers, names, links, code, and whether it says yes or no.

use std::{borrow::Cow, collections::HashSet, sync::LazyLock};

use super::{
    number::{self, Number},
    text::Text,
};

/// A word of the prose, without the punctuation around it.
#[derive(Debug, Clone)]
pub(super) struct Word {
    pub(super) lower: String,
    pub(super) begins_sentence: bool,
    pub(super) is_capitalised: bool,
    pub(super) has_digit: bool,
    /// Two capitals or more, as in NASA or iOS.
    is_acronym: bool,
}

/// What the first sentence says to a question of yes or no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Polarity {
    Yes,
    No,
    Unsaid,
}

/// The words of an answer.
#[derive(Debug)]
pub(super) struct Words {
    prose: Vec<Word>,
    /// How many of the prose's words are the first sentence's.
    lead: usize,
    code: Vec<Word>,
}

/// What an answer says.
#[derive(Debug)]
pub(super) struct Facts<'a> {
    pub(super) words: &'a [Word],
    pub(super) numbers: Vec<Number>,
    pub(super) lead_numbers: Vec<Number>,
    pub(super) polarity: Polarity,
    /// It began with a "certainly" that may be a yes.
    pub(super) assents: bool,
    /// The first sentence denies something.
    pub(super) denies: bool,
    /// Words that stand for themselves: capitalised within a sentence, acronyms, names with numbers.
    pub(super) names: HashSet<&'a str>,
    /// Capitalised at the beginning of a sentence, so perhaps names.
    pub(super) perhaps_names: HashSet<&'a str>,
    /// Stems of the words with a meaning of their own, less those of numbers.
    pub(super) content: HashSet<&'a str>,
    pub(super) lead_content: HashSet<&'a str>,
    /// Every word, for what another answer names.
    pub(super) all: HashSet<&'a str>,
    pub(super) links: HashSet<String>,
    /// Code within the prose.
    pub(super) spans: HashSet<String>,
    pub(super) code: &'a [String],
    pub(super) code_numbers: Vec<Number>,
}

impl Words {
    pub(super) fn of(text: &Text) -> Self {
        let mut words = Self { prose: Vec::new(), lead: 0, code: Vec::new() };
        for sentence in &text.sentences {
            read_words(sentence, &mut words.prose);
            if words.lead == 0 {
                words.lead = words.prose.len();
            }
        }
        text.code.iter().for_each(|block| read_words(block, &mut words.code));
        words
    }
}

impl<'a> Facts<'a> {
    pub(super) fn of(text: &'a Text, words: &'a Words) -> Self {
        let Words { prose, lead, code } = words;
        let lead = &prose[..*lead];
        let (names, perhaps_names) = names(prose);
        Self {
            numbers: number::numbers(prose),
            lead_numbers: number::numbers(lead),
            polarity: polarity(lead),
            assents: text.assents,
            denies: lead.iter().filter(|word| is_negation(&word.lower)).count() % 2 == 1,
            names,
            perhaps_names,
            content: content(prose),
            lead_content: content(lead),
            all: prose.iter().map(|word| bare(&word.lower)).collect(),
            links: links(&text.sentences),
            spans: spans(&text.sentences),
            code_numbers: number::numbers(code),
            code: &text.code,
            words: prose,
        }
    }

    /// Word for word, but for articles, case, punctuation and blanks.
    pub(super) fn says_the_same(&self, other: &Facts<'_>) -> bool {
        self.code == other.code
            && (self.plain().next().is_some() || !self.code.is_empty())
            && self.plain().eq(other.plain())
    }

    /// The words without articles.
    pub(super) fn plain(&self) -> impl Iterator<Item = &str> {
        self.words.iter().map(|word| word.lower.as_str()).filter(|word| !ARTICLES.contains(word))
    }
}

impl Word {
    /// As in `A12`, `GPT-4` or `H2O`: the number is part of a name.
    pub(super) fn is_name_with_number(&self) -> bool {
        let digit = self.lower.find(|c: char| c.is_ascii_digit()).unwrap_or(0);
        self.lower[..digit].trim_end_matches(['-', '_', '#', '~']).ends_with(char::is_alphabetic)
    }
}

fn read_words(sentence: &str, words: &mut Vec<Word>) {
    let start = words.len();
    for chunk in sentence.split_whitespace() {
        let mut from = 0;
        for (at, c) in chunk.char_indices() {
            if is_ideograph(c) {
                words.extend(word(&chunk[from..at], words.len() == start));
                from = at + c.len_utf8();
                words.extend(word(&chunk[at..from], words.len() == start));
            }
        }
        words.extend(word(&chunk[from..], words.len() == start));
    }
}

/// Scripts that put no blanks between words: each character is one.
fn is_ideograph(c: char) -> bool {
    matches!(u32::from(c), 0x3040..=0x30FF | 0x3400..=0x9FFF | 0xF900..=0xFAFF | 0x20000..=0x3FFFF)
}

fn word(chunk: &str, begins_sentence: bool) -> Option<Word> {
    let text = chunk.trim_matches(|c: char| !(c.is_alphanumeric() || "$€£¥₹-+%#°".contains(c)));
    let text = text.trim_start_matches(['#', '%', '+', '°']);
    let text = text.trim_end_matches(['-', '$', '€', '£', '¥', '₹']);
    let is_number = text
        .trim_start_matches('-')
        .starts_with(|c: char| c.is_ascii_digit() || "$€£¥₹".contains(c));
    let text = if is_number { text } else { text.trim_start_matches('-') };
    if text.is_empty() {
        // A unit of its own, as in "5 %", "5 €".
        return CURRENCY_WORDS
            .iter()
            .find(|(sign, _)| chunk == *sign)
            .map(|(_, word)| plain_word(word));
    }
    let capitals = text.chars().filter(|c| c.is_uppercase()).count();
    Some(Word {
        lower: without_dots(text).to_lowercase(),
        begins_sentence,
        is_capitalised: text.starts_with(char::is_uppercase),
        has_digit: text.bytes().any(|byte| byte.is_ascii_digit()),
        is_acronym: capitals >= 2,
    })
}

/// `D.C` is `DC` and `a.m` is `am`.
fn without_dots(text: &str) -> Cow<'_, str> {
    let is_shortened = text.contains('.')
        && text
            .split('.')
            .all(|part| part.len() == 1 && part.starts_with(|c: char| c.is_ascii_alphabetic()));
    if is_shortened { Cow::Owned(text.replace('.', "")) } else { Cow::Borrowed(text) }
}

const CURRENCY_WORDS: [(&str, &str); 4] =
    [("%", "%"), ("€", "euro"), ("$", "dollar"), ("£", "pound")];

fn plain_word(lower: &str) -> Word {
    let lower = lower.to_owned();
    Word {
        lower,
        begins_sentence: false,
        is_capitalised: false,
        has_digit: false,
        is_acronym: false,
    }
}

fn polarity(lead: &[Word]) -> Polarity {
    let at = |at: usize| lead.get(at).map_or("", |word| word.lower.as_str());
    let next_has_digit = lead.get(1).is_some_and(|word| word.has_digit);
    match (at(0), at(1), at(2)) {
        ("no", "one" | "longer" | "matter" | "doubt", _) => Polarity::Unsaid,
        ("no", ..) if next_has_digit => Polarity::Unsaid,
        ("yes" | "yeah" | "yep" | "yup" | "ja" | "oui" | "sí" | "sim" | "jawohl", ..) => {
            Polarity::Yes
        }
        ("no" | "nope" | "nein" | "non" | "não" | "nah", ..) => Polarity::No,
        ("true" | "correct" | "right", second, _) if !is_negation(second) => match lead.len() {
            1..=4 => Polarity::Yes,
            _ => Polarity::Unsaid,
        },
        ("false" | "incorrect" | "wrong", ..) if lead.len() <= 4 => Polarity::No,
        ("that's" | "this is" | "that", "is" | "correct" | "true" | "right", _) => {
            let last = lead.last().map_or("", |word| word.lower.as_str());
            match last {
                "correct" | "true" | "right"
                    if !lead.iter().any(|word| is_negation(&word.lower)) =>
                {
                    Polarity::Yes
                }
                "correct" | "true" | "right" | "false" | "incorrect" | "wrong" => Polarity::No,
                _ => Polarity::Unsaid,
            }
        }
        ("not", "exactly" | "really" | "quite" | "necessarily" | "yet" | "always", _) => {
            Polarity::No
        }
        ("unfortunately", "no" | "not", _) => Polarity::No,
        _ => Polarity::Unsaid,
    }
}

pub(super) fn is_negation(word: &str) -> bool {
    word.ends_with("n't")
        || matches!(
            word,
            "not"
                | "no"
                | "never"
                | "cannot"
                | "none"
                | "neither"
                | "nor"
                | "without"
                | "nobody"
                | "nothing"
                | "isnt"
                | "dont"
                | "cant"
                | "unable"
                | "impossible"
                | "nicht"
                | "kein"
                | "keine"
                | "keinen"
                | "nie"
                | "niemals"
                | "nunca"
                | "jamás"
                | "pas"
                | "jamais"
                | "não"
        )
}

/// Names for sure, and perhaps. Where every other word has a capital, as in titles and in German, capitals say nothing.
fn names(words: &[Word]) -> (HashSet<&str>, HashSet<&str>) {
    let (mut sure, mut perhaps) = (HashSet::new(), HashSet::new());
    let within = words.iter().filter(|word| !word.begins_sentence);
    let capitalised = within.clone().filter(|word| word.is_capitalised).count();
    let are_telling = words.len() < TITLE_WORDS || capitalised * 3 <= within.count();
    for word in words {
        let is_named = word.is_acronym || word.has_digit && word.is_name_with_number();
        let lower = bare(&word.lower);
        if word.lower.starts_with("i'") || lower.len() < 2 {
            continue;
        }
        if is_named || are_telling && word.is_capitalised && !word.begins_sentence {
            sure.insert(lower);
        } else if word.is_capitalised && !STOP_WORDS.contains(lower) {
            perhaps.insert(lower);
        }
    }
    (sure, perhaps)
}

/// A text of fewer words is no title page.
const TITLE_WORDS: usize = 8;

/// Without the 's of a possessive.
fn bare(lower: &str) -> &str {
    lower.strip_suffix("'s").unwrap_or(lower)
}

fn content(words: &[Word]) -> HashSet<&str> {
    let words = words.iter().filter(|word| !number::is_part(word)).map(|word| bare(&word.lower));
    words.filter(|word| !STOP_WORDS.contains(word)).map(stem).collect()
}

/// Without the endings that inflect a word; crude, and the same for both answers.
fn stem(word: &str) -> &str {
    const LEAST_BYTES: usize = 4;
    if !word.is_ascii() {
        return word;
    }
    for ending in
        ["ations", "ation", "ings", "ing", "edly", "ied", "ies", "ed", "es", "ly", "s", "e", "y"]
    {
        if let Some(stem) = word.strip_suffix(ending).filter(|stem| stem.len() >= LEAST_BYTES) {
            return stem;
        }
    }
    word
}

fn links(sentences: &[String]) -> HashSet<String> {
    let chunks =
        sentences.iter().filter(|sentence| sentence.contains("://") || sentence.contains("www."));
    let chunks =
        chunks.flat_map(|sentence| sentence.split([' ', '(', ')', '[', ']', '<', '>', '"']));
    chunks
        .filter_map(|chunk| {
            let start = chunk.find("://").map(|at| at + 3).or_else(|| chunk.find("www."))?;
            let link = chunk[start..].trim_end_matches(['.', ',', ';', ':', '/', '!', '?']);
            Some(link.strip_prefix("www.").unwrap_or(link).to_lowercase())
        })
        .filter(|link| !link.is_empty())
        .collect()
}

fn spans(sentences: &[String]) -> HashSet<String> {
    let parts = sentences.iter().flat_map(|sentence| {
        let marks = sentence.matches('`').count();
        sentence.split('`').skip(1).step_by(2).take(marks / 2)
    });
    parts
        .map(|span| span.split_whitespace().collect::<Vec<_>>().join(" "))
        .filter(|span| !span.is_empty())
        .collect()
}

const ARTICLES: [&str; 22] = [
    "a", "an", "the", "der", "die", "das", "ein", "eine", "einen", "el", "la", "los", "las", "un",
    "una", "le", "les", "une", "o", "os", "um", "uma",
];

/// Words with little meaning of their own, in English; and those of talk about the answer itself.
static STOP_WORDS: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    const WORDS: &str = "a an the and or but if then of in on at to from by for with as is are was were be been being am it \
         its it's this that these those there here i you your he she his her we our they their them who whom \
         which what when where why how do does did done has have had can could will would should may might \
         must shall so than such also very more most some any each other into over about between through \
         during while both however because since due use used using called known example typically usually \
         often generally overall including include includes like one make just only up out me my yes no";
    WORDS.split(' ').collect()
});
