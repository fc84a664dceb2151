//! Texts that end in a loop, as those of a model that has lost its way do ("neural text degeneration", Holtzman et al.,
//! 2020).

/// Bytes at the end of a text that are looked at.
const TAIL_BYTES: usize = 4096;
/// A loop of words goes round at least so often …
const ROUNDS: usize = 6;
/// … and fills at least so many bytes: a chorus, or a row of a table, is shorter.
const LEAST_BYTES: usize = 240;
/// A loop of less than a few words fills at least so many: laughter is shorter.
const LEAST_BYTES_OF_SHORT: usize = 480;
/// Bytes of a few words.
const SHORT_BYTES: usize = 12;
/// A loop without a letter fills at least so many: rules and rows of zeros are shorter.
const LEAST_BYTES_OF_SIGNS: usize = 960;

/// Whether `text` ends in one piece again and again.
pub(super) fn ends_in_a_loop(text: &str) -> bool {
    let text = text.trim_end().as_bytes();
    let tail = &text[text.len().saturating_sub(TAIL_BYTES)..];
    if tail.len() < LEAST_BYTES {
        return false;
    }
    let at = |from_end: usize| tail[tail.len() - 1 - from_end];
    // The failure function of Knuth, Morris and Pratt, from the end: `border[n]` is the length of the longest proper
    // beginning of the last n bytes, read backwards, that also ends them. n - border[n] is their period.
    let mut border = vec![0usize; tail.len() + 1];
    let mut length = 0;
    for end in 1..tail.len() {
        while length > 0 && at(end) != at(length) {
            length = border[length];
        }
        length += usize::from(at(end) == at(length));
        border[end + 1] = length;
        let (covered, period) = (end + 1, end + 1 - length);
        if covered / period >= ROUNDS && covered >= LEAST_BYTES {
            let piece = &tail[tail.len() - period..];
            if covered >= least_bytes(piece) {
                return true;
            }
        }
    }
    false
}

fn least_bytes(piece: &[u8]) -> usize {
    let has_letters = piece.iter().any(|byte| byte.is_ascii_alphabetic() || !byte.is_ascii());
    match piece.len() {
        _ if !has_letters => LEAST_BYTES_OF_SIGNS,
        ..SHORT_BYTES => LEAST_BYTES_OF_SHORT,
        _ => LEAST_BYTES,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loops_are_told_from_lists() {
        let counted: String =
            (0..90).map(|at| format!("{at}. Another item of the list.\n")).collect();
        let song = "Row, row, row your boat,\nGently down the stream.\n".repeat(3);
        for (text, expected) in [
            ("The sea is deep. ".repeat(30), true),
            (format!("An answer begins well. {}", "and then it goes on and on, ".repeat(12)), true),
            (format!("{}The sea is", "The sea is deep. ".repeat(30)), true),
            ("the ".repeat(200), true),
            ("海は深い。".repeat(60), true),
            ("!".repeat(2000), true),
            ("\n* item\n\n".repeat(80), true),
            ("1, ".repeat(500), true),
            ("ha".repeat(100), false),
            (format!("[{}]", "0, ".repeat(2000)), false),
            (format!("{}\n| a | b |", "-".repeat(300)), false),
            ("-".repeat(300), false),
            (song, false),
            (counted, false),
            ("The sea is deep. ".repeat(3), false),
            (format!("{}That was that.", "The sea is deep. ".repeat(100)), false),
            (String::new(), false),
            (" ".repeat(9000), false),
            ("x".into(), false),
        ] {
            assert_eq!(ends_in_a_loop(&text), expected, "{text}");
        }
    }
}
