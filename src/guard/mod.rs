//! The guard: what two questions differ in that makes an answer to one wrong for the other.
//!
//! Pure functions over two texts, each difference with its words, so that every veto can be explained. The words of the
//! two are aligned once (`align`); then each kind looks at what has no counterpart, the surest kinds first, and the last
//! one names the words that are left. A further kind is one more file with a `compare`, one variant of [`Kind`] and one
//! line in `judge`; where it looks for words of its own, a mark (`marks`) spares it all others. It knows nothing about
//! embeddings, similarity or the cache.
//!
//! The lists of words are English. Where a question is in another language, only numbers and identifiers are compared.

mod align;
mod antonym;
mod code;
mod constraint;
mod date;
mod entity;
mod format;
mod id;
mod interrogative;
mod language;
mod lexicon;
mod marks;
mod negation;
mod number;
mod order;
mod overlap;
mod piece;
mod question;
mod rest;
mod roles;
mod scope;
mod stem;
#[cfg(test)]
mod tests;
mod token;
mod typo;
mod unit;

use std::fmt;

pub use number::cardinal;
pub use overlap::Overlap;
pub use question::MONTHS;
use question::Question;
use token::Text;

/// What two questions differ in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// A quantity, year, day of the month, clock time, version, rank or the number in a name.
    Number,
    /// A month, weekday, relative day, time of day, or before and after.
    Date,
    /// A unit of measure or a currency.
    Unit,
    /// An identifier that a machine gave: order number, UUID, hash, address of mail or web.
    Id,
    /// A piece of code: identifier, flag, file name, status code, quoted literal.
    Code,
    /// A name.
    Entity,
    /// One says what the other denies.
    Negation,
    /// A word and its opposite.
    Antonym,
    /// The same words with their roles exchanged.
    Order,
    /// All, some, only, at least, first.
    Scope,
    /// A human language, or a programming language or framework.
    Language,
    /// The form that the answer is to have.
    Format,
    /// What is asked for: a person, place, time, reason, amount.
    Question,
    /// A restriction that only one has.
    Constraint,
    /// Any other word without a counterpart.
    Word,
}

/// One difference, in the words of the two questions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// In what.
    pub kind: Kind,
    /// What only the left question has; empty when it has nothing to show.
    pub left: String,
    /// What only the right question has; empty when it has nothing to show.
    pub right: String,
}

/// All that the guard has to say of two questions.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// What they differ in; one at most of each kind, but for names.
    pub differences: Vec<Difference>,
    /// What they share.
    pub overlap: Overlap,
}

/// Compares two questions. Comparing a text with itself finds no difference, and swapping the texts swaps the sides of
/// each difference.
pub fn examine(left: &str, right: &str) -> Comparison {
    if left == right {
        return Comparison { differences: Vec::new(), overlap: Overlap::EQUAL };
    }
    // Words are paired off greedily from the left question's first; one order of the two keeps that symmetric.
    if left > right {
        let mut swapped = examine_ordered(right, left);
        for difference in &mut swapped.differences {
            std::mem::swap(&mut difference.left, &mut difference.right);
        }
        let overlap = &mut swapped.overlap;
        std::mem::swap(&mut overlap.unmatched_left, &mut overlap.unmatched_right);
        return swapped;
    }
    examine_ordered(left, right)
}

fn examine_ordered(left: &str, right: &str) -> Comparison {
    let (left, right) = (Text::read(left), Text::read(right));
    let (mut left, mut right) = (Question::read(&left), Question::read(&right));
    let pair = align::align(&left, &right);
    let corrections = pair.corrections();
    if corrections.is_empty() {
        return judge(pair);
    }
    corrections.apply(&mut left, &mut right);
    judge(align::align(&left, &right))
}

fn judge(mut pair: align::Pair<'_>) -> Comparison {
    let (left, right) = (pair.left.question, pair.right.question);
    let mut differences: Vec<Difference> = Vec::new();
    differences.extend(id::compare(left, right));
    differences.extend(code::compare(left, right));
    let are_foreign = left.is_foreign || right.is_foreign;
    if !are_foreign {
        differences.extend(unit::compare(&mut pair));
    }
    differences.extend(number::compare_questions(left, right));
    if !are_foreign {
        differences.extend(negation::compare(&pair));
        differences.extend(date::compare(&mut pair));
        differences.extend(language::compare(&mut pair));
        differences.extend(format::compare(&mut pair));
        differences.extend(antonym::compare(&mut pair));
        differences.extend(scope::compare(&mut pair));
        differences.extend(entity::compare(&mut pair));
        differences.extend(language::compare_additional(&mut pair));
        differences.extend(roles::compare(&pair));
        differences.extend(interrogative::compare(&pair));
        differences.extend(constraint::compare(&mut pair));
        differences.extend(entity::compare_additional(&mut pair));
    }
    differences.extend(rest::compare(&pair));
    cancel_double_turn(&mut differences, left, right);
    let overlap = overlap::measure(&pair, !differences.is_empty());
    Comparison { differences, overlap }
}

/// "Is A larger than B" and "is B smaller than A" are the same: the opposite and the exchange cancel each other.
fn cancel_double_turn(
    differences: &mut Vec<Difference>,
    left: &Question<'_>,
    right: &Question<'_>,
) {
    let compares = |question: &Question<'_>| question.words.iter().any(|word| word.text == "than");
    let sorted = |side: &str| {
        let mut parts: Vec<_> = side.split(", ").map(str::to_owned).collect();
        parts.sort_unstable();
        parts
    };
    let is_exchange = |difference: &Difference| match difference.kind {
        Kind::Order => true,
        Kind::Number => sorted(&difference.left) == sorted(&difference.right),
        _ => false,
    };
    let has_opposite = differences.iter().any(|difference| difference.kind == Kind::Antonym);
    if has_opposite && compares(left) && compares(right) && differences.iter().any(is_exchange) {
        differences
            .retain(|difference| difference.kind != Kind::Antonym && !is_exchange(difference));
    }
}

/// The differences alone, see [`examine`].
pub fn compare(left: &str, right: &str) -> Vec<Difference> {
    examine(left, right).differences
}

/// What two questions share alone, see [`examine`].
pub fn overlap(left: &str, right: &str) -> Overlap {
    examine(left, right).overlap
}

/// The difference that forbids to serve one question's answer for the other, if there is one.
///
/// Those kinds do that were found far more often between labelled questions that differ in their answer than between
/// those that share it; the others are evidence.
pub fn veto(differences: &[Difference]) -> Option<&Difference> {
    // Where several other words differ too, the names may be part of another wording.
    let is_reworded = differences.iter().any(|difference| {
        let several = |side: &str| side.split(' ').count() >= 3;
        difference.kind == Kind::Word && several(&difference.left) && several(&difference.right)
    });
    differences.iter().find(|difference| {
        let is_on_both = !difference.left.is_empty() && !difference.right.is_empty();
        match difference.kind {
            Kind::Number | Kind::Negation | Kind::Id | Kind::Unit | Kind::Date => true,
            Kind::Language | Kind::Format => true,
            Kind::Code | Kind::Antonym | Kind::Order => is_on_both,
            Kind::Entity => is_on_both && !is_reworded,
            Kind::Question => differences.len() == 1,
            Kind::Scope | Kind::Constraint | Kind::Word => false,
        }
    })
}

impl Kind {
    /// Every kind.
    pub const ALL: &[Self] = &[
        Self::Number,
        Self::Date,
        Self::Unit,
        Self::Id,
        Self::Code,
        Self::Entity,
        Self::Negation,
        Self::Antonym,
        Self::Order,
        Self::Scope,
        Self::Language,
        Self::Format,
        Self::Question,
        Self::Constraint,
        Self::Word,
    ];

    /// The name in reasons, logs and metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Date => "date",
            Self::Unit => "unit",
            Self::Id => "id",
            Self::Code => "code",
            Self::Entity => "entity",
            Self::Negation => "negation",
            Self::Antonym => "antonym",
            Self::Order => "order",
            Self::Scope => "scope",
            Self::Language => "language",
            Self::Format => "format",
            Self::Question => "question",
            Self::Constraint => "constraint",
            Self::Word => "word",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl fmt::Display for Difference {
    /// Like `number 30 → 37`; a side with nothing to show is a dash.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |side: &str| if side.is_empty() { "–".to_owned() } else { side.to_owned() };
        write!(formatter, "{} {} → {}", self.kind, shown(&self.left), shown(&self.right))
    }
}
