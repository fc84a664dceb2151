//! Owns what can be asked about spending, and the shape of the answer. Pure.

use std::str::FromStr;

use super::{day::Day, totals::Totals};

/// A question about spending.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// What to tell apart, in this order; nothing: one sum.
    pub by: Vec<Dimension>,
    /// The first day that counts.
    pub since: Option<Day>,
    /// The last day that counts.
    pub until: Option<Day>,
    /// Only requests of this key.
    pub key: Option<String>,
    /// Only requests for this model, as their callers named it.
    pub model: Option<String>,
    /// Only requests with this tag, whatever others they have.
    pub tag: Option<String>,
}

/// By what requests are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dimension {
    /// Who asked.
    Key,
    /// The model as the caller named it.
    Model,
    /// `provider/model` that answered.
    Target,
    /// The day, in UTC.
    Day,
    /// Each of the tags.
    Tag,
    /// The tier that answered.
    Tier,
    /// The protocol.
    Protocol,
    /// The cache outcome.
    Cache,
}

/// All of them, by name.
const DIMENSIONS: [(&str, Dimension); 8] = [
    ("key", Dimension::Key),
    ("model", Dimension::Model),
    ("target", Dimension::Target),
    ("day", Dimension::Day),
    ("tag", Dimension::Tag),
    ("tier", Dimension::Tier),
    ("protocol", Dimension::Protocol),
    ("cache", Dimension::Cache),
];

/// Not a [`Dimension`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not known here; valid values: key, model, target, day, tag, tier, protocol, cache")]
pub struct UnknownDimension;

impl FromStr for Dimension {
    type Err = UnknownDimension;

    fn from_str(text: &str) -> Result<Self, UnknownDimension> {
        let found = DIMENSIONS.iter().find(|(name, _)| *name == text);
        found.map(|(_, dimension)| *dimension).ok_or(UnknownDimension)
    }
}

impl Dimension {
    /// Its name in questions and answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Model => "model",
            Self::Target => "target",
            Self::Day => "day",
            Self::Tag => "tag",
            Self::Tier => "tier",
            Self::Protocol => "protocol",
            Self::Cache => "cache",
        }
    }
}

/// The answer to a [`Query`]; all of it is of one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spend {
    /// The groups: by day where that is asked for, then the dearest first, then by name.
    pub rows: Vec<Row>,
    /// All requests that count. Told apart by tag, rows add up to more: a request counts in the row of each of its tags,
    /// and one without tags in a row of its own.
    pub total: Totals,
    /// Requests that might count, but are known only as part of totals that have no model and no tags; they are neither in
    /// the rows nor in the total. Nothing unless a model or a tag is asked for.
    pub left_out: Totals,
}

/// Requests that have something in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What they have in common, in the order of [`Query::by`]; `None` where they have no such thing, or it is not known.
    pub group: Vec<Option<String>>,
    /// What they add up to.
    pub totals: Totals,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dimension_is_read_by_its_name() {
        for (name, dimension) in DIMENSIONS {
            assert_eq!((name.parse(), dimension.as_str()), (Ok(dimension), name));
            assert!(UnknownDimension.to_string().contains(name));
        }
        assert_eq!("Key".parse::<Dimension>(), Err(UnknownDimension));
    }
}
