//! The ways to say which column is meant, beside its name: `first`, `last`, or its number from 1.

/// Returns whether `column` can only be the name of a column; else it may be `first`, `last` or a number from 1.
pub(super) fn is_name(column: &str) -> bool {
    !matches!(column, "first" | "last") && column.parse::<usize>().is_err()
}

/// Returns the index of `column` among `width` columns if it is `first`, `last` or the number of one.
pub(super) fn by_place(column: &str, width: usize) -> Option<usize> {
    match column {
        "first" => Some(0),
        "last" => Some(width - 1),
        _ => column.parse().ok().filter(|number| (1..=width).contains(number)).map(|number| number - 1),
    }
}
