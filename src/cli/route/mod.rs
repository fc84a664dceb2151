//! `scrimp route`: where a prompt would go, how good that choice is on labelled outcomes, and what is learnt from them.

mod eval;
mod judged;
mod prompt;
mod train;

use super::Failure;

#[derive(Debug, clap::Args)]
#[group(skip)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    disable_help_subcommand = true
)]
pub struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    prompt: prompt::Arguments,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Measure the router on prompts whose answers by a cheap and a frontier model have scores.
    Eval(eval::Arguments),
    /// Learn from such prompts: say whether it helps, and write what a gateway is to begin with.
    Train(train::Arguments),
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    match &arguments.command {
        Some(Command::Eval(arguments)) => eval::run(arguments),
        Some(Command::Train(arguments)) => train::run(arguments),
        None => prompt::run(&arguments.prompt),
    }
}
