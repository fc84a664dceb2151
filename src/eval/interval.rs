//! A share with its interval.

use serde::Serialize;

/// A share of a count, with its 95 % Wilson score interval (Wilson 1927).
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Share {
    /// Those with the property.
    pub count: u64,
    /// All that were looked at.
    pub of: u64,
    /// `count / of`; 0 when there are none.
    pub value: f64,
    /// Lower bound.
    pub low: f64,
    /// Upper bound.
    pub high: f64,
}

/// The 97.5 % point of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;

impl Share {
    /// The share `count` of `of`.
    pub fn new(count: u64, of: u64) -> Self {
        if of == 0 {
            return Self { count, of, value: 0.0, low: 0.0, high: 1.0 };
        }
        let (n, p) = (of as f64, count as f64 / of as f64);
        let centre = p + Z * Z / (2.0 * n);
        let spread = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
        let scale = 1.0 + Z * Z / n;
        let bound = |value: f64| (value / scale).clamp(0.0, 1.0);
        // At the ends the bounds are exact; the arithmetic is not.
        let low = if count == 0 { 0.0 } else { bound(centre - spread) };
        let high = if count == of { 1.0 } else { bound(centre + spread) };
        Self { count, of, value: p, low, high }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_match_published_values() {
        // Newcombe 1998, table I, method 3.
        for (count, of, low, high) in
            [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611)]
        {
            let share = Share::new(count, of);
            assert!(
                (share.low - low).abs() < 1e-4 && (share.high - high).abs() < 1e-4,
                "{share:?}"
            );
        }
        assert_eq!(Share::new(0, 0).high, 1.0);
    }
}
