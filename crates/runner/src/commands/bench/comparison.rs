//! `runner bench --against`: this run beside a record, suspicious cases timed again.

use std::process::ExitCode;

use anyhow::Result;

use super::{Failure, print};
use crate::bench::compare::{Case, Pair, Ratio, other_files, pairs};
use crate::bench::measure::Samples;
use crate::bench::record::{Record, StepRecord};
use crate::bench::statistics::median;
use crate::bench::timing::Bench;
use crate::cli;
use crate::progress::{count, say};
use crate::sweep::workers::Workers;

/// How often a case must be found slower, with new matrices each time, before it is believed.
const TIMES: usize = 4;

/// What is worth a line where no bound is given.
const WORTH_A_LINE: f64 = 0.05;

/// Prints what differs from the record; exit code 4 where something is slower than `--fail-above` allows.
pub(super) fn run(
    args: &cli::Bench,
    workers: &Workers,
    bench: &Bench,
    now: &Record,
    (name, then): (&str, &Record),
) -> Result<ExitCode> {
    for library in other_files(now, then) {
        say(&format!("warning: {} is another file than the {} of {name}", library.path.display(), library.name));
    }
    let pairs = pairs(name, now, then)?;
    let bound = args.fail_above.map_or(WORTH_A_LINE, |share| share.0);
    let (mut lines, mut ratios, mut slower) = (Vec::new(), Vec::new(), 0);
    for pair in &pairs {
        let ratio = workers.alone(|| confirmed(bench, now, pair, bound)).map_err(Failure::from)?;
        ratios.push(ratio.of_medians.median);
        let what = format!("{} on {}", words(now, pair.case), now.libraries[pair.library].name);
        if ratio.is_slower_by(bound) {
            slower += 1;
            lines.push(format!("slower: {what}: {ratio}"));
        } else if ratio.is_faster_by(bound) {
            lines.push(format!("faster: {what}: {ratio}"));
        }
    }
    lines.push(format!(
        "{} compared with {name}: {:.3} times as long in the median, {slower} slower by more than {}%",
        count(pairs.len(), "time"),
        median(&ratios),
        (1e5 * bound).round() / 1e3
    ));
    if args.json || args.csv {
        lines.iter().for_each(|line| say(line));
    } else {
        print(&format!("\n{}\n", lines.join("\n")))?;
    }
    Ok(ExitCode::from(if args.fail_above.is_some() && slower > 0 { 4 } else { 0 }))
}

/// The ratio of a case. One that seems slower is timed again, on all libraries as before, until it doesn't: what was slow by
/// chance is not slow every time.
fn confirmed(bench: &Bench, now: &Record, pair: &Pair, bound: f64) -> Result<Ratio, kernels::WrongSum> {
    let then = &pair.then.samples;
    let mut ratio = Ratio::of(samples(now, pair), then);
    for _ in 1..TIMES {
        if !ratio.is_slower_by(bound) {
            break;
        }
        ratio = Ratio::of(&bench.time(pair.case)?[pair.library], then);
    }
    Ok(ratio)
}

fn samples<'r>(record: &'r Record, pair: &Pair) -> &'r Samples {
    let results = match pair.case {
        Case::Product(place) => &record.products[place].results,
        Case::Step(place) => &record.steps[place].results,
    };
    &results[pair.library].samples
}

fn words(record: &Record, case: Case) -> String {
    match case {
        Case::Product(place) => record.products[place].product.to_string(),
        Case::Step(place) => {
            let StepRecord { fleet, dtype, .. } = &record.steps[place];
            format!("a step of {fleet}, {}", dtype.name())
        }
    }
}
