"""Checks the schema of experiments: it takes every experiment of the repository, and refuses mistakes that the runner refuses too.

    .venv/bin/python tests/schema/check.py target/debug/runner
"""

import json
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

import jsonschema

REPOSITORY = Path(__file__).resolve().parents[2]

# A whole experiment; each mistake below replaces some of its lines or adds to them.
RIGHT = """
name = "right"
[data]
train = "train.h5"
test = "test.h5"
[model]
hidden = [3, 2]
[train]
learning_rate = 0.1
iterations = 10
[sweep]
seed = [1, 2]
"model.dropout" = { from = 0.0, to = 0.5, count = 3 }
"""

# What is replaced, and by what, in experiments that are right too.
VARIANTS = [
    ('name = "right"', 'name = "right"\nrun.checkpoint_every = 0.5'),
    ('name = "right"', 'name = "right"\nrun.checkpoint_every = "5m"'),
    ('name = "right"', 'name = "right"\nrun.checkpoint_every = "1.5h"'),
    ('name = "right"', 'name = "right"\nrun.checkpoint_every = "2 h 30min"'),
    ('name = "right"', 'name = "right"\nrun.checkpoint_every = "500 iterations"'),
    ('name = "right"', 'name = "right"\nrun.checkpoint_every = "never"'),
    ("iterations = 10", 'iterations = 10\nclip_norm = "off"'),
    ('name = "right"', 'name = "right"\n"model.dtype" = "f64"\n"run.threads" = 1'),
    ('\n[data]\ntrain = "train.h5"\ntest = "test.h5"', '\n"data.train" = "train.h5"\n"data.test" = "test.h5"'),
    ('[data]\ntrain = "train.h5"', '"data.train" = "train.h5"\n[data]'),
    ('[data]\n', '"sweep.train.weight_decay" = [0.5, 0.9]\n"sweep.train".batch = [4, 8]\n"sweep.halving" = { least = 2 }\n[data]\n'),
    ("seed = [1, 2]", 'train.patience = ["off", 3]'),
]

# What is replaced, and by what, in experiments that are wrong.
MISTAKES = [
    ('name = "right"', 'name = "right"\nrun.checkpoint_every = 0'),
    ('name = "right"', 'name = "right"\nrun.checkpoint_every = "5M"'),
    ('name = "right"', 'name = "right"\nrun.checkpoint_every = "5 moons"'),
    ('name = "right"', 'name = "right"\nrun.checkpoint_every = "500 steps"'),
    ('name = "right"', 'name = "right"\nrun.checkpoint_every = "500iterations"'),
    ('name = "right"', 'name = "right"\nrun.checkpoint_every = "0 iterations"'),
    ('name = "right"', 'name = "right"\n"model.dtyp" = "f64"'),
    ('name = "right"', 'name = "right"\n"model.dtype" = "float32"'),
    ('name = "right"', 'name = "right"\n"sweep.train.momentum" = 0.9'),
    ('\n[data]\ntrain = "train.h5"\ntest = "test.h5"', '\n"data.train" = "train.h5"\n"data.set" = "catvnoncat"'),
    ('\n[data]\ntrain = "train.h5"\ntest = "test.h5"', '\n"data.test" = "test.h5"'),
    ('name = "right"', ""),
    ('name = "right"', 'name = ""'),
    ('name = "right"', 'name = "../right"'),
    ('name = "right"', "name = 3"),
    ('name = "right"', 'name = "right"\ndescripton = "a slip"'),
    ('name = "right"', 'name = "right"\nseed = -1'),
    ('name = "right"', 'name = "right"\nseed = 4294967296'),
    ('train = "train.h5"', ""),
    ('train = "train.h5"', 'train = "train.h5"\nset = "catvnoncat"'),
    ('train = "train.h5"', 'train = "train.h5"\ntrain_sha256 = "abc"'),
    ('train = "train.h5"', 'train = "train.h5"\nscale = "standardise"'),
    ('train = "train.h5"', 'train = "train.h5"\nvalidation = 1.0'),
    ('train = "train.h5"', 'train = "train.h5"\ntest_share = 0.2'),
    ("hidden = [3, 2]", 'hidden = "3, 2"'),
    ("hidden = [3, 2]", "hidden = [3, 0]"),
    ("hidden = [3, 2]", "hidden = [3, 2.5]"),
    ("hidden = [3, 2]", "hidden = [3, 2]\ndepth = 3"),
    ("hidden = [3, 2]", "width = 3\nparameters = 100\ndepth = 2"),
    ("hidden = [3, 2]", 'hidden = [3, 2]\nactivation = "swish"'),
    ("hidden = [3, 2]", "hidden = [3, 2]\nactivation = []"),
    ("hidden = [3, 2]", 'hidden = [3, 2]\ndtype = "float32"'),
    ("hidden = [3, 2]", "hidden = [3, 2]\nlayers = 2"),
    ("learning_rate = 0.1", "learning_rate = 0"),
    ("learning_rate = 0.1", 'learning_rate = "0.1"'),
    ("learning_rate = 0.1", 'learning_rate = 0.1\noptimizer = "sgd"'),
    ("learning_rate = 0.1", 'learning_rate = 0.1\noptimizer = "adam"\nbetas = [0.9]'),
    ("learning_rate = 0.1", "learning_rate = 0.1\nbatch = 0"),
    ("learning_rate = 0.1", 'learning_rate = 0.1\nmetrics = ["test_accuracy", "test_accuracy"]'),
    ("learning_rate = 0.1", "learning_rate = 0.1\nshuffle = 1"),
    ("iterations = 10", "iterations = 0"),
    ("iterations = 10", 'iterations = 10\nclip_norm = "none"'),
    ("iterations = 10", 'iterations = 10\nrecord_every = "off"'),
    ("seed = [1, 2]", "seed = []"),
    ("seed = [1, 2]", "seed = 1"),
    ("seed = [1, 2]", 'method = "bayes"'),
    ("seed = [1, 2]", 'seed = { from = 1, to = 3, count = 3, scale = "cubic" }'),
    ("seed = [1, 2]", "seed = { from = 1, count = 3 }"),
    ("seed = [1, 2]", "seed = [1, 2]\nhalving = { least = 0 }"),
    ("seed = [1, 2]", 'seed = [1, 2]\n"model.widths" = [3]'),
    ("count = 3 }", 'count = 3 }\n[[sweep.zip]]\n"train.momentum" = [0.9, 1.5]'),
    ("count = 3 }", 'count = 3 }\n[[sweep.exclude]]\n"model.dropout" = { above = 0.3 }'),
    ("count = 3 }", 'count = 3 }\n[[sweep.include]]\n"model.dropout" = [1.5]'),
]


def refused_by_runner(runner: str, folder: str, text: str) -> str:
    """Returns what the runner says of an experiment's own text, before it looks for data; nothing if it takes it."""
    path = Path(folder) / "experiment.toml"
    path.write_text(text)
    ran = subprocess.run([runner, "sweep", str(path), "--dry-run"], capture_output=True, text=True, cwd=folder, check=False)
    assert ran.returncode == 2, ran.stderr
    return "" if "train.h5" in ran.stderr else ran.stderr


def main() -> int:
    """Runs the checks; returns 1 if one fails."""
    runner = str(Path(sys.argv[1]).resolve())
    printed = subprocess.run([runner, "schema"], capture_output=True, text=True, check=True).stdout
    schema = json.loads(printed)
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    wrong = []

    experiments = [*sorted(REPOSITORY.glob("experiments/*.toml")), REPOSITORY / "tests/same_bits/base.toml"]
    for path in experiments:
        wrong += [f"{path.name}: {error.message}" for error in validator.iter_errors(tomllib.loads(path.read_text()))]
    with tempfile.TemporaryDirectory() as folder:
        for old, new in [("", ""), *VARIANTS]:
            text = RIGHT.replace(old, new)
            if not validator.is_valid(tomllib.loads(text)):
                wrong.append(f"the schema refuses {new!r}")
            if refused_by_runner(runner, folder, text):
                wrong.append(f"the runner refuses {new!r}")
        for old, new in MISTAKES:
            text = RIGHT.replace(old, new)
            assert text != RIGHT
            if validator.is_valid(tomllib.loads(text)):
                wrong.append(f"the schema takes {new!r}")
            if not refused_by_runner(runner, folder, text):
                wrong.append(f"the runner takes {new!r}")
    print(*wrong, sep="\n", end="\n" if wrong else "")
    print(f"schema: {len(experiments) + 1 + len(VARIANTS)} experiments taken, {len(MISTAKES)} mistakes refused, {len(wrong)} wrong")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
