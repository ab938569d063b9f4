"""`data/quotas.toml`: AWS's quotas by region, and the assumed times of calls."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from pydantic import Field

from bounded_context_cli.views.cost.prices import Table

from .plan import Rate


class Quota(Table, frozen=True):
    """An AWS quota. `asked` is its name in Service Quotas; empty if AWS does not raise it."""

    service: str
    value: float
    unit: str
    source: str
    burst: float = 0
    asked: str = Field("", alias="raise")
    regions: Mapping[str, Mapping[str, float]] = {}

    def of(self, region: str) -> "Quota":
        """Return the quota of a region."""
        return self.model_copy(update=dict(self.regions.get(region, {})))

    @property
    def rate(self) -> Rate:
        """The quota as a limit of units a second."""
        return Rate(self.value, self.burst)

    def __str__(self) -> str:
        return f"{self.service}: {self.value:,.0f} {self.unit}"


class Seconds(Table, frozen=True):
    """The assumed times of calls. The file has their sources."""

    cold_start: float
    object: float
    delivery: float


@cache
def _read() -> Mapping[str, Any]:
    return tomllib.loads((files("bounded_context_lab") / "data" / "quotas.toml").read_text(encoding="utf-8"))


def quotas(region: str) -> Mapping[str, Quota]:
    """Return the quotas of a region by name."""
    return {name: Quota.model_validate(quota).of(region) for name, quota in _read()["quotas"].items()}


def seconds() -> Seconds:
    """Return the assumed times."""
    return Seconds.model_validate(_read()["seconds"])
