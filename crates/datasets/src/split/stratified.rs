//! A stratified split: the same share of each class is held out.

use std::cmp::Reverse;

use crate::contract::targets::Targets;
use crate::split::permutation::permutation;

/// Returns for each example whether it is held out: round(`share` m) of them, drawn from `seed`; the same share of each class,
/// as nearly as whole examples allow (the largest remainders are rounded up, the lower class first), but never all of a class.
///
/// # Errors
/// If either side would be empty, or a class without a training example.
pub(crate) fn stratified_holdout(targets: &Targets, share: f64, seed: u64) -> Result<Vec<bool>, String> {
    let examples = targets.examples();
    let aside = (share * examples as f64).round() as usize;
    if aside == 0 || aside >= examples {
        let kept = examples.saturating_sub(aside);
        return Err(format!(
            "a test share of {share} makes {aside} test and {kept} training examples of {examples}; at least 1 of each is needed"
        ));
    }
    let class_of = |example: usize| match targets {
        Targets::Classes(labels) => labels[example] as usize,
        Targets::Values(_) => 0,
    };
    let classes = (0..examples).map(class_of).max().map_or(0, |most| most + 1);
    let mut counts = vec![0usize; classes];
    (0..examples).for_each(|example| counts[class_of(example)] += 1);
    // In whole numbers: floats would tell equal remainders apart by their rounding.
    let product = |class: usize| aside as u128 * counts[class] as u128;
    let mut wanted: Vec<usize> = (0..classes).map(|class| (product(class) / examples as u128) as usize).collect();
    let mut by_rest: Vec<usize> = (0..classes).collect();
    by_rest.sort_by_key(|&class| (Reverse(product(class) % examples as u128), class));
    let mut missing = aside - wanted.iter().sum::<usize>();
    while missing > 0 {
        let before = missing;
        for &class in &by_rest {
            if missing > 0 && wanted[class] + 1 < counts[class] {
                wanted[class] += 1;
                missing -= 1;
            }
        }
        if missing == before {
            return Err(format!(
                "a test share of {share} makes {aside} of {examples} examples test examples, but each of {classes} classes \
                 needs one for training"
            ));
        }
    }

    let mut test = vec![false; examples];
    for example in permutation(examples, seed) {
        let wanted = &mut wanted[class_of(example)];
        if *wanted > 0 {
            *wanted -= 1;
            test[example] = true;
        }
    }
    Ok(test)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_gives_its_share_and_the_remainders_go_to_the_largest() {
        let labels: Vec<u32> = (0..100).map(|example| u32::from(example >= 50) + u32::from(example >= 85)).collect();
        let targets = Targets::Classes(labels.clone());
        let test = stratified_holdout(&targets, 0.25, 3).unwrap();
        let of_class = |class: u32| labels.iter().zip(&test).filter(|&(&label, &test)| test && label == class).count();
        // 12.5, 8.75 and 3.75 of 25.
        assert_eq!([of_class(0), of_class(1), of_class(2)], [12, 9, 4]);
        assert_eq!(stratified_holdout(&targets, 0.25, 3).unwrap(), test);
        assert_ne!(stratified_holdout(&targets, 0.25, 4).unwrap(), test);
    }

    /// In floats 3 of 2, 2 and 5 in 9 are 0.67, 0.67 and 1.6666666666666667, whose remainder is a rounding error larger.
    #[test]
    fn equal_remainders_are_rounded_up_in_the_lower_class_first() {
        for (counts, share, given) in
            [([2, 2, 5], 0.3, [1, 1, 1]), ([2, 9, 3], 0.25, [1, 2, 1]), ([2, 3, 9], 0.25, [1, 1, 2])]
        {
            let labels: Vec<u32> = (0..3).zip(counts).flat_map(|(class, count)| vec![class; count]).collect();
            let test = stratified_holdout(&Targets::Classes(labels.clone()), share, 1).unwrap();
            let of_class = |class| labels.iter().zip(&test).filter(|&(&label, &test)| test && label == class).count();
            assert_eq!([0, 1, 2].map(of_class), given, "{counts:?}");
        }
    }

    #[test]
    fn no_class_loses_its_last_training_example() {
        let labels = vec![0, 1, 2, 3, 4, 4, 4, 4, 4, 4];
        let test = stratified_holdout(&Targets::Classes(labels.clone()), 0.4, 1).unwrap();
        assert_eq!(test.iter().filter(|&&test| test).count(), 4);
        assert!(labels.iter().zip(&test).all(|(&label, &test)| !test || label == 4), "{test:?}");
        let error = stratified_holdout(&Targets::Classes(vec![0, 1, 2, 3]), 0.5, 1).unwrap_err();
        assert!(error.contains("2 of 4 examples") && error.contains("each of 4 classes"), "{error}");
    }

    #[test]
    fn values_are_drawn_from_all_and_no_side_may_be_empty() {
        let targets = Targets::Values(ndarray::Array2::zeros((2, 9)));
        assert_eq!(stratified_holdout(&targets, 0.5, 1).unwrap().iter().filter(|&&test| test).count(), 5);
        for (share, words) in [(0.05, "0 test and 9 training"), (0.95, "9 test and 0 training")] {
            assert!(stratified_holdout(&targets, share, 1).unwrap_err().contains(words));
        }
    }
}
