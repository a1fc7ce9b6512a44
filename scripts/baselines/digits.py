#!/usr/bin/env python3
"""scikit-learn's MLPClassifier on the digits that experiments/digits.toml trains on: the same files, split, scaling, widths,
batch size and number of epochs; Adam, with L2 in place of dropout, which scikit-learn has not.

usage: digits.py TRAIN.h5 TEST.h5     a line for each seed and their mean
       digits.py --csv                the path of scikit-learn's own digits
"""

from __future__ import annotations

import sys
import warnings
from importlib.resources import files
from time import perf_counter

SEEDS = range(1, 6)


def main(arguments: list[str]) -> int:
    if arguments == ["--csv"]:
        print(files("sklearn.datasets.data") / "digits.csv.gz")
        return 0
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    import h5py
    import numpy as np
    from sklearn import __version__
    from sklearn.neural_network import MLPClassifier
    from sklearn.preprocessing import StandardScaler

    warnings.filterwarnings("ignore", message=".*maximum iterations.*|.*Maximum iterations.*")
    with h5py.File(arguments[0]) as train, h5py.File(arguments[1]) as test:
        x, y = train["train_set_x"][:], train["train_set_y"][:]
        x_test, y_test = test["test_set_x"][:], test["test_set_y"][:]
    scaler = StandardScaler().fit(x)
    x, x_test = (scaler.transform(part).astype(np.float32) for part in (x, x_test))
    accuracies = []
    for seed in SEEDS:
        net = MLPClassifier((128, 64), alpha=1e-3, batch_size=32, learning_rate_init=2e-3, max_iter=60,
                            n_iter_no_change=60, random_state=seed)
        start = perf_counter()
        net.fit(x, y)
        seconds = perf_counter() - start
        accuracies.append(net.score(x_test, y_test))
        print(f"scikit-learn {__version__}  seed {seed}  train {net.score(x, y):.4f}  test {accuracies[-1]:.4f}  {seconds:.1f} s")
    print(f"mean test accuracy {np.mean(accuracies):.4f}, {min(accuracies):.4f} to {max(accuracies):.4f}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
