//! What the guard knows of single words: lists of words by class, synonyms and opposites, read once from `words/`.
//!
//! Knows nothing of questions. Lists help where a rule cannot tell (a synonym, a name in lower case); no rule may need a
//! word to be listed to be safe.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::LazyLock;

use super::stem::stem;

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
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Entry {
    pub(super) classes: Classes,
    /// The name that it is another one for.
    pub(super) alias: Option<&'static str>,
    /// Entries of several words begin with it.
    pub(super) begins_phrase: bool,
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
    meanings: Table<String, Meaning>,
    politeness: Table<&'static str, Vec<Vec<&'static str>>>,
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
    pub(super) fn entry(&self, text: &str) -> Entry {
        self.entries.get(text).copied().unwrap_or_default()
    }

    pub(super) fn meaning(&self, stem: &str) -> Option<&Meaning> {
        self.meanings.get(stem)
    }

    /// Phrases of politeness that begin with `word`, longest first.
    pub(super) fn politeness(&self, word: &str) -> &[Vec<&'static str>] {
        self.politeness.get(word).map_or(&[], Vec::as_slice)
    }

    fn read() -> Self {
        let mut lexicon = Self {
            entries: Table::default(),
            meanings: Table::default(),
            politeness: Table::default(),
        };
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
        for phrase in include_str!("words/politeness.txt").lines() {
            let words: Vec<_> = phrase.split_whitespace().collect();
            if let Some(first) = words.first() {
                lexicon.politeness.entry(first).or_default().push(words);
            }
        }
        for phrases in lexicon.politeness.values_mut() {
            phrases.sort_by_key(|words| std::cmp::Reverse(words.len()));
        }
        lexicon
    }

    fn add(&mut self, word: &'static str, class: Classes, alias: Option<&'static str>) {
        let entry = self.entries.entry(word).or_default();
        let places = Classes::COUNTRY | Classes::CITY | Classes::NATIONALITY | Classes::LANGUAGE;
        if class == Classes::COMMON && entry.classes.has(places) {
            // "China" stays a name, whatever lists have it too.
            return;
        }
        if class == Classes::COMMON {
            // So that its other forms are known, too.
            self.meanings.entry(stem(word)).or_default();
        }
        entry.classes = Classes(entry.classes.0 | class.0);
        entry.alias = entry.alias.or(alias);
        if let Some((first, _)) = word.split_once(' ') {
            self.entries.entry(first).or_default().begins_phrase = true;
        }
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
                self.meanings.entry(stem(word)).or_default().synonyms.push(group);
                self.add(word, Classes::COMMON, None);
            }
        }
    }

    /// Lines of things of one kind.
    fn read_kinds(&mut self, lines: &'static str) {
        for (kind, line) in (0u16..).zip(lines.lines()) {
            for word in line.split_whitespace() {
                self.meanings.entry(stem(word)).or_default().kinds.push(kind);
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
                    self.meanings.entry(stem(&form)).or_default().opposites.push((pair, side));
                }
                self.add(word, Classes::COMMON, None);
            }
        }
    }
}

impl Meaning {
    pub(super) fn is_opposite(&self, other: &Self) -> bool {
        self.opposites.iter().any(|(pair, side)| other.opposites.contains(&(*pair, !side)))
    }

    /// Whether both are things of one kind, but different ones.
    pub(super) fn is_sibling(&self, other: &Self) -> bool {
        self.kinds.iter().any(|kind| other.kinds.contains(kind)) && !self.is_synonym(other)
    }

    pub(super) fn is_synonym(&self, other: &Self) -> bool {
        self.synonyms.iter().any(|group| other.synonyms.contains(group))
    }
}
