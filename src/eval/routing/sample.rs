//! Rows as columns of numbers, and which of them belong together.

use std::collections::HashMap;

use super::Outcome;

/// The scores of all rows. Each column has one number a row.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// Scores of the cheap model's answers.
    pub weak: Vec<f64>,
    /// What the frontier adds: strong score less weak score.
    pub gain: Vec<f64>,
    /// `max(0, gain)`.
    pub label: Vec<f64>,
    /// The group of each row, from 0; rows of a group are drawn together.
    pub group: Vec<u32>,
    /// How many groups there are.
    pub groups: usize,
}

impl Sample {
    /// The columns of these rows.
    pub fn of(rows: &[Outcome]) -> Self {
        let mut numbers: HashMap<&str, u32> = HashMap::new();
        let group = rows
            .iter()
            .map(|row| {
                let next = numbers.len() as u32;
                *numbers.entry(row.group()).or_insert(next)
            })
            .collect();
        Self {
            weak: rows.iter().map(|row| row.weak_score).collect(),
            gain: rows.iter().map(Outcome::gain).collect(),
            label: rows.iter().map(Outcome::label).collect(),
            group,
            groups: numbers.len(),
        }
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.gain.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_with_an_equal_key_are_one_group() {
        let row = |prompt: &str, key: Option<&str>| Outcome {
            prompt: prompt.to_owned(),
            weak_score: 0.0,
            strong_score: 1.0,
            category: None,
            dup_key: key.map(str::to_owned),
        };
        let rows = [row("a", Some("k")), row("b", None), row("c", Some("k")), row("b", None)];
        let sample = Sample::of(&rows);
        assert_eq!((sample.group, sample.groups), (vec![0, 1, 0, 1], 2));
    }
}
