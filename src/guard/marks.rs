//! Which rules may have something to say of a word: found once for each word of the lists, so that a rule passes over all
//! other words without comparing them with its own.

use super::{date, format, interrogative, negation, number, question, scope};

/// Whether a rule may have something to say of a word, whatever stands around it.
type Rule = fn(&str) -> bool;

/// A set of rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Marks(u8);

impl Marks {
    /// It is two words written as one.
    pub(super) const CONTRACTED: Self = Self(1);
    /// It is a number or part of one, in digits or in words.
    pub(super) const NUMBER: Self = Self(1 << 1);
    pub(super) const NEGATES: Self = Self(1 << 2);
    pub(super) const DENIES: Self = Self(1 << 3);
    pub(super) const TIME: Self = Self(1 << 4);
    pub(super) const FORMAT: Self = Self(1 << 5);
    pub(super) const SCOPE: Self = Self(1 << 6);
    pub(super) const ASKS: Self = Self(1 << 7);

    /// Those of a word as written.
    pub(super) fn of(word: &str) -> Self {
        let rules: [(Self, Rule); 8] = [
            (Self::CONTRACTED, question::is_contracted),
            (Self::NUMBER, number::is_word),
            (Self::NEGATES, negation::may_negate),
            (Self::DENIES, negation::may_deny),
            (Self::TIME, date::may_name_time),
            (Self::FORMAT, format::may_begin),
            (Self::SCOPE, scope::may_be_scope),
            (Self::ASKS, interrogative::may_ask),
        ];
        let own = rules.into_iter().filter(|(_, is_one)| is_one(word));
        own.fold(Self::default(), |marks, (mark, _)| marks | mark)
    }

    /// Whether it has one of `others`.
    pub(super) fn has(self, others: Self) -> bool {
        self.0 & others.0 != 0
    }
}

impl std::ops::BitOr for Marks {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}
