//! `hpasim completions SHELL` and `hpasim man`: files that a package of hpasim installs.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, CommandFactory};
use clap_complete::Shell;
use clap_mangen::Man;

use super::CommandLine;
use super::error::{CommandError, Completion};
use super::screen::Screen;

/// Two commands that `--help` shows.
const COMPLETIONS_EXAMPLES: &str = "Examples:
  hpasim completions bash > /usr/share/bash-completion/completions/hpasim
  hpasim completions zsh > /usr/share/zsh/site-functions/_hpasim";

/// Print the completions of a shell.
#[derive(Args, Debug)]
#[command(after_help = COMPLETIONS_EXAMPLES)]
pub(super) struct CompletionsArgs {
    /// Shell that reads the completions
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

/// Two commands that `--help` shows.
const MAN_EXAMPLES: &str = "Examples:
  hpasim man > hpasim.1
  hpasim man -o /usr/share/man/man1";

/// Print the man page, or write the man pages of all commands.
#[derive(Args, Debug)]
#[command(after_help = MAN_EXAMPLES)]
pub(super) struct ManArgs {
    /// Write hpasim.1, hpasim-run.1 and the pages of all other commands to this folder
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
}

/// Prints the completions to stdout.
pub(super) fn complete(
    arguments: &CompletionsArgs,
    screen: &mut Screen,
) -> Result<Completion, CommandError> {
    let mut script = Vec::new();
    let mut command = CommandLine::command();
    clap_complete::generate(arguments.shell, &mut command, "hpasim", &mut script);
    screen.print_script(&script)?;
    Ok(Completion::Done)
}

/// Prints hpasim.1 to stdout, or writes one page for each command to the folder.
pub(super) fn man(arguments: &ManArgs, screen: &mut Screen) -> Result<Completion, CommandError> {
    let mut command = CommandLine::command().disable_help_subcommand(true);
    command.build();
    match &arguments.output {
        None => screen.print_script(&page(&Man::new(command))?)?,
        Some(folder) => {
            fs::create_dir_all(folder).map_err(|error| CommandError::unwritable(folder, error))?;
            write_pages(command, folder)?;
        }
    }
    Ok(Completion::Done)
}

/// Writes the pages of `command` and of all commands below it. Pages of an earlier version are replaced.
fn write_pages(command: clap::Command, folder: &Path) -> Result<(), CommandError> {
    for inner in command.get_subcommands() {
        write_pages(inner.clone(), folder)?;
    }
    let page_of = Man::new(command);
    let path = folder.join(page_of.get_filename());
    fs::write(&path, page(&page_of)?).map_err(|error| CommandError::unwritable(&path, error))
}

/// The page as roff.
fn page(man: &Man) -> Result<Vec<u8>, CommandError> {
    let mut roff = Vec::new();
    man.render(&mut roff).map_err(CommandError::failure)?;
    Ok(roff)
}
