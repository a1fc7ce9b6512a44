"""Which setting is best."""

import unittest

from support import DEPTH, RATE, run, sweep
from plotting.axis import TRIAL, Axis
from plotting.best import best, criterion, distinct, judged_by, ranked
from plotting.sweep import arranged

KIND, MOMENTUM = "train.optimizer", "train.momentum"


class Best(unittest.TestCase):
    def best_rate(self, trial) -> float:
        found = sweep({RATE: [0.1, 0.2, 0.3], "seed": [1, 2]}, trial)
        return best(found, found.runs, found.factors)[0].point[RATE]

    def test_it_is_the_lowest_mean_cost_not_the_lowest_cost(self) -> None:
        costs = {(0.1, 1): 0.1, (0.1, 2): 0.9, (0.2, 1): 0.4, (0.2, 2): 0.4, (0.3, 1): 0.6, (0.3, 2): 0.6}
        self.assertEqual(self.best_rate(lambda p: run(p, costs[p[RATE], p["seed"]])), 0.2)

    def test_of_means_that_differ_by_the_rounding_of_their_sums_the_first_is_the_best(self) -> None:
        costs = {(0.1, 1): 0.4, (0.1, 2): 0.4 + 2e-16, (0.2, 1): 0.4, (0.2, 2): 0.4, (0.3, 1): 0.9, (0.3, 2): 0.9}
        self.assertEqual(self.best_rate(lambda p: run(p, costs[p[RATE], p["seed"]])), 0.1)

    def test_the_validation_cost_goes_before_the_training_cost_and_test_examples_say_nothing(self) -> None:
        def trial(point: dict):
            rate = point[RATE]
            return run(point, cost=rate, validation_cost=1 - rate if rate < 0.3 else 0.9, test_accuracy=rate)
        self.assertEqual(self.best_rate(trial), 0.2)
        self.assertEqual(self.best_rate(lambda p: run(p, cost=p[RATE], test_accuracy=p[RATE])), 0.1)

    def test_a_setting_with_a_seed_that_diverged_comes_after_all_that_completed(self) -> None:
        def trial(point: dict):
            blown = point[RATE] == 0.1 and point["seed"] == 2
            return run(point, cost=point[RATE], status="diverged" if blown else "completed")
        self.assertEqual(self.best_rate(trial), 0.2)

    def test_a_setting_with_a_seed_that_is_missing_comes_after_all_that_are_whole(self) -> None:
        points = [{RATE: rate, "seed": seed} for rate in (0.1, 0.2) for seed in (1, 2)]
        runs = [run(point, cost=point[RATE]) for point in points[1:]]
        found = arranged("t", "", [Axis(RATE, "list", ()), Axis("seed", "list", ())], points, runs, validated=False)
        self.assertEqual([setting[0].point[RATE] for setting in ranked(found, runs, found.factors)], [0.2, 0.1])

    def test_where_settings_halve_the_best_has_reached_the_last_rung(self) -> None:
        points = [{RATE: rate, "train.iterations": length} for rate, length in ((0.1, 10), (0.2, 10), (0.2, 30))]
        runs = [run(point, cost=0.1 if point[RATE] == 0.1 else 0.5) for point in points]
        axes = [Axis(RATE, "list", (), 0), Axis("train.iterations", "rungs", (), 1)]
        found = arranged("t", "", axes, points, runs, validated=False)
        self.assertEqual(best(found, found.runs, found.factors)[0].point, {RATE: 0.2, "train.iterations": 30})
        self.assertEqual(len(found.runs), 2)

    def test_points_that_share_a_trial_are_one_setting_without_the_key_that_is_no_part_of_it(self) -> None:
        points = [{KIND: kind, MOMENTUM: momentum, TRIAL: kind if kind == "gd" else f"momentum {momentum}"}
                  for kind in ("gd", "momentum") for momentum in (0.8, 0.9)]
        runs = [run(point, cost=0.2 if point[KIND] == "gd" else point[MOMENTUM]) for point in points]
        found = arranged("t", "", [Axis(KIND, "list", (), 0), Axis(MOMENTUM, "list", (), 1)], points, runs, validated=False)
        named = [{key: setting[0].point.get(key) for key in (KIND, MOMENTUM)}
                 for setting in distinct(ranked(found, found.runs, found.factors))]
        self.assertEqual(named, [{KIND: "gd", MOMENTUM: None}, {KIND: "momentum", MOMENTUM: 0.8},
                                 {KIND: "momentum", MOMENTUM: 0.9}])
        self.assertEqual(found.summary, "3 trials")

    def test_the_mean_of_settings_with_fewer_seeds_is_said_to_be_over_up_to_as_many(self) -> None:
        points = [{RATE: rate, "seed": seed} for rate in (0.1, 0.2) for seed in (1, 2, 3)]
        axes = [Axis(RATE, "list", (), 0), Axis("seed", "list", (), 1)]
        for ran, words in ((6, ", mean over 3 seeds"), (5, ", mean over up to 3 seeds"), (2, ", mean over 2 seeds")):
            found = arranged("t", "", axes, points, [run(p) for p in points[:ran]], validated=False)
            self.assertTrue(judged_by(found).endswith(words), judged_by(found))

    def test_pictures_say_what_the_best_was_chosen_by(self) -> None:
        axes = {DEPTH: [2, 4], "seed": [1, 2]}
        plain, validated = sweep(axes, run), sweep(axes, lambda p: run(p, validation_cost=0.6))
        self.assertEqual(judged_by(plain), "best: the lowest final cost J (training; no validation examples), "
                                           "mean over 2 seeds")
        self.assertEqual(judged_by(validated), "best: the lowest validation cost, mean over 2 seeds")
        self.assertEqual(criterion(validated).field, "validation_cost")
