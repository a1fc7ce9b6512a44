"""Writes costs.txt: softmax and its cross-entropy of single examples, and sums of squares, computed to 80 digits.

usage: python costs.py > costs.txt          needs: mpmath 1.4.1 (from PyPI)

Each "softmax" line: the number of units, z, the class y, the cost and its rest, each a and its rest. Each "squares" line:
number of elements, z, y, the sum of (z - y)^2 and its rest. rounding.py explains the rests.
"""

import math
import random

from mpmath import exp, fsum, log1p, mp, mpf

from rounding import rounded

mp.dps = 80
SEED = 20
# e to a power below -FAR is 0 as an f64, and no sum of it with 1 is anything but 1.
FAR = 3000


def power(x):
    return mpf(0) if x < -FAR else exp(x)


def softmax_line(z, y):
    exact = [mpf(value) for value in z]
    most = max(exact)
    left_out = y if exact[y] == most else exact.index(most)
    others = fsum(power(value - most) for k, value in enumerate(exact) if k != left_out)
    cost = log1p(others) + (most - exact[y])
    a = [power(value - most) / (1 + others) for value in exact]
    return " ".join(["softmax", str(len(z)), *map(repr, z), str(y), rounded(cost), *map(rounded, a)])


def squares_line(z, y):
    exact = fsum((mpf(a) - mpf(b)) ** 2 for a, b in zip(z, y))
    return " ".join(["squares", str(len(z)), *map(repr, z), *map(repr, y), rounded(exact)])


draw = random.Random(SEED)
examples = [
    [0.0],
    [1e308],
    [0.0, 0.0],
    [1.0, 1.0, 1.0],
    [1e308, 1e308, -3.0],
    [1e308, -1.0, 5e307],
    [-1e308, -1e308],
    [-1e308, 0.0, 7.0],
    [-1e308, 1e308],
    [9e307, -8e307, 0.0],
    [700.1, 0.3, -0.7],
    [-700.1, 0.3, -44.7],
    [40.0, 0.1, 0.2],
    [math.nextafter(36.7, 0), -0.1, 5e-324],
    [1e16, 1.0, -1.0],
    [745.3, 0.1],
    [5e-324, -5e-324],
    [3.0, math.nextafter(3.0, 4), math.nextafter(3.0, 0)],
    [1e-20, -1e-20, 0.0],
]
for units in (2, 3, 5, 10, 40):
    for spread in (0.01, 1.0, 30.0, 300.0):
        examples.append([draw.gauss(0, spread) for _ in range(units)])
for z in examples:
    for y in range(min(len(z), 3)):
        print(softmax_line(z, y))
for n in (1, 5, 16, 17, 40):
    for scale in (1e-170, 1e-3, 1.0, 1e150):
        z, y = ([draw.gauss(0, scale) for _ in range(n)] for _ in range(2))
        print(squares_line(z, y))
print(squares_line([1e308, 0.0], [0.0, 1.0]))
