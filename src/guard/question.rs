//! A question as words: contractions taken apart, names of several words joined, politeness and fillers marked.
//!
//! Knows one question only; what two of them share is [`super::align`]'s.

use std::hash::Hasher;

use super::lexicon::{Classes, Fnv, Lexicon, Meaning, lexicon};
use super::stem::stem;
use super::token::{Case, Text, Token};
use super::{code, id, number, unit};

#[derive(Debug)]
pub(super) struct Question {
    pub(super) text: Text,
    pub(super) words: Vec<Word>,
    /// Order numbers, addresses and the like.
    pub(super) ids: Vec<Chunk>,
    /// Identifiers, flags, file names and the like.
    pub(super) codes: Vec<Chunk>,
    /// In a language that the lists of words do not know.
    pub(super) is_foreign: bool,
}

/// A piece of text that is no word and stands for itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Chunk {
    pub(super) text: String,
    /// Its letters and digits alone, for comparison.
    pub(super) plain: String,
    /// The tokens that it takes.
    pub(super) tokens: std::ops::Range<usize>,
}

#[derive(Debug)]
pub(super) struct Word {
    pub(super) text: String,
    /// Hash of the stem, or of the name that it is another one for.
    pub(super) key: u64,
    pub(super) stem: String,
    pub(super) classes: Classes,
    pub(super) meaning: Option<&'static Meaning>,
    pub(super) role: Role,
    pub(super) case: Case,
    pub(super) begins_sentence: bool,
    /// Its first token.
    pub(super) token: usize,
}

/// What a word does in its question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Says what the question is about.
    Content,
    /// Asks for an answer; missing on one side it means nothing.
    Light,
    /// Carries grammar.
    Function,
    /// Could be left out.
    Polite,
}

impl Question {
    pub(super) fn read(text: &str) -> Self {
        let mut text = Text::read(text);
        name_months(&mut text);
        let lexicon = lexicon();
        let is_foreign = is_foreign(&text.tokens, lexicon);
        let ids = id::find(&text);
        let codes = code::find(&text, &ids);
        let mut taken = vec![false; text.tokens.len()];
        for chunk in ids.iter().chain(&codes) {
            taken[chunk.tokens.clone()].fill(true);
        }
        let polite =
            if is_foreign { vec![false; taken.len()] } else { polite(&text.tokens, lexicon) };
        let mut words = Vec::with_capacity(text.tokens.len() + 4);
        let mut at = 0;
        while at < text.tokens.len() {
            let token = &text.tokens[at];
            if taken[at]
                || token.is_number
                || token.is_glued && at > 0 && text.tokens[at - 1].is_number
            {
                at += 1;
                continue;
            }
            let length = if is_foreign { 1 } else { phrase_length(&text.tokens[at..], lexicon) };
            let of_number = !is_foreign && number::is_word(&token.text);
            // Compared as units, in whatever notation.
            let of_unit =
                at > 0 && text.tokens[at - 1].is_number && unit::unit(&token.text).is_some();
            let before = words.len();
            if length > 1 {
                let parts: Vec<_> =
                    text.tokens[at..at + length].iter().map(|token| token.text.as_str()).collect();
                words.push(Word::new(parts.join(" "), at, &text.tokens, lexicon));
            } else if is_foreign {
                words.push(Word::unknown(token.text.clone(), at, token));
            } else {
                for part in parts(&token.text) {
                    words.push(Word::new(part.to_owned(), at, &text.tokens, lexicon));
                }
            }
            for word in &mut words[before..] {
                if polite[at] {
                    word.role = Role::Polite;
                } else if of_number || of_unit {
                    word.role = Role::Function;
                }
            }
            at += length;
        }
        Self { text, words, ids, codes, is_foreign }
    }

    pub(super) fn tokens(&self) -> &[Token] {
        &self.text.tokens
    }

    /// Reads the word at `at` as `text`.
    pub(super) fn correct(&mut self, at: usize, text: String) {
        let token = self.words[at].token;
        self.text.tokens[token].text.clone_from(&text);
        let role = self.words[at].role;
        let corrected = Word::new(text, token, &self.text.tokens, lexicon());
        self.words[at] = corrected;
        if role == Role::Polite {
            self.words[at].role = role;
        }
    }

    /// The text of the word at `at`; empty when there is none.
    pub(super) fn word(&self, at: usize) -> &str {
        self.words.get(at).map_or("", |word| word.text.as_str())
    }

    /// The words before the one at `at`, nearest first.
    pub(super) fn before(&self, at: usize) -> impl Iterator<Item = &str> {
        self.words[..at].iter().rev().map(|word| word.text.as_str())
    }

    /// Whether its letters are so often capitals that they say nothing, or never are.
    pub(super) fn ignores_case(&self) -> bool {
        let content =
            || self.words.iter().filter(|word| word.role == Role::Content && !word.begins_sentence);
        let capitals = content().filter(|word| word.case != Case::Lower).count();
        let known = content()
            .filter(|word| word.case != Case::Lower && word.classes.has(Classes::COMMON))
            .count();
        known >= 3 && capitals * 10 >= content().count() * 7
    }
}

impl Word {
    fn new(text: String, at: usize, tokens: &[Token], lexicon: &'static Lexicon) -> Self {
        let token = &tokens[at];
        let follows_article = at > 0 && tokens[at - 1].text == "the";
        let entry = lexicon.entry(&text);
        let is_country = text == "us" && (token.case == Case::Upper || follows_article);
        let alias = if is_country { Some("united states") } else { entry.alias };
        let stem = alias.map_or_else(|| stem(&text), ToOwned::to_owned);
        let mut role = Role::Content;
        if is_country {
        } else if entry.classes.has(Classes::FUNCTION)
            || text.len() == 1 && token.case == Case::Lower && text.is_ascii()
        {
            role = Role::Function;
        } else if entry.classes.has(Classes::LIGHT) {
            role = Role::Light;
        }
        let mut classes = entry.classes;
        if alias.is_some() && is_country {
            classes = Classes::COUNTRY;
        }
        if classes.is_empty() && stem != text {
            classes = lexicon.entry(&stem).classes;
        }
        Self {
            key: hash(&stem),
            classes,
            meaning: lexicon.meaning(&stem),
            role,
            case: token.case,
            begins_sentence: token.begins_sentence,
            token: at,
            stem,
            text,
        }
    }

    fn unknown(text: String, at: usize, token: &Token) -> Self {
        Self {
            key: hash(&text),
            stem: text.clone(),
            classes: Classes::default(),
            meaning: None,
            role: Role::Content,
            case: token.case,
            begins_sentence: token.begins_sentence,
            token: at,
            text,
        }
    }

    /// Whether some list has it.
    pub(super) fn is_known(&self) -> bool {
        !self.classes.is_empty() || self.meaning.is_some()
    }

    pub(super) fn is_content(&self) -> bool {
        self.role == Role::Content
    }
}

fn hash(text: &str) -> u64 {
    let mut hasher = Fnv::default();
    hasher.write(text.as_bytes());
    hasher.finish()
}

/// The months' names, January first.
pub const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// Reads `2020-06-03` as 3 June 2020.
fn name_months(text: &mut Text) {
    for at in 2..text.tokens.len() {
        let [year, month, day] = &text.tokens[at - 2..=at] else { continue };
        let is_joined = |left: &Token, right: &Token| {
            left.is_number
                && right.is_number
                && left.range.end + 1 == right.range.start
                && text.characters[left.range.end] == '-'
        };
        if year.text.len() != 4
            || month.text.len() != 2
            || !is_joined(year, month)
            || !is_joined(month, day)
        {
            continue;
        }
        let number = month.text.parse::<usize>().ok();
        let Some(name) = number.and_then(|number| MONTHS.get(number.checked_sub(1)?)) else {
            continue;
        };
        let (year, day) = (year.text.clone(), day.text.clone());
        text.tokens[at - 2].text = day;
        text.tokens[at - 1].text = (*name).to_owned();
        text.tokens[at - 1].is_number = false;
        text.tokens[at].text = year;
    }
}

/// The words that a word is contracted from.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    let (first, second) = contraction(text).unwrap_or((text, ""));
    [first, second].into_iter().filter(|part| !part.is_empty())
}

fn contraction(text: &str) -> Option<(&str, &str)> {
    let whole = |pair: &'static str| pair.split_once(' ');
    if !text.contains('\'') {
        return whole(match text {
            "whats" => "what is",
            "whos" => "who is",
            "wheres" => "where is",
            "whens" => "when is",
            "hows" => "how is",
            "thats" => "that is",
            "theres" => "there is",
            "im" => "i am",
            "ive" => "i have",
            "youre" => "you are",
            "dont" => "do not",
            "doesnt" => "does not",
            "didnt" => "did not",
            "isnt" => "is not",
            "arent" => "are not",
            "wasnt" => "was not",
            "cant" | "cannot" => "can not",
            "couldnt" => "could not",
            "wont" => "will not",
            "wouldnt" => "would not",
            "shouldnt" => "should not",
            "wanna" => "want to",
            "gonna" => "going to",
            _ => return None,
        });
    }
    match text {
        "can't" => return whole("can not"),
        "won't" => return whole("will not"),
        "i'm" => return whole("i am"),
        "let's" => return whole("let us"),
        _ => {}
    }
    if let Some(verb) = text.strip_suffix("n't") {
        return Some((verb, "not"));
    }
    for (end, verb) in [("'re", "are"), ("'ve", "have"), ("'ll", "will"), ("'d", "would")] {
        if let Some(subject) = text.strip_suffix(end) {
            return Some((subject, verb));
        }
    }
    let subject = text.strip_suffix("'s")?;
    let is_verb = matches!(
        subject,
        "what"
            | "who"
            | "where"
            | "when"
            | "why"
            | "how"
            | "that"
            | "there"
            | "here"
            | "it"
            | "he"
            | "she"
    );
    Some((subject, if is_verb { "is" } else { "" }))
}

/// How many tokens at the beginning of `tokens` are one name.
fn phrase_length(tokens: &[Token], lexicon: &Lexicon) -> usize {
    const LONGEST: usize = 5;
    if !lexicon.entry(&tokens[0].text).begins_phrase {
        return 1;
    }
    let mut joined = tokens[0].text.clone();
    let mut length = 1;
    for (more, token) in tokens.iter().enumerate().take(LONGEST).skip(1) {
        if token.is_number || tokens[more - 1].followed_by.is_some_and(|mark| mark != '.') {
            break;
        }
        joined.push(' ');
        joined.push_str(&token.text);
        if !lexicon.entry(&joined).classes.is_empty() {
            length = more + 1;
        }
    }
    length
}

/// Which tokens are politeness, fillers or frames around the question.
fn polite(tokens: &[Token], lexicon: &Lexicon) -> Vec<bool> {
    let mut polite = vec![false; tokens.len()];
    let mut at = 0;
    while at < tokens.len() {
        let fits = |phrase: &&Vec<&str>| {
            phrase.len() <= tokens.len() - at
                && phrase.iter().zip(&tokens[at..]).all(|(word, token)| *word == token.text)
                && (phrase.len() > 1
                    || !matches!(phrase[0], "question" | "answer" | "query" | "q")
                    || tokens[at].followed_by == Some(':'))
        };
        let length = lexicon.politeness(&tokens[at].text).iter().find(fits).map_or(0, Vec::len);
        polite[at..at + length].fill(true);
        at += length.max(1);
    }
    polite
}

/// Whether the little words are those of another language, or the letters are not Latin ones.
fn is_foreign(tokens: &[Token], lexicon: &Lexicon) -> bool {
    /// The last code point of the Latin letters.
    const LATIN: u32 = 0x024F;
    let (mut words, mut english, mut foreign) = (0, 0, 0);
    for token in tokens.iter().filter(|token| !token.is_number) {
        words += 1;
        let classes = lexicon.entry(&token.text).classes;
        if classes.has(Classes::TELLS_ENGLISH) {
            english += 1;
        } else if classes.has(Classes::TELLS_FOREIGN) {
            foreign += 1;
        } else if !token.text.is_ascii()
            && token.text.chars().any(|letter| letter.is_alphabetic() && u32::from(letter) > LATIN)
        {
            foreign += 2;
        }
    }
    foreign > english && foreign * 6 >= words
}
