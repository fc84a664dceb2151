//! Figures against hand counts, and what must hold for any rows.

use std::sync::Arc;

use proptest::prelude::*;

use super::{bootstrap::*, calibration::*, *};

fn row(prompt: &str, weak_score: f64, strong_score: f64) -> Outcome {
    Outcome { prompt: prompt.to_owned(), weak_score, strong_score, category: None, dup_key: None }
}

/// Rows without words: only their scores matter.
fn sample(scores: &[(f64, f64)]) -> Sample {
    let rows: Vec<Outcome> = scores
        .iter()
        .enumerate()
        .map(|(index, (weak, strong))| row(&format!("prompt {index}"), *weak, *strong))
        .collect();
    Sample::of(&rows)
}

fn walk(score: &[f64], sample: &Sample) -> Path {
    Ranking::of(score).path(sample, &vec![1.0; sample.rows()])
}

fn close(found: Option<f64>, expected: f64) -> bool {
    found.is_some_and(|found| (found - expected).abs() < 1e-12)
}

#[test]
fn figures_are_those_of_a_hand_count() {
    // Two rows are tied; the second of them, or the third, is worth a call.
    let sample = sample(&[(0.0, 1.0), (0.0, 0.0), (0.0, 1.0), (1.0, 1.0)]);
    let probability = [0.9, 0.5, 0.5, 0.1];
    let path = walk(&probability, &sample);
    assert_eq!((path.weak_mean(), path.strong_mean(), path.gap()), (0.25, 0.75, 0.5));
    // Corners at (0, 0), (1/4, 1/2), (3/4, 1), (1, 1).
    assert!(close(path.apgr(), 0.6875));
    assert!(close(path.cpt(0.5), 0.25));
    assert!(close(path.cpt(0.8), 0.55));
    assert!(close(Some(path.share_for_quality(0.95)), 0.675));
    assert!(close(path.auc(), 3.5 / 4.0));
    let calibration = Calibration::of(&probability, &sample);
    assert!(close(Some(calibration.error(&[1.0; 4])), 0.2 / 4.0));
    let bins = reliability(&probability, &sample);
    let seven = bins[7];
    assert_eq!((seven.count, seven.predicted, seven.observed), (2, Some(0.5), Some(0.5)));
    assert_eq!((bins[0].count, bins[0].predicted), (0, None));
    let curve = path.curve(4);
    let quality: Vec<f64> = curve.iter().map(|point| point.quality).collect();
    assert_eq!(quality, [0.25, 0.5, 0.625, 0.75, 0.75]);
    assert_eq!(curve[2].recovered, Some(0.75));
}

#[test]
fn a_harmful_call_takes_back_what_was_recovered() {
    let sample = sample(&[(0.0, 1.0), (1.0, 0.5)]);
    let path = walk(&[2.0, 1.0], &sample);
    // Corners at (0, 0), (1/2, 2), (1, 1).
    assert!(close(path.apgr(), 1.25));
    assert!(close(path.cpt(0.8), 0.2));
    assert!(close(Some(path.share_for_quality(0.95)), 0.2125));
    assert!(close(walk(&[1.0, 2.0], &sample).cpt(0.5), 0.875));
}

#[test]
fn without_a_gap_there_is_nothing_to_recover() {
    for scores in [[(0.5, 0.5), (1.0, 1.0)], [(1.0, 0.0), (0.1, 0.9)], [(0.3, 0.1), (0.1, 0.3)]] {
        let path = walk(&[1.0, 2.0], &sample(&scores));
        assert_eq!((path.apgr(), path.cpt(0.5)), (None, None), "{scores:?}");
        assert_eq!(path.share_for_quality(0.95), 0.0);
        assert!(path.curve(10).iter().all(|point| point.recovered.is_none()));
    }
    assert_eq!(walk(&[1.0, 2.0], &sample(&[(0.5, 0.5), (1.0, 1.0)])).auc(), None);
}

#[test]
fn rows_of_a_group_are_drawn_together() {
    let mut rows = vec![row("a", 0.0, 1.0), row("b", 1.0, 1.0), row("c", 0.0, 0.5)];
    rows.iter_mut().for_each(|row| row.dup_key = Some("same".to_owned()));
    let options = Options { seed: 3, resamples: 100 };
    let study = |rows: &[Outcome]| {
        let scored = Scored { probability: vec![0.9, 0.2, 0.4] };
        study(rows, &scored, &[const { None }; 3], options, &()).unwrap()
    };
    let together = study(&rows);
    let apgr = together.figures.apgr.unwrap();
    assert_eq!((together.groups, apgr.low, apgr.high), (1, apgr.value, apgr.value));
    rows.iter_mut().for_each(|row| row.dup_key = None);
    let apart = study(&rows).figures.cost_at_95.unwrap();
    assert!(apart.low < apart.high);
}

#[test]
fn the_same_seed_gives_the_same_study_on_any_number_of_threads() {
    let rows: Vec<Outcome> = (0..300)
        .map(|index| {
            row(&format!("prompt {index}"), f64::from(index % 3) / 2.0, f64::from(index % 7) / 6.0)
        })
        .collect();
    let vectors: Vec<Option<Arc<[f32]>>> = (0..300)
        .map(|index| {
            let angle = index as f32;
            (index % 11 != 0).then(|| Arc::from([angle.sin(), angle.cos()]))
        })
        .collect();
    let scored =
        Scored { probability: (0..300).map(|index| f64::from(index % 13) / 13.0).collect() };
    let run = |threads, seed| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let options = Options { seed, resamples: 100 };
        let study = pool.install(|| study(&rows, &scored, &vectors, options, &()).unwrap());
        serde_json::to_string(&study).unwrap()
    };
    assert_eq!(run(1, 5), run(3, 5));
    assert_ne!(run(1, 5), run(1, 6));
}

#[test]
fn columns_of_different_lengths_are_refused() {
    let rows = [row("a", 0.0, 1.0)];
    let options = Options { seed: 1, resamples: 100 };
    let refused = study(&rows, &Scored { probability: vec![] }, &[None], options, &()).unwrap_err();
    assert!(refused.to_string().starts_with("1 outcomes with 0 probabilities"));
    let scored = Scored { probability: vec![] };
    assert!(matches!(study(&[], &scored, &[], options, &()), Err(StudyError::Empty)));
}

/// Scores in quarters, and a score with many ties.
fn rows() -> impl Strategy<Value = Vec<(f64, f64, i32)>> {
    let row = (0..=4, 0..=4, 0..8)
        .prop_map(|(weak, strong, score)| (f64::from(weak) / 4.0, f64::from(strong) / 4.0, score));
    proptest::collection::vec(row, 1..40)
}

proptest! {
    #[test]
    fn nothing_ranks_better_than_the_oracle(rows in rows()) {
        let sample = sample(&rows.iter().map(|row| (row.0, row.1)).collect::<Vec<_>>());
        let score: Vec<f64> = rows.iter().map(|row| f64::from(row.2)).collect();
        let (path, oracle) = (walk(&score, &sample), walk(&sample.gain, &sample));
        for (ours, best) in path.curve(20).iter().zip(oracle.curve(20)) {
            prop_assert!(ours.quality <= best.quality + 1e-9);
        }
        prop_assert!(oracle.share_for_quality(0.95) <= path.share_for_quality(0.95) + 1e-9);
        if let (Some(ours), Some(best)) = (path.apgr(), oracle.apgr()) {
            prop_assert!(ours <= best + 1e-9);
            prop_assert!(oracle.cpt(0.5) <= path.cpt(0.5).map(|share| share + 1e-9));
        }
    }

    #[test]
    fn only_the_order_of_scores_matters(rows in rows()) {
        let sample = sample(&rows.iter().map(|row| (row.0, row.1)).collect::<Vec<_>>());
        let score: Vec<f64> = rows.iter().map(|row| f64::from(row.2)).collect();
        let bent: Vec<f64> = score.iter().map(|score| (score * 3.0 - 5.0).exp()).collect();
        let (path, bent) = (walk(&score, &sample), walk(&bent, &sample));
        prop_assert_eq!(path.apgr(), bent.apgr());
        prop_assert_eq!(path.auc(), bent.auc());
        prop_assert_eq!(path.share_for_quality(0.95), bent.share_for_quality(0.95));
    }

    #[test]
    fn ties_are_worth_the_mean_of_an_order_and_its_reverse(rows in rows()) {
        let sample = sample(&rows.iter().map(|row| (row.0, row.1)).collect::<Vec<_>>());
        let ordered = |sign: f64| -> Vec<f64> {
            rows.iter().enumerate().map(|(index, row)| f64::from(row.2) + sign * index as f64 * 1e-3).collect()
        };
        let tied = walk(&ordered(0.0), &sample);
        let (one, other) = (walk(&ordered(1.0), &sample), walk(&ordered(-1.0), &sample));
        if let Some(apgr) = tied.apgr() {
            prop_assert!((apgr - f64::midpoint(one.apgr().unwrap(), other.apgr().unwrap())).abs() < 1e-9);
        }
        if let Some(auc) = tied.auc() {
            prop_assert!((auc - f64::midpoint(one.auc().unwrap(), other.auc().unwrap())).abs() < 1e-9);
        }
    }

    #[test]
    fn equal_scores_are_worth_what_chance_is(rows in rows(), share in 0.0..1.0) {
        let sample = sample(&rows.iter().map(|row| (row.0, row.1)).collect::<Vec<_>>());
        let path = walk(&vec![0.3; rows.len()], &sample);
        if path.apgr().is_some() {
            prop_assert!(close(path.apgr(), 0.5) && (path.cpt(share).unwrap() - share).abs() < 1e-6);
        }
        prop_assert!(path.auc().is_none_or(|auc| (auc - 0.5).abs() < 1e-12));
    }

    #[test]
    fn a_weight_of_two_is_the_row_twice(rows in rows(), twice in 0_usize..40) {
        let twice = twice % rows.len();
        let of = |rows: &[(f64, f64, i32)]| sample(&rows.iter().map(|row| (row.0, row.1)).collect::<Vec<_>>());
        let score = |rows: &[(f64, f64, i32)]| rows.iter().map(|row| f64::from(row.2) / 8.0).collect::<Vec<_>>();
        let mut weights = vec![1.0; rows.len()];
        weights[twice] = 2.0;
        let mut longer = rows.clone();
        longer.push(rows[twice]);
        let figures = |rows: &[(f64, f64, i32)], weights: &[f64]| {
            Entrant::new(&score(rows), Some(&score(rows)), &of(rows)).figures(&of(rows), weights)
        };
        let (weighed, repeated) = (figures(&rows, &weights), figures(&longer, &vec![1.0; longer.len()]));
        for (a, b) in [
            (weighed.apgr, repeated.apgr), (weighed.auc, repeated.auc), (weighed.cpt80, repeated.cpt80),
            (weighed.cost_at_95, repeated.cost_at_95), (weighed.ece, repeated.ece),
        ] {
            prop_assert_eq!(a.is_some(), b.is_some());
            prop_assert!((a.unwrap_or(0.0) - b.unwrap_or(0.0)).abs() < 1e-9);
        }
    }
}
