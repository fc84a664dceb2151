//! WordPiece over plain text, the short way.
//!
//! The tokenizer that a model brings remembers of every character where it came from, which takes many times what finding
//! the tokens takes. For BERT's tokenizer and printable ASCII they are found here, the same ones; all else is left to it.

use tokenizers::{
    Model as _, ModelWrapper, NormalizerWrapper, PreTokenizerWrapper, Tokenizer as Backend,
    models::wordpiece::WordPiece,
};

/// What is to be known of a tokenizer to do without it.
pub struct Plain {
    lowercase: bool,
    unknown: u32,
    /// Bytes that say nothing but themselves.
    readable: [bool; 256],
    /// Special tokens around every text.
    before: Vec<u32>,
    after: Vec<u32>,
}

impl Plain {
    /// For `backend`, where that is a tokenizer of BERT's kind.
    pub fn of(backend: &Backend) -> Option<Self> {
        let Some(NormalizerWrapper::BertNormalizer(normalizer)) = backend.get_normalizer() else {
            return None;
        };
        let Some(PreTokenizerWrapper::BertPreTokenizer(_)) = backend.get_pre_tokenizer() else {
            return None;
        };
        let mut readable = [false; 256];
        let printable = (b' '..=b'~').chain(*b"\t\n\r");
        printable.for_each(|byte| readable[usize::from(byte)] = true);
        for token in backend.get_added_tokens_decoder().values() {
            // Found anywhere in a text, words or not.
            let first =
                token.content.bytes().next().filter(|byte| !byte.is_ascii_alphanumeric())?;
            readable[usize::from(first)] = false;
        }
        let ids = |text, special| {
            backend.encode_fast(text, special).ok().map(|encoding| encoding.get_ids().to_vec())
        };
        let (whole, own) = (ids("a", true)?, ids("a", false)?);
        let start = whole.windows(own.len().max(1)).position(|part| part == own)?;
        let (before, after) = (whole[..start].to_vec(), whole[start + own.len()..].to_vec());
        let model = model(backend)?;
        let unknown = model.token_to_id(&model.unk_token)?;
        Some(Self { lowercase: normalizer.lowercase, unknown, readable, before, after })
    }

    /// The ids of a text, special tokens included; `None` for a text that is not plain.
    pub fn ids(&self, backend: &Backend, text: &str) -> Option<Vec<u32>> {
        let model = model(backend)?;
        if !text.bytes().all(|byte| self.readable[usize::from(byte)]) {
            return None;
        }
        let mut ids = Vec::with_capacity(self.before.len() + text.len() / 2 + self.after.len());
        ids.extend_from_slice(&self.before);
        let mut words = Words { model, unknown: self.unknown, word: Vec::new(), ids };
        words.clear();
        for byte in text.bytes() {
            if byte.is_ascii_whitespace() {
                words.end();
            } else if byte.is_ascii_punctuation() {
                words.end();
                words.word.push(byte);
                words.end();
            } else {
                words.word.push(if self.lowercase { byte.to_ascii_lowercase() } else { byte });
            }
        }
        words.end();
        let mut ids = words.ids;
        ids.extend_from_slice(&self.after);
        Some(ids)
    }
}

fn model(backend: &Backend) -> Option<&WordPiece> {
    if let ModelWrapper::WordPiece(model) = backend.get_model() { Some(model) } else { None }
}

struct Words<'a> {
    model: &'a WordPiece,
    unknown: u32,
    /// The word so far, with room before it for the mark of what goes on.
    word: Vec<u8>,
    ids: Vec<u32>,
}

impl Words<'_> {
    fn clear(&mut self) {
        self.word.clear();
        self.word.extend_from_slice(self.model.continuing_subword_prefix.as_bytes());
    }

    /// The word is whole: its longest beginning that is a token, then that of the rest.
    fn end(&mut self) {
        let mark = self.model.continuing_subword_prefix.as_bytes();
        let known = self.ids.len();
        let mut start = mark.len();
        if self.word.len() - start > self.model.max_input_chars_per_word {
            self.ids.push(self.unknown);
            start = self.word.len();
        }
        while start < self.word.len() {
            let from = if start == mark.len() {
                start
            } else {
                // What is before is read already.
                self.word[start - mark.len()..start].copy_from_slice(mark);
                start - mark.len()
            };
            let found = (start + 1..=self.word.len()).rev().find_map(|end| {
                let token = std::str::from_utf8(&self.word[from..end]).ok()?;
                Some((self.model.token_to_id(token)?, end))
            });
            match found {
                Some((id, end)) => {
                    self.ids.push(id);
                    start = end;
                }
                None => {
                    self.ids.truncate(known);
                    self.ids.push(self.unknown);
                    break;
                }
            }
        }
        self.clear();
    }
}

#[cfg(test)]
mod tests {
    use std::{path::Path, sync::LazyLock};

    use proptest::prelude::*;

    use super::*;

    static BACKENDS: LazyLock<Vec<(Backend, Plain)>> = LazyLock::new(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let backend = |folder: &str| {
            let mut backend = Backend::from_file(root.join(folder).join("tokenizer.json")).unwrap();
            backend.with_truncation(None).unwrap();
            backend.with_padding(None);
            let plain = Plain::of(&backend).unwrap();
            (backend, plain)
        };
        ["models/encoder", "tests/fixtures/tiny-bert"].map(backend).into()
    });

    fn same(text: &str) {
        for (backend, plain) in &*BACKENDS {
            let expected = backend.encode_fast(text, true).unwrap().get_ids().to_vec();
            if let Some(ids) = plain.ids(backend, text) {
                assert_eq!(ids, expected, "{text:?}");
            }
        }
    }

    #[test]
    fn plain_questions_take_the_short_way() {
        for text in [
            "",
            "a",
            " How do I reset my password?\r\n",
            "don't re-read e-mail@example.com (twice)!",
            "ANTIDISESTABLISHMENTARIANISM isn't zxqvkj",
            &"x".repeat(100),
            &"x".repeat(101),
            &format!("{} and more", "ab".repeat(51)),
        ] {
            same(text);
            let (backend, plain) = &BACKENDS[0];
            assert!(plain.ids(backend, text).is_some(), "{text:?}");
        }
    }

    #[test]
    fn what_is_not_plain_is_left_to_the_tokenizer() {
        let (backend, plain) = &BACKENDS[0];
        for text in ["café", "a\u{0}b", "tab\u{b}", "a [MASK] b", "\u{7f}", "日本"] {
            assert_eq!(plain.ids(backend, text), None, "{text:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn every_text_has_the_tokenizers_ids(text in "([ -~\t\r\n]{0,12}|[a-z]{1,14} ?){0,12}") {
            same(&text);
        }
    }
}
