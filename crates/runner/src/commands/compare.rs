//! `runner compare`: two sweeps, trial by trial.

use std::process::ExitCode;

use anyhow::{Result, anyhow, bail};
use serde_json::{Map, Value, json};

use self::unlike::warnings;
use super::answer::print;
use super::layout::{TableColumn, left_out, names_of, room, set};
use super::selected::SelectedTrials;
use crate::cli;
use crate::record::columns::{Column, Kind, TEST_ACCURACY};
use crate::results::column::{print_number, print_spread};
use crate::results::pairs::{Difference, Joined, PairedSetting, join};
use crate::results::ranking::Score;
use crate::spec::difference::{KeyDifference, swept_and_fixed};
use crate::table::csv;
use crate::terminal::{say, warn};
use crate::text::{plain, short_name};
use datasets::text::count;

mod unlike;

/// Differences that a line names; of further ones it gives the number.
const NAMED: usize = 8;

/// Prints the answer on stdout.
pub(super) fn run(args: &cli::Compare) -> Result<ExitCode> {
    let read = |dir| SelectedTrials::of(dir, None, args.condition.as_deref());
    let (a, b) = (read(&args.a)?, read(&args.b)?);
    let measures = measures(args, &a, &b)?;
    let mut joined = join([&a.trials, &b.trials], |row| a.has(row), |row| b.has(row));
    let (swept, fixed) = swept_and_fixed(&a.trials.toml, &b.trials.toml);
    let differ = Differ { swept, fixed };
    let lines = sentences(args, &joined, &measures, &differ);
    if joined.settings.is_empty() {
        if joined.alone == [0, 0] && args.condition.is_some() {
            bail!("--where: no trial of either sweep fits it");
        }
        bail!("{}", lines.join("; "));
    }
    let gain = |setting: &PairedSetting| {
        let found = Difference::of(&setting.pairs, measures[0]).map(|found| found.difference.mean);
        found.map_or(f64::INFINITY, |mean| if measures[0].kind == Kind::Accuracy { -mean } else { mean })
    };
    let warnings = warnings(&joined, &a, &b)?;
    warnings.iter().for_each(|warning| warn(warning));
    // Before the answer is printed: a pager may take it for hours, in which a sweep could not begin.
    drop((a.record, b.record));
    joined.settings.sort_by(|x, y| gain(x).total_cmp(&gain(y)));
    let rows = &joined.settings[..joined.settings.len().min(args.limit.unwrap_or(usize::MAX))];
    if args.json {
        print(&format!("{}\n", in_json(args, &joined, rows, &measures, &differ, &warnings)))?;
    } else if args.csv {
        lines.iter().for_each(|line| say(line));
        print(&in_csv(&joined, rows, &measures))?;
    } else {
        let mut columns = columns(&joined, rows, &measures);
        let left_out = left_out(&columns, room());
        let names = names_of(&columns, &left_out);
        print(&format!("{}\n\n{}", lines.join("\n"), set(&mut columns, &left_out)))?;
        if !names.is_empty() {
            say(&format!("left out: {names}; a wider terminal, --json or --csv has them"));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Lists the results that the two sweeps are compared by.
fn measures(args: &cli::Compare, a: &SelectedTrials, b: &SelectedTrials) -> Result<Vec<&'static Column>> {
    let has = |column: &'static Column| {
        let mut rows = a.trials.rows.iter().chain(&b.trials.rows);
        rows.any(|row| row.loss(column).is_some())
    };
    if args.by.is_empty() {
        // What only one of the two has can't be compared.
        let (of_a, of_b) = (Score::default_of(&a.trials).column, Score::default_of(&b.trials).column);
        let score = if of_a.name == of_b.name { of_a } else { &crate::record::columns::FINAL_COST };
        return Ok([score].into_iter().chain([&TEST_ACCURACY].into_iter().filter(|column| has(column))).collect());
    }
    let find = |name: &String| Score::find(name.trim(), &a.trials).map(|score| score.column);
    args.by.iter().map(|name| find(name).map_err(|problem| anyhow!("--by: {problem}"))).collect()
}

/// The keys in which the experiments differ.
struct Differ {
    /// The keys that either sweeps.
    swept: Vec<KeyDifference>,
    /// The others.
    fixed: Vec<KeyDifference>,
}

/// Describes the sweeps, the keys that differ, and the result, in one line each.
fn sentences(args: &cli::Compare, joined: &Joined, measures: &[&Column], differ: &Differ) -> Vec<String> {
    let pairs = joined.pairs().count();
    let mut keys: Vec<&str> = joined.keys.iter().map(|key| short_name(key)).collect();
    keys.extend(joined.by_seed.then_some("seed"));
    let same = if keys.is_empty() { String::new() } else { format!(" of the same {}", keys.join(", ")) };
    let [alone_a, alone_b] = joined.alone;
    let mut lines = vec![
        format!("A {}, B {}", args.a.display(), args.b.display()),
        format!("{}{same}; without a partner: {alone_a} of A, {alone_b} of B", count(pairs, "pair")),
    ];
    let [lost_a, lost_b] = joined.incomplete();
    if lost_a + lost_b > 0 {
        lines.push(format!("not completed, and left out with their partners: {lost_a} of A, {lost_b} of B"));
    }
    lines.extend(named("swept differently", &differ.swept));
    lines.push(named("settings that differ", &differ.fixed).unwrap_or_else(|| "no other setting differs".to_owned()));
    for measure in measures {
        let Some(found) = Difference::of(joined.pairs(), measure) else {
            lines.push(format!("{}: no pair has it on both sides", measure.name));
            continue;
        };
        let of_settings: Vec<Difference> =
            joined.settings.iter().filter_map(|setting| Difference::of(&setting.pairs, measure)).collect();
        let better = |found: &&Difference| {
            let gain = if measure.kind == Kind::Accuracy { found.difference.mean } else { -found.difference.mean };
            gain > 1e-12 * found.a.abs() // else the means differ by rounding alone
        };
        lines.push(format!(
            "{}: A {}, B {}, B - A {} (mean of {} ± standard error); B is better in {} of {}",
            measure.name,
            print_number(measure.kind, found.a),
            print_number(measure.kind, found.b),
            change(&found, measure.kind),
            count(found.difference.count, "difference"),
            of_settings.iter().filter(better).count(),
            count(of_settings.len(), "setting"),
        ));
    }
    lines
}

/// Names keys that differ, after `what` they are; `None` if there is no key.
fn named(what: &str, differ: &[KeyDifference]) -> Option<String> {
    let absent = |value: &Option<String>| value.clone().unwrap_or_else(|| "not set".to_owned());
    let name = |(key, a, b): &KeyDifference| format!("{key}: {} in A, {} in B", absent(a), absent(b));
    let mut named: Vec<_> = differ.iter().take(NAMED).map(name).collect();
    if differ.len() > NAMED {
        named.push(format!("and {} more", differ.len() - NAMED));
    }
    (!named.is_empty()).then(|| format!("{what}: {}", named.join("; ")))
}

/// Formats the mean difference and its standard error.
fn change(found: &Difference, kind: Kind) -> String {
    let Difference { difference, .. } = found;
    let sign = if difference.mean > 0.0 { "+" } else { "" };
    format!("{sign}{}", print_spread(kind, difference.mean, difference.standard_error()))
}

fn columns(joined: &Joined, rows: &[PairedSetting], measures: &[&Column]) -> Vec<TableColumn> {
    let column =
        |heading: String, importance, cells: Vec<String>| TableColumn { heading, cells, importance, least_width: 0 };
    let mut columns: Vec<TableColumn> = Vec::new();
    for (place, key) in joined.keys.iter().enumerate() {
        columns.push(column(short_name(key).to_owned(), 0, rows.iter().map(|row| plain(&row.values[place])).collect()));
    }
    let first = |row: &PairedSetting| Difference::of(&row.pairs, measures[0]).map_or(0, |found| found.difference.count);
    columns.push(column("n".to_owned(), 2, rows.iter().map(|row| first(row).to_string()).collect()));
    for (rank, measure) in measures.iter().enumerate() {
        let cells = |cell: &dyn Fn(Difference) -> String| {
            rows.iter().map(|row| Difference::of(&row.pairs, measure).map(cell).unwrap_or_default()).collect()
        };
        let name = measure.name;
        columns.push(column(format!("{name} A"), 3 * rank + 3, cells(&|found| print_number(measure.kind, found.a))));
        columns.push(column(format!("{name} B"), 3 * rank + 3, cells(&|found| print_number(measure.kind, found.b))));
        columns.push(column(format!("{name} B - A"), 3 * rank, cells(&|found| change(&found, measure.kind))));
    }
    columns
}

/// Returns the numbers of a row by the names of their fields.
fn fields(row: &PairedSetting, measures: &[&Column]) -> Vec<(String, Value)> {
    let mut fields = Vec::new();
    for measure in measures {
        let (name, found) = (measure.name, Difference::of(&row.pairs, measure));
        let number = |number: fn(&Difference) -> Option<f64>| json!(found.as_ref().and_then(number));
        fields.push((format!("{name}_n"), json!(found.map_or(0, |found| found.difference.count))));
        fields.push((format!("{name}_a"), number(|found| Some(found.a))));
        fields.push((format!("{name}_b"), number(|found| Some(found.b))));
        fields.push((format!("{name}_difference"), number(|found| Some(found.difference.mean))));
        fields.push((format!("{name}_standard_error"), number(|found| found.difference.standard_error())));
    }
    fields
}

fn in_csv(joined: &Joined, rows: &[PairedSetting], measures: &[&Column]) -> String {
    let no_row = PairedSetting { values: Vec::new(), pairs: Vec::new() };
    let names = fields(&no_row, measures).into_iter().map(|(name, _)| name);
    let cells = |row: &PairedSetting| -> Vec<String> {
        let numbers = fields(row, measures).into_iter().map(|(_, value)| plain(&value));
        row.values.iter().map(plain).chain(numbers).collect()
    };
    csv(joined.keys.iter().cloned().chain(names), rows.iter().map(cells))
}

fn in_json(
    args: &cli::Compare,
    joined: &Joined,
    rows: &[PairedSetting],
    measures: &[&Column],
    differ: &Differ,
    warnings: &[String],
) -> Value {
    let object = |differ: &[KeyDifference]| -> Map<String, Value> {
        differ.iter().map(|(key, a, b)| (key.clone(), json!({ "a": a, "b": b }))).collect()
    };
    let settings = rows.iter().map(|row| {
        let keys = joined.keys.iter().cloned().zip(row.values.iter().cloned());
        Value::Object(keys.chain(fields(row, measures)).collect())
    });
    let all = PairedSetting { values: Vec::new(), pairs: joined.pairs().copied().collect() };
    json!({
        "a": args.a.to_string_lossy(), "b": args.b.to_string_lossy(),
        "pairs": joined.pairs().count(),
        "without_partner": { "a": joined.alone[0], "b": joined.alone[1] },
        "not_completed": { "a": joined.incomplete()[0], "b": joined.incomplete()[1] },
        "swept_differently": object(&differ.swept),
        "differ": object(&differ.fixed),
        "warnings": warnings,
        "overall": fields(&all, measures).into_iter().collect::<Map<_, _>>(),
        "settings": settings.collect::<Vec<_>>(),
    })
}
