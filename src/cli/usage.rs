//! Arguments that clap refuses: its message, with suggestions that know the policy's keys.

use std::borrow::Cow;
use std::ffi::OsString;

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, Parser};

use super::CommandLine;
use super::screen::Screen;
use crate::scenario::{is_near, settings_of_key};
use crate::text::{is_unseen, visible};

/// Prints help, the version, or what is wrong with the arguments.
pub(super) fn refuse(error: clap::Error, arguments: &[OsString], screen: &mut Screen) -> u8 {
    // Help and version are no errors; clap knows the stream and the code of each.
    let code = u8::try_from(error.exit_code()).unwrap_or(2);
    let shown: Vec<Cow<'_, str>> = arguments.iter().map(|it| it.to_string_lossy()).collect();
    let is_clean = !shown.iter().any(|argument| argument.contains(is_unseen));
    if is_clean || !error.use_stderr() {
        return match mended(error, &shown).print() {
            Ok(()) => code,
            Err(_) => 1,
        };
    }
    // The message quotes arguments as they are. Parsing the escaped arguments gives the same message without raw characters.
    let shown: Vec<Cow<'_, str>> = shown
        .iter()
        .map(|argument| Cow::Owned(visible(argument).into_owned()))
        .collect();
    let again = CommandLine::try_parse_from(shown.iter().map(AsRef::<str>::as_ref));
    let error = mended(again.err().unwrap_or(error), &shown);
    screen.note_lines(&error.render().to_string());
    code
}

/// The error with suggestions of our own.
fn mended(mut error: clap::Error, arguments: &[Cow<'_, str>]) -> clap::Error {
    match error.kind() {
        ErrorKind::UnknownArgument => {
            suggest_set(&mut error, arguments);
            suggest_one_stream(&mut error, arguments);
        }
        ErrorKind::InvalidSubcommand => drop_far_commands(&mut error),
        _ => {}
    }
    error
}

/// Names `--set hpa.maxReplicas=80` for `--maxReplicas 80`.
fn suggest_set(error: &mut clap::Error, arguments: &[Cow<'_, str>]) {
    let Some(ContextValue::String(flag)) = error.get(ContextKind::InvalidArg) else {
        return;
    };
    let flag = flag.split('=').next().unwrap_or_default().to_owned();
    let name = flag.trim_start_matches('-');
    if !takes_set(arguments) || name.is_empty() {
        return;
    }
    let Some(settings) = settings_of_key(name, value_of(&flag, arguments)) else {
        return;
    };
    let tip = format!("a key of the policy is set with {settings}");
    error.remove(ContextKind::SuggestedArg);
    error.insert(
        ContextKind::Suggested,
        ContextValue::StyledStrs(vec![StyledStr::from(tip)]),
    );
}

/// Names the way to read several files as one recording.
fn suggest_one_stream(error: &mut clap::Error, arguments: &[Cow<'_, str>]) {
    let command: Vec<&str> = arguments
        .iter()
        .skip(1)
        .take(2)
        .map(AsRef::as_ref)
        .collect();
    let (["trace", "convert" | "info"], Some(ContextValue::String(refused))) =
        (command.as_slice(), error.get(ContextKind::InvalidArg))
    else {
        return;
    };
    if refused.starts_with('-') {
        return;
    }
    let tip = format!(
        "files of one recording are read as one stream: cat FILE {refused} | hpasim trace {} -",
        command[1]
    );
    let tips = ContextValue::StyledStrs(vec![StyledStr::from(tip)]);
    error.insert(ContextKind::Suggested, tips);
}

/// Whether the command of these arguments has `--set`.
fn takes_set(arguments: &[Cow<'_, str>]) -> bool {
    let root = CommandLine::command();
    let command = arguments
        .get(1)
        .and_then(|name| root.find_subcommand(name.as_ref()));
    command.is_some_and(|command| {
        command
            .get_arguments()
            .any(|argument| argument.get_id() == "set")
    })
}

/// The value behind `flag`: `80` in `--maxReplicas=80` and in `--maxReplicas 80`.
fn value_of<'a>(flag: &str, arguments: &'a [Cow<'_, str>]) -> Option<&'a str> {
    let at = arguments
        .iter()
        .position(|argument| argument.split('=').next() == Some(flag))?;
    match arguments[at].split_once('=') {
        Some((_, value)) => Some(value),
        None => arguments
            .get(at + 1)
            .map(AsRef::as_ref)
            .filter(|next: &&str| !next.starts_with('-')),
    }
}

/// Keeps of clap's suggestions the commands that are near what was typed.
fn drop_far_commands(error: &mut clap::Error) {
    let Some(ContextValue::String(typed)) = error.get(ContextKind::InvalidSubcommand) else {
        return;
    };
    let typed = typed.clone();
    if let Some(ContextValue::Strings(names)) = error.remove(ContextKind::SuggestedSubcommand) {
        let near: Vec<String> = names
            .into_iter()
            .filter(|name| is_near(&typed, name))
            .collect();
        if !near.is_empty() {
            let near = ContextValue::Strings(near);
            error.insert(ContextKind::SuggestedSubcommand, near);
        }
    }
    // clap prints an empty line for an empty list.
    let tips = error.get(ContextKind::Suggested);
    if matches!(tips, Some(ContextValue::StyledStrs(tips)) if tips.is_empty()) {
        error.remove(ContextKind::Suggested);
    }
}
