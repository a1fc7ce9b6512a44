//! Contact sheets, and the key to the colours of their frames.

use std::path::Path;

use anyhow::Result;

use super::failure::Failure;
use crate::terminal::say;
use datasets::{ContactSheet, Split, Targets};

/// The number of colours.
const COLOURS: usize = 8;
/// The most classes that a key names, two for each colour.
const TWO_EACH: usize = 2 * COLOURS;

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

/// Returns `frames: blue non-cat, orange cat`, with both names of a colour of two classes; `None` if there are no classes.
fn key(targets: &Targets, class_name: impl Fn(usize) -> String) -> Option<String> {
    let Targets::Classes(labels) = targets else { return None };
    let classes = labels.iter().max().map_or(0, |&label| label as usize + 1);
    let of_colour = |colour: usize| {
        let names: Vec<String> = (colour..classes).step_by(COLOURS).map(&class_name).collect();
        format!("{} {}", ContactSheet::colour(colour), names.join(" and "))
    };
    match classes {
        0 => None,
        1..=TWO_EACH => {
            Some(format!("frames: {}", (0..classes.min(COLOURS)).map(of_colour).collect::<Vec<_>>().join(", ")))
        }
        _ => Some(format!("frames: more classes than colours; their colour is that of label mod {COLOURS}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_names_both_classes_of_a_colour_and_says_where_there_are_more() {
        let of_classes = |classes: u32| key(&Targets::Classes((0..classes).collect()), |class| format!("c{class}"));
        assert_eq!(of_classes(0), None);
        assert_eq!(
            of_classes(2).unwrap(),
            format!("frames: {} c0, {} c1", ContactSheet::colour(0), ContactSheet::colour(1))
        );
        let ten = of_classes(10).unwrap();
        assert!(ten.starts_with(&format!(
            "frames: {} c0 and c8, {} c1 and c9, ",
            ContactSheet::colour(0),
            ContactSheet::colour(1)
        )));
        assert!(ten.ends_with(" c7") && of_classes(16).unwrap().ends_with(" c7 and c15"), "{ten}");
        assert_eq!(ContactSheet::colour(8), ContactSheet::colour(0));
        let more = of_classes(17).unwrap();
        assert_eq!(more, "frames: more classes than colours; their colour is that of label mod 8");
    }
}
