//! The classifier against recorded cases, and its invariants.

use proptest::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};

use super::*;
use crate::classify::{FEATURES, RequestText};

/// Made-up texts with the probabilities that the training script computed from the shipped weights.
const EMBEDDING_MODEL: &str = "scrimp-encoder";
const RECORDED: &str = include_str!("../../../tests/fixtures/classifier.json");

/// The training script computes in f64, this code in f32.
const TOLERANCE: f32 = 1e-4;

#[derive(Deserialize)]
struct Recorded {
    text: String,
    text_only: f32,
    embedding: Option<Vec<f32>>,
    full: Option<f32>,
    category: Option<String>,
}

fn features(question: &str) -> Features {
    Features::of(&RequestText { question, ..RequestText::default() })
}

fn shipped_json() -> Value {
    serde_json::from_slice(SHIPPED).unwrap()
}

fn error_of(change: impl FnOnce(&mut Value)) -> String {
    let mut weights = shipped_json();
    change(&mut weights);
    Classifier::from_slice(weights.to_string().as_bytes()).unwrap_err().to_string()
}

#[test]
fn shipped_weights_load_and_name_their_embedding_model() {
    assert_eq!(Classifier::shipped().unwrap().embedding_model(), EMBEDDING_MODEL);
}

#[test]
fn vectors_of_the_shipped_encoder_are_read_and_no_others() {
    let classifier = Classifier::shipped().unwrap();
    let shipped = format!("{EMBEDDING_MODEL}@0123abcd");
    for (identity, read) in
        [(shipped.as_str(), true), ("all-MiniLM-L6-v2@0123abcd", false), ("", false)]
    {
        assert_eq!(classifier.reads_vectors_of(identity), read, "{identity}");
    }
}

#[test]
fn probabilities_equal_those_of_the_training_script() {
    let classifier = Classifier::shipped().unwrap();
    let recorded: Vec<Recorded> = serde_json::from_str(RECORDED).unwrap();
    assert!(recorded.len() >= 20);
    assert!(recorded.iter().filter(|case| case.full.is_some()).count() >= 10);
    for case in recorded {
        let found = classifier.classify(&features(&case.text), None);
        assert_eq!(found.head, Head::TextOnly);
        assert!(
            (found.probability - case.text_only).abs() < TOLERANCE,
            "{:?}: {found:?}",
            case.text
        );
        if let (Some(vector), Some(expected)) = (case.embedding, case.full) {
            let found = classifier.classify(&features(&case.text), Some(&vector));
            assert_eq!(found.head, Head::Full);
            assert!((found.probability - expected).abs() < TOLERANCE, "{:?}: {found:?}", case.text);
        }
    }
}

#[test]
fn obvious_questions_land_in_the_obvious_category() {
    let classifier = Classifier::shipped().unwrap();
    let recorded: Vec<Recorded> = serde_json::from_str(RECORDED).unwrap();
    for case in recorded {
        let found = classifier.classify(&features(&case.text), case.embedding.as_deref());
        assert_eq!(found.category.map(str::to_owned), case.category, "{:?}", case.text);
    }
}

#[test]
fn small_talk_is_easier_than_a_proof() {
    let classifier = Classifier::shipped().unwrap();
    let recorded: Vec<Recorded> = serde_json::from_str(RECORDED).unwrap();
    let log_odds = |category: &str| {
        let of = |case: &&Recorded| case.category.as_deref() == Some(category);
        let case = recorded.iter().find(of).unwrap();
        classifier.classify(&features(&case.text), case.embedding.as_deref()).log_odds
    };
    assert!(log_odds("small_talk") < log_odds("translation"));
    assert!(log_odds("translation") < log_odds("mathematics"));
}

#[test]
fn categories_have_unique_names_and_losses_around_the_mean() {
    let classifier = Classifier::shipped().unwrap();
    let names: std::collections::HashSet<_> =
        classifier.categories().iter().map(|category| category.name).collect();
    assert_eq!(names.len(), classifier.categories().len());
    assert!(names.len() >= 20);
    assert!(classifier.categories().iter().all(|category| (0.05..0.8).contains(&category.loss)));
}

#[test]
fn contributions_are_sorted_and_add_up_to_the_log_odds() {
    let classifier = Classifier::shipped().unwrap();
    let vector = vec![0.05; 384];
    let found = classifier.classify(&features("Explain why 2 + 2 = 4."), Some(&vector));
    assert_eq!(found.contributions.len(), FEATURES + 1);
    assert!(found.contributions.windows(2).all(|pair| pair[0].1.abs() >= pair[1].1.abs()));
    assert!(found.contributions.iter().any(|(name, _)| *name == MEANING));
    let sum: f32 = found.contributions.iter().map(|(_, share)| share).sum();
    assert!((sum + classifier.weights.full.bias - found.log_odds).abs() < 1e-4);
    assert!((sigmoid(found.log_odds) - found.probability).abs() < 1e-6);
}

#[test]
fn foreign_embedding_falls_back_to_the_text() {
    let classifier = Classifier::shipped().unwrap();
    for vector in [vec![0.1; 768], vec![], vec![f32::NAN; 384], vec![f32::INFINITY; 384]] {
        let found = classifier.classify(&features("hello"), Some(&vector));
        assert_eq!((found.head, found.category), (Head::TextOnly, None));
    }
}

#[test]
fn thresholds_never_rise_with_quality_or_share() {
    let classifier = Classifier::shipped().unwrap();
    for head in [Head::Full, Head::TextOnly] {
        let rising = (0..=1000).map(|step| f64::from(step) / 1000.0);
        for aim in [Aim::Quality as fn(f64) -> Aim, Aim::FrontierShare] {
            let thresholds: Vec<f32> =
                rising.clone().map(|value| classifier.threshold(head, aim(value))).collect();
            assert!(thresholds.windows(2).all(|pair| pair[0] >= pair[1]));
            assert!(thresholds.iter().all(|threshold| (0.0..=1.0).contains(threshold)));
        }
        assert_eq!(classifier.threshold(head, Aim::FrontierShare(1.0)), 0.0);
        assert_eq!(classifier.threshold(head, Aim::FrontierShare(0.0)), 1.0);
        assert_eq!(classifier.threshold(head, Aim::Threshold(0.25)), 0.25);
        assert!(
            classifier.threshold(head, Aim::Quality(0.95))
                < classifier.threshold(head, Aim::Quality(0.8))
        );
    }
}

#[test]
fn corrupted_weights_give_clear_errors() {
    let table = [
        (error_of(|file| file["format"] = json!(1)), "format 1; this version reads format 2"),
        (
            error_of(|file| file["features"][1]["name"] = json!("moon")),
            "feature 1 'moon' where this version computes 'log_words'",
        ),
        (
            error_of(|file| drop(file["features"].as_array_mut().unwrap().pop())),
            "feature 31 '' where",
        ),
        (
            error_of(|file| file["features"][0]["scale"] = json!(0.0)),
            "0 in features.scale, which must be above 0",
        ),
        (error_of(|file| file["features"][0]["mean"] = json!(1e300)), "number out of range"),
        (
            error_of(|file| drop(file["full"]["embedding"].as_array_mut().unwrap().pop())),
            "383 numbers in embedding, 384 are",
        ),
        (
            error_of(|file| file["text_only"]["embedding"] = json!([0.5])),
            "1 numbers in embedding, 0 are",
        ),
        (error_of(|file| file["full"]["features"] = json!([])), "0 numbers in features, 32 are"),
        (
            error_of(|file| file["full"]["bias"] = json!(1e30)),
            "in bias, which must be between -1e6 and 1e6",
        ),
        (error_of(|file| file["full"]["curve"] = json!([])), "0 numbers in curve, 2 are"),
        (
            error_of(|file| file["full"]["curve"][3]["frontier_share"] = json!(0.0)),
            "frontier_share, which must be in falling",
        ),
        (
            error_of(|file| file["full"]["curve"][0]["threshold"] = json!(0.01)),
            "curve's first threshold, which must be 0",
        ),
        (
            error_of(|file| file["full"]["curve"][2]["threshold"] = json!(0.0)),
            "thresholds, which must be in rising order",
        ),
        (
            error_of(|file| file["full"]["curve"][1]["quality_low"] = json!(9.0)),
            "quality_low, which must be in falling order",
        ),
        (
            error_of(|file| file["categories"][2]["name"] = json!("moonlight")),
            "name category 'moonlight', which this version does not know",
        ),
        (
            error_of(|file| file["categories"][2]["loss"] = json!(1.5)),
            "1.5 in categories.loss, which must be between 0 and 1",
        ),
        (
            error_of(|file| file["categories"][0]["centroid"] = json!([0.5])),
            "1 numbers in categories.centroid, 384 are",
        ),
        (
            error_of(|file| file["categories"][0]["centroid"][7] = json!(3)),
            "3 in categories.centroid, which must be between -1 and 1",
        ),
        (error_of(|file| file["surprise"] = json!(1)), "unknown field `surprise`"),
        (error_of(|file| file["full"]["bias"] = Value::Null), "cannot be read"),
        (Classifier::from_slice(&SHIPPED[..1000]).unwrap_err().to_string(), "cannot be read: EOF"),
        (Classifier::from_slice(b"\0\xff").unwrap_err().to_string(), "cannot be read"),
    ];
    for (error, expected) in table {
        assert!(error.contains(expected), "{error:?} does not say {expected:?}");
    }
}

proptest! {
    #[test]
    fn probability_is_inside_0_and_1_for_any_text_and_vector(text in any::<String>(), value in any::<f32>()) {
        let classifier = Classifier::shipped().unwrap();
        let vector = vec![value; 384];
        for embedding in [None, Some(vector.as_slice())] {
            let found = classifier.classify(&features(&text), embedding);
            prop_assert!(found.probability > 0.0 && found.probability < 1.0, "{found:?}");
            prop_assert!(found.contributions.iter().all(|(_, share)| share.is_finite()));
        }
    }
}
