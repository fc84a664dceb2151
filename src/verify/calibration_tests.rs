//! The shipped calibration keeps what a calibration promises, and a broken one is refused.

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::guard::{Difference, Overlap, examine};

const SHIPPED: &[u8] = include_bytes!("../../models/calibration/calibration.json");

fn shipped() -> Calibration {
    Shipped::load().unwrap().for_encoder(true)
}

fn comparison(kinds: &[Kind], overlap: f32) -> Comparison {
    let difference =
        |kind: &Kind| Difference { kind: *kind, left: "a".to_owned(), right: "b".to_owned() };
    Comparison {
        differences: kinds.iter().map(difference).collect(),
        overlap: Overlap {
            jaccard: overlap,
            unmatched_left: 1,
            unmatched_right: 1,
            same_order: 1.0,
            equal: false,
        },
    }
}

proptest! {
    #[test]
    fn more_similarity_never_lowers_the_confidence(
        cosine in 0.0_f32..1.0, more in 0.0_f32..0.5, logit in -9.0_f32..9.0, higher in 0.0_f32..5.0,
        overlap in 0.0_f32..1.0,
    ) {
        for calibration in [shipped(), Shipped::load().unwrap().for_encoder(false)] {
            let pair = comparison(&[], overlap);
            let base = calibration.confidence(cosine, logit, &pair);
            prop_assert!((0.0..=1.0).contains(&base));
            prop_assert!(calibration.confidence((cosine + more).min(1.0), logit, &pair) >= base);
            prop_assert!(calibration.confidence(cosine, logit + higher, &pair) >= base);
            prop_assert!(calibration.best_case(cosine, &pair) >= base);
        }
    }

    #[test]
    fn a_further_difference_never_raises_the_confidence(
        cosine in 0.0_f32..1.0, logit in -9.0_f32..9.0, kind in 0..Kind::ALL.len(),
    ) {
        let calibration = shipped();
        let (without, with) = (comparison(&[], 0.9), comparison(&[Kind::ALL[kind]], 0.9));
        prop_assert!(
            calibration.confidence(cosine, logit, &with) <= calibration.confidence(cosine, logit, &without)
        );
    }
}

#[test]
fn the_ends_of_the_scale_are_what_they_should_be() {
    let calibration = shipped();
    let same = examine("How do I boil an egg?", "how do I boil an egg");
    let other = examine("How do I boil an egg?", "Who won the cup in 1998?");
    assert!(calibration.confidence(0.99, 8.0, &same) > 0.9);
    assert!(calibration.confidence(0.2, -8.0, &other) < 0.05);
}

#[test]
fn a_calibration_that_breaks_its_promises_is_refused() {
    let change = |path: &str, value: Value| {
        let mut file: Value = serde_json::from_slice(SHIPPED).unwrap();
        *file.pointer_mut(path).unwrap() = value;
        Shipped::parse(file.to_string().as_bytes()).unwrap_err().to_string()
    };
    for (path, value, phrase) in [
        ("/version", 9.into(), "version is 9"),
        ("/own_encoder/weights", serde_json::json!([1.0]), "1 weights"),
        ("/own_encoder/weights/0", (-1.0).into(), "`cosine_same_words` has the wrong sign"),
        ("/own_encoder/weights/12", 0.5.into(), "wrong sign"),
        ("/other_encoder/curve", serde_json::json!([[0.0, 0.5], [1.0, 0.2]]), "does not rise"),
        ("/own_encoder/floor", 3.0.into(), "out of range"),
        ("/own_encoder/prior", serde_json::json!({"bins": []}), "no pairs"),
        ("/own_encoder/bias", serde_json::json!("x"), "invalid type"),
    ] {
        let message = change(path, value);
        assert!(message.contains(phrase), "{path}: {message}");
    }
}
