//! `x · Wᵀ + b`, with an activation behind it.
//!
//! In f32 on the CPU the weight is packed once into panels that the kernel reads in order, because at a few tokens a matrix
//! product is bound by reading the weight; elsewhere it is the tensor library's product.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};
use serde::Deserialize;

use super::{engine::Dense, kernel::Packed, tensors::Place};

/// The function after a linear layer, as `hidden_act` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Activation {
    /// x · Φ(x), exactly.
    #[serde(rename = "gelu")]
    Gelu,
    /// Its approximation by tanh.
    #[serde(rename = "gelu_new", alias = "gelu_pytorch_tanh")]
    GeluTanh,
    /// max(x, 0).
    #[serde(rename = "relu")]
    Relu,
}

/// A linear layer.
pub enum Linear {
    /// On the CPU.
    Packed(Packed),
    /// On other devices, and in half precision: the weight `[inputs, outputs]`, and the bias.
    Plain(Tensor, Tensor),
}

impl Linear {
    /// From its numbers.
    pub fn new(dense: Dense, place: &Place) -> Result<Self> {
        let Dense { weight, bias } = dense;
        let outputs = bias.len();
        let inputs = weight.len() / outputs.max(1);
        if place.is_plain() {
            return Ok(Self::Packed(Packed::new(&weight, inputs, bias)));
        }
        let weight = place.tensor(weight, (outputs, inputs))?.t()?.contiguous()?;
        Ok(Self::Plain(weight, place.tensor(bias, outputs)?))
    }

    /// `[rows, inputs]` to `[rows, outputs]`.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        match self {
            Self::Packed(packed) => x.apply_op1_no_bwd(&PackedLinear { packed, gelu: false }),
            Self::Plain(weight, bias) => x.matmul(weight)?.broadcast_add(bias),
        }
    }

    /// [`Linear::forward`], then the activation.
    pub fn forward_then(&self, activation: Activation, x: &Tensor) -> Result<Tensor> {
        match (self, activation) {
            (Self::Packed(packed), Activation::Gelu) => {
                x.apply_op1_no_bwd(&PackedLinear { packed, gelu: true })
            }
            (_, Activation::Gelu) => self.forward(x)?.gelu_erf(),
            (_, Activation::GeluTanh) => self.forward(x)?.gelu(),
            (_, Activation::Relu) => self.forward(x)?.relu(),
        }
    }
}

/// The kernel as an operation of the tensor library.
struct PackedLinear<'a> {
    packed: &'a Packed,
    gelu: bool,
}

impl CustomOp1 for PackedLinear<'_> {
    fn name(&self) -> &'static str {
        "packed-linear"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (CpuStorage::F32(values), Some((start, end))) = (storage, layout.contiguous_offsets())
        else {
            candle_core::bail!("a packed linear layer reads contiguous f32");
        };
        let (rows, inputs) = layout.shape().dims2()?;
        if inputs != self.packed.inputs() {
            candle_core::bail!(
                "a packed linear layer of {} inputs got {inputs}",
                self.packed.inputs()
            );
        }
        let outputs = self.packed.outputs();
        let mut out = vec![0.0; rows * outputs];
        self.packed.multiply(&values[start..end], &mut out, self.gelu);
        Ok((CpuStorage::F32(out), Shape::from((rows, outputs))))
    }
}
