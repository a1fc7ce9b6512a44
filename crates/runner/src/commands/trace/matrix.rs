//! Matrices as lines of aligned numbers, abbreviated as NumPy abbreviates them.

use ndarray::ArrayView2;

/// Matrices of more numbers are abbreviated, as NumPy's `threshold` has it.
const THRESHOLD: usize = 1000;
/// Matrices of more rows are abbreviated.
const MOST_ROWS: usize = 40;
/// Rows or columns that are shown at each end, as NumPy's `edgeitems` has it.
const EDGE: usize = 3;
/// Decimals at most, which the course prints.
const DECIMALS: usize = 8;
const LEFT_OUT: &str = "…";

/// The lines of a matrix.
pub(super) struct Lines {
    pub(super) lines: Vec<String>,
    /// True if rows or columns are left out.
    pub(super) is_abbreviated: bool,
}

/// Formats a matrix in lines of at most `width` characters; every number in lines as long as it takes if `full`. A NaN is
/// written as `nan`.
pub(super) fn lines(values: ArrayView2<f64>, width: usize, full: bool, nan: &str) -> Lines {
    let (height, breadth) = values.dim();
    let is_large = !full && values.len() > THRESHOLD;
    let rows = shown(height, (is_large && height > 2 * EDGE || !full && height > MOST_ROWS).then_some(EDGE));
    // All columns, or as many at the ends as there is room for.
    let choices = [None, Some(EDGE), Some(2), Some(1)];
    let choices = choices.into_iter().skip(usize::from(is_large && breadth > 2 * EDGE));
    let mut last = Vec::new();
    let mut is_abbreviated = rows.contains(&None);
    for edge in choices {
        let columns = shown(breadth, edge);
        last = table(values, &rows, &columns, nan);
        is_abbreviated = rows.contains(&None) || columns.contains(&None);
        if full || last.first().is_none_or(|line| line.chars().count() <= width) {
            break;
        }
    }
    Lines { lines: last, is_abbreviated }
}

/// Lists the places that are shown; `None` for those between the ends that are not.
fn shown(length: usize, edge: Option<usize>) -> Vec<Option<usize>> {
    match edge {
        Some(edge) if length > 2 * edge => {
            (0..edge).map(Some).chain([None]).chain((length - edge..length).map(Some)).collect()
        }
        _ => (0..length).map(Some).collect(),
    }
}

fn table(values: ArrayView2<f64>, rows: &[Option<usize>], columns: &[Option<usize>], nan: &str) -> Vec<String> {
    let picked: Vec<f64> = rows
        .iter()
        .flatten()
        .flat_map(|&row| columns.iter().flatten().map(move |&column| values[[row, column]]))
        .collect();
    let mut texts = numbers(&picked, nan).into_iter();
    let cell = |row: &Option<usize>, column: &Option<usize>, texts: &mut std::vec::IntoIter<String>| match (row, column)
    {
        (Some(_), Some(_)) => texts.next().unwrap_or_default(),
        _ => LEFT_OUT.to_owned(),
    };
    let cells: Vec<Vec<String>> =
        rows.iter().map(|row| columns.iter().map(|column| cell(row, column, &mut texts)).collect()).collect();
    let breadth = |column: &Option<usize>| {
        if column.is_some() { cells.iter().flatten().map(|cell| cell.chars().count()).max() } else { None }
    };
    let breadths: Vec<usize> = columns.iter().map(|column| breadth(column).unwrap_or(1)).collect();
    let line = |cells: &Vec<String>| {
        let cells = cells.iter().zip(&breadths).map(|(cell, breadth)| format!("{cell:>breadth$}"));
        cells.collect::<Vec<_>>().join("  ")
    };
    cells.iter().map(line).collect()
}

/// Formats numbers alike: with as many decimals as they need, at most eight, or with exponents where they are very large or small.
pub(super) fn numbers(values: &[f64], nan: &str) -> Vec<String> {
    let sizes = || values.iter().map(|value| value.abs()).filter(|size| size.is_finite());
    let largest = sizes().fold(0.0, f64::max);
    let has_exponents = largest >= 1e8 || (largest > 0.0 && largest < 1e-4);
    let text = |value: f64| match value {
        value if value.is_nan() => nan.to_owned(),
        value if value.is_infinite() => value.to_string(),
        value if has_exponents => format!("{value:.DECIMALS$e}"),
        value => format!("{value:.DECIMALS$}"),
    };
    let mut texts: Vec<String> = values.iter().map(|value| text(*value)).collect();
    for text in &mut texts {
        // No minus before a number that is rounded to 0.
        if text.starts_with('-') && text.parse() == Ok(0.0) {
            text.remove(0);
        }
    }
    if !has_exponents {
        let decimals =
            |text: &String| text.split_once('.').map_or(0, |(_, decimals)| decimals.trim_end_matches('0').len());
        let most = texts.iter().map(decimals).max().unwrap_or(0);
        for text in &mut texts {
            if let Some(point) = text.find('.') {
                text.truncate(if most == 0 { point } else { point + 1 + most });
            }
        }
    }
    texts
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, array};

    use super::*;

    #[test]
    fn numbers_have_the_decimals_that_they_need_and_no_more_than_eight() {
        assert_eq!(numbers(&[1.0, 0.0, -2.0], "-"), ["1", "0", "-2"]);
        assert_eq!(numbers(&[0.5, -0.25, 3.0], "-"), ["0.50", "-0.25", "3.00"]);
        assert_eq!(numbers(&[3.262953367, -1e-12], "-"), ["3.26295337", "0.00000000"]);
        assert_eq!(numbers(&[f64::NAN, 0.5, f64::INFINITY], "-"), ["-", "0.5", "inf"]);
        assert_eq!(numbers(&[1.5e-7, 0.0], "-"), ["1.50000000e-7", "0.00000000e0"]);
        assert_eq!(numbers(&[2.5e9], "-"), ["2.50000000e9"]);
    }

    #[test]
    fn columns_are_aligned() {
        let found = lines(array![[1.0, -20.0], [300.0, 4.0]].view(), 40, false, "-");
        assert_eq!(found.lines, ["  1  -20", "300    4"]);
        assert!(!found.is_abbreviated);
    }

    #[test]
    fn a_large_matrix_shows_three_rows_and_columns_at_each_end_unless_all_is_asked_for() {
        let large = Array2::from_shape_fn((50, 30), |(row, column)| (row * 30 + column) as f64);
        let found = lines(large.view(), 100, false, "-");
        assert!(found.is_abbreviated);
        assert_eq!(found.lines.len(), 7);
        assert_eq!(found.lines[0], "   0     1     2  …    27    28    29");
        assert_eq!(found.lines[3], "   …     …     …  …     …     …     …");
        assert_eq!(found.lines[6].split_whitespace().last(), Some("1499"));
        let all = lines(large.view(), 100, true, "-");
        assert!(!all.is_abbreviated && all.lines.len() == 50);
        assert_eq!(all.lines[0].split_whitespace().count(), 30);
    }

    #[test]
    fn a_line_never_passes_the_width() {
        let wide = Array2::from_shape_fn((2, 40), |(row, column)| (row * 40 + column) as f64 / 7.0);
        for width in [30, 40, 60, 80, 200] {
            let found = lines(wide.view(), width, false, "-");
            assert!(found.lines.iter().all(|line| line.chars().count() <= width), "{width}: {:?}", found.lines);
            assert!(found.is_abbreviated);
        }
    }
}
