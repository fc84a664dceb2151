//! BERT's encoder (Devlin et al. 2018, <https://arxiv.org/abs/1810.04805>), for inference over ragged batches.
//!
//! Texts of a batch lie one after the other in one matrix `[tokens, dim]`: nothing is padded, nothing is masked. Only
//! attention looks at where a text begins and ends.

use candle_core::{Device, Result, Tensor};
use candle_nn::ops::{layer_norm, softmax_last_dim};
use serde::Deserialize;

use super::{
    linear::{Activation, Linear},
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
    /// Position embedding with the one segment that is used added to it.
    positions: Tensor,
    norm: LayerNorm,
    layers: Vec<Layer>,
    device: Device,
}

impl Bert {
    /// A tensor by which weights of this architecture are known, and what may stand before its name.
    pub const MARKER: (&'static str, &'static [&'static str]) =
        ("embeddings.word_embeddings.weight", &["bert."]);

    /// Builds the encoder from its tensors.
    pub fn load(
        config: &BertConfig,
        weights: &Weights,
        device: &Device,
    ) -> std::result::Result<Self, LoadError> {
        Self::load_with_words(config, weights, weights, device)
    }

    /// [`Bert::load`], with the word embeddings of another file: models of one family that share them need not carry
    /// them twice.
    pub fn load_with_words(
        config: &BertConfig,
        weights: &Weights,
        words: &Weights,
        device: &Device,
    ) -> std::result::Result<Self, LoadError> {
        let dim = config.hidden_size;
        let table = |name: &str, rows| {
            weights.take(&format!("embeddings.{name}_embeddings.weight"), &[rows, dim])
        };
        let positions = table("position", config.max_position_embeddings)?;
        let segments = table("token_type", config.type_vocab_size)?;
        let positions = weights
            .checked(segments.get(0).and_then(|segment| positions.broadcast_add(&segment)))?;
        Ok(Self {
            words: words.table("embeddings.word_embeddings.weight", &[config.vocab_size, dim])?,
            positions,
            norm: LayerNorm::load("embeddings.LayerNorm", config, weights)?,
            layers: (0..config.num_hidden_layers)
                .map(|index| Layer::load(index, config, weights))
                .collect::<std::result::Result<_, _>>()?,
            device: device.clone(),
        })
    }

    /// The last hidden state, `[all tokens, dim]` row by row, of texts that are given by their token ids. Texts of the
    /// same length that stand side by side are cheaper.
    pub fn encode(&self, texts: &[&[u32]]) -> Result<Vec<f32>> {
        Ok(self.encode_all(texts)?.last)
    }

    /// The hidden states after the last layer and two thirds of the way up.
    pub fn encode_all(&self, texts: &[&[u32]]) -> Result<Hidden> {
        let ids: Vec<u32> = texts.concat();
        let places: Vec<u32> = texts.iter().flat_map(|text| 0..text.len() as u32).collect();
        let ids = Tensor::new(ids, &self.device)?;
        let places = Tensor::new(places, &self.device)?;
        let embedded = (self.words.select(&ids)? + self.positions.index_select(&places, 0)?)?;
        let mut hidden = self.norm.forward(&embedded)?;
        let spans = equal_lengths(texts);
        let (lower, upper) = self.layers.split_at(self.layers.len() * 2 / 3);
        for layer in lower {
            hidden = layer.forward(&hidden, &spans)?;
        }
        let inner = hidden.flatten_all()?.to_vec1()?;
        for layer in upper {
            hidden = layer.forward(&hidden, &spans)?;
        }
        Ok(Hidden { last: hidden.flatten_all()?.to_vec1()?, inner })
    }
}

/// Hidden states of some texts, `[all tokens, dim]` row by row.
pub struct Hidden {
    /// After the last layer.
    pub last: Vec<f32>,
    /// After the first two thirds of the layers.
    pub inner: Vec<f32>,
}

/// Texts of one length that stand side by side.
#[derive(Debug, PartialEq, Eq)]
struct Span {
    /// Row of the first token.
    start: usize,
    /// Number of texts.
    texts: usize,
    /// Tokens in each.
    tokens: usize,
}

fn equal_lengths(texts: &[&[u32]]) -> Vec<Span> {
    let mut start = 0;
    let of_one_length = texts.chunk_by(|one, next| one.len() == next.len());
    let span = |chunk: &[&[u32]]| {
        let span = Span { start, texts: chunk.len(), tokens: chunk[0].len() };
        start += span.texts * span.tokens;
        span
    };
    of_one_length.map(span).collect()
}

struct Layer {
    /// Query, key and value in one; the query is scaled by 1/√(head's dimension) already.
    qkv: Linear,
    attended: Linear,
    attended_norm: LayerNorm,
    inner: Linear,
    activation: Activation,
    outer: Linear,
    outer_norm: LayerNorm,
    heads: usize,
}

impl Layer {
    fn load(
        index: usize,
        config: &BertConfig,
        weights: &Weights,
    ) -> std::result::Result<Self, LoadError> {
        let (dim, inner) = (config.hidden_size, config.intermediate_size);
        let linear = |name: &str, inputs, outputs| {
            let (weight, bias) =
                tensors(&format!("encoder.layer.{index}.{name}"), [inputs, outputs], weights)?;
            weights.checked(Linear::new(&weight, &bias))
        };
        let norm =
            |name: &str| LayerNorm::load(&format!("encoder.layer.{index}.{name}"), config, weights);
        Ok(Self {
            qkv: Self::load_qkv(index, config, weights)?,
            attended: linear("attention.output.dense", dim, dim)?,
            attended_norm: norm("attention.output.LayerNorm")?,
            inner: linear("intermediate.dense", dim, inner)?,
            activation: config.hidden_act,
            outer: linear("output.dense", inner, dim)?,
            outer_norm: norm("output.LayerNorm")?,
            heads: config.num_attention_heads,
        })
    }

    fn load_qkv(
        index: usize,
        config: &BertConfig,
        weights: &Weights,
    ) -> std::result::Result<Linear, LoadError> {
        let dim = config.hidden_size;
        let part = |name: &str| {
            tensors(&format!("encoder.layer.{index}.attention.self.{name}"), [dim, dim], weights)
        };
        let (query, key, value) = (part("query")?, part("key")?, part("value")?);
        let scale = 1.0 / ((dim / config.num_attention_heads) as f64).sqrt();
        let fused = || {
            let weight = Tensor::cat(&[(query.0 * scale)?, key.0, value.0], 0)?;
            let bias = Tensor::cat(&[(query.1 * scale)?, key.1, value.1], 0)?;
            Linear::new(&weight, &bias)
        };
        weights.checked(fused())
    }

    /// `[tokens, dim]` to `[tokens, dim]`.
    fn forward(&self, x: &Tensor, spans: &[Span]) -> Result<Tensor> {
        let attended = self.attended.forward(&self.attention(x, spans)?)?;
        let x = self.attended_norm.forward(&(attended + x)?)?;
        let inner = self.inner.forward_then(self.activation, &x)?;
        self.outer_norm.forward(&(self.outer.forward(&inner)? + x)?)
    }

    fn attention(&self, x: &Tensor, spans: &[Span]) -> Result<Tensor> {
        let qkv = self.qkv.forward(x)?;
        let attended: Result<Vec<Tensor>> =
            spans.iter().map(|span| self.attend(&qkv, span)).collect();
        match attended?.as_slice() {
            [whole] => Ok(whole.clone()),
            parts => Tensor::cat(parts, 0),
        }
    }

    /// Attention within each text of a span, `[texts · tokens, dim]`, from `[all tokens, 3 · dim]`.
    fn attend(&self, qkv: &Tensor, span: &Span) -> Result<Tensor> {
        let &Span { start, texts, tokens } = span;
        let dim = qkv.dim(1)? / 3;
        let rows = qkv.narrow(0, start, texts * tokens)?;
        let split = rows.reshape((texts, tokens, 3, self.heads, dim / self.heads))?;
        let split = split.permute((2, 0, 3, 1, 4))?.contiguous()?;
        let (query, key, value) = (split.get(0)?, split.get(1)?, split.get(2)?);
        let weights = softmax_last_dim(&query.matmul(&key.t()?)?)?;
        weights.matmul(&value)?.transpose(1, 2)?.contiguous()?.reshape((texts * tokens, dim))
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

struct LayerNorm {
    weight: Tensor,
    bias: Tensor,
    epsilon: f32,
}

impl LayerNorm {
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

    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        layer_norm(x, &self.weight, &self.bias, self.epsilon)
    }
}

#[cfg(test)]
#[path = "bert_tests.rs"]
mod tests;
