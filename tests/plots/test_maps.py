"""Maps of scores over two keys."""

import unittest

import numpy as np
from matplotlib.collections import PathCollection
from pictures import DECAY, KIND, entries, one, rates, said
from support import DEPTH, RATE, WIDTH, run, sweep
from plotting.axis import Axis
from plotting.heatmap import heatmap_figures
from plotting.maps import Shades
from plotting.measure import COST, TEST_ACCURACY
from plotting.sweep import arranged
from plotting.wish import Wish


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

    def test_only_what_diverged_is_said_to_have_diverged(self) -> None:
        def scattered(count: int, ends: list):
            points = [{RATE: r, WIDTH: float(w)} for r, w in zip(rates(count), np.geomspace(4, 64, count)[::-1])]
            axes = [Axis(RATE, "log", (), 0), Axis(WIDTH, "log", (), 1)]
            runs = [run(p, status=ends[place % len(ends)] if p[RATE] > 0.5 else "completed") for place, p in enumerate(points)]
            return arranged("t", "", axes, points, runs, validated=False)

        def grid(ends: list):
            return sweep({DEPTH: [2, 3, 4], RATE: rates(30)},
                         lambda p: run(p, status=ends[p[DEPTH] % len(ends)] if p[RATE] > 0.5 else "completed"))
        for ends, tile, dot in ((["failed"], "none completed", "not completed"), (["diverged"], "all diverged", "diverged"),
                                (["failed", "diverged"], "none completed", "not completed")):
            for found, words in ((scattered(700, ends), tile), (scattered(50, ends), dot), (grid(ends), tile)):
                self.assertEqual(entries(one(heatmap_figures(found, Wish())))[-1], words)

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
