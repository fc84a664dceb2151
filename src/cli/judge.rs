//! `scrimp judge`.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufWriter, Write as _},
    path::PathBuf,
};

use rayon::prelude::*;
use serde_json::json;

use super::{
    ConfigArgument, Failure, output,
    scoring::{self, Bars, LocalScorer},
};
use crate::{
    app::Judging,
    eval::{
        offline::{Scorer as _, Watch as _},
        pairs::{self, Pair, Quality, Scored},
    },
    guard,
    index::dot,
    pipeline::budgets::settings,
    verify::{
        budget::Budget,
        calibration,
        judge::{self, Assessment, Judge},
    },
};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Two questions: the one asked, and the one whose answer is stored.
    #[arg(num_args = 2, value_names = ["QUESTION", "STORED"], required_unless_present = "pairs")]
    questions: Vec<String>,
    /// Judge labelled pairs instead: JSON lines of {"a", "b", "label", "source", "kind"}, gzipped or not.
    #[arg(long, num_args = 1.., value_name = "FILE")]
    pairs: Vec<PathBuf>,
    /// Report each kind of pair as well.
    #[arg(long, requires = "pairs")]
    kinds: bool,
    /// Write the evidence on each pair to this file, as numbers, and nothing else: what a calibration is made of.
    #[arg(long, value_name = "FILE", requires = "pairs", conflicts_with_all = ["json", "kinds"])]
    features: Option<PathBuf>,
    #[command(flatten)]
    config: ConfigArgument,
    /// Print the result as JSON.
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let config = scoring::configuration(&arguments.config)?;
    let scorer = LocalScorer::start(&config)?;
    let settings = settings(&config.cache);
    let prior = std::sync::Arc::new(scorer.judging().prior.clone());
    let threshold =
        config.cache.fixed_score().unwrap_or_else(|| Budget::new(settings, prior).threshold());
    match arguments.questions.as_slice() {
        [question, stored] => one(arguments, &scorer, (question, stored), threshold),
        _ => many(arguments, &scorer, threshold),
    }
}

fn one(
    arguments: &Arguments,
    scorer: &LocalScorer,
    (question, stored): (&str, &str),
    threshold: f64,
) -> Result<(), Failure> {
    let vectors = scorer.embed(&[question.to_owned(), stored.to_owned()], &|_| {})?;
    let cosine = dot(&vectors[0], &vectors[1]);
    let differences: Vec<String> =
        guard::compare(stored, question).iter().map(ToString::to_string).collect();
    let Assessment { score, refusal, .. } = scorer.assess(question, stored, cosine);
    let is_served = refusal.is_none() && score >= threshold && cosine >= scorer.judging().floor;
    let refusal = refusal.map(|refusal| refusal.to_string());
    if arguments.json {
        output::json(&json!({
            "served": is_served, "confidence": score, "threshold": threshold, "cosine": cosine,
            "refused": refusal, "differences": differences,
        }))?;
        return Ok(());
    }
    let verdict = if is_served { "the stored answer is served" } else { "it is not served" };
    output::line(verdict);
    let mut rows = vec![vec!["evidence".to_owned(), String::new()]];
    let mut fact = |name: &str, value: String| rows.push(vec![name.to_owned(), value]);
    fact("confidence", format!("{score:.4}, of {threshold:.4} that the error budget asks for"));
    fact("cosine", format!("{cosine:.4}"));
    if let Some(refusal) = refusal {
        fact("refused", refusal);
    }
    for difference in differences {
        fact("difference", difference);
    }
    output::line(&output::table(&rows));
    Ok(())
}

fn many(arguments: &Arguments, scorer: &LocalScorer, threshold: f64) -> Result<(), Failure> {
    let mut all: Vec<Pair> = Vec::new();
    for path in &arguments.pairs {
        all.extend(pairs::read(path)?);
    }
    let cosines = cosines(scorer, &all)?;
    let bars = Bars::default();
    bars.begin("judging", all.len() as u64);
    if let Some(path) = &arguments.features {
        write_features(path, scorer, &all, &cosines)?;
        return Ok(());
    }
    let scored: Vec<Scored> = all
        .par_iter()
        .zip(&cosines)
        .map(|(pair, &cosine)| {
            let assessed = scorer.assess(&pair.a, &pair.b, cosine);
            bars.advance(1);
            let refused = assessed.refusal.is_some() || cosine < scorer.judging().floor;
            Scored {
                refused,
                same: pair.label == 1,
                cosine: f64::from(cosine),
                score: assessed.score,
                verified: assessed.complete,
            }
        })
        .collect();
    bars.finish();
    let by = |name: fn(&Pair) -> String| -> BTreeMap<String, Quality> {
        let names: Vec<String> = all.iter().map(name).collect();
        pairs::grouped(names.iter().map(String::as_str).zip(scored.iter().copied()), threshold)
    };
    let sources = by(|pair| pair.source.clone());
    let kinds = if arguments.kinds {
        by(|pair| format!("{}: {}", pair.source, pair.kind))
    } else {
        BTreeMap::new()
    };
    let total = Quality::of(&scored, threshold);
    if arguments.json {
        output::json(
            &json!({"threshold": threshold, "all": total, "sources": sources, "kinds": kinds}),
        )?;
        return Ok(());
    }
    let all = BTreeMap::from([("all".to_owned(), total)]);
    output::line(&format!("served from confidence {threshold:.4} on\n"));
    output::line(&table(all.iter().chain(&sources)));
    if !kinds.is_empty() {
        output::line(&format!("\n{}", table(kinds.iter())));
    }
    Ok(())
}

/// Cosine of each pair; 0 where a text is too long to be embedded.
fn cosines(scorer: &LocalScorer, pairs: &[Pair]) -> Result<Vec<f32>, Failure> {
    let texts: Vec<String> =
        pairs.iter().flat_map(|pair| [pair.a.clone(), pair.b.clone()]).collect();
    let bars = Bars::default();
    bars.begin("embedding", texts.len() as u64);
    let vectors = scorer.embed(&texts, &|count| bars.advance(count as u64))?;
    bars.finish();
    Ok(vectors.chunks_exact(2).map(|pair| dot(&pair[0], &pair[1])).collect())
}

fn write_features(
    path: &std::path::Path,
    scorer: &LocalScorer,
    pairs: &[Pair],
    cosines: &[f32],
) -> Result<(), Failure> {
    let Judging { judge: Judge::Calibrated { verifier, .. }, .. } = scorer.judging() else {
        return Err(
            "a fixed threshold has no evidence to write; leave `cache.threshold` out".into()
        );
    };
    let rows: Vec<String> = pairs
        .par_iter()
        .zip(cosines)
        .map(|(pair, &cosine)| {
            let comparison = guard::examine(&pair.b, &pair.a);
            let logit = verifier.logit(&pair.a, &pair.b).ok();
            let features = logit.map(|logit| calibration::features(cosine, logit, &comparison));
            let vetoed = judge::veto(&comparison).map(|found| found.kind.name());
            json!({
                "label": pair.label, "source": pair.source, "kind": pair.kind, "cosine": cosine,
                "logit": logit, "vetoed": vetoed, "features": features,
            })
            .to_string()
        })
        .collect();
    let mut file = BufWriter::new(File::create(path)?);
    writeln!(file, "{}", json!({"names": calibration::names().collect::<Vec<_>>()}))?;
    for row in rows {
        writeln!(file, "{row}")?;
    }
    file.flush()?;
    Ok(())
}

fn table<'a>(groups: impl Iterator<Item = (&'a String, &'a Quality)>) -> String {
    let mut rows = vec![
        [
            "pairs",
            "same",
            "different",
            "AUC cosine",
            "AUC",
            "recall at 95 % right",
            "served, same",
            "served, different",
            "verified",
        ]
        .map(str::to_owned)
        .to_vec(),
    ];
    for (name, quality) in groups {
        let area = |auc: &Option<pairs::Auc>| {
            auc.map_or_else(
                || "-".to_owned(),
                |auc| format!("{:.3} [{:.3}, {:.3}]", auc.value, auc.low, auc.high),
            )
        };
        let share = |share: &crate::eval::interval::Share| {
            if share.of == 0 {
                return "-".to_owned();
            }
            format!(
                "{:.1} % [{:.1}, {:.1}]",
                share.value * 100.0,
                share.low * 100.0,
                share.high * 100.0
            )
        };
        rows.push(vec![
            name.clone(),
            quality.same.to_string(),
            quality.different.to_string(),
            area(&quality.auc_cosine),
            area(&quality.auc),
            format!("{:.2} (cosine {:.2})", quality.recall_at_95, quality.recall_at_95_cosine),
            share(&quality.served_same),
            share(&quality.served_different),
            format!("{:.0} %", quality.verified.value * 100.0),
        ]);
    }
    output::table(&rows)
}
