"""The simulator of shards on a cluster, against what can be reckoned by hand, and its command line."""

import importlib.machinery
import importlib.util
import math
import random
import sys
import unittest
from pathlib import Path
from unittest import mock

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
sys.path.insert(0, str(SCRIPTS))
sys.dont_write_bytecode = True

from scaling.campaign import Campaign, figures  # noqa: E402
from scaling.cluster import Cluster, Task, simulate  # noqa: E402
from scaling.costs import Costs  # noqa: E402

COSTS = Costs(machine="by hand", start_up=2.0, plan_seconds=1e-5, plan_memory=2000.0, commit=0.004, trial_bytes=1000.0, row_bytes=20.0,
              trial_table_bytes=150.0, row_table_bytes=40.0, whole_plan_bytes=150.0, shard_metadata=300.0, fleet_metadata=5.0,
              merge_shard=0.02, merge_trial=1e-4, merge_row=5e-6, merge_memory=400.0)


def drawn(rng: random.Random, count: int) -> list[Task]:
    return [Task(rng.uniform(5, 100), rng.choice([1.0, 7.0, 30.0])) for _ in range(count)]


class Shards(unittest.TestCase):
    def test_without_failures_equal_shards_take_whole_rounds(self) -> None:
        for shards, nodes, slots in ((8, 2, 1), (9, 2, 1), (100, 7, 3), (1, 5, 2)):
            cluster = Cluster(nodes, slots, start_up=2, ending=1, latency=0.5)
            outcome = simulate([Task(20, 5)] * shards, cluster)
            self.assertAlmostEqual(outcome.makespan, math.ceil(shards / (nodes * slots)) * 23.5, msg=f"{shards} on {nodes} x {slots}")
            self.assertEqual((outcome.attempts, outcome.lost, outcome.overhead), (shards, 0, 3 * shards))
            self.assertAlmostEqual(outcome.efficiency(nodes * slots), 20 * shards / (outcome.makespan * nodes * slots))

    def test_launches_a_minute_are_the_limit_where_shards_are_short(self) -> None:
        outcome = simulate([Task(3, 3)] * 50, Cluster(100, launches_per_minute=10))
        self.assertAlmostEqual(outcome.makespan, 49 * 6 + 3)

    def test_a_killed_shard_keeps_its_whole_units_and_starts_again(self) -> None:
        # One node: the second shard begins at 23, and is killed after 2 + 13 seconds: two units of 5 are kept, 3 s are lost.
        outcome = simulate([Task(20, 5)] * 2, Cluster(1, start_up=2, ending=1, kills=((38.0, 0),)))
        self.assertAlmostEqual(outcome.lost, 3)
        self.assertAlmostEqual(outcome.makespan, 38 + 2 + 10 + 1)
        self.assertEqual((outcome.attempts, outcome.failures), (3, 0))

    def test_a_time_limit_loses_nothing_but_starts(self) -> None:
        outcome = simulate([Task(20, 20)], Cluster(1, start_up=2, ending=1, time_limit=11))
        self.assertAlmostEqual(outcome.makespan, 11 + 11 + 7)
        self.assertEqual((outcome.attempts, outcome.lost), (3, 0))
        with self.assertRaises(ValueError):
            simulate([Task(20, 20)], Cluster(1, start_up=2, ending=1, time_limit=3))

    def test_every_shard_is_trained_whole_whatever_fails(self) -> None:
        rng = random.Random(7)
        for seed in range(30):
            tasks = drawn(rng, 60)
            cluster = Cluster(rng.randint(1, 6), rng.randint(1, 3), start_up=1, mtbf_hours=0.03, repair_hours=0.01, detection=5,
                              orphans=0.5, time_limit=rng.choice([math.inf, 40]))
            outcome = simulate(tasks, cluster, seed)
            self.assertEqual(outcome.trained, [task.seconds for task in tasks])
            self.assertGreater(outcome.failures, 0)
            whole = sum(outcome.trained) + outcome.lost + outcome.overhead
            self.assertLessEqual(whole, outcome.makespan * cluster.nodes * cluster.slots + 1e-6, "more work than there was time")

    def test_the_same_seed_gives_the_same_outcome_and_another_one_another(self) -> None:
        tasks, cluster = drawn(random.Random(1), 200), Cluster(5, mtbf_hours=0.2, repair_hours=0.1)
        self.assertEqual(simulate(tasks, cluster, 3), simulate(tasks, cluster, 3))
        self.assertNotEqual(simulate(tasks, cluster, 3), simulate(tasks, cluster, 4))

    def test_more_nodes_are_never_slower_without_failures(self) -> None:
        rng = random.Random(2)
        for _ in range(20):
            tasks, limit = drawn(rng, 80), rng.choice([math.inf, 30])
            spans = [simulate(tasks, Cluster(nodes, start_up=2, launches_per_minute=limit)).makespan for nodes in range(1, 12)]
            self.assertEqual(spans, sorted(spans, reverse=True))

    def test_a_dead_node_trains_nothing_until_it_is_repaired(self) -> None:
        for seed in range(10):
            outcome = simulate([Task(2000, 1)], Cluster(1, 2, mtbf_hours=0.2, repair_hours=0.5, detection=1), seed)
            self.assertGreaterEqual(outcome.makespan, outcome.failures * 1800 + 2000 - 1e-6)

    def test_failures_come_as_often_as_their_mean_time_says(self) -> None:
        outcome = simulate([Task(3600, 1)] * 4000, Cluster(100, mtbf_hours=50, repair_hours=1e-6, detection=0))
        expected = 100 * outcome.makespan / 3600 / 50
        self.assertLess(abs(outcome.failures - expected), 4 * math.sqrt(expected))


class Campaigns(unittest.TestCase):
    campaign = Campaign(trials=1_000_000, trial_seconds=1.0, shard_minutes=2)

    def test_bytes_and_operations_are_counted_once_for_each_trial(self) -> None:
        found = figures(self.campaign, Cluster(10), COSTS)
        self.assertEqual((found.experiments, found.shards), (10, 130))
        self.assertEqual(found.record_bytes, 1_000_000 * (1000 + 250 * 20))
        self.assertEqual(found.operations, found.shards * 300 + 250_000 * 5)
        self.assertAlmostEqual(found.merge_seconds, found.shards / 10 * 0.02 + 100_000 * (1e-4 + 250 * 5e-6))

    def test_a_plan_in_each_shard_grows_with_shards_times_points(self) -> None:
        whole = figures(Campaign(1_000_000, 1.0, shard_minutes=2, whole_plan=True), Cluster(10), COSTS)
        self.assertEqual(whole.plan_bytes, 13 * 1_000_000 * 150)
        self.assertEqual(figures(self.campaign, Cluster(10), COSTS).plan_bytes, 1_000_000 * 150)

    def test_a_shard_has_the_minutes_that_are_asked_for(self) -> None:
        campaign = Campaign(1_000_000, 10.0, shard_minutes=5)
        self.assertAlmostEqual(campaign.node_seconds(COSTS) / campaign.shards(COSTS) / 60, 5, delta=0.1)

    def test_fleets_shorter_than_their_commits_wait_for_the_record(self) -> None:
        campaign = Campaign(100_000, 0.01)
        self.assertAlmostEqual(campaign.node_seconds(COSTS), 25_000 * 0.004)
        self.assertAlmostEqual(Campaign(100_000, 1.0).node_seconds(COSTS), 100_000 / 64)

    def test_checkpoints_save_what_failures_lose(self) -> None:
        cluster = Cluster(50, mtbf_hours=20, repair_hours=1)
        long = Campaign(100_000, 3600.0, fleet=1)
        without, with_them = figures(long, cluster, COSTS), figures(Campaign(100_000, 3600.0, fleet=1, checkpoint=300), cluster, COSTS)
        self.assertLess(with_them.lost_node_hours, without.lost_node_hours / 4)

    def test_rungs_wait_for_each_other(self) -> None:
        one, three = (figures(Campaign(10_000, 1.0, rungs=rungs, spread=0.0), Cluster(4), COSTS) for rungs in (1, 3))
        self.assertAlmostEqual(three.makespan, 3 * one.makespan)


class CommandLine(unittest.TestCase):
    def test_an_option_before_a_subcommand_is_not_replaced_by_the_default_of_the_subcommand(self) -> None:
        loader = importlib.machinery.SourceFileLoader("scale", str(SCRIPTS / "scale"))
        scale = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
        loader.exec_module(scale)

        def options(words: str) -> dict:
            found = []
            with (mock.patch.object(scale, "measure", found.append), mock.patch.object(scale, "show", found.append),
                  mock.patch.object(sys, "argv", ["scale", *words.split()])):
                scale.main()
            return vars(found[0])

        for words in ("--costs mine.json measure runner", "measure runner --costs mine.json"):
            self.assertEqual(options(words)["costs"], Path("mine.json"), words)
        before = options("--fleet 8 --json --whole-plan figures --rows 5")
        self.assertEqual([before[name] for name in ("fleet", "json", "whole_plan", "rows", "cores")], [8, True, True, 5, 64])
        self.assertEqual({**before, "run": None}, {**options("--fleet 8 --json --whole-plan --rows 5"), "run": None})


if __name__ == "__main__":
    unittest.main()
