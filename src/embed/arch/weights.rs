//! The tensors of a model, by name, with their shapes checked.
//!
//! Knows safetensors, and the form in which our own weights are shipped: a matrix as bytes `[rows, columns]` with one
//! `scale` a row, where byte `b` stands for `(b − 128) · scale`. Knows nothing about what the tensors mean.

use std::{collections::HashMap, path::Path};

use candle_core::{CpuStorage, DType, Device, Result as Computed, Storage, Tensor};

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
        let tensor = match self.table(name, shape)? {
            Table { rows, scale: None } => Ok(rows.clone()),
            Table { rows, scale: Some(scale) } => dequantised(&rows, &scale),
        };
        self.checked(tensor.and_then(|tensor| tensor.contiguous()))
    }

    /// The matrix of a name as it is stored, when it has the expected shape.
    pub fn table(&self, name: &str, shape: &[usize]) -> Result<Table, LoadError> {
        let full = format!("{}{name}", self.prefix);
        let tensor = match self.tensors.get(&full).or_else(|| self.tensors.get(&old_name(&full))) {
            Some(tensor) => tensor,
            None => return Err(invalid(&self.path, format!("tensor `{full}` is absent"))),
        };
        if tensor.dims() != shape {
            let problem =
                format!("tensor `{full}` has shape {:?}, {shape:?} is expected", tensor.dims());
            return Err(invalid(&self.path, problem));
        }
        if tensor.dtype() != DType::U8 {
            let rows = self.checked(tensor.to_dtype(DType::F32))?;
            return Ok(Table { rows, scale: None });
        }
        let scale = self.take(&format!("{name}.scale"), &shape[..1])?;
        Ok(Table { rows: tensor.clone(), scale: Some(scale) })
    }

    /// Turns an error of the tensor library into one about the file.
    pub fn checked<T>(&self, result: candle_core::Result<T>) -> Result<T, LoadError> {
        result.map_err(|error| invalid(&self.path, error))
    }
}

/// A matrix whose rows are looked up one by one.
#[derive(Clone)]
pub struct Table {
    /// f32, or bytes where there is a scale.
    rows: Tensor,
    /// One number a row.
    scale: Option<Tensor>,
}

impl Table {
    /// The rows of these numbers, `[numbers, columns]` in f32.
    pub fn select(&self, numbers: &Tensor) -> Computed<Tensor> {
        let rows = self.rows.index_select(numbers, 0)?;
        match &self.scale {
            None => Ok(rows),
            Some(scale) => dequantised(&rows, &scale.index_select(numbers, 0)?),
        }
    }
}

impl Table {
    /// [`Table::select`] on the CPU without a tensor for each step: writes `[numbers, columns]`.
    pub fn write(&self, numbers: impl Iterator<Item = u32>, out: &mut [f32]) -> Computed<()> {
        let (count, columns) = self.rows.dims2()?;
        let (rows, layout) = self.rows.storage_and_layout();
        let scale = self.scale.as_ref().map(Tensor::storage_and_layout);
        let (Storage::Cpu(rows), Some((0, _))) = (&*rows, layout.contiguous_offsets()) else {
            candle_core::bail!("a table is written from the CPU's memory");
        };
        for (number, out) in numbers.zip(out.chunks_exact_mut(columns)) {
            let number = number as usize;
            if number >= count {
                candle_core::bail!("there is no row {number} among {count}");
            }
            let places = number * columns..(number + 1) * columns;
            match (rows, scale.as_ref().map(|(scale, _)| &**scale)) {
                (CpuStorage::F32(rows), None) => out.copy_from_slice(&rows[places]),
                (CpuStorage::U8(rows), Some(Storage::Cpu(CpuStorage::F32(scale)))) => {
                    let scale = scale[number];
                    let value = |byte: &u8| (f32::from(*byte) - ZERO_BYTE as f32) * scale;
                    out.iter_mut().zip(&rows[places]).for_each(|(out, byte)| *out = value(byte));
                }
                _ => candle_core::bail!("a table holds bytes with scales, or f32"),
            }
        }
        Ok(())
    }
}

/// What the byte of a zero is.
const ZERO_BYTE: f64 = 128.0;

fn dequantised(rows: &Tensor, scale: &Tensor) -> Computed<Tensor> {
    (rows.to_dtype(DType::F32)? - ZERO_BYTE)?.broadcast_mul(&scale.unsqueeze(1)?)
}

/// Checkpoints that were made with TensorFlow name a layer norm's tensors gamma and beta.
fn old_name(name: &str) -> String {
    name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta")
}
