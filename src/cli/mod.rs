//! The command line: one file a command. Exit codes: 0 done, 1 failed, 2 usage.

mod bench;
mod check;
mod demo;
mod embed;
mod embedding;
mod judge;
mod output;
mod prices;
mod replaying;
mod route;
mod scoring;
mod serve;
mod spend;
mod tune;

use std::{ffi::OsString, path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

use crate::config::{Config, ConfigErrors, Loaded};

/// Scrimp: a semantic cache and cost optimizer in front of LLM APIs.
#[derive(Debug, Parser)]
#[command(name = "scrimp", version, about, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show what Scrimp does, offline: a gateway, two simulated models and a stream of questions.
    Demo(demo::Arguments),
    /// Run the gateway.
    Serve(serve::Arguments),
    /// Check a configuration and list all its mistakes.
    Check(check::Arguments),
    /// Replay a trace of questions and report hits, wrong hits, latency and money.
    Bench(bench::Arguments),
    /// Say what models cost, or turn a public price list into a catalogue.
    Prices(prices::Arguments),
    /// Say what was spent and saved, by day, key, model, tag and more.
    Spend(spend::Arguments),
    /// Find the settings that keep an error budget on your own logs, and say what they would have saved.
    Tune(tune::Arguments),
    /// Say which tier a prompt would go to, and why; or measure how well prompts are routed.
    Route(route::Arguments),
    /// Say whether one question's answer would be served for another, and why; or how well labelled pairs are told apart.
    Judge(judge::Arguments),
    /// Embed texts with the local model.
    Embed(embed::Arguments),
}

/// What a command fails with; its message goes to standard error.
type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Runs the command in `arguments`, the program's name first. `give_back` gives free memory back to the system.
pub fn run(arguments: impl IntoIterator<Item = OsString>, give_back: fn()) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(help) => {
            // Nothing is left to do when the terminal is gone.
            let _ = help.print();
            return if help.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS };
        }
    };
    let result = match cli.command {
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Serve(arguments) => serve::run(&arguments, give_back),
        Command::Check(arguments) => check::run(&arguments),
        Command::Bench(arguments) => bench::run(&arguments),
        Command::Prices(arguments) => prices::run(&arguments),
        Command::Spend(arguments) => spend::run(&arguments),
        Command::Tune(arguments) => tune::run(&arguments),
        Command::Route(arguments) => route::run(&arguments),
        Command::Judge(arguments) => judge::run(&arguments),
        Command::Embed(arguments) => embed::run(&arguments),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::error(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

/// Where the configuration comes from.
#[derive(Debug, clap::Args)]
struct ConfigArgument {
    /// Configuration file; without it providers come from environment variables such as OPENAI_API_KEY.
    #[arg(long, short, env = "SCRIMP_CONFIG")]
    config: Option<PathBuf>,
}

impl ConfigArgument {
    /// The checked configuration; what deserves a word goes to the log.
    fn load(&self) -> Result<Config, ConfigErrors> {
        let Loaded { config, warnings } = match &self.config {
            Some(path) => Config::from_file(path)?,
            None => Config::from_env(&|name| std::env::var(name).ok())?,
        };
        for warning in warnings {
            tracing::warn!("{warning}");
        }
        Ok(config)
    }
}

/// The defaults, for commands that ask no provider.
fn without_providers() -> Result<Config, ConfigErrors> {
    let yaml =
        "providers: { none: { type: openai, base_url: \"http://127.0.0.1:9/v1\" } }\nledger: off";
    Ok(Config::from_yaml(yaml, "built-in", &|_| None)?.config)
}

/// The runtime that a command runs on.
fn runtime() -> Result<tokio::runtime::Runtime, std::io::Error> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn route_takes_a_prompt_or_a_command() {
        for (line, fits) in [
            ("scrimp route hello --json", true),
            ("scrimp route eval file.jsonl --resamples 200 --config a.yaml", true),
            ("scrimp route train file.jsonl --save a.json --quality 97% --trials 0", true),
            ("scrimp route train file.jsonl --quality 2", false),
            ("scrimp route", false),
            ("scrimp route eval", false),
            ("scrimp route eval file.jsonl --resamples 0", false),
        ] {
            assert_eq!(Cli::try_parse_from(line.split(' ')).is_ok(), fits, "{line}");
        }
    }
}
