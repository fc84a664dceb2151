//! Answers in words: what they have in common, what contradicts, and how much each of it says. The weights were set by hand.

use super::{Evidence, Judgement, Reason};
use crate::verify::answers::{Comparison, Features, Shape};

/// Below this, or above the complement, evidence has decided.
const CERTAIN: f64 = 0.15;
/// What evidence for an answer leaves of the prior, at least, to be any.
const LEAST_GAIN: f64 = 0.75;
/// The prior may not be surer than this, so that evidence can turn it.
const SUREST_PRIOR: f64 = 0.02;
/// Where the cosine of two good answers to one question by different models lies about, and what a step away from it says,
/// in logits: each way no more than so much, as two wrong answers are alike too.
const USUAL_COSINE: f64 = 0.75;
const PER_COSINE: f64 = 10.0;
const MOST_BY_COSINE: [f64; 2] = [-2.0, 2.5];
/// Characters from which on a reference is long …
const LONG_CHARACTERS: usize = 500;
/// … and the shares of it below which an answer leaves out much, and nearly all.
const SHORT_SHARE: f64 = 0.25;
const SCANT_SHARE: f64 = 0.08;
/// The share of words in common that is usual; what more of it says, in logits, and the most that less of it says.
const USUAL_OVERLAP: f64 = 0.25;
const PER_OVERLAP: f64 = 2.0;
const MOST_BY_OVERLAP: f64 = 0.3;

/// Judges a cheap answer in words by the reference: the texts of both, and what they have in common.
pub(super) fn judge(
    [cheap, reference]: [&str; 2],
    comparison: &Comparison,
    evidence: Evidence,
) -> Judgement {
    let Some(features) = &comparison.features else {
        return Judgement::uncertain(Reason::Thin, lean(evidence, 0.0));
    };
    if features.polarity >= OPPOSITE {
        return Judgement::certain(Reason::Polarity, 0.95);
    }
    if features.shape != Shape::Long || features.brief {
        return brief(features, left_out(cheap, reference), evidence);
    }
    let terms = [
        (Reason::Negation, 2.5 * features.negation),
        (Reason::Polarity, 2.0 * features.polarity),
        (Reason::Numbers, 1.2 * features.numbers * features.numbers),
        // Models choose their own examples.
        (Reason::Names, 0.4 * features.names * features.names),
        (Reason::Length, left_out(cheap, reference)),
    ];
    let against: f64 = terms.iter().map(|(_, weight)| weight).sum();
    let overlap = 0.6 * features.contained + 0.4 * features.covered;
    let overlap = (PER_OVERLAP * (USUAL_OVERLAP - overlap)).min(MOST_BY_OVERLAP);
    let agreement = 0.3 * f64::from(features.agreeing) + if features.agrees { 0.5 } else { 0.0 };
    let shortfall = lean(evidence, against + overlap - agreement);
    let greatest = terms.into_iter().max_by(|left, right| left.1.total_cmp(&right.1));
    let reason = match greatest {
        Some((reason, weight)) if weight >= LEAST_TO_NAME && shortfall > evidence.prior => reason,
        _ if shortfall <= CERTAIN => Reason::Alike,
        _ if shortfall >= 1.0 - CERTAIN => Reason::Unlike,
        _ => Reason::Thin,
    };
    // Models that say the same in other words are sure to be good; that they say it otherwise does not make one bad.
    let is_less_likely = shortfall <= LEAST_GAIN * evidence.prior.max(SUREST_PRIOR);
    let is_good = is_less_likely && shortfall <= CERTAIN && against < LEAST_TO_NAME;
    let is_bad = shortfall >= 1.0 - CERTAIN && against >= LEAST_TO_CONVICT;
    Judgement { shortfall, is_certain: is_good || is_bad, reason }
}

/// One says yes, and the other no.
const OPPOSITE: f64 = 0.9;
/// From here on what speaks against an answer has a name, in logits.
const LEAST_TO_NAME: f64 = 0.6;
/// From here on it is reason enough, in logits.
const LEAST_TO_CONVICT: f64 = 1.8;

/// Answers of a few words, one of them at least: each number and name is the point. `left_out` is what brevity says against
/// the cheap one, in logits.
fn brief(features: &Features, left_out: f64, evidence: Evidence) -> Judgement {
    let is_said_in_full = features.leads || features.agrees || features.contained >= MOSTLY;
    if features.numbers >= EVEN {
        return Judgement::certain(Reason::Numbers, 0.92);
    }
    if features.negation >= EVEN {
        return Judgement::certain(Reason::Negation, 0.9);
    }
    if features.names >= EVEN {
        return Judgement::certain(Reason::Names, 0.9);
    }
    let is_said_in_full = is_said_in_full && features.numbers == 0.0 && features.polarity < EVEN;
    if left_out > 0.0 {
        // The point, or a beginning.
        let logits = if is_said_in_full { left_out - SAID_IN_FULL } else { left_out };
        return Judgement::uncertain(Reason::Length, lean(evidence, logits));
    }
    if is_said_in_full {
        return Judgement::certain(Reason::Contained, 0.05);
    }
    let against = match features.shape {
        Shape::Short => 2.0 - 2.5 * features.contained,
        _ => 0.8 - 2.0 * features.contained,
    };
    let agreement = 0.5 * f64::from(features.agreeing);
    let shortfall = lean(evidence, against + 2.0 * features.polarity - agreement);
    let reason = if against > 0.0 { Reason::ShortDiffers } else { Reason::Thin };
    Judgement::uncertain(reason, shortfall)
}

const EVEN: f64 = 0.5;
/// What it says for a short answer to be in a long one, in logits.
const SAID_IN_FULL: f64 = 1.5;
/// The share of the words of one that the other has, to say it in full.
const MOSTLY: f64 = 0.8;

/// What the prior and the cosine say, and `logits` more: P(not good enough).
pub(super) fn lean(evidence: Evidence, logits: f64) -> f64 {
    let prior = evidence.prior.clamp(SUREST_PRIOR, 1.0 - SUREST_PRIOR);
    let cosine = evidence.cosine.map(f64::from).filter(|cosine| !cosine.is_nan());
    let [least, most] = MOST_BY_COSINE;
    let cosine =
        cosine.map_or(0.0, |cosine| (PER_COSINE * (USUAL_COSINE - cosine)).clamp(least, most));
    let logit = (prior / (1.0 - prior)).ln() + cosine + logits;
    1.0 / (1.0 + (-logit).exp())
}

/// What a much shorter answer than a long reference says, in logits.
fn left_out(cheap: &str, reference: &str) -> f64 {
    let long = reference.chars().count();
    if long < LONG_CHARACTERS {
        return 0.0;
    }
    match cheap.chars().count() as f64 / long as f64 {
        ..SCANT_SHARE => 3.0,
        ..SHORT_SHARE => 1.5,
        _ => 0.0,
    }
}
