//! Labelled prompts: where they come from, what the router sees of them, and how figures over them are shown.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{
    app::Model,
    classify::{Classifier, RequestText},
    cli::{
        ConfigArgument, Failure,
        embedding::Embedding,
        output,
        scoring::{self, Bars},
    },
    embed::Embedded,
    eval::{
        offline::Watch as _,
        routing::{self, Estimate, Figures, Options, Outcome, report::cells},
    },
    route::{learn::Sight, learned},
};

/// The labelled prompts, and how figures over them are made.
#[derive(Debug, clap::Args)]
pub struct Labelled {
    /// JSON lines of {"prompt", "weak_score", "strong_score"} with scores from 0 to 1, and optionally "category" and
    /// "dup_key". May be gzipped.
    pub file: PathBuf,
    #[command(flatten)]
    config: ConfigArgument,
    /// Print everything as JSON.
    #[arg(long)]
    pub json: bool,
    /// Decides what is drawn at random.
    #[arg(long, default_value = "1")]
    seed: u64,
    /// How many resamples the intervals are from.
    #[arg(long, value_name = "N", default_value = "1000", value_parser = clap::value_parser!(u32).range(100..=100_000))]
    resamples: u32,
}

impl Labelled {
    /// Reads the prompts, and judges each as a gateway would.
    pub fn judged(&self, bars: &Bars) -> Result<(Vec<Outcome>, Judged), Failure> {
        let rows = routing::read(&self.file)?;
        let judged = judge(&rows, &self.config, bars)?;
        Ok((rows, judged))
    }

    /// Whether something can be written to `path`, told before the work and not after it.
    pub fn keep_apart(&self, path: &Path) -> Result<(), Failure> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let problem = if path.is_dir() {
            "is a folder; name a file"
        } else if folder.is_some_and(|folder| !folder.is_dir()) {
            "is in a folder that is not there"
        } else if path
            .canonicalize()
            .is_ok_and(|path| self.file.canonicalize().is_ok_and(|file| file == path))
        {
            "is the file of labelled prompts itself"
        } else {
            return Ok(());
        };
        Err(format!("{}: {problem}", path.display()).into())
    }

    /// How figures are made.
    pub fn options(&self) -> Options {
        Options { seed: self.seed, resamples: self.resamples }
    }
}

/// A row of a table of figures for the terminal.
pub fn row(name: &str, figures: &Figures, lead: Option<Estimate>) -> Vec<String> {
    let cell = |figure: Option<(String, String)>| {
        figure.map_or_else(|| "-".to_owned(), |(value, interval)| format!("{value}\n{interval}"))
    };
    std::iter::once(name.to_owned()).chain(cells(figures, lead).map(cell)).collect()
}

/// What there is to say of each prompt.
pub struct Judged {
    /// What the router sees.
    pub sights: Vec<Sight>,
    /// P(the cheap model's answer is not good enough), by the shipped classifier.
    pub probability: Vec<f64>,
    /// What each means, by the embedding model.
    pub vectors: Vec<Option<Arc<[f32]>>>,
    /// Names the embedding model, if there is one.
    pub embedding: Option<String>,
}

/// Judges each prompt as a gateway with this configuration would.
fn judge(rows: &[Outcome], config: &ConfigArgument, bars: &Bars) -> Result<Judged, Failure> {
    let classifier = Classifier::shipped()?;
    let model = Model::load(&scoring::configuration(config)?)?;
    let embedding = model.map(|model| Embedding::by(model.embedder)).transpose()?;
    let readable =
        embedding.as_ref().is_some_and(|model| classifier.reads_vectors_of(model.identity()));
    if embedding.is_some() && !readable {
        output::note(&format!(
            "the classifier reads vectors of {} only: it judges these prompts by their text alone",
            classifier.embedding_model()
        ));
    }
    let embedded: Vec<Option<Embedded>> = match &embedding {
        None => vec![None; rows.len()],
        Some(embedding) => {
            let prompts: Vec<String> = rows.iter().map(|row| row.prompt.clone()).collect();
            bars.begin("embedding", rows.len() as u64);
            embedding.for_routing(&prompts, &|count| bars.advance(count as u64))?
        }
    };
    let mut judged = Judged {
        sights: Vec::with_capacity(rows.len()),
        probability: Vec::with_capacity(rows.len()),
        vectors: Vec::with_capacity(rows.len()),
        embedding: embedding.map(|embedding| embedding.identity().to_owned()),
    };
    for (row, embedded) in rows.iter().zip(embedded) {
        let text = RequestText { question: &row.prompt, ..RequestText::default() };
        let (complexity, sight) = learned::view(&classifier, readable, &text, embedded.as_ref());
        judged.sights.push(sight);
        judged.probability.push(f64::from(complexity.probability));
        judged.vectors.push(embedded.map(|embedded| embedded.vector));
    }
    Ok(judged)
}
