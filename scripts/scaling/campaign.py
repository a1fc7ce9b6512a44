"""What a number of trials takes on a cluster: shards, their time with failures, bytes, operations, and the merge."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, replace

from .cluster import Cluster, Task, simulate
from .costs import Costs


@dataclass(frozen=True)
class Campaign:
    """Trials, and how they are divided."""

    trials: int
    trial_seconds: float  # of a core
    fleet: int = 4  # trials trained together
    rows: int = 250  # of a history
    points: int = 100_000  # of an experiment at most; more trials are several experiments
    shard_minutes: float = 30.0  # of a whole node
    cores: int = 64  # of a node: a shard's workers
    checkpoint: float = math.inf  # seconds between checkpoints inside a fleet
    rungs: int = 1  # of successive halving, each of the same cost, with a merge after it
    spread: float = 0.1  # of the time of equal shards: a standard deviation over the mean
    whole_plan: bool = False  # whether each shard's record has the whole plan

    @property
    def experiments(self) -> int:
        return math.ceil(self.trials / self.points)

    def fleet_seconds(self) -> float:
        return self.fleet * self.trial_seconds

    def node_seconds(self, costs: Costs) -> float:
        """The time of one experiment's training on one node, whose fleets are entered into the record one after another."""
        points = self.trials / self.experiments
        fleets = points / self.fleet
        return max(fleets * self.fleet_seconds() / self.cores, fleets * costs.commit)

    def shards(self, costs: Costs) -> int:
        """The number of shards of an experiment: as many as give each its minutes, but not more than it has fleets."""
        fleets = math.ceil(self.trials / self.experiments / self.fleet)
        return max(1, min(round(self.node_seconds(costs) / (60 * self.shard_minutes)), fleets))


@dataclass(frozen=True)
class Figures:
    """The campaign on a cluster. Times are in seconds, unless named otherwise."""

    nodes: int
    trials: int
    experiments: int
    shards: int  # of all experiments
    shard_memory: float
    makespan: float
    efficiency: float
    lost_node_hours: float
    failures: int
    doubled_node_hours: float
    record_bytes: float
    plan_bytes: float
    table_bytes: float
    operations: float
    operations_a_second: float
    merge_seconds: float  # of one experiment
    merge_memory: float


def figures(campaign: Campaign, cluster: Cluster, costs: Costs, seed: int = 0) -> Figures:
    """Simulates a campaign."""
    points = math.ceil(campaign.trials / campaign.experiments)
    of_one, experiments = campaign.shards(costs), campaign.experiments
    shards = of_one * experiments
    whole = campaign.node_seconds(costs) / of_one
    # The last fleets of a shard end at different times: on average, half a fleet's time goes by.
    whole += campaign.fleet_seconds() / 2 if campaign.cores > 1 else 0.0
    unit = min(campaign.fleet_seconds(), campaign.checkpoint)
    nodes = replace(cluster, start_up=costs.start_up + costs.plan_seconds * points)
    merge = costs.merge_shard * of_one + points * (costs.merge_trial + campaign.rows * costs.merge_row)
    outcomes, makespan = [], 0.0
    for rung in range(campaign.rungs):
        rng = random.Random(f"{seed} {rung}")
        tasks = [Task(max(whole * rng.gauss(1, campaign.spread), 0.1 * whole), unit) for _ in range(shards)]
        outcomes.append(simulate(tasks, nodes, seed + rung))
        # A merge is one process; those of several experiments run on several cores.
        joined = math.ceil(experiments / (cluster.nodes * campaign.cores)) * merge
        makespan += outcomes[-1].makespan + joined
    kept = sum(sum(outcome.trained) for outcome in outcomes)
    operations = campaign.rungs * (shards * costs.shard_metadata + campaign.trials / campaign.fleet * costs.fleet_metadata)
    all_of = lambda value: sum(map(value, outcomes))
    lost = all_of(lambda outcome: outcome.lost)
    copies = of_one if campaign.whole_plan else 1
    return Figures(
        nodes=cluster.nodes,
        trials=campaign.trials,
        experiments=experiments,
        shards=shards,
        shard_memory=costs.plan_memory * points,
        makespan=makespan,
        efficiency=kept / (makespan * cluster.nodes),
        lost_node_hours=lost / 3600,
        failures=all_of(lambda outcome: outcome.failures),
        doubled_node_hours=all_of(lambda outcome: outcome.doubled) / 3600,
        record_bytes=campaign.trials * (costs.trial_bytes + campaign.rows * costs.row_bytes),
        plan_bytes=campaign.trials * copies * costs.whole_plan_bytes,
        table_bytes=campaign.trials * (costs.trial_table_bytes + campaign.rows * costs.row_table_bytes),
        operations=operations,
        operations_a_second=operations / makespan,
        merge_seconds=merge,
        merge_memory=costs.merge_memory * points,
    )
