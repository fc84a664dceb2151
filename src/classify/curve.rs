//! From what the operator aims at to a threshold, over the curve that training measured on held-out data.

use super::weights::CurvePoint;
use crate::config::Aim;

/// The probability above which the frontier answers. Falls as the aimed quality or frontier share rises.
///
/// Quality counts with its lower 95 % bound, not its estimate, and what no point of the curve reaches sends everything to
/// the frontier.
pub(super) fn threshold(curve: &[CurvePoint], aim: Aim) -> f32 {
    match aim {
        Aim::Quality(quality) => highest_with_quality(curve, quality as f32),
        Aim::FrontierShare(share) => at_share(curve, share as f32),
        // What a day costs depends on the traffic, which no curve knows: the start that a budget is kept from.
        Aim::Spend { nano_usd_per_day: _ } => highest_with_quality(curve, QUALITY_AT_START),
        Aim::Threshold(threshold) => threshold as f32,
    }
}

/// Share of the frontier's quality that is aimed at while nothing is known of what the traffic costs.
const QUALITY_AT_START: f32 = 0.95;

fn highest_with_quality(curve: &[CurvePoint], quality: f32) -> f32 {
    // The bound falls along the curve, so the points that reach the aim are its start.
    let reached = curve.partition_point(|point| point.quality_low >= quality);
    reached.checked_sub(1).map_or(0.0, |last| curve[last].threshold)
}

/// Between two points the share is taken to fall evenly.
fn at_share(curve: &[CurvePoint], share: f32) -> f32 {
    let above = curve.partition_point(|point| point.frontier_share > share);
    let Some(below) = curve.get(above) else { return 1.0 };
    let Some(before) = above.checked_sub(1).map(|index| curve[index]) else {
        return below.threshold;
    };
    let way = (before.frontier_share - share) / (before.frontier_share - below.frontier_share);
    before.threshold + way * (below.threshold - before.threshold)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(threshold: f32, frontier_share: f32, quality_low: f32) -> CurvePoint {
        CurvePoint { threshold, frontier_share, quality_low, quality: quality_low }
    }

    fn curve() -> Vec<CurvePoint> {
        vec![
            point(0.0, 1.0, 1.0),
            point(0.2, 0.8, 0.96),
            point(0.4, 0.2, 0.9),
            point(1.0, 0.0, 0.7),
        ]
    }

    #[test]
    fn aims_become_thresholds() {
        let table = [
            (Aim::Quality(1.0), 0.0),
            (Aim::Quality(0.97), 0.0),
            (Aim::Quality(0.96), 0.2),
            (Aim::Quality(0.9), 0.4),
            (Aim::Quality(0.0), 1.0),
            (Aim::FrontierShare(1.0), 0.0),
            (Aim::FrontierShare(0.8), 0.2),
            (Aim::FrontierShare(0.5), 0.3),
            (Aim::FrontierShare(0.1), 0.7),
            (Aim::FrontierShare(0.0), 1.0),
            (Aim::Spend { nano_usd_per_day: 1 }, 0.2),
            (Aim::Threshold(0.33), 0.33),
        ];
        for (aim, expected) in table {
            let found = threshold(&curve(), aim);
            assert!((found - expected).abs() < 1e-6, "{aim:?} gives {found}, not {expected}");
        }
    }

    #[test]
    fn quality_beyond_the_curve_sends_everything_to_the_frontier() {
        assert_eq!(threshold(&curve(), Aim::Quality(1.2)), 0.0);
    }
}
