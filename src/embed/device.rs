//! Where the model computes.
//!
//! Knows candle's devices and the operator's choice; nothing about models.

use candle_core::Device;

use crate::config::DeviceChoice;

use super::error::LoadError;

/// The device for a choice. `auto` never fails: it falls back to the CPU and says so in the log.
pub fn open(choice: DeviceChoice) -> Result<Device, LoadError> {
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

    #[test]
    fn auto_and_cpu_always_find_a_device() {
        assert!(open(DeviceChoice::Auto).is_ok());
        assert!(open(DeviceChoice::Cpu).unwrap().is_cpu());
    }

    #[cfg(not(feature = "cuda"))]
    #[test]
    fn asking_for_cuda_in_a_build_without_it_says_how_to_get_it() {
        let message = open(DeviceChoice::Cuda).unwrap_err().to_string();
        assert!(message.contains("--features cuda"), "{message}");
        assert!(message.contains("device: cpu"), "{message}");
    }
}
