//! The figures of a ranking, as numbers and as estimates with intervals.

use serde::Serialize;

use super::{calibration::Calibration, ranking::Path};

/// The figures of one ranking. Each is `None` where it is not defined.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Figures<T = Option<Estimate>> {
    /// Average performance gap recovered over all frontier shares; 0.5 is chance.
    pub apgr: T,
    /// P(a prompt that the cheap model answers worse is ranked before one that it does not).
    pub auc: T,
    /// Smallest frontier share that recovers half of the gap between the models.
    pub cpt50: T,
    /// Smallest frontier share that recovers 80 % of the gap.
    pub cpt80: T,
    /// Smallest frontier share with 95 % of the frontier's mean score; 0 when the cheap model alone has it.
    pub cost_at_95: T,
    /// Expected calibration error of the probabilities; `None` for a score that is no probability.
    pub ece: T,
}

/// What is measured, and its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Estimate {
    /// On all rows.
    pub value: f64,
    /// 2.5th percentile over resamples.
    pub low: f64,
    /// 97.5th percentile.
    pub high: f64,
}

/// The part of the frontier's mean score that [`Figures::cost_at_95`] asks for.
pub const QUALITY: f64 = 0.95;

impl Figures<Option<f64>> {
    /// The figures of one walk down a ranking.
    pub fn of(path: &Path, calibration: Option<&Calibration>, weights: &[f64]) -> Self {
        Self {
            apgr: path.apgr(),
            auc: path.auc(),
            cpt50: path.cpt(0.5),
            cpt80: path.cpt(0.8),
            cost_at_95: Some(path.share_for_quality(QUALITY)),
            ece: calibration.map(|calibration| calibration.error(weights)),
        }
    }

    /// The same with intervals from resamples.
    pub fn with_intervals(&self, resamples: &[Self]) -> Figures {
        let estimate = |figure: fn(&Self) -> Option<f64>| {
            let drawn = resamples.iter().filter_map(figure).collect();
            figure(self).map(|value| Estimate::of(value, drawn))
        };
        Figures {
            apgr: estimate(|figures| figures.apgr),
            auc: estimate(|figures| figures.auc),
            cpt50: estimate(|figures| figures.cpt50),
            cpt80: estimate(|figures| figures.cpt80),
            cost_at_95: estimate(|figures| figures.cost_at_95),
            ece: estimate(|figures| figures.ece),
        }
    }
}

impl Estimate {
    /// A value with the interval that 95 % of the resampled values are in (the percentile bootstrap, Efron 1979). It reaches
    /// to the value where resampling moves a figure away from it, as it does a calibration error near 0.
    pub fn of(value: f64, mut resampled: Vec<f64>) -> Self {
        resampled.sort_by(f64::total_cmp);
        let bound = |part| percentile(&resampled, part).unwrap_or(value);
        Self { value, low: bound(0.025).min(value), high: bound(0.975).max(value) }
    }
}

/// Between two values it is taken to rise evenly. `sorted` in rising order; `None` when there is nothing.
fn percentile(sorted: &[f64], part: f64) -> Option<f64> {
    let place = part * sorted.len().checked_sub(1)? as f64;
    let (below, above) = (sorted.get(place.floor() as usize)?, sorted.get(place.ceil() as usize)?);
    Some(below + (above - below) * place.fract())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_those_of_numpy() {
        let values: Vec<f64> = (0..=10).map(f64::from).collect();
        assert_eq!(Estimate::of(5.0, values), Estimate { value: 5.0, low: 0.25, high: 9.75 });
        let above = Estimate::of(0.5, vec![1.0, 2.0]);
        assert_eq!((above.low, above.value), (0.5, 0.5));
        assert_eq!(Estimate::of(5.0, Vec::new()), Estimate { value: 5.0, low: 5.0, high: 5.0 });
    }
}
