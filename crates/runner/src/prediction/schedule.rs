//! The time of fleets on workers that each take the next one when they are free.

/// Returns the seconds until the last of fleets that take `seconds` is done, in this order, on `workers` workers.
pub fn makespan(seconds: impl IntoIterator<Item = f64>, workers: usize) -> f64 {
    let mut free_at = vec![0.0_f64; workers.max(1)];
    for seconds in seconds {
        let first = free_at.iter_mut().min_by(|a, b| a.total_cmp(b)).expect("a worker");
        *first += seconds;
    }
    free_at.into_iter().fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::makespan;

    #[test]
    fn the_next_fleet_goes_to_the_worker_that_is_free_first() {
        assert_eq!(makespan([5.0, 4.0, 3.0, 1.0], 2), 7.0);
        assert_eq!(makespan([5.0, 4.0, 3.0, 1.0], 1), 13.0);
        assert_eq!(makespan([5.0, 4.0], 8), 5.0);
        assert_eq!(makespan([], 2), 0.0);
    }
}
