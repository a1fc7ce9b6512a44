"""One peer in a process of its own: reads numbers of steps from stdin, trains that many, answers with the seconds.

usage: python peer.py PEER NETS DTYPE THREADS < numbers
The net is the course's, 12288-20-7-5-1 on all 209 cat pictures, full-batch gradient descent; NETS of them with their own
learning rates where the peer can train several at once. Data: $CATVNONCAT/train_catvnoncat.h5.
"""

from __future__ import annotations

import os
import sys
import time
import warnings
from typing import Callable

NAME, NETS, DTYPE, THREADS = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[variable] = str(THREADS)
if THREADS == 1:
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"

import h5py  # noqa: E402
import numpy as np  # noqa: E402

WIDTHS = [12288, 20, 7, 5, 1]
LEARNING_RATE = 0.0075
REAL = np.float32 if DTYPE == "f32" else np.float64

Step = Callable[[int], object]
rng = np.random.default_rng(0)


def pictures() -> tuple[np.ndarray, np.ndarray]:
    """X, one picture a row, and Y, a column."""
    with h5py.File(os.path.join(os.environ["CATVNONCAT"], "train_catvnoncat.h5")) as file:
        x = (file["train_set_x"][:].reshape(209, -1) / 255.0).astype(REAL)
        return x, file["train_set_y"][:].astype(REAL)[:, None]


X, Y = pictures()
M = len(X)


def draw(n_in: int, n_out: int) -> np.ndarray:
    """Weights as the course scales them."""
    return (rng.standard_normal((n_in, n_out)) / n_in**0.5).astype(REAL)


def pytorch() -> tuple[str, Step]:
    """One net in PyTorch as its tutorials write it."""
    import torch

    torch.set_num_threads(THREADS)
    kind = torch.float32 if DTYPE == "f32" else torch.float64
    x, y = torch.tensor(X), torch.tensor(Y)
    layers = []
    for n_in, n_out in zip(WIDTHS, WIDTHS[1:]):
        layers += [torch.nn.Linear(n_in, n_out, dtype=kind), torch.nn.ReLU()]
    net = torch.nn.Sequential(*layers[:-1])
    optimiser = torch.optim.SGD(net.parameters(), lr=LEARNING_RATE)
    cost = torch.nn.BCEWithLogitsLoss()

    def step(steps: int) -> None:
        for _ in range(steps):
            optimiser.zero_grad(set_to_none=True)
            cost(net(x), y).backward()
            optimiser.step()

    return torch.__version__, step


def pytorch_stacked() -> tuple[str, Step]:
    """NETS nets in PyTorch, the first layers as one matrix and the others as batches of matrices."""
    import torch
    import torch.nn.functional as F

    torch.set_num_threads(THREADS)
    x, y = torch.tensor(X), torch.tensor(Y)
    n1 = WIDTHS[1]
    w1 = torch.tensor(draw(WIDTHS[0], NETS * n1).T.copy(), requires_grad=True)
    b1 = torch.zeros(NETS * n1, dtype=w1.dtype, requires_grad=True)
    sides = list(zip(WIDTHS[1:], WIDTHS[2:]))
    ws = [torch.tensor(np.stack([draw(i, o)] * NETS), requires_grad=True) for i, o in sides]
    bs = [torch.zeros(NETS, 1, o, dtype=w1.dtype, requires_grad=True) for _, o in sides]
    optimiser = torch.optim.SGD([w1, b1, *ws, *bs], lr=LEARNING_RATE)

    def step(steps: int) -> None:
        for _ in range(steps):
            optimiser.zero_grad(set_to_none=True)
            a = torch.relu(x @ w1.T + b1).view(M, NETS, n1).transpose(0, 1)
            for l, (w, b) in enumerate(zip(ws, bs)):
                a = torch.baddbmm(b, a, w)
                a = torch.relu(a) if l < len(ws) - 1 else a
            (F.binary_cross_entropy_with_logits(a, y.expand(NETS, M, 1), reduction="sum") / M).backward()
            optimiser.step()

    return torch.__version__, step


def jax_() -> tuple[str, Step]:
    """NETS nets in JAX: a compiled loop over the steps, under vmap where there are several nets."""
    import jax

    jax.config.update("jax_enable_x64", DTYPE == "f64")
    import jax.numpy as jnp

    x, y = jnp.array(X), jnp.array(Y)
    start = [(jnp.array(draw(i, o)), jnp.zeros(o, REAL)) for i, o in zip(WIDTHS, WIDTHS[1:])]

    def cost(net):
        a = x
        for l, (w, b) in enumerate(net):
            a = a @ w + b
            a = jax.nn.relu(a) if l < len(net) - 1 else a
        return jnp.mean(jnp.maximum(a, 0) - a * y + jnp.log1p(jnp.exp(-jnp.abs(a))))

    def train(net, rate, steps):
        descend = lambda _, net: jax.tree.map(lambda v, g: v - rate * g, net, jax.grad(cost)(net))  # noqa: E731
        return jax.lax.fori_loop(0, steps, descend, net)

    if NETS == 1:
        run = jax.jit(train)
        return jax.__version__, lambda steps: jax.block_until_ready(run(start, LEARNING_RATE, steps))
    stacked = jax.tree.map(lambda v: jnp.stack([v] * NETS), start)
    rates = jnp.linspace(0.001, 0.01, NETS).astype(REAL)
    run = jax.jit(jax.vmap(train, in_axes=(0, 0, None)))
    return jax.__version__, lambda steps: jax.block_until_ready(run(stacked, rates, steps))


def scikit_learn() -> tuple[str, Step]:
    """One net in scikit-learn's MLPClassifier, an epoch being one step."""
    import sklearn
    from sklearn.neural_network import MLPClassifier

    warnings.filterwarnings("ignore")

    def step(steps: int) -> None:
        net = MLPClassifier(tuple(WIDTHS[1:-1]), solver="sgd", alpha=0, batch_size=M, shuffle=False, momentum=0,
                            learning_rate_init=LEARNING_RATE, nesterovs_momentum=False, max_iter=steps, tol=0,
                            n_iter_no_change=10**9)
        net.fit(X, Y.ravel())

    return sklearn.__version__, step


def numpy_(dual: bool) -> tuple[str, Step]:
    """One net in NumPy, directly or by the inner products of the pictures."""
    ws = [draw(i, o).T.copy() for i, o in zip(WIDTHS, WIDTHS[1:])]
    bs = [np.zeros((o, 1), REAL) for o in WIDTHS[1:]]
    x, y = np.ascontiguousarray(X.T), Y.T
    exact = x.astype(np.float64)
    gram, outputs = (exact.T @ exact).astype(REAL), (ws[0] @ exact).astype(REAL)

    def step(steps: int) -> None:
        for _ in range(steps):
            z = (outputs if dual else ws[0] @ x) + bs[0]
            activations = [None, np.maximum(z, 0)]
            for l in range(1, len(ws)):
                z = ws[l] @ activations[-1] + bs[l]
                activations.append(np.maximum(z, 0) if l < len(ws) - 1 else 1 / (1 + np.exp(-z)))
            dz = activations[-1] - y
            for l in reversed(range(1, len(ws))):
                dw, db = dz @ activations[l].T / M, dz.mean(axis=1, keepdims=True)
                dz = (ws[l].T @ dz) * (activations[l] > 0)
                ws[l] -= LEARNING_RATE * dw
                bs[l] -= LEARNING_RATE * db
            if dual:
                np.subtract(outputs, LEARNING_RATE / M * (dz @ gram), out=outputs)
            else:
                ws[0] -= LEARNING_RATE / M * (dz @ x.T)
            bs[0] -= LEARNING_RATE * dz.mean(axis=1, keepdims=True)

    return np.__version__, step


PEERS: dict[str, Callable[[], tuple[str, Step]]] = {
    "pytorch": pytorch,
    "pytorch-stacked": pytorch_stacked,
    "jax": jax_,
    "scikit-learn": scikit_learn,
    "numpy": lambda: numpy_(dual=False),
    "numpy-dual": lambda: numpy_(dual=True),
}

version, train = PEERS[NAME]()
train(3)
print(version, flush=True)
for line in sys.stdin:
    begin = time.perf_counter()
    train(int(line))
    print(time.perf_counter() - begin, flush=True)
