//! Where and how narrow an encoder computes.

use candle_core::Device;

use super::engine::{Kernel, Width};

/// A way to compute.
#[derive(Debug, Clone)]
pub enum Backend {
    /// In f32, on a device.
    F32(Device),
    /// In narrow numbers with these instructions of the CPU.
    Narrow(Kernel, Width),
}

impl Backend {
    /// Where tensors are read to.
    pub fn device(&self) -> &Device {
        match self {
            Self::F32(device) => device,
            Self::Narrow(..) => &Device::Cpu,
        }
    }
}
