//! Why the ledger cannot be kept, or not be read.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use rusqlite::ErrorCode;

/// Why the ledger cannot be kept, or not be read. Every message names the file.
#[derive(Debug, Clone, thiserror::Error)]
pub enum LedgerError {
    /// Nobody has made it.
    #[error("{path}: there is no ledger; `scrimp serve` makes one when it starts")]
    Missing {
        /// Where it should be.
        path: PathBuf,
    },
    /// The folder or the file.
    #[error("{path}: {source}")]
    Io {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: Arc<io::Error>,
    },
    /// The file is no database, or not a whole one.
    #[error("{path} is no ledger, or a damaged one ({source}); move it away to start a new one")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        source: Arc<rusqlite::Error>,
    },
    /// The file is a database of something else.
    #[error("{path} is the database of another program; name another file")]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// A later version of Scrimp has written it.
    #[error(
        "{path} was written by a newer version (layout {found}; this one knows up to {known}); \
         use that version, or name another file"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its layout.
        found: u32,
        /// The latest that is known.
        known: u32,
    },
    /// An earlier version of Scrimp has written it, and it is only to be read.
    #[error(
        "{path} was written by an older version (layout {found}, now {known}); start \
         `scrimp serve` with it once to bring it up to date"
    )]
    Older {
        /// The file.
        path: PathBuf,
        /// Its layout.
        found: u32,
        /// The one that can be read.
        known: u32,
    },
    /// Anything else: the disk is full, another process holds the lock, …
    #[error("{path}: {source}")]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        source: Arc<rusqlite::Error>,
    },
    /// The ledger has been closed.
    #[error("{path}: the ledger is closed")]
    Closed {
        /// The file.
        path: PathBuf,
    },
}

impl LedgerError {
    /// What the system says of `path`.
    pub fn io(path: &Path, source: io::Error) -> Self {
        Self::Io { path: path.to_owned(), source: Arc::new(source) }
    }

    /// What SQLite says of `path`.
    pub fn sqlite(path: &Path, source: rusqlite::Error) -> Self {
        let (path, code) = (path.to_owned(), source.sqlite_error_code());
        let source = Arc::new(source);
        match code {
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
                Self::Damaged { path, source }
            }
            _ => Self::Sqlite { path, source },
        }
    }

    /// Whether the records are at fault, and not the place: it would be no better later, or elsewhere.
    pub fn is_about_records(&self) -> bool {
        let Self::Sqlite { source, .. } = self else { return false };
        let codes = [ErrorCode::ConstraintViolation, ErrorCode::TooBig, ErrorCode::TypeMismatch];
        source.sqlite_error_code().is_some_and(|code| codes.contains(&code))
    }
}
