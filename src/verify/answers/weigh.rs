//! What two answers have in common and what not, and how much each of it says. The weights were set by hand.

use std::collections::HashSet;
use std::hash::Hash;

use super::{
    Evidence,
    facts::{Facts, Polarity, is_negation},
    number,
};

/// How long the two answers are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Both have at most five words: each word counts.
    Short,
    /// One has at most five words: it has to be in the other.
    Mixed,
    /// Prose against prose.
    Long,
    /// Nothing but code.
    Code,
}

/// What is weighed. Shares are in [0, 1]; what is a conflict is 0 when there is none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Features {
    /// How long the answers are.
    pub shape: Shape,
    /// Both have so few words that each number and name is the point.
    pub brief: bool,
    /// The larger share of one answer's content words that the other has too.
    pub contained: f64,
    /// The smaller one.
    pub covered: f64,
    /// The shorter answer's content is in the other's first sentence, or as a row of words in it.
    pub leads: bool,
    /// Numbers that contradict each other.
    pub numbers: f64,
    /// One says yes, the other no.
    pub polarity: f64,
    /// Both say the same of yes and no.
    pub agrees: bool,
    /// The first sentences are alike, and one of them denies.
    pub negation: f64,
    /// Names that only one has, on both sides.
    pub names: f64,
    /// Links that only one has, on both sides.
    pub links: f64,
    /// Code within prose that only one has, on both sides.
    pub spans: f64,
    /// Kinds of the above (numbers, names, links, code within prose) that both have, and that agree.
    pub agreeing: u8,
    /// Alikeness of the code, when both have some.
    pub code: Option<f64>,
    /// One has code and the other has none.
    pub code_missing: bool,
    /// Numbers in short code that contradict each other.
    pub code_numbers: f64,
}

/// What decided, without any words of the answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// Word for word, but for case, punctuation, articles and politeness.
    Equal,
    /// The same JSON values.
    JsonEqual,
    /// Different JSON values.
    JsonDiffers,
    /// One says nothing.
    OneEmpty,
    /// One refuses, the other answers.
    OneRefuses,
    /// Neither answers.
    BothRefuse,
    /// One says yes, the other no.
    Polarity,
    /// The numbers differ.
    Numbers,
    /// One denies what the other says.
    Negation,
    /// The names differ.
    Names,
    /// The links differ.
    Links,
    /// The code differs.
    Code,
    /// Short answers with different words.
    ShortDiffer,
    /// One is in the other.
    Contained,
    /// Much the same words.
    Alike,
    /// Few words in common.
    Unlike,
}

impl Reason {
    /// As in logs and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "equal after normalisation",
            Self::JsonEqual => "same JSON values",
            Self::JsonDiffers => "JSON values differ",
            Self::OneEmpty => "one is empty",
            Self::OneRefuses => "one refuses",
            Self::BothRefuse => "both refuse",
            Self::Polarity => "yes against no",
            Self::Numbers => "numbers differ",
            Self::Negation => "one denies",
            Self::Names => "names differ",
            Self::Links => "links differ",
            Self::Code => "code differs",
            Self::ShortDiffer => "short answers differ",
            Self::Contained => "one contains the other",
            Self::Alike => "much in common",
            Self::Unlike => "little in common",
        }
    }
}

/// An answer of at most so many words is short.
const SHORT_WORDS: usize = 5;
/// In answers of at most so many words each number and name is the point.
const BRIEF_WORDS: usize = 16;
/// In code of at most so many characters each number is the point.
const BRIEF_CODE: usize = 400;

impl Features {
    pub(super) fn of(left: &Facts<'_>, right: &Facts<'_>) -> Self {
        let (left_in_right, right_in_left) = shares(&left.content, &right.content);
        let is_brief = left.words.len().max(right.words.len()) <= BRIEF_WORDS;
        let shape = shape(left, right);
        let brief_code =
            left.code.iter().chain(right.code).map(String::len).sum::<usize>() <= 2 * BRIEF_CODE;
        let polarity = polarity(left, right);
        let agreeing = agreeing(left, right);
        // "42" has no words for "the answer is 42" to have.
        let only_facts = left.content.is_empty() || right.content.is_empty();
        let contained = left_in_right.max(right_in_left);
        Self {
            shape,
            brief: is_brief,
            contained: if only_facts && agreeing > 0 { 1.0 } else { contained },
            covered: left_in_right.min(right_in_left),
            leads: leads(left, right),
            numbers: numbers(left, right, is_brief),
            polarity,
            agrees: left.polarity == right.polarity && left.polarity != Polarity::Unsaid,
            negation: negation(left, right, shape),
            names: if is_brief { names(left, right).sqrt() } else { names(left, right) },
            links: apart(&left.links, &right.links),
            spans: apart(&left.spans, &right.spans),
            agreeing,
            code: code(left, right),
            code_missing: left.code.is_empty() != right.code.is_empty(),
            code_numbers: if brief_code {
                number::conflict(&left.code_numbers, &right.code_numbers)
            } else {
                0.0
            },
        }
    }
}

fn shape(left: &Facts<'_>, right: &Facts<'_>) -> Shape {
    let short = |facts: &Facts<'_>| facts.plain().count() <= SHORT_WORDS && facts.code.is_empty();
    if left.words.is_empty()
        && right.words.is_empty()
        && !(left.code.is_empty() && right.code.is_empty())
    {
        return Shape::Code;
    }
    match (short(left), short(right)) {
        (true, true) => Shape::Short,
        (false, false) => Shape::Long,
        _ => Shape::Mixed,
    }
}

/// The share of each set that is in the other.
fn shares<T: Eq + Hash>(left: &HashSet<T>, right: &HashSet<T>) -> (f64, f64) {
    let common = left.intersection(right).count() as f64;
    let share = |set: &HashSet<T>| if set.is_empty() { 0.0 } else { common / set.len() as f64 };
    (share(left), share(right))
}

/// How far apart two sets are that each have something of their own; 0 when one has only more.
fn apart<T: Eq + Hash>(left: &HashSet<T>, right: &HashSet<T>) -> f64 {
    let common = left.intersection(right).count();
    if common == left.len() || common == right.len() {
        return 0.0;
    }
    1.0 - 2.0 * common as f64 / (left.len() + right.len()) as f64
}

/// Whether the shorter answer's content is said in the other's first sentence, or its words stand there in a row.
fn leads(left: &Facts<'_>, right: &Facts<'_>) -> bool {
    let said_by = |short: &Facts<'_>, long: &Facts<'_>| {
        let words: Vec<&str> = short.plain().collect();
        let others: Vec<&str> = long.plain().collect();
        let in_a_row =
            !words.is_empty() && others.windows(words.len()).any(|window| window == words);
        in_a_row || !short.content.is_empty() && short.content.is_subset(&long.lead_content)
    };
    left.words.len() <= right.words.len() && said_by(left, right)
        || right.words.len() <= left.words.len() && said_by(right, left)
}

fn numbers(left: &Facts<'_>, right: &Facts<'_>, is_brief: bool) -> f64 {
    let all = number::conflict(&left.numbers, &right.numbers);
    // A date with another day is another date, however many of its numbers agree.
    if is_brief && all > 0.0 {
        return 1.0;
    }
    // The first sentence has the answer: what it says there is to be found somewhere in the other.
    let lead = number::conflict(&left.lead_numbers, &right.numbers)
        .min(number::conflict(&right.lead_numbers, &left.numbers));
    all.max(lead)
}

fn polarity(left: &Facts<'_>, right: &Facts<'_>) -> f64 {
    use Polarity::{No, Unsaid, Yes};
    let against = |some: &Facts<'_>, other: &Facts<'_>| match (some.polarity, other.polarity) {
        (Yes, No) => 1.0,
        (No, Unsaid) if other.assents => 0.9,
        (Yes, Unsaid) if other.denies => 0.7,
        (No, Unsaid) if !other.denies && !other.lead_content.is_empty() => 0.3,
        _ => 0.0,
    };
    f64::max(against(left, right), against(right, left))
}

fn negation(left: &Facts<'_>, right: &Facts<'_>, shape: Shape) -> f64 {
    if left.denies == right.denies
        || left.polarity != Polarity::Unsaid
        || right.polarity != Polarity::Unsaid
        || shape == Shape::Mixed
    {
        return 0.0;
    }
    fn without<'a>(facts: &Facts<'a>) -> HashSet<&'a str> {
        facts.lead_content.iter().filter(|word| !is_negation(word)).copied().collect()
    }
    let (left, right) = (without(left), without(right));
    let (left_in_right, right_in_left) = shares(&left, &right);
    // Only alike sentences contradict each other by a "not".
    (2.0 * left_in_right.max(right_in_left).min(1.0) - 1.0).max(0.0)
}

fn names(left: &Facts<'_>, right: &Facts<'_>) -> f64 {
    let missing = |names: &HashSet<&str>, other: &Facts<'_>| {
        names.iter().filter(|name| !other.all.contains(*name)).count()
    };
    let (sure_left, sure_right) = (missing(&left.names, right), missing(&right.names, left));
    let perhaps_left = missing(&left.perhaps_names, right);
    let perhaps_right = missing(&right.perhaps_names, left);
    let both = sure_left > 0 && sure_right + perhaps_right > 0
        || sure_right > 0 && sure_left + perhaps_left > 0;
    if !both {
        return 0.0;
    }
    let shared = left.names.len() - sure_left + right.names.len() - sure_right;
    let missing = sure_left + sure_right;
    missing as f64 / (missing + shared) as f64
}

fn agreeing(left: &Facts<'_>, right: &Facts<'_>) -> u8 {
    fn agree<T: Eq + Hash>(left: &HashSet<T>, right: &HashSet<T>) -> bool {
        !left.is_empty() && !right.is_empty() && apart(left, right) == 0.0
    }
    let numbers = !left.numbers.is_empty()
        && !right.numbers.is_empty()
        && number::conflict(&left.numbers, &right.numbers) == 0.0;
    let named = |some: &Facts<'_>, other: &Facts<'_>| !some.names.is_disjoint(&other.all);
    let names = names(left, right) == 0.0 && (named(left, right) || named(right, left));
    let links = agree(&left.links, &right.links);
    let spans = agree(&left.spans, &right.spans);
    [numbers, names, links, spans].into_iter().map(u8::from).sum()
}

fn code(left: &Facts<'_>, right: &Facts<'_>) -> Option<f64> {
    if left.code.is_empty() || right.code.is_empty() {
        return None;
    }
    if left.code == right.code {
        return Some(1.0);
    }
    fn tokens<'a>(facts: &Facts<'a>) -> HashSet<&'a str> {
        let characters = |c: char| !(c.is_alphanumeric() || c == '_');
        let words = facts.code.iter().flat_map(move |block| block.split(characters));
        words.filter(|word| !word.is_empty()).collect()
    }
    let (left, right) = (tokens(left), tokens(right));
    let common = left.intersection(&right).count() as f64;
    Some(MOST_ALIKE * 2.0 * common / ((left.len() + right.len()) as f64).max(1.0))
}

/// Code with the same words in another order or with other signs is not the same code.
const MOST_ALIKE: f64 = 0.95;

/// What decided, and P(wrong).
pub(super) fn weigh(features: &Features, evidence: Evidence) -> (Reason, f64) {
    let terms = conflicts(features);
    let conflict: f64 = terms.iter().map(|(_, weight)| weight).sum();
    let (alike, base) = base(features);
    let words = if conflict > LEAST_CONFLICT {
        // Two values in one template have all the rest in common, which excuses nothing.
        base.max(MOST_EXCUSED)
    } else {
        base - agreement(features)
    };
    let logit = words + conflict + of_others(evidence);
    let wrong = 1.0 / (1.0 + (-logit).exp());
    let greatest = terms.iter().max_by(|left, right| left.1.total_cmp(&right.1));
    let reason = match greatest {
        _ if wrong < 0.5 => alike,
        Some((reason, weight)) if *weight > LEAST_TO_NAME => *reason,
        _ if features.shape == Shape::Short => Reason::ShortDiffer,
        _ if features.shape == Shape::Code => Reason::Code,
        _ => Reason::Unlike,
    };
    (reason, wrong)
}

/// From here on facts conflict, in logits.
const LEAST_CONFLICT: f64 = 2.0;
/// The most that words in common say against a conflict of facts, in logits.
const MOST_EXCUSED: f64 = -1.5;
/// A conflict of less weight did not decide.
const LEAST_TO_NAME: f64 = 0.7;

/// What speaks against the stored answer, in logits.
fn conflicts(features: &Features) -> [(Reason, f64); 7] {
    let Features { numbers, polarity, negation, names, links, spans, code_numbers, .. } = *features;
    let hard = match features.shape {
        Shape::Long => 0.7,
        Shape::Short | Shape::Mixed | Shape::Code => 1.0,
    };
    // Long answers name much in passing.
    let pointed = if features.brief || features.shape != Shape::Long { 3.0 } else { 1.6 };
    let code = match features.code {
        Some(alike) => 1.2 - 2.4 * alike,
        None if features.code_missing => 0.5,
        None => 0.0,
    };
    [
        (Reason::Polarity, 5.0 * polarity),
        (Reason::Numbers, 5.0 * hard * numbers),
        (Reason::Negation, 3.2 * negation),
        (Reason::Names, pointed * names),
        (Reason::Links, 2.5 * hard * links),
        (Reason::Code, code + 3.0 * code_numbers),
        (Reason::Code, 3.0 * hard * spans),
    ]
}

/// What facts that agree say, in logits.
fn agreement(features: &Features) -> f64 {
    let each = match features.shape {
        Shape::Long => 0.5,
        Shape::Short | Shape::Mixed | Shape::Code => 1.2,
    };
    each * f64::from(features.agreeing)
}

/// Where the words alone put it, in logits, and what to call it when nothing speaks against.
fn base(features: &Features) -> (Reason, f64) {
    let Features { contained, covered, leads, agrees, .. } = *features;
    match features.shape {
        Shape::Short if agrees => (Reason::Alike, -3.0),
        Shape::Short if leads => (Reason::Contained, -2.0),
        Shape::Short => (Reason::Alike, 2.2 - 2.5 * contained - 1.5 * covered),
        Shape::Mixed if agrees => (Reason::Contained, -3.0),
        Shape::Mixed if leads => (Reason::Contained, -2.8),
        Shape::Mixed => (Reason::Contained, 1.6 - 3.2 * contained),
        Shape::Code => (Reason::Alike, -0.2),
        Shape::Long => {
            let overlap = 0.6 * contained + 0.4 * covered;
            let agreement = if agrees { -1.0 } else { 0.0 };
            (Reason::Alike, agreement + 1.6 - 6.5 * overlap)
        }
    }
}

/// What the models say, in logits: bounded, as both take answers of one form for alike.
fn of_others(evidence: Evidence) -> f64 {
    let within = |value: f32, low: f64, high: f64| {
        let value = f64::from(value);
        if value.is_nan() { None } else { Some(value.clamp(low, high)) }
    };
    let cosine = evidence.cosine.and_then(|cosine| within(cosine, -1.0, 1.0));
    let cosine = cosine.map_or(0.0, |cosine| (6.0 * (0.75 - cosine)).clamp(-1.5, 2.0));
    let verified = evidence.verified.and_then(|verified| within(verified, 0.02, 0.98));
    let verified = verified.map_or(0.0, |same| -0.5 * (same / (1.0 - same)).ln());
    cosine + verified
}
