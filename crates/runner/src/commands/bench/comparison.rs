//! `runner bench --against`: compares this run with a record, and times suspicious cases again.

use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use anyhow::Result;

use crate::bench::compare::{self, Case, Pair, Ratio, other_files, pairs};
use crate::bench::measure::Samples;
use crate::bench::record::{Record, StepRecord};
use crate::bench::statistics::median;
use crate::bench::timing::Bench;
use crate::cli;
use crate::commands::answer::print;
use crate::run::workers::Workers;
use crate::terminal::{say, warn};
use datasets::text::count;

/// The number of times that a case that seems slower is timed again before it counts as slower, on other matrices each
/// time and after longer and longer pauses: a case that was slow by chance is not slow every time.
const ATTEMPTS: u32 = 6;

/// The first of the pauses; each is twice as long as the one before, up to two seconds.
const PAUSE: Duration = Duration::from_millis(250);

/// The smallest change that is worth a line where no bound is given.
const WORTH_A_LINE: f64 = 0.05;

/// The comparison of a run with a record that has at least one case of it.
pub(super) struct Comparison<'r> {
    name: &'r str,
    then: &'r Record,
    pairs: Vec<Pair<'r>>,
}

impl<'r> Comparison<'r> {
    /// Finds the cases of `bench` in the record `then`, called `name`.
    ///
    /// # Errors
    /// If there is none.
    pub(super) fn new(name: &'r str, then: &'r Record, bench: &Bench) -> Result<Self, compare::Error> {
        Ok(Comparison { name, then, pairs: pairs(name, &bench.timed(), then)? })
    }

    /// Prints the differences from the record; exit code 4 if something is slower than `--fail-above` allows.
    pub(super) fn run(&self, args: &cli::Bench, workers: &Workers, bench: &Bench, now: &Record) -> Result<ExitCode> {
        let Comparison { name, then, pairs } = self;
        for library in other_files(now, then) {
            warn(&format!("{} is another file than the {} of {name}", library.path.display(), library.name));
        }
        self.warn_of_uncompared(now);
        let bound = args.fail_above.map_or(WORTH_A_LINE, |share| share.0);
        let mut ratios: Vec<_> = pairs.iter().map(|pair| Ratio::of(samples(now, pair), &pair.then.samples)).collect();
        confirm(workers, bench, pairs, &mut ratios, bound)?;
        let (mut slower, mut others) = (Vec::new(), Vec::new());
        for (pair, ratio) in pairs.iter().zip(&ratios) {
            let what = format!("{} on {}", words(now, pair.case), now.libraries[pair.library].name);
            if ratio.is_slower_by(bound) {
                slower.push(format!("slower: {what}: {ratio}"));
            } else if ratio.is_faster_by(bound) {
                others.push(format!("faster: {what}: {ratio}"));
            }
        }
        let ratios: Vec<_> = ratios.iter().map(|ratio| ratio.0.at).collect();
        others.push(format!(
            "{} compared with {name}: {:.3} times as long in the median, {} slower by more than {}%",
            count(pairs.len(), "time"),
            median(&ratios),
            slower.len(),
            (1e5 * bound).round() / 1e3
        ));
        let fails = args.fail_above.is_some() && !slower.is_empty();
        if args.json || args.csv {
            // The reason for an exit code is said even to those who want to hear little.
            slower.iter().for_each(|line| if fails { warn(line) } else { say(line) });
            others.iter().for_each(|line| say(line));
        } else {
            print(&format!("\n{}\n", [slower, others].concat().join("\n")))?;
        }
        Ok(ExitCode::from(if fails { 4 } else { 0 }))
    }

    /// Warns of what the record doesn't have: a gate that compares less than it timed must not look green.
    fn warn_of_uncompared(&self, now: &Record) {
        let Comparison { name, pairs, .. } = self;
        for (place, library) in now.libraries.iter().enumerate() {
            if !pairs.iter().any(|pair| pair.library == place) {
                warn(&format!("{} is not in {name}: it was not compared", library.name));
            }
        }
        let cases = (0..now.products.len()).map(Case::Product).chain((0..now.steps.len()).map(Case::Step));
        let uncompared: Vec<Case> = cases.filter(|case| !pairs.iter().any(|pair| pair.case == *case)).collect();
        match uncompared[..] {
            [] => {}
            [case] => warn(&format!("{} is not in {name}: it was not compared", words(now, case))),
            [first, ..] => warn(&format!(
                "{} are not in {name}: they were not compared; the first is {}",
                count(uncompared.len(), "case"),
                words(now, first)
            )),
        }
    }
}

/// Times the cases that seem slower again and again, until none seems slower.
fn confirm(workers: &Workers, bench: &Bench, pairs: &[Pair], ratios: &mut [Ratio], bound: f64) -> Result<()> {
    for attempt in 1..=ATTEMPTS {
        let suspicious: Vec<_> = (0..pairs.len()).filter(|&place| ratios[place].is_slower_by(bound)).collect();
        if suspicious.is_empty() {
            break;
        }
        say(&format!("{} slower: timed again, {attempt} of {ATTEMPTS}", count_seems(suspicious.len())));
        thread::sleep(PAUSE * 2u32.pow(attempt - 1).min(8));
        for place in suspicious {
            let Pair { case, library, then } = pairs[place];
            let again = workers.alone(|| bench.time_again(case, attempt as usize))?;
            ratios[place] = Ratio::of(&again[library], &then.samples);
        }
    }
    Ok(())
}

fn count_seems(number: usize) -> String {
    format!("{} {}", count(number, "time"), if number == 1 { "seems" } else { "seem" })
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
