//! `scrimp route "prompt"`: which tier it would go to, and why.

use serde_json::json;

use crate::{
    app::Model,
    classify::{Classifier, Features, RequestText, has_code},
    cli::{ConfigArgument, Failure, output, runtime, without_providers},
    route::{Signals, learned, rules},
};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The prompt.
    #[arg(required = true)]
    prompt: Option<String>,
    #[command(flatten)]
    config: ConfigArgument,
    /// Print the result as JSON: {"tier", "reason", "decided_by", "complexity", "threshold", "contributions"}.
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let config = match arguments.config.config {
        Some(_) => arguments.config.load()?,
        None => without_providers()?,
    };
    let classifier = Classifier::shipped()?;
    let model = Model::load(&config)?;
    // The parser has seen to it that there is one.
    let prompt = arguments.prompt.as_deref().unwrap_or_default();
    let reads_vectors = |model: &Model| classifier.reads_vectors_of(model.embedder.identity());
    let vector = match model.filter(reads_vectors) {
        Some(model) => runtime()?.block_on(model.embedder.embed(vec![prompt.to_owned()])).ok(),
        None => None,
    };
    let vector = vector.and_then(|mut embedded| embedded.pop()).map(|embedded| embedded.vector);
    let text = RequestText {
        system: "",
        question: prompt,
        earlier_turns: 0,
        tools: 0,
        json_format: false,
    };
    let complexity = classifier.classify(&Features::of(&text), vector.as_deref());
    let threshold = classifier.threshold(complexity.head, config.router.aim);
    let signals = Signals {
        insisted: None,
        question: prompt,
        tokens: crate::account::estimate_tokens(prompt.len()) as usize,
        tools: 0,
        code: has_code(prompt),
        headers: &http::HeaderMap::new(),
    };
    let choice = rules::choose(&signals, &config.router)
        .unwrap_or_else(|| learned::choose(&complexity, threshold));
    if arguments.json {
        let contributions: serde_json::Map<_, _> = complexity
            .contributions
            .iter()
            .map(|(name, weight)| ((*name).to_owned(), json!(weight)))
            .collect();
        output::json(&json!({
            "tier": choice.tier.as_str(), "reason": choice.reason, "decided_by": choice.decided_by,
            "complexity": complexity.probability, "threshold": threshold, "contributions": contributions,
        }))?;
        return Ok(());
    }
    output::line(&format!("{}: {}", choice.tier.as_str(), choice.reason));
    if choice.decided_by == "classifier" {
        output::line("what the classifier saw, in log-odds (+ speaks for the frontier):");
        for (name, weight) in complexity.contributions.iter().filter(|(_, weight)| *weight != 0.0) {
            output::line(&format!("  {weight:+.3} {name}"));
        }
    }
    Ok(())
}
