//! Where a configuration comes from: a file or a text. The only place of this module that does IO.

use std::{collections::HashMap, fs::File, io::Read, path::Path};

use super::{
    Config, ConfigErrors, Loaded,
    check::check,
    error::Position,
    interpolate::interpolate,
    reader::Report,
    tree::{self, Node, Value},
    wording::key_path,
};

/// Far beyond any real configuration; what is larger is not one.
const MAX_FILE_BYTES: u64 = 1 << 20;

const EMPTY: &str = "holds no settings; at least one provider is needed, for example\n  \
     providers: { openai: { api_key: \"${OPENAI_API_KEY}\" } }";

impl Config {
    /// Reads, fills in variables from the environment, and checks. All mistakes come at once.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Loaded, ConfigErrors> {
        let path = path.as_ref();
        let origin = path.display().to_string();
        let text = read(path).map_err(|message| ConfigErrors::whole(&origin, message))?;
        Self::from_yaml(&text, &origin, &|name| std::env::var(name).ok())
    }

    /// Checks a YAML text. `origin` names it in messages, `env` answers for environment variables.
    pub fn from_yaml(
        text: &str,
        origin: &str,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Loaded, ConfigErrors> {
        let errors = |mistakes| ConfigErrors { origin: origin.to_owned(), mistakes };
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let root = tree::parse(text).map_err(|mistake| errors(vec![mistake]))?;
        let Some(mut root) = root.filter(|root| !matches!(root.value, Value::Null)) else {
            return Err(ConfigErrors::whole(origin, EMPTY));
        };
        let report = Report::default();
        settle(&mut root, "", &report, env);
        let config = check(&report, &root, env);
        let mut mistakes = report.mistakes.into_inner();
        if mistakes.is_empty() {
            return Ok(Loaded { config, warnings: report.warnings.into_inner() });
        }
        mistakes.sort_by_key(|mistake| (mistake.position.is_none(), mistake.position));
        mistakes.dedup();
        Err(errors(mistakes))
    }

    /// Every key with its default and a comment: the reference, and a file to start from.
    pub fn default_yaml() -> &'static str {
        include_str!("default.yaml")
    }
}

fn read(path: &Path) -> Result<String, String> {
    let cannot = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            "no such file; without --config, providers come from variables such as OPENAI_API_KEY"
                .to_owned()
        }
        _ => format!("cannot be read: {error}"),
    };
    let file = File::open(path).map_err(cannot)?;
    if file.metadata().map_err(cannot)?.is_dir() {
        return Err("is a folder; name the YAML file in it".to_owned());
    }
    let mut bytes = Vec::new();
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(cannot)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err("is larger than 1MiB; this cannot be a configuration".to_owned());
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = valid.iter().filter(|byte| **byte == b'\n').count() + 1;
        format!("is not UTF-8 text: see line {line}; save it as UTF-8")
    })
}

/// Fills in variables and drops keys given twice, so that everything after it sees plain values.
fn settle(node: &mut Node, path: &str, report: &Report, env: &dyn Fn(&str) -> Option<String>) {
    match &mut node.value {
        Value::Scalar(scalar) => match interpolate(&scalar.written, env) {
            Ok(text) => scalar.text = text,
            Err(error) => {
                report.mistake(path, Some(node.position), error.to_string());
                node.value = Value::Broken;
            }
        },
        Value::List(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                settle(item, &format!("{path}[{index}]"), report, env);
            }
        }
        Value::Map(entries) => {
            let mut seen: HashMap<String, Position> = HashMap::with_capacity(entries.len());
            entries.retain_mut(|entry| {
                let path = key_path(path, &entry.key);
                if let Some(first) = seen.get(&entry.key) {
                    let message = format!("given twice, first in line {}", first.line);
                    report.mistake(&path, Some(entry.position), message);
                    return false;
                }
                seen.insert(entry.key.clone(), entry.position);
                settle(&mut entry.value, &path, report, env);
                true
            });
        }
        Value::Null | Value::Broken => {}
    }
}
