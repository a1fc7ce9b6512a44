//! Messages to users on stderr: which of them are said, in colour or not, as JSON or as text. Marks on stdout are painted here too.

use std::borrow::Cow;
use std::env;
use std::io::{IsTerminal, Write, stderr, stdout};
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use clap::ValueEnum;
use serde_json::{Value, json};

use crate::text::{visible, visible_line};

const RED: Style = AnsiColor::Red.on_default().bold();
const YELLOW: Style = AnsiColor::Yellow.on_default().bold();
const GREEN: Style = AnsiColor::Green.on_default().bold();
const CYAN: Style = AnsiColor::Cyan.on_default();

/// The least important level that is still said; [`Level::Info`] until a person asks for more or less.
static LEAST: AtomicU8 = AtomicU8::new(Level::Info as u8);
/// True if every line is a JSON object.
static IS_JSON: AtomicBool = AtomicBool::new(false);

/// The condition for colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ColorWhen {
    /// On a terminal, unless NO_COLOR is set; elsewhere if CLICOLOR_FORCE is.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The importance of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Error,
    Warning,
    Note,
    Info,
    Detail,
}

impl Level {
    /// Returns the word before a line, and the name of its level in JSON.
    fn word(self) -> &'static str {
        match self {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Note => "note",
            Level::Info => "info",
            Level::Detail => "detail",
        }
    }

    /// Returns the style of the word; `None` if none stands before the line.
    fn style(self) -> Option<Style> {
        match self {
            Level::Error => Some(RED),
            Level::Warning => Some(YELLOW),
            Level::Note => Some(CYAN),
            Level::Info | Level::Detail => None,
        }
    }
}

/// Sets how much is said, `more` steps above the usual (below, if it is negative), and when in colour.
pub fn set_up(more: i8, color: ColorWhen) {
    let least = match more {
        ..0 => Level::Warning,
        0 => Level::Info,
        1.. => Level::Detail,
    };
    LEAST.store(least as u8, Ordering::Relaxed);
    let choice = match color {
        ColorWhen::Auto => ColorChoice::Auto,
        ColorWhen::Always => ColorChoice::AlwaysAnsi,
        ColorWhen::Never => ColorChoice::Never,
    };
    choice.write_global();
}

/// Makes this process say nothing but errors: another one speaks for it.
#[cfg(feature = "mpi")]
pub fn speak_of_errors_only() {
    LEAST.store(Level::Error as u8, Ordering::Relaxed);
}

/// Makes every further line on stderr a JSON object.
pub fn speak_json() {
    IS_JSON.store(true, Ordering::Relaxed);
}

/// Returns whether a person has asked for warnings and errors alone.
pub(crate) fn is_quiet() -> bool {
    !is_said(Level::Info)
}

/// Says what fails.
pub fn fail(line: &str) {
    tell(Level::Error, line);
}

/// Says what may be wrong.
pub fn warn(line: &str) {
    tell(Level::Warning, line);
}

/// Says what a person should know.
pub(crate) fn note(line: &str) {
    tell(Level::Note, line);
}

/// Says what is being done.
pub fn say(line: &str) {
    tell(Level::Info, line);
}

/// Says more of what is being done, if that was asked for.
pub(crate) fn detail(line: &str) {
    tell(Level::Detail, line);
}

/// Writes an event as a line of JSON.
pub(crate) fn emit(event: &Value) {
    write_line(&visible(&event.to_string()));
}

/// Paints each ✓ of a text for stdout green and each ✗ red, if it has colours.
pub(crate) fn with_painted_marks(text: &str) -> Cow<'_, str> {
    if AutoStream::choice(&stdout()) == ColorChoice::Never {
        return Cow::Borrowed(text);
    }
    let painted = [('✓', GREEN), ('✗', RED)]
        .into_iter()
        .fold(text.to_owned(), |text, (mark, style)| text.replace(mark, &format!("{style}{mark}{style:#}")));
    Cow::Owned(painted)
}

/// Returns whether stderr is a terminal on which lines can be cleared and drawn again.
pub(crate) fn takes_control_codes() -> bool {
    stderr().is_terminal() && env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// Clears a terminal from the start of the current line on: a bar that a narrower window has wrapped has several lines.
pub(crate) fn clear_from_here() {
    if takes_control_codes() {
        let _ = write!(stderr(), "\r\u{1b}[J");
    }
}

fn is_said(level: Level) -> bool {
    level as u8 <= LEAST.load(Ordering::Relaxed)
}

fn tell(level: Level, line: &str) {
    if !is_said(level) {
        return;
    }
    if IS_JSON.load(Ordering::Relaxed) {
        return emit(&json!({ "event": "message", "level": level.word(), "text": line }));
    }
    let line = visible_line(line);
    let Some(style) = level.style() else { return write_line(&line) };
    let style = if AutoStream::choice(&stderr()) == ColorChoice::Never { Style::new() } else { style };
    write_line(&format!("{style}{}:{style:#} {line}", level.word()));
}

/// Writes a line to stderr. An error is ignored: a closed stderr is no reason to lose a sweep.
fn write_line(line: &str) {
    let _ = writeln!(stderr(), "{line}");
}
