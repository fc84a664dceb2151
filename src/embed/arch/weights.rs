//! The tensors of a model, by name, with their shapes checked.
//!
//! Knows safetensors; knows nothing about what the tensors mean.

use std::{collections::HashMap, path::Path};

use candle_core::{DType, Device, Tensor};

use crate::embed::{error::LoadError, files::invalid};

/// A model's tensors on one device.
pub struct Weights {
    tensors: HashMap<String, Tensor>,
    /// What the file puts before every name, such as `bert.`.
    prefix: &'static str,
    path: std::path::PathBuf,
}

impl Weights {
    /// Parses a safetensors file. `marker` is a tensor that every model has: where it is found only with one of
    /// `prefixes` before it, all names are read with that prefix.
    pub fn parse(
        bytes: &[u8],
        path: &Path,
        device: &Device,
        (marker, prefixes): (&str, &[&'static str]),
    ) -> Result<Self, LoadError> {
        let tensors = candle_core::safetensors::load_buffer(bytes, device)
            .map_err(|error| invalid(path, error))?;
        let has = |prefix: &&&'static str| tensors.contains_key(&format!("{prefix}{marker}"));
        let prefix = std::iter::once(&"").chain(prefixes).find(has).copied();
        let Some(prefix) = prefix else {
            return Err(invalid(
                path,
                format!("tensor `{marker}` is absent: not the weights of this architecture"),
            ));
        };
        Ok(Self { tensors, prefix, path: path.to_path_buf() })
    }

    /// The tensor of a name as f32, contiguous, when it has the expected shape.
    pub fn take(&self, name: &str, shape: &[usize]) -> Result<Tensor, LoadError> {
        let full = format!("{}{name}", self.prefix);
        let tensor = match self.tensors.get(&full).or_else(|| self.tensors.get(&old_name(&full))) {
            Some(tensor) => tensor,
            None => return Err(invalid(&self.path, format!("tensor `{full}` is absent"))),
        };
        if tensor.dims() != shape {
            let problem = format!(
                "tensor `{full}` has shape {:?}, config.json asks for {shape:?}",
                tensor.dims()
            );
            return Err(invalid(&self.path, problem));
        }
        self.checked(tensor.to_dtype(DType::F32).and_then(|tensor| tensor.contiguous()))
    }

    /// Turns an error of the tensor library into one about the file.
    pub fn checked<T>(&self, result: candle_core::Result<T>) -> Result<T, LoadError> {
        result.map_err(|error| invalid(&self.path, error))
    }
}

/// Checkpoints that were made with TensorFlow name a layer norm's tensors gamma and beta.
fn old_name(name: &str) -> String {
    name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta")
}
