//! `scrimp route "prompt"`: which tier it would go to, and why.

use std::iter::repeat_n;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};

use crate::{
    api::{chat::ChatRequest, control::Controls},
    app::{self, Model},
    auth::Authenticator,
    cache::{Clock, ScopeId},
    classify::{Classifier, Complexity, RequestText},
    cli::{ConfigArgument, Failure, embedding::Embedding, output, without_providers},
    config::{Aim, CallerKey, Config, Tier},
    pipeline::{ScopeLearner, State},
    route::{
        Choice, Decision, Market, Needs, NoCapableTarget, Plan, Said, Signals, Skipped,
        learn::{Seen, Sight},
        learned, rules,
    },
};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The prompt: the last turn of the request.
    #[arg(required = true)]
    prompt: Option<String>,
    #[command(flatten)]
    config: ConfigArgument,
    /// The system prompt.
    #[arg(long, default_value = "")]
    system: String,
    /// Tools on offer.
    #[arg(long, value_name = "N", default_value = "0", value_parser = clap::value_parser!(u16).range(0..=10_000))]
    tools: u16,
    /// The prompt comes with an image.
    #[arg(long)]
    images: bool,
    /// The answer must be JSON.
    #[arg(long)]
    json_format: bool,
    /// Turns before the prompt.
    #[arg(long, value_name = "N", default_value = "0", value_parser = clap::value_parser!(u16).range(0..=10_000))]
    turns: u16,
    /// The name of the caller's key, one of `keys`.
    #[arg(long)]
    key: Option<String>,
    /// A request header, as 'name: value'.
    #[arg(long, value_parser = header)]
    header: Vec<(HeaderName, HeaderValue)>,
    /// Print the result as JSON.
    #[arg(long)]
    json: bool,
}

/// All that decided.
struct Explanation<'a> {
    choice: Choice,
    /// The rules that were looked at, each with its first condition that does not hold.
    rules: Vec<(&'a str, Option<&'static str>)>,
    /// `None` without tiers in the configuration.
    plan: Option<Result<Plan, NoCapableTarget>>,
    complexity: Complexity,
    /// What its scope has learnt makes of it; `None` with `learn: false`.
    seen: Option<Seen>,
    threshold: f64,
    /// By tier below the frontier.
    estimates: Vec<(&'a str, f32)>,
}

impl Explanation<'_> {
    /// The tier that would be asked first, and why: as the response headers of a request would say.
    fn outcome(&self) -> (&Tier, &str) {
        let planned = self.plan.as_ref().and_then(|plan| plan.as_ref().ok());
        match planned.and_then(|plan| plan.tier().zip(Some(plan.reason.as_str()))) {
            Some(outcome) => outcome,
            None => (&self.choice.tier, &self.choice.reason),
        }
    }
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let config = match arguments.config.config {
        Some(_) => arguments.config.load()?,
        None => without_providers()?,
    };
    let explanation = explain(arguments, &config)?;
    if arguments.json {
        output::json(&for_machines(&explanation))?;
    } else {
        for_people(&explanation);
    }
    Ok(())
}

fn explain<'a>(arguments: &Arguments, config: &'a Config) -> Result<Explanation<'a>, Failure> {
    let request = request(arguments)?;
    let said = Said::of(&request);
    let headers = HeaderMap::from_iter(arguments.header.iter().cloned());
    let caller = arguments.key.as_deref().map(|name| {
        let key = config.keys.iter().find(|key| key.name == name);
        key.ok_or_else(|| format!("--key {name}: no such key in the configuration"))
    });
    let caller = caller.transpose()?;
    let insisted = match Controls::parse(&headers)?.tier {
        Some(name) => Some(config.tiers.named(&name).ok_or_else(|| {
            format!("x-scrimp-tier: '{name}' is not a tier here; tiers: {}", config.tiers.names())
        })?),
        None => None,
    };
    let signals = Signals {
        insisted,
        key: caller.map(|key| key.name.as_str()),
        key_policy: caller.and_then(|key| key.policy.as_ref()),
        ..Signals::of(&request, &said, &headers)
    };
    let decision = rules::choose(&signals, &config.router, &config.tiers);
    let quality = match &decision {
        Decision::Learned { quality, .. } => *quality,
        Decision::Tier(_) | Decision::Cascade { .. } => None,
    };
    let classifier = Classifier::shipped()?;
    let model = Model::load(config)?;
    let (complexity, sight) = classify(&classifier, model.as_ref(), signals.text())?;
    let learner = match config.router.learn {
        true => Some(learner(config, &classifier, model.as_ref(), caller)?),
        false => None,
    };
    let seen = learner.as_ref().map(|learner| learner.look(&sight));
    let below = config.tiers.below_frontier();
    let (estimates, threshold): (Vec<f32>, f64) = match (&learner, &seen) {
        (Some(learner), Some(seen)) => {
            (seen.estimates.losses().to_vec(), learner.threshold(quality))
        }
        _ => {
            let aim = quality.map_or(config.router.aim, Aim::Quality);
            let threshold = classifier.threshold(complexity.head, aim);
            (learned::shipped(&complexity, &config.tiers), f64::from(threshold))
        }
    };
    let choice = match decision {
        Decision::Tier(choice) | Decision::Cascade { choice, .. } => choice,
        Decision::Learned { .. } if signals.text().question.trim().is_empty() => {
            learned::without_text(&config.router.default_tier)
        }
        Decision::Learned { because, .. } => match &seen {
            Some(seen) => learned::by_experience(&complexity, seen, threshold, &config.tiers),
            None => {
                let contributions = &complexity.contributions;
                learned::choose(&estimates, threshold as f32, &config.tiers, contributions)
            }
        }
        .because(because),
    };
    let prices = app::prices(config)?;
    let plan = config.tiers.are_configured().then(|| {
        let market = Market {
            models: &config.models,
            prices: &prices,
            pick: config.router.pick,
            max_latency: None,
            latency: &|_| None,
            draw: 0.0,
            load: &|_| 0.0,
            unspoken: &|_| None,
            held: None,
        };
        Plan::for_tier(choice.clone(), false, &config.tiers, &Needs::of(&request), &market)
    });
    let mut rules = Vec::new();
    for rule in &config.router.rules {
        let failing = rules::failing(&rule.conditions, &signals);
        rules.push((rule.name.as_str(), failing));
        if failing.is_none() {
            break;
        }
    }
    let names = below.iter().map(|pool| pool.tier.as_str());
    let estimates = names.zip(estimates).collect();
    Ok(Explanation { choice, rules, plan, complexity, seen, threshold, estimates })
}

/// The request that the arguments describe; what was said in earlier turns is left open.
fn request(arguments: &Arguments) -> Result<ChatRequest, Failure> {
    let mut turns = Vec::new();
    if !arguments.system.is_empty() {
        turns.push(json!({"role": "system", "content": arguments.system}));
    }
    turns.extend(repeat_n(json!({"role": "user", "content": ""}), arguments.turns.into()));
    let mut parts =
        vec![json!({"type": "text", "text": arguments.prompt.as_deref().unwrap_or_default()})];
    if arguments.images {
        parts.push(json!({"type": "image_url", "image_url": {"url": ""}}));
    }
    turns.push(json!({"role": "user", "content": parts}));
    let mut body = json!({"model": "auto", "messages": turns});
    body["tools"] = Value::Array(vec![json!({}); arguments.tools.into()]);
    if arguments.json_format {
        body["response_format"] = json!({"type": "json_object"});
    }
    Ok(ChatRequest::parse(Bytes::from(body.to_string()))?)
}

/// What the shipped classifier says of a text, and what the learned router sees of it.
fn classify(
    classifier: &Classifier,
    model: Option<&Model>,
    text: RequestText<'_>,
) -> Result<(Complexity, Sight), Failure> {
    let embedded = match model {
        Some(model) => {
            let question = [text.question.to_owned()];
            let embedding = Embedding::by(model.embedder.clone())?;
            embedding.for_routing(&question, &|_| {})?.pop().flatten()
        }
        None => None,
    };
    let reads = model.is_some_and(|model| classifier.reads_vectors_of(model.embedder.identity()));
    Ok(learned::view(classifier, reads, &text, embedded.as_ref()))
}

/// What the caller's scope has learnt, as far as it is kept; a scope that is not known here begins as every new one does.
fn learner(
    config: &Config,
    classifier: &Classifier,
    model: Option<&Model>,
    caller: Option<&CallerKey>,
) -> Result<ScopeLearner, Failure> {
    let learners = app::learners(config, classifier, model, Clock::default())?;
    if let Some(folder) = config.cache.path.as_ref().filter(|folder| folder.is_dir())
        && let Some(learnt) = State::open(folder)?.read()?
    {
        learners.restore(learnt.into_router());
    }
    let mut principal = Authenticator::new(Vec::new()).authenticate(None)?;
    if let Some(key) = caller {
        principal.id = key.hash;
    }
    Ok(learners.of(ScopeId::of(&config.cache.scope, &principal, None)))
}

fn for_people(explanation: &Explanation<'_>) {
    let Explanation { choice, rules, plan, complexity, seen, .. } = explanation;
    let (tier, reason) = explanation.outcome();
    output::line(&format!("{tier}: {reason}"));
    if let Some(task) = complexity.category {
        output::line(&format!("kind of task: {task}"));
    }
    if !rules.is_empty() {
        output::line("rules, in order:");
    }
    for (name, failing) in rules {
        output::line(&match failing {
            Some(condition) => format!("  {name}: no, `{condition}` does not hold"),
            None => format!("  {name}: holds"),
        });
    }
    match plan {
        Some(Ok(plan)) => {
            output::line("targets, in order:");
            for target in &plan.targets {
                let tier = plan.tier_of(target).map_or("", |tier| tier.as_str());
                output::line(&format!("  {target} ({tier})"));
            }
        }
        Some(Err(error)) => output::line(&error.to_string()),
        None => {}
    }
    if choice.decided_by == "classifier" {
        if let Some(seen) = seen.as_ref().filter(|seen| seen.version > 0) {
            output::line(&format!("what version {} made of it, in log-odds:", seen.version));
            for (name, weight) in learned::contributions(complexity, seen) {
                output::line(&format!("  {weight:+.3} {name}"));
            }
        }
        output::line("what the classifier saw, in log-odds (+ speaks for the frontier):");
        for (name, weight) in complexity.contributions.iter().filter(|(_, weight)| *weight != 0.0) {
            output::line(&format!("  {weight:+.3} {name}"));
        }
    }
}

fn for_machines(explanation: &Explanation<'_>) -> Value {
    let Explanation { choice, rules, plan, complexity, seen, threshold, estimates } = explanation;
    let (targets, skipped): (&[_], &[Skipped]) = match plan {
        Some(Ok(plan)) => (&plan.targets, &plan.skipped),
        Some(Err(error)) => (&[], &error.skipped),
        None => (&[], &[]),
    };
    let (tier, reason) = explanation.outcome();
    let rule = |(name, failing): &(&str, Option<&str>)| json!({"name": name, "holds": failing.is_none(), "failing": failing});
    let left_out =
        |it: &Skipped| json!({"target": it.target.to_string(), "reason": it.unfit.to_string()});
    let by_name = |contributions: &[(&'static str, f32)]| -> serde_json::Map<String, Value> {
        contributions.iter().map(|(name, weight)| ((*name).to_owned(), json!(weight))).collect()
    };
    let learnt = seen.as_ref().filter(|seen| seen.version > 0);
    let learnt = learnt.map(|seen| by_name(&learned::contributions(complexity, seen)));
    let estimates: serde_json::Map<_, _> =
        estimates.iter().map(|(tier, estimate)| ((*tier).to_owned(), json!(estimate))).collect();
    json!({
        "tier": tier.as_str(),
        "reason": reason,
        "decided_by": choice.decided_by,
        "rules": rules.iter().map(rule).collect::<Vec<_>>(),
        "targets": targets.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "skipped": skipped.iter().map(left_out).collect::<Vec<_>>(),
        "complexity": complexity.probability,
        "task": complexity.category,
        "version": seen.as_ref().map_or(0, |seen| seen.version),
        "estimates": estimates,
        "threshold": threshold,
        "contributions": by_name(&complexity.contributions),
        "learnt_contributions": learnt,
    })
}

fn header(text: &str) -> Result<(HeaderName, HeaderValue), String> {
    let wrong = || format!("'{text}' is not a header; write 'name: value'");
    let (name, value) = text.split_once(':').ok_or_else(wrong)?;
    let name = name.trim().parse().map_err(|_| wrong())?;
    Ok((name, value.trim().parse().map_err(|_| wrong())?))
}
