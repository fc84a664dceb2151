//! From one vector a token to one unit vector a text.
//!
//! Plain arithmetic over `[tokens, dim]`; knows nothing about models or files.

/// How the token vectors of a text become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pooling {
    /// Their mean.
    Mean,
    /// The first one, which stands for `[CLS]`.
    Cls,
    /// The largest value in each dimension.
    Max,
}

impl Pooling {
    /// The unit vector, `[dim]`, of one text's token vectors, `[tokens, dim]` row by row; at least one token.
    pub fn pool(self, hidden: &[f32], dim: usize) -> Vec<f32> {
        let mut rows = hidden.chunks_exact(dim);
        let mut pooled = rows.next().map_or_else(|| vec![0.0; dim], <[f32]>::to_vec);
        match self {
            Self::Cls => {}
            Self::Mean => rows.for_each(|row| combine(&mut pooled, row, |sum, value| sum + value)),
            Self::Max => rows.for_each(|row| combine(&mut pooled, row, f32::max)),
        }
        normalise(&mut pooled);
        pooled
    }
}

fn combine(pooled: &mut [f32], row: &[f32], with: impl Fn(f32, f32) -> f32) {
    for (value, other) in pooled.iter_mut().zip(row) {
        *value = with(*value, *other);
    }
}

/// Scales to length one; a zero vector stays as it is. A mean needs no division before it.
fn normalise(vector: &mut [f32]) {
    let length =
        vector.iter().map(|value| f64::from(*value) * f64::from(*value)).sum::<f64>().sqrt();
    if length > 0.0 {
        let scale = (1.0 / length) as f32;
        vector.iter_mut().for_each(|value| *value *= scale);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_pooling_gives_its_unit_vector() {
        let hidden = [3.0, 0.0, -3.0, 8.0];
        let cases = [
            (Pooling::Mean, [0.0, 1.0]),
            (Pooling::Cls, [1.0, 0.0]),
            (Pooling::Max, [0.351_123, 0.936_329]),
        ];
        for (pooling, expected) in cases {
            let pooled = pooling.pool(&hidden, 2);
            for (value, expected) in pooled.iter().zip(expected) {
                assert!((value - expected).abs() < 1e-5, "{pooling:?}: {pooled:?}");
            }
        }
    }

    #[test]
    fn a_zero_vector_stays_finite() {
        assert_eq!(Pooling::Mean.pool(&[1.0, -1.0, -1.0, 1.0], 2), [0.0, 0.0]);
    }
}
