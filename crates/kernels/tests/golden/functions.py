"""Writes functions.txt: activations and their derivatives at f64 arguments, computed to 80 digits.

usage: python functions.py [RANDOM_POINTS] > functions.txt          needs: mpmath 1.4.1 (from PyPI)

Each line: name, z, value, rest, derivative, rest; see rounding.py.
"""

import math
import random
import sys

from mpmath import erfc, exp, expm1, log1p, mp, mpf, pi, sqrt

from rounding import rounded

mp.dps = 80
SEED = 20
# e to a power beyond it is 0 or infinity as an f64.
FAR = 3000


def power(x):
    return mpf(0) if x < -FAR else exp(x)


def sigmoid(v):
    return 1 / (1 + power(-v)) if v >= 0 else power(v) / (1 + power(v))


def tanh(z):
    e = power(-2 * abs(z))
    return mpf(-1 if z < 0 else 1) * -expm1(-2 * abs(z) if e else -mpf(FAR)) / (1 + e), 4 * e / (1 + e) ** 2


def logistic(z):
    return sigmoid(z), sigmoid(z) * sigmoid(-z)


def elu(z):
    return (z, mpf(1)) if z > 0 else (mpf(-1) if z < -FAR else expm1(z), power(z))


def softplus(z):
    return max(z, mpf(0)) + log1p(power(-abs(z))), sigmoid(z)


def gelu(z):
    far = abs(z) > FAR
    below = mpf(z > 0) if far else erfc(-z / sqrt(mpf(2))) / 2
    density = mpf(0) if far else exp(-z * z / 2) / sqrt(2 * pi)
    return z * below, below + z * density


def z_sigmoid(z, v, slope):
    return z * sigmoid(v), sigmoid(v) + z * slope * sigmoid(v) * sigmoid(-v)


def gelu_tanh(z):
    linear = 2 * sqrt(2 / pi)
    cubic = mpf("0.044715") * linear
    return z_sigmoid(z, linear * z + cubic * z**3, linear + 3 * cubic * z**2)


def silu(z):
    return z_sigmoid(z, z, 1)


FUNCTIONS = {"tanh": tanh, "sigmoid": logistic, "elu": elu, "softplus": softplus, "gelu": gelu, "gelu-tanh": gelu_tanh, "silu": silu}


def magnitudes(points):
    tiny = [5e-324, 1.5e-323, 1e-310, 2.2250738585072014e-308, 1e-300, 1e-160, 1e-40, 1e-20, 2.0**-54, 2.0**-53, 1e-15]
    # Where ln 2 is split off, where derivatives are zero, where results turn subnormal or zero, and past all of that.
    edges = [math.log(2) / 2, 1.5 * math.log(2), 0.7517915247, 0.7524614220, 1.2784645428, 4.0, 12.0, 21.0, 21.4, 22.0]
    edges += [9.0, 19.0, 354.2, 372.5, 36.5, 37.5, 38.2, 38.45, 38.56, 38.6, 39.0, 44.0, 708.5, 740.0, 744.4, 745.2, 751.0, 752.0, 760.0]
    near = [math.nextafter(x, direction) for x in edges for direction in (0.0, math.inf)]
    large = [1000.0, 1e5, 1e20, 1e103, 1e155, 1e300, 1e308, sys.float_info.max]
    draw = random.Random(SEED)
    anywhere = [math.exp(draw.uniform(math.log(1e-4), math.log(760))) for _ in range(points)]
    return sorted({0.0, *tiny, *edges, *near, *large, *anywhere})


for name, function in FUNCTIONS.items():
    at = magnitudes(int(sys.argv[1]) if len(sys.argv) > 1 else 60)
    for z in [-x for x in reversed(at) if x > 0] + at:
        value, derivative = function(mpf(z))
        print(name, repr(z), rounded(value), rounded(derivative))
