//! The width of a net from its number of parameters.

/// Returns the largest width w >= 1 of `hidden` >= 1 equal layers between `n_in` features and `n_out` outputs with at
/// most `budget` weights and biases:
///
/// p(w) = (n_in + 1) w + (hidden - 1) (w + 1) w + (w + 1) n_out.
///
/// If even p(1) is above the budget, the width is 1.
pub(super) fn width(budget: usize, n_in: usize, hidden: usize, n_out: usize) -> usize {
    let [n_in, between, n_out] = [n_in, hidden - 1, n_out].map(|n| n as u128);
    let parameters = |w: u128| (n_in + 1) * w + between * (w + 1) * w + (w + 1) * n_out;
    // p(w) >= 2 w, so the width is at most half of the budget.
    let (mut fits, mut too_wide) = (1, budget as u128 / 2 + 2);
    while too_wide - fits > 1 {
        let middle = fits + (too_wide - fits) / 2;
        if parameters(middle) <= budget as u128 { fits = middle } else { too_wide = middle }
    }
    fits as usize
}

#[cfg(test)]
mod tests {
    use super::width;

    #[test]
    fn the_width_is_the_largest_within_the_budget() {
        for (budget, n_in, hidden, n_out) in [(1_000, 10, 1, 1), (250_000, 12_288, 3, 1), (99_999, 3, 40, 10)] {
            let counted = |w: usize| {
                let widths: Vec<_> = [vec![n_in], vec![w; hidden], vec![n_out]].concat();
                widths.windows(2).map(|n| (n[0] + 1) * n[1]).sum::<usize>()
            };
            let w = width(budget, n_in, hidden, n_out);
            assert!(counted(w) <= budget && counted(w + 1) > budget, "{w}");
        }
    }

    #[test]
    fn a_budget_that_is_met_exactly_is_spent_and_one_too_small_gives_a_width_of_one() {
        assert_eq!(width(12 * 5 + 1, 10, 1, 1), 5);
        assert_eq!(width(12 * 5, 10, 1, 1), 4);
        assert_eq!(width(1, 10, 1, 1), 1);
        assert_eq!(width(1, 10, 10_000, 1), 1);
        assert_eq!(width(1 << 50, 1, 1, 1), ((1 << 50) - 1) / 3);
    }
}
