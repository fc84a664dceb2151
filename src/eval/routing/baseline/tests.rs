//! Baselines find what is there to find, and see no outcome that they are scored on.

use super::*;
use crate::eval::routing::Ranking;

/// Prompts of two kinds that differ in category, length and vector; hard ones gain.
fn rows(count: usize) -> Vec<Outcome> {
    (0..count)
        .map(|index| {
            let is_hard = index % 2 == 0;
            Outcome {
                prompt: format!(
                    "{} {index}",
                    if is_hard { "a long hard question" } else { "hello" }
                ),
                weak_score: if is_hard && index % 10 != 0 { 0.0 } else { 0.75 },
                strong_score: 1.0,
                category: Some(if is_hard { "hard" } else { "easy" }.to_owned()),
                dup_key: None,
            }
        })
        .collect()
}

fn vectors(count: usize) -> Vec<Option<Arc<[f32]>>> {
    (0..count)
        .map(|index| {
            let angle = if index % 2 == 0 { 0.3 } else { 1.1 } + (index % 7) as f32 * 0.01;
            Some(Arc::from([angle.cos(), angle.sin()]))
        })
        .collect()
}

fn predictions(rows: &[Outcome], vectors: &[Option<Arc<[f32]>>]) -> Vec<Prediction> {
    all(rows, vectors, &Sample::of(rows), 1, &())
}

#[test]
fn those_that_learn_put_hard_prompts_first() {
    let predictions = predictions(&rows(200), &vectors(200));
    assert_eq!(predictions.len(), 6);
    for Prediction { baseline, score, probability } in predictions {
        let of = |remainder| score.iter().skip(remainder).step_by(2).copied();
        let (hard, easy) = (of(0).fold(f64::MAX, f64::min), of(1).fold(f64::MIN, f64::max));
        assert!(!baseline.learns() || hard > easy, "{baseline:?}: {hard} {easy}");
        assert_eq!(probability.is_some(), baseline.learns());
        assert!(probability.iter().flatten().all(|said| (0.0..=1.0).contains(said)));
    }
}

#[test]
fn no_row_is_judged_by_its_own_outcome() {
    let before = predictions(&rows(100), &vectors(100));
    let mut changed = rows(100);
    changed[17].weak_score = 0.0;
    let after = predictions(&changed, &vectors(100));
    for (before, after) in before.iter().zip(&after).filter(|(row, _)| row.baseline.learns()) {
        assert_eq!(before.score[17], after.score[17], "{:?}", before.baseline);
        assert_ne!(before.score, after.score, "{:?}", before.baseline);
    }
}

#[test]
fn what_a_baseline_needs_may_be_absent() {
    let mut rows = rows(50);
    rows.iter_mut().for_each(|row| row.category = None);
    let names = |vectors| -> Vec<Baseline> {
        predictions(&rows, vectors).iter().map(|prediction| prediction.baseline).collect()
    };
    assert_eq!(names(&vec![None; 50]), [Baseline::Random, Baseline::Length, Baseline::Oracle]);
    let mut partly = vectors(50);
    partly[3] = None;
    let (label, folds) = (Sample::of(&rows).label, Folds::of(&rows));
    let base_rate = folds.base_rates(&label)[usize::from(folds.fold(3))];
    for prediction in predictions(&rows, &partly).iter().filter(|row| row.baseline.learns()) {
        let said = prediction.probability.as_ref().map(|said| said[3]);
        assert_eq!(
            (said, prediction.score[3]),
            (Some(base_rate), 0.0),
            "{:?}",
            prediction.baseline
        );
    }
}

#[test]
fn what_says_nothing_is_worth_what_chance_is() {
    let mut rows = rows(100);
    rows.iter_mut().for_each(|row| row.category = Some("all".to_owned()));
    let same: Vec<Option<Arc<[f32]>>> = vec![Some(Arc::from([1.0, 0.0])); 100];
    let sample = Sample::of(&rows);
    for Prediction { baseline, score, .. } in predictions(&rows, &same) {
        let apgr = Ranking::of(&score).path(&sample, &[1.0; 100]).apgr().unwrap();
        // The nearest of equally near ones are the first of the file.
        let is_blind = matches!(baseline, Baseline::CategoryMean | Baseline::Logistic);
        assert!(!is_blind || (apgr - 0.5).abs() < 0.02, "{baseline:?}: {apgr}");
    }
}

#[test]
fn a_category_is_drawn_towards_the_mean_of_all() {
    // Eighty groups are in other folds than the row under test, half of them of its category.
    let rows = rows(200);
    let (sample, folds) = (Sample::of(&rows), Folds::of(&rows));
    let means = category::means(&rows, &sample.label, &folds).unwrap();
    let others = |wanted: &dyn Fn(usize) -> bool| -> (f64, f64) {
        let kept = (0..200).filter(|row| folds.fold(*row) != folds.fold(0) && wanted(*row));
        kept.fold((0.0, 0.0), |(count, sum), row| (count + 1.0, sum + sample.label[row]))
    };
    let (all, hard) = (others(&|_| true), others(&|row| row % 2 == 0));
    let expected = (hard.1 + 20.0 * all.1 / all.0) / (hard.0 + 20.0);
    assert!((means[0] - expected).abs() < 1e-12);
}

#[test]
fn a_regression_on_vectors_that_say_nothing_says_the_base_rate() {
    let rows = rows(100);
    let (label, folds) = (Sample::of(&rows).label, Folds::of(&rows));
    let same: Vec<Option<Arc<[f32]>>> = vec![Some(Arc::from([1.0, 0.0])); 100];
    let said = logistic::probabilities(&same, &label, &folds, &()).unwrap();
    for (row, said) in said.iter().enumerate() {
        let base_rate = folds.base_rates(&label)[usize::from(folds.fold(row))];
        assert!((said - base_rate).abs() < 1e-3, "{said} {base_rate}");
    }
}
