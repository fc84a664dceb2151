//! The part of a long text that any model can read.

/// Bytes of a text that fit the window of every model of ours.
const BYTES: usize = 800;

/// As much of a text as any model of ours can embed: its beginning says what it is about.
pub fn beginning(text: &str) -> &str {
    let end = (0..=BYTES.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
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
}
