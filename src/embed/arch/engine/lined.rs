//! Memory that begins with a cache line, so that no vector and no row of a tile lies across two of them.

use std::ops::{Deref, DerefMut};

/// Bytes of a cache line.
const LINE: usize = 64;

/// Some values, the first of which begins a cache line.
#[derive(Debug, Default)]
pub struct Lined<T> {
    /// As many more as may be before the first line.
    values: Vec<T>,
    start: usize,
    length: usize,
}

impl<T: Copy + Default> Lined<T> {
    /// Becomes so long; what is in it then is anything that was ever in it, or the default.
    pub fn resize(&mut self, length: usize) {
        let most = length + LINE / size_of::<T>();
        if self.values.len() < most {
            self.values = vec![T::default(); most];
            self.start = self.values.as_ptr().align_offset(LINE).min(most - length);
        }
        self.length = length;
    }

    /// At least so long.
    pub fn grow(&mut self, length: usize) {
        self.resize(length.max(self.length));
    }
}

impl<T> Deref for Lined<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.values[self.start..self.start + self.length]
    }
}

impl<T> DerefMut for Lined<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.values[self.start..self.start + self.length]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_begin_with_a_line_whatever_their_number() {
        let mut values: Lined<f32> = Lined::default();
        for length in [1, 100, 5, 10_000, 0] {
            values.resize(length);
            assert_eq!(values.len(), length);
            assert!(cfg!(miri) || values.as_ptr().addr().is_multiple_of(LINE));
        }
    }
}
