"""Pictures of successive halving."""

import unittest
from dataclasses import replace

import numpy as np
from pictures import entries, halved, one, said
from support import RATE, run
from plotting.axis import Axis
from plotting.curves import curve_figures
from plotting.outcomes import outcome_figures
from plotting.rungs import rung_figures
from plotting.sweep import arranged
from plotting.wish import Wish


class Rungs(unittest.TestCase):
    def test_halving_is_drawn_by_rung(self) -> None:
        found = halved()
        figure = one(rung_figures(found, Wish()))
        self.assertEqual(entries(figure), ["2 settings dropped after 3", "1 setting went all the way to 6",
                                           "best: learning rate 0.3"])
        self.assertEqual(list(curve_figures(found, Wish())), [])

    def test_costs_of_0_and_those_that_rise_leave_the_picture_and_are_said(self) -> None:
        def trial(point: dict):
            made = run(point, steps=point["train.iterations"])
            ends = {0.1: 0.0, 0.2: 5.0, 0.3: 1e-3}
            return replace(made, history={"cost": np.linspace(0.7, ends[point[RATE]], point["train.iterations"])})
        figure = one(rung_figures(halved(trial), Wish()))
        self.assertEqual(figure.axes[0].get_yscale(), "log")
        self.assertIn("1 completed trial rises above 0.91, out of the picture  ·  1 completed trial falls below 0.00083", said(figure))

    def test_the_last_rung_is_that_of_the_plan_whatever_the_condition(self) -> None:
        lower = [{RATE: rate, "train.iterations": 3} for rate in (0.1, 0.2, 0.3)]
        axes = [Axis(RATE, "list", (), 0), Axis("train.iterations", "rungs", (), 1)]
        found = arranged("t", "", axes, lower, [run(p, steps=3) for p in lower], validated=False,
                         plan=[*lower, {RATE: 0.3, "train.iterations": 6}], condition="iterations = 3")
        self.assertEqual(entries(one(rung_figures(found, Wish())))[0], "3 settings at 3")

    def test_settings_that_diverged_are_counted_on_their_rung(self) -> None:
        def trial(point: dict):
            return run(point, status="diverged" if point[RATE] == 0.1 else "completed", steps=point["train.iterations"])
        figure = one(rung_figures(halved(trial), Wish()))
        self.assertEqual(entries(figure)[0], "2 settings dropped after 3")
        self.assertIn("1 of the settings has no completed trial, and so no line", said(figure))
        nothing = one(rung_figures(halved(lambda p: run(p, status="diverged")), Wish()))
        self.assertEqual(entries(nothing), ["2 settings dropped after 3", "1 setting went all the way to 6"])
        outcome = one(outcome_figures(halved(trial), Wish()))
        self.assertIn("× n/m: n of the m trials at that value diverged", said(outcome))
        self.assertIn("1/1", [text.get_text() for text in outcome.axes[0].texts])

    def test_a_setting_that_diverged_leaves_the_sides_of_accuracies_to_the_others(self) -> None:
        def trial(point: dict):
            return run(point, status="diverged" if point[RATE] == 0.1 else "completed", train_accuracy=0.9, test_accuracy=0.8)
        figure = one(outcome_figures(halved(trial), Wish()))
        for panel in figure.axes[1:]:
            np.testing.assert_allclose(panel.get_ylim(), (0.78, 0.92))

    def test_the_panels_of_scores_have_the_same_sides(self) -> None:
        for rates in ((0.1, 0.2, 0.3), tuple(k / 100 for k in range(10, 24))):
            def trial(point: dict):
                made = run(point, steps=point["train.iterations"])
                return replace(made, scores={"final_cost": 0.5}) if point[RATE] == rates[-1] else made
            figure = one(outcome_figures(halved(trial, rates), Wish()))
            self.assertEqual(len({panel.get_xlim() for panel in figure.axes}), 1)
            low, high = figure.axes[0].get_xlim()
            self.assertTrue(low < rates[0] and rates[-1] < high)
