//! Contact sheets, and the key to the colours of their frames.

use std::path::Path;

use anyhow::Result;

use super::failure::Failure;
use crate::terminal::say;
use datasets::{ContactSheet, Split, Targets};

/// Classes that have a colour of their own.
const MOST_NAMED: usize = 8;

/// Writes the pictures of these `examples` to `path`, and says which colour frames which class; `what` names the pictures.
pub(super) fn write_sheet(
    split: &Split,
    examples: &[usize],
    path: &Path,
    what: &str,
    class_name: impl Fn(usize) -> String,
) -> Result<()> {
    let shown = ContactSheet::default().write(split, examples, path).map_err(Failure::of_writing)?;
    let all = if shown < examples.len() { format!(" of {}", examples.len()) } else { String::new() };
    let key = key(&split.targets, class_name).map(|key| format!("; {key}")).unwrap_or_default();
    say(&format!("{} shows {shown}{all} {what}{key}", path.display()));
    Ok(())
}

/// Returns `frames: blue non-cat, orange cat`; `None` if there are no classes, or more than colours.
fn key(targets: &Targets, class_name: impl Fn(usize) -> String) -> Option<String> {
    let Targets::Classes(labels) = targets else { return None };
    let classes = labels.iter().max().map_or(0, |&label| label as usize + 1);
    let of_class = |class| format!("{} {}", ContactSheet::colour(class), class_name(class));
    let colours = (0..classes).map(of_class).collect::<Vec<_>>().join(", ");
    (1..=MOST_NAMED).contains(&classes).then(|| format!("frames: {colours}"))
}
