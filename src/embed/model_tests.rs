//! Whole models against recorded reference vectors.

use std::{fs, path::Path};

use proptest::prelude::*;
use serde::Deserialize;

use candle_core::{DType, Device};

use super::*;
use crate::embed::{
    arch::{Instructions, Kernel, Width},
    files::Files,
};

const F32: Backend = Backend::F32;

#[derive(Deserialize)]
struct Row {
    text: String,
    tokens: usize,
    vector: Vec<f32>,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn tiny_files() -> Files {
    Files::Folder(root().join("tests/fixtures/tiny-bert"))
}

fn tiny() -> Model {
    let located = Located { name: "tiny-bert".to_owned(), files: tiny_files() };
    Model::load(&located, &F32).unwrap()
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn hold_to_reference(model: &Model, least: f32) {
    let path = root().join(format!("tests/fixtures/reference-vectors/{}.json", model.about.name));
    let rows: Vec<Row> = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    assert!(rows.len() >= 12);
    for row in rows {
        let ids = model.tokenizer.encode(&row.text).unwrap().unwrap();
        assert_eq!(ids.len(), row.tokens, "{:?}", row.text);
        let vector = model.encoder.embed(&[&ids]).unwrap().remove(0);
        let similarity = cosine(&vector.meaning, &row.vector);
        assert!(similarity >= least, "{:?}: {similarity}", row.text);
    }
}

#[test]
fn the_tiny_model_gives_its_reference_vectors() {
    hold_to_reference(&tiny(), 0.9999);
}

#[test]
fn the_builtin_model_gives_its_reference_vectors() {
    let located = crate::embed::source::locate(&crate::config::ModelSource::Builtin).unwrap();
    hold_to_reference(&Model::load(&located, &F32).unwrap(), 0.9999);
    for kernel in Instructions::ALL.into_iter().filter_map(Kernel::of) {
        let int8 = Backend::Narrow(kernel, Width::Int8);
        // An empty text, of two tokens, is the farthest.
        let least = if kernel.steps() < 254.0 { 0.98 } else { 0.99 };
        hold_to_reference(&Model::load(&located, &int8).unwrap(), least);
    }
    let bf16 = Backend::Narrow(Kernel::best(), Width::Bf16);
    hold_to_reference(&Model::load(&located, &bf16).unwrap(), 0.999);
    // What a GPU computes in.
    for (dtype, least) in [(DType::F16, 0.9999), (DType::BF16, 0.995)] {
        let half = Backend::Tensors(Device::Cpu, dtype);
        hold_to_reference(&Model::load(&located, &half).unwrap(), least);
    }
}

#[test]
fn the_identity_is_stable_and_follows_what_shapes_a_vector() {
    let model = tiny();
    assert_eq!(model.about.identity, tiny().about.identity);
    let (name, hash) = model.about.identity.split_once('@').unwrap();
    assert_eq!((name, hash.len()), ("tiny-bert", HASH_DIGITS));

    let description = Description::read(&tiny_files()).unwrap();
    let same = fingerprint(b"weights", b"tokenizer", &description);
    let mut prefixed = description.clone();
    prefixed.prefix = "query: ".to_owned();
    let mut first = description.clone();
    first.pooling = Pooling::Cls;
    let others = [
        fingerprint(b"other", b"tokenizer", &description),
        fingerprint(b"weightst", b"okenizer", &description),
        fingerprint(b"weights", b"tokenizer", &prefixed),
        fingerprint(b"weights", b"tokenizer", &first),
    ];
    assert!(others.iter().all(|other| *other != same));
}

#[test]
fn an_incomplete_folder_names_the_missing_file() {
    let folder = tempfile::tempdir().unwrap();
    let located =
        Located { name: "partial".to_owned(), files: Files::Folder(folder.path().to_path_buf()) };
    let load = || Model::load(&located, &F32).err().unwrap().to_string();
    for file in ["config.json", "tokenizer.json", "model.safetensors"] {
        let message = load();
        assert!(message.contains(file) && message.contains("missing"), "{message}");
        fs::copy(root().join("tests/fixtures/tiny-bert").join(file), folder.path().join(file))
            .unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_batch_in_any_order_gives_the_vectors_of_its_texts_alone(
        texts in prop::collection::vec(prop::collection::vec(0_u32..972, 1..60), 1..8)
    ) {
        let model = tiny();
        let mut slices: Vec<&[u32]> = texts.iter().map(Vec::as_slice).collect();
        let alone: Vec<Vectors> = slices.iter().map(|text| model.encoder.embed(&[text]).unwrap().remove(0)).collect();
        for (batched, alone) in model.encoder.embed(&slices).unwrap().iter().zip(&alone) {
            prop_assert!(cosine(&batched.meaning, &alone.meaning) >= 0.99999);
            prop_assert!(cosine(&batched.task, &alone.task) >= 0.99999);
        }
        slices.reverse();
        for (batched, alone) in model.encoder.embed(&slices).unwrap().iter().zip(alone.iter().rev()) {
            prop_assert!(cosine(&batched.meaning, &alone.meaning) >= 0.99999);
            prop_assert!(cosine(&batched.task, &alone.task) >= 0.99999);
        }
    }
}
