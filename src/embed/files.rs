//! What a model's own files say: architecture, pooling, prefix, window.
//!
//! Reads the Hugging Face and sentence-transformers layout; knows nothing about tensors or tokens.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use bytes::Bytes;
use serde::{Deserialize, de::DeserializeOwned};

use super::{arch::BertConfig, error::LoadError, pooling::Pooling};

/// Model types in `config.json` that [`super::arch`] implements.
const ARCHITECTURES: &str = "bert";

/// Where a model's files are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Files {
    /// In a folder of the Hugging Face layout.
    Folder(PathBuf),
    /// In this binary: name and content of each.
    Shipped(&'static [(&'static str, &'static [u8])]),
}

impl Files {
    /// The path of a file, for messages.
    pub fn path(&self, name: &str) -> PathBuf {
        match self {
            Self::Folder(folder) => folder.join(name),
            Self::Shipped(_) => Path::new("(built in)").join(name),
        }
    }

    /// A file's content; `None` when there is no such file.
    pub fn optional(&self, name: &str) -> Result<Option<Bytes>, LoadError> {
        match self {
            Self::Shipped(files) => {
                let found = files.iter().find(|(found, _)| *found == name);
                Ok(found.map(|(_, bytes)| Bytes::from_static(bytes)))
            }
            Self::Folder(folder) => match fs::read(folder.join(name)) {
                Ok(bytes) => Ok(Some(bytes.into())),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                Err(source) => Err(LoadError::Read { path: self.path(name), source }),
            },
        }
    }

    /// A file that must be there.
    pub fn required(&self, name: &str, hint: &'static str) -> Result<Bytes, LoadError> {
        self.optional(name)?.ok_or_else(|| LoadError::Missing { path: self.path(name), hint })
    }

    /// A JSON file's value; `None` when there is no such file.
    fn json<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, LoadError> {
        let parse = |bytes: Bytes| {
            serde_json::from_slice(&bytes).map_err(|error| invalid(&self.path(name), error))
        };
        self.optional(name)?.map(parse).transpose()
    }
}

/// A model as its files describe it.
#[derive(Debug, Clone)]
pub struct Description {
    /// The encoder's shape.
    pub config: BertConfig,
    /// From `1_Pooling/config.json`; the mean, as sentence-transformers has it, where the model names none.
    pub pooling: Pooling,
    /// Put before every text (`prompts[default_prompt_name]`); mostly empty.
    pub prefix: String,
    /// Whether text is put in lower case before the tokenizer sees it.
    pub lowercase: bool,
    /// The longest text it was trained to read, in tokens, special tokens included.
    pub max_tokens: usize,
}

impl Description {
    /// Reads the description of a model.
    pub fn read(files: &Files) -> Result<Self, LoadError> {
        let config = architecture(files)?;
        let modules: Vec<Module> = files.json("modules.json")?.unwrap_or_default();
        let pooling = match check_modules(&modules, files)? {
            Some(folder) => pooling(files, &format!("{folder}/config.json"), config.hidden_size)?,
            None => Pooling::Mean,
        };
        let transformer: Transformer = files.json("sentence_bert_config.json")?.unwrap_or_default();
        let tokenizer: TokenizerConfig = files.json("tokenizer_config.json")?.unwrap_or_default();
        let trained =
            transformer.max_seq_length.or(tokenizer.model_max_length.map(|tokens| tokens as usize));
        Ok(Self {
            pooling,
            prefix: prefix(files)?,
            lowercase: transformer.do_lower_case,
            max_tokens: trained.unwrap_or(usize::MAX).min(config.max_position_embeddings),
            config,
        })
    }
}

/// A [`LoadError::Invalid`] about `path`.
#[expect(clippy::needless_pass_by_value, reason = "used on errors that end here")]
pub fn invalid(path: &Path, problem: impl ToString) -> LoadError {
    LoadError::Invalid { path: path.to_path_buf(), problem: problem.to_string() }
}

#[derive(Deserialize)]
struct Kind {
    model_type: Option<String>,
    #[serde(default)]
    position_embedding_type: Option<String>,
}

fn architecture(files: &Files) -> Result<BertConfig, LoadError> {
    let path = &files.path("config.json");
    let bytes = files.required("config.json", "every model folder has a config.json")?;
    let kind: Kind = serde_json::from_slice(&bytes).map_err(|error| invalid(path, error))?;
    let unsupported = |feature, found: &str, supported| LoadError::Unsupported {
        path: path.to_path_buf(),
        feature,
        found: found.to_owned(),
        supported,
    };
    match kind.model_type.as_deref() {
        Some("bert") => {}
        Some(other) => return Err(unsupported("the architecture", other, ARCHITECTURES)),
        None => return Err(invalid(path, "`model_type` is absent")),
    }
    match kind.position_embedding_type.as_deref() {
        None | Some("absolute") => {}
        Some(other) => return Err(unsupported("position_embedding_type", other, "absolute")),
    }
    let config: BertConfig =
        serde_json::from_slice(&bytes).map_err(|error| invalid(path, error))?;
    config.check().map_err(|problem| invalid(path, problem))?;
    Ok(config)
}

/// One line of `modules.json`.
#[derive(Deserialize)]
struct Module {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    path: String,
}

/// Refuses modules that would change the vector; returns the folder of the pooling module.
fn check_modules(modules: &[Module], files: &Files) -> Result<Option<String>, LoadError> {
    let mut pooling = None;
    for module in modules {
        match module.kind.rsplit('.').next().unwrap_or_default() {
            "Pooling" => pooling = Some(module.path.clone()),
            "Transformer" | "Normalize" => {}
            other => {
                return Err(LoadError::Unsupported {
                    path: files.path("modules.json"),
                    feature: "the module",
                    found: other.to_owned(),
                    supported: "Transformer, Pooling, Normalize",
                });
            }
        }
    }
    Ok(pooling)
}

/// `1_Pooling/config.json`: either flags of their own or one `pooling_mode`.
#[derive(Deserialize)]
struct PoolingConfig {
    word_embedding_dimension: Option<usize>,
    pooling_mode: Option<String>,
    #[serde(default = "yes")]
    include_prompt: bool,
    #[serde(flatten)]
    rest: BTreeMap<String, serde_json::Value>,
}

fn yes() -> bool {
    true
}

fn pooling(files: &Files, name: &str, dim: usize) -> Result<Pooling, LoadError> {
    const SUPPORTED: &str = "mean, cls, max";
    let path = &files.path(name);
    let bytes = files.required(name, "modules.json names it")?;
    let config: PoolingConfig =
        serde_json::from_slice(&bytes).map_err(|error| invalid(path, error))?;
    if let Some(found) = config.word_embedding_dimension.filter(|found| *found != dim) {
        return Err(invalid(
            path,
            format!("word_embedding_dimension is {found}, config.json's hidden_size is {dim}"),
        ));
    }
    let unsupported = |feature, found: String, supported| LoadError::Unsupported {
        path: path.to_path_buf(),
        feature,
        found,
        supported,
    };
    if !config.include_prompt {
        return Err(unsupported("include_prompt", "false".to_owned(), "true"));
    }
    let flags = config.rest.iter().filter(|(_, value)| value.as_bool() == Some(true));
    let mut modes: Vec<&str> =
        flags.filter_map(|(name, _)| name.strip_prefix("pooling_mode_")).collect();
    modes.extend(config.pooling_mode.as_deref());
    match modes[..] {
        ["mean_tokens" | "mean"] => Ok(Pooling::Mean),
        ["cls_token" | "cls"] => Ok(Pooling::Cls),
        ["max_tokens" | "max"] => Ok(Pooling::Max),
        [] => Err(invalid(path, "no pooling mode is on")),
        _ => Err(unsupported("the pooling", modes.join(" + "), SUPPORTED)),
    }
}

/// `sentence_bert_config.json`.
#[derive(Deserialize, Default)]
struct Transformer {
    max_seq_length: Option<usize>,
    #[serde(default)]
    do_lower_case: bool,
}

/// `tokenizer_config.json`; the length is `1e30` where it is unbounded, so it is no integer.
#[derive(Deserialize, Default)]
struct TokenizerConfig {
    model_max_length: Option<f64>,
}

/// `config_sentence_transformers.json`.
#[derive(Deserialize, Default)]
struct Prompts {
    #[serde(default)]
    prompts: BTreeMap<String, String>,
    default_prompt_name: Option<String>,
}

fn prefix(files: &Files) -> Result<String, LoadError> {
    const FILE: &str = "config_sentence_transformers.json";
    let Prompts { mut prompts, default_prompt_name } = files.json(FILE)?.unwrap_or_default();
    let Some(name) = default_prompt_name else { return Ok(String::new()) };
    let unknown = || {
        invalid(&files.path(FILE), format!("default_prompt_name `{name}` is not among the prompts"))
    };
    prompts.remove(&name).ok_or_else(unknown)
}

#[cfg(test)]
#[path = "files_tests.rs"]
mod tests;
