"""Pictures of scores against one key."""

import unittest
import warnings
from dataclasses import replace

import numpy as np
from matplotlib.collections import PolyCollection
from pictures import KIND, MOMENTUM, SEEDS, entries, one, rates, said, with_optimizers
from support import DEPTH, RATE, WIDTH, run, sweep
from plotting.axis import Axis
from plotting.best_curves import best_figures
from plotting.curves import curve_figures
from plotting.heatmap import heatmap_figures
from plotting.outcomes import outcome_figures
from plotting.sweep import arranged
from plotting.wish import Wish


class Outcomes(unittest.TestCase):
    def test_accuracies_end_at_1(self) -> None:
        found = sweep({DEPTH: [2, 4], **SEEDS}, lambda p: run(p, train_accuracy=1.0, test_accuracy=0.995))
        figure = one(outcome_figures(found, Wish()))
        self.assertEqual([panel.get_ylim()[1] for panel in figure.axes[1:]], [1.0, 1.0])

    def test_equal_costs_have_a_side_with_room_however_large_they_are(self) -> None:
        for cost in (0.0, 0.5, 1e17, 1e301):
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                figure = one(outcome_figures(sweep({DEPTH: [2, 4], **SEEDS}, lambda p: run(p, cost=cost)), Wish()))
            low, high = figure.axes[0].get_ylim()
            self.assertTrue(low <= cost < high, cost)

    def test_the_best_setting_is_one_in_all_panels(self) -> None:
        found = sweep({DEPTH: [2, 4], WIDTH: [5, 10]},
                      lambda p: run(p, cost=p[WIDTH] / 10, test_accuracy=p[WIDTH] / 20, train_accuracy=0.5))
        figure = dict(outcome_figures(found, Wish()))["final-depth"]
        test = figure.axes[2]
        self.assertEqual(test.get_title(loc="left"), "test accuracy")
        diamonds = next(line for line in test.lines if line.get_marker() == "D")
        self.assertEqual(list(diamonds.get_ydata()), [0.25, 0.25])

    def test_a_validated_sweep_shows_validation(self) -> None:
        found = sweep({DEPTH: [2, 4], **SEEDS}, lambda p: run(p, validation_cost=0.6, validation_accuracy=0.8))
        figure = one(outcome_figures(found, Wish()))
        self.assertEqual([panel.get_title(loc="left") for panel in figure.axes],
                         ["final cost J", "validation cost", "validation accuracy", "test accuracy"])

    def test_a_wide_axis_has_a_trend_for_each_name_and_no_dots(self) -> None:
        found = sweep({RATE: rates(250), "model.activation": ["relu", "tanh"], WIDTH: [5, 10, 20, 40]}, run)
        figure = dict(outcome_figures(found, Wish(x=RATE)))["final-learning-rate"]
        self.assertEqual(entries(figure)[:2], ["relu", "tanh"])
        panel = figure.axes[0]
        self.assertEqual(len([c for c in panel.collections if isinstance(c, PolyCollection)]), 2)
        trends = [line for line in panel.lines if len(line.get_xdata()) > 1]
        self.assertEqual([len(line.get_xdata()) for line in trends], [40, 40])


class Trends(unittest.TestCase):
    def test_a_trend_over_drawn_settings_is_no_line_through_each_of_them(self) -> None:
        draws = np.random.default_rng(1)
        points = [{RATE: r, WIDTH: float(w)} for r, w in zip(rates(60), draws.uniform(4, 64, 60))]
        axes = [Axis(RATE, "log", (), 0), Axis(WIDTH, "linear", (), 1)]
        found = arranged("t", "", axes, points, [run(p, cost=p[WIDTH]) for p in points], validated=False)
        panel = dict(outcome_figures(found, Wish()))["final-learning-rate"].axes[0]
        (trend,) = [line for line in panel.lines if line.get_linestyle() == "-" and len(line.get_xdata()) > 1]
        self.assertEqual(len(trend.get_xdata()), 7)

    def test_a_best_setting_without_the_key_has_no_mark(self) -> None:
        for cost, marks in ((0.1, []), (0.99, [[0.9]])):
            points = [{KIND: "gd", MOMENTUM: None}] + [{KIND: "momentum", MOMENTUM: 0.9 + k / 200} for k in range(13)]
            axes = [Axis(KIND, "list", (), 0), Axis(MOMENTUM, "linear", (), 1)]
            found = arranged("t", "", axes, points, [run(p, cost=p[MOMENTUM] or cost) for p in points], validated=False)
            for wish in (Wish(), Wish(x=MOMENTUM)):
                figure = dict(outcome_figures(found, wish))["final-momentum"]
                diamonds = [line for line in figure.axes[0].lines if line.get_marker() == "D"]
                self.assertEqual([list(line.get_xdata()) for line in diamonds], marks)
                self.assertEqual("best setting" in entries(figure), bool(marks))


class Limits(unittest.TestCase):
    def test_costs_above_where_training_begins_leave_the_picture_however_many_they_are(self) -> None:
        def trial(point: dict):
            made = run(point, cost=1e33 * point[RATE] if point[RATE] > 0.09 else 0.3 + point[RATE])
            return replace(made, history={"cost": np.linspace(0.7, 0.5, 6)})
        for found in (sweep({RATE: rates(10)}, trial), sweep({RATE: rates(30), DEPTH: [2, 4]}, trial)):
            figure = dict(outcome_figures(found, Wish(x=RATE)))["final-learning-rate"]
            self.assertLess(figure.axes[0].get_ylim()[1], 1.2)
            self.assertIn("is outside of the picture", said(figure))

    def test_a_key_that_no_completed_trial_has_leaves_accuracies_from_0_to_1(self) -> None:
        for count in (2, 13):
            points = [{KIND: "gd", MOMENTUM: None}] + [{KIND: "momentum", MOMENTUM: 0.9 + k / 200} for k in range(count)]
            axes = [Axis(KIND, "list", (), 0), Axis(MOMENTUM, "linear", (), 1)]
            runs = [run(p, status="diverged" if p[MOMENTUM] else "completed") for p in points]
            found = arranged("t", "", axes, points, runs, validated=False)
            figure = dict(outcome_figures(found, Wish()))["final-momentum"]
            self.assertEqual([panel.get_ylim() for panel in figure.axes[1:]], [(0, 1), (0, 1)])


class AbsentKeys(unittest.TestCase):
    def test_a_trial_is_not_drawn_against_a_key_that_is_no_part_of_it(self) -> None:
        found = with_optimizers({DEPTH: [2, 4]})
        figure = dict(outcome_figures(found, Wish()))["final-momentum"]
        diamonds = next(line for line in figure.axes[0].lines if line.get_marker() == "D")
        self.assertEqual(list(diamonds.get_ydata()), [0.5, 0.9])
        self.assertIn("2 trials have no momentum, and no place here", said(figure))
        figure = one(heatmap_figures(found, Wish(x=MOMENTUM, y=KIND)))
        self.assertEqual([text.get_text() for text in figure.axes[1].texts if text.get_text()], ["0.50", "0.90"])
        self.assertIn("best", entries(one(heatmap_figures(found, Wish(x=DEPTH, y=KIND)))))

    def test_curves_of_trials_without_the_key_are_by_themselves(self) -> None:
        found = with_optimizers({RATE: rates(3)})
        titles = [panel.get_title() for panel in one(curve_figures(found, Wish())).axes]
        self.assertEqual(sorted(filter(None, titles)), ["momentum 0.5", "momentum 0.9", "no momentum"])
        colours = one(curve_figures(with_optimizers({}), Wish(metric="cost")))
        self.assertEqual(entries(colours)[:2], ["gd", "momentum"])
        pages = [stem for stem, _ in curve_figures(with_optimizers({RATE: rates(3), DEPTH: [2, 3], WIDTH: [4, 5, 6]}), Wish())]
        self.assertIn("cost-no-momentum", " ".join(pages))

    def test_the_best_setting_is_named_without_it(self) -> None:
        figure = one(best_figures(with_optimizers({RATE: rates(3)}), Wish(best=1)))
        self.assertEqual(entries(figure)[0], "1  optimizer gd, learning rate 0.001: cost 0.1, test accuracy 0.70")
