"""One peer in a process of its own: reads numbers of steps from stdin, trains that many, answers with the seconds.

usage: python peer.py PEER CASE DTYPE THREADS < numbers
The cases stand in cases.py. Every peer has its batches ready, as contiguous slices in the order of the examples: drawing
them counts for none. The course's cases need $CATVNONCAT/train_catvnoncat.h5.
"""

from __future__ import annotations

import itertools
import os
import sys
import time
import warnings
from typing import Callable

NAME, CASE, DTYPE, THREADS = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[variable] = str(THREADS)
if THREADS == 1:
    # JAX starts a thread for each core that it may run on, whatever its flags say.
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})

import numpy as np  # noqa: E402

from cases import CASES  # noqa: E402

REAL = np.float32 if DTYPE == "f32" else np.float64

Step = Callable[[int], object]
case = CASES[CASE]
WIDTHS, NETS, M, RATE, BINARY = case.widths, case.nets, case.batch, case.learning_rate, case.is_course
LAYERS = list(zip(WIDTHS, WIDTHS[1:]))
rng = np.random.default_rng(0)


def scaled_examples() -> tuple[np.ndarray, np.ndarray]:
    """Returns X, one example per row, and Y: a column of numbers for the binary cross-entropy, else classes."""
    x, y = case.examples()
    x = (x / 255.0 if x.dtype == np.uint8 else x).astype(REAL)
    return x, y.astype(REAL)[:, None] if BINARY else y


X, Y = scaled_examples()
STARTS = range(0, len(X), M)


def epochs(steps: int) -> int:
    """Returns the number of epochs, for peers that train whole ones."""
    return -(-steps // len(STARTS))


def draw(n_in: int, n_out: int) -> np.ndarray:
    """Draws weights with the course's scale."""
    return (rng.standard_normal((n_in, n_out)) / n_in**0.5).astype(REAL)


def pytorch() -> tuple[str, Step]:
    """One net in PyTorch as its tutorials write it, with its fused optimisers."""
    import torch

    torch.set_num_threads(THREADS)
    batches = itertools.cycle([(torch.tensor(X[s:s + M]), torch.tensor(Y[s:s + M])) for s in STARTS])
    layers = []
    for n_in, n_out in LAYERS:
        layers += [torch.nn.Linear(n_in, n_out, dtype=torch.tensor(X[:1]).dtype), torch.nn.ReLU()]
    net = torch.nn.Sequential(*layers[:-1])
    kind = torch.optim.Adam if case.optimizer == "adam" else torch.optim.SGD
    optimiser = kind(net.parameters(), lr=RATE, fused=True)
    cost = torch.nn.BCEWithLogitsLoss() if BINARY else torch.nn.CrossEntropyLoss()

    def step(steps: int) -> None:
        for x, y in itertools.islice(batches, steps):
            optimiser.zero_grad(set_to_none=True)
            cost(net(x), y).backward()
            optimiser.step()

    return torch.__version__, step


def pytorch_stacked() -> tuple[str, Step]:
    """NETS nets in PyTorch, the first layers as one matrix and the others as batches of matrices.

    Each net's cost is weighted with its learning rate, which for gradient descent is to have it.
    """
    import torch
    import torch.nn.functional as F

    torch.set_num_threads(THREADS)
    n1 = WIDTHS[1]
    w1 = torch.tensor(draw(WIDTHS[0], NETS * n1).T.copy(), requires_grad=True)
    b1 = torch.zeros(NETS * n1, dtype=w1.dtype, requires_grad=True)
    ws = [torch.tensor(np.stack([draw(i, o)] * NETS), requires_grad=True) for i, o in LAYERS[1:]]
    bs = [torch.zeros(NETS, 1, o, dtype=w1.dtype, requires_grad=True) for _, o in LAYERS[1:]]
    optimiser = torch.optim.SGD([w1, b1, *ws, *bs], lr=1.0, fused=True)
    rates = torch.tensor(case.learning_rates(), dtype=w1.dtype)[:, None, None] / M

    def for_all(y: torch.Tensor) -> torch.Tensor:
        return y.expand(NETS, M, 1) if BINARY else y.repeat(NETS)

    batches = itertools.cycle([(torch.tensor(X[s:s + M]), for_all(torch.tensor(Y[s:s + M]))) for s in STARTS])

    def cost(z: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        if BINARY:
            return F.binary_cross_entropy_with_logits(z, y, weight=rates, reduction="sum")
        return (F.cross_entropy(z.reshape(NETS * M, -1), y, reduction="none").view(NETS, M, 1) * rates).sum()

    def step(steps: int) -> None:
        for x, y in itertools.islice(batches, steps):
            optimiser.zero_grad(set_to_none=True)
            a = torch.relu(F.linear(x, w1, b1)).view(M, NETS, n1).transpose(0, 1)
            for l, (w, b) in enumerate(zip(ws, bs)):
                a = torch.baddbmm(b, a, w)
                a = torch.relu(a) if l < len(ws) - 1 else a
            cost(a, y).backward()
            optimiser.step()

    return torch.__version__, step


def jax_() -> tuple[str, Step]:
    """NETS nets in JAX: a compiled loop over the steps, under vmap where there are several nets."""
    import jax

    jax.config.update("jax_enable_x64", DTYPE == "f64")
    import jax.numpy as jnp

    # Unrolled over the batches of an epoch: to take the t-th out of one array would copy it.
    batches = [(jnp.array(X[s:s + M]), jnp.array(Y[s:s + M])) for s in STARTS]
    start = [(jnp.array(draw(i, o)), jnp.zeros(o, REAL)) for i, o in LAYERS]

    def cost(net, x, y):
        a = x
        for l, (w, b) in enumerate(net):
            a = a @ w + b
            a = jax.nn.relu(a) if l < len(net) - 1 else a
        if BINARY:
            return jnp.mean(jnp.logaddexp(a, 0) - a * y)
        return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(a), y[:, None], 1))

    def descend(net, _, gradient, t, rate):
        return jax.tree.map(lambda p, g: p - rate * g, net, gradient), ()

    def adam(net, moments, gradient, t, rate, beta1=0.9, beta2=0.999, eps=1e-8):
        """Kingma and Ba (2015), Algorithm 1."""
        ms, vs = moments
        ms = jax.tree.map(lambda m, g: beta1 * m + (1 - beta1) * g, ms, gradient)
        vs = jax.tree.map(lambda v, g: beta2 * v + (1 - beta2) * g * g, vs, gradient)
        unbias1, unbias2 = (1 / (1 - jnp.asarray(beta, REAL) ** (t + 1)) for beta in (beta1, beta2))
        move = lambda p, m, v: p - rate * (m * unbias1) / (jnp.sqrt(v * unbias2) + eps)  # noqa: E731
        return jax.tree.map(move, net, ms, vs), (ms, vs)

    update = adam if case.optimizer == "adam" else descend

    def train(net, rate, batches, epochs):
        def epoch(e, state):
            net, moments = state
            for k, batch in enumerate(batches):
                net, moments = update(net, moments, jax.grad(cost)(net, *batch), e * len(batches) + k, rate)
            return net, moments

        zeros = jax.tree.map(jnp.zeros_like, net)
        return jax.lax.fori_loop(0, epochs, epoch, (net, (zeros, zeros) if update is adam else ()))[0]

    rates = jnp.array(case.learning_rates(), REAL)
    if NETS == 1:
        run, nets, rates = jax.jit(train), start, rates[0]
    else:
        run = jax.jit(jax.vmap(train, in_axes=(0, 0, None, None)))
        nets = jax.tree.map(lambda v: jnp.stack([v] * NETS), start)
    return jax.__version__, lambda steps: jax.block_until_ready(run(nets, rates, batches, epochs(steps)))


def scikit_learn() -> tuple[str, Step]:
    """One net in scikit-learn's MLPClassifier, which trains whole epochs."""
    import sklearn
    from sklearn.neural_network import MLPClassifier

    warnings.filterwarnings("ignore")

    def step(steps: int) -> None:
        net = MLPClassifier(tuple(WIDTHS[1:-1]), solver="adam" if case.optimizer == "adam" else "sgd", alpha=0,
                            batch_size=M, shuffle=False, momentum=0, learning_rate_init=RATE, nesterovs_momentum=False,
                            max_iter=epochs(steps), tol=0, n_iter_no_change=10**9)
        net.fit(X, Y.ravel())

    return sklearn.__version__, step


def numpy_(dual: bool) -> tuple[str, Step]:
    """The course's net in NumPy, directly or by the inner products of the pictures."""
    ws = [draw(i, o).T.copy() for i, o in LAYERS]
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
                ws[l] -= RATE * dw
                bs[l] -= RATE * db
            if dual:
                np.subtract(outputs, RATE / M * (dz @ gram), out=outputs)
            else:
                ws[0] -= RATE / M * (dz @ x.T)
            bs[0] -= RATE * dz.mean(axis=1, keepdims=True)

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
