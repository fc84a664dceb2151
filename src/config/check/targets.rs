//! What names a model at a provider: `aliases`, `tiers`, `prices`.

use indexmap::IndexMap;

use super::providers::RESERVED;
use crate::config::{
    PriceOverride, Target, Tiers,
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

pub(super) fn tiers(mut section: Section<'_>, providers: &[&str]) -> Tiers {
    const HINT: &str = "`auto` chooses between the two tiers, so both are needed";
    let cheap = section.field("cheap");
    let frontier = section.field("frontier");
    match (&cheap, &frontier) {
        (Some(cheap), None) => cheap.mistake(format!("frontier is missing beside it; {HINT}")),
        (None, Some(frontier)) => frontier.mistake(format!("cheap is missing beside it; {HINT}")),
        _ => {}
    }
    let tiers = Tiers {
        cheap: cheap.map(|field| pool(field, providers)).unwrap_or_default(),
        frontier: frontier.map(|field| pool(field, providers)).unwrap_or_default(),
    };
    section.finish();
    tiers
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
fn target(text: &str, providers: &[&str]) -> Result<Target, String> {
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
