//! The tensors of a model, by name, with their shapes checked.
//!
//! Knows safetensors, and the form in which our own weights are shipped: a matrix as bytes `[rows, columns]` with one
//! `scale` a row, where byte `b` stands for `(b − 128) · scale`. Knows nothing about what the tensors mean.

use std::{
    collections::HashMap,
    ops::Range,
    path::{Path, PathBuf},
};

use bytes::Bytes;
use candle_core::{CpuStorage, DType, Device, Result as Computed, Storage, Tensor};
use safetensors::SafeTensors;

use crate::embed::{error::LoadError, files::invalid};

/// The tensors of a model's file.
pub struct Weights {
    bytes: Bytes,
    tensors: HashMap<String, View>,
    device: Device,
    /// What the file puts before every name, such as `bert.`.
    prefix: &'static str,
    path: PathBuf,
}

/// Where a tensor is in the file.
struct View {
    dtype: DType,
    shape: Vec<usize>,
    place: Range<usize>,
}

impl Weights {
    /// Reads the names in a safetensors file; tensors are to be put on `device`. `marker` is a tensor that every model
    /// has: where it is found only with one of `prefixes` before it, all names are read with that prefix.
    pub fn parse(
        bytes: Bytes,
        path: &Path,
        device: &Device,
        (marker, prefixes): (&str, &[&'static str]),
    ) -> Result<Self, LoadError> {
        let file = SafeTensors::deserialize(&bytes).map_err(|error| invalid(path, error))?;
        let start = bytes.as_ptr() as usize;
        let view = |(name, tensor): (String, safetensors::tensor::TensorView<'_>)| {
            let dtype = tensor.dtype().try_into().map_err(|error| invalid(path, error))?;
            let from = tensor.data().as_ptr() as usize - start;
            let place = from..from + tensor.data().len();
            Ok((name, View { dtype, shape: tensor.shape().to_vec(), place }))
        };
        let tensors: HashMap<_, _> =
            file.tensors().into_iter().map(view).collect::<Result<_, LoadError>>()?;
        let has = |prefix: &&&'static str| tensors.contains_key(&format!("{prefix}{marker}"));
        let prefix = std::iter::once(&"").chain(prefixes).find(has).copied();
        let Some(prefix) = prefix else {
            return Err(invalid(
                path,
                format!("tensor `{marker}` is absent: not the weights of this architecture"),
            ));
        };
        Ok(Self { bytes, tensors, device: device.clone(), prefix, path: path.to_path_buf() })
    }

    /// The numbers of a name, row by row, when it has the expected shape.
    pub fn numbers(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, LoadError> {
        let view = self.view(name, shape)?;
        let data = &self.bytes[view.place.clone()];
        match view.dtype {
            DType::U8 => {
                let rows = self.stored(name, view)?;
                let mut numbers = vec![0.0; rows.bytes.len()];
                let count = u32::try_from(rows.scale.len()).unwrap_or(u32::MAX);
                self.checked(rows.write(0..count, &mut numbers))?;
                Ok(numbers)
            }
            DType::F32 => {
                Ok(data.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
            }
            dtype => {
                let tensor = Tensor::from_raw_buffer(data, dtype, &view.shape, &Device::Cpu);
                let numbers =
                    tensor.and_then(|it| it.flatten_all()?.to_dtype(DType::F32)?.to_vec1());
                self.checked(numbers)
            }
        }
    }

    /// The matrix of a name, as it is stored, when it has the expected shape.
    pub fn table(&self, name: &str, shape: &[usize]) -> Result<Table, LoadError> {
        let view = self.view(name, shape)?;
        if view.dtype == DType::U8 && self.device.is_cpu() {
            return Ok(Table::Stored(self.stored(name, view)?));
        }
        let numbers = self.numbers(name, shape)?;
        self.checked(Tensor::from_vec(numbers, shape, &self.device)).map(Table::Tensor)
    }

    /// Turns an error of the tensor library into one about the file.
    pub fn checked<T>(&self, result: candle_core::Result<T>) -> Result<T, LoadError> {
        result.map_err(|error| invalid(&self.path, error))
    }

    fn view(&self, name: &str, shape: &[usize]) -> Result<&View, LoadError> {
        let full = format!("{}{name}", self.prefix);
        let found = self.tensors.get(&full).or_else(|| self.tensors.get(&old_name(&full)));
        let Some(view) = found else {
            return Err(invalid(&self.path, format!("tensor `{full}` is absent")));
        };
        if view.shape != shape {
            let problem =
                format!("tensor `{full}` has shape {:?}, {shape:?} is expected", view.shape);
            return Err(invalid(&self.path, problem));
        }
        Ok(view)
    }

    fn stored(&self, name: &str, view: &View) -> Result<StoredRows, LoadError> {
        let rows = view.shape.first().copied().unwrap_or(0);
        let scale = self.numbers(&format!("{name}.scale"), &[rows])?;
        Ok(StoredRows { bytes: self.bytes.slice(view.place.clone()), scale })
    }
}

/// A matrix whose rows are looked up one by one.
#[derive(Clone)]
pub enum Table {
    /// In f32, somewhere.
    Tensor(Tensor),
    /// As in the file, of which it keeps the bytes.
    Stored(StoredRows),
}

/// Rows of bytes, with a scale each.
#[derive(Clone)]
pub struct StoredRows {
    bytes: Bytes,
    scale: Vec<f32>,
}

impl Table {
    /// The rows of these numbers, `[numbers, columns]` in f32.
    pub fn select(&self, numbers: &[u32], device: &Device) -> Computed<Tensor> {
        match self {
            Self::Tensor(rows) => rows.index_select(&Tensor::new(numbers, device)?, 0),
            Self::Stored(rows) => {
                let mut out = vec![0.0; numbers.len() * rows.columns()];
                rows.write(numbers.iter().copied(), &mut out)?;
                Tensor::from_vec(out, (numbers.len(), rows.columns()), device)
            }
        }
    }

    /// [`Table::select`] on the CPU, into memory that is there: writes `[numbers, columns]`.
    pub fn write(&self, numbers: impl Iterator<Item = u32>, out: &mut [f32]) -> Computed<()> {
        let rows = match self {
            Self::Stored(rows) => return rows.write(numbers, out),
            Self::Tensor(rows) => rows,
        };
        let (count, columns) = rows.dims2()?;
        let (storage, layout) = rows.storage_and_layout();
        let (Storage::Cpu(CpuStorage::F32(rows)), Some((0, _))) =
            (&*storage, layout.contiguous_offsets())
        else {
            candle_core::bail!("a table is written from the CPU's memory");
        };
        for (number, out) in numbers.zip(out.chunks_exact_mut(columns)) {
            let number = within(number, count)?;
            out.copy_from_slice(&rows[number * columns..(number + 1) * columns]);
        }
        Ok(())
    }
}

impl StoredRows {
    fn columns(&self) -> usize {
        self.bytes.len() / self.scale.len().max(1)
    }

    fn write(&self, numbers: impl Iterator<Item = u32>, out: &mut [f32]) -> Computed<()> {
        let columns = self.columns();
        for (number, out) in numbers.zip(out.chunks_exact_mut(columns)) {
            let number = within(number, self.scale.len())?;
            let scale = self.scale[number];
            let bytes = &self.bytes[number * columns..(number + 1) * columns];
            let value = |byte: &u8| (f32::from(*byte) - ZERO_BYTE) * scale;
            out.iter_mut().zip(bytes).for_each(|(out, byte)| *out = value(byte));
        }
        Ok(())
    }
}

/// What the byte of a zero is.
const ZERO_BYTE: f32 = 128.0;

fn within(number: u32, count: usize) -> Computed<usize> {
    let number = number as usize;
    if number >= count {
        candle_core::bail!("there is no row {number} among {count}");
    }
    Ok(number)
}

/// Checkpoints that were made with TensorFlow name a layer norm's tensors gamma and beta.
fn old_name(name: &str) -> String {
    name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta")
}
