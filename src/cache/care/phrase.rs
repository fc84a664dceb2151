//! Looks for phrases in a text: the text as plain words, the phrases as patterns over them.
//!
//! Knows how words are written, not what they mean.

use std::collections::HashMap;

/// Words of a text that are looked at; of a longer one its beginning and its end, where the request is, and not the
/// document that is pasted between them.
const MAX_WORDS: usize = 120;

/// What stands where something quoted stood, so that no phrase reaches across it.
const QUOTED: &str = "\u{fffd}";

/// The words of a text: in lower case, without accents, contractions in full, quotations and code blanked out.
///
/// A word of time that is written like a name ("who sang Yesterday") is blanked out too.
pub(super) fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let text = without_quotations(text);
    let shouted = is_mostly_capitalised(&text);
    let mut begins_sentence = true;
    for chunk in text.split_whitespace() {
        for word in
            chunk.split(|c: char| !(c.is_alphanumeric() || is_apostrophe(c) || c == '\u{fffd}'))
        {
            if word.is_empty() {
                continue;
            }
            let is_name = !begins_sentence && !shouted && word.starts_with(char::is_uppercase);
            push(&mut words, word, is_name);
            begins_sentence = false;
        }
        begins_sentence |= chunk.ends_with(['.', '?', '!', ':', ';', '"']);
    }
    if words.len() > MAX_WORDS {
        words.drain(MAX_WORDS / 2..words.len() - MAX_WORDS / 2);
        words[MAX_WORDS / 2] = QUOTED.to_owned();
    }
    words
}

fn push(words: &mut Vec<String>, word: &str, is_name: bool) {
    let plain: String = word.chars().map(plain).flat_map(char::to_lowercase).collect();
    let plain = plain.trim_matches('\'');
    if is_name && NEVER_NAMES.contains(&plain) {
        words.push(QUOTED.to_owned());
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
    words.extend(
        [stem, rest].iter().map(|word| word.replace('\'', "")).filter(|word| !word.is_empty()),
    );
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
fn plain(c: char) -> char {
    match c {
        _ if c.is_ascii() => c,
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
fn without_quotations(text: &str) -> String {
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
    left
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
    let after_first = || text.split_whitespace().skip(1);
    let all = after_first().filter(|word| word.starts_with(char::is_alphabetic)).count();
    let capitalised = after_first().filter(|word| word.starts_with(char::is_uppercase)).count();
    capitalised * 2 > all
}

/// A list of phrases, ready to be looked for.
///
/// A phrase is words with blanks between them: `a|b` is either word, `_` any word, `*` up to four words or none, `#` a
/// word with at least four digits; `^` at the beginning and `$` at the end hold it to the text's.
pub(super) struct Phrases {
    phrases: Vec<Phrase>,
    /// The phrases that can begin with a word; those that can begin with any are under `_`, with numbers under `#`.
    by_first: HashMap<&'static str, Vec<usize>>,
}

struct Phrase {
    elements: Vec<Vec<&'static str>>,
    at_start: bool,
    at_end: bool,
}

/// Words that `*` stands for, at most.
const MAX_GAP: usize = 4;
const DIGITS_OF_AN_ID: usize = 4;

impl Phrases {
    pub(super) fn new(list: &[&'static str]) -> Self {
        let mut phrases = Vec::with_capacity(list.len());
        let mut by_first: HashMap<&'static str, Vec<usize>> = HashMap::new();
        for text in list {
            let inner = text.trim_start_matches('^').trim_end_matches('$');
            let elements: Vec<Vec<_>> =
                inner.split_whitespace().map(|element| element.split('|').collect()).collect();
            for word in elements.first().into_iter().flatten() {
                by_first.entry(word).or_default().push(phrases.len());
            }
            phrases.push(Phrase {
                elements,
                at_start: text.starts_with('^'),
                at_end: text.ends_with('$'),
            });
        }
        Self { phrases, by_first }
    }

    /// Whether one of them is in the text.
    pub(super) fn are_in(&self, words: &[String]) -> bool {
        (0..words.len()).any(|at| self.end_at(words, at).is_some())
    }

    /// How many words at the beginning one of them takes; none when none begins there.
    pub(super) fn length_at_start(&self, words: &[String]) -> Option<usize> {
        self.end_at(words, 0)
    }

    /// Blanks them out.
    pub(super) fn blank_out(&self, words: &mut [String]) {
        for at in 0..words.len() {
            if let Some(end) = self.end_at(words, at) {
                words[at..end].iter_mut().for_each(|word| QUOTED.clone_into(word));
            }
        }
    }

    /// Where the first phrase that begins at `at` ends.
    fn end_at(&self, words: &[String], at: usize) -> Option<usize> {
        let word = words.get(at)?;
        let starts =
            [word.as_str(), "_", "#"].into_iter().filter_map(|first| self.by_first.get(first));
        starts.flatten().find_map(|index| {
            let phrase = &self.phrases[*index];
            if phrase.at_start && at > 0 {
                return None;
            }
            phrase.end(&phrase.elements, words, at)
        })
    }
}

impl Phrase {
    fn end(&self, elements: &[Vec<&str>], words: &[String], at: usize) -> Option<usize> {
        let Some((element, rest)) = elements.split_first() else {
            return (!self.at_end || at == words.len()).then_some(at);
        };
        if element == &["*"] {
            return (at..=words.len().min(at + MAX_GAP)).find_map(|at| self.end(rest, words, at));
        }
        let word = words.get(at)?;
        element
            .iter()
            .any(|wanted| stands_for(wanted, word))
            .then(|| self.end(rest, words, at + 1))?
    }
}

fn stands_for(wanted: &str, word: &str) -> bool {
    match wanted {
        "_" => word != QUOTED,
        "#" => word.chars().filter(char::is_ascii_digit).count() >= DIGITS_OF_AN_ID,
        wanted => wanted == word,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_plain() {
        for (text, expected) in [
            ("What's today's date?", "what is todays date"),
            ("I can’t, I won't, I don't; I'm", "i can not i will not i do not i am"),
            ("¿Cuál es el número?", "cual es el numero"),
            ("say 'right now' and \"today\" or `now()`", "say \u{fffd} and \u{fffd} or \u{fffd}"),
            ("„heute“ ist «hier» da", "\u{fffd} ist \u{fffd} da"),
            ("the dogs' 5\" bowl", "the dogs 5 bowl"),
            ("Who sang Yesterday?", "who sang \u{fffd}"),
            ("WHAT IS ON TODAY", "what is on today"),
            ("", ""),
        ] {
            assert_eq!(words(text).join(" "), expected, "{text}");
        }
        assert_eq!(words(&"word ".repeat(1000)).len(), MAX_WORDS);
    }

    #[test]
    fn phrases_are_found() {
        let found = |phrase: &'static str, text: &str| Phrases::new(&[phrase]).are_in(&words(text));
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
