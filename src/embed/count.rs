//! How many tokens a text has, about, where no provider has counted.

use std::sync::OnceLock;

use tokenizers::Tokenizer;

use super::shipped;

/// Tokens of `text` by the tokenizer in this binary. It is not that of the model that is asked: counts are estimates.
///
/// Takes time linear in the text. The first call reads the vocabulary, some 10 ms.
pub fn count_tokens(text: &str) -> u64 {
    static TOKENIZER: OnceLock<Option<Tokenizer>> = OnceLock::new();
    let tokenizer = TOKENIZER.get_or_init(|| {
        let (_, bytes) = shipped::FILES.iter().find(|(name, _)| *name == "tokenizer.json")?;
        let mut tokenizer = Tokenizer::from_bytes(bytes).ok()?;
        tokenizer.with_truncation(None).ok()?;
        tokenizer.with_padding(None);
        Some(tokenizer)
    });
    let by_length = |text: &str| text.len().div_ceil(BYTES_PER_TOKEN);
    let mut words = String::with_capacity(text.len());
    let mut tokens = 0;
    for word in text.split_inclusive(char::is_whitespace) {
        match word.len() {
            // The tokenizer would call such a word unknown, one token.
            ..=LONGEST_WORD => words.push_str(word),
            _ => tokens += by_length(word),
        }
    }
    let encoded = tokenizer.as_ref().map(|tokenizer| tokenizer.encode_fast(words.as_str(), false));
    tokens += match encoded {
        Some(Ok(encoded)) => encoded.len(),
        Some(Err(_)) | None => by_length(&words),
    };
    tokens as u64
}

/// Longer runs without a space are data rather than words, bytes.
const LONGEST_WORD: usize = 90;
/// Mean bytes of a token, for what is no text.
const BYTES_PER_TOKEN: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_counted() {
        for (text, least, most) in [
            ("", 0, 0),
            ("hello world", 2, 2),
            ("The quick brown fox jumps over the lazy dog.", 9, 12),
            ("let x = vec![1, 2, 3];", 10, 16),
            ("お誕生日おめでとう", 5, 12),
        ] {
            let tokens = count_tokens(text);
            assert!((least..=most).contains(&tokens), "{text:?}: {tokens}");
        }
        assert_eq!(count_tokens(&"A".repeat(4000)), 1000);
        assert_eq!(count_tokens(&"one two ".repeat(1000)), 2000);
    }
}
