"""Labels, ticks and the small print."""

import unittest
import warnings
from dataclasses import replace

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from pictures import DECAY, KIND, SEEDS, one, rates, said
from support import DEPTH, RATE, WIDTH, run, sweep
from plotting.axis import Axis, value_text
from plotting.curves import curve_figures
from plotting.heatmap import heatmap_figures
from plotting.limits import beyond
from plotting.measure import COST
from plotting.outcomes import outcome_figures
from plotting.page import Size
from plotting.sweep import arranged
from plotting.wish import Wish


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

    def test_few_numbers_that_lie_close_on_a_log_scale_have_room_side_by_side(self) -> None:
        found = sweep({RATE: [0.001, 0.01, 0.03, 100.0], DEPTH: [2, 4]}, lambda p: run(p, validation_cost=0.5, validation_accuracy=0.8))
        figure = dict(outcome_figures(found, Wish()))["final-learning-rate"]
        self.assertEqual(len(figure.axes), 4)
        self.assertEqual([line.get_xdata()[-1] for line in figure.axes[0].lines][-1], 3)
        for values in (rates(7), [a * 10.0**e for e in range(-4, 0) for a in (1, 2, 5)], [0.01, 0.03, 0.1, 1.0]):
            axis = Axis(RATE, "list", tuple(values))
            self.assertEqual((axis.logarithmic, list(axis.positions)), (True, values))

    def test_numbers_are_even_as_logarithms_or_as_they_are_however_large_they_are(self) -> None:
        for scale in (1e-300, 1.0, 1e300):
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                decades, steps = (Axis(RATE, "list", tuple(scale * value for value in values))
                                  for values in ([0.01, 0.1, 1.0, 10.0], range(1, 12)))
                self.assertEqual((decades.logarithmic, steps.logarithmic), (True, False), scale)

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

    def test_a_page_that_is_narrower_than_its_labels_has_panels_all_the_same(self) -> None:
        for columns in (3, 20):  # cells, and tiles with a colour bar
            found = sweep({KIND: ["a" * 20, "b" * 60], RATE: rates(columns)}, run)
            figure = one(heatmap_figures(found, Wish(size=Size(2.0))))
            FigureCanvasAgg(figure).draw()
            self.assertEqual(figure.get_size_inches()[0], 2.0)
            self.assertTrue(all(panel.get_position().width > 0 for panel in figure.axes))

    def test_the_numbers_of_a_logarithmic_colour_bar_are_plain(self) -> None:
        found = sweep({RATE: rates(20), DEPTH: [2, 4]}, lambda p: run(p, cost=0.5 * p[RATE]))
        figure = one(heatmap_figures(found, Wish()))
        FigureCanvasAgg(figure).draw()
        low, high = figure.axes[3].get_ylim()
        labels = [label for label in figure.axes[3].get_yticklabels() if low <= label.get_position()[1] <= high]
        self.assertEqual([label.get_text() for label in labels if label.get_text()], ["0.001", "0.01", "0.1"])

    def test_what_is_said_to_be_outside_is_beyond_the_side_of_the_picture(self) -> None:
        found = sweep({RATE: rates(9)}, lambda p: run(p, cost=100.0 if p[RATE] > 0.9 else 0.5 + p[RATE] / 10))
        figure = one(outcome_figures(found, Wish()))
        self.assertIn(f"final cost J above {figure.axes[0].get_ylim()[1]:.3g} is outside of the picture", said(figure))

    def test_a_title_of_ones_own_stands_for_a_key(self) -> None:
        found = sweep({RATE: rates(20)}, run).called({RATE: "step size"})
        self.assertEqual(one(curve_figures(found, Wish())).axes[1].get_ylabel(), "step size")
