//! Where and how narrow the models compute.
//!
//! Knows candle's devices, the CPU's instructions and the operator's choice; nothing about models.

use candle_core::{DType, Device};

use crate::config::{DeviceChoice, Precision};

use super::{
    arch::{Backend, Instructions, Kernel, Width},
    error::LoadError,
};

/// The backend for a choice. `auto` never fails: it falls back to the CPU and says so in the log.
pub fn open(choice: DeviceChoice, precision: Precision) -> Result<Backend, LoadError> {
    match precision {
        Precision::F32 => Ok(Backend::Tensors(device(choice)?, DType::F32)),
        Precision::F16 if choice == DeviceChoice::Cpu => Err(LoadError::Precision {
            precision: "f16",
            device: "cpu",
            instead: "auto, int8, bf16 or f32",
        }),
        Precision::F16 => Ok(match device(choice)? {
            Device::Cpu => Backend::F32,
            device => Backend::Tensors(device, DType::F16),
        }),
        Precision::Auto => {
            let kernel = Kernel::best();
            // Without instructions for it, int8 is slower than f32.
            let is_fast = kernel.instructions() != Instructions::Portable;
            Ok(match device(choice)? {
                Device::Cpu if is_fast => Backend::Narrow(kernel, Width::Int8),
                Device::Cpu => Backend::F32,
                device => Backend::Tensors(device, DType::F16),
            })
        }
        Precision::Int8 if choice == DeviceChoice::Cuda => Err(LoadError::Precision {
            precision: "int8",
            device: "cuda",
            instead: "auto, f16, bf16 or f32",
        }),
        Precision::Int8 => Ok(Backend::Narrow(Kernel::best(), Width::Int8)),
        Precision::Bf16 if choice == DeviceChoice::Cuda => {
            Ok(Backend::Tensors(device(choice)?, DType::BF16))
        }
        Precision::Bf16 => Ok(Kernel::of(Instructions::Amx).map_or_else(
            || {
                tracing::info!("this CPU has no tiles for bf16: computing in f32");
                Backend::F32
            },
            |kernel| Backend::Narrow(kernel, Width::Bf16),
        )),
    }
}

fn device(choice: DeviceChoice) -> Result<Device, LoadError> {
    match choice {
        DeviceChoice::Cpu => Ok(Device::Cpu),
        DeviceChoice::Cuda => cuda().map_err(LoadError::Device),
        DeviceChoice::Auto => Ok(cuda().unwrap_or_else(|reason| {
            tracing::info!(%reason, "embedding on the CPU");
            Device::Cpu
        })),
    }
}

#[cfg(feature = "cuda")]
fn cuda() -> Result<Device, String> {
    Device::new_cuda(0).map_err(|error| format!("no usable NVIDIA GPU: {error}"))
}

#[cfg(not(feature = "cuda"))]
fn cuda() -> Result<Device, String> {
    Err("this build has no CUDA support (build with `--features cuda`)".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Precision; 4] = [Precision::Auto, Precision::Int8, Precision::Bf16, Precision::F32];

    #[test]
    fn auto_and_cpu_always_find_a_device() {
        for precision in ALL {
            assert!(open(DeviceChoice::Auto, precision).is_ok());
            assert!(open(DeviceChoice::Cpu, precision).unwrap().device().is_cpu());
        }
    }

    #[test]
    fn a_precision_that_a_device_does_not_have_is_refused_with_those_that_it_has() {
        let backend = open(DeviceChoice::Auto, Precision::Int8).unwrap();
        assert!(matches!(backend, Backend::Narrow(_, Width::Int8)));
        for (choice, precision, expected) in [
            (DeviceChoice::Cuda, Precision::Int8, "auto, f16, bf16 or f32"),
            (DeviceChoice::Cpu, Precision::F16, "auto, int8, bf16 or f32"),
        ] {
            let message = open(choice, precision).unwrap_err().to_string();
            assert!(message.contains(expected), "{message}");
        }
    }

    #[cfg(not(feature = "cuda"))]
    #[test]
    fn asking_for_cuda_in_a_build_without_it_says_how_to_get_it() {
        let message = open(DeviceChoice::Cuda, Precision::Auto).unwrap_err().to_string();
        assert!(message.contains("--features cuda"), "{message}");
        assert!(message.contains("device: cpu"), "{message}");
    }
}
