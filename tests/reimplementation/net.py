"""Training as docs/experiments.md states it, in f64, from its text alone."""

import math

import numpy

from streams import Stream

SQRT_2 = math.sqrt(2)
erf = numpy.vectorize(math.erf)


def sigmoid(z):
    return 1 / (1 + numpy.exp(-z))


def gelu_tanh(z):
    return z * sigmoid(2 * math.sqrt(2 / math.pi) * (z + 0.044715 * z**3))


def gelu_tanh_slope(z):
    v = 2 * math.sqrt(2 / math.pi) * (z + 0.044715 * z**3)
    return sigmoid(v) * (1 + z * 2 * math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * z**2) * sigmoid(-v))


# g and g' of each activation.
ACTIVATIONS = {
    "relu": (lambda z: numpy.maximum(z, 0), lambda z: (z > 0).astype(float)),
    "leaky-relu": (lambda z: numpy.where(z >= 0, z, 0.01 * z), lambda z: numpy.where(z > 0, 1, 0.01)),
    "tanh": (numpy.tanh, lambda z: numpy.cosh(z) ** -2.0),
    "sigmoid": (sigmoid, lambda z: sigmoid(z) * sigmoid(-z)),
    "identity": (lambda z: z, numpy.ones_like),
    "elu": (lambda z: numpy.where(z > 0, z, numpy.expm1(z)), lambda z: numpy.where(z > 0, 1, numpy.exp(z))),
    "softplus": (lambda z: numpy.logaddexp(z, 0), sigmoid),
    "gelu": (
        lambda z: z * (1 + erf(z / SQRT_2)) / 2,
        lambda z: (1 + erf(z / SQRT_2)) / 2 + z * numpy.exp(-z * z / 2) / math.sqrt(2 * math.pi),
    ),
    "gelu-tanh": (gelu_tanh, gelu_tanh_slope),
    "hard-tanh": (lambda z: numpy.clip(z, -1, 1), lambda z: (abs(z) < 1).astype(float)),
    "silu": (lambda z: z * sigmoid(z), lambda z: sigmoid(z) * (1 + z * sigmoid(-z))),
}


def initial(config, widths):
    """W and b of each layer."""
    init, seed = config.get("model.init", "he"), config.get("seed", 1)
    scales = config.get("model.init_scale", 1)
    numpy_stream = numpy.random.RandomState(seed)
    weights, biases = [], []
    for layer, (n_in, n_out) in enumerate(zip(widths, widths[1:])):
        stream, shape = Stream(seed, layer), (n_out, n_in)
        deviations = {"he": 2 / n_in, "xavier": 2 / (n_in + n_out), "lecun": 1 / n_in, "mup": 2 / n_in}
        bounds = {
            "he-uniform": math.sqrt(6 / n_in),
            "xavier-uniform": math.sqrt(6 / (n_in + n_out)),
            "lecun-uniform": math.sqrt(3 / n_in),
            "pytorch": 1 / math.sqrt(n_in),
        }
        if init == "zeros":
            w = numpy.zeros(shape)
        elif init in ("course", "scaled-normal"):
            factor = 1 / math.sqrt(n_in) if init == "course" else config.get("model.init_factor", 0.01)
            w = numpy_stream.randn(*shape) * factor
        elif init in deviations:
            deviation = math.sqrt(deviations[init])
            if init == "mup" and layer > 0 and layer + 2 == len(widths):
                deviation /= math.sqrt(n_in / config.get("model.base_width", 64))
            w = deviation * numpy.array([stream.normal() for _ in range(n_in * n_out)]).reshape(shape)
        elif init in bounds:
            w = bounds[init] * numpy.array([2 * stream.open() - 1 for _ in range(n_in * n_out)]).reshape(shape)
        else:
            tall = (max(shape), min(shape))
            draw = numpy.array([stream.normal() for _ in range(n_in * n_out)]).reshape(tall)
            q, r = numpy.linalg.qr(draw)
            q = q * numpy.sign(numpy.diag(r)) * config.get("model.init_gain", 1)
            w = q.T if n_out < n_in else q
        weights.append(w * (scales[layer] if isinstance(scales, list) else scales))
        b = Stream(seed, (1 << 63) + layer)
        is_drawn = init == "pytorch"
        biases.append(numpy.array([bounds[init] * (2 * b.open() - 1) if is_drawn else 0.0 for _ in range(n_out)]))
    return weights, biases


def factors(config, widths):
    """What the rate is multiplied by at W and b of each layer."""
    if config.get("model.init") != "mup":
        return [(1.0, 1.0)] * (len(widths) - 1)
    last = len(widths) - 1
    k = [1.0 if layer in (0, last) else n / config.get("model.base_width", 64) for layer, n in enumerate(widths)]
    if config.get("train.optimizer", "gd") in ("rmsprop", "adam", "adamw"):
        return [(1 / k[layer - 1], 1.0) for layer in range(1, last + 1)]
    return [(k[layer] / k[layer - 1], k[layer]) for layer in range(1, last + 1)]


def rate(config, iterations, t):
    """The learning rate of iteration t."""
    eta, warmup = config["train.learning_rate"], config.get("train.warmup", 0)
    if t < warmup:
        start = config.get("train.warmup_start", 1 / 3)
        return eta * (start + (1 - start) * (t / warmup))
    t -= warmup
    schedule = config.get("train.schedule", "constant")
    if schedule == "step":
        return eta * config.get("train.gamma", 0.1) ** (t // config["train.step_size"])
    if schedule == "cosine":
        over = config.get("train.cosine_iterations", max(iterations - warmup, 1))
        least = config.get("train.min_learning_rate", 0)
        return least + (eta - least) * (1 + math.cos(math.pi * t / over)) / 2
    if schedule == "inverse":
        return eta / (1 + config["train.rate_decay"] * t)
    return eta


class Net:
    def __init__(self, config, n_in, n_out, cost):
        self.config, self.cost = config, cost
        self.widths = [n_in, *config["model.hidden"], n_out]
        self.w, self.b = initial(config, self.widths)
        hidden = len(self.widths) - 2

        def each(value):
            return value if isinstance(value, list) else [value] * hidden

        self.activations = each(config.get("model.activation", "relu"))
        self.dropout = each(config.get("model.dropout", 0))
        self.masks = [Stream(config.get("seed", 1), (1 << 40) + layer) for layer in range(hidden)]
        self.factors = factors(config, self.widths)
        self.memory = [[numpy.zeros_like(p) for _ in range(2)] for p in self.w + self.b]

    def forward(self, x, masked=False):
        """z and a of each layer; the masks of the hidden ones; what each layer takes in."""
        zs, activations, masks, inputs, a = [], [], [], [], x
        for layer, (w, b) in enumerate(zip(self.w, self.b)):
            inputs.append(a)
            zs.append(w @ a + b[:, None])
            if layer + 1 == len(self.w):
                break
            a = ACTIVATIONS[self.activations[layer]][0](zs[-1])
            activations.append(a)
            mask = None
            if masked and self.dropout[layer] > 0:
                mark = math.floor(self.dropout[layer] * 2**32 + 0.5)
                kept = self.masks[layer].take(a.size).reshape(a.shape) >= mark
                mask = kept * (2**32 / (2**32 - mark))
                a = a * mask
            masks.append(mask)
        return zs, activations, masks, inputs

    def outputs(self, z):
        if self.cost == "binary-cross-entropy":
            return sigmoid(z)
        if self.cost == "softmax-cross-entropy":
            e = numpy.exp(z - z.max(axis=0))
            return e / e.sum(axis=0)
        return z

    def j(self, z, y):
        if self.cost == "binary-cross-entropy":
            return float(numpy.mean(numpy.logaddexp(0, z) - y * z))
        if self.cost == "softmax-cross-entropy":
            most = z.max(axis=0)
            logs = most + numpy.log(numpy.exp(z - most).sum(axis=0))
            return float(numpy.mean(logs - z[y[0].astype(int), range(z.shape[1])]))
        return float(numpy.mean((z - y) ** 2))

    def accuracy(self, z, y):
        if self.cost == "binary-cross-entropy":
            return float(numpy.mean((sigmoid(z) > 0.5) == (y > 0.5)))
        if self.cost == "softmax-cross-entropy":
            return float(numpy.mean(z.argmax(axis=0) == y[0]))
        return math.nan

    def gradients(self, x, y):
        """J, z and a of each layer, dW and db of each layer."""
        zs, activations, masks, inputs = self.forward(x, masked=True)
        m, a = x.shape[1], self.outputs(zs[-1])
        if self.cost == "softmax-cross-entropy":
            target = numpy.zeros_like(a)
            target[y[0].astype(int), range(m)] = 1
            dz = a - target
        else:
            dz = (a - y) * (2 / a.shape[0] if self.cost == "mean-squared-error" else 1)
        dws, dbs = [], []
        for layer in range(len(self.w) - 1, -1, -1):
            dws.insert(0, dz @ inputs[layer].T / m)
            dbs.insert(0, dz.sum(axis=1) / m)
            if layer > 0:
                da = self.w[layer].T @ dz
                da = da if masks[layer - 1] is None else da * masks[layer - 1]
                dz = da * ACTIVATIONS[self.activations[layer - 1]][1](zs[layer - 1])
        return self.j(zs[-1], y), activations, dws, dbs

    def step(self, t, eta, dws, dbs):
        get = self.config.get
        optimizer = get("train.optimizer", "gd")
        decay = get("train.weight_decay", 0.01 if optimizer == "adamw" else 0)
        decoupled = get("train.decoupled", optimizer == "adamw")
        clip = get("train.clip_norm")
        norm = math.sqrt(sum(float((g * g).sum()) for g in dws + dbs))
        factor = 1 if clip is None else min(1, clip / (norm + 1e-6))
        layers = len(self.w)
        for place, (p, g) in enumerate(zip(self.w + self.b, dws + dbs)):
            by = self.factors[place % layers][place // layers]
            r = eta * by
            own = 0 if place >= layers and not get("train.decay_biases", True) else decay / by
            g = factor * g + (0 if decoupled else own) * p
            keep = 1 - r * own if decoupled else 1
            one, two = self.memory[place]
            if optimizer == "gd":
                along = g
            elif optimizer in ("momentum", "nesterov"):
                mu = get("train.momentum", 0.9)
                one[...] = mu * one + g
                along = g + mu * one if optimizer == "nesterov" else one
            elif optimizer == "rmsprop":
                alpha = get("train.alpha", 0.99)
                one[...] = alpha * one + (1 - alpha) * g * g
                along = g / (numpy.sqrt(one) + get("train.eps", 1e-8))
            else:
                beta_1, beta_2 = get("train.betas", [0.9, 0.999])
                one[...] = beta_1 * one + (1 - beta_1) * g
                two[...] = beta_2 * two + (1 - beta_2) * g * g
                root = numpy.sqrt(two) / math.sqrt(1 - beta_2 ** (t + 1))
                along = one / (1 - beta_1 ** (t + 1)) / (root + get("train.eps", 1e-8))
            p[...] = keep * p - r * along


def metrics(net, names, data, activations, dws, dbs):
    """The columns of one record, in the order of the documentation."""
    found = {}
    for part in ("train", "test", "validation"):
        x, y = data.get(part, (None, None))
        if x is None:
            continue
        z = net.forward(x)[0][-1]
        found[f"{part}_accuracy"], found[f"{part}_cost"] = net.accuracy(z, y), net.j(z, y)
    for layer, (w, dw, db) in enumerate(zip(net.w, dws, dbs)):
        found[f"gradient_norm_{layer + 1}"] = math.sqrt((dw**2).sum() + (db**2).sum())
        found[f"weight_norm_{layer + 1}"] = math.sqrt((w**2).sum())
    for layer, a in enumerate(activations):
        is_relu = net.activations[layer] == "relu"
        found[f"dead_relu_{layer + 1}"] = float(numpy.mean((a == 0).all(axis=1))) if is_relu else math.nan
    return {name: value for name, value in found.items() if any(name.startswith(known) for known in names)}


def train(config, data, n_out, cost):
    """The rows of the history, and the net as it is after them."""
    x, y = data["train"]
    m = x.shape[1]
    net = Net(config, x.shape[0], n_out, cost)
    batch = config.get("train.batch", "full")
    size = m if batch == "full" else min(batch, m)
    an_epoch = -(-m // size)
    iterations = config["train.iterations"] if "train.iterations" in config else config["train.epochs"] * an_epoch
    every, rows, waited, lowest = config.get("train.record_every", 1), [], 0, math.inf
    order = list(range(m))
    for t in range(iterations):
        epoch, place = divmod(t, an_epoch)
        if place == 0 and size < m and config.get("train.shuffle", True):
            order = Stream(config.get("train.batch_seed", 1), epoch).shuffled(m)
        chosen = order[place * size : (place + 1) * size] if size < m else order
        j, activations, dws, dbs = net.gradients(x[:, chosen], y[:, chosen])
        if t % every == 0 or t + 1 == iterations:
            named = config.get("train.metrics", [])
            rows.append({"iteration": t, "cost": j} | metrics(net, named, data, activations, dws, dbs))
            watched = j
            if "validation" in data:
                watched = net.j(net.forward(data["validation"][0])[0][-1], data["validation"][1])
            if watched < lowest - config.get("train.min_delta", 0):
                lowest, waited = watched, 0
            else:
                waited += 1
            if waited >= config.get("train.patience", math.inf):
                break
        net.step(t, rate(config, iterations, t), dws, dbs)
    return rows, net
