//! Text to token ids.
//!
//! Knows the model's tokenizer, prefix and window; knows nothing about tensors.

use std::{path::Path, ptr, sync::Arc};

use parking_lot::Mutex;
use tokenizers::Tokenizer as Backend;

use super::{
    error::LoadError,
    files::{Description, Files, invalid},
    shipped,
    wordpiece::Plain,
};

/// Bytes a token that a longer text is probed with before all of it is read: far more than any language needs.
const PROBE_BYTES_PER_TOKEN: usize = 64;

/// The model's tokenizer. Cheap to clone, safe to call from many threads.
#[derive(Clone)]
pub struct Tokenizer {
    backend: Arc<Backend>,
    /// The short way, where there is one.
    plain: Option<Arc<Plain>>,
    prefix: String,
    lowercase: bool,
    max_tokens: usize,
}

/// A text that does not fit.
#[derive(Debug, PartialEq, Eq)]
pub struct TooLong {
    /// Its length in tokens; for a very long text the length of its beginning, which is beyond the window already.
    pub tokens: usize,
}

impl Tokenizer {
    /// Reads `tokenizer.json`. Truncation and padding, which many models carry in it, are switched off.
    pub fn parse(bytes: &[u8], path: &Path, description: &Description) -> Result<Self, LoadError> {
        let mut backend = Backend::from_bytes(bytes).map_err(|error| invalid(path, error))?;
        backend.with_truncation(None).map_err(|error| invalid(path, error))?;
        backend.with_padding(None);
        let largest = backend.get_vocab(true).into_values().max().unwrap_or(0) as usize;
        let rows = description.config.vocab_size;
        if largest >= rows {
            let problem = format!(
                "token id {largest} is beyond config.json's vocab_size of {rows}: another model's file"
            );
            return Err(invalid(path, problem));
        }
        let Description { prefix, lowercase, max_tokens, .. } = description;
        Ok(Self {
            plain: Plain::of(&backend).map(Arc::new),
            backend: Arc::new(backend),
            prefix: prefix.clone(),
            lowercase: *lowercase,
            max_tokens: *max_tokens,
        })
    }

    /// That of a model. The one in this binary, which several models share, is read once.
    pub fn load(files: &Files, description: &Description) -> Result<Self, LoadError> {
        static SHIPPED: Mutex<Option<Tokenizer>> = Mutex::new(None);
        let read = || {
            let name = "tokenizer.json";
            let bytes = files.required(name, "only models with a fast tokenizer can be read")?;
            Self::parse(&bytes, &files.path(name), description)
        };
        let is_shipped = matches!(files, Files::Shipped(files) if ptr::eq(*files, shipped::FILES));
        if !is_shipped {
            return read();
        }
        let mut shared = SHIPPED.lock();
        match &*shared {
            Some(tokenizer) => Ok(tokenizer.clone()),
            None => Ok(shared.insert(read()?).clone()),
        }
    }

    /// Ids of the text with prefix and special tokens; or how long it is, when it does not fit the window.
    /// An empty text gives the special tokens alone.
    pub fn encode(&self, text: &str) -> Result<Result<Vec<u32>, TooLong>, String> {
        let probe = self.max_tokens.saturating_mul(PROBE_BYTES_PER_TOKEN);
        if text.len() > probe {
            let cut = (0..=probe).rev().find(|&index| text.is_char_boundary(index)).unwrap_or(0);
            let tokens = self.ids(&text[..cut])?.len();
            if tokens > self.max_tokens + 1 {
                return Ok(Err(TooLong { tokens }));
            }
        }
        let ids = self.ids(text)?;
        Ok(if ids.len() > self.max_tokens { Err(TooLong { tokens: ids.len() }) } else { Ok(ids) })
    }

    /// The longest text that fits, in tokens.
    pub fn max_tokens(&self) -> usize {
        self.max_tokens
    }

    fn ids(&self, text: &str) -> Result<Vec<u32>, String> {
        let prepared = match (self.prefix.as_str(), self.lowercase) {
            ("", false) => None,
            (prefix, false) => Some(format!("{prefix}{text}")),
            (prefix, true) => Some(format!("{prefix}{text}").to_lowercase()),
        };
        let text = prepared.as_deref().unwrap_or(text);
        if let Some(ids) = self.plain.as_ref().and_then(|plain| plain.ids(&self.backend, text)) {
            return Ok(ids);
        }
        let encoding = self.backend.encode_fast(text, true);
        encoding.map(|encoding| encoding.get_ids().to_vec()).map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::PathBuf};

    use super::*;

    fn tiny() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tiny-bert")
    }

    fn tokenizer(change: impl FnOnce(&mut Description)) -> Result<Tokenizer, LoadError> {
        let mut description = Description::read(&Files::Folder(tiny())).unwrap();
        change(&mut description);
        let path = tiny().join("tokenizer.json");
        Tokenizer::parse(&fs::read(&path).unwrap(), &path, &description)
    }

    #[test]
    fn the_files_truncation_and_padding_are_switched_off() {
        let tokenizer = tokenizer(|_| {}).unwrap();
        assert_eq!(tokenizer.encode("").unwrap(), Ok(vec![2, 3]));
        assert_eq!(tokenizer.encode(&"the ".repeat(20)).unwrap().unwrap().len(), 22);
    }

    #[test]
    fn the_window_holds_exactly_its_number_of_tokens() {
        let tokenizer = tokenizer(|_| {}).unwrap();
        assert_eq!(tokenizer.encode(&"the ".repeat(94)).unwrap().unwrap().len(), 96);
        assert_eq!(tokenizer.encode(&"the ".repeat(95)).unwrap(), Err(TooLong { tokens: 97 }));
    }

    #[test]
    fn a_huge_text_is_refused_by_its_beginning() {
        let tokenizer = tokenizer(|_| {}).unwrap();
        let Err(TooLong { tokens }) = tokenizer.encode(&"é the ".repeat(1_000_000)).unwrap()
        else {
            panic!()
        };
        assert!(tokens > 96 && tokens < 96 * PROBE_BYTES_PER_TOKEN);
    }

    #[test]
    fn spaces_do_not_make_a_text_too_long() {
        let tokenizer = tokenizer(|_| {}).unwrap();
        let text = format!("{}the end", " ".repeat(100_000));
        assert_eq!(tokenizer.encode(&text).unwrap().unwrap().len(), 4);
    }

    #[test]
    fn prefix_and_lower_case_come_before_the_tokenizer() {
        let plain = tokenizer(|_| {}).unwrap();
        let prefixed = tokenizer(|description| {
            description.prefix = "Find: ".to_owned();
            description.lowercase = true;
        });
        assert_eq!(
            prefixed.unwrap().encode("The END").unwrap(),
            plain.encode("find: the end").unwrap()
        );
    }

    #[test]
    fn a_foreign_tokenizer_is_named() {
        let message =
            tokenizer(|description| description.config.vocab_size = 500).err().unwrap().to_string();
        assert!(message.contains("tokenizer.json") && message.contains("500"), "{message}");
    }

    #[test]
    fn a_corrupt_tokenizer_is_named() {
        let description = Description::read(&Files::Folder(tiny())).unwrap();
        let message = Tokenizer::parse(b"{\"version", Path::new("/m/tokenizer.json"), &description)
            .err()
            .unwrap();
        assert!(message.to_string().contains("/m/tokenizer.json"), "{message}");
    }
}
