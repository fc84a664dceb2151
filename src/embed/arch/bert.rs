//! BERT's encoder (Devlin et al. 2018, <https://arxiv.org/abs/1810.04805>), for inference over ragged batches.
//!
//! Texts of a batch lie one after the other in one matrix `[tokens, dim]`: nothing is padded, nothing is masked. Knows
//! the tensors of a model and their names; its layers compute in f32 or in narrow numbers.

use candle_core::{Result, Tensor};
use serde::Deserialize;

use super::{
    backend::Backend,
    engine::{Dense, Engine, Hidden, Layer, Norm, Shape},
    linear::Activation,
    tensors::{LayerNorm, TensorLayer, TensorLayers},
    weights::{Table, Weights},
};
use crate::embed::error::LoadError;

/// The shape of a BERT, from its `config.json`.
#[derive(Debug, Clone, Deserialize)]
pub struct BertConfig {
    /// Rows of the token embedding.
    pub vocab_size: usize,
    /// Length of every token vector.
    pub hidden_size: usize,
    /// Number of layers.
    pub num_hidden_layers: usize,
    /// Attention heads; they share `hidden_size` evenly.
    pub num_attention_heads: usize,
    /// Width inside the feed-forward block.
    pub intermediate_size: usize,
    /// Activation inside the feed-forward block.
    pub hidden_act: Activation,
    /// Rows of the position embedding.
    pub max_position_embeddings: usize,
    /// Rows of the segment embedding, of which only the first is used.
    pub type_vocab_size: usize,
    /// Added to the variance in a layer norm.
    pub layer_norm_eps: f64,
}

impl BertConfig {
    /// Whether the numbers fit together.
    pub fn check(&self) -> std::result::Result<(), String> {
        let sizes = [
            ("vocab_size", self.vocab_size),
            ("hidden_size", self.hidden_size),
            ("num_attention_heads", self.num_attention_heads),
            ("intermediate_size", self.intermediate_size),
            ("max_position_embeddings", self.max_position_embeddings),
            ("type_vocab_size", self.type_vocab_size),
        ];
        if let Some((name, _)) = sizes.iter().find(|(_, size)| *size == 0) {
            return Err(format!("`{name}` is 0"));
        }
        if !self.hidden_size.is_multiple_of(self.num_attention_heads) {
            let Self { hidden_size, num_attention_heads, .. } = self;
            return Err(format!(
                "hidden_size {hidden_size} is no multiple of num_attention_heads {num_attention_heads}"
            ));
        }
        Ok(())
    }
}

/// A loaded BERT encoder.
pub struct Bert {
    words: Table,
    layers: Layers,
}

enum Layers {
    InF32(TensorLayers),
    Narrow {
        engine: Box<Engine>,
        /// Position embedding with the one segment that is used added to it, `[positions, dim]`.
        positions: Vec<f32>,
        dim: usize,
    },
}

impl Bert {
    /// A tensor by which weights of this architecture are known, and what may stand before its name.
    pub const MARKER: (&'static str, &'static [&'static str]) =
        ("embeddings.word_embeddings.weight", &["bert."]);

    /// Builds the encoder from its tensors.
    pub fn load(
        config: &BertConfig,
        weights: &Weights,
        backend: &Backend,
    ) -> std::result::Result<Self, LoadError> {
        Self::load_with_words(config, weights, weights, backend)
    }

    /// [`Bert::load`], with the word embeddings of another file: models of one family that share them need not carry
    /// them twice.
    pub fn load_with_words(
        config: &BertConfig,
        weights: &Weights,
        words: &Weights,
        backend: &Backend,
    ) -> std::result::Result<Self, LoadError> {
        let dim = config.hidden_size;
        let table = |name: &str, rows| {
            weights.take(&format!("embeddings.{name}_embeddings.weight"), &[rows, dim])
        };
        let positions = table("position", config.max_position_embeddings)?;
        let segments = table("token_type", config.type_vocab_size)?;
        let positions = weights
            .checked(segments.get(0).and_then(|segment| positions.broadcast_add(&segment)))?;
        let norm = NormParts::load("embeddings.LayerNorm", config, weights)?;
        let parts = (0..config.num_hidden_layers)
            .map(|index| LayerParts::load(index, config, weights))
            .collect::<std::result::Result<Vec<_>, _>>()?;
        let layers = weights.checked(match backend {
            Backend::F32(device) => parts
                .into_iter()
                .map(|parts| TensorLayer::new(parts, config.num_attention_heads, config.hidden_act))
                .collect::<Result<_>>()
                .map(|layers| {
                    let (norm, device) = (LayerNorm(norm), device.clone());
                    Layers::InF32(TensorLayers { positions, norm, layers, device })
                }),
            Backend::Narrow(kernel, width) => {
                Self::narrow(config, &norm, &parts).and_then(|(shape, norm, layers)| {
                    let layers = layers.into_iter();
                    let engine = Box::new(Engine::new((*kernel, *width), shape, norm, layers));
                    Ok(Layers::Narrow { engine, positions: numbers(&positions)?, dim })
                })
            }
        })?;
        let words = words.table("embeddings.word_embeddings.weight", &[config.vocab_size, dim])?;
        Ok(Self { words, layers })
    }

    /// What the engine packs.
    fn narrow(
        config: &BertConfig,
        norm: &NormParts,
        parts: &[LayerParts],
    ) -> Result<(Shape, Norm, Vec<Layer<Dense>>)> {
        let shape = Shape {
            dim: config.hidden_size,
            heads: config.num_attention_heads,
            activation: config.hidden_act,
        };
        let layers: Result<Vec<Layer<Dense>>> = parts.iter().map(LayerParts::narrow).collect();
        Ok((shape, norm.narrow()?, layers?))
    }

    /// Calls with the hidden states of texts that are given by their token ids, at least one each. Texts of the same
    /// length that stand side by side are cheaper in f32.
    pub fn encode<T>(&self, texts: &[&[u32]], read: impl FnOnce(Hidden<'_>) -> T) -> Result<T> {
        match &self.layers {
            Layers::InF32(layers) => {
                let ids = Tensor::new(texts.concat(), &layers.device)?;
                let states = layers.run(&self.words.select(&ids)?, texts)?;
                Ok(read(Hidden { last: &states.last, inner: &states.inner }))
            }
            Layers::Narrow { engine, positions, dim } => {
                let most = positions.len() / dim;
                if let Some(text) = texts.iter().find(|text| text.len() > most) {
                    candle_core::bail!("{} tokens, of at most {most}", text.len());
                }
                let mut embedded = Ok(());
                let embed = |out: &mut [f32]| {
                    let ids = texts.iter().copied().flatten().copied();
                    embedded = self.words.write(ids, out);
                    let positions = texts.iter().flat_map(|text| &positions[..text.len() * dim]);
                    out.iter_mut().zip(positions).for_each(|(out, position)| *out += position);
                };
                let result = engine.run(texts.iter().map(|text| text.len()), embed, read);
                embedded.map(|()| result)
            }
        }
    }
}

/// The tensors of a layer.
pub struct LayerParts {
    /// Query, key and value in one; the query is scaled by 1/√(head's dimension) already.
    pub qkv: (Tensor, Tensor),
    /// After attention.
    pub attended: (Tensor, Tensor),
    /// Of its result and what went into the layer.
    pub attended_norm: NormParts,
    /// Into the feed-forward block.
    pub inner: (Tensor, Tensor),
    /// Out of it.
    pub outer: (Tensor, Tensor),
    /// Of its result and what went into the block.
    pub outer_norm: NormParts,
}

impl LayerParts {
    fn load(
        index: usize,
        config: &BertConfig,
        weights: &Weights,
    ) -> std::result::Result<Self, LoadError> {
        let (dim, inner) = (config.hidden_size, config.intermediate_size);
        let linear = |name: &str, inputs, outputs| {
            tensors(&format!("encoder.layer.{index}.{name}"), [inputs, outputs], weights)
        };
        let norm =
            |name: &str| NormParts::load(&format!("encoder.layer.{index}.{name}"), config, weights);
        Ok(Self {
            qkv: Self::load_qkv(index, config, weights)?,
            attended: linear("attention.output.dense", dim, dim)?,
            attended_norm: norm("attention.output.LayerNorm")?,
            inner: linear("intermediate.dense", dim, inner)?,
            outer: linear("output.dense", inner, dim)?,
            outer_norm: norm("output.LayerNorm")?,
        })
    }

    fn load_qkv(
        index: usize,
        config: &BertConfig,
        weights: &Weights,
    ) -> std::result::Result<(Tensor, Tensor), LoadError> {
        let dim = config.hidden_size;
        let part = |name: &str| {
            tensors(&format!("encoder.layer.{index}.attention.self.{name}"), [dim, dim], weights)
        };
        let (query, key, value) = (part("query")?, part("key")?, part("value")?);
        let scale = 1.0 / ((dim / config.num_attention_heads) as f64).sqrt();
        let fused = || {
            let weight = Tensor::cat(&[(query.0 * scale)?, key.0, value.0], 0)?;
            let bias = Tensor::cat(&[(query.1 * scale)?, key.1, value.1], 0)?;
            Ok((weight, bias))
        };
        weights.checked(fused())
    }

    fn narrow(&self) -> Result<Layer<Dense>> {
        let dense = |(weight, bias): &(Tensor, Tensor)| {
            Ok(Dense { weight: numbers(weight)?, bias: numbers(bias)? }) as Result<Dense>
        };
        Ok(Layer {
            qkv: dense(&self.qkv)?,
            attended: dense(&self.attended)?,
            attended_norm: self.attended_norm.narrow()?,
            inner: dense(&self.inner)?,
            outer: dense(&self.outer)?,
            outer_norm: self.outer_norm.narrow()?,
        })
    }
}

/// The tensors of a layer norm.
pub struct NormParts {
    /// Multiplied with the row of mean 0 and variance 1.
    pub weight: Tensor,
    /// Added to it.
    pub bias: Tensor,
    /// Added to the variance.
    pub epsilon: f32,
}

impl NormParts {
    fn load(
        name: &str,
        config: &BertConfig,
        weights: &Weights,
    ) -> std::result::Result<Self, LoadError> {
        let part = |part: &str| weights.take(&format!("{name}.{part}"), &[config.hidden_size]);
        Ok(Self {
            weight: part("weight")?,
            bias: part("bias")?,
            epsilon: config.layer_norm_eps as f32,
        })
    }

    fn narrow(&self) -> Result<Norm> {
        let (weight, bias) = (numbers(&self.weight)?, numbers(&self.bias)?);
        Ok(Norm { weight, bias, epsilon: self.epsilon })
    }
}

fn tensors(
    name: &str,
    [inputs, outputs]: [usize; 2],
    weights: &Weights,
) -> std::result::Result<(Tensor, Tensor), LoadError> {
    let weight = weights.take(&format!("{name}.weight"), &[outputs, inputs])?;
    let bias = weights.take(&format!("{name}.bias"), &[outputs])?;
    Ok((weight, bias))
}

fn numbers(tensor: &Tensor) -> Result<Vec<f32>> {
    tensor.flatten_all()?.to_vec1()
}

#[cfg(test)]
#[path = "bert_tests.rs"]
mod tests;
