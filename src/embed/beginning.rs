//! The part of a long text that any model can read.

/// Bytes of a text that is mostly words, as many as fit the window of every model of ours.
const WORDS: usize = 800;
/// As many bytes fit whatever they say: a token has at least one.
const ANY: usize = 200;

/// As much of a text as models of ours can embed, if it is mostly words: its beginning says what it is about.
pub fn beginning(text: &str) -> &str {
    first(text, WORDS)
}

/// A shorter beginning of a text that does not fit; `None` where it is as short as fits any model.
pub fn shorter(text: &str) -> Option<&str> {
    (text.len() > ANY).then(|| first(text, WORDS.min(ANY.max(text.len() / 2))))
}

fn first(text: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
    &text[..end.unwrap_or(0)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_stay_whole() {
        for (text, bytes) in
            [("short".to_owned(), 5), ("a".repeat(2000), 800), ("€".repeat(400), 798)]
        {
            assert_eq!(beginning(&text).len(), bytes);
        }
    }

    #[test]
    fn it_becomes_shorter_until_it_fits_any_model() {
        let text = "€".repeat(1000);
        let lengths: Vec<usize> =
            std::iter::successors(shorter(&text), |text| shorter(text)).map(str::len).collect();
        assert_eq!(lengths, [798, 399, 198]);
        assert_eq!(shorter("short"), None);
    }
}
