"""Prints the coefficients of src/functions/normal.rs.

usage: python normal_tail.py          needs: mpmath 1.4.1 (from PyPI)

With Q(x) = Phi(-x) exp(x^2 / 2) and t = (x - c) / (x + c), the function h(t) = (x + c) Q(x) is smooth on the whole
half-line x >= 0 (Shepherd and Laframboise, Chebyshev approximation of (1 + 2x) exp(x^2) erfc x, Mathematics of
Computation 36, 1981). It is interpolated at Chebyshev's nodes up to the x beyond which z Phi(z) is zero.
"""

import struct

from mpmath import cos, erfc, exp, mp, mpf, nstr, pi, sqrt

mp.dps = 60
CHECKED_AT = 1000


def interpolate(centre, most, degree):
    """The coefficients, lowest power first, and the largest relative error."""
    least_t, most_t = mpf(-1), (mpf(most) - centre) / (mpf(most) + centre)

    def h(t):
        x = centre * (1 + t) / (1 - t)
        return (x + centre) * erfc(x / sqrt(2)) * exp(x * x / 2) / 2

    def between(share):
        return (least_t + most_t) / 2 + (most_t - least_t) / 2 * share

    nodes = [between(cos(pi * (2 * k + 1) / (2 * (degree + 1)))) for k in range(degree + 1)]
    newton = [h(t) for t in nodes]
    for order in range(1, degree + 1):
        for i in range(degree, order - 1, -1):
            newton[i] = (newton[i] - newton[i - 1]) / (nodes[i] - nodes[i - order])
    powers = [newton[degree]]
    for k in range(degree - 1, -1, -1):
        shifted = [mpf(0), *powers]
        powers = [a - nodes[k] * b for a, b in zip(shifted, [*powers, mpf(0)])]
        powers[0] += newton[k]
    at = [between(mpf(2 * i) / CHECKED_AT - 1) for i in range(CHECKED_AT + 1)]
    error = max(abs(mp.polyval(powers[::-1], t) / h(t) - 1) for t in at)
    return powers, error


for name, centre, most, degree, mantissa in [("f32", 3, 15, 10, 24), ("f64", 4, 39, 23, 53)]:
    coefficients, error = interpolate(centre, most, degree)
    print(f"{name}: c = {centre}, x <= {most}: relative error {nstr(error * mpf(2) ** mantissa, 2)} x 2^-{mantissa}")
    for coefficient in reversed(coefficients):
        if name == "f32":
            print(nstr(mpf(struct.unpack("f", struct.pack("f", float(coefficient)))[0]), 9))
        else:
            print(repr(float(coefficient)))
