//! `scrimp embed`.

use std::io::BufRead as _;

use serde_json::json;

use super::{Failure, output, runtime, without_providers};
use crate::{
    config::{Embedding, ModelSource},
    embed::{Embedder as _, LocalEmbedder},
};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Texts; without any, the lines of standard input.
    texts: Vec<String>,
    /// A model folder or Hugging Face id instead of the default model.
    #[arg(long)]
    model: Option<String>,
}

/// Texts embedded in one call.
const BATCH: usize = 64;

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let settings =
        Embedding { model: source(arguments.model.as_deref()), ..without_providers()?.embedding };
    let embedder = LocalEmbedder::start(&settings)?;
    let texts = match arguments.texts.as_slice() {
        [] => std::io::stdin().lock().lines().collect::<Result<Vec<_>, _>>()?,
        texts => texts.to_vec(),
    };
    runtime()?.block_on(async {
        for batch in texts.chunks(BATCH) {
            for (text, embedded) in batch.iter().zip(embedder.embed(batch.to_vec()).await?) {
                let line = json!({"text": text, "tokens": embedded.tokens, "embedding": &embedded.vector[..]});
                output::line(&line.to_string());
            }
        }
        Ok(())
    })
}

fn source(model: Option<&str>) -> ModelSource {
    match model {
        None => ModelSource::Builtin,
        Some(path) if std::path::Path::new(path).is_dir() => ModelSource::Folder(path.into()),
        Some(id) => ModelSource::Hub(id.to_owned()),
    }
}
