//! The tables of a record, for people and as CSV.

use super::record::{Measured, ProductRecord, Record, StepRecord};
use crate::plan::products::Product;
use crate::spec::trial::Dtype;
use crate::table::{Table, csv};
use datasets::text::count;

/// Writes the tables for people: a line for each library, a row for each product and each fleet.
pub(crate) fn for_a_person(record: &Record) -> String {
    let mut text = heading(record);
    for (name, dtype) in Dtype::ALL {
        let products: Vec<_> = record.products.iter().filter(|product| product.product.dtype == dtype).collect();
        if !products.is_empty() {
            text += &format!("\nproducts in {name}\n{}", table_of_products(record, &products));
            text += &together(record, &products).unwrap_or_default();
        }
    }
    if !record.steps.is_empty() {
        text += &format!("\nwhole steps\n{}", steps(record));
    }
    text + "\n" + &legend(record)
}

/// Returns the letter of a library in the tables.
pub(crate) fn letter(library: usize) -> String {
    char::from_digit(10 + library as u32, 36)
        .map_or_else(|| library.to_string(), |c| c.to_ascii_uppercase().to_string())
}

fn heading(record: &Record) -> String {
    let peaks: Vec<_> =
        record.limits.peak.iter().map(|(dtype, flops)| format!("{} {:.1}", dtype.name(), flops / 1e9)).collect();
    let cores = count(record.threads, "core");
    let mut text = format!("{}\n", record.what);
    text +=
        &format!("{}, {}; peak of {cores} in GFLOP/s: {}\n", record.host.cpu, record.host.vectors, peaks.join(", "));
    for (place, library) in record.libraries.iter().enumerate() {
        text += &format!("{}  {}  {}\n", letter(place), library.name, library.path.display());
    }
    text
}

fn table_of_products(record: &Record, products: &[&ProductRecord]) -> Table {
    let weighted = products.iter().any(|product| product.calls_a_step.is_some());
    let weights = weighted.then_some(["calls", "share"]).into_iter().flatten().map(str::to_owned);
    let names = ["product MxNxK".to_owned()].into_iter().chain(weights).chain(names_of_speeds(record));
    let names: Vec<_> = names.chain(["bound by".to_owned()]).collect();
    let mut table = Table::new(names.iter().map(String::as_str));
    for ProductRecord { product, calls_a_step, share_of_step, results, .. } in products {
        let Product { form, m, n, k, adds, column_major, .. } = product;
        let (plus, bar) = (if *adds { "+" } else { "" }, if *column_major { "|" } else { "" });
        let form = format!("{}{plus}{bar}", form.name());
        let mut cells = vec![format!("{form:<4} {m}x{n}x{k}")];
        if weighted {
            cells.extend([calls_a_step.map(short).unwrap_or_default(), share_of_step.map(percent).unwrap_or_default()]);
        }
        cells.extend(speeds(results));
        let bound = results.first().and_then(|measured| measured.bound);
        cells.push(bound.map(|bound| bound.to_string()).unwrap_or_default());
        table.row(cells);
    }
    table
}

/// Names the columns that [`speeds`] fills.
fn names_of_speeds(record: &Record) -> impl Iterator<Item = String> {
    let count = record.libraries.len();
    let against_best = (count > 1).then(|| "A/best".to_owned());
    (0..count).map(letter).chain(["+-".to_owned()]).chain(against_best)
}

/// Writes GFLOP/s and share of the peak of each library, the uncertainty of the first one, and its speed over that of
/// the best.
fn speeds(results: &[Measured]) -> Vec<String> {
    let speed = |measured: &Measured| {
        let star = if measured.own_loops { "*" } else { "" };
        format!("{} {}{star}", three_digits(measured.gflops), percent(measured.share_of_peak))
    };
    let mut cells: Vec<String> = results.iter().map(speed).collect();
    if let Some(first) = results.first() {
        let best = results.iter().map(|measured| measured.seconds.at).fold(f64::INFINITY, f64::min);
        cells.push(percent(first.seconds.uncertainty()));
        cells.extend((results.len() > 1).then(|| format!("{:.2}", best / first.seconds.at)));
    }
    cells
}

/// Explains the columns and marks that the tables have.
fn legend(record: &Record) -> String {
    let mut text =
        String::from("GFLOP/s and share of the peak; +- is half of A's confidence interval of 95% within this run");
    text += if record.libraries.len() > 1 { "; bounds are A's\n" } else { "\n" };
    let any = |is: fn(&Product) -> bool| record.products.iter().any(|product| is(&product.product));
    if record.products.iter().any(|product| product.calls_a_step.is_some()) {
        text += "calls: by one step of every fleet; share: of the operations of these steps\n";
    }
    if any(|product| product.adds) {
        text += "+  added to C\n";
    }
    if any(|product| product.column_major) {
        text += "|  inputs with the features of each example side by side\n";
    }
    if record.products.iter().flat_map(|product| &product.results).any(|measured| measured.own_loops) {
        text +=
            "*  made by Layerchain's own loops instead of the library, which packs every matrix first (docs/blas.md)\n";
    }
    text
}

/// Computes the speed of each library over all products of the steps, each weighted by how often it is made.
fn together(record: &Record, products: &[&ProductRecord]) -> Option<String> {
    let sum = |of: &dyn Fn(&ProductRecord) -> f64| -> f64 {
        products.iter().filter_map(|product| Some(of(product) * product.calls_a_step?)).sum()
    };
    let flop = sum(&|product| product.flop);
    let seconds = |library: usize| sum(&|product| product.results[library].seconds.at);
    let speed = |library| format!("{} {}", letter(library), three_digits(flop / seconds(library) / 1e9));
    let speeds: Vec<_> = (0..record.libraries.len()).map(speed).collect();
    (flop > 0.0).then(|| format!("all of these, as often as they are made: {} GFLOP/s\n", speeds.join(", ")))
}

fn steps(record: &Record) -> String {
    let names: Vec<_> =
        ["fleet", "dtype", "fleets", "MFLOP"].map(str::to_owned).into_iter().chain(names_of_speeds(record)).collect();
    let mut table = Table::new(names.iter().map(String::as_str));
    let mut fleets = String::new();
    for (place, StepRecord { fleet, dtype, fleets: count, flop, results, .. }) in record.steps.iter().enumerate() {
        let number = (place + 1).to_string();
        fleets += &format!("{number}  {fleet}\n");
        let cells = [number, dtype.name().to_owned(), count.to_string(), three_digits(flop / 1e6)];
        table.row(cells.into_iter().chain(speeds(results)));
    }
    format!("{table}{fleets}")
}

/// The columns of the table for programs.
const COLUMNS: [&str; 23] = [
    "case",
    "fleet",
    "form",
    "m",
    "n",
    "k",
    "adds",
    "column_major",
    "dtype",
    "threads",
    "calls_a_step",
    "share_of_step",
    "fleets",
    "library",
    "seconds",
    "seconds_low",
    "seconds_high",
    "gflops",
    "share_of_peak",
    "bound",
    "samples",
    "own_loops",
    "path",
];

/// Writes the table for programs: a row for each case and library.
pub(crate) fn in_csv(record: &Record) -> String {
    let threads = record.threads.to_string();
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut add = |case: &[String], results: &[Measured]| {
        for (library, measured) in record.libraries.iter().zip(results) {
            let (name, path) = (library.name.clone(), library.path.display().to_string());
            rows.push(case.iter().cloned().chain([name]).chain(numbers(measured)).chain([path]).collect());
        }
    };
    for ProductRecord { product, calls_a_step, share_of_step, results, .. } in &record.products {
        let Product { form, m, n, k, dtype, adds, column_major } = product;
        let optional = |number: &Option<f64>| number.map(|number| number.to_string()).unwrap_or_default();
        let case = [
            "product".to_owned(),
            String::new(),
            form.name().to_owned(),
            m.to_string(),
            n.to_string(),
            k.to_string(),
            adds.to_string(),
            column_major.to_string(),
            dtype.name().to_owned(),
            threads.clone(),
            optional(calls_a_step),
            optional(share_of_step),
            String::new(),
        ];
        add(&case, results);
    }
    for StepRecord { fleet, dtype, fleets, results, .. } in &record.steps {
        let mut case = vec!["step".to_owned(), fleet.clone()];
        // A step has no single product.
        case.extend(["form", "m", "n", "k", "adds", "column_major"].map(|_| String::new()));
        case.extend([dtype.name().to_owned(), threads.clone()]);
        case.extend(["calls_a_step", "share_of_step"].map(|_| String::new()));
        case.push(fleets.to_string());
        add(&case, results);
    }
    csv(COLUMNS.map(str::to_owned), rows)
}

/// Writes the columns that follow the library's name.
fn numbers(measured: &Measured) -> impl Iterator<Item = String> {
    let Measured { seconds, gflops, share_of_peak, bound, own_loops, samples } = measured;
    let numbers = [seconds.at, seconds.low, seconds.high, *gflops, *share_of_peak].map(|number| number.to_string());
    let bound = bound.map(|bound| bound.to_string()).unwrap_or_default();
    numbers.into_iter().chain([bound, samples.seconds.len().to_string(), own_loops.to_string()])
}

/// Formats a number with at least three significant digits.
fn three_digits(number: f64) -> String {
    if number < 0.001 {
        return format!("{number:.2e}");
    }
    // 99.96 becomes 100, not 100.0.
    let decimals = (0..=5).rev().find(|&decimals| number < 999.5 / 10f64.powi(decimals)).unwrap_or(0);
    format!("{number:.*}", decimals as usize)
}

/// Formats a share in per cent; one that is not 0 doesn't look as if it were.
pub(crate) fn percent(share: f64) -> String {
    let percent = 100.0 * share;
    let decimals = [(1.0, 0), (0.095, 1), (0.005, 2)].into_iter().find(|(least, _)| percent >= *least);
    match decimals {
        Some((_, decimals)) => format!("{percent:.decimals$}%"),
        None if percent > 0.0 => "<0.01%".to_owned(),
        None => format!("{percent:.0}%"),
    }
}

/// Formats a number without decimals if it is whole, else with two.
fn short(number: f64) -> String {
    if number.fract() == 0.0 { format!("{number:.0}") } else { format!("{number:.2}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::compare::tests::record;

    #[test]
    fn numbers_have_three_digits_that_count() {
        let numbers = [0.000_812_3, 0.001_234, 0.04, 0.9996, 9.996, 10.04, 99.94, 99.96, 118.2, 12_345.6];
        let texts = ["8.12e-4", "0.00123", "0.0400", "1.00", "10.0", "10.0", "99.9", "100", "118", "12346"];
        assert_eq!(numbers.map(three_digits), texts);
        assert_eq!([0.004, 0.97, 1.0].map(percent), ["0.4%", "97%", "100%"]);
        assert_eq!([0.0, 1e-9, 3e-4, 9.6e-4].map(percent), ["0%", "<0.01%", "0.03%", "0.1%"]);
        assert_eq!([81.0, 0.25].map(short), ["81", "0.25"]);
    }

    #[test]
    fn a_person_sees_each_library_by_its_letter_and_a_program_every_number() {
        let record = record(&[1e-9, 2e-9, 3e-9]);
        let text = for_a_person(&record);
        assert!(text.contains("A  OpenBLAS 0.3.34 Zen  /a\n"), "{text}");
        assert!(text.contains("nn   2x3x4 ") && text.contains(" 24.0 24%  50%"), "{text}");
        let table = in_csv(&record);
        let row = table.lines().nth(1).unwrap();
        assert!(row.starts_with("product,,nn,2,3,4,false,false,f32,1,,,,OpenBLAS 0.3.34 Zen,0.000000002,"), "{row}");
        assert!(table.lines().next().unwrap().ends_with(",path") && row.ends_with(",false,/a"), "{table}");
        assert_eq!(table.lines().map(|line| line.split(',').count()).collect::<Vec<_>>(), [23, 23]);
    }
}
