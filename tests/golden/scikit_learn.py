"""Writes scikit_learn.json: what scikit-learn's MLPClassifier (f64) makes of 50 steps, in the layout of training.json.

usage: python tests/golden/scikit_learn.py > tests/golden/scikit_learn.json      needs: numpy, scikit-learn (from PyPI)

Its L2 term adds alpha / (examples of the batch) times the weights, and not the biases, to the gradient: weight_decay of
training.json with decay_biases = false. All batches are equally large here, so that this is one number. Its Adam puts
epsilon elsewhere: both get one that is too small to matter. A step is one call of partial_fit; the script stops where
fit, without shuffling, ends at other weights.
"""

import json
import sys
import warnings

import numpy as np
import sklearn
from sklearn.neural_network import MLPClassifier

SEED, FEATURES, EXAMPLES, BATCH, ITERATIONS, EPS = 6, 5, 40, 8, 50, 1e-30
HIDDEN = [6, 5]
RATES = {"momentum": 0.1, "nesterov": 0.1, "adam": 0.03}
DECAYS = {"": {}, "-l2": {"weight_decay": 0.05}, "-full-l2": {"weight_decay": 0.02, "batch": EXAMPLES}}
warnings.filterwarnings("ignore", message=".*Maximum iterations")


def draw_net(activation, cost, y):
    """A net with its targets and its initial parameters."""
    output, outputs = ("sigmoid", 1) if cost == "binary-cross-entropy" else ("softmax", 4)
    widths = [FEATURES, *HIDDEN, outputs]
    layers = [
        {"w": 1.5 * STREAM.standard_normal((o, i)) / i**0.5, "b": 0.2 * STREAM.standard_normal(o)}
        for i, o in zip(widths, widths[1:])
    ]
    activations = [activation] * len(HIDDEN) + [output]
    name = f"{activation}-{output}"
    return {"name": name, "activations": activations, "cost": cost, "y": y[None], "layers": layers}


def classifier(net, o, batch, warm_start):
    """scikit-learn's net with the initial parameters of `net` and its optimiser at the start."""
    made = MLPClassifier(
        HIDDEN, activation=net["activations"][0], solver="adam" if o["optimizer"] == "adam" else "sgd",
        alpha=o["weight_decay"] * batch, batch_size=batch, learning_rate_init=o["learning_rate"], shuffle=False,
        momentum=o["momentum"], nesterovs_momentum=o["optimizer"] == "nesterov",
        beta_1=o["betas"][0], beta_2=o["betas"][1], epsilon=EPS,
        max_iter=ITERATIONS * batch // EXAMPLES, tol=0, n_iter_no_change=ITERATIONS, warm_start=warm_start,
    )
    made.partial_fit(X.T, net["y"][0], classes=np.unique(net["y"]))  # makes its arrays
    made.coefs_ = [layer["w"].T.copy() for layer in net["layers"]]
    made.intercepts_ = [layer["b"].copy() for layer in net["layers"]]
    del made._optimizer  # else it would go on with the moments of that step
    return made


def train(name, net, optimizer, weight_decay=0.0, batch=BATCH):
    """One run: its options, final parameters and costs, which don't count the L2 term."""
    o = {
        "optimizer": optimizer, "learning_rate": RATES[optimizer],
        "momentum": 0.9, "alpha": 0.99, "betas": [0.9, 0.999], "eps": EPS,
        "weight_decay": weight_decay, "decoupled": False, "decay_biases": False, "clip_norm": None,
        "schedule": {"name": "constant"}, "warmup": 0, "warmup_start": 1 / 3,
        "batch": "full" if batch == EXAMPLES else batch, "rates": [RATES[optimizer]] * ITERATIONS,
    }
    model = classifier(net, o, batch, warm_start=False)
    costs = []
    for t in range(ITERATIONS):
        examples = slice(t * batch % EXAMPLES, t * batch % EXAMPLES + batch)
        squares = sum(float((w**2).sum()) for w in model.coefs_)
        model.partial_fit(X.T[examples], net["y"][0, examples])
        costs.append(float(model.loss_) - weight_decay / 2 * squares)
    whole = classifier(net, o, batch, warm_start=True).fit(X.T, net["y"][0])
    for one, other in zip(model.coefs_ + model.intercepts_, whole.coefs_ + whole.intercepts_):
        assert np.allclose(one, other, rtol=1e-12, atol=1e-14), (name, abs(one - other).max())
    layers = [{"w": w.T, "b": b} for w, b in zip(model.coefs_, model.intercepts_)]
    moved = np.concatenate([abs(a[k] - b[k]).ravel() for a, b in zip(layers, net["layers"]) for k in "wb"])
    assert (moved > 1e-3).mean() > 0.8 and 0.005 < min(costs) and max(costs) < 5, name
    return {"name": name, "net": net["name"], **o, "layers": layers, "costs": costs}


STREAM = np.random.default_rng(SEED)
X = STREAM.standard_normal((FEATURES, EXAMPLES))
SCORES = STREAM.standard_normal((4, FEATURES)) @ X + 2 * STREAM.standard_normal((4, EXAMPLES))
BINARY, CLASSES = (SCORES[0] > 0).astype(int), SCORES.argmax(axis=0)
NETS = [
    draw_net(activation, cost, y)
    for activation in ("tanh", "relu")
    for cost, y in (("binary-cross-entropy", BINARY), ("softmax-cross-entropy", CLASSES))
]
RUNS = [
    train(f"sklearn-{optimizer}-{net['name']}{name}", net, optimizer, **o)
    for net in NETS
    for optimizer in RATES
    for name, o in DECAYS.items()
]
json.dump(
    {
        "versions": {"scikit-learn": sklearn.__version__, "numpy": np.__version__},
        "seed": SEED,
        "features": FEATURES,
        "examples": EXAMPLES,
        "batch": BATCH,
        "iterations": ITERATIONS,
        "x": X,
        "nets": NETS,
        "runs": RUNS,
    },
    sys.stdout,
    default=lambda array: array.tolist(),
)
