//! Owns reading LiteLLM's `model_prices_and_context_window.json`: USD per token, flat fields, the provider within the name.
//!
//! Source: <https://github.com/BerriAI/litellm/blob/main/model_prices_and_context_window.json>.

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    super::{
        catalogue::Entry,
        price::{Price, Rates, Table, Tier},
    },
    Exactness, Import, ImportError, Imported, Origin, Reason,
    decimal::scaled,
    vendor,
};

/// The catalogue in `text`, and what was left out.
///
/// Taken are models that are billed by tokens. A rate above a number of tokens becomes a tier; rates for batches and for the
/// tiers of service become their tables, of which a rate that is not there is that of fresh input or output.
pub fn litellm(text: &str, origin: Origin<'_>) -> Result<Imported, ImportError> {
    let file: IndexMap<String, &RawValue> = serde_json::from_str(text)?;
    let mut import = Import::new(ABOUT, origin);
    for (name, model) in &file {
        if name != SAMPLE {
            import.add(name, entry(name, model));
        }
    }
    Ok(import.imported)
}

const ABOUT: &str = "Imported from LiteLLM's price list. USD per million tokens, as decimal text.";

/// The entry that explains the others.
const SAMPLE: &str = "sample_spec";

/// Decimals between a USD per token and a nano-USD per million tokens.
const PER_TOKEN: i64 = 15;

/// Decimals between a USD and a nano-USD.
const PER_CALL: i64 = 9;

type Fields<'a> = IndexMap<String, &'a RawValue>;

fn entry(name: &str, model: &RawValue) -> Result<(Entry, Exactness), Reason> {
    let fields: Fields<'_> =
        serde_json::from_str(model.get()).map_err(|error| Reason::Malformed(error.to_string()))?;
    let text = |field: &str| String::deserialize(*fields.get(field)?).ok();
    let provider = text("litellm_provider").ok_or(Reason::NoProvider)?;
    let mode = text("mode").unwrap_or_else(|| "chat".to_owned());
    if !MODES.contains(&mode.as_str()) {
        return Err(Reason::OtherUse(mode));
    }
    let model = own_name(name, &provider)?;
    let mut found = Found::default();
    for (field, value) in &fields {
        found.read(field, value)?;
    }
    found.read_ranges(&fields)?;
    found.read_searches(&fields, &provider)?;
    let count = |field: &str| scaled(fields.get(field)?, 0).map(|count| count.amount);
    let entry = Entry {
        provider: our_vendor(&provider).to_owned(),
        model: model.to_owned(),
        price: found.price().ok_or(Reason::Unpriced)?,
        context: count("max_input_tokens").or_else(|| count("max_tokens")),
        max_output: count("max_output_tokens").filter(|_| mode != "embedding"),
        ..Entry::default()
    };
    Ok((entry, if found.is_rounded { Exactness::Rounded } else { Exactness::Exact }))
}

/// Uses that are billed by tokens.
const MODES: [&str; 4] = ["chat", "completion", "responses", "embedding"];

/// The vendor's own name of a model that the list calls `provider/model`, or `model`.
fn own_name<'a>(name: &'a str, provider: &str) -> Result<&'a str, Reason> {
    let Some((first, rest)) = name.split_once('/') else { return Ok(name) };
    if first != provider && our_vendor(first) != our_vendor(provider) {
        return Ok(name);
    }
    let is_region = |part: &str| {
        AZURE_REGIONS.contains(&part)
            || (part.contains('-') && part.ends_with(|last: char| last.is_ascii_digit()))
    };
    let is_regional = match our_vendor(provider) {
        "azure" => rest.split_once('/').is_some_and(|(part, _)| AZURE_REGIONS.contains(&part)),
        "bedrock" => rest.split('/').next().is_some_and(|part| part != rest && is_region(part)),
        _ => false,
    };
    if is_regional { Err(Reason::Regional) } else { Ok(rest) }
}

const AZURE_REGIONS: [&str; 5] = ["eu", "us", "global", "global-standard", "standard"];

/// Our name of a vendor; Vertex AI has one name for each maker of models there.
fn our_vendor(provider: &str) -> &str {
    if provider.starts_with("vertex_ai") { "vertex" } else { vendor(provider, &VENDORS) }
}

const VENDORS: [(&str, &str); 16] = [
    ("azure_ai", "azure"),
    ("azure_text", "azure"),
    ("bedrock_converse", "bedrock"),
    ("bedrock_mantle", "bedrock"),
    ("cohere_chat", "cohere"),
    ("codestral", "mistral"),
    ("text-completion-codestral", "mistral"),
    ("text-completion-openai", "openai"),
    ("together_ai", "together"),
    ("fireworks_ai", "fireworks"),
    ("fireworks_ai-embedding-models", "fireworks"),
    ("dashscope", "alibaba"),
    ("google", "gemini"),
    ("moonshot", "moonshot"),
    ("voyage", "voyage"),
    ("zai", "zai"),
];

/// The rates of one model, as they are found.
#[derive(Default)]
struct Found {
    /// By service tier as in `SERVICES`, then by the tokens above which they hold: 0 for all.
    rates: [IndexMap<u64, Partial>; SERVICES.len() + 1],
    web_search: u64,
    request: u64,
    is_rounded: bool,
}

/// Rates of which some are known.
#[derive(Default, Clone)]
struct Partial {
    input: Option<u64>,
    output: Option<u64>,
    others: Rates,
}

/// Endings of fields that name a service tier.
const SERVICES: [&str; 3] = ["_batches", "_flex", "_priority"];

impl Found {
    fn read(&mut self, field: &str, value: &RawValue) -> Result<(), Reason> {
        if field == "input_cost_per_request" {
            self.request = self.amount(value, PER_CALL)?.unwrap_or(0);
            return Ok(());
        }
        let Some(Rate { service, above, set }) = rate(field) else { return Ok(()) };
        let Some(amount) = self.amount(value, PER_TOKEN)? else { return Ok(()) };
        if let Some(rates) = self.rates.get_mut(service) {
            set(rates.entry(above).or_default(), amount);
        }
        Ok(())
    }

    /// Some vendors' tiers are in a list of ranges of input tokens.
    fn read_ranges(&mut self, fields: &Fields<'_>) -> Result<(), Reason> {
        let Some(ranges) = fields.get("tiered_pricing") else { return Ok(()) };
        let malformed = |error: serde_json::Error| Reason::Malformed(error.to_string());
        let ranges: Vec<Fields<'_>> = serde_json::from_str(ranges.get()).map_err(malformed)?;
        for range in &ranges {
            let Some(bounds) = range.get("range") else { continue };
            let bounds: Vec<&RawValue> = serde_json::from_str(bounds.get()).map_err(malformed)?;
            let above = bounds.first().and_then(|from| scaled(from, 0));
            let above =
                above.ok_or_else(|| Reason::Malformed("a range without a start".to_owned()))?;
            for (field, value) in range {
                if let Some(Rate { service, above: 0, set }) = rate(field)
                    && let Some(amount) = self.amount(value, PER_TOKEN)?
                    && let Some(rates) = self.rates.get_mut(service)
                {
                    set(rates.entry(above.amount).or_default(), amount);
                }
            }
        }
        Ok(())
    }

    /// A fee for each search; Perplexity's models that search once for each request have it for the request.
    fn read_searches(&mut self, fields: &Fields<'_>, provider: &str) -> Result<(), Reason> {
        let Some(sizes) = fields.get("search_context_cost_per_query") else { return Ok(()) };
        let Ok(sizes) = serde_json::from_str::<Fields<'_>>(sizes.get()) else { return Ok(()) };
        let Some(value) = sizes.get("search_context_size_medium") else { return Ok(()) };
        let fee = self.amount(value, PER_CALL)?.unwrap_or(0);
        if provider == "perplexity" && !fields.contains_key("citation_cost_per_token") {
            self.request = fee;
        } else {
            self.web_search = fee;
        }
        Ok(())
    }

    fn amount(&mut self, value: &RawValue, scale: i64) -> Result<Option<u64>, Reason> {
        if value.get() == "null" {
            return Ok(None);
        }
        let malformed = || Reason::Malformed(format!("not a price: {:.40}", value.get()));
        let scaled = scaled(value, scale).ok_or_else(malformed)?;
        self.is_rounded |= scaled.exactness == Exactness::Rounded;
        Ok(Some(scaled.amount))
    }

    fn price(&self) -> Option<Price> {
        let [standard, others @ ..] = &self.rates;
        let standard = table(standard, &Table::default())?;
        let boxed = |rates| table(rates, &standard).map(Box::new);
        let [batch, flex, priority] = others;
        let (batch, flex, priority) = (boxed(batch), boxed(flex), boxed(priority));
        let (request, web_search) = (self.request, self.web_search);
        Some(Price { batch, flex, priority, request, web_search, standard })
    }
}

/// The table of `found`; an input or output that it does not have is `usual`'s. `None` without an input.
fn table(found: &IndexMap<u64, Partial>, usual: &Table) -> Option<Table> {
    let base = found.get(&0)?;
    let input = base.input?;
    let output = base.output.unwrap_or(usual.rates.output);
    let rates = Rates { input, output, ..base.others.clone() };
    let tier = |(&above, partial): (&u64, &Partial)| {
        let (input, output) = (partial.input.unwrap_or(input), partial.output.unwrap_or(output));
        Tier { above, rates: Rates { input, output, ..partial.others.clone() } }
    };
    let mut tiers: Vec<_> = found.iter().filter(|(above, _)| **above > 0).map(tier).collect();
    tiers.sort_by_key(|tier| tier.above);
    Some(Table { rates, tiers })
}

/// What a field is the rate of.
struct Rate {
    /// Position in `Found::rates`.
    service: usize,
    above: u64,
    set: Set,
}

/// Notes a rate where it belongs.
type Set = fn(&mut Partial, u64);

/// `input_cost_per_token_above_200k_tokens_priority`: the rate, the tokens it begins at, the service tier.
fn rate(field: &str) -> Option<Rate> {
    let named = SERVICES.iter().position(|service| field.ends_with(service));
    let ending = named.and_then(|at| SERVICES.get(at)).copied().unwrap_or_default();
    let field = field.strip_suffix(ending)?;
    let (field, above) = match field.rsplit_once("_above_") {
        Some((base, limit)) if limit.ends_with("k_tokens") => {
            let thousands: u64 = limit.strip_suffix("k_tokens")?.parse().ok()?;
            (base, thousands.checked_mul(1_000)?)
        }
        _ => (field, 0),
    };
    let &(_, set) = RATES.iter().find(|(name, _)| *name == field)?;
    Some(Rate { service: named.map_or(0, |at| at + 1), above, set })
}

const RATES: [(&str, Set); 11] = [
    ("input_cost_per_token", |rates, amount| rates.input = Some(amount)),
    ("output_cost_per_token", |rates, amount| rates.output = Some(amount)),
    ("cache_read_input_token_cost", |rates, amount| rates.others.cached_input = Some(amount)),
    ("cache_creation_input_token_cost", |rates, amount| rates.others.cache_write = Some(amount)),
    ("cache_creation_input_token_cost_above_1hr", |rates, amount| {
        rates.others.cache_write_1h = Some(amount);
    }),
    ("input_cost_per_audio_token", |rates, amount| rates.others.audio_input = Some(amount)),
    ("cache_read_input_audio_token_cost", |rates, amount| {
        rates.others.cached_audio = Some(amount);
    }),
    ("input_cost_per_image_token", |rates, amount| rates.others.image_input = Some(amount)),
    ("output_cost_per_audio_token", |rates, amount| rates.others.audio_output = Some(amount)),
    ("output_cost_per_image_token", |rates, amount| rates.others.image_output = Some(amount)),
    ("output_cost_per_reasoning_token", |rates, amount| rates.others.reasoning = Some(amount)),
];
