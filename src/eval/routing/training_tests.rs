//! Learning from rows of which the truth is known.

use super::*;
use crate::route::learn::Task;

struct Silent;

impl Watch for Silent {
    fn begin(&self, _: &'static str, _: u64) {}
    fn advance(&self, _: u64) {}
}

const OPTIONS: Options = Options { seed: 1, resamples: 200 };
const PROMISE: Promise = Promise { quality: 0.95, trials: 20 };

/// A number in `[0, 1)`, as good as random.
fn draw(index: usize) -> f64 {
    (index as f64 * 0.754_877_666_2).fract()
}

/// Four kinds of work; the cheap model fails at one of them, says `fails`. The shipped classifier's word is `log_odds`.
fn rows(
    count: usize,
    log_odds: impl Fn(bool) -> f32,
    fails: impl Fn(usize, usize) -> bool,
) -> (Vec<Outcome>, Vec<Sight>) {
    (0..count)
        .map(|index| {
            let kind = index % 4;
            let vector: Vec<f32> = (0..16)
                .map(|at| if at % 4 == kind { 0.45 } else { 0.0 } + 0.1 * draw(index * 16 + at) as f32)
                .collect();
            let failed = fails(kind, index);
            let outcome = Outcome {
                prompt: format!("prompt {index}"),
                weak_score: f64::from(u8::from(!failed)),
                strong_score: 1.0,
                category: None,
                dup_key: None,
            };
            (outcome, Sight { log_odds: log_odds(failed), task: Some(Task::of(&vector)) })
        })
        .unzip()
}

fn hard_kind(kind: usize, index: usize) -> bool {
    draw(index * 7 + 3) < if kind == 1 { 0.8 } else { 0.02 }
}

fn trained(rows: &(Vec<Outcome>, Vec<Sight>)) -> Training {
    train(&rows.0, &rows.1, OPTIONS, PROMISE, &Silent).unwrap()
}

#[test]
fn what_can_be_learnt_helps_and_keeps_the_promise() {
    let rows = rows(1200, |_| -1.0, hard_kind);
    let training = trained(&rows);
    assert_eq!(training.verdict, Verdict::Helps);
    assert!((training.shipped.apgr.unwrap().value - 0.5).abs() < 0.01);
    assert!(training.learnt.apgr.unwrap().low > 0.8, "{training:?}");
    let sizes: Vec<usize> = training.labels.iter().map(|row| row.labels).collect();
    assert_eq!(sizes, [100, 200, 500]);
    assert!(training.labels.iter().all(|row| row.apgr.unwrap().value > 0.75), "{training:?}");
    let kept = training.promise.kept.unwrap();
    assert_eq!((kept.kept.of, training.promise.labels), (20, 500));
    assert!(kept.kept.count >= 17 && kept.frontier_share < 0.4, "{kept:?}");
    let again = trained(&rows);
    assert_eq!(
        serde_json::to_string(&training).unwrap(),
        serde_json::to_string(&again).unwrap(),
        "the same seed, the same figures"
    );
}

#[test]
fn where_the_shipped_classifier_knows_all_nothing_is_lost() {
    let training = trained(&rows(600, |failed| if failed { 1.0 } else { -1.0 }, hard_kind));
    assert!(training.shipped.apgr.unwrap().value > 0.85, "{training:?}");
    assert!(training.lead.unwrap().value > -0.02, "{training:?}");
}

#[test]
fn chance_is_not_taken_for_knowledge() {
    let training = trained(&rows(600, |_| -1.0, |_, index| draw(index * 7 + 3) < 0.3));
    assert_ne!(training.verdict, Verdict::Helps, "{training:?}");
}

#[test]
fn without_a_gap_or_enough_labels_there_is_nothing_to_learn() {
    for (count, fails) in [(400, false), (20, true)] {
        let training = trained(&rows(count, |_| -1.0, |_, index| fails && index % 3 == 0));
        assert_eq!(training.verdict, Verdict::NothingToLearn, "{training:?}");
        assert!(training.lead.is_none());
    }
    assert!(matches!(train(&[], &[], OPTIONS, PROMISE, &Silent), Err(StudyError::Empty)));
}
