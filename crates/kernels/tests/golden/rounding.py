"""Exact values as the nearest f64 and the rest in ulps, so that tests can measure errors below half an ulp."""

from mpmath import floor, isinf, log, mpf, nint, nstr

MOST = mpf(2) ** 1024 - mpf(2) ** 970


def rounded(exact):
    """`exact` as "nearest rest": exact = nearest + rest ulp(nearest); the rest to three digits."""
    if exact == 0 or isinf(exact) or abs(exact) > MOST + mpf(2) ** 969:
        return f"{float(exact) if exact == 0 or isinf(exact) else float('inf') * (1 if exact > 0 else -1)!r} 0"
    exponent = max(int(floor(log(abs(exact), 2))), -1022) - 52
    ulp = mpf(2) ** exponent
    nearest = nint(exact / ulp)
    return f"{float(nearest * ulp)!r} {nstr(exact / ulp - nearest, 3)}"
