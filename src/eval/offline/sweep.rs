//! One replay for each of many thresholds, and the choice among them.

use rayon::prelude::*;

use super::{
    Watch,
    counts::Counts,
    simulate::{Score, Threshold, simulate},
    split::Part,
    stream::Stream,
};

/// What came of each threshold.
#[derive(Debug, Clone)]
pub struct Sweep {
    /// What the thresholds apply to.
    pub score: Score,
    /// From the strictest to the laxest: the threshold, and the counts of each part, as in [`Part::ALL`].
    pub points: Vec<(f32, [Counts; 5])>,
}

/// A threshold that keeps a budget.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Chosen {
    /// The threshold.
    pub threshold: Threshold,
    /// The counts of each part with it, as in [`Part::ALL`].
    pub counts: [Counts; 5],
}

/// Thresholds that are tried.
const STEPS: usize = 160;
/// Thresholds are whole multiples of this, so that they can be written down.
const GRAIN: f64 = 1e-4;

/// Whether `wrong` wrong ones among `judged` answers are evidence enough for a budget: even if the next one were wrong,
/// the share would not exceed it. A budget of 1 % so asks for at least 99 answers, all right.
///
/// Conformal risk control (Angelopoulos and others 2022, arXiv 2208.02814, with a loss of at most 1) for one threshold; the
/// best of many that pass is somewhat optimistic, which the second halves of the splits show.
pub fn is_within(wrong: u64, judged: u64, budget: f64) -> bool {
    judged > 0 && (wrong + 1) as f64 <= budget * (judged + 1) as f64
}

impl Sweep {
    /// Replays the stream with many thresholds.
    pub fn run(stream: &Stream<'_>, score: Score, halves: &[[Part; 2]], watch: &dyn Watch) -> Self {
        let thresholds = thresholds(stream, score);
        watch.begin("replaying", thresholds.len() as u64);
        let replay = |least: f32| {
            let counts = counts(stream, Some(Threshold { score, least }), halves);
            watch.advance(1);
            (least, counts)
        };
        Self { score, points: thresholds.into_par_iter().map(replay).collect() }
    }

    /// The threshold that serves most in `part`, of those whose answers there keep the budget by `keeps`, a test of
    /// `(wrong, judged, budget)`; of equals the strictest.
    pub fn choose(
        &self,
        part: Part,
        budget: f64,
        keeps: impl Fn(u64, u64, f64) -> bool,
    ) -> Option<Chosen> {
        let mut best: Option<(u64, Chosen)> = None;
        for &(least, counts) in &self.points {
            let Counts { wrong, judged, exact, semantic, .. } = counts[part.index()];
            let hits = exact + semantic;
            if keeps(wrong, judged, budget) && best.is_none_or(|(most, _)| hits > most) {
                let threshold = Threshold { score: self.score, least };
                best = Some((hits, Chosen { threshold, counts }));
            }
        }
        best.map(|(_, chosen)| chosen)
    }
}

/// The counts of all parts after one replay.
pub(super) fn counts(
    stream: &Stream<'_>,
    threshold: Option<Threshold>,
    halves: &[[Part; 2]],
) -> [Counts; 5] {
    let mut counts = [Counts::default(); 5];
    for (index, served) in simulate(stream, threshold).into_iter().enumerate() {
        for part in std::iter::once(Part::Whole).chain(halves[index]) {
            counts[part.index()].add(stream, index, served);
        }
    }
    counts
}

/// Thresholds at even ranks among the scores that occur, the strictest first: as many where scores are crowded as where
/// they are not.
fn thresholds(stream: &Stream<'_>, score: Score) -> Vec<f32> {
    let best = |index: usize| {
        let nearest = stream.neighbours(index).iter().take(stream.options.candidates);
        let scores = nearest.map(|neighbour| match score {
            Score::Cosine => neighbour.cosine,
            Score::Confidence => stream.confidence(index, neighbour),
        });
        scores.max_by(f32::total_cmp)
    };
    let mut scores: Vec<f32> = (0..stream.records.len()).filter_map(best).collect();
    scores.retain(|score| *score > 0.0);
    scores.sort_by(|a, b| b.total_cmp(a));
    let ranks = (0..STEPS).map(|step| step * scores.len() / STEPS);
    // Never down to nothing, which would serve what was refused.
    let down = |score: f32| ((f64::from(score) / GRAIN).floor() * GRAIN).max(GRAIN) as f32;
    let mut thresholds: Vec<f32> =
        ranks.filter_map(|rank| scores.get(rank)).map(|score| down(*score)).collect();
    thresholds.extend(scores.last().map(|score| down(*score)));
    thresholds.dedup();
    thresholds
}
