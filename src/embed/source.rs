//! From the configured model to a folder with its files.
//!
//! Knows the search path and the Hugging Face cache; does not look inside the files.

use std::{
    env,
    path::{Path, PathBuf},
};

use hf_hub::{Cache, Repo, api::sync::ApiBuilder};

use crate::config::ModelSource;

use super::{error::LoadError, profile::BUILTIN};

/// How many parents of the executable's folder are searched: enough for `target/release/` and `bin/`.
const ANCESTORS: usize = 3;

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
    /// The folder in the Hugging Face layout.
    pub folder: PathBuf,
}

/// Finds the folder of a model, fetching it from the hub where the configuration says so.
pub fn locate(source: &ModelSource) -> Result<Located, LoadError> {
    match source {
        ModelSource::Builtin => builtin(&Surroundings::current().search_path()),
        ModelSource::Folder(folder) if folder.is_dir() => {
            Ok(Located { name: last_segment(&folder.to_string_lossy()), folder: folder.clone() })
        }
        ModelSource::Folder(folder) => Err(LoadError::Missing {
            path: folder.clone(),
            hint: "embedding.model names a folder that does not exist",
        }),
        ModelSource::Hub(id) => hub(id, Cache::from_env()),
    }
}

fn builtin(searched: &[PathBuf]) -> Result<Located, LoadError> {
    let found = searched.iter().find(|folder| folder.join("config.json").is_file());
    match found {
        Some(folder) => Ok(Located { name: BUILTIN.to_owned(), folder: folder.clone() }),
        None => Err(LoadError::NotFound { name: BUILTIN, searched: searched.to_vec() }),
    }
}

/// What the search path depends on.
#[derive(Debug, Default)]
struct Surroundings {
    /// `$SCRIMP_MODELS`.
    models: Option<PathBuf>,
    /// Folder of the running executable.
    executable: Option<PathBuf>,
    /// `$XDG_CACHE_HOME`.
    cache: Option<PathBuf>,
    /// `$HOME`.
    home: Option<PathBuf>,
}

impl Surroundings {
    fn current() -> Self {
        let variable =
            |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        Self {
            models: variable("SCRIMP_MODELS"),
            executable: env::current_exe()
                .ok()
                .and_then(|path| path.parent().map(Path::to_path_buf)),
            cache: variable("XDG_CACHE_HOME"),
            home: variable("HOME"),
        }
    }

    /// Folders that may hold the default model, the operator's own first, the system's last.
    fn search_path(&self) -> Vec<PathBuf> {
        let mut folders: Vec<PathBuf> = self.models.iter().cloned().collect();
        folders.push(PathBuf::from("models"));
        if let Some(executable) = &self.executable {
            folders.extend(
                executable.ancestors().take(1 + ANCESTORS).map(|folder| folder.join("models")),
            );
        }
        let cache =
            self.cache.clone().or_else(|| self.home.as_ref().map(|home| home.join(".cache")));
        folders.extend(cache.map(|cache| cache.join("scrimp/models")));
        folders.push(PathBuf::from("/usr/share/scrimp/models"));
        folders.into_iter().map(|folder| folder.join(BUILTIN)).collect()
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
    Ok(Located { name: last_segment(id), folder })
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
    fn the_search_path_goes_from_the_operator_to_the_system() {
        let surroundings = Surroundings {
            models: Some("/own".into()),
            executable: Some("/repo/target/release".into()),
            cache: None,
            home: Some("/home/ada".into()),
        };
        let folders: Vec<String> = surroundings
            .search_path()
            .iter()
            .map(|path| path.to_string_lossy().replace(BUILTIN, "M"))
            .collect();
        let expected = [
            "/own/M",
            "models/M",
            "/repo/target/release/models/M",
            "/repo/target/models/M",
            "/repo/models/M",
            "/models/M",
            "/home/ada/.cache/scrimp/models/M",
            "/usr/share/scrimp/models/M",
        ];
        assert_eq!(folders, expected);
    }

    #[test]
    fn the_cache_variable_wins_over_the_home_folder() {
        let surroundings = Surroundings {
            cache: Some("/cache".into()),
            home: Some("/home/ada".into()),
            ..Surroundings::default()
        };
        let folders = surroundings.search_path();
        assert!(folders.contains(&PathBuf::from("/cache/scrimp/models").join(BUILTIN)));
        assert!(!folders.iter().any(|folder| folder.starts_with("/home/ada")));
    }

    #[test]
    fn a_missing_builtin_model_names_every_place_and_the_script() {
        let message =
            builtin(&["/one/models".into(), "/two/models".into()]).unwrap_err().to_string();
        for part in ["/one/models", "/two/models", "scripts/fetch-model.sh", BUILTIN] {
            assert!(message.contains(part), "{message}");
        }
    }

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
        assert_eq!(located, Located { name: "small".to_owned(), folder: snapshot });
    }
}
