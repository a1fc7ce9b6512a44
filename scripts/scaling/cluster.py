"""Shards on the nodes of a cluster, event by event."""

from __future__ import annotations

import heapq
import math
import random
from collections import deque
from dataclasses import dataclass, field
from typing import Sequence


@dataclass(frozen=True)
class Task:
    """A shard: `seconds` of training. An attempt that dies keeps whole multiples of `unit` seconds: fleets, or checkpoints."""

    seconds: float
    unit: float


@dataclass(frozen=True)
class Cluster:
    """Nodes and their scheduler. Times are in seconds, but for those whose names say hours."""

    nodes: int
    slots: int = 1  # shards at once on a node
    start_up: float = 0.0  # of an attempt, before its first fleet
    ending: float = 0.0  # of an attempt, after its last fleet
    latency: float = 0.0  # between a free slot and the start of its next attempt
    launches_per_minute: float = math.inf
    time_limit: float = math.inf  # of an attempt, which then ends in order and is queued again
    mtbf_hours: float = math.inf  # mean time between failures of a node
    repair_hours: float = 1.0
    detection: float = 60.0  # until the shards of a dead node are queued again
    orphans: float = 0.0  # the share of the attempts on a node given up for dead that go on to their end all the same
    kills: tuple[tuple[float, int], ...] = ()  # (second, node): what runs there is killed; the node stays


@dataclass
class Outcome:
    """What became of the shards, in seconds of a slot."""

    makespan: float = 0.0
    trained: list[float] = field(default_factory=list)  # of each task, whatever was kept
    lost: float = 0.0  # trained, and not kept
    overhead: float = 0.0  # start-ups and endings
    doubled: float = 0.0  # trained again by orphans
    attempts: int = 0
    failures: int = 0  # of nodes

    def efficiency(self, slots: int) -> float:
        """Divides the training that was kept by the time of all slots until the last shard has ended."""
        return sum(self.trained) / (self.makespan * slots) if self.makespan else 1.0


@dataclass
class Attempt:
    """A run of a task on a node."""

    task: int
    node: int
    begin: float
    end: float


class Simulation:
    """One run of all tasks, in their order, each on the first slot that is free."""

    def __init__(self, tasks: Sequence[Task], cluster: Cluster, seed: int = 0) -> None:
        self.tasks, self.cluster, self.rng = tasks, cluster, random.Random(seed)
        self.outcome = Outcome(trained=[0.0] * len(tasks))
        self.events: list[tuple[float, int, str, int]] = []
        self.count = 0
        self.queue = deque(range(len(tasks)))
        self.free = [node for node in range(cluster.nodes) for _ in range(cluster.slots)]
        self.running: dict[int, Attempt] = {}
        self.unfinished = len(tasks)
        self.next_launch = 0.0
        self.launch_is_due = False

    def at(self, time: float, what: str, number: int) -> None:
        """Notes an event; those of the same time come in the order in which they were noted."""
        self.count += 1
        heapq.heappush(self.events, (time, self.count, what, number))

    def run(self) -> Outcome:
        """Goes from event to event until every task is done."""
        for node in range(self.cluster.nodes):
            self.next_failure(0.0, node)
        for time, node in self.cluster.kills:
            self.at(time, "kill", node)
        self.launch(0.0)
        while self.unfinished:
            time, _, what, number = heapq.heappop(self.events)
            getattr(self, f"on_{what}")(time, number)
        return self.outcome

    def next_failure(self, time: float, node: int) -> None:
        if math.isfinite(self.cluster.mtbf_hours):
            self.at(time + self.rng.expovariate(1 / (3600 * self.cluster.mtbf_hours)), "failure", node)

    def launch(self, now: float) -> None:
        """Starts attempts while there are tasks, free slots, and launches left in this minute."""
        while self.queue and self.free:
            if now < self.next_launch:
                if not self.launch_is_due:
                    self.launch_is_due = True
                    self.at(self.next_launch, "launch", 0)
                return
            self.next_launch = now + 60 / self.cluster.launches_per_minute
            self.begin(now + self.cluster.latency, self.queue.popleft(), heapq.heappop(self.free))

    def begin(self, begin: float, task: int, node: int) -> None:
        left = self.tasks[task].seconds - self.outcome.trained[task]
        whole = self.cluster.start_up + left + self.cluster.ending
        attempt = Attempt(task, node, begin, begin + min(whole, self.cluster.time_limit))
        self.outcome.attempts += 1
        number = self.outcome.attempts
        self.running[number] = attempt
        self.at(attempt.end, "end", number)

    def on_launch(self, time: float, _: int) -> None:
        self.launch_is_due = False
        self.launch(time)

    def on_end(self, time: float, number: int) -> None:
        """An attempt ends in order: its task is done, or its time is over and what it has trained is kept."""
        attempt = self.running.pop(number, None)
        if attempt is None:
            return
        outside = self.cluster.start_up + self.cluster.ending
        trained = time - attempt.begin - outside
        left = self.tasks[attempt.task].seconds - self.outcome.trained[attempt.task]
        self.outcome.overhead += outside
        if trained >= left - 1e-6:
            self.outcome.trained[attempt.task] = self.tasks[attempt.task].seconds
            self.outcome.makespan = time
            self.unfinished -= 1
        elif trained > 0:
            self.outcome.trained[attempt.task] += trained
            self.queue.append(attempt.task)
        else:
            raise ValueError("the time limit is shorter than the start of a shard")
        heapq.heappush(self.free, attempt.node)
        self.launch(time)

    def cut_off(self, time: float, node: int, queued_again: float) -> int:
        """Ends the attempts on a node without warning: the last unfinished unit of each is lost. Returns their number."""
        numbers = [number for number, attempt in self.running.items() if attempt.node == node]
        for number in numbers:
            attempt = self.running.pop(number)
            task, kept_before = self.tasks[attempt.task], self.outcome.trained[attempt.task]
            trained = min(max(time - attempt.begin - self.cluster.start_up, 0.0), task.seconds - kept_before)
            kept = max(math.floor((kept_before + trained) / task.unit + 1e-9) * task.unit, kept_before)
            self.outcome.trained[attempt.task] = kept
            self.outcome.lost += trained - (kept - kept_before)
            self.outcome.overhead += min(max(time - attempt.begin, 0.0), self.cluster.start_up)
            if self.rng.random() < self.cluster.orphans:
                self.outcome.doubled += task.seconds - kept_before - trained
            self.at(queued_again, "requeue", attempt.task)
        return len(numbers)

    def on_failure(self, time: float, node: int) -> None:
        self.outcome.failures += 1
        self.cut_off(time, node, time + self.cluster.detection)
        self.free = [other for other in self.free if other != node]
        heapq.heapify(self.free)
        self.at(time + 3600 * self.cluster.repair_hours, "repair", node)

    def on_repair(self, time: float, node: int) -> None:
        for _ in range(self.cluster.slots):
            heapq.heappush(self.free, node)
        self.next_failure(time, node)
        self.launch(time)

    def on_kill(self, time: float, node: int) -> None:
        for _ in range(self.cut_off(time, node, time)):
            heapq.heappush(self.free, node)

    def on_requeue(self, time: float, task: int) -> None:
        self.queue.append(task)
        self.launch(time)


def simulate(tasks: Sequence[Task], cluster: Cluster, seed: int = 0) -> Outcome:
    """Runs the tasks on the cluster; the same seed gives the same outcome."""
    return Simulation(tasks, cluster, seed).run()
