"""Pictures of curves."""

import unittest
from dataclasses import replace

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from pictures import DECAY, KIND, SEEDS, entries, halved, one, rates, said
from support import DEPTH, RATE, WIDTH, run, sweep
from plotting.axis import Axis
from plotting.best_curves import best_figures
from plotting.curves import curve_figures
from plotting.series import over_settings
from plotting.sweep import arranged
from plotting.wish import Wish


class Curves(unittest.TestCase):
    def test_every_value_of_a_short_axis_is_in_the_legend(self) -> None:
        figure = one(curve_figures(sweep({RATE: rates(10), **SEEDS}, run), Wish()))
        self.assertEqual(entries(figure)[:10], ["0.001", "0.00215", "0.00464", "0.01", "0.0215", "0.0464", "0.1", "0.215",
                                                "0.464", "1"])
        self.assertIn("mean over 3 seeds", entries(figure))

    def test_twenty_values_are_thin_lines_with_a_colour_bar(self) -> None:
        figure = one(curve_figures(sweep({RATE: rates(20), **SEEDS}, run), Wish()))
        panel, bar = figure.axes
        self.assertEqual(len(panel.lines), 20)
        self.assertEqual(len(panel.collections), 0)
        self.assertEqual(bar.get_ylabel(), "learning rate")

    def test_250_values_are_five_bands_that_the_legend_names_in_full(self) -> None:
        found = sweep({RATE: rates(250), DEPTH: [2, 4]},
                      lambda p: run(p, status="diverged" if p[RATE] > 0.9 else "completed"))
        figure = one(curve_figures(found, Wish()))
        for panel in figure.axes:
            self.assertEqual(len(panel.lines), 5)
            self.assertIn("× 4 of 250", [text.get_text() for text in panel.texts])
        self.assertEqual(entries(figure)[:2], ["0.001 to 0.00389", "0.004 to 0.0156"])
        self.assertIn("learning rate, 250 values in 5 bands", said(figure))

    def test_seeds_that_end_early_are_said_and_drawn_broken(self) -> None:
        found = sweep(SEEDS, lambda p: run(p, steps=3 if p["seed"] == 1 else 6))
        figure = one(curve_figures(found, Wish()))
        whole, rest = figure.axes[0].lines
        self.assertEqual((list(whole.get_xdata()), list(rest.get_xdata())), ([0, 1, 2], [2, 3, 4, 5]))
        self.assertEqual(rest.get_linestyle(), "--")
        self.assertIn("of the seeds that still train: some have ended", entries(figure))

    def test_a_recorded_validation_cost_is_drawn_by_itself_and_another_metric_when_asked(self) -> None:
        def trial(point: dict):
            made = run(point, validation_cost=0.6)
            metrics = {"validation_cost": made.history["cost"] + 0.1, "test_accuracy": np.linspace(0.3, 1.0, 6),
                       "gradient_norm_1": np.ones(6), "gradient_norm_2": np.full(6, 2.0)}
            return replace(made, history={**made.history, **metrics})
        found = sweep({DEPTH: [2, 4], **SEEDS}, trial)
        self.assertEqual([stem for stem, _ in curve_figures(found, Wish())], ["cost", "validation-cost"])
        accuracy = one(curve_figures(found, Wish(metric="test_accuracy")))
        self.assertEqual(accuracy.axes[0].get_ylim()[1], 1.0)
        norms = one(curve_figures(found, Wish(metric="gradient_norm")))
        self.assertEqual(entries(norms)[:2], ["1", "2"])
        self.assertEqual([line.get_ydata()[0] for line in norms.axes[0].lines], [1.0, 2.0])
        self.assertIn("data  ·  6 trials", said(norms))

    def test_costs_that_leave_the_picture_are_said(self) -> None:
        def trial(point: dict):
            made = run(point)
            return replace(made, history={"cost": np.full(6, 1e5)}) if point[RATE] == 1.0 else made
        figure = one(curve_figures(sweep({RATE: rates(3)}, trial), Wish()))
        self.assertLess(figure.axes[0].get_ylim()[1], 2)
        self.assertIn("1 completed trial rises above", said(figure))

    def test_costs_that_fall_below_the_picture_are_said(self) -> None:
        def trial(point: dict):
            made = run(point)
            return replace(made, history={"cost": np.full(6, 0.0 if point[RATE] == 1.0 else 0.01)}) if point[RATE] > 0.01 else made
        figure = one(curve_figures(sweep({RATE: rates(4)}, trial), Wish()))
        low = figure.axes[0].get_ylim()[0]
        self.assertEqual((figure.axes[0].get_yscale(), low > 0), ("log", True))
        self.assertIn(f"1 completed trial falls below {low:.2g}, out of the picture", said(figure))

    def test_the_share_of_dead_units_is_from_0_to_1(self) -> None:
        for share, limits in ((0.0, (0.0, 0.02)), (1.0, (0.98, 1.0))):
            found = sweep({DEPTH: [2, 4]}, lambda p: replace(run(p), history={"dead_relu_1": np.full(6, share)}))
            for name in ("dead_relu", "dead_relu_1"):
                self.assertEqual(one(curve_figures(found, Wish(metric=name))).axes[0].get_ylim(), limits)
        norms = sweep({DEPTH: [2, 4]}, lambda p: replace(run(p), history={"gradient_norm_1": np.zeros(6)}))
        self.assertEqual(one(curve_figures(norms, Wish(metric="gradient_norm"))).axes[0].get_ylim(), (0.0, 1.0))

    def test_a_colour_bar_lies_beside_the_names_of_the_rows(self) -> None:
        figure = one(curve_figures(sweep({RATE: rates(14), DEPTH: [2, 3, 4], WIDTH: [3, 6]}, run), Wish()))
        FigureCanvasAgg(figure).draw()
        *panels, bar = figure.axes
        names = [text for panel in panels for text in panel.texts if text.get_text().startswith("width")]
        self.assertEqual(len(names), 2)
        self.assertTrue(all(name.get_window_extent().x1 < bar.get_window_extent().x0 for name in names))
        self.assertLess(bar.get_tightbbox().x1, figure.bbox.x1)

    def test_a_training_that_diverged_says_when_though_its_cost_may_be_finite(self) -> None:
        found = sweep({}, lambda p: run(p, status="diverged", ended_at=1))
        self.assertIn("diverged at iteration 1", said(one(curve_figures(found, Wish()))))

    def test_the_small_print_speaks_of_the_best_only_where_settings_were_chosen(self) -> None:
        others = {KIND: ["gd", "adam"], WIDTH: [4, 8, 12, 16], DEPTH: [2, 3, 4, 5, 6], DECAY: [k / 10 for k in range(7)]}
        chosen, bands = (one(curve_figures(sweep({RATE: rates(count), **others}, run), Wish())) for count in (3, 30))
        self.assertIn("each line is the best setting of optimizer, width; best: ", said(chosen))
        self.assertIn("median over learning rate of the best optimizer, width; best: ", said(bands))
        draws = np.random.default_rng(1)
        points = [{RATE: rate, **{key: draws.choice(values).item() for key, values in others.items()}} for rate in rates(60)]
        axes = [Axis(key, "list", (), place) for place, key in enumerate(points[0])]
        drawn = one(curve_figures(arranged("t", "", axes, points, [run(p) for p in points], validated=False), Wish()))
        self.assertNotIn("best", said(drawn))

    def test_there_are_panels_only_for_what_was_run(self) -> None:
        pairs = [(2, 4), (2, 8), (4, 8), (6, 16)]
        points = [{DEPTH: depth, WIDTH: width, RATE: rate} for depth, width in pairs for rate in (0.1, 0.2)]
        axes = [Axis(key, "list", (), place) for place, key in enumerate((DEPTH, WIDTH, RATE))]
        figure = one(curve_figures(arranged("t", "", axes, points, [run(p) for p in points], validated=False), Wish()))
        FigureCanvasAgg(figure).draw()
        self.assertEqual([panel.get_title() for panel in figure.axes], ["width 4", "width 8", "", "width 16"])
        self.assertEqual([text.get_text() for panel in figure.axes for text in panel.texts], ["depth 2", "depth 4", "depth 6"])
        numbered = [panel.yaxis.get_tick_params()["labelleft"] for panel in figure.axes]
        self.assertEqual(numbered, [True, False, True, True])


class BestCurves(unittest.TestCase):
    def test_the_best_settings_are_named_in_order(self) -> None:
        found = sweep({RATE: rates(12), **SEEDS}, lambda p: run(p, cost=p[RATE]))
        figure = one(best_figures(found, Wish(best=2)))
        self.assertEqual(entries(figure)[:2], ["1  learning rate 0.001: cost 0.001, test accuracy 0.70",
                                               "2  learning rate 0.00187: cost 0.00187, test accuracy 0.70"])
        self.assertEqual(list(best_figures(found, Wish(best=0))), [])

    def test_as_many_as_are_asked_for_are_drawn_though_there_are_no_more(self) -> None:
        found = sweep({RATE: rates(3)}, lambda p: run(p, cost=1e-6 * p[RATE]))
        self.assertEqual(list(best_figures(found, Wish())), [])
        for most in (3, 10):
            figure = one(best_figures(found, Wish(best=most)))
            self.assertIn("trial: the 3 best of 3 settings", said(figure))
        self.assertIn("1  learning rate 0.001: cost 1e-9, test accuracy 0.70", entries(figure))

    def test_costs_that_reach_0_leave_the_others_a_logarithmic_scale(self) -> None:
        def trial(point: dict):
            made = run(point, cost=point[RATE] / 1e3)
            costs = np.geomspace(0.7, point[RATE] / 1e3, 6)
            costs[2] = 0.0 if point[RATE] == 0.001 else costs[2]
            return replace(made, history={"cost": costs})
        figure = one(best_figures(sweep({RATE: rates(7)}, trial), Wish(best=2)))
        low = figure.axes[0].get_ylim()[0]
        self.assertEqual(figure.axes[0].get_yscale(), "log")
        self.assertTrue(0 < low < 1e-6, "where the best ends is in the picture")
        self.assertIn(f"1 completed trial falls below {low:.2g}".replace("e-0", "e-"), said(figure))

    def test_settings_that_diverged_count_and_the_median_is_of_those_that_completed_and_still_train(self) -> None:
        def trial(point: dict):
            if point[RATE] == 1.0:
                return run(point, status="diverged")
            return run(point, cost=point[RATE], steps=3 if point[RATE] < 0.002 else 6)
        figure = one(best_figures(sweep({RATE: rates(7)}, trial), Wish(best=2)))
        self.assertIn("trial: the 2 best of 7 settings", said(figure))
        self.assertEqual(entries(figure)[2:], ["6 settings that completed: median of those that still train",
                                               "from the lowest tenth to the highest"])

    def test_a_median_is_of_all_settings_that_still_train(self) -> None:
        iterations = {0.1: [0, 2, 3], 0.2: [0, 2, 4], 0.3: [0, 2, 4]}
        runs = [replace(run({RATE: rate}), iterations=np.array(places), history={"cost": np.full(3, rate)})
                for rate, places in iterations.items()]
        series = over_settings(runs, [], False, "cost")
        self.assertEqual(list(zip(series.iterations, series.middle)), [(0, 0.2), (2, 0.2), (4, 0.25)])

    def test_the_legend_of_the_best_has_no_bands_that_are_not_drawn(self) -> None:
        figure = one(best_figures(halved(), Wish(best=2)))
        self.assertEqual([entry.split("  ")[0] for entry in entries(figure)], ["1", "2"])
        self.assertEqual(len(figure.axes[0].collections), 0)
