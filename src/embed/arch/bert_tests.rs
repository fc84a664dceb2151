//! The encoder against the tensor library's own BERT on the tiny model.

use std::{fs, path::Path};

use bytes::Bytes;
use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::{BertModel, Config};
use proptest::prelude::*;

use super::*;
use crate::embed::arch::{
    Instructions, Kernel, Width,
    linear::Linear,
    tensors::{Span, equal_lengths},
};

const F32: Backend = Backend::F32;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/tiny-bert");

fn parse(bytes: &[u8]) -> std::result::Result<Weights, LoadError> {
    Weights::parse(
        Bytes::copy_from_slice(bytes),
        Path::new("/m/model.safetensors"),
        &Device::Cpu,
        Bert::MARKER,
    )
}

fn config() -> BertConfig {
    serde_json::from_slice(&fs::read(format!("{FOLDER}/config.json")).unwrap()).unwrap()
}

fn weights() -> Vec<u8> {
    fs::read(format!("{FOLDER}/model.safetensors")).unwrap()
}

fn ours(backend: &Backend) -> Bert {
    Bert::load(&config(), &parse(&weights()).unwrap(), backend).unwrap()
}

fn last(bert: &Bert, texts: &[&[u32]]) -> Vec<f32> {
    bert.encode(texts, |hidden| hidden.last.to_vec()).unwrap()
}

fn theirs() -> BertModel {
    let config: Config =
        serde_json::from_slice(&fs::read(format!("{FOLDER}/config.json")).unwrap()).unwrap();
    BertModel::load(
        VarBuilder::from_buffered_safetensors(weights(), DType::F32, &Device::Cpu).unwrap(),
        &config,
    )
    .unwrap()
}

fn assert_close(got: &[f32], expected: &[f32]) {
    assert_eq!(got.len(), expected.len());
    for (got, expected) in got.iter().zip(expected) {
        assert!((got - expected).abs() < 1e-4, "{got} is not {expected}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_ragged_batch_gives_the_hidden_states_of_the_stock_encoder(
        texts in prop::collection::vec(prop::collection::vec(0_u32..972, 1..40), 1..6)
    ) {
        let (ours, theirs) = (ours(&F32), theirs());
        let slices: Vec<&[u32]> = texts.iter().map(Vec::as_slice).collect();
        let got = last(&ours, &slices);
        let mut expected: Vec<f32> = Vec::new();
        for text in &texts {
            let ids = Tensor::new(&text[..], &Device::Cpu).unwrap().unsqueeze(0).unwrap();
            let hidden = theirs.forward(&ids, &ids.zeros_like().unwrap(), None).unwrap();
            expected.extend(hidden.flatten_all().unwrap().to_vec1::<f32>().unwrap());
        }
        assert_close(&got, &expected);
    }

    #[test]
    fn narrow_layers_give_about_the_states_of_those_in_f32(
        texts in prop::collection::vec(prop::collection::vec(0_u32..972, 1..70), 1..6)
    ) {
        let slices: Vec<&[u32]> = texts.iter().map(Vec::as_slice).collect();
        let expected = last(&ours(&F32), &slices);
        for kernel in Instructions::ALL.into_iter().filter_map(Kernel::of) {
            for (width, least) in [(Width::Int8, 0.99), (Width::Bf16, 0.999)] {
                let got = last(&ours(&Backend::Narrow(kernel, width)), &slices);
                for (got, expected) in got.chunks_exact(32).zip(expected.chunks_exact(32)) {
                    let cosine = cosine(got, expected);
                    prop_assert!(cosine > least, "{kernel:?} {width:?}: {cosine}");
                }
            }
        }
    }
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

#[test]
fn narrow_layers_give_the_same_states_on_one_thread_and_on_three() {
    let text: Vec<u32> = (0..300).map(|token| token * 3).collect();
    let text: Vec<&[u32]> = text.chunks(120).collect();
    for kernel in Instructions::ALL.into_iter().filter_map(Kernel::of) {
        let bert = ours(&Backend::Narrow(kernel, Width::Int8));
        let [one, three] = [1, 3].map(|threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| last(&bert, &text))
        });
        assert_close(&three, &one);
    }
}

#[test]
fn a_number_that_is_no_token_is_an_error() {
    for backend in [F32, Backend::Narrow(Kernel::best(), Width::Int8)] {
        assert!(ours(&backend).encode(&[&[1, 5000]], |_| ()).is_err());
        assert!(ours(&backend).encode(&[&[1; 5000]], |_| ()).is_err());
    }
}

#[test]
fn plain_layers_as_on_other_devices_agree_with_packed_ones() {
    let x = Tensor::randn(0_f32, 1.0, (5, 32), &Device::Cpu).unwrap();
    let weight = Tensor::randn(0_f32, 1.0, (48, 32), &Device::Cpu).unwrap();
    let bias = Tensor::randn(0_f32, 1.0, 48, &Device::Cpu).unwrap();
    let dense = Dense {
        weight: weight.flatten_all().unwrap().to_vec1().unwrap(),
        bias: bias.to_vec1().unwrap(),
    };
    let place = Place { device: Device::Cpu, dtype: DType::F32 };
    let packed = Linear::new(dense, &place).unwrap();
    let plain = Linear::Plain(weight.t().unwrap().contiguous().unwrap(), bias);
    for activation in [Activation::Gelu, Activation::GeluTanh, Activation::Relu] {
        let [packed, plain] = [&packed, &plain].map(|linear| {
            linear
                .forward_then(activation, &x)
                .unwrap()
                .flatten_all()
                .unwrap()
                .to_vec1::<f32>()
                .unwrap()
        });
        assert_close(&packed, &plain);
    }
}

#[test]
fn spans_join_texts_of_equal_length() {
    let spans = equal_lengths(&[&[1, 2], &[3, 4], &[5], &[6, 7]]);
    let expected = [(0, 2, 2), (4, 1, 1), (5, 1, 2)];
    assert_eq!(spans, expected.map(|(start, texts, tokens)| Span { start, texts, tokens }));
}

#[test]
fn weights_that_do_not_fit_are_named() {
    let bytes = weights();
    let truncated = parse(&bytes[..bytes.len() / 2]).err().unwrap().to_string();
    assert!(truncated.contains("/m/model.safetensors"), "{truncated}");
    let garbage = parse(b"not tensors at all").err().unwrap().to_string();
    assert!(garbage.contains("/m/model.safetensors"), "{garbage}");

    let mut other = config();
    other.intermediate_size = 128;
    let message = Bert::load(&other, &parse(&bytes).unwrap(), &F32).err().unwrap().to_string();
    assert!(
        message.contains("intermediate.dense.weight") && message.contains("[64, 32]"),
        "{message}"
    );
    other = config();
    other.num_hidden_layers = 3;
    let message = Bert::load(&other, &parse(&bytes).unwrap(), &F32).err().unwrap().to_string();
    assert!(message.contains("encoder.layer.2"), "{message}");
}
