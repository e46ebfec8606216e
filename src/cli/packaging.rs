//! `hpasim completions SHELL` and `hpasim man`: files that a package of hpasim installs.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, CommandFactory};
use clap_complete::Shell;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, italic, roman};

use super::error::{CommandError, Completion};
use super::screen::Screen;
use super::{CommandLine, EXIT_CODES};

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
        None => screen.print_script(&page(command)?)?,
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
    let path = folder.join(format!("{}.1", page_name(&command)));
    fs::write(&path, page(command)?).map_err(|error| CommandError::unwritable(&path, error))
}

/// The name of a command's page: `hpasim-trace-info`.
fn page_name(command: &clap::Command) -> String {
    let name = command.get_display_name();
    name.unwrap_or_else(|| command.get_name()).to_owned()
}

/// The page as roff, with the sections of man-pages(7).
fn page(command: clap::Command) -> Result<Vec<u8>, CommandError> {
    let command = match command.get_name() {
        ROOT => command.about(SHORT),
        _ => command,
    };
    let command = command.subcommand_help_heading("COMMANDS");
    let man = Man::new(command.clone());
    let mut text = title(&command).into_bytes();
    // The parts come one by one, because clap_mangen would call the examples EXTRA.
    let mut render = || -> std::io::Result<()> {
        man.render_name_section(&mut text)?;
        synopsis(command.clone()).to_writer(&mut text)?;
        man.render_description_section(&mut text)?;
        man.render_options_section(&mut text)?;
        if command.has_subcommands() {
            man.render_subcommands_section(&mut text)?;
        }
        ending(&command).to_writer(&mut text)
    };
    render().map_err(CommandError::failure)?;
    // Each part begins with the same definition of the apostrophe.
    let text = String::from_utf8_lossy(&text);
    let parts: String = text.split(APOSTROPHE).collect();
    Ok([APOSTROPHE, parts.as_str()].concat().into_bytes())
}

/// The line of the header and the footer. The third argument is the date, and it is empty, so that a build can be repeated.
///
/// clap_mangen leaves an empty argument out, and the version would take the place of the date.
fn title(command: &clap::Command) -> String {
    let name = page_name(command).to_uppercase();
    let version = env!("CARGO_PKG_VERSION");
    format!(".TH {name} 1 \"\" \"hpasim {version}\" \"User Commands\"\n")
}

/// How roff shows an apostrophe that a terminal can copy.
const APOSTROPHE: &str = ".ie \\n(.g .ds Aq \\(aq\n.el .ds Aq '\n";

/// The name of the root command.
const ROOT: &str = "hpasim";

/// What the page of the root says hpasim is, in the form that `apropos` lists.
const SHORT: &str = "simulate the Kubernetes Horizontal Pod Autoscaler under a trace of traffic";

/// The usage line of `--help`: command and options bold, values italic.
fn synopsis(mut command: clap::Command) -> Roff {
    let usage = command.render_usage().to_string();
    let name = command.get_bin_name().unwrap_or(ROOT).to_owned();
    let usage = usage.trim_start_matches("Usage: ").trim();
    let values = usage.strip_prefix(&name).unwrap_or(usage);
    let mut line = vec![bold(name)];
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || "-_".contains(letter);
    let mut rest = values;
    while let Some(first) = rest.chars().next() {
        let is_word = is_name(first);
        let end = rest.find(|letter| is_name(letter) != is_word);
        let (piece, behind) = rest.split_at(end.unwrap_or(rest.len()));
        rest = behind;
        line.push(match (is_word, first) {
            (true, '-') => bold(piece),
            (true, _) => italic(piece),
            // Italics mark a value, so it needs no angle brackets.
            (false, _) => roman(piece.replace(['<', '>'], "")),
        });
    }
    let mut roff = Roff::new();
    roff.control("SH", ["SYNOPSIS"]).text(line);
    roff
}

/// Exit status, notes, examples, and the pages of the other commands.
fn ending(command: &clap::Command) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["EXIT STATUS"]);
    for (code, meaning) in EXIT_CODES {
        roff.control("TP", []);
        roff.text([bold(code.to_string())]);
        roff.text([roman(meaning)]);
    }
    let help = command.get_after_help().map(ToString::to_string);
    let help = help.unwrap_or_default();
    let (notes, examples) = help.split_once("Examples:\n").unwrap_or_default();
    if !notes.trim().is_empty() {
        roff.control("SH", ["NOTES"]);
        for paragraph in notes.trim().split("\n\n") {
            roff.control("PP", []).text([roman(paragraph)]);
        }
    }
    let examples = examples.lines().map_while(|line| line.strip_prefix("  "));
    roff.control("SH", ["EXAMPLES"]);
    for example in examples {
        roff.control("PP", []).control("EX", []);
        roff.text([roman(example)]);
        roff.control("EE", []);
    }
    let others = match command.get_name() {
        ROOT => command.get_subcommands().map(page_name).collect(),
        _ => vec![ROOT.to_owned()],
    };
    let last = others.len().saturating_sub(1);
    roff.control("SH", ["SEE ALSO"]);
    for (index, name) in others.into_iter().enumerate() {
        let comma = if index < last { "," } else { "" };
        roff.text([bold(name), roman(format!("(1){comma}"))]);
    }
    roff
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page_of(path: &[&str]) -> String {
        let mut command = CommandLine::command().disable_help_subcommand(true);
        command.build();
        for name in path {
            let inner = command.find_subcommand(name).expect("a command").clone();
            command = inner;
        }
        String::from_utf8(page(command).expect("a page")).expect("text")
    }

    /// A section of a page, without its heading.
    fn section(page: &str, heading: &str) -> String {
        let (_, rest) = page
            .split_once(&format!(".SH {heading}\n"))
            .expect("the section");
        rest.split(".SH ").next().unwrap_or_default().to_owned()
    }

    #[test]
    fn a_page_has_the_sections_that_a_reader_of_man_pages_expects() {
        for path in [&[] as &[&str], &["sweep"], &["trace", "info"]] {
            let page = page_of(path);
            for heading in [
                "NAME",
                "SYNOPSIS",
                "DESCRIPTION",
                "OPTIONS",
                "\"EXIT STATUS\"",
                "EXAMPLES",
                "\"SEE ALSO\"",
            ] {
                assert!(
                    page.contains(&format!(".SH {heading}\n")),
                    "{heading}\n{page}"
                );
            }
            assert!(!page.contains("EXTRA"), "{page}");
        }
    }

    #[test]
    fn the_line_of_the_header_has_an_empty_date() {
        let line = |path: &[&str]| {
            let page = page_of(path);
            let line = page.lines().find(|line| line.starts_with(".TH"));
            let line = line.expect("a title").to_owned();
            line.replace(env!("CARGO_PKG_VERSION"), "VERSION")
        };
        assert_eq!(
            line(&[]),
            r#".TH HPASIM 1 "" "hpasim VERSION" "User Commands""#
        );
        assert_eq!(
            line(&["trace", "info"]),
            r#".TH HPASIM-TRACE-INFO 1 "" "hpasim VERSION" "User Commands""#
        );
    }

    #[test]
    fn what_the_help_says_before_its_examples_are_notes() {
        insta::assert_snapshot!(section(&page_of(&["compare"]), "NOTES"), @r"
        .PP
        Baselines: @default (no behavior), @static\-peak, @static\-mean, @fixed:N,
        @oracle (knows the demand), @oracle\-instant (the same, and pods start at once).
        Variants without a file: POLICY@path=value[,path=value], with any key of \-\-set.
        ");
        assert!(!page_of(&["run"]).contains(".SH NOTES"));
    }

    #[test]
    fn the_synopsis_names_the_values() {
        insta::assert_snapshot!(section(&page_of(&["sweep"]), "SYNOPSIS"), @r"\fBhpasim sweep\fR [\fIOPTIONS\fR] \fIPOLICY\fR \fITRACE\fR...");
        insta::assert_snapshot!(section(&page_of(&["export"]), "SYNOPSIS"), @r"\fBhpasim export\fR [\fIOPTIONS\fR] [\fIPOLICY\fR]");
    }

    #[test]
    fn the_examples_are_lines_as_one_types_them() {
        insta::assert_snapshot!(section(&page_of(&["man"]), "EXAMPLES"), @r"
        .PP
        .EX
        hpasim man > hpasim.1
        .EE
        .PP
        .EX
        hpasim man \-o /usr/share/man/man1
        .EE
        ");
    }
}
