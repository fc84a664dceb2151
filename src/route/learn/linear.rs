//! Symmetric positive definite systems, dense and small: what a kernel regression needs and no more.

/// A lower triangular factor L of a symmetric matrix A = L·Lᵀ, `[n, n]` row by row.
pub struct Cholesky {
    n: usize,
    factor: Vec<f64>,
}

impl Cholesky {
    /// Factors `matrix`, of which the lower triangle is read; `None` when it is not positive definite.
    pub fn of(n: usize, mut matrix: Vec<f64>) -> Option<Self> {
        for row in 0..n {
            let (above, below) = matrix.split_at_mut(row * n);
            let own = &mut below[..n];
            for column in 0..row {
                let other = &above[column * n..column * n + column + 1];
                let sum = own[column] - product(&own[..column], &other[..column]);
                own[column] = sum / other[column];
            }
            let square = own[row] - product(&own[..row], &own[..row]);
            if square <= 0.0 || !square.is_finite() {
                return None;
            }
            own[row] = square.sqrt();
        }
        Some(Self { n, factor: matrix })
    }

    /// x with A·x = `right`.
    pub fn solve(&self, right: &[f64]) -> Vec<f64> {
        let mut x = right.to_vec();
        for row in 0..self.n {
            let own = self.row(row);
            x[row] = (x[row] - product(own, &x[..row])) / self.diagonal(row);
        }
        for row in (0..self.n).rev() {
            x[row] /= self.diagonal(row);
            let (before, rest) = x.split_at_mut(row);
            let solved = rest[0];
            for (value, weight) in before.iter_mut().zip(self.row(row)) {
                *value -= weight * solved;
            }
        }
        x
    }

    /// The diagonal of A⁻¹, `[n]`: squared columns of L⁻¹, summed.
    pub fn inverse_diagonal(&self) -> Vec<f64> {
        let n = self.n;
        // Row c of `inverse` is column c of L⁻¹ from its diagonal on, so that inner loops run over neighbours.
        let mut diagonal = vec![0.0; n];
        let mut column = vec![0.0; n];
        for (c, total) in diagonal.iter_mut().enumerate() {
            column[c] = 1.0 / self.diagonal(c);
            *total = column[c] * column[c];
            for row in c + 1..n {
                let own = &self.row(row)[c..];
                column[row] = -product(own, &column[c..row]) / self.diagonal(row);
                *total += column[row] * column[row];
            }
        }
        diagonal
    }

    fn row(&self, row: usize) -> &[f64] {
        &self.factor[row * self.n..row * self.n + row]
    }

    fn diagonal(&self, row: usize) -> f64 {
        self.factor[row * self.n + row]
    }
}

/// Sum of products, in eight lanes that the compiler turns into vectors.
fn product(a: &[f64], b: &[f64]) -> f64 {
    const LANES: usize = 8;
    let mut lanes = [0.0; LANES];
    let (a_chunks, b_chunks) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest: f64 = a_chunks.remainder().iter().zip(b_chunks.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in a_chunks.zip(b_chunks) {
        for (lane, (a, b)) in lanes.iter_mut().zip(a.iter().zip(b)) {
            *lane += a * b;
        }
    }
    lanes.iter().sum::<f64>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_is_solved() {
        let matrix = vec![4.0, 2.0, 0.6, 2.0, 5.0, 1.0, 0.6, 1.0, 3.0];
        let solved = Cholesky::of(3, matrix.clone()).unwrap();
        let x = solved.solve(&[1.0, -2.0, 0.5]);
        for (row, right) in matrix.chunks(3).zip([1.0, -2.0, 0.5]) {
            assert!((product(row, &x) - right).abs() < 1e-12);
        }
        for (at, inverse) in solved.inverse_diagonal().into_iter().enumerate() {
            let mut unit = [0.0; 3];
            unit[at] = 1.0;
            assert!((solved.solve(&unit)[at] - inverse).abs() < 1e-12);
        }
    }

    #[test]
    fn what_is_not_positive_definite_is_refused() {
        assert!(Cholesky::of(2, vec![1.0, 2.0, 2.0, 1.0]).is_none());
        assert!(Cholesky::of(1, vec![f64::NAN]).is_none());
    }
}
