//! A question as words: contractions taken apart, names of several words joined, politeness and fillers marked.
//!
//! Knows one question only; what two of them share is [`super::align`]'s.

use std::borrow::Cow;

use super::lexicon::{Classes, Entry, Lexicon, Meaning, hash, lexicon};
use super::marks::Marks;
use super::piece::pieces;
use super::token::{Case, Text, Token};
use super::{code, id};

#[derive(Debug)]
pub(super) struct Question<'a> {
    pub(super) text: &'a Text,
    pub(super) tokens: Vec<Token<'a>>,
    pub(super) words: Vec<Word<'a>>,
    /// Order numbers, addresses and the like.
    pub(super) ids: Vec<Chunk>,
    /// Identifiers, flags, file names and the like.
    pub(super) codes: Vec<Chunk>,
    /// In a language that the lists of words do not know.
    pub(super) is_foreign: bool,
    /// Those of all its tokens and words.
    pub(super) marks: Marks,
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
pub(super) struct Word<'a> {
    pub(super) text: &'a str,
    /// Hash of the stem, or of the name that it is another one for.
    pub(super) key: u64,
    pub(super) stem: Cow<'a, str>,
    pub(super) classes: Classes,
    pub(super) marks: Marks,
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

impl<'a> Question<'a> {
    pub(super) fn read(text: &'a Text) -> Self {
        let lexicon = lexicon();
        let mut tokens = text.tokens();
        name_months(text, &mut tokens);
        for token in &mut tokens {
            token.look_up(lexicon);
        }
        let is_foreign = is_foreign(&tokens);
        let pieces = pieces(text, &tokens);
        let ids = id::find(text, &tokens, &pieces);
        let codes = code::find(text, &tokens, &pieces, &ids);
        let mut taken = vec![false; tokens.len()];
        for chunk in ids.iter().chain(&codes) {
            taken[chunk.tokens.clone()].fill(true);
        }
        let polite = if is_foreign { vec![false; taken.len()] } else { polite(&tokens) };
        let mut words = Vec::with_capacity(tokens.len() + 4);
        let mut at = 0;
        while at < tokens.len() {
            let token = &tokens[at];
            let follows_number = at > 0 && tokens[at - 1].is_number;
            if taken[at] || token.is_number || token.is_glued && follows_number {
                at += 1;
                continue;
            }
            let before = words.len();
            let mut length = 1;
            if is_foreign {
                words.push(Word::unknown(at, token));
            } else if let Some((name, entry, count)) = phrase(&tokens[at..], lexicon) {
                words.push(Word::new(name, Some(entry), at, &tokens));
                length = count;
            } else if let Some(parts) = contraction_of(token) {
                for part in [parts.0, parts.1].into_iter().filter(|part| !part.is_empty()) {
                    words.push(Word::new(part, lexicon.entry(part), at, &tokens));
                }
            } else {
                words.push(Word::new(token.text, token.entry, at, &tokens));
            }
            let of_number = !is_foreign && token.marks.has(Marks::NUMBER);
            // Compared as units, in whatever notation.
            let of_unit = follows_number && token.entry.is_some_and(|entry| entry.unit.is_some());
            for word in &mut words[before..] {
                if polite[at] {
                    word.role = Role::Polite;
                } else if of_number || of_unit {
                    word.role = Role::Function;
                }
            }
            at += length;
        }
        let marks = tokens.iter().map(|token| token.marks);
        let marks = marks.chain(words.iter().map(|word| word.marks));
        let marks = marks.fold(Marks::default(), |all, marks| all | marks);
        Self { text, tokens, words, ids, codes, is_foreign, marks }
    }

    /// Reads the word at `at` as `text`.
    pub(super) fn correct(&mut self, at: usize, text: &'a str) {
        let place = self.words[at].token;
        let token = &mut self.tokens[place];
        token.text = text;
        token.look_up(lexicon());
        let role = self.words[at].role;
        let corrected = Word::new(text, token.entry, place, &self.tokens);
        self.marks = self.marks | corrected.marks;
        self.words[at] = corrected;
        if role == Role::Polite {
            self.words[at].role = role;
        }
    }

    /// The text of the word at `at`; empty when there is none.
    pub(super) fn word(&self, at: usize) -> &str {
        self.words.get(at).map_or("", |word| word.text)
    }

    /// The words before the one at `at`, nearest first.
    pub(super) fn before(&self, at: usize) -> impl Iterator<Item = &str> {
        self.words[..at].iter().rev().map(|word| word.text)
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

impl Token<'_> {
    /// Reads what the lists have on it.
    fn look_up(&mut self, lexicon: &'static Lexicon) {
        if self.is_number {
            self.marks = Marks::NUMBER;
            return;
        }
        self.entry = lexicon.entry(self.text);
        self.marks = self.entry.map_or_else(|| Marks::of(self.text), |entry| entry.marks);
    }
}

impl<'a> Word<'a> {
    /// The word with this text and entry that begins with the token at `at`.
    fn new(
        text: &'a str,
        mut entry: Option<&'static Entry>,
        at: usize,
        tokens: &[Token<'_>],
    ) -> Self {
        let lexicon = lexicon();
        let token = &tokens[at];
        let marks = entry.map_or_else(|| Marks::of(text), |entry| entry.marks);
        let follows_article = at > 0 && tokens[at - 1].text == "the";
        let is_country = text == "us" && (token.case == Case::Upper || follows_article);
        let mut role = Role::Content;
        let mut classes = entry.map_or_else(Classes::default, |entry| entry.classes);
        if is_country {
            entry = lexicon.entry("united states");
            classes = Classes::COUNTRY;
        } else if classes.has(Classes::FUNCTION)
            || text.len() == 1 && token.case == Case::Lower && text.is_ascii()
        {
            role = Role::Function;
        } else if classes.has(Classes::LIGHT) {
            role = Role::Light;
        }
        let form = lexicon.form(text, entry);
        if classes.is_empty() && form.stem != text {
            classes = lexicon.entry(&form.stem).map_or(classes, |entry| entry.classes);
        }
        Self {
            text,
            key: form.key,
            classes,
            marks,
            meaning: lexicon.meaning(&form),
            stem: form.stem,
            role,
            case: token.case,
            begins_sentence: token.begins_sentence,
            token: at,
        }
    }

    fn unknown(at: usize, token: &Token<'a>) -> Self {
        Self {
            text: token.text,
            key: hash(token.text),
            stem: Cow::Borrowed(token.text),
            classes: Classes::default(),
            marks: Marks::default(),
            meaning: None,
            role: Role::Content,
            case: token.case,
            begins_sentence: token.begins_sentence,
            token: at,
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
fn name_months(text: &Text, tokens: &mut [Token<'_>]) {
    for at in 2..tokens.len() {
        let [year, month, day] = &mut tokens[at - 2..=at] else { continue };
        let is_joined = |left: &Token<'_>, right: &Token<'_>| {
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
        std::mem::swap(&mut year.text, &mut day.text);
        month.text = *name;
        month.is_number = false;
    }
}

/// The words that a token is contracted from; the second one may be empty.
fn contraction_of<'a>(token: &Token<'a>) -> Option<(&'a str, &'a str)> {
    token.marks.has(Marks::CONTRACTED).then(|| contraction(token.text)).flatten()
}

pub(super) fn is_contracted(word: &str) -> bool {
    contraction(word).is_some()
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

/// The longest name of several tokens that `tokens` begin with, and of how many.
fn phrase(
    tokens: &[Token<'_>],
    lexicon: &'static Lexicon,
) -> Option<(&'static str, &'static Entry, usize)> {
    const LONGEST: usize = 5;
    if !tokens[0].entry?.begins_phrase {
        return None;
    }
    let mut joined = tokens[0].text.to_owned();
    let mut found = None;
    for (more, token) in tokens.iter().enumerate().take(LONGEST).skip(1) {
        if token.is_number || tokens[more - 1].followed_by.is_some_and(|mark| mark != '.') {
            break;
        }
        joined.push(' ');
        joined.push_str(token.text);
        if let Some((name, entry)) = lexicon.named_entry(&joined)
            && !entry.classes.is_empty()
        {
            found = Some((name, entry, more + 1));
        }
    }
    found
}

/// Which tokens are politeness, fillers or frames around the question.
fn polite(tokens: &[Token<'_>]) -> Vec<bool> {
    let mut polite = vec![false; tokens.len()];
    let mut at = 0;
    while at < tokens.len() {
        let after = &tokens[at + 1..];
        let fits = |phrase: &&Vec<&str>| {
            phrase.len() <= 1 + after.len()
                && phrase[1..].iter().zip(after).all(|(word, token)| *word == token.text)
                && (phrase.len() > 1
                    || !matches!(phrase[0], "question" | "answer" | "query" | "q")
                    || tokens[at].followed_by == Some(':'))
        };
        let phrases = tokens[at].entry.map_or(&[][..], |entry| &entry.politeness);
        let length = phrases.iter().find(fits).map_or(0, Vec::len);
        polite[at..at + length].fill(true);
        at += length.max(1);
    }
    polite
}

/// Whether the little words are those of another language, or the letters are not Latin ones.
fn is_foreign(tokens: &[Token<'_>]) -> bool {
    /// The last code point of the Latin letters.
    const LATIN: u32 = 0x024F;
    let (mut words, mut english, mut foreign) = (0, 0, 0);
    for token in tokens.iter().filter(|token| !token.is_number) {
        words += 1;
        let classes = token.entry.map_or_else(Classes::default, |entry| entry.classes);
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
