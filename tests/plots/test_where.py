"""The conditions of --where."""

import unittest

import support  # noqa: F401
from plotting.where import WhereError, parse

KEYS = ["model.depth", "model.activation", "model.hidden", "train.learning_rate", "seed", "status", "final_cost"]
TRIAL = {"model.depth": 4, "model.activation": "relu", "model.hidden": (20, 7), "train.learning_rate": 0.01, "seed": 2,
         "status": "completed", "final_cost": None}


class Conditions(unittest.TestCase):
    def holds(self, text: str) -> bool:
        return parse(text, KEYS)(TRIAL)

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
        self.assertFalse(self.holds("hidden = [20, 7, 5]"))

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
                              ("status = 'x", "character 9: a quote that is not closed")):
            with self.assertRaises(WhereError) as caught:
                parse(text, KEYS)
            self.assertTrue(str(caught.exception).startswith(message), str(caught.exception))

    def test_a_short_key_that_two_keys_end_in_is_refused(self) -> None:
        with self.assertRaises(WhereError) as caught:
            parse("size = 1", ["a.size", "b.size"])
        self.assertIn("a.size or b.size", str(caught.exception))
