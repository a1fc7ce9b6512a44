//! Tables of comma-separated values: each row is an example, with a column of labels or columns of values among its features.
//!
//! A table is read twice: to check every cell and to collect the labels, and then for the features. If means or texts of the training rows
//! are needed, it is read once more in between; and once more before all that if its label alone can tell whether the first line is a
//! header. Only the labels need more memory for more rows.

mod columns;
mod header;
mod mixture;
mod place;
mod reading;
mod row_numbers;
mod table;

use self::table::Table;
use super::error::Error;
use super::request::{Categorical, Missing, Progress, Request, SplitName};
use super::source::{Report, Rules, Source};

pub(super) const RULES: Rules = Rules {
    name: "CSV",
    paths: 1,
    options: &[
        "--label",
        "--target",
        "--header",
        "--delimiter",
        "--missing",
        "--categorical",
        "--ignore",
        "--side (or --height and --width)",
    ],
    begins: |_| false,
    endings: &[".csv", ".tsv", ".txt", ".data"],
    holds_both: false,
    open,
};

fn open<'r>(request: &'r Request, split: SplitName, report: &mut Report) -> Result<Box<dyn Source + 'r>, Error> {
    let needs_numbers = request.missing == Missing::Mean || request.categorical != Categorical::Refuse;
    if request.size.is_some() && needs_numbers {
        let problem =
            "the pixels of pictures are bytes: --missing mean and --categorical are for tables of other numbers";
        return Err(Error::Request(problem.to_owned()));
    }
    let table = Table::scan(&request.paths(split)[0], request, report)?;
    if let (SplitName::Train, None, []) = (split, &request.label, &request.targets[..]) {
        report(Progress::Found(format!("label: {}", table.described(table.names.len() - 1))))?;
    }
    Ok(Box::new(table))
}
