//! BERT's encoder (Devlin et al. 2018, <https://arxiv.org/abs/1810.04805>), for inference over ragged batches.
//!
//! Texts of a batch lie one after the other in one matrix `[tokens, dim]`: nothing is padded, nothing is masked. Knows
//! the tensors of a model and their names; its layers compute with the tensor library or in narrow numbers on the CPU.

use candle_core::{DType, Result, Tensor};
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

type Loaded<T> = std::result::Result<T, LoadError>;

/// A loaded BERT encoder.
pub struct Bert {
    words: Table,
    layers: Layers,
}

enum Layers {
    Tensors(TensorLayers),
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
    pub fn load(config: &BertConfig, weights: &Weights, backend: &Backend) -> Loaded<Self> {
        Self::load_with_words(config, weights, weights, backend)
    }

    /// [`Bert::load`], with the word embeddings of another file: models of one family that share them need not carry
    /// them twice.
    pub fn load_with_words(
        config: &BertConfig,
        weights: &Weights,
        words: &Weights,
        backend: &Backend,
    ) -> Loaded<Self> {
        let dim = config.hidden_size;
        let table = |name: &str, rows| {
            weights.take(&format!("embeddings.{name}_embeddings.weight"), &[rows, dim])
        };
        let positions = table("position", config.max_position_embeddings)?;
        let segments = table("token_type", config.type_vocab_size)?;
        let positions = weights
            .checked(segments.get(0).and_then(|segment| positions.broadcast_add(&segment)))?;
        let norm = NormParts::load("embeddings.LayerNorm", config, weights)?;
        // One layer after the other, so that there is never more than one of them in f32 to be packed.
        let parts =
            (0..config.num_hidden_layers).map(|index| LayerParts::load(index, config, weights));
        let (heads, activation) = (config.num_attention_heads, config.hidden_act);
        let layers = match backend {
            Backend::Tensors(device, dtype) => {
                let layer = |parts: LayerParts| {
                    let layer = parts.to(*dtype);
                    let layer = layer.and_then(|it| TensorLayer::new(it, heads, activation));
                    weights.checked(layer)
                };
                let layers = parts.map(|parts| layer(parts?)).collect::<Loaded<_>>()?;
                let positions = weights.checked(positions.to_dtype(*dtype))?;
                let norm = LayerNorm(weights.checked(norm.to(*dtype))?);
                let (device, dtype) = (device.clone(), *dtype);
                Layers::Tensors(TensorLayers { positions, norm, layers, device, dtype })
            }
            Backend::Narrow(kernel, width) => {
                let shape = Shape { dim, heads, activation };
                let norm = weights.checked(norm.narrow())?;
                let layers = parts.map(|parts| weights.checked(parts?.narrow()));
                let engine = Box::new(Engine::new((*kernel, *width), shape, norm, layers)?);
                Layers::Narrow { engine, positions: weights.checked(numbers(&positions))?, dim }
            }
        };
        let words = words.table("embeddings.word_embeddings.weight", &[config.vocab_size, dim])?;
        Ok(Self { words, layers })
    }

    /// Calls with the hidden states of texts that are given by their token ids, at least one each. Texts of the same
    /// length that stand side by side are cheaper in f32.
    pub fn encode<T>(&self, texts: &[&[u32]], read: impl FnOnce(Hidden<'_>) -> T) -> Result<T> {
        match &self.layers {
            Layers::Tensors(layers) => {
                let words = self.words.select(&texts.concat(), &layers.device)?;
                let states = layers.run(&words, texts)?;
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
    fn load(index: usize, config: &BertConfig, weights: &Weights) -> Loaded<Self> {
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

    fn load_qkv(index: usize, config: &BertConfig, weights: &Weights) -> Loaded<(Tensor, Tensor)> {
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

    fn to(self, dtype: DType) -> Result<Self> {
        let linear = |(weight, bias): (Tensor, Tensor)| {
            Ok((weight.to_dtype(dtype)?, bias.to_dtype(dtype)?)) as Result<_>
        };
        Ok(Self {
            qkv: linear(self.qkv)?,
            attended: linear(self.attended)?,
            attended_norm: self.attended_norm.to(dtype)?,
            inner: linear(self.inner)?,
            outer: linear(self.outer)?,
            outer_norm: self.outer_norm.to(dtype)?,
        })
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
    fn load(name: &str, config: &BertConfig, weights: &Weights) -> Loaded<Self> {
        let part = |part: &str| weights.take(&format!("{name}.{part}"), &[config.hidden_size]);
        Ok(Self {
            weight: part("weight")?,
            bias: part("bias")?,
            epsilon: config.layer_norm_eps as f32,
        })
    }

    fn to(self, dtype: DType) -> Result<Self> {
        let (weight, bias) = (self.weight.to_dtype(dtype)?, self.bias.to_dtype(dtype)?);
        Ok(Self { weight, bias, ..self })
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
) -> Loaded<(Tensor, Tensor)> {
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
