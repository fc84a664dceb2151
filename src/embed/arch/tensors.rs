//! BERT's layers on the tensor library: on any device in f32, on a GPU also in half of it.
//!
//! Only attention looks at where a text begins and ends.

use candle_core::{DType, Device, Result, Shape, Tensor};
use candle_nn::ops::{layer_norm, softmax_last_dim};

use super::{
    engine::{Dense, Layer, Norm},
    linear::{Activation, Linear},
};

/// The layers, and the norm before them.
pub struct TensorLayers {
    /// Position embedding with the one segment that is used added to it.
    pub positions: Tensor,
    /// Of the embedded tokens.
    pub norm: LayerNorm,
    /// In order.
    pub layers: Vec<TensorLayer>,
    /// Where they are, and what they compute in.
    pub place: Place,
}

/// Where tensors are, and what they compute in.
pub struct Place {
    /// Where.
    pub device: Device,
    /// In what.
    pub dtype: DType,
}

impl Place {
    /// A tensor of these numbers.
    pub fn tensor(&self, numbers: Vec<f32>, shape: impl Into<Shape>) -> Result<Tensor> {
        Tensor::from_vec(numbers, shape.into(), &self.device)?.to_dtype(self.dtype)
    }

    /// Whether it is f32 on the CPU.
    pub fn is_plain(&self) -> bool {
        self.device.is_cpu() && self.dtype == DType::F32
    }
}

/// Hidden states of some texts, `[all tokens, dim]` row by row.
pub struct States {
    /// After the last layer.
    pub last: Vec<f32>,
    /// After the first two thirds of the layers.
    pub inner: Vec<f32>,
}

impl TensorLayers {
    /// The states of texts whose words are embedded, `[all tokens, dim]`. Texts of the same length that stand side by
    /// side are cheaper.
    pub fn run(&self, words: &Tensor, texts: &[&[u32]]) -> Result<States> {
        let places: Vec<u32> = texts.iter().flat_map(|text| 0..text.len() as u32).collect();
        let places = Tensor::new(places, &self.place.device)?;
        let words = words.to_dtype(self.place.dtype)?;
        let embedded = (words + self.positions.index_select(&places, 0)?)?;
        let mut hidden = self.norm.forward(&embedded)?;
        let spans = equal_lengths(texts);
        let (lower, upper) = self.layers.split_at(self.layers.len() * 2 / 3);
        for layer in lower {
            hidden = layer.forward(&hidden, &spans)?;
        }
        let inner = numbers(&hidden)?;
        for layer in upper {
            hidden = layer.forward(&hidden, &spans)?;
        }
        Ok(States { last: numbers(&hidden)?, inner })
    }
}

fn numbers(hidden: &Tensor) -> Result<Vec<f32>> {
    hidden.flatten_all()?.to_dtype(DType::F32)?.to_vec1()
}

/// Texts of one length that stand side by side.
#[derive(Debug, PartialEq, Eq)]
pub struct Span {
    /// Row of the first token.
    pub start: usize,
    /// Number of texts.
    pub texts: usize,
    /// Tokens in each.
    pub tokens: usize,
}

/// Joins texts of equal length.
pub fn equal_lengths(texts: &[&[u32]]) -> Vec<Span> {
    let mut start = 0;
    let of_one_length = texts.chunk_by(|one, next| one.len() == next.len());
    let span = |chunk: &[&[u32]]| {
        let span = Span { start, texts: chunk.len(), tokens: chunk[0].len() };
        start += span.texts * span.tokens;
        span
    };
    of_one_length.map(span).collect()
}

/// One layer.
pub struct TensorLayer {
    qkv: Linear,
    attended: Linear,
    attended_norm: LayerNorm,
    inner: Linear,
    activation: Activation,
    outer: Linear,
    outer_norm: LayerNorm,
    heads: usize,
}

impl TensorLayer {
    /// From its numbers.
    pub fn new(
        layer: Layer<Dense>,
        heads: usize,
        activation: Activation,
        place: &Place,
    ) -> Result<Self> {
        Ok(Self {
            qkv: Linear::new(layer.qkv, place)?,
            attended: Linear::new(layer.attended, place)?,
            attended_norm: LayerNorm::new(layer.attended_norm, place)?,
            inner: Linear::new(layer.inner, place)?,
            activation,
            outer: Linear::new(layer.outer, place)?,
            outer_norm: LayerNorm::new(layer.outer_norm, place)?,
            heads,
        })
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

/// A layer norm.
pub struct LayerNorm {
    weight: Tensor,
    bias: Tensor,
    epsilon: f32,
}

impl LayerNorm {
    /// From its numbers.
    pub fn new(norm: Norm, place: &Place) -> Result<Self> {
        let dim = norm.weight.len();
        let (weight, bias) = (place.tensor(norm.weight, dim)?, place.tensor(norm.bias, dim)?);
        Ok(Self { weight, bias, epsilon: norm.epsilon })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        layer_norm(x, &self.weight, &self.bias, self.epsilon)
    }
}
