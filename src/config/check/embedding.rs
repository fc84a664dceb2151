//! `embedding`: which model, where it runs, how it is fed.

use std::path::PathBuf;

use crate::config::{DeviceChoice, Embedding, ModelSource, Precision, reader::Section};

pub(super) fn embedding(
    mut section: Section<'_>,
    env: &dyn Fn(&str) -> Option<String>,
) -> Embedding {
    let embedding = Embedding {
        model: section.read("model", ModelSource::Builtin, |text| model(text, env)),
        device: section.choice(
            "device",
            DeviceChoice::Auto,
            &[
                ("auto", DeviceChoice::Auto),
                ("cpu", DeviceChoice::Cpu),
                ("cuda", DeviceChoice::Cuda),
            ],
        ),
        precision: section.choice(
            "precision",
            Precision::Auto,
            &[
                ("auto", Precision::Auto),
                ("int8", Precision::Int8),
                ("bf16", Precision::Bf16),
                ("f16", Precision::F16),
                ("f32", Precision::F32),
            ],
        ),
        queue: section.count("queue", 512, 1..=1_000_000),
        batch_tokens: section.count("batch_tokens", 4096, 16..=1_000_000),
    };
    let problem = match (embedding.device, embedding.precision) {
        (DeviceChoice::Cuda, Precision::Int8) => {
            Some("int8 is computed on the CPU; with device: cuda write auto, f16, bf16 or f32")
        }
        (DeviceChoice::Cpu, Precision::F16) => {
            Some("f16 is computed on a GPU; with device: cpu write auto, int8, bf16 or f32")
        }
        _ => None,
    };
    if let Some(problem) = problem {
        let path = format!("{}.precision", section.path());
        section.mistake(&path, problem);
    }
    section.finish();
    embedding
}

fn model(text: &str, env: &dyn Fn(&str) -> Option<String>) -> Result<ModelSource, String> {
    if text == "builtin" {
        return Ok(ModelSource::Builtin);
    }
    if text.starts_with("http://") || text.starts_with("https://") {
        return Err(
            "models behind a URL are not supported in this version; use builtin, a folder \
                    or organisation/name"
                .to_owned(),
        );
    }
    let folder = match text.strip_prefix("~/") {
        Some(rest) => {
            PathBuf::from(env("HOME").ok_or("starts at ~, but HOME is not set")?).join(rest)
        }
        None => PathBuf::from(text),
    };
    if folder.is_dir() {
        return Ok(ModelSource::Folder(folder));
    }
    if text.starts_with(['.', '/', '~']) {
        return Err(
            "is not a folder; name one that holds config.json and model.safetensors".to_owned()
        );
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let named = |part: &str| !part.is_empty() && part.chars().all(allowed);
    match text.split_once('/') {
        Some((organisation, name)) if named(organisation) && named(name) => {
            Ok(ModelSource::Hub(text.to_owned()))
        }
        _ => Err("is not a model; write builtin, a folder such as ./models/mine, or \
                  organisation/name on the Hugging Face hub"
            .to_owned()),
    }
}
