//! The verifier: one model that reads two questions together and says how likely one answer serves both.
//!
//! Synchronous: computes on the thread that calls it, a few milliseconds. `models/verifier/README.md` is its card;
//! `scripts/train/meaning/verifier.py` defines it.

use std::{path::Path, sync::Arc};

use bytes::Bytes;
use parking_lot::Mutex;

use crate::{
    config::{DeviceChoice, Precision},
    embed::{
        Backend, LoadError, Tokenizer,
        arch::{Bert, BertConfig, Hidden, Weights, release},
        device,
        files::{Description, Files},
        shipped,
    },
    index::dot,
};

/// Most tokens of one question; the model's own window holds two of them.
const MAX_TOKENS: usize = 126;

/// Of a beginning that both questions share, this many tokens are kept when they are too long otherwise.
const KEPT_PREFIX: usize = 4;

/// Token ids that frame the questions.
const CLS: u32 = 101;
const SEP: u32 = 102;

/// A loaded verifier.
pub struct Verifier {
    tokenizer: Tokenizer,
    bert: Bert,
    head: Head,
    dim: usize,
}

/// Why two questions were not read.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// They differ too late, or are too long, for the model's window.
    #[error("the questions are too long to be read together")]
    TooLong,
    /// The model failed.
    #[error("the verifier failed: {0}")]
    Model(String),
}

impl Verifier {
    /// The one in this binary, loaded once for each precision. It computes on the CPU.
    pub fn shipped(precision: Precision) -> Result<Arc<Self>, LoadError> {
        static WEIGHTS: &[u8] = include_bytes!("../../models/verifier/model.safetensors");
        static LOADED: Mutex<Vec<(Precision, Arc<Verifier>)>> = Mutex::new(Vec::new());
        // What only a GPU has is not for this model.
        let precision = if precision == Precision::F16 { Precision::Auto } else { precision };
        let mut loaded = LOADED.lock();
        if let Some((_, verifier)) = loaded.iter().find(|(loaded, _)| *loaded == precision) {
            return Ok(Arc::clone(verifier));
        }
        let path = Path::new("(built in)/models/verifier/model.safetensors");
        let backend = device::open(DeviceChoice::Cpu, precision)?;
        let verifier = Arc::new(Self::parse(Bytes::from_static(WEIGHTS), path, &backend)?);
        release(WEIGHTS);
        loaded.push((precision, Arc::clone(&verifier)));
        Ok(verifier)
    }

    /// A verifier from its weights; tokenizer, shape and word embeddings are the shipped encoder's.
    pub fn parse(bytes: Bytes, path: &Path, backend: &Backend) -> Result<Self, LoadError> {
        let files = Files::Shipped(shipped::FILES);
        let description = Description::read(&files)?;
        let tokenizer = Tokenizer::load(&files, &description)?;
        let words_path = files.path("model.safetensors");
        let words = files.required("model.safetensors", "the verifier's words are in it")?;
        let device = backend.device();
        let words = Weights::parse(words, &words_path, device, Bert::MARKER)?;
        let weights = Weights::parse(bytes, path, device, ("difference.weight", &[]))?;
        let BertConfig { hidden_size: dim, .. } = description.config;
        let bert = Bert::load_with_words(&description.config, &weights, &words, backend)?;
        Ok(Self { tokenizer, bert, head: Head::load(&weights, dim)?, dim })
    }

    /// The log-odds that one answer serves both questions. Not symmetric to the last digit.
    pub fn logit(&self, question: &str, candidate: &str) -> Result<f32, VerifyError> {
        let (first, second) = (self.ids(question)?, self.ids(candidate)?);
        let (first, second) = joint(&first, &second)?;
        let ids: Vec<u32> = [&[CLS], first, &[SEP], second, &[SEP]].concat();
        let judge = |Hidden { last, .. }: Hidden<'_>| {
            let row = |at: usize| at * self.dim;
            let first_rows = &last[row(1)..row(1 + first.len())];
            let second_rows = &last[row(2 + first.len())..row(2 + first.len() + second.len())];
            self.head.logit(first_rows, second_rows, self.dim)
        };
        self.bert.encode(&[&ids], judge).map_err(|error| VerifyError::Model(error.to_string()))
    }

    /// Token ids without the special ones.
    fn ids(&self, text: &str) -> Result<Vec<u32>, VerifyError> {
        match self.tokenizer.encode(text) {
            Ok(Ok(ids)) => Ok(ids.get(1..ids.len().saturating_sub(1)).unwrap_or_default().to_vec()),
            Ok(Err(_)) => Err(VerifyError::TooLong),
            Err(problem) => Err(VerifyError::Model(problem)),
        }
    }
}

/// The parts of both questions that are read. What they have in common at the start is cut when they are too long.
fn joint<'a>(first: &'a [u32], second: &'a [u32]) -> Result<(&'a [u32], &'a [u32]), VerifyError> {
    let longest = first.len().max(second.len());
    if longest <= MAX_TOKENS {
        return Ok((first, second));
    }
    let shared = first.iter().zip(second).take_while(|(a, b)| a == b).count();
    let cut = shared.saturating_sub(KEPT_PREFIX).min(longest - MAX_TOKENS);
    if longest - cut > MAX_TOKENS {
        return Err(VerifyError::TooLong);
    }
    Ok((&first[cut.min(first.len())..], &second[cut.min(second.len())..]))
}

/// From token vectors to a number.
struct Head {
    /// Over `[|u − v|, u · v]` of the means, `[2 · dim]`.
    features: Vec<f32>,
    bias: f32,
    /// Of the cosine of the means.
    scale: f32,
    /// Over one token, `[dim]`: how much it speaks for a difference.
    difference: Vec<f32>,
    difference_bias: f32,
}

/// Makes the features' weights learn faster; part of the model's definition.
const FEATURE_SCALE: f32 = 8.0;

impl Head {
    fn load(weights: &Weights, dim: usize) -> Result<Self, LoadError> {
        let numbers = |name: &str, size: usize| weights.numbers(name, &[size]);
        let number = |name: &str| numbers(name, 1).map(|numbers| numbers[0]);
        Ok(Self {
            features: numbers("features.weight", 2 * dim)?,
            bias: number("features.bias")?,
            scale: number("scale")?,
            difference: numbers("difference.weight", dim)?,
            difference_bias: number("difference.bias")?,
        })
    }

    fn logit(&self, first: &[f32], second: &[f32], dim: usize) -> f32 {
        let (u, v) = (mean(first, dim), mean(second, dim));
        let (apart, together) = self.features.split_at(dim);
        let pairs = || u.iter().zip(&v);
        let apart: f32 = pairs().zip(apart).map(|((u, v), w)| (u - v).abs() * w).sum();
        let together: f32 = pairs().zip(together).map(|((u, v), w)| u * v * w).sum();
        let similar = FEATURE_SCALE * (apart + together) + self.scale * cosine(&u, &v) + self.bias;
        let tokens = first.chunks_exact(dim).chain(second.chunks_exact(dim));
        let speaks = |token: &[f32]| dot(token, &self.difference) + self.difference_bias;
        similar - softplus(log_sum_exp(tokens.map(speaks)))
    }
}

fn mean(rows: &[f32], dim: usize) -> Vec<f32> {
    let count = (rows.len() / dim).max(1) as f32;
    let mut mean = vec![0.0; dim];
    for row in rows.chunks_exact(dim) {
        mean.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
    }
    mean.iter_mut().for_each(|sum| *sum /= count);
    mean
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    dot(a, b) / (dot(a, a).sqrt() * dot(b, b).sqrt()).max(1e-8)
}

fn softplus(x: f32) -> f32 {
    if x > 20.0 { x } else { x.exp().ln_1p() }
}

fn log_sum_exp(values: impl Iterator<Item = f32>) -> f32 {
    let values: Vec<f32> = values.collect();
    let largest = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    if largest == f32::NEG_INFINITY {
        return largest;
    }
    largest + values.iter().map(|value| (value - largest).exp()).sum::<f32>().ln()
}

#[cfg(test)]
#[path = "model_tests.rs"]
mod tests;
