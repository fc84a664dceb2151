//! What the guard knows of single words: lists of words by class, synonyms, opposites, units and politeness, read once
//! from `words/`.
//!
//! Knows nothing of questions. Lists help where a rule cannot tell (a synonym, a name in lower case); no rule may need a
//! word to be listed to be safe.

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::LazyLock;

use super::marks::Marks;
use super::stem::stem;
use super::unit::Unit;

/// Classes that a word belongs to; a word may belong to several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Classes(u16);

impl std::ops::BitOr for Classes {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl Classes {
    /// Carries grammar, no content.
    pub(super) const FUNCTION: Self = Self(1);
    /// Asks for an answer rather than says which: "explain", "example", "best".
    pub(super) const LIGHT: Self = Self(1 << 1);
    pub(super) const COUNTRY: Self = Self(1 << 2);
    pub(super) const CITY: Self = Self(1 << 3);
    pub(super) const COMPANY: Self = Self(1 << 4);
    pub(super) const NATIONALITY: Self = Self(1 << 5);
    pub(super) const NAME: Self = Self(1 << 6);
    pub(super) const LANGUAGE: Self = Self(1 << 7);
    pub(super) const PROGRAMMING: Self = Self(1 << 8);
    /// An English word that is not a name.
    pub(super) const COMMON: Self = Self(1 << 9);
    /// Tells that a text is English.
    pub(super) const TELLS_ENGLISH: Self = Self(1 << 10);
    /// Tells that a text is in another language.
    pub(super) const TELLS_FOREIGN: Self = Self(1 << 11);
    /// Any that names something.
    pub(super) const NAMES: Self = Self(0b1_1111 << 2);

    /// Whether it has one of `others`.
    pub(super) fn has(self, others: Self) -> bool {
        self.0 & others.0 != 0
    }

    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// What is known of a word as written.
#[derive(Debug, Default)]
pub(super) struct Entry {
    pub(super) classes: Classes,
    /// The name that it is another one for.
    alias: Option<&'static str>,
    /// Entries of several words begin with it.
    pub(super) begins_phrase: bool,
    /// Phrases of politeness that begin with it, longest first.
    pub(super) politeness: Vec<Vec<&'static str>>,
    pub(super) unit: Option<Unit>,
    pub(super) marks: Marks,
    form: Form<'static>,
}

/// What all forms of a word share.
#[derive(Debug, Clone, Default)]
pub(super) struct Form<'a> {
    /// The stem, or the name that the word is another one for.
    pub(super) stem: Cow<'a, str>,
    /// Its hash.
    pub(super) key: u64,
    /// Where its meaning stands in the lexicon.
    meaning: Option<usize>,
}

/// What is known of all forms of a word.
#[derive(Debug, Default)]
pub(super) struct Meaning {
    /// Groups of synonyms.
    pub(super) synonyms: Vec<u16>,
    /// Groups of things of one kind, of which each is another one: colours, animals, organs.
    pub(super) kinds: Vec<u16>,
    /// Pairs of opposites, with the side that it is on.
    pub(super) opposites: Vec<(u16, bool)>,
}

#[derive(Debug)]
pub(super) struct Lexicon {
    entries: Table<&'static str, Entry>,
    meanings: Vec<Meaning>,
    /// For each stem, where its meaning stands.
    stems: Table<String, usize>,
}

type Table<K, V> = HashMap<K, V, BuildHasherDefault<Fnv>>;

/// FNV-1a: the keys are short and ours, so the hash need not be secure.
#[derive(Debug)]
pub(super) struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

/// The one lexicon.
pub(super) fn lexicon() -> &'static Lexicon {
    static LEXICON: LazyLock<Lexicon> = LazyLock::new(Lexicon::read);
    &LEXICON
}

impl Lexicon {
    /// What is known of a word as written, if it is listed.
    pub(super) fn entry(&self, text: &str) -> Option<&Entry> {
        self.entries.get(text)
    }

    /// The same with the text as listed.
    pub(super) fn named_entry(&self, text: &str) -> Option<(&'static str, &Entry)> {
        self.entries.get_key_value(text).map(|(text, entry)| (*text, entry))
    }

    /// What a word shares with its other forms; `entry` is its own, if it is listed.
    pub(super) fn form<'a>(&self, text: &'a str, entry: Option<&'static Entry>) -> Form<'a> {
        match entry {
            Some(Entry { form: Form { stem, key, meaning }, .. }) => {
                Form { stem: Cow::Borrowed(stem), key: *key, meaning: *meaning }
            }
            None => self.form_of(stem(text)),
        }
    }

    fn form_of<'a>(&self, stem: Cow<'a, str>) -> Form<'a> {
        Form { key: hash(&stem), meaning: self.stems.get(&*stem).copied(), stem }
    }

    pub(super) fn meaning(&self, form: &Form<'_>) -> Option<&Meaning> {
        form.meaning.map(|at| &self.meanings[at])
    }

    fn read() -> Self {
        let mut lexicon =
            Self { entries: Table::default(), meanings: Vec::new(), stems: Table::default() };
        let lists = [
            (Classes::FUNCTION, include_str!("words/function.txt")),
            (Classes::LIGHT, include_str!("words/light.txt")),
            (Classes::COUNTRY, include_str!("words/countries.txt")),
            (Classes::CITY, include_str!("words/cities.txt")),
            (Classes::COMPANY, include_str!("words/companies.txt")),
            (Classes::NATIONALITY, include_str!("words/nationalities.txt")),
            (Classes::NAME, include_str!("words/names.txt")),
            (Classes::LANGUAGE, include_str!("words/languages.txt")),
            (Classes::COMMON, include_str!("words/common.txt")),
            (Classes::COMMON, include_str!("words/times.txt")),
            (Classes::TELLS_ENGLISH, include_str!("words/tells_english.txt")),
            (Classes::TELLS_FOREIGN, include_str!("words/tells_foreign.txt")),
        ];
        for (class, words) in lists {
            for word in words.split_whitespace() {
                lexicon.add(word, class, None);
            }
        }
        lexicon.read_aliases(Classes::PROGRAMMING, include_str!("words/programming.txt"));
        lexicon.read_aliases(Classes::COUNTRY, include_str!("words/phrases.txt"));
        lexicon.read_synonyms(include_str!("words/synonyms.txt"));
        lexicon.read_kinds(include_str!("words/kinds.txt"));
        lexicon.read_opposites(include_str!("words/antonyms.txt"));
        lexicon.read_units(include_str!("words/units.txt"));
        lexicon.read_politeness(include_str!("words/politeness.txt"));
        lexicon.complete();
        lexicon
    }

    /// What is found from the lists as a whole.
    fn complete(&mut self) {
        let mut entries = std::mem::take(&mut self.entries);
        for (word, entry) in &mut entries {
            entry.politeness.sort_by_key(|words| std::cmp::Reverse(words.len()));
            entry.marks = Marks::of(word);
            entry.form = self.form_of(entry.alias.map_or_else(|| stem(word), Cow::Borrowed));
        }
        self.entries = entries;
    }

    fn add(&mut self, word: &'static str, class: Classes, alias: Option<&'static str>) {
        let classes = self.entries.entry(word).or_default().classes;
        let places = Classes::COUNTRY | Classes::CITY | Classes::NATIONALITY | Classes::LANGUAGE;
        if class == Classes::COMMON && classes.has(places) {
            // "China" stays a name, whatever lists have it too.
            return;
        }
        if class == Classes::COMMON {
            // So that its other forms are known, too.
            self.meaning_of(word);
        }
        let entry = self.entries.entry(word).or_default();
        entry.classes = Classes(entry.classes.0 | class.0);
        entry.alias = entry.alias.or(alias);
        if let Some((first, _)) = word.split_once(' ') {
            self.entries.entry(first).or_default().begins_phrase = true;
        }
    }

    fn meaning_of(&mut self, word: &str) -> &mut Meaning {
        let next = self.meanings.len();
        let at = *self.stems.entry(stem(word).into_owned()).or_insert(next);
        if at == next {
            self.meanings.push(Meaning::default());
        }
        &mut self.meanings[at]
    }

    /// Lines like `name=another name,a third`.
    fn read_aliases(&mut self, class: Classes, lines: &'static str) {
        for line in lines.lines() {
            let (name, aliases) = line.split_once('=').unwrap_or((line, ""));
            self.add(name, class, None);
            for alias in aliases.split(',').filter(|alias| !alias.is_empty()) {
                self.add(alias, class, Some(name));
            }
        }
    }

    /// Lines of words that mean the same.
    fn read_synonyms(&mut self, lines: &'static str) {
        for (group, line) in (0u16..).zip(lines.lines()) {
            for word in line.split_whitespace() {
                self.meaning_of(word).synonyms.push(group);
                self.add(word, Classes::COMMON, None);
            }
        }
    }

    /// Lines of things of one kind.
    fn read_kinds(&mut self, lines: &'static str) {
        for (kind, line) in (0u16..).zip(lines.lines()) {
            for word in line.split_whitespace() {
                self.meaning_of(word).kinds.push(kind);
                self.add(word, Classes::COMMON, None);
            }
        }
    }

    /// Lines like `word opposite,another opposite`.
    fn read_opposites(&mut self, lines: &'static str) {
        for (pair, line) in (0u16..).zip(lines.lines()) {
            let Some((word, opposites)) = line.split_once(' ') else { continue };
            let sides = opposites.split(',').map(|opposite| (opposite, true));
            for (word, side) in std::iter::once((word, false)).chain(sides) {
                for form in [word.to_owned(), format!("{word}ly")] {
                    self.meaning_of(&form).opposites.push((pair, side));
                }
                self.add(word, Classes::COMMON, None);
            }
        }
    }

    /// Lines of what is measured and the names of one unit of it.
    fn read_units(&mut self, lines: &'static str) {
        for line in lines.lines() {
            let mut words = line.split_whitespace();
            if let (Some(dimension), Some(name)) = (words.next(), words.next()) {
                for word in std::iter::once(name).chain(words) {
                    let entry = self.entries.entry(word).or_default();
                    entry.unit.get_or_insert(Unit { dimension, name });
                }
            }
        }
    }

    /// Lines of phrases.
    fn read_politeness(&mut self, lines: &'static str) {
        for phrase in lines.lines() {
            let words: Vec<_> = phrase.split_whitespace().collect();
            if let Some(first) = words.first() {
                self.entries.entry(first).or_default().politeness.push(words);
            }
        }
    }
}

pub(super) fn hash(text: &str) -> u64 {
    let mut hasher = Fnv::default();
    hasher.write(text.as_bytes());
    hasher.finish()
}

impl Meaning {
    pub(super) fn is_opposite(&self, other: &Self) -> bool {
        self.opposites.iter().any(|(pair, side)| other.opposites.contains(&(*pair, !side)))
    }

    /// Whether both are things of one kind, but different ones.
    pub(super) fn is_sibling(&self, other: &Self) -> bool {
        self.kinds.iter().any(|kind| other.kinds.contains(kind)) && !self.is_synonym(other)
    }

    pub(super) fn has_synonyms(&self) -> bool {
        !self.synonyms.is_empty()
    }

    pub(super) fn is_synonym(&self, other: &Self) -> bool {
        self.synonyms.iter().any(|group| other.synonyms.contains(group))
    }
}
