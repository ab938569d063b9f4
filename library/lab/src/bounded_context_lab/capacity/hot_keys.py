"""Chernoff's bound of the load of a partition, for rows whose keys are hashed to equal shares."""

import math


def log10_overload(rows: int, a_second: float, keys: int, most: float) -> float:
    """Return the decimal logarithm of a bound of the probability that a key gets over `most` rows in any second.

    A second has `a_second` consecutive rows, and begins at any row: the bound is the sum over all seconds and all keys.
    Each row has one of `keys` keys with the same probability. The bound is at most 1, and 0 (-inf) if one key accepts
    all rows of a second.
    """
    log_tail = log_binomial_tail(a_second, 1 / keys, most)
    return min(0.0, (math.log(rows) + math.log(keys) + log_tail) / math.log(10))


def log_binomial_tail(trials: float, share: float, most: float) -> float:
    """Return the natural logarithm of Chernoff's bound of P(X > `most`) for a binomial X.

    The bound is exp(-n D(a||p)), with a = most/n and the relative entropy D (Hoeffding 1963, theorem 1).
    """
    if most >= trials:
        return -math.inf
    if (part := most / trials) <= share:
        return 0.0
    rest = 1 - part
    return -trials * (part * math.log(part / share) + rest * math.log(rest / (1 - share)))
