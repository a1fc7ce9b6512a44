"""The measured costs that the figures begin with."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

FILE = Path(__file__).with_name("costs.json")


@dataclass(frozen=True)
class Costs:
    """Seconds of a processor, bytes, and operations of the file system; `scripts/scale measure` writes them."""

    machine: str
    start_up: float  # of a shard: process, data, check of the products, tables
    plan_seconds: float  # of a point of the plan, which each shard plans
    plan_memory: float  # bytes of memory of a point, in each shard
    commit: float  # seconds in which a fleet is entered into the record, one after another
    trial_bytes: float  # in results.db, without its history
    row_bytes: float  # of a history, in results.db
    trial_table_bytes: float  # in trials.csv
    row_table_bytes: float  # in history.csv
    whole_plan_bytes: float  # of a point, in each shard, if each had the whole plan
    shard_metadata: float  # operations of a shard with hardly a fleet
    fleet_metadata: float  # of a fleet that is entered alone
    merge_shard: float  # seconds of a shard, when it is joined
    merge_trial: float
    merge_row: float
    merge_memory: float  # bytes of memory of a trial

    @classmethod
    def read(cls, path: Path = FILE) -> Costs:
        return cls(**json.loads(path.read_text()))

    def write(self, path: Path = FILE) -> None:
        path.write_text(json.dumps(asdict(self), indent=2) + "\n")
