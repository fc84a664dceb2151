//! Where and how narrow an encoder computes.

use candle_core::{DType, Device};

use super::engine::{Kernel, Width};

/// A way to compute.
#[derive(Debug, Clone)]
pub enum Backend {
    /// With the tensor library on a device: in f32, on a GPU also in f16 or bf16.
    Tensors(Device, DType),
    /// In narrow numbers with these instructions of the CPU.
    Narrow(Kernel, Width),
}

impl Backend {
    /// In f32 on the CPU.
    pub const F32: Self = Self::Tensors(Device::Cpu, DType::F32);

    /// Where tensors are read to.
    pub fn device(&self) -> &Device {
        match self {
            Self::Tensors(device, _) => device,
            Self::Narrow(..) => &Device::Cpu,
        }
    }
}
