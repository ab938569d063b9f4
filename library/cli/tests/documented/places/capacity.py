"""The capacity model's quotas: a load of so many units in a second, after the burst of the quota.

    violation = { quota = "messages", region = "eu-north-1", units = 301 }

The code is the name of the quota, if the model delays the load beyond the second.
"""

from typing import Final

from bounded_context_lab.capacity.simulation import Meter, quotas

from ..rules import Rule
from .place import Place, Violation


def _codes(_rule: Rule, violation: Violation) -> set[str]:
    name = violation["quota"]
    rate = quotas(violation.get("region", "eu-central-1"))[name].rate
    meter = Meter(rate)
    meter.passes(0, rate.burst)
    return {name} if meter.passes(0, violation["units"]) > 1 + 1e-9 else set()


PLACE: Final = Place(
    "The capacity model (`context capacity`) delays a load above the number, and does not delay the number itself "
    "(`data/quotas.toml`).",
    _codes,
)
