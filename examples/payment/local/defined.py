"""The metrics that this context defines: as its infrastructure knows them, and as its code does."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from itertools import product
from typing import Any

from .dashboards.asked import Metric
from infra import measures
from infra.context import CONTEXT

SERVICE: Mapping[str, frozenset[str]] = {"service": frozenset({CONTEXT})}
"""The dimension that all of them have."""


@dataclass(frozen=True)
class Defined:
    """A metric as it is defined, with the values that each of its dimensions may have. No unit means any."""

    namespace: str
    name: str
    dimensions: Mapping[str, frozenset[str]]
    unit: str | None = None

    def metrics(self) -> Iterator[Metric]:
        """Yield one metric for each combination of the dimensions' values."""
        pairs = [[(name, value) for value in values] for name, values in self.dimensions.items()]
        yield from (Metric(self.namespace, self.name, frozenset(chosen)) for chosen in product(*pairs))


def known_to_infrastructure(namespace: str) -> list[Defined]:
    """Return what `infra.measures` defines for a stack's namespace."""
    more = {name: {"reason": frozenset(values)} for name, values in measures.BY_REASON.items()}
    more |= {name: {"currency": frozenset(values)} for name, values in measures.BY_CURRENCY.items()}
    return [Defined(namespace, name, {**SERVICE, **more.get(name, {})}) for name in measures.ALL]


def known_to_code(namespace: str) -> list[Defined]:
    """Return what the context's own code defines for a stack's namespace, with the units."""
    found = import_module(f"{CONTEXT}.telemetry.measures").ALL
    return [Defined(namespace, one.name, _dimensions(one), str(one.unit.value)) for one in found]


def _dimensions(measure: Any) -> dict[str, frozenset[str]]:
    own = {measure.dimension: frozenset(map(str, measure.values))} if measure.dimension else {}
    return {**SERVICE, **own}
