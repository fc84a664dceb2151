//! Whether an answer of the cheap tier was good enough, taking the frontier's answer to the same question for right.
//!
//! Pure functions over two answers by different models. Unlike the comparison of a stored answer with a fresh one, which
//! it builds on, it expects other words, another length and extra detail: what counts is what the reference has and the
//! cheap answer has not, or has otherwise. Where words do not tell it stays near the prior and says so, and words the
//! question for a model that prefers one of two. Knows nothing about requests, tiers' names or budgets; nothing that it
//! returns but that question has words of an answer in it.

mod code;
mod conclusion;
mod preference;
mod prose;
mod reason;
#[cfg(test)]
mod tests;
mod values;

use self::{
    code::Code,
    conclusion::Conclusion,
    values::{Calls, Tally},
};
pub use self::{
    preference::{Preference, combine, parse_preference, preference_prompt},
    reason::Reason,
};
use super::answers::{self, Comparison, parse_json};
use crate::cache::care::declines;

/// What one model answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Answer<'a> {
    /// Its text, or its calls as JSON: `{"tool_calls": [{"name": …, "arguments": …}]}`.
    pub text: &'a str,
    /// It was cut at a length limit.
    pub is_cut: bool,
    /// The provider marked it as a refusal.
    pub is_refusal: bool,
}

/// What else is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Evidence {
    /// P(the cheap answer is not good enough) before looking, in [0, 1].
    pub prior: f64,
    /// Cosine of the embeddings of the answers' beginnings, in [-1, 1].
    pub cosine: Option<f32>,
}

/// What a comparison found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judgement {
    /// P(the cheap answer is not good enough), in [0, 1].
    pub shortfall: f64,
    /// Evidence decided; when not, a model that judges may know more.
    pub is_certain: bool,
    /// What decided.
    pub reason: Reason,
}

impl Judgement {
    fn certain(reason: Reason, shortfall: f64) -> Self {
        Self { shortfall, is_certain: true, reason }
    }

    fn uncertain(reason: Reason, shortfall: f64) -> Self {
        Self { shortfall, is_certain: false, reason }
    }
}

/// Whether `cheap` was good enough, given `reference` by a better model. Not symmetric; equal texts always are.
pub fn judge(cheap: Answer<'_>, reference: Answer<'_>, evidence: Evidence) -> Judgement {
    let prior = if evidence.prior.is_nan() { 0.5 } else { evidence.prior.clamp(0.0, 1.0) };
    let evidence = Evidence { prior, ..evidence };
    if cheap.text.trim() == reference.text.trim() {
        return Judgement::certain(Reason::Equal, 0.0);
    }
    let comparison = answers::compare(cheap.text, reference.text, answers::Evidence::default());
    // Signs count in JSON and in code, so that words come last.
    let texts = [cheap.text, reference.text];
    said_at_all(cheap, reference, evidence, &comparison)
        .or_else(|| values(texts, evidence))
        .or_else(|| broken_code(texts, evidence))
        .or_else(|| equal(&comparison))
        .or_else(|| code(texts, evidence))
        .or_else(|| conclusions(texts, evidence))
        .unwrap_or_else(|| prose::judge(texts, &comparison, evidence))
}

/// Empty, declined or cut answers.
fn said_at_all(
    cheap: Answer<'_>,
    reference: Answer<'_>,
    evidence: Evidence,
    comparison: &Comparison,
) -> Option<Judgement> {
    let at_least = |shortfall: f64| evidence.prior.max(shortfall);
    if reference.text.trim().is_empty() {
        return Some(Judgement::uncertain(Reason::ReferenceEmpty, evidence.prior));
    }
    if cheap.text.trim().is_empty() {
        return Some(Judgement::certain(Reason::Empty, 1.0));
    }
    let refuses = |answer: Answer<'_>| answer.is_refusal || declines(answer.text);
    let are_alike = comparison.features.is_some_and(|features| features.covered >= ALIKE_REFUSALS);
    match (refuses(cheap), refuses(reference)) {
        (true, true) => return Some(Judgement::certain(Reason::BothRefuse, 0.0)),
        // "The document does not say" in two wordings, of which but one passes for a refusal.
        (true, false) | (false, true) if are_alike => {}
        (true, false) => return Some(Judgement::certain(Reason::Refusal, 1.0)),
        // Too careful a reference, or a cheap answer that was made up.
        (false, true) => {
            return Some(Judgement::uncertain(Reason::ReferenceRefuses, at_least(EVEN)));
        }
        (false, false) => {}
    }
    (cheap.is_cut && !reference.is_cut).then_some(Judgement::certain(Reason::Truncated, CUT))
}

/// The share of words in common from which on two answers decline alike.
const ALIKE_REFUSALS: f64 = 0.4;
const EVEN: f64 = 0.5;
/// A cut answer may have said enough before.
const CUT: f64 = 0.95;

/// Answers that programs read.
fn values([cheap, reference]: [&str; 2], evidence: Evidence) -> Option<Judgement> {
    let (value, expected) = (parse_json(cheap), parse_json(reference));
    let calls = value.as_ref().and_then(values::calls);
    let expected_calls = expected.as_ref().and_then(values::calls);
    match (calls, expected_calls) {
        (Some(calls), Some(expected)) => return Some(called(calls, expected, evidence)),
        (None, Some(_)) => return Some(Judgement::certain(Reason::ToolMissing, TOOL_MISSING)),
        (Some(_), None) => {
            return Some(Judgement::uncertain(
                Reason::ToolUnasked,
                evidence.prior.max(TOOL_UNASKED),
            ));
        }
        (None, None) => {}
    }
    match (value, expected) {
        (Some(value), Some(expected)) => {
            let reasons = [Reason::JsonEqual, Reason::JsonDiffers, Reason::JsonWording];
            Some(tallied(values::tally(&value, &expected), reasons, evidence))
        }
        // A list may be said in a sentence, and a citation begins like one.
        (None, Some(expected)) if expected.is_object() => {
            Some(Judgement::certain(Reason::JsonInvalid, 1.0))
        }
        (Some(value), None) if value.is_object() => {
            Some(Judgement::uncertain(Reason::Format, evidence.prior.max(EVEN)))
        }
        _ => None,
    }
}

/// A question back to the caller may do as well.
const TOOL_MISSING: f64 = 0.9;
const TOOL_UNASKED: f64 = 0.6;
const TOOL_MORE: f64 = 0.7;

fn called(
    calls: &[serde_json::Value],
    expected: &[serde_json::Value],
    evidence: Evidence,
) -> Judgement {
    match values::compare_calls(calls, expected) {
        Calls::Other => Judgement::certain(Reason::ToolOther, 1.0),
        Calls::More => Judgement::uncertain(Reason::ToolMore, evidence.prior.max(TOOL_MORE)),
        Calls::Same(tally) => {
            let reasons = [Reason::ToolEqual, Reason::ToolArguments, Reason::ToolWording];
            tallied(tally, reasons, evidence)
        }
    }
}

/// The least that other values count for: a program reads each.
const VALUES_DIFFER: f64 = 0.6;
/// From this share on, or in so few values, another value is a mistake rather than a matter of taste.
const TELLING_SHARE: f64 = 0.25;
const FEW_VALUES: u32 = 12;
/// What equal values beside texts in other words say, in logits.
const VALUES_AGREE: f64 = -1.0;

fn tallied(tally: Tally, [equal, differs, wording]: [Reason; 3], evidence: Evidence) -> Judgement {
    if tally.is_equal() {
        return Judgement::certain(equal, 0.0);
    }
    if tally.apart == 0 {
        return Judgement::uncertain(wording, prose::lean(evidence, VALUES_AGREE));
    }
    let share = tally.share_apart();
    Judgement {
        shortfall: VALUES_DIFFER + (1.0 - VALUES_DIFFER) * share,
        is_certain: tally.count() <= FEW_VALUES || share >= TELLING_SHARE,
        reason: differs,
    }
}

const CODE_CUT: f64 = 0.95;
const CODE_BROKEN: f64 = 0.85;
const CODE_MISSING: f64 = 0.75;
const CODE_LANGUAGE: f64 = 0.7;

/// Code that does not hold together where the reference's does.
fn broken_code([cheap, reference]: [&str; 2], evidence: Evidence) -> Option<Judgement> {
    let (code, expected) = (Code::of(cheap), Code::of(reference));
    if code.is_cut() && !expected.is_cut() {
        return Some(Judgement::certain(Reason::CodeBroken, CODE_CUT));
    }
    let is_broken = !code.is_sound() && expected.is_the_answer() && expected.is_sound();
    let shortfall = evidence.prior.max(CODE_BROKEN);
    is_broken.then_some(Judgement::certain(Reason::CodeBroken, shortfall))
}

fn equal(comparison: &Comparison) -> Option<Judgement> {
    let is_equal = comparison.reason == answers::Reason::Equal;
    is_equal.then_some(Judgement::certain(Reason::Equal, 0.0))
}

/// Code that the reference is.
fn code([cheap, reference]: [&str; 2], evidence: Evidence) -> Option<Judgement> {
    let (code, expected) = (Code::of(cheap), Code::of(reference));
    if !expected.is_the_answer() {
        return None;
    }
    let at_least = |shortfall: f64| evidence.prior.max(shortfall);
    Some(if code.is_empty() {
        Judgement::uncertain(Reason::CodeMissing, at_least(CODE_MISSING))
    } else if code.is_in_language_of(&expected) == Some(false) {
        Judgement::uncertain(Reason::CodeLanguage, at_least(CODE_LANGUAGE))
    } else {
        // Two programs that do the same seldom look the same: words say next to nothing.
        Judgement::uncertain(Reason::Code, prose::lean(evidence, 0.0))
    })
}

/// The right result may have been come by wrongly, and the frontier may be wrong.
const FINAL_EQUAL: f64 = 0.03;
const FINAL_DIFFERS: f64 = 0.95;
/// The last number of a calculation is mostly its result.
const LAST_EQUAL: f64 = 0.06;
const LAST_DIFFERS: f64 = 0.8;

/// What both come to.
fn conclusions([cheap, reference]: [&str; 2], evidence: Evidence) -> Option<Judgement> {
    let explicit = [cheap, reference].map(Conclusion::explicit);
    if let [Some(own), Some(expected)] = &explicit {
        return match own.agrees(expected)? {
            true => Some(Judgement::certain(Reason::FinalEqual, FINAL_EQUAL)),
            false => Some(Judgement::certain(Reason::FinalDiffers, FINAL_DIFFERS)),
        };
    }
    let [own, expected] = explicit;
    let own = own.filter(Conclusion::is_exact).or_else(|| Conclusion::of_calculation(cheap))?;
    let expected =
        expected.filter(Conclusion::is_exact).or_else(|| Conclusion::of_calculation(reference))?;
    match own.agrees(&expected)? {
        true => Some(Judgement::certain(Reason::FinalEqual, LAST_EQUAL)),
        false => Some(Judgement::uncertain(Reason::FinalDiffers, evidence.prior.max(LAST_DIFFERS))),
    }
}
