"""Writes training.json: 50 steps in PyTorch (f64) with every optimiser, schedule, decay, activation and cost.

usage: python tests/golden/training.py > tests/golden/training.json          needs: torch (from PyPI)

Gradients come from autograd, updates from torch.optim, rates from torch.optim.lr_scheduler, clipping from
torch.nn.utils.clip_grad_norm_ (whose coefficient is max_norm / (norm + 1e-6), at most 1). Batches are the examples in
their order, eight at a time, the last one of an epoch smaller, cyclic. A step's cost is that of its batch before its
update. Seed and version stand in the file. The script stops where a run hardly moves, diverges or equals another.
"""

import itertools
import json
import math
import sys

import torch
import torch.nn.functional as F
from torch.optim import lr_scheduler

SEED, FEATURES, EXAMPLES, BATCH, ITERATIONS = 4, 5, 37, 8, 50
REAL = {"dtype": torch.float64}
ACTIVATIONS = {
    "relu": torch.relu,
    "leaky-relu": lambda z: F.leaky_relu(z, 0.01),
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "identity": lambda z: z,
    "elu": F.elu,
    "softplus": F.softplus,
    "gelu": F.gelu,
    "gelu-tanh": lambda z: F.gelu(z, approximate="tanh"),
    "hard-tanh": F.hardtanh,
    "silu": F.silu,
}
OUTPUTS = {"binary-cross-entropy": "sigmoid", "softmax-cross-entropy": "softmax", "mean-squared-error": "identity"}
OPTIMIZERS = {
    "gd": lambda groups, o: torch.optim.SGD(groups, lr=o["learning_rate"]),
    "momentum": lambda groups, o: torch.optim.SGD(groups, lr=o["learning_rate"], momentum=o["momentum"]),
    "nesterov": lambda groups, o: torch.optim.SGD(groups, lr=o["learning_rate"], momentum=o["momentum"], nesterov=True),
    "rmsprop": lambda groups, o: torch.optim.RMSprop(groups, lr=o["learning_rate"], alpha=o["alpha"], eps=o["eps"]),
    "adam": lambda groups, o: torch.optim.Adam(groups, lr=o["learning_rate"], betas=o["betas"], eps=o["eps"]),
    "adamw": lambda groups, o: torch.optim.AdamW(groups, lr=o["learning_rate"], betas=o["betas"], eps=o["eps"]),
}
RATES = {"gd": 0.5, "momentum": 0.1, "nesterov": 0.1, "rmsprop": 0.01, "adam": 0.03, "adamw": 0.03}
SCHEDULES = {
    "constant": {"schedule": {"name": "constant"}},
    "step": {"schedule": {"name": "step", "step_size": 12, "gamma": 0.6}},
    # Past cosine_iterations the rate rises again.
    "cosine": {"schedule": {"name": "cosine", "min_learning_rate": 0.002, "cosine_iterations": 32}},
    "inverse": {"schedule": {"name": "inverse", "rate_decay": 0.05}},
    "warm-up": {"schedule": {"name": "cosine", "min_learning_rate": 0.001, "cosine_iterations": 43}, "warmup": 7},
}
# Plain gradient descent can't tell one decay from the other, nor Adam a decoupled one from AdamW: their sizes differ.
DECAYS = {"": {}, "-l2": {"weight_decay": 0.04}, "-decoupled": {"weight_decay": 0.1, "decoupled": True}}
DEFAULTS = {
    "momentum": 0.9, "alpha": 0.99, "betas": [0.9, 0.999], "eps": 1e-8, "weight_decay": 0.0, "decoupled": False,
    "decay_biases": True, "clip_norm": None, "schedule": {"name": "constant"}, "warmup": 0, "warmup_start": 1 / 3,
    "batch": BATCH,
}


def draw_net(name, hidden, activations, cost, y):
    """A net with its targets and its initial parameters."""
    outputs = {"binary-cross-entropy": 1, "softmax-cross-entropy": 4, "mean-squared-error": len(y)}[cost]
    widths = [FEATURES, *hidden, outputs]
    layers = [
        {"w": 1.5 * torch.randn(o, i, **REAL) / i**0.5, "b": 0.2 * torch.randn(o, **REAL)}
        for i, o in itertools.pairwise(widths)
    ]
    return {"name": name, "activations": [*activations, OUTPUTS[cost]], "cost": cost, "y": y, "layers": layers}


def cost_of(net, layers, x, y):
    """The mean cost of the examples in the columns of x."""
    a = x.T
    for (w, b), activation in zip(layers, net["activations"]):
        z = F.linear(a, w, b)
        a = ACTIVATIONS[activation](z) if activation in ACTIVATIONS and w is not layers[-1][0] else z
    if net["cost"] == "binary-cross-entropy":
        return F.binary_cross_entropy_with_logits(z, y.T)
    return F.mse_loss(z, y.T) if net["cost"] == "mean-squared-error" else F.cross_entropy(z, y[0].long())


def make_schedule(optimizer, o):
    """PyTorch's schedule of a run."""
    s = o["schedule"]
    made = {
        "constant": lambda: lr_scheduler.LambdaLR(optimizer, lambda t: 1.0),
        "step": lambda: lr_scheduler.StepLR(optimizer, s["step_size"], s["gamma"]),
        "cosine": lambda: lr_scheduler.CosineAnnealingLR(optimizer, s["cosine_iterations"], s["min_learning_rate"]),
        "inverse": lambda: lr_scheduler.LambdaLR(optimizer, lambda t: 1 / (1 + s["rate_decay"] * t)),
    }
    if o["warmup"] == 0:
        return made[s["name"]]()
    warmup = lr_scheduler.LinearLR(optimizer, o["warmup_start"], 1.0, o["warmup"])
    return lr_scheduler.SequentialLR(optimizer, [warmup, made[s["name"]]()], [o["warmup"]])


def rate_at(o, t):
    """The rate of step t in closed form."""
    rate, s, warmup = o["learning_rate"], o["schedule"], o["warmup"]
    if t < warmup:
        return rate * (o["warmup_start"] + (1 - o["warmup_start"]) * t / warmup)
    t -= warmup
    if s["name"] == "step":
        return rate * s["gamma"] ** (t // s["step_size"])
    if s["name"] == "cosine":
        low = s["min_learning_rate"]
        return low + (rate - low) * (1 + math.cos(math.pi * t / s["cosine_iterations"])) / 2
    return rate / (1 + s["rate_decay"] * t) if s["name"] == "inverse" else rate


def train(name, net, optimizer, **options):
    """One run: its options, final parameters, costs and rates; with clipping also the norms before it."""
    o = DEFAULTS | {"learning_rate": RATES[optimizer], "decoupled": optimizer == "adamw"} | options
    layers = [tuple(p.clone().requires_grad_() for p in layer.values()) for layer in net["layers"]]
    ws, bs = map(list, zip(*layers))
    in_torch = 0.0 if o["decoupled"] and optimizer != "adamw" else o["weight_decay"]
    by_hand = o["weight_decay"] - in_torch
    groups = [{"params": ws, "weight_decay": in_torch}, {"params": bs, "weight_decay": in_torch * o["decay_biases"]}]
    stepper = OPTIMIZERS[optimizer](groups, o)
    schedule = make_schedule(stepper, o)
    batch = EXAMPLES if o["batch"] == "full" else o["batch"]
    starts = itertools.cycle(range(0, EXAMPLES, batch))
    costs, rates, norms = [], [], []
    for t, start in zip(range(ITERATIONS), starts):
        cost = cost_of(net, layers, X[:, start:start + batch], net["y"][:, start:start + batch])
        stepper.zero_grad()
        cost.backward()
        rate = stepper.param_groups[0]["lr"]
        assert math.isclose(rate, rate_at(o, t), rel_tol=1e-12), (name, t, rate, rate_at(o, t))
        costs.append(cost.item())
        rates.append(rate)
        if o["clip_norm"] is not None:
            norms.append(torch.nn.utils.clip_grad_norm_([*ws, *bs], o["clip_norm"]).item())
        with torch.no_grad():
            for p in [*ws, *(bs if o["decay_biases"] else [])]:
                p *= 1 - rate * by_hand
        stepper.step()
        schedule.step()
    trained = [{"w": w.detach(), "b": b.detach()} for w, b in layers]
    check_run(name, net, trained, costs, norms, o["clip_norm"])
    run = {"name": name, "net": net["name"], "optimizer": optimizer, **o, "rates": rates}
    return run | {"layers": trained, "costs": costs} | ({"gradient_norms": norms} if norms else {})


def flat(layers):
    return torch.cat([p.flatten() for layer in layers for p in layer.values()])


def check_run(name, net, trained, costs, norms, clip_norm):
    """Stops where the comparison with this run would mean little."""
    before, after = flat(net["layers"]), flat(trained)
    moved = ((after - before).norm() / before.norm()).item()
    shares = ((after - before).abs() > 1e-3).double().mean().item()
    assert 0.1 < moved < 3 and shares > 0.9, (name, moved, shares)
    assert 0.02 < min(costs) and max(costs) < 5, (name, costs)
    if norms:
        clipped = sum(norm > clip_norm for norm in norms)
        assert 10 <= clipped <= 40, (name, clipped)


def check_differences(runs):
    """Stops where two runs of one net end in the same place."""
    for one, other in itertools.combinations(runs, 2):
        apart = one["net"] != other["net"] or (flat(one["layers"]) - flat(other["layers"])).abs().max() > 1e-3
        assert apart, (one["name"], other["name"])


def draw_targets():
    """Classes that a net can learn in part, and real targets."""
    scores = torch.randn(4, FEATURES, **REAL) @ X + torch.randn(4, EXAMPLES, **REAL)
    binary = (scores[:1] > 0).to(torch.float64)
    return binary, scores.argmax(dim=0, keepdim=True), torch.sin(scores[1:])


def make_runs(nets):
    base = nets["base"]
    for optimizer, (schedule, s), (decay, d) in itertools.product(RATES, SCHEDULES.items(), DECAYS.items()):
        if optimizer != "adamw":
            yield train(f"{optimizer}-{schedule}{decay}", base, optimizer, **s, **d)
    for schedule, s in SCHEDULES.items():
        yield train(f"adamw-{schedule}", base, "adamw", **s, weight_decay=0.2)
    for optimizer in RATES:
        yield train(f"{optimizer}-full", base, optimizer, batch="full", weight_decay=0.3 * (optimizer == "adamw"))
        decay = {"weight_decay": 0.1, "decay_biases": False}
        yield train(f"{optimizer}-decay-weights", base, optimizer, **decay)
        yield train(f"{optimizer}-clip", base, optimizer, clip_norm=0.3, weight_decay=0.1 * (optimizer == "adamw"))
    # The norm that is clipped is the one of the gradients before the decay.
    yield train("momentum-clip-l2", base, "momentum", clip_norm=0.25, weight_decay=0.05, **SCHEDULES["warm-up"])
    yield train("adam-clip-decoupled", base, "adam", clip_norm=0.3, weight_decay=0.5, decoupled=True)
    decay = {"weight_decay": 0.5, "decoupled": True, "decay_biases": False}
    yield train("momentum-decay-weights-decoupled", base, "momentum", **decay)
    yield train("momentum-full-warm-up", base, "momentum", batch="full", **SCHEDULES["warm-up"])
    yield train("momentum-step-warm-up", base, "momentum", **SCHEDULES["step"], warmup=10, warmup_start=0.05)
    yield train("adam-inverse-warm-up", base, "adam", **SCHEDULES["inverse"], warmup=15, warmup_start=0.5)
    # Settings that aren't the defaults; an eps so large that its place shows.
    yield train("momentum-0.5", base, "momentum", momentum=0.5)
    yield train("nesterov-0.5", base, "nesterov", momentum=0.5)
    yield train("rmsprop-alpha-eps", base, "rmsprop", alpha=0.8, eps=0.05)
    yield train("adam-betas-eps", base, "adam", betas=[0.7, 0.95], eps=0.05)
    for name, net in nets.items():
        if name != "base":
            yield train(f"gd-{name}", net, "gd")
            yield train(f"adam-{name}", net, "adam")


torch.set_num_threads(1)
torch.manual_seed(SEED)
X = torch.randn(FEATURES, EXAMPLES, **REAL)
BINARY, CLASSES, REALS = draw_targets()
NETS = [draw_net("base", [4, 3], ["tanh", "tanh"], "binary-cross-entropy", BINARY)]
NETS += [draw_net(name, [5, 4], [name, name], "binary-cross-entropy", BINARY) for name in ACTIVATIONS]
NETS += [
    draw_net("mixed-1", [6, 5, 4, 4], ["tanh", "leaky-relu", "gelu", "softplus"], "binary-cross-entropy", BINARY),
    draw_net("mixed-2", [6, 5, 4, 4], ["silu", "hard-tanh", "elu", "sigmoid"], "softmax-cross-entropy", CLASSES),
    draw_net("mixed-3", [6, 5, 4], ["gelu-tanh", "identity", "tanh"], "mean-squared-error", REALS),
    draw_net("softmax", [6, 5], ["tanh", "tanh"], "softmax-cross-entropy", CLASSES),
    draw_net("squares", [6, 5], ["tanh", "tanh"], "mean-squared-error", REALS),
    draw_net("no-hidden-layer", [], [], "softmax-cross-entropy", CLASSES),
]
RUNS = list(make_runs({net["name"]: net for net in NETS}))
check_differences(RUNS)
json.dump(
    {
        "versions": {"torch": torch.__version__},
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
    default=torch.Tensor.tolist,
)
