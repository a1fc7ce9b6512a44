//! A step as a page for a browser: one file that needs no network.

use std::path::Path;

use anyhow::{Context, Result, bail};

use super::report::Report;

/// The page, which reads the step from the JSON in it.
const PAGE: &str = include_str!("page.html");
/// The places of the title and of the step.
const TITLE: &str = "{{title}}";
const STEP: &str = "{{step}}";

/// The most numbers of a page.
const MOST: usize = 20_000;

/// Refuses a step with more numbers than a page shows.
///
/// # Errors
/// If it has too many numbers; the message has their number and what to do.
pub(super) fn fits(report: &Report, path: &Path) -> Result<()> {
    let numbers = report.numbers();
    if numbers > MOST {
        bail!(
            "{}: the step has {numbers} numbers in its matrices, a page shows at most {MOST}; take a smaller net, or fewer examples by --examples, \
             or use --hdf5",
            path.display()
        );
    }
    Ok(())
}

/// Writes the page.
pub(super) fn write(report: &Report) -> Result<String> {
    let step = serde_json::to_string(report).context("names and numbers make valid JSON")?;
    // Nothing in a text may end the script that the step stands in.
    let step = step.replace('<', "\\u003c");
    let title = report.name.replace('&', "&amp;").replace('<', "&lt;");
    Ok(PAGE.replace(TITLE, &title).replace(STEP, &step))
}
