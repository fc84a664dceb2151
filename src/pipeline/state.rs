//! What has been learnt, kept across restarts: one file, written whole and put in place at once.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use serde::{Deserialize, Serialize};
use tokio::{sync::oneshot, task::JoinHandle};

use super::Gateway;
use crate::{
    cache::ScopeId,
    route::{learn, promise},
    verify::budget,
};

/// The file, within the configured folder.
const FILE: &str = "learnt.json";
/// The only layout that this version reads.
const FORMAT: u32 = 1;

/// A folder for what is learnt.
#[derive(Debug, Clone)]
pub struct State {
    folder: PathBuf,
}

/// Why what was learnt cannot be kept, or not be read.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The folder or the file.
    #[error("cache.path: {path}: {source}")]
    Io {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file is not what this version writes.
    #[error(
        "cache.path: {path} cannot be read ({problem}); move it away to start without what was learnt"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
}

/// All that has been learnt.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Learnt {
    format: u32,
    router: Vec<(ScopeId, learn::Snapshot)>,
    /// The promise that all scopes have in common, where there is one.
    common: Option<promise::Snapshot>,
    /// The day and what comparisons have cost in it.
    purse: (u64, u64),
    budgets: Vec<(ScopeId, budget::Snapshot)>,
}

impl Learnt {
    /// What the router has learnt, by scope.
    pub fn into_router(self) -> Vec<(ScopeId, learn::Snapshot)> {
        self.router
    }
}

impl State {
    /// What is kept in `folder`, which is made when it is not there.
    pub fn open(folder: &Path) -> Result<Self, StateError> {
        fs::create_dir_all(folder)
            .map_err(|source| StateError::Io { path: folder.to_owned(), source })?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// What was learnt before; `None` the first time.
    pub fn read(&self) -> Result<Option<Learnt>, StateError> {
        let path = self.folder.join(FILE);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(StateError::Io { path, source }),
        };
        let learnt: Learnt = serde_json::from_slice(&bytes).map_err(|error| {
            StateError::Damaged { path: path.clone(), problem: error.to_string() }
        })?;
        if learnt.format != FORMAT {
            let problem = format!("format {} where this version reads {FORMAT}", learnt.format);
            return Err(StateError::Damaged { path, problem });
        }
        Ok(Some(learnt))
    }

    /// Writes down what is learnt. Blocks.
    pub fn write(&self, learnt: &Learnt) -> Result<(), StateError> {
        let (path, draft) = (self.folder.join(FILE), self.folder.join(format!("{FILE}.new")));
        let write = || {
            let file = io::BufWriter::new(fs::File::create(&draft)?);
            serde_json::to_writer(file, learnt).map_err(io::Error::from)?;
            fs::File::open(&draft)?.sync_all()?;
            fs::rename(&draft, &path)
        };
        write().map_err(|source| StateError::Io { path: path.clone(), source })
    }
}

/// How often what is learnt is written down while the gateway runs.
const EVERY: Duration = Duration::from_secs(300);

/// The task that writes down what a gateway learns: now and then, and when it stops.
pub struct Keeper {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Keeper {
    /// Goes on from what is kept, and keeps what is learnt from now on.
    pub fn start(state: State, gateway: Arc<Gateway>) -> Result<Self, StateError> {
        if let Some(learnt) = state.read()? {
            gateway.restore(learnt);
        }
        // Better now than after an hour of learning.
        state.write(&gateway.learnt())?;
        let (stop, mut stopped) = oneshot::channel();
        let task = tokio::spawn(async move {
            loop {
                let is_last = tokio::time::timeout(EVERY, &mut stopped).await.is_ok();
                let (state, learnt) = (state.clone(), gateway.learnt());
                match tokio::task::spawn_blocking(move || state.write(&learnt)).await {
                    Ok(Ok(())) => {}
                    Ok(Err(error)) => {
                        tracing::error!(%error, "what is learnt cannot be written down")
                    }
                    Err(error) => tracing::error!(%error, "writing down what is learnt has failed"),
                }
                if is_last {
                    return;
                }
            }
        });
        Ok(Self { stop, task })
    }

    /// Writes everything down and stops.
    pub async fn stop(self) {
        // An error means that the task has ended, which the next line reports.
        let _ = self.stop.send(());
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the keeper of what is learnt has failed");
        }
    }
}

impl Gateway {
    /// All that has been learnt.
    pub fn learnt(&self) -> Learnt {
        Learnt {
            format: FORMAT,
            router: self.parts.learners.snapshots(),
            common: self.parts.learners.common_snapshot(),
            purse: self.purse.snapshot(),
            budgets: self.budgets.snapshots(),
        }
    }

    /// Goes on from what was learnt before.
    pub fn restore(&self, learnt: Learnt) {
        self.parts.learners.restore_common(learnt.common);
        self.purse.restore(learnt.purse);
        let scopes = (learnt.router.len(), learnt.budgets.len());
        let left_out =
            self.parts.learners.restore(learnt.router) + self.budgets.restore(learnt.budgets);
        if left_out > 0 {
            tracing::warn!(left_out, "what some scopes had learnt does not fit this configuration");
        }
        tracing::info!(router = scopes.0, budgets = scopes.1, "going on from what was learnt");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let state = State::open(&folder.path().join("new")).unwrap();
        assert!(state.read().unwrap().is_none());
        let learnt = Learnt {
            format: FORMAT,
            router: Vec::new(),
            common: None,
            purse: (3, 7),
            budgets: Vec::new(),
        };
        state.write(&learnt).unwrap();
        assert_eq!(state.read().unwrap().unwrap().format, FORMAT);
    }

    #[test]
    fn a_damaged_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let state = State::open(folder.path()).unwrap();
        for (text, problem) in [
            ("{", "EOF"),
            (
                r#"{"format":9,"router":[],"common":null,"purse":[0,0],"budgets":[]}"#,
                "format 9 where this version reads 1",
            ),
        ] {
            fs::write(folder.path().join(FILE), text).unwrap();
            let error = state.read().unwrap_err().to_string();
            assert!(error.contains(problem) && error.contains("learnt.json"), "{error}");
        }
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(State::open(&file).is_err());
    }
}
