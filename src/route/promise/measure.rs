//! From outcomes and traffic to the quality at every threshold, with its standard error. Pure.
//!
//! The loss at a threshold is the traffic's mean over those that a lower tier would serve. Counting the losses of the
//! outcomes below the threshold is unbiased, but they are few. Strength is borrowed from all others in two steps:
//! 1. the tier's [`Line`] says what traffic with these estimates loses: the traffic's estimates are plenty, and every
//!    outcome says something of the line;
//! 2. the residuals of the outcomes below the threshold correct it, and outweigh it as they grow in number. This is
//!    prediction-powered inference (Angelopoulos et al. 2023) with a shrunk correction.
//!
//! Every outcome's influence on the result is known, and their squares are its variance (the sandwich of Huber and White;
//! weighted as by Horvitz and Thompson).

use super::curve::Point;
use super::evidence::Faded;
use super::line::{Line, Pair};
use super::sums::{Row, Sums, along};
use super::traffic::Traffic;

/// Outcomes below a threshold that the line is worth there.
const LINE_OUTCOMES: f64 = 300.0;
/// A mean score of the frontier below this is no yardstick.
const LEAST_SCORE: f64 = 0.01;

/// All outcomes against the lines of their tiers.
#[derive(Debug)]
pub(super) struct Measure<'a> {
    traffic: &'a Traffic,
    tiers: Vec<Option<Tier>>,
    complaints: Vec<Faded>,
    /// Requests that the outcomes stand for.
    requests: f64,
    /// Mean score of the frontier, and its variance.
    frontier: (f64, f64),
}

#[derive(Debug)]
struct Tier {
    line: Line,
    rows: Vec<Row>,
    all: Sums,
}

/// What one tier adds at one threshold.
#[derive(Debug, Clone, Copy, Default)]
struct Loss {
    /// Share of the traffic that it serves.
    served: f64,
    mean: f64,
    variance: f64,
    /// Covariance with the mean score of the frontier.
    cross: f64,
    slack: f64,
}

impl<'a> Measure<'a> {
    /// Fits the lines.
    pub(super) fn new(
        outcomes: &[Faded],
        complaints: Vec<Faded>,
        traffic: &'a Traffic,
        lower_tiers: usize,
    ) -> Self {
        let total: f64 = outcomes.iter().map(|faded| faded.weight).sum();
        let score = |faded: &Faded| f64::from(faded.outcome.frontier_score);
        let mean = outcomes.iter().map(|faded| faded.weight / total * score(faded)).sum::<f64>();
        let influence = |faded: &Faded| faded.weight / total * (score(faded) - mean);
        let variance = outcomes.iter().map(|faded| influence(faded).powi(2)).sum();
        let tiers = (0..lower_tiers).map(|tier| {
            let of = |faded: &&Faded| faded.outcome.tier == tier;
            let own: Vec<Faded> = outcomes.iter().filter(of).copied().collect();
            Line::through(&own).map(|line| Tier::new(line, &own, &influence))
        });
        Self {
            traffic,
            tiers: tiers.collect(),
            complaints,
            requests: total / lower_tiers as f64,
            frontier: (mean.max(LEAST_SCORE), variance),
        }
    }

    /// Thresholds that split the traffic evenly.
    pub(super) fn thresholds(&self, parts: usize) -> Vec<f64> {
        self.traffic.thresholds(parts)
    }

    /// What evidence says about these thresholds, which must not fall.
    pub(super) fn points(&self, thresholds: &[f64]) -> Vec<Point> {
        let mut losses = vec![Loss::default(); thresholds.len()];
        for (index, tier) in self.tiers.iter().enumerate() {
            let place = |estimate| tier.as_ref().map_or(0.0, |tier| tier.line.place(estimate));
            let served = self.traffic.weighed().map(|(estimates, weight)| {
                let sums = Sums {
                    w: weight,
                    wx: weight * place(estimates.loss(index)),
                    ..Sums::default()
                };
                Row { span: estimates.span(index), sums }
            });
            let served = along(thresholds, served);
            let below = tier.as_ref().map(|tier| along(thresholds, tier.rows.iter().copied()));
            for (at, loss) in losses.iter_mut().enumerate() {
                // Sums that were taken back may leave a little less than nothing.
                let share = [served[at].w.max(0.0), served[at].wx];
                let own = match (tier, &below) {
                    (Some(tier), Some(below)) => tier.loss(share, &below[at]),
                    // A tier of which nothing is known is taken to be always wrong.
                    _ => Loss { served: share[0], mean: share[0], ..Loss::default() },
                };
                loss.served += own.served;
                loss.mean += own.mean;
                loss.variance += own.variance;
                loss.cross += own.cross;
                loss.slack += own.slack;
            }
        }
        let complaints = along(thresholds, self.complaints.iter().map(complaint));
        let points = thresholds.iter().zip(losses).zip(complaints);
        points.map(|((&at, loss), complaints)| self.quality(at, loss, complaints.w)).collect()
    }

    /// What evidence says about one threshold.
    pub(super) fn point(&self, threshold: f64) -> Point {
        let nothing = Loss::default();
        let found = self.points(&[threshold]).into_iter().next();
        found.unwrap_or_else(|| self.quality(threshold, nothing, 0.0))
    }

    fn quality(&self, threshold: f64, loss: Loss, complaints: f64) -> Point {
        let (score, score_variance) = self.frontier;
        let lost = loss.mean / score;
        // Of a quotient, by the delta method.
        let variance = loss.variance - 2.0 * lost * loss.cross + lost * lost * score_variance;
        Point {
            threshold,
            served: loss.served,
            quality: 1.0 - lost,
            error: variance.max(0.0).sqrt() / score,
            slack: loss.slack / score,
            complaints: complaints.max(0.0) / (self.requests.max(1.0) * score),
        }
    }
}

impl Tier {
    fn new(line: Line, outcomes: &[Faded], influence: &dyn Fn(&Faded) -> f64) -> Self {
        let row = |faded: &Faded| {
            let estimates = &faded.outcome.estimates;
            let estimate = estimates.loss(faded.outcome.tier);
            let (w, x) = (faded.weight * line.unit, line.place(estimate));
            let r = line.residual(faded);
            let ww = w * w / faded.freshness;
            let noise = ww * line.variance(r, estimate);
            let f = influence(faded);
            let sums = Sums {
                w,
                ww,
                wx: w * x,
                wr: w * r,
                noise: [noise, noise * x, noise * x * x],
                cross: [w * r * f, w * r * x * f],
            };
            Row { span: estimates.span(faded.outcome.tier), sums }
        };
        let rows: Vec<Row> = outcomes.iter().map(row).collect();
        let mut all = Sums::default();
        rows.iter().for_each(|row| all.add(&row.sums, 1.0));
        Self { line, rows, all }
    }

    /// What this tier loses of traffic of which it serves this share (and sum of places), by the line and by the outcomes
    /// that it would have served.
    fn loss(&self, share: Pair, below: &Sums) -> Loss {
        // What sums leave when they are taken back is nothing.
        let known = below.w > 1e-9 * self.all.w;
        let effective = if known { below.w * below.w / below.ww } else { 0.0 };
        let trust = effective / (effective + LINE_OUTCOMES);
        let own = if known { trust * share[0] / below.w } else { 0.0 };
        // The influence of an outcome is its residual × (level + slope × place + own, if it lies below).
        let [level, slope] =
            self.line.leverage([share[0] - own * below.w, share[1] - own * below.wx]);
        let all = &self.all;
        let variance = level * level * all.noise[0]
            + 2.0 * level * slope * all.noise[1]
            + slope * slope * all.noise[2]
            + 2.0 * own * (level * below.noise[0] + slope * below.noise[1])
            + own * own * below.noise[0]
            + self.line.prior_variance([level, slope]);
        Loss {
            served: share[0],
            mean: self.line.expects(share) + own * below.wr,
            variance,
            cross: level * all.cross[0] + slope * all.cross[1] + own * below.cross[0],
            slack: share[0] / (self.line.outcomes + 1.0),
        }
    }
}

fn complaint(faded: &Faded) -> Row {
    let w = faded.weight * f64::from(faded.outcome.loss);
    let span = faded.outcome.estimates.span(faded.outcome.tier);
    Row { span, sums: Sums { w, ..Sums::default() } }
}

#[cfg(test)]
mod tests {
    use super::super::estimates::Estimates;
    use super::super::evidence::{Evidence, HalfLives, Source, Window};
    use super::*;

    const FOR_EVER: HalfLives = HalfLives { outcomes: 1e15, seconds: 1e15 };

    fn part(index: usize, of: f64) -> f64 {
        (index as f64 * of).fract()
    }

    /// By an independent calculation with matrices in numpy.
    #[test]
    fn quality_and_error_are_those_of_a_reference() {
        let (mut window, mut traffic) = (Window::default(), Traffic::default());
        for index in 0..400 {
            let estimate = part(index, 0.618_033_988_9) as f32;
            let frontier_score = if index % 7 == 0 { 0.5 } else { 1.0 };
            let lost = if index % 23 == 0 {
                -0.5
            } else {
                f64::from(u8::from(part(index, 0.754_877_666_2) < f64::from(estimate) * 0.5))
            };
            let loss = lost.min(frontier_score).max(frontier_score - 1.0);
            let evidence = Evidence {
                estimates: Estimates::new(&[estimate]),
                tier: 0,
                lower_score: frontier_score - loss,
                frontier_score,
                weight: if index % 3 == 0 { 4.0 } else { 1.5 },
                at: 0.0,
                source: Source::Shadow,
            };
            assert!(window.learn(&evidence, 1, FOR_EVER));
        }
        (0..1000).for_each(|index| {
            traffic.see(Estimates::new(&[part(index, 0.381_966_011_3) as f32]));
        });
        let measure = Measure::new(&window.outcomes(FOR_EVER), Vec::new(), &traffic, 1);
        for (threshold, quality, error, slack) in [
            (0.1, 0.999_870_874_4, 0.002_963_934_9, 0.000_340_535_6),
            (0.3, 0.983_629_235_3, 0.007_388_060_5, 0.001_019_046_1),
            (0.8, 0.850_128_092_3, 0.017_818_143_1, 0.002_703_480_8),
        ] {
            let found = measure.point(threshold);
            for (found, wanted) in
                [(found.quality, quality), (found.error, error), (found.slack, slack)]
            {
                assert!((found - wanted).abs() < 1e-7, "{threshold}: {found}, not {wanted}");
            }
        }
    }

    #[test]
    fn a_tier_of_which_nothing_is_known_is_taken_to_be_always_wrong() {
        let mut traffic = Traffic::default();
        (0..100).for_each(|index| traffic.see(Estimates::new(&[0.5, index as f32 / 100.0])));
        let window = Window::default();
        let measure = Measure::new(&window.outcomes(FOR_EVER), Vec::new(), &traffic, 2);
        let point = measure.point(0.2);
        assert!(point.quality < -1.0 && (point.served - 0.2).abs() < 0.01, "{point:?}");
    }
}
