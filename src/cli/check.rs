//! `scrimp check`.

use serde_json::json;

use super::{ConfigArgument, Failure, output};
use crate::{
    app::{self, Model},
    cache::Clock,
    classify::Classifier,
    config::{Config, Loaded},
};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    config: ConfigArgument,
    /// Print the result as JSON: {"valid", "warnings"}.
    #[arg(long)]
    json: bool,
    /// Print the reference configuration: every key, its meaning and its default.
    #[arg(long)]
    reference: bool,
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    if arguments.reference {
        output::line(Config::default_yaml().trim_end());
        return Ok(());
    }
    let loaded = match &arguments.config.config {
        Some(path) => Config::from_file(path),
        None => Config::from_env(&|name| std::env::var(name).ok()),
    };
    let Loaded { config, warnings } = loaded?;
    app::prices(&config)?;
    if config.router.adapter.is_some() {
        let model = Model::load(&config)?;
        app::learners(&config, &Classifier::shipped()?, model.as_ref(), Clock::default())?;
    }
    if arguments.json {
        output::json(&json!({"valid": true, "warnings": warnings}))?;
        return Ok(());
    }
    for warning in &warnings {
        output::note(&format!("warning: {warning}"));
    }
    output::line("the configuration is valid");
    Ok(())
}
