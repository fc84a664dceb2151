//! `scrimp prices`: what models cost, and price lists of others as catalogues.

use std::{fs, path::PathBuf};

use serde::Serialize;
use serde_json::json;

use super::{ConfigArgument, Failure, output, without_providers};
use crate::{
    account::{
        Catalogue, Entry, NanoUsd,
        import::{Imported, Origin, litellm, models_dev},
    },
    app,
    config::Config,
};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// List the models whose prices are shipped.
    List(List),
    /// Say what a model costs here: by the configuration, files of one's own, or the shipped catalogue.
    Show(Show),
    /// Turn a public price list into a catalogue for `price_files`.
    Import(Import),
}

#[derive(Debug, clap::Args)]
struct List {
    /// Only models with this text in `provider/model`.
    filter: Option<String>,
    /// Print everything as JSON, in the form of a catalogue.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct Show {
    /// `provider/model`, the provider by its name in the configuration.
    model: String,
    #[command(flatten)]
    config: ConfigArgument,
    /// Print the price as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct Import {
    /// Whose list it is: LiteLLM's model_prices_and_context_window.json, or models.dev's api.json.
    #[arg(value_enum)]
    format: Format,
    /// The list.
    file: PathBuf,
    /// Where it comes from, as every entry is to say.
    #[arg(long, value_name = "ADDRESS")]
    source: Option<String>,
    /// When it was fetched; by default today.
    #[arg(long, value_name = "YYYY-MM-DD")]
    checked: Option<String>,
    /// Write the catalogue here instead of printing it.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Format {
    Litellm,
    ModelsDev,
}

impl Format {
    /// Where its list is published.
    fn source(self) -> &'static str {
        match self {
            Self::Litellm => {
                "https://github.com/BerriAI/litellm/blob/main/model_prices_and_context_window.json"
            }
            Self::ModelsDev => "https://models.dev/api.json",
        }
    }
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    match &arguments.command {
        Command::List(arguments) => list(arguments),
        Command::Show(arguments) => show(arguments),
        Command::Import(arguments) => import(arguments),
    }
}

fn list(List { filter, json }: &List) -> Result<(), Failure> {
    let mut catalogue = Catalogue::shipped();
    if let Some(filter) = filter {
        let is_wanted =
            |entry: &Entry| format!("{}/{}", entry.provider, entry.model).contains(filter);
        catalogue.models.retain(is_wanted);
    }
    if *json {
        output::line(catalogue.to_string().trim_end());
        return Ok(());
    }
    let head = ["model", "input", "output", "cached", "context", "checked"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for Entry { provider, model, price, context, checked, .. } in &catalogue.models {
        let rates = &price.standard.rates;
        let money = |nano: u64| NanoUsd(nano).to_string();
        rows.push(vec![
            format!("{provider}/{model}"),
            money(rates.input),
            money(rates.output),
            rates.cached_input.map(money).unwrap_or_default(),
            context.map(|tokens| tokens.to_string()).unwrap_or_default(),
            checked.clone(),
        ]);
    }
    output::line(&output::table(&rows));
    output::note(&format!("{} models; USD per million tokens", catalogue.models.len()));
    Ok(())
}

/// What `show --json` prints.
#[derive(Serialize)]
struct Shown<'a> {
    model: &'a str,
    price: Option<&'a crate::account::Price>,
    context: Option<u64>,
}

fn show(Show { model, config, json }: &Show) -> Result<(), Failure> {
    let Some((provider, name)) = model.split_once('/') else {
        return Err(format!("'{model}' is not of the form provider/model").into());
    };
    let config: Config = match config.config {
        Some(_) => config.load()?,
        None => without_providers()?,
    };
    let book = app::prices(&config)?;
    let (price, context) = (book.price(provider, name), book.context(provider, name));
    if *json {
        return Ok(output::json(&json!(Shown { model, price, context }))?);
    }
    let Some(price) = price else {
        output::line(&format!("{model} is unpriced: its answers are counted, their cost is not"));
        return Ok(());
    };
    output::line(&serde_json::to_string_pretty(price)?);
    if let Some(context) = context {
        output::note(&format!("context window: {context} tokens"));
    }
    Ok(())
}

fn import(arguments: &Import) -> Result<(), Failure> {
    let Import { format, file, source, checked, output } = arguments;
    let text = fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let today = crate::account::ledger::Day::today().to_string();
    let origin = Origin {
        source: source.as_deref().unwrap_or(format.source()),
        checked: checked.as_deref().unwrap_or(&today),
    };
    let imported = match format {
        Format::Litellm => litellm(&text, origin),
        Format::ModelsDev => models_dev(&text, origin),
    };
    let Imported { catalogue, skipped, rounded } =
        imported.map_err(|error| format!("{}: {error}", file.display()))?;
    match output {
        Some(path) => {
            fs::write(path, catalogue.to_string())
                .map_err(|error| format!("{}: {error}", path.display()))?;
        }
        None => output::line(catalogue.to_string().trim_end()),
    }
    for skipped in &skipped {
        output::note(&format!("left out {}: {}", skipped.name, skipped.reason));
    }
    for name in &rounded {
        output::note(&format!("rounded {name}: a rate is finer than a billionth of a USD"));
    }
    output::note(&format!("{} models taken, {} left out", catalogue.models.len(), skipped.len()));
    Ok(())
}
