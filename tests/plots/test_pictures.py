"""What is on the pictures."""

import itertools
import unittest
from dataclasses import replace

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PathCollection, PolyCollection
from matplotlib.figure import Figure
from support import DEPTH, RATE, WIDTH, run, sweep
from plotting.axis import Axis, value_text
from plotting.best_curves import best_figures
from plotting.curves import curve_figures
from plotting.heatmap import heatmap_figures
from plotting.limits import beyond
from plotting.maps import Shades
from plotting.measure import COST, TEST_ACCURACY
from plotting.outcomes import outcome_figures
from plotting.page import Size
from plotting.rungs import rung_figures
from plotting.series import over_settings
from plotting.sweep import arranged
from plotting.wish import Wish

SEEDS = {"seed": [1, 2, 3]}
KIND, DECAY, MOMENTUM = "train.optimizer", "train.weight_decay", "train.momentum"


def rates(count: int) -> list:
    return np.geomspace(1e-3, 1.0, count).tolist()


def entries(figure: Figure) -> list[str]:
    return [text.get_text() for legend in figure.legends for text in legend.get_texts()]


def said(figure: Figure) -> str:
    return " | ".join(text.get_text() for text in figure.texts)


def one(figures) -> Figure:
    (_, figure), = figures
    return figure


def halved(trial=lambda p: run(p, steps=p["train.iterations"]), **more):
    """A sweep of three rates, of which one went on to the second rung."""
    points = [{RATE: rate, "train.iterations": n} for rate, n in ((0.1, 3), (0.2, 3), (0.3, 3), (0.3, 6))]
    axes = [Axis(RATE, "list", (), 0), Axis("train.iterations", "rungs", (), 1)]
    return arranged("t", "", axes, points, [trial(point) for point in points], validated=False, **more)


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

    def test_the_best_settings_are_named_in_order(self) -> None:
        found = sweep({RATE: rates(12), **SEEDS}, lambda p: run(p, cost=p[RATE]))
        figure = one(best_figures(found, Wish(best=2)))
        self.assertEqual(entries(figure)[:2], ["1  learning rate 0.001: cost 0.001, test accuracy 0.70",
                                               "2  learning rate 0.00187: cost 0.00187, test accuracy 0.70"])
        self.assertEqual(list(best_figures(found, Wish(best=0))), [])

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

    def test_halving_is_drawn_by_rung(self) -> None:
        found = halved()
        figure = one(rung_figures(found, Wish()))
        self.assertEqual(entries(figure), ["2 settings dropped after 3", "1 setting went all the way to 6",
                                           "best: learning rate 0.3"])
        self.assertEqual(list(curve_figures(found, Wish())), [])

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

    def test_the_legend_of_the_best_has_no_bands_that_are_not_drawn(self) -> None:
        figure = one(best_figures(halved(), Wish(best=2)))
        self.assertEqual([entry.split("  ")[0] for entry in entries(figure)], ["1", "2"])
        self.assertEqual(len(figure.axes[0].collections), 0)


class Outcomes(unittest.TestCase):
    def test_accuracies_end_at_1(self) -> None:
        found = sweep({DEPTH: [2, 4], **SEEDS}, lambda p: run(p, train_accuracy=1.0, test_accuracy=0.995))
        figure = one(outcome_figures(found, Wish()))
        self.assertEqual([panel.get_ylim()[1] for panel in figure.axes[1:]], [1.0, 1.0])

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


def with_optimizers(others: dict[str, list]):
    """A sweep of gd, which has no momentum, and momentum."""
    kinds = [("gd", None), ("momentum", 0.5), ("momentum", 0.9)]
    points = [{KIND: kind, MOMENTUM: momentum, **dict(zip(others, values))}
              for kind, momentum in kinds for values in itertools.product(*others.values())]
    axes = [Axis(key, "list", (), place) for place, key in enumerate(points[0])]
    return arranged("t", "", axes, points, [run(p, cost=p[MOMENTUM] or 0.1) for p in points], validated=False)


class Trends(unittest.TestCase):
    def test_a_trend_over_drawn_settings_is_no_line_through_each_of_them(self) -> None:
        draws = np.random.default_rng(1)
        points = [{RATE: r, WIDTH: float(w)} for r, w in zip(rates(60), draws.uniform(4, 64, 60))]
        axes = [Axis(RATE, "log", (), 0), Axis(WIDTH, "linear", (), 1)]
        found = arranged("t", "", axes, points, [run(p, cost=p[WIDTH]) for p in points], validated=False)
        panel = dict(outcome_figures(found, Wish()))["final-learning-rate"].axes[0]
        (trend,) = [line for line in panel.lines if line.get_linestyle() == "-" and len(line.get_xdata()) > 1]
        self.assertEqual(len(trend.get_xdata()), 7)


class Limits(unittest.TestCase):
    def test_costs_above_where_training_begins_leave_the_picture_however_many_they_are(self) -> None:
        def trial(point: dict):
            made = run(point, cost=1e33 * point[RATE] if point[RATE] > 0.09 else 0.3 + point[RATE])
            return replace(made, history={"cost": np.linspace(0.7, 0.5, 6)})
        for found in (sweep({RATE: rates(10)}, trial), sweep({RATE: rates(30), DEPTH: [2, 4]}, trial)):
            figure = dict(outcome_figures(found, Wish(x=RATE)))["final-learning-rate"]
            self.assertLess(figure.axes[0].get_ylim()[1], 1.2)
            self.assertIn("is outside of the picture", said(figure))


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


class Maps(unittest.TestCase):
    def test_what_a_place_is_the_best_of_stands_in_the_small_print(self) -> None:
        others = {KIND: ["gd", "adam"], DECAY: [0.0, 0.1], WIDTH: [5, 10]}
        figure = one(heatmap_figures(sweep({DEPTH: [2, 4], RATE: rates(3), **others}, run), Wish()))
        self.assertEqual([panel.get_title(loc="left") for panel in figure.axes], ["test accuracy", "final cost J"])
        self.assertIn("each place shows the best optimizer, weight decay and width", said(figure))

    def test_a_few_cells_have_their_numbers_and_one_frame_in_all_maps(self) -> None:
        found = sweep({DEPTH: [2, 4], RATE: rates(3)}, lambda p: run(p, cost=p[RATE] * p[DEPTH], test_accuracy=p[RATE]))
        figure = one(heatmap_figures(found, Wish()))
        for panel in figure.axes:
            frames = [patch for patch in panel.patches if not patch.get_fill()]
            self.assertEqual([(frame.get_x(), frame.get_y()) for frame in frames], [(-0.5, -0.5)])
        self.assertEqual([text.get_text() for text in figure.axes[1].texts][:2], ["0.0020", "0.063"])

    def test_a_cell_that_is_not_in_the_sweep_is_told_from_one_that_has_not_run_yet(self) -> None:
        def drawn(points: list, **more):
            axes = [Axis(DEPTH, "list", (), 0), Axis(RATE, "list", (), 1)]
            return arranged("t", "", axes, points, [run(p) for p in points[:3]], validated=False, **more)
        points = [{DEPTH: depth, RATE: rate} for depth, rate in ((2, 0.1), (2, 0.2), (4, 0.1), (4, 0.2))]
        self.assertEqual(entries(one(heatmap_figures(drawn(points), Wish()))), ["best", "not run yet"])
        self.assertEqual(entries(one(heatmap_figures(drawn(points[:3]), Wish()))), ["best", "not in the sweep"])
        chosen = drawn(points[:3], plan=points, condition="rate < 1")
        self.assertEqual(entries(one(heatmap_figures(chosen, Wish()))), ["best", "no trial fits"])

    def test_a_full_wide_grid_is_tiles_with_a_colour_bar(self) -> None:
        found = sweep({DEPTH: [2, 3, 4, 6], RATE: rates(250)}, lambda p: run(p, cost=0.1 + p[RATE]))
        figure = one(heatmap_figures(found, Wish()))
        self.assertEqual(len(figure.axes), 4)
        self.assertEqual(figure.axes[1].images[0].get_array().shape, (4, 250, 3))
        self.assertFalse(any(isinstance(c, PathCollection) for c in figure.axes[1].collections))

    def test_colours_end_where_training_begins(self) -> None:
        found = sweep({DEPTH: [2, 4], RATE: rates(30)}, lambda p: run(p, cost=1e5 if p[RATE] > 0.5 else 0.3 + p[RATE]))
        shades = Shades.of(COST, [0.3, 0.5, 1e5], found.runs)
        self.assertEqual((shades.norm.vmin, shades.norm.vmax, shades.clipped), (0.3, 0.7, 0.7))
        self.assertIn("darkest: final cost J of 0.7, where training begins, or more",
                      said(one(heatmap_figures(found, Wish()))))
        self.assertIsNone(Shades.of(TEST_ACCURACY, [0.3, 0.9], found.runs).clipped)

    def test_drawn_points_are_dots_and_many_of_them_tiles(self) -> None:
        def drawn(count: int):
            points = [{RATE: r, WIDTH: float(w)} for r, w in zip(rates(count), np.geomspace(4, 64, count)[::-1])]
            axes = [Axis(RATE, "log", (), 0), Axis(WIDTH, "log", (), 1)]
            return arranged("t", "", axes, points, [run(p) for p in points], validated=False)
        few, many = (one(heatmap_figures(drawn(count), Wish())).axes[0] for count in (50, 700))
        self.assertEqual(len(few.collections[0].get_offsets()), 50)
        self.assertEqual(many.collections[0].get_array().shape, (28, 48))

    def test_a_tile_in_which_all_points_diverged_is_told_from_one_without_a_point(self) -> None:
        points = [{RATE: r, WIDTH: float(w)} for r, w in zip(rates(700), np.geomspace(4, 64, 700)[::-1])]
        axes = [Axis(RATE, "log", (), 0), Axis(WIDTH, "log", (), 1)]
        runs = [run(p, status="diverged" if p[RATE] > 0.5 else "completed") for p in points]
        figure = one(heatmap_figures(arranged("t", "", axes, points, runs, validated=False), Wish()))
        medians, lost = (mesh.get_array() for mesh in figure.axes[0].collections[:2])
        self.assertTrue(0 < lost.count() < medians.count())
        self.assertFalse(np.any(~lost.mask & ~medians.mask))
        self.assertIn("all diverged", entries(figure))

    def test_tiles_of_dropped_settings_are_faint_and_empty_ones_say_why(self) -> None:
        lengths = {rate: 6 if rate > 0.1 else 3 for rate in rates(30)}
        points = [{DEPTH: depth, RATE: rate, "train.iterations": lengths[rate]} for depth in (2, 4) for rate in lengths
                  if depth == 2 or rate > 0.002]
        axes = [Axis(DEPTH, "list", (), 0), Axis(RATE, "log", (), 1), Axis("train.iterations", "rungs", (), 2)]
        found = arranged("t", "", axes, points, [run(p, cost=0.5) for p in points[:-1]], validated=False)
        figure = one(heatmap_figures(found, Wish()))
        self.assertEqual(entries(figure), ["best", "faint: dropped at an earlier rung", "not run yet", "not in the sweep"])
        picture = figure.axes[0].images[0].get_array()
        np.testing.assert_allclose(picture[0, 0], 0.35 * picture[0, -1] + 0.65)
        self.assertEqual(list(picture[1, 0]), [1, 1, 1])


class Labels(unittest.TestCase):
    def test_large_numbers_have_short_exponents(self) -> None:
        self.assertEqual([value_text(value) for value in (1e15, 2.55e9, 1e-5, 1e-12)], ["1e15", "2.55e9", "1e-5", "1e-12"])

    def test_values_that_differ_in_a_late_digit_have_no_more_digits_than_that(self) -> None:
        near = Axis(RATE, "list", (0.000289423402, 0.000289423403))
        self.assertEqual([near.text(value) for value in near.values], ["0.000289423402", "0.000289423403"])
        nearer = Axis(RATE, "list", (0.1, 0.30000000000000004, 0.3))
        self.assertEqual([nearer.text(value) for value in nearer.values], ["0.1", "0.30000000000000004", "0.3"])

    def test_few_numbers_that_lie_close_have_room_side_by_side(self) -> None:
        found = sweep({DECAY: [0.0, 1e-4, 1e-2], DEPTH: [2, 4]}, run)
        figure = dict(outcome_figures(found, Wish()))["final-weight-decay"]
        FigureCanvasAgg(figure).draw()
        boxes = [label.get_window_extent() for label in figure.axes[0].get_xticklabels() if label.get_text()]
        self.assertEqual(len(boxes), 3)
        self.assertTrue(all(left.x1 < right.x0 for left, right in zip(boxes, boxes[1:])))
        self.assertEqual(list(Axis(WIDTH, "list", (5, 10, 40)).positions), [5, 10, 40])

    def test_names_that_do_not_fit_over_their_panels_stand_in_the_small_print(self) -> None:
        points = [{RATE: rate, KIND: kind, DECAY: decay, WIDTH: width} for rate in (0.1, 0.2) for width in (5, 10)
                  for kind, decay in (("momentum", 1e-4), ("adam", 1e-2), ("gd", 0.0))]
        axes = [Axis(key, "list", (), factor) for factor, key in ((0, RATE), (1, KIND), (1, DECAY), (2, WIDTH))]
        found = arranged("t", "", axes, points, [run(p) for p in points], validated=False)
        figure = one(curve_figures(found, Wish(size=Size(5.0))))
        self.assertEqual([panel.get_title() for panel in figure.axes[:3]], ["momentum, 0.0001", "adam, 0.01", "gd, 0"])
        self.assertIn("columns: optimizer and weight decay", said(figure))

    def test_ticks_of_many_decades_have_room_side_by_side(self) -> None:
        found = sweep({RATE: np.geomspace(1e-15, 1e15, 60).tolist()}, run)
        figure = one(outcome_figures(found, Wish()))
        FigureCanvasAgg(figure).draw()
        panel = figure.axes[0]
        boxes = [label.get_window_extent() for label in panel.get_xticklabels()
                 if label.get_text() and panel.get_xlim()[0] <= label.get_position()[0] <= panel.get_xlim()[1]]
        self.assertGreater(len(boxes), 1)
        self.assertTrue(all(left.x1 < right.x0 for left, right in zip(boxes, boxes[1:])))


class Pages(unittest.TestCase):
    def test_large_costs_in_sentences_have_short_exponents(self) -> None:
        values = np.array([1e34] * 5 + [9e35])
        self.assertEqual(beyond([COST], [values], [run({RATE: 0.1})]), "final cost J above 1.53e34 is outside of the picture")

    def test_one_place_of_a_map_at_which_some_trials_diverged_is_one(self) -> None:
        found = sweep({DEPTH: [2, 4], RATE: rates(30), WIDTH: [5, 10]},
                      lambda p: run(p, status="diverged" if (p[DEPTH], p[RATE], p[WIDTH]) == (4, 1.0, 5) else "completed"))
        self.assertIn("at 1 place some trials diverged", said(one(heatmap_figures(found, Wish()))))

    def test_a_size_is_kept_and_long_texts_are_wrapped_not_cut(self) -> None:
        found = replace(sweep({DEPTH: [2, 4], **SEEDS}, run), data="word " * 60)
        figure = one(curve_figures(found, Wish(size=Size(5.0, 4.0))))
        self.assertEqual(tuple(figure.get_size_inches()), (5.0, 4.0))
        self.assertEqual(said(figure).count("word"), 60)

    def test_the_numbers_of_a_logarithmic_colour_bar_are_plain(self) -> None:
        found = sweep({RATE: rates(20), DEPTH: [2, 4]}, lambda p: run(p, cost=0.5 * p[RATE]))
        figure = one(heatmap_figures(found, Wish()))
        FigureCanvasAgg(figure).draw()
        self.assertEqual([label.get_text() for label in figure.axes[3].get_yticklabels()
                          if label.get_text()][1:-1], ["0.001", "0.01", "0.1"])

    def test_what_is_said_to_be_outside_is_beyond_the_side_of_the_picture(self) -> None:
        found = sweep({RATE: rates(9)}, lambda p: run(p, cost=100.0 if p[RATE] > 0.9 else 0.5 + p[RATE] / 10))
        figure = one(outcome_figures(found, Wish()))
        self.assertIn(f"final cost J above {figure.axes[0].get_ylim()[1]:.3g} is outside of the picture", said(figure))

    def test_a_title_of_ones_own_stands_for_a_key(self) -> None:
        found = sweep({RATE: rates(20)}, run).called({RATE: "step size"})
        self.assertEqual(one(curve_figures(found, Wish())).axes[1].get_ylabel(), "step size")
