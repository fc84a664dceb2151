//! Interval arithmetic: Clopper–Pearson for shares of (effective) counts, and a fast gamma quantile. Knows nothing of caches.

use statrs::function::beta::beta_reg;

/// The two-sided Clopper–Pearson interval (1934) for `count` of `of`, with `confidence` such as 0.95.
///
/// Counts may be fractions, as effective sample sizes are. Without a sound count the interval is all of 0–1.
pub fn clopper_pearson(count: f64, of: f64, confidence: f64) -> (f64, f64) {
    let sound = of.is_finite() && of > 0.0 && (0.0..=of).contains(&count);
    if !sound || !(0.0..1.0).contains(&confidence) {
        return (0.0, 1.0);
    }
    let tail = (1.0 - confidence) / 2.0;
    // A share of less than a millionth of an event is none: the incomplete beta function wants parameters above 0.
    let (few, least) = (count < 1e-6, of - count < 1e-6);
    let low = if few { 0.0 } else { beta_quantile(count, of - count + 1.0, tail) };
    let high = if least { 1.0 } else { beta_quantile(count + 1.0, of - count, 1.0 - tail) };
    (low, high)
}

/// The quantile at `p` of the beta distribution, by bisection: only reports need it.
fn beta_quantile(a: f64, b: f64, p: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if beta_reg(a, b, middle) < p {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}

/// About the quantile at the normal deviate `z` of a gamma distribution with mean and variance `shape` (Wilson and Hilferty
/// 1931), but at least its mean for `z ≥ 0` and at most for `z < 0`. Rises with `shape`.
pub fn gamma_quantile(shape: f64, z: f64) -> f64 {
    // Below, the approximation fails, and the mean is nearer.
    const LEAST_SHAPE: f64 = 0.05;
    if shape <= LEAST_SHAPE {
        return if z < 0.0 { 0.0 } else { shape.max(0.0) };
    }
    let d = 1.0 / (9.0 * shape);
    let quantile = shape * (1.0 - d + z * d.sqrt()).max(0.0).powi(3);
    if z < 0.0 { quantile.min(shape) } else { quantile.max(shape) }
}

/// The normal deviate of a one-sided `confidence`.
pub fn deviate(confidence: f64) -> f64 {
    -std::f64::consts::SQRT_2 * statrs::function::erf::erfc_inv(2.0 * confidence)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, wanted: f64, tolerance: f64) {
        assert!((found - wanted).abs() <= tolerance, "{found}, not {wanted}");
    }

    #[test]
    fn intervals_match_published_values() {
        // Newcombe 1998, table I, method 5.
        for (count, of, low, high) in
            [(81.0, 263.0, 0.2527, 0.3676), (15.0, 148.0, 0.0578, 0.1617), (0.0, 20.0, 0.0, 0.1684)]
        {
            let found = clopper_pearson(count, of, 0.95);
            close(found.0, low, 6e-5);
            close(found.1, high, 6e-5);
        }
        close(clopper_pearson(20.0, 20.0, 0.95).0, 1.0 - 0.1684, 6e-5);
    }

    #[test]
    fn unsound_counts_say_nothing() {
        for (count, of) in
            [(0.0, 0.0), (2.0, 1.0), (-1.0, 3.0), (f64::NAN, 3.0), (1.0, f64::INFINITY)]
        {
            assert_eq!(clopper_pearson(count, of, 0.95), (0.0, 1.0));
        }
    }

    #[test]
    fn gamma_quantiles_match_chi_squared_tables() {
        // Half of chi-squared with 2·shape degrees of freedom, at 95 % and 5 %.
        for (shape, high, low) in [
            (1.0, 5.991, 0.103),
            (2.5, 11.070, 1.145),
            (5.0, 18.307, 3.940),
            (15.0, 43.773, 18.493),
        ] {
            close(gamma_quantile(shape, deviate(0.95)), high / 2.0, 0.03 * high / 2.0);
            close(gamma_quantile(shape, deviate(0.05)), low / 2.0, 0.05);
        }
    }

    #[test]
    fn gamma_quantiles_rise_with_their_shape() {
        for z in [-1.6, -0.7, 0.0, 0.7, 1.6, 2.6] {
            let all: Vec<f64> =
                (0..4000).map(|n| gamma_quantile(f64::from(n) / 400.0, z)).collect();
            assert!(all.is_sorted(), "{z}");
        }
    }
}
