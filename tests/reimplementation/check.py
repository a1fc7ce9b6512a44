"""Trains a dozen experiments by net.py and by the runner, draws samples by samples.py, and says where the two differ.

usage: check.py RUNNER          needs: NumPy, h5py; exit code 1 if anything differs
"""

import csv
import math
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

import h5py
import numpy

import net
import samples
from experiments import EXPERIMENTS
from streams import Stream

# f64 histories agree to this share of the larger of a value and 1; parameters at the start to a few roundings of LAPACK.
HISTORY, QR = 1e-12, 1e-15

INITS = ["course", "scaled-normal", "he", "he-uniform", "xavier", "xavier-uniform", "lecun", "lecun-uniform"]
INITS += ["orthogonal", "pytorch", "mup", "zeros"]


OUTPUTS = {
    "halves": (1, "binary-cross-entropy"),
    "classes": (3, "softmax-cross-entropy"),
    "values": (2, "mean-squared-error"),
}


def draw_data(folder):
    """Three small sets, each as `part: (x, y)` with examples in rows, and as files."""
    draw = numpy.random.default_rng(1)
    sets = {}
    for name in ("halves", "classes", "values"):
        parts = {}
        for part, m in (("train", 31), ("test", 12)):
            x = draw.normal(size=(m, 9)) * [1, 2, 0.5, 1, 1, 3, 1, 0, 1] + 1
            score = x @ draw.normal(size=(9, 2)) if part == "train" else x[:, :2] * 2
            halves, classes = (score[:, 0] > 0) * 1, ((score[:, 0] > 0) + 2 * (score[:, 1] > 1)) % 3
            parts[part] = x, {"halves": halves, "classes": classes, "values": score}[name]
            with h5py.File(folder / f"{part}_{name}.h5", "w") as file:
                file[f"{part}_set_x"], file[f"{part}_set_y"] = parts[part]
        sets[name] = parts
    return sets


def drawn_for_testing(labels, share, seed):
    """Which examples become test examples."""
    m, counts = len(labels), numpy.bincount(labels)
    wanted = math.floor(share * m + 0.5)
    given, rests = wanted * counts // m, wanted * counts % m
    for label in sorted(range(len(counts)), key=lambda label: -rests[label]):
        if given.sum() < wanted and given[label] + 1 < counts[label]:
            given[label] += 1
    tests = numpy.zeros(m, dtype=bool)
    for example in Stream(seed, 0).permutation(m):
        if given[labels[example]] > 0:
            given[labels[example]] -= 1
            tests[example] = True
    return tests


def prepared(parts, scale):
    """The examples as a net sees them, in columns."""
    x, y = parts["train"]
    test_x, test_y = parts["test"]
    if "test_share" in scale:
        tests = drawn_for_testing(y, scale["test_share"], scale.get("test_seed", 1))
        (test_x, test_y), (x, y) = (x[tests], y[tests]), (x[~tests], y[~tests])
    y = y.reshape(len(x), -1)
    chosen = numpy.zeros(len(x), dtype=bool)
    if scale.get("validation", 0) > 0:
        aside = math.floor(scale["validation"] * len(x) + 0.5)
        chosen[Stream(scale.get("validation_seed", 1), 0).permutation(len(x))[:aside]] = True
    mean, std = numpy.zeros(x.shape[1]), numpy.ones(x.shape[1])
    if scale.get("scale") == "standardize":
        mean, std = x[~chosen].mean(axis=0), x[~chosen].std(axis=0)
        std[std < 1e-12] = 1
    found = {"train": (x[~chosen], y[~chosen]), "test": (test_x, test_y.reshape(len(test_x), -1))}
    if chosen.any():
        found["validation"] = x[chosen], y[chosen]
    return {part: (((x - mean) / std).T, y.T.astype(float)) for part, (x, y) in found.items()}


class Check:
    def __init__(self, runner, folder):
        self.runner, self.folder, self.sets, self.worst, self.wrong = runner, folder, draw_data(folder), 0.0, []

    def run(self, command, name, *more):
        made = subprocess.run(
            [self.runner, command, f"{name}.toml", *more], cwd=self.folder, capture_output=True, text=True, check=False
        )
        if made.returncode:
            sys.exit(f"{name}: the runner ends with {made.returncode}: {made.stderr.strip()}")

    def write(self, name, text):
        """The experiment as the runner takes it; its keys, and its data as a net sees them."""
        raw = tomllib.loads(text)
        source, scale = raw.pop("data", "halves"), raw.pop("scale", {})
        keys = {key: value for key, value in raw.items() if not isinstance(value, dict)}
        keys |= {f"{table}.{key}": value for table, of in raw.items() if isinstance(of, dict) for key, value in of.items()}
        keys["model.dtype"] = "f64"
        given = keys | {f"data.{key}": value for key, value in scale.items()}
        files = ("train",) if "test_share" in scale else ("train", "test")
        given |= {f"data.{part}": f"{part}_{source}.h5" for part in files} | {"name": name, "run.threads": 1}
        lines = "".join(f"{key} = {toml(value)}\n" for key, value in given.items())
        (self.folder / f"{name}.toml").write_text(lines)
        return keys, prepared(self.sets[source], scale), *OUTPUTS[source]

    def compare(self, what, found, expected, bound):
        found, expected = numpy.asarray(found, dtype=float), numpy.asarray(expected, dtype=float)
        if found.shape != expected.shape:
            self.wrong.append(f"{what}: {expected.shape} of the runner's against {found.shape}")
            return
        same = (found == expected) | (numpy.isnan(found) & numpy.isnan(expected))
        off = numpy.where(same, 0, abs(found - expected) / numpy.maximum(1, abs(expected)))
        most = float(off.max(initial=0))
        self.worst = max(self.worst, most)
        if not most <= bound:
            self.wrong.append(f"{what}: off by {most:.3g}, at {numpy.unravel_index(off.argmax(), off.shape)}")

    def history(self, name, text):
        keys, data, n_out, cost = self.write(name, text)
        rows, trained = net.train(keys, data, n_out, cost)
        self.run("sweep", name, "--out", name)
        with open(self.folder / name / "history.csv", newline="") as file:
            expected = list(csv.DictReader(file))
        with open(self.folder / name / "trials.csv", newline="") as file:
            trial = next(csv.DictReader(file))
        columns = set(expected[0]) - {"trial"}
        if columns != set(rows[0]):
            self.wrong.append(f"{name}: the runner's columns are {sorted(columns)}, not {sorted(rows[0])}")
        for column in columns & set(rows[0]):
            values = [float(row[column] or "nan") for row in expected]
            self.compare(f"{name}: {column}", [row[column] for row in rows], values, HISTORY)
        z = trained.forward(data["test"][0])[0][-1]
        self.compare(f"{name}: test cost", trained.j(z, data["test"][1]), float(trial["test_cost"]), HISTORY)

    def start(self, init):
        text = f'seed = 6\n[model]\nhidden = [12, 7]\ninit = "{init}"\n[train]\nlearning_rate = 1e-300\niterations = 1\n'
        keys, data, n_out, cost = self.write(f"start-{init}", text)
        made = net.Net(keys, data["train"][0].shape[0], n_out, cost)
        self.run("train", f"start-{init}", "--out", f"{init}.h5")
        with h5py.File(self.folder / f"{init}.h5") as file:
            for layer, (w, b) in enumerate(zip(made.w, made.b), start=1):
                bound = QR if init == "orthogonal" else 0
                self.compare(f"{init}: W[{layer}]", w, file[f"layer_{layer}/w"], bound)
                self.compare(f"{init}: b[{layer}]", b, file[f"layer_{layer}/b"], 1e-300)


    def samples(self):
        files = "".join(f'data.{part} = "{part}_halves.h5"\n' for part in ("train", "test"))
        (self.folder / "sampled.toml").write_text(f'name = "sampled"\n{files}{samples.EXPERIMENT}')
        self.run("sweep", "sampled", "--out", "sampled")
        with open(self.folder / "sampled" / "trials.csv", newline="") as file:
            found = list(csv.DictReader(file))
        expected = [samples.sample(index) for index in range(samples.COUNT)]
        found = [{key: type(value)(row[key]) for key, value in expected[0].items()} for row in found]
        if found != expected:
            self.wrong.append(f"samples: {found} of the runner's against {expected}")


def toml(value):
    if isinstance(value, list):
        return f"[{', '.join(map(toml, value))}]"
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else repr(value).replace("'", '"')


def main():
    runner = str(Path(sys.argv[1]).resolve())
    with tempfile.TemporaryDirectory() as folder:
        check = Check(runner, Path(folder))
        for init in INITS:
            check.start(init)
        for name, text in EXPERIMENTS.items():
            check.history(name, text)
        check.samples()
    print(
        f"{len(INITS)} initialisations, {len(EXPERIMENTS)} trainings and {samples.COUNT} samples: "
        f"the largest difference is {check.worst:.3g}"
    )
    if check.wrong:
        sys.exit("\n".join(check.wrong))


if __name__ == "__main__":
    main()
