//! Owns [`Text`]: words from outside, cut to a length that can be kept by the million.

use std::{fmt, sync::Arc};

/// A text of at most `MAX` bytes; what is longer is cut at the last character that fits. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text<const MAX: usize>(Arc<str>);

/// The name of a key, model, target, tier or error.
pub type Name = Text<256>;

/// Why a target answered.
pub type Reason = Text<512>;

/// What a caller files a request under.
pub type Tag = Text<TAG_BYTES>;

const TAG_BYTES: usize = 128;

impl<const MAX: usize> Text<MAX> {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> From<&str> for Text<MAX> {
    fn from(text: &str) -> Self {
        Self(beginning(text, MAX).into())
    }
}

impl<const MAX: usize> From<Arc<str>> for Text<MAX> {
    /// Copies nothing, unless the text is too long.
    fn from(text: Arc<str>) -> Self {
        if text.len() <= MAX { Self(text) } else { Self::from(&*text) }
    }
}

impl<const MAX: usize> fmt::Display for Text<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// The longest beginning of at most `most` bytes that ends between two characters.
fn beginning(text: &str, most: usize) -> &str {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// The tags of one request: no two alike, none empty, the first 32 that are given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tags(Vec<Tag>);

/// Tags of one request that are kept.
const MAX_TAGS: usize = 32;

impl Tags {
    /// The tags, in the order in which they were given.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(Tag::as_str)
    }
}

impl<'a> FromIterator<&'a str> for Tags {
    fn from_iter<I: IntoIterator<Item = &'a str>>(texts: I) -> Self {
        let mut tags = Vec::new();
        for text in texts {
            let tag = beginning(text, TAG_BYTES);
            if tag.is_empty() || tags.iter().any(|known: &Tag| known.as_str() == tag) {
                continue;
            }
            if tags.len() == MAX_TAGS {
                break;
            }
            tags.push(Tag::from(tag));
        }
        Self(tags)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_between_characters() {
        for (text, kept) in [
            ("", ""),
            ("abc", "abc"),
            ("abcd", "abcd"),
            ("abcde", "abcd"),
            ("abcé", "abc"),
            ("🦀🦀", "🦀"),
            ("ab🦀", "ab"),
            ("a\0b", "a\0b"),
        ] {
            assert_eq!(Text::<4>::from(text).as_str(), kept, "{text:?}");
            assert_eq!(Text::<4>::from(Arc::<str>::from(text)).as_str(), kept, "{text:?}");
        }
    }

    #[test]
    fn a_megabyte_of_tag_leaves_128_bytes() {
        let crabs = "🦀".repeat(1 << 18);
        let tags: Tags = [crabs.as_str(), "x"].into_iter().collect();
        let kept: Vec<_> = tags.iter().collect();
        assert_eq!(kept, ["🦀".repeat(32).as_str(), "x"]);
    }

    #[test]
    fn tags_are_few_and_differ() {
        let many: Vec<String> = (0..100).map(|n| format!("tag{n}")).collect();
        let tags: Tags =
            ["a", "", "a"].into_iter().chain(many.iter().map(String::as_str)).collect();
        let kept: Vec<_> = tags.iter().collect();
        assert_eq!((kept.len(), &kept[..3]), (MAX_TAGS, &["a", "tag0", "tag1"][..]));
        // Those that are alike once they are cut count once.
        let long = "x".repeat(TAG_BYTES);
        let alike: Tags =
            [format!("{long}1"), format!("{long}2")].iter().map(String::as_str).collect();
        assert_eq!(alike.iter().count(), 1);
    }
}
