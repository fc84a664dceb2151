//! Whether what is served has become worse: the latest outcomes against those before. Pure.

use super::evidence::Faded;

/// Numbers of latest outcomes that are held against the older ones.
const LATEST: [usize; 3] = [50, 100, 200];
/// Normal deviate from which it is no accident. The test is repeated with nearly every outcome: in steady traffic this one
/// is reached about once in 100,000 requests, at 3.5 a quarter as often, but then a rise of the odds of a loss by 0.8 is
/// noticed half as often. To start again with few outcomes costs little.
const DEVIATE: f64 = 3.0;

/// How many of the latest outcomes are to be kept, when they lose significantly more at `threshold` than the older ones.
///
/// By the signed root of the likelihood ratio of two shares: for losses, which lie between 0 and 1, it is no less
/// cautious than for counts, and unlike a difference of means it keeps its level where losses are rare.
pub(super) fn fallen(outcomes: &[Faded], threshold: f64) -> Option<usize> {
    LATEST.into_iter().find(|&latest| {
        // Of as many older ones at least, or the latest are the whole evidence.
        let Some(split) = outcomes.len().checked_sub(latest).filter(|&older| older >= latest)
        else {
            return false;
        };
        let (older, newer) = outcomes.split_at(split);
        deviate(sum(older, threshold), sum(newer, threshold)) > DEVIATE
    })
}

/// Share that is lost, and the effective number of outcomes.
fn sum(outcomes: &[Faded], threshold: f64) -> (f64, f64) {
    let (mut weight, mut squares, mut lost) = (0.0, 0.0, 0.0);
    for faded in outcomes {
        let outcome = &faded.outcome;
        let requests = f64::from(outcome.weight);
        weight += requests;
        squares += requests * requests;
        if outcome.estimates.choose(threshold) == outcome.tier {
            lost += requests * f64::from(outcome.loss.max(0.0));
        }
    }
    (lost / weight, weight * weight / squares)
}

fn deviate((older, of_older): (f64, f64), (newer, of_newer): (f64, f64)) -> f64 {
    let together = (older * of_older + newer * of_newer) / (of_older + of_newer);
    let likelihood =
        of_older * divergence(older, together) + of_newer * divergence(newer, together);
    (2.0 * likelihood.max(0.0)).sqrt().copysign(newer - older)
}

/// Of two coins (Kullback and Leibler 1951).
fn divergence(share: f64, from: f64) -> f64 {
    let part = |share: f64, from: f64| if share > 0.0 { share * (share / from).ln() } else { 0.0 };
    part(share, from) + part(1.0 - share, 1.0 - from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rise_is_told_from_a_fall_and_from_chance() {
        for (older, newer, significant) in [
            ((0.05, 500.0), (0.05, 50.0), false),
            ((0.05, 500.0), (0.14, 50.0), false),
            ((0.05, 500.0), (0.16, 100.0), true),
            ((0.05, 500.0), (0.24, 50.0), true),
            ((0.0, 500.0), (0.16, 50.0), true),
            ((0.3, 500.0), (0.0, 200.0), false),
            ((0.0, 500.0), (0.0, 50.0), false),
        ] {
            assert_eq!(deviate(older, newer) > DEVIATE, significant, "{older:?} {newer:?}");
        }
        // 10 of 100 against 20 of 100: 2 × (10 ln 10/15 + 90 ln 90/85 + 20 ln 20/15 + 80 ln 80/85) = 3.9866.
        assert!((deviate((0.1, 100.0), (0.2, 100.0)).powi(2) - 3.9866).abs() < 1e-3);
    }
}
