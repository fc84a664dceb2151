//! An answer as prose and code, without the wrapping: markdown, politeness before it, offers after it.
//!
//! Knows how models wrap answers, not what those say.

/// An answer, unwrapped.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Text {
    /// The prose, a sentence each.
    pub(super) sentences: Vec<String>,
    /// The fenced blocks, each with single blanks.
    pub(super) code: Vec<String>,
    /// It began with a "certainly" that may be politeness or a yes.
    pub(super) assents: bool,
}

/// Characters that are read, at most: what two answers differ in shows before.
const MAX_CHARACTERS: usize = 16_000;
/// An interjection of more words says something.
const MAX_PREAMBLE_WORDS: usize = 9;
/// "Here is …:" of more words says something.
const MAX_ANNOUNCEMENT_BYTES: usize = 120;

impl Text {
    pub(super) fn read(answer: &str) -> Self {
        let end = answer.char_indices().nth(MAX_CHARACTERS).map_or(answer.len(), |(at, _)| at);
        let (prose, code) = split_code(&answer[..end]);
        let is_list = prose.iter().filter(|line| after_number(line).is_some()).count() >= 2;
        let sentences =
            prose.iter().flat_map(|line| sentences(&without_markdown(line, is_list))).collect();
        let mut text = Self { sentences, code, assents: false };
        text.drop_preamble();
        text.drop_offers();
        text
    }

    fn drop_preamble(&mut self) {
        for _ in 0..3 {
            let has_more = self.sentences.len() > 1 || !self.code.is_empty();
            let Some(first) = self.sentences.first_mut() else { return };
            let lower = first.to_ascii_lowercase();
            let Some(length) = preamble(&lower) else { return };
            self.assents |= ASSENTS.iter().any(|assent| lower.starts_with(assent));
            if length < first.len() {
                *first = first[length..].to_owned();
            } else if has_more {
                self.sentences.remove(0);
            } else {
                return;
            }
        }
    }

    fn drop_offers(&mut self) {
        while self.sentences.len() + self.code.len().min(1) > 1 {
            let Some(last) = self.sentences.last() else { return };
            let lower = last.to_lowercase();
            if !OFFERS.iter().any(|offer| lower.starts_with(offer)) {
                return;
            }
            self.sentences.pop();
        }
    }
}

/// The bytes of `first`, a lower-case sentence, that are politeness or an announcement.
fn preamble(first: &str) -> Option<usize> {
    let after = |end: usize| {
        let rest = first[end..].trim_start_matches([' ', ',', '!', '.', ':', '-']);
        first.len() - rest.len()
    };
    let is_word = |end: usize| first[end..].chars().next().is_none_or(|c| !c.is_alphanumeric());
    if let Some(label) = LABELS.iter().find(|label| first.starts_with(**label)) {
        return Some(after(label.len()));
    }
    let begins = |list: &[&'static str]| {
        list.iter().find(|start| first.starts_with(**start) && is_word(start.len())).copied()
    };
    if begins(&ANNOUNCEMENTS).is_some() {
        let end = first.find(':').filter(|end| *end <= MAX_ANNOUNCEMENT_BYTES)?;
        return Some(after(end));
    }
    let polite = begins(&ASSENTS).or_else(|| begins(&POLITENESS))?;
    let rest = &first[polite.len()..];
    let is_short = first.split_whitespace().count() <= MAX_PREAMBLE_WORDS;
    match rest.chars().next() {
        Some(',' | '!' | ':') => Some(after(polite.len())),
        Some('.') | None => Some(first.len()),
        Some(_) if POLITENESS.contains(&polite) && is_short => Some(first.len()),
        Some(_) => None,
    }
}

/// Polite before an answer, or an answer.
const ASSENTS: [&str; 12] = [
    "sure",
    "certainly",
    "of course",
    "absolutely",
    "definitely",
    "naturally",
    "gerne",
    "natürlich",
    "claro",
    "por supuesto",
    "bien sûr",
    "com certeza",
];

/// Polite before an answer.
const POLITENESS: [&str; 25] = [
    "sure thing",
    "great question",
    "good question",
    "that's a great question",
    "that is a great question",
    "excellent question",
    "happy to help",
    "glad to help",
    "i'd be happy to",
    "i would be happy to",
    "i'm happy to",
    "i'd be glad to",
    "i can help",
    "thanks for",
    "thank you for",
    "okay",
    "ok",
    "alright",
    "no problem",
    "hello",
    "hi",
    "hi there",
    "gute frage",
    "buena pregunta",
    "bonne question",
];

/// What follows up to the colon is announced, not said.
const ANNOUNCEMENTS: [&str; 15] = [
    "here is",
    "here's",
    "here are",
    "here you go",
    "below is",
    "below are",
    "the following",
    "hier ist",
    "hier sind",
    "aquí tienes",
    "aquí está",
    "voici",
    "aqui está",
    "aqui estão",
    "you can use the following",
];

const LABELS: [&str; 10] = [
    "answer:",
    "final answer:",
    "short answer:",
    "the answer is:",
    "the answer is ",
    "the final answer is ",
    "antwort:",
    "respuesta:",
    "réponse :",
    "resposta:",
];

const OFFERS: [&str; 42] = [
    "let me know",
    "please let me know",
    "just let me know",
    "feel free",
    "please feel free",
    "i hope this",
    "i hope that",
    "hope this",
    "hope that helps",
    "if you have any",
    "if you have more",
    "if you have further",
    "if you have other",
    "if you need",
    "if you'd like",
    "if you would like",
    "if you want, i",
    "if you want me",
    "should you have",
    "should you need",
    "would you like",
    "do you want me",
    "do you have any other",
    "is there anything else",
    "happy to help",
    "i'm happy to",
    "i'd be happy to",
    "don't hesitate",
    "please don't hesitate",
    "have a great",
    "good luck",
    "enjoy!",
    "wenn du weitere",
    "wenn sie weitere",
    "lass mich wissen",
    "lassen sie mich wissen",
    "ich hoffe",
    "espero que",
    "si tienes",
    "si necesitas",
    "n'hésitez pas",
    "se precisar",
];

/// The lines of prose, and the fenced blocks with their blanks made single.
fn split_code(answer: &str) -> (Vec<&str>, Vec<String>) {
    let (mut prose, mut code) = (Vec::new(), Vec::new());
    let mut block: Option<Vec<&str>> = None;
    for line in answer.lines() {
        let is_fence = ["```", "~~~"].iter().any(|fence| line.trim_start().starts_with(fence));
        match &mut block {
            Some(words) if is_fence => {
                code.push(words.join(" "));
                block = None;
            }
            Some(words) => words.extend(line.split_whitespace()),
            None if is_fence && !closes_itself(line) => block = Some(Vec::new()),
            None => prose.push(line),
        }
    }
    code.extend(block.map(|words| words.join(" ")));
    code.retain(|block| !block.is_empty());
    (prose, code)
}

fn closes_itself(line: &str) -> bool {
    line.trim().len() > 6 && line.trim_end().ends_with("```")
}

/// What follows the number of a list's item.
fn after_number(line: &str) -> Option<&str> {
    let line = line.trim_start_matches([' ', '\t', '*', '#', '>']);
    let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = line.len() - rest.len();
    let rest = rest.strip_prefix(['.', ')'])?;
    ((1..=2).contains(&digits) && rest.starts_with([' ', '\t', '*'])).then_some(rest)
}

fn without_markdown(line: &str, is_list: bool) -> String {
    let mut line = line.trim();
    if line.chars().all(|c| matches!(c, '|' | '-' | ':' | '=' | '*' | '_' | ' ')) {
        return String::new();
    }
    line = line.trim_start_matches(['#', '>']).trim_start();
    for bullet in ["- ", "* ", "• ", "+ ", "– "] {
        line = line.strip_prefix(bullet).unwrap_or(line);
    }
    if is_list && let Some(rest) = after_number(line) {
        line = rest;
    }
    let mut plain = String::with_capacity(line.len());
    let mut before = ' ';
    let mut characters = line.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '*' | '_' if characters.peek() == Some(&c) => {
                characters.next();
            }
            '|' | '—' | '\u{a0}' | '\u{202f}' => plain.push(' '),
            '–' | '−' | '‑' | '‐' => plain.push('-'),
            '’' | '‘' | 'ʼ' => plain.push('\''),
            '“' | '”' | '„' | '«' | '»' => plain.push('"'),
            '*' if !(before.is_ascii_digit() || before == ' ') => {}
            _ => plain.push(c),
        }
        before = c;
    }
    plain.trim().to_owned()
}

/// Splits a line after the marks that end a sentence.
fn sentences(line: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut characters = line.char_indices().peekable();
    while let Some((at, c)) = characters.next() {
        let next = characters.peek().map(|(_, next)| *next);
        let ends = match c {
            '.' | '!' | '?' | '…' => next.is_none_or(char::is_whitespace),
            '。' | '！' | '？' => true,
            _ => false,
        };
        if ends {
            let end = at + c.len_utf8();
            found.push(line[start..end].trim().to_owned());
            start = end;
        }
    }
    found.push(line[start..].trim().to_owned());
    found.retain(|sentence| !sentence.is_empty());
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wrapping_is_taken_off() {
        for (answer, sentences, code) in [
            ("Paris.", &["Paris."] as &[_], &[] as &[&str]),
            (
                "Sure! Here is the answer: **Paris**. Let me know if you need more!",
                &["Paris."],
                &[],
            ),
            ("Certainly, it is Paris.", &["it is Paris."], &[]),
            ("Of course! Paris.\n\nI hope this helps.", &["Paris."], &[]),
            ("Great question! It is Paris.", &["It is Paris."], &[]),
            ("Answer: 42", &["42"], &[]),
            ("# Title\n- one\n- two", &["Title", "one", "two"], &[]),
            ("1. Open it\n2. Close it", &["Open it", "Close it"], &[]),
            ("7. It is prime.", &["7.", "It is prime."], &[]),
            ("Here's the code:\n```rust\nlet  a = 1;\n```\nEnjoy!", &[], &["let a = 1;"]),
            ("| a | b |\n|---|---|\n| 1 | 2 |", &["a   b", "1   2"], &[]),
            ("It is 3.5 km. Yes", &["It is 3.5 km.", "Yes"], &[]),
            ("Sure!", &["Sure!"], &[]),
            ("Let me know!", &["Let me know!"], &[]),
            ("2 * 3 is *six*", &["2 * 3 is *six"], &[]),
            ("", &[], &[]),
            ("```\nopen", &[], &["open"]),
        ] {
            let text = Text::read(answer);
            assert_eq!(
                (text.sentences, text.code.iter().map(String::as_str).collect()),
                (sentences.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>(), code.to_vec()),
                "{answer}"
            );
        }
        assert!(Text::read("Absolutely! It works.").assents);
        assert!(!Text::read("It works.").assents);
    }
}
