//! Why a model cannot be loaded.
//!
//! Every message names the place and what would be right; nothing here knows how loading works.

use std::path::PathBuf;

/// Why there is no embedding model.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A file that a model must have is absent.
    #[error("embedding model: {} is missing ({hint})", path.display())]
    Missing {
        /// The absent file or folder.
        path: PathBuf,
        /// What it is needed for, or what to do.
        hint: &'static str,
    },
    /// A file cannot be read.
    #[error("embedding model: cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// A file is truncated, corrupt, or belongs to another model.
    #[error("embedding model: {}: {problem}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The files are sound, but ask for something that is not implemented.
    #[error("embedding model: {}: {feature} `{found}` is not supported; supported: {supported}", path.display())]
    Unsupported {
        /// The file that asks for it.
        path: PathBuf,
        /// What kind of thing it is.
        feature: &'static str,
        /// The value found.
        found: String,
        /// The values that would do.
        supported: &'static str,
    },
    /// The Hugging Face hub did not deliver.
    #[error("cannot fetch the embedding model {id} from the Hugging Face hub: {problem}")]
    Hub {
        /// `organisation/name`.
        id: String,
        /// What the hub's client says.
        problem: String,
    },
    /// The device that was asked for is not there.
    #[error("device `cuda`: {0}; use `device: auto` or `device: cpu`")]
    Device(String),
    /// The precision that was asked for is not that of the device.
    #[error("`precision: {precision}` cannot be had with `device: {device}`; use {instead}")]
    Precision {
        /// What was asked for.
        precision: &'static str,
        /// Where.
        device: &'static str,
        /// What there is.
        instead: &'static str,
    },
    /// The model thread cannot be started.
    #[error("cannot start the embedding thread")]
    Thread(#[source] std::io::Error),
}
