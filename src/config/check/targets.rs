//! What names a model at a provider: `aliases`, `tiers`, `prices`, `models`.

use indexmap::IndexMap;

use super::providers::RESERVED;
use crate::config::{
    ModelFacts, PriceOverride, Target, Tier, Tiers,
    reader::{Field, Section},
    units,
    wording::nearest,
};

/// Dearest price that is taken for one, nano-USD per million tokens (a million USD).
const MAX_PRICE: u64 = 1_000_000_000_000_000;

pub(super) fn aliases(root: &mut Section<'_>, providers: &[&str]) -> IndexMap<String, Target> {
    let mut aliases = IndexMap::new();
    for (name, field) in root.named("aliases") {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ':');
        if name.is_empty() || !name.chars().all(allowed) {
            field.mistake(
                "the name of an alias has letters, digits, `-`, `_`, `.` and `:`, no slash",
            );
        } else if RESERVED.contains(&name) || name.starts_with("auto:") {
            field.mistake(format!(
                "`{name}` has a meaning of its own as a model; choose another name"
            ));
        } else if providers.contains(&name) {
            field.mistake("is the name of a provider too; choose another name");
        }
        if let Some(target) = field.parse(|text| target(text, providers)) {
            aliases.insert(name.to_owned(), target);
        }
    }
    aliases
}

/// The tiers in the order of the file, which is from cheap to frontier.
pub(super) fn tiers(root: &mut Section<'_>, providers: &[&str]) -> Tiers {
    let Some(field) = root.field("tiers") else { return Tiers::default() };
    let entries = field.clone().named();
    let names: Vec<&str> = entries.iter().map(|(name, _)| *name).collect();
    if names.is_empty() {
        return Tiers::default();
    }
    let mut section = field.section();
    for name in [Tiers::CHEAP, Tiers::FRONTIER] {
        let others = names.iter().copied().filter(|other| !ENDS.contains(other));
        let near = nearest(name, others).map(|near| format!("; did you mean it by \"{near}\"?"));
        let near = near.unwrap_or_default();
        section.required(name, &format!("`auto` chooses between cheap and frontier{near}"));
    }
    let (mut cheap, mut between, mut frontier) = (Vec::new(), Vec::new(), Vec::new());
    for (index, (name, field)) in entries.into_iter().enumerate() {
        match name {
            Tiers::CHEAP if index > 0 => {
                field.mistake("must be the first: tiers stand in order, cheapest first");
            }
            Tiers::FRONTIER if index + 1 < names.len() => {
                field.mistake("must be the last: tiers stand in order, cheapest first");
            }
            _ if !is_tier_name(name) => {
                field.mistake("the name of a tier has 1 to 32 of a-z, 0-9, `-` and `_`");
            }
            _ => {}
        }
        let pool = pool(field, providers);
        match name {
            Tiers::CHEAP => cheap = pool,
            Tiers::FRONTIER => frontier = pool,
            _ => between.push((name.to_owned(), pool)),
        }
    }
    Tiers::new(cheap, between, frontier)
}

const ENDS: [&str; 2] = [Tiers::CHEAP, Tiers::FRONTIER];

/// It goes into headers, metrics and the names of models.
fn is_tier_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-');
    (1..=32).contains(&name.len()) && name.chars().all(allowed)
}

/// A tier by its name.
pub(super) fn tier(text: &str, tiers: &Tiers) -> Result<Tier, String> {
    if let Some(tier) = tiers.named(text) {
        return Ok(tier.clone());
    }
    let names = tiers.pools().iter().map(|pool| pool.tier.as_str());
    let near = nearest(text, names).map(|near| format!("did you mean \"{near}\"? "));
    Err(format!("is not a tier; {}tiers: {}", near.unwrap_or_default(), tiers.names()))
}

/// A share of the frontier's quality, `0..=1`.
pub(super) fn share(text: &str) -> Result<f64, String> {
    units::share(text).map_err(|error| error.to_string())
}

pub(super) fn prices(
    root: &mut Section<'_>,
    providers: &[&str],
) -> IndexMap<String, PriceOverride> {
    let mut prices = IndexMap::new();
    for (name, field) in root.named("prices") {
        if let Err(message) = target(name, providers) {
            field.mistake(format!("the key {message}"));
        }
        prices.insert(name.to_owned(), price_override(field.section()));
    }
    prices
}

fn price_override(mut section: Section<'_>) -> PriceOverride {
    const HINT: &str = "write it in USD per million tokens, for example 0.15 USD/M";
    let read = |field: Option<Field<'_>>| field.and_then(|field| field.parse(price));
    let prices = PriceOverride {
        input: read(section.required("input", HINT)).unwrap_or_default(),
        output: read(section.required("output", HINT)).unwrap_or_default(),
        cached_input: read(section.field("cached_input")),
    };
    section.finish();
    prices
}

/// Largest context window that is taken for one, tokens.
const MAX_CONTEXT: usize = 1_000_000_000;

pub(super) fn models(root: &mut Section<'_>, providers: &[&str]) -> IndexMap<Target, ModelFacts> {
    let mut models = IndexMap::new();
    for (name, field) in root.named("models") {
        match target(name, providers) {
            Ok(target) => {
                models.insert(target, facts(field.section()));
            }
            Err(message) => field.mistake(format!("the key {message}")),
        }
    }
    models
}

fn facts(mut section: Section<'_>) -> ModelFacts {
    let facts = ModelFacts {
        context: section.optional_count("context", 1..=MAX_CONTEXT).map(|tokens| tokens as u64),
        tools: section.flag("tools", true),
        images: section.flag("images", true),
        json_schema: section.flag("json_schema", true),
        weight: u32::try_from(section.count("weight", 1, 0..=1_000_000)).unwrap_or(u32::MAX),
    };
    section.finish();
    facts
}

fn price(text: &str) -> Result<u64, String> {
    let price = units::price(text).map_err(|error| error.to_string())?;
    if price > MAX_PRICE {
        return Err("is out of range; up to 1000000 USD/M".to_owned());
    }
    Ok(price)
}

fn pool(field: Field<'_>, providers: &[&str]) -> Vec<Target> {
    let whole = field.clone();
    let items = field.list("[openai/gpt-6-luna]");
    if items.is_empty() && matches!(whole.value(), crate::config::tree::Value::List(_)) {
        whole.mistake("is empty; name at least one provider/model");
    }
    let mut targets: Vec<Target> = Vec::with_capacity(items.len());
    for item in items {
        let Some(target) = item.parse(|text| target(text, providers)) else { continue };
        if targets.contains(&target) {
            item.mistake("is in this tier already");
        }
        targets.push(target);
    }
    targets
}

/// `provider/model`, where the model may hold slashes of its own.
pub(super) fn target(text: &str, providers: &[&str]) -> Result<Target, String> {
    let (provider, model) = match text.split_once('/') {
        Some((provider, model)) if !provider.is_empty() && !model.is_empty() => (provider, model),
        _ => return Err("is not of the form provider/model".to_owned()),
    };
    if !model.chars().all(|c| c.is_ascii_graphic()) {
        return Err("holds a space or a character that is not in the name of a model".to_owned());
    }
    if providers.contains(&provider) {
        return Ok(Target { provider: provider.to_owned(), model: model.to_owned() });
    }
    let near = nearest(provider, providers.iter().copied())
        .map(|near| format!("; did you mean \"{near}/{model}\"?"))
        .unwrap_or_default();
    Err(format!(
        "names a provider that is not configured{near}; providers: {}",
        providers.join(", ")
    ))
}
