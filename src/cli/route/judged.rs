//! What the router sees of labelled prompts: the shipped classifier's word, and what kind of work each asks for.

use std::sync::Arc;

use crate::{
    app::Model,
    classify::{Classifier, Features, RequestText},
    cli::{
        ConfigArgument, Failure,
        embedding::Embedding,
        output,
        scoring::{self, Bars},
    },
    embed::Embedded,
    eval::{offline::Watch as _, routing::Outcome},
    route::learn::{Sight, Task},
};

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
pub fn judge(rows: &[Outcome], config: &ConfigArgument, bars: &Bars) -> Result<Judged, Failure> {
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
        let vector = embedded.as_ref().filter(|_| readable).map(|embedded| &*embedded.vector);
        let complexity = classifier.classify(&Features::of(&text), vector);
        let task = embedded.as_ref().map(|embedded| Task::of(&embedded.task));
        judged.sights.push(Sight { log_odds: complexity.log_odds, task });
        judged.probability.push(f64::from(complexity.probability));
        judged.vectors.push(embedded.map(|embedded| embedded.vector));
    }
    Ok(judged)
}
