"""The conditions of --where."""

import unittest

import support  # noqa: F401
from plotting.where import WhereError, parse

TRIAL = {"model.depth": 4, "model.activation": "relu", "model.hidden": (20, 7), "train.learning_rate": 0.01, "seed": 2,
         "train.batch": "full", "train.shuffle": True, "status": "completed", "final_cost": None, "trial": "0012"}
OTHER = {**TRIAL, "model.depth": 2, "train.batch": 8, "final_cost": 0.5}


class Conditions(unittest.TestCase):
    def holds(self, text: str) -> bool:
        return parse(text, [TRIAL, OTHER])(TRIAL)

    def test_every_comparison_is_of_numbers(self) -> None:
        for text, expected in (("depth = 4", True), ("depth == 4", True), ("depth != 4", False), ("depth < 4", False),
                               ("depth <= 4", True), ("depth > 3.5", True), ("depth >= 5", False),
                               ("learning_rate = 1e-2", True), ("train.learning_rate<0.1", True)):
            self.assertEqual(self.holds(text), expected, text)

    def test_and_binds_more_strongly_than_or_and_not_than_both(self) -> None:
        self.assertTrue(self.holds("depth = 4 or depth = 5 and seed = 9"))
        self.assertFalse(self.holds("(depth = 4 or depth = 5) and seed = 9"))
        self.assertTrue(self.holds("not depth = 5 and seed = 2"))
        self.assertFalse(self.holds("NOT (depth = 5 OR seed = 2)"))

    def test_texts_may_be_quoted_and_lists_have_brackets(self) -> None:
        self.assertTrue(self.holds("activation = relu and 'status' = \"completed\""))
        self.assertTrue(self.holds("hidden = [20, 7]"))
        self.assertTrue(self.holds("hidden = [20.0, 7]"))
        self.assertFalse(self.holds("hidden = [20, 7, 5]"))
        self.assertTrue(self.holds("shuffle = true and shuffle != false and trial = '0012'"))

    def test_a_text_is_neither_above_nor_below_a_number_and_differs_from_all(self) -> None:
        for text, expected in (("batch > 4", False), ("batch <= 4", False), ("not batch > 4", True), ("batch != 8", True),
                               ("batch = full", True)):
            self.assertEqual(self.holds(text), expected, text)

    def test_a_missing_value_is_unequal_to_all(self) -> None:
        self.assertFalse(self.holds("cost = 1"))
        self.assertFalse(self.holds("cost < 1"))
        self.assertTrue(self.holds("cost != 1"))

    def test_a_mistake_is_told_with_its_place(self) -> None:
        for text, message in (("depht = 4", "character 1: no key depht; there are model.depth, "),
                              ("depth 4", "character 7: found '4', expected one of ="),
                              ("depth = ", "character 9: found the end, expected a number"),
                              ("(depth = 4", "character 11: found the end, expected ')'"),
                              ("depth = 4 seed = 1", "character 11: found 'seed', expected 'and', 'or' or the end"),
                              ("activation < relu", "character 14: found 'relu', expected a number after <"),
                              ("status = 'x", "character 9: a quote that is not closed"),
                              ("hidden = [20, ]", "character 10: a list is written as [20, 7] or [\"relu\", \"tanh\"]"),
                              ("status = complete", "character 10: status is one of completed, diverged, failed, damaged; found 'complete'"),
                              ("batch = \"8\"", "character 9: train.batch is a number or a text here; write 8 without quotes"),
                              ("depth = '4'", "character 9: model.depth is a number here; write 4 without quotes"),
                              ("depth = deep", "character 9: model.depth is a number here; found 'deep'"),
                              ("activation != 3", "character 15: model.activation is a text here; found '3'"),
                              ("status > 3", "character 10: status is a text here; found '3'"),
                              ("hidden = 20", "character 10: model.hidden is a list here; found '20'")):
            with self.assertRaises(WhereError) as caught:
                parse(text, [TRIAL, OTHER])
            self.assertTrue(str(caught.exception).startswith(message), str(caught.exception))

    def test_a_short_key_that_two_keys_end_in_is_refused(self) -> None:
        with self.assertRaises(WhereError) as caught:
            parse("size = 1", [{"a.size": 1, "b.size": 1}])
        self.assertIn("a.size or b.size", str(caught.exception))

    def test_a_key_that_some_trials_leave_at_its_default_is_refused(self) -> None:
        trials = [TRIAL, {**TRIAL, "train.dropout": 0.5}]
        with self.assertRaises(WhereError) as caught:
            parse("depth = 4 and dropout != 0.5", trials)
        self.assertEqual(str(caught.exception), "character 15: some trials leave train.dropout at its default, which the record "
                                                "does not have; runner show --where knows it")
        self.assertEqual(list(map(parse("depth = 4", trials), trials)), [True, True])
