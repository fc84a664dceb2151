//! How well a judge tells labelled pairs of questions apart: ranking, recall at a precision, what it serves.

use std::{
    collections::BTreeMap,
    io::{self, BufRead as _},
    path::Path,
};

use serde::{Deserialize, Serialize};

use super::{interval::Share, trace};

/// Two questions, and whether one answer serves both.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Pair {
    /// One question.
    pub a: String,
    /// The other.
    pub b: String,
    /// 1 when one answer serves both, else 0.
    pub label: u8,
    /// Where it is from.
    #[serde(default)]
    pub source: String,
    /// What was changed, or how the two differ.
    #[serde(default)]
    pub kind: String,
}

/// Why pairs cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum PairsError {
    /// The file cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: String,
        /// The system's error.
        source: io::Error,
    },
    /// A line is no pair.
    #[error("{path}, line {line}: {problem}; a pair is {{\"a\": …, \"b\": …, \"label\": 0 or 1}}")]
    Line {
        /// The file.
        path: String,
        /// Counted from 1.
        line: usize,
        /// What is wrong with it.
        problem: String,
    },
}

/// Reads pairs, one JSON object a line, gzipped or not.
pub fn read(path: &Path) -> Result<Vec<Pair>, PairsError> {
    let shown = path.display().to_string();
    let failed = |source| PairsError::Read { path: shown.clone(), source };
    let reader = trace::open(path).map_err(failed)?;
    let mut pairs = Vec::new();
    for (index, line) in reader.lines().enumerate() {
        let line = line.map_err(failed)?;
        if line.trim().is_empty() {
            continue;
        }
        let wrong =
            |problem: String| PairsError::Line { path: shown.clone(), line: index + 1, problem };
        let pair: Pair = serde_json::from_str(&line).map_err(|error| wrong(error.to_string()))?;
        if pair.label > 1 {
            return Err(wrong(format!("`label` is {}", pair.label)));
        }
        pairs.push(pair);
    }
    Ok(pairs)
}

/// One pair, judged.
#[derive(Debug, Clone, Copy)]
pub struct Scored {
    /// One answer serves both.
    pub same: bool,
    /// Cosine of the questions.
    pub cosine: f64,
    /// The judge's score.
    pub score: f64,
    /// It is refused whatever its score.
    pub refused: bool,
    /// The verifier was asked.
    pub verified: bool,
}

/// How well the pairs of one source or kind are told apart. Its JSON form is stable.
#[derive(Debug, Clone, Serialize)]
pub struct Quality {
    /// Pairs whose answer is the same.
    pub same: usize,
    /// Pairs whose answer is not.
    pub different: usize,
    /// Area under the ROC curve of the cosine, with its 95 % interval (Hanley & McNeil 1982).
    pub auc_cosine: Option<Auc>,
    /// That of the judge's score, the guard's vetoes apart.
    pub auc: Option<Auc>,
    /// Largest share of the same pairs that can be served with 95 % of what is served right, by cosine.
    pub recall_at_95_cosine: f64,
    /// The same by the judge's score and the guard's vetoes.
    pub recall_at_95: f64,
    /// Share of the same pairs that are served at the threshold.
    pub served_same: Share,
    /// Share of the different pairs that are served at the threshold.
    pub served_different: Share,
    /// Share of pairs for which the verifier was asked.
    pub verified: Share,
}

/// An area under the ROC curve.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Auc {
    /// The area.
    pub value: f64,
    /// Lower end of its interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Quality {
    /// The quality of a judge over some pairs, served from `threshold` on.
    pub fn of(pairs: &[Scored], threshold: f64) -> Self {
        let same = pairs.iter().filter(|pair| pair.same).count();
        let served = |wanted: bool| {
            let of = pairs.iter().filter(|pair| pair.same == wanted);
            let count = of.clone().filter(|pair| !pair.refused && pair.score >= threshold).count();
            Share::new(count as u64, of.count() as u64)
        };
        let by = |score: fn(&Scored) -> f64| {
            let mut ranked: Vec<(f64, bool)> =
                pairs.iter().map(|pair| (score(pair), pair.same)).collect();
            ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
            ranked
        };
        let (cosine, score) = (by(|pair| pair.cosine), by(|pair| pair.score));
        let servable = by(|pair| if pair.refused { 0.0 } else { pair.score });
        let verified = pairs.iter().filter(|pair| pair.verified).count();
        Self {
            same,
            different: pairs.len() - same,
            auc_cosine: auc(&cosine),
            auc: auc(&score),
            recall_at_95_cosine: recall_at(&cosine, 0.95),
            recall_at_95: recall_at(&servable, 0.95),
            served_same: served(true),
            served_different: served(false),
            verified: Share::new(verified as u64, pairs.len() as u64),
        }
    }
}

/// From scores in falling order; ties count half.
fn auc(ranked: &[(f64, bool)]) -> Option<Auc> {
    let same = ranked.iter().filter(|(_, same)| *same).count() as f64;
    let different = ranked.len() as f64 - same;
    if same == 0.0 || different == 0.0 {
        return None;
    }
    let (mut above, mut sum) = (0.0, 0.0);
    for tied in ranked.chunk_by(|a, b| a.0 == b.0) {
        let right = tied.iter().filter(|(_, same)| *same).count() as f64;
        let wrong = tied.len() as f64 - right;
        sum += wrong * (above + right / 2.0);
        above += right;
    }
    let value = sum / (same * different);
    let (q1, q2) = (value / (2.0 - value), 2.0 * value * value / (1.0 + value));
    let variance = (value * (1.0 - value)
        + (same - 1.0) * (q1 - value * value)
        + (different - 1.0) * (q2 - value * value))
        / (same * different);
    let spread = 1.96 * variance.max(0.0).sqrt();
    Some(Auc { value, low: (value - spread).max(0.0), high: (value + spread).min(1.0) })
}

fn recall_at(ranked: &[(f64, bool)], precision: f64) -> f64 {
    let same = ranked.iter().filter(|(_, same)| *same).count() as f64;
    let (mut served, mut right, mut best) = (0.0, 0.0, 0.0_f64);
    for tied in ranked.chunk_by(|a, b| a.0 == b.0) {
        served += tied.len() as f64;
        right += tied.iter().filter(|(_, same)| *same).count() as f64;
        if tied[0].0 > 0.0 && right / served >= precision {
            best = best.max(right / same.max(1.0));
        }
    }
    best
}

/// The quality in each group, by name.
pub fn grouped<'a>(
    pairs: impl Iterator<Item = (&'a str, Scored)>,
    threshold: f64,
) -> BTreeMap<String, Quality> {
    let mut groups: BTreeMap<String, Vec<Scored>> = BTreeMap::new();
    for (name, pair) in pairs {
        groups.entry(name.to_owned()).or_default().push(pair);
    }
    groups.into_iter().map(|(name, pairs)| (name, Quality::of(&pairs, threshold))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scored(score: f64, same: bool) -> Scored {
        Scored { same, cosine: 1.0 - score, score, refused: false, verified: true }
    }

    #[test]
    fn ranking_and_recall_are_those_of_a_hand_count() {
        let pairs = [(0.9, true), (0.8, false), (0.7, true), (0.7, false), (0.0, true)];
        let quality = Quality::of(&pairs.map(|(score, same)| scored(score, same)), 0.75);
        assert!((quality.auc.unwrap().value - 2.5 / 6.0).abs() < 1e-9);
        assert!((quality.auc_cosine.unwrap().value - 3.5 / 6.0).abs() < 1e-9);
        assert!((quality.recall_at_95 - 1.0 / 3.0).abs() < 1e-9);
        assert_eq!((quality.served_same.count, quality.served_different.count), (1, 1));
    }

    #[test]
    fn a_line_that_is_no_pair_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pairs.jsonl");
        std::fs::write(&path, "{\"a\": \"x\", \"b\": \"y\", \"label\": 1}\n{\"a\": \"x\"}\n")
            .unwrap();
        let message = read(&path).unwrap_err().to_string();
        assert!(message.contains("line 2") && message.contains("missing field"), "{message}");
    }
}
