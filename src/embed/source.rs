//! From the configured model to its files.
//!
//! Knows the Hugging Face cache; does not look inside the files.

use std::{
    env,
    path::{Path, PathBuf},
};

use hf_hub::{Cache, Repo, api::sync::ApiBuilder};

use crate::config::ModelSource;

use super::{error::LoadError, files::Files, shipped};

/// What a model cannot do without, and what tells how it is used where present.
const REQUIRED: [&str; 3] = ["config.json", "tokenizer.json", "model.safetensors"];
const OPTIONAL: [&str; 4] = [
    "modules.json",
    "1_Pooling/config.json",
    "sentence_bert_config.json",
    "config_sentence_transformers.json",
];

/// A model's files on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// The model's name, without organisation or path.
    pub name: String,
    /// Where they are.
    pub files: Files,
}

/// Finds the files of a model, fetching it from the hub where the configuration says so.
pub fn locate(source: &ModelSource) -> Result<Located, LoadError> {
    match source {
        ModelSource::Builtin => {
            Ok(Located { name: shipped::NAME.to_owned(), files: Files::Shipped(shipped::FILES) })
        }
        ModelSource::Folder(folder) if folder.is_dir() => Ok(Located {
            name: last_segment(&folder.to_string_lossy()),
            files: Files::Folder(folder.clone()),
        }),
        ModelSource::Folder(folder) => Err(LoadError::Missing {
            path: folder.clone(),
            hint: "embedding.model names a folder that does not exist",
        }),
        ModelSource::Hub(id) => hub(id, Cache::from_env()),
    }
}

/// The cache first, without a word over the network when it is complete. It is complete only with `modules.json`:
/// without it a cached model of other pooling could be read wrongly, so the hub is asked what there is.
fn hub(id: &str, cache: Cache) -> Result<Located, LoadError> {
    let cached = cache.repo(Repo::model(id.to_owned()));
    let complete = REQUIRED.iter().chain(&["modules.json"]).all(|file| cached.get(file).is_some());
    let config = match cached.get("config.json") {
        Some(config) if complete => config,
        _ => download(id, cache)?,
    };
    let folder = config.parent().map(Path::to_path_buf).unwrap_or_default();
    Ok(Located { name: last_segment(id), files: Files::Folder(folder) })
}

/// Fetches what there is of a model's files, and returns where `config.json` came to lie.
fn download(id: &str, cache: Cache) -> Result<PathBuf, LoadError> {
    let failed = |problem: String| LoadError::Hub { id: id.to_owned(), problem };
    tracing::info!(model = id, "fetching the embedding model from the Hugging Face hub");
    let token = cache.token();
    let mut builder = ApiBuilder::from_cache(cache).with_progress(false).with_token(token);
    if let Some(endpoint) = env::var("HF_ENDPOINT").ok().filter(|endpoint| !endpoint.is_empty()) {
        builder = builder.with_endpoint(endpoint);
    }
    let repo = builder.build().map_err(|error| failed(error.to_string()))?.model(id.to_owned());
    let info = repo.info().map_err(|error| failed(error.to_string()))?;
    let offered = |file: &str| info.siblings.iter().any(|sibling| sibling.rfilename == file);
    if let Some(absent) = REQUIRED.iter().find(|file| !offered(file)) {
        return Err(failed(format!("the model has no {absent}")));
    }
    for file in OPTIONAL.iter().chain(&REQUIRED).filter(|file| offered(file)) {
        repo.get(file).map_err(|error| failed(format!("{file}: {error}")))?;
    }
    repo.get("config.json").map_err(|error| failed(error.to_string()))
}

fn last_segment(path: &str) -> String {
    path.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let message =
            locate(&ModelSource::Folder("/no/such/folder".into())).unwrap_err().to_string();
        assert!(message.contains("/no/such/folder"), "{message}");
    }

    #[test]
    fn a_complete_hub_cache_is_used_without_the_network() {
        let home = tempfile::tempdir().unwrap();
        let model = home.path().join("models--acme--small");
        let snapshot = model.join("snapshots/0a1b");
        fs::create_dir_all(&snapshot).unwrap();
        fs::create_dir_all(model.join("refs")).unwrap();
        fs::write(model.join("refs/main"), "0a1b").unwrap();
        for file in REQUIRED.iter().chain(&["modules.json"]) {
            fs::write(snapshot.join(file), "{}").unwrap();
        }
        let located = hub("acme/small", Cache::new(home.path().to_path_buf())).unwrap();
        assert_eq!(located, Located { name: "small".to_owned(), files: Files::Folder(snapshot) });
    }
}
