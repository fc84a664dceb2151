//! BERT's encoder (Devlin et al. 2018, <https://arxiv.org/abs/1810.04805>), for inference over ragged batches.
//!
//! Texts of a batch lie one after the other in one matrix `[tokens, dim]`: nothing is padded, nothing is masked. Knows
//! the tensors of a model and their names; its layers compute with the tensor library or in narrow numbers on the CPU.

use candle_core::Result;
use serde::Deserialize;

use super::{
    backend::Backend,
    engine::{Dense, Engine, Hidden, Layer, Norm, Shape},
    linear::Activation,
    tensors::{LayerNorm, Place, TensorLayer, TensorLayers},
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
            weights.numbers(&format!("embeddings.{name}_embeddings.weight"), &[rows, dim])
        };
        let mut positions = table("position", config.max_position_embeddings)?;
        let segments = table("token_type", config.type_vocab_size)?;
        for row in positions.chunks_exact_mut(dim) {
            row.iter_mut().zip(&segments).for_each(|(position, segment)| *position += segment);
        }
        let norm = norm("embeddings.LayerNorm", config, weights)?;
        // One layer after the other, so that there is never more than one of them in f32 to be packed.
        let layers = (0..config.num_hidden_layers).map(|index| layer(index, config, weights));
        let (heads, activation) = (config.num_attention_heads, config.hidden_act);
        let layers = match backend {
            Backend::Tensors(device, dtype) => {
                let place = Place { device: device.clone(), dtype: *dtype };
                let layer =
                    |layer| weights.checked(TensorLayer::new(layer, heads, activation, &place));
                let layers = layers.map(|it| layer(it?)).collect::<Loaded<_>>()?;
                let positions = place.tensor(positions, (config.max_position_embeddings, dim));
                let positions = weights.checked(positions)?;
                let norm = weights.checked(LayerNorm::new(norm, &place))?;
                Layers::Tensors(TensorLayers { positions, norm, layers, place })
            }
            Backend::Narrow(kernel, width) => {
                let shape = Shape { dim, heads, activation };
                let engine = Box::new(Engine::new((*kernel, *width), shape, norm, layers)?);
                Layers::Narrow { engine, positions, dim }
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
                let words = self.words.select(&texts.concat(), &layers.place.device)?;
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

fn layer(index: usize, config: &BertConfig, weights: &Weights) -> Loaded<Layer<Dense>> {
    let (dim, inner) = (config.hidden_size, config.intermediate_size);
    let name = |part: &str| format!("encoder.layer.{index}.{part}");
    let linear = |part: &str, inputs, outputs| dense(&name(part), [inputs, outputs], weights);
    let norm = |part: &str| norm(&name(part), config, weights);
    Ok(Layer {
        qkv: qkv(&name("attention.self"), config, weights)?,
        attended: linear("attention.output.dense", dim, dim)?,
        attended_norm: norm("attention.output.LayerNorm")?,
        inner: linear("intermediate.dense", dim, inner)?,
        outer: linear("output.dense", inner, dim)?,
        outer_norm: norm("output.LayerNorm")?,
    })
}

/// Query, key and value in one; the query is scaled by 1/√(head's dimension) already.
fn qkv(name: &str, config: &BertConfig, weights: &Weights) -> Loaded<Dense> {
    let dim = config.hidden_size;
    let part = |part: &str| dense(&format!("{name}.{part}"), [dim, dim], weights);
    let mut all = part("query")?;
    let scale = 1.0 / ((dim / config.num_attention_heads) as f32).sqrt();
    all.weight.iter_mut().chain(&mut all.bias).for_each(|number| *number *= scale);
    for part in [part("key")?, part("value")?] {
        all.weight.extend_from_slice(&part.weight);
        all.bias.extend_from_slice(&part.bias);
    }
    Ok(all)
}

fn norm(name: &str, config: &BertConfig, weights: &Weights) -> Loaded<Norm> {
    let part = |part: &str| weights.numbers(&format!("{name}.{part}"), &[config.hidden_size]);
    let epsilon = config.layer_norm_eps as f32;
    Ok(Norm { weight: part("weight")?, bias: part("bias")?, epsilon })
}

fn dense(name: &str, [inputs, outputs]: [usize; 2], weights: &Weights) -> Loaded<Dense> {
    let weight = weights.numbers(&format!("{name}.weight"), &[outputs, inputs])?;
    Ok(Dense { weight, bias: weights.numbers(&format!("{name}.bias"), &[outputs])? })
}

#[cfg(test)]
#[path = "bert_tests.rs"]
mod tests;
