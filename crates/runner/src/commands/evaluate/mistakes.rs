//! The examples that were put in a wrong class: as a list, as JSON, as a sheet of pictures.

use std::path::Path;

use anyhow::Result;
use serde_json::{Value, json};

use crate::commands::sheet::write_sheet;
use crate::model::{Evaluation, Mistake, Model};
use crate::table::Table;
use crate::terminal::say;
use datasets::NamedSplit;

/// Sorts the mistakes: those come first that the model was surest of.
pub(super) fn surest_first(evaluation: &mut Evaluation) {
    evaluation.mistakes.sort_by(|a, b| b.probability.total_cmp(&a.probability));
}

/// Makes a table with a row for each mistake, whose example is the row of the file.
pub(super) fn table(model: &Model, examples: &NamedSplit, mistakes: &[Mistake]) -> Table {
    let mut table = Table::new(["example", "actual", "predicted", "probability"]);
    for mistake in mistakes {
        let [actual, predicted] = [mistake.actual, mistake.predicted].map(|class| model.class_name(class));
        let row = examples.split.rows[mistake.example];
        table.row([row.to_string(), actual, predicted, format!("{:.4}", mistake.probability)]);
    }
    table
}

/// Makes an array with an object for each mistake, whose example is the row of the file.
pub(super) fn json(model: &Model, examples: &NamedSplit, mistakes: &[Mistake]) -> Value {
    let of_mistake = |mistake: &Mistake| {
        json!({
            "example": examples.split.rows[mistake.example],
            "actual": model.class_name(mistake.actual),
            "predicted": model.class_name(mistake.predicted),
            "probability": mistake.probability,
        })
    };
    mistakes.iter().map(of_mistake).collect()
}

/// Writes the pictures of the mistakes to `path`, framed in the colour of what they are. Without mistakes it says so, and writes nothing.
///
/// # Errors
/// If they aren't pictures, or the file can't be written.
pub(super) fn sheet(model: &Model, examples: &NamedSplit, mistakes: &[Mistake], path: &Path) -> Result<()> {
    if mistakes.is_empty() {
        let all = &examples.x_name;
        say(&format!("no picture of {all} is in a wrong class, so {} is not written", path.display()));
        return Ok(());
    }
    let wrong: Vec<usize> = mistakes.iter().map(|mistake| mistake.example).collect();
    let what = format!("pictures of {} in a wrong class, the surest first", examples.x_name);
    write_sheet(&examples.split, &wrong, path, &what, |class| model.class_name(class))
}
