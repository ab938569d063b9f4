"""The metrics that a context defines, as CloudWatch knows them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from ..context import Context
from ..measures import Measure
from .dashboards.asked import Metric


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


def defined_by(context: Context[Any], namespace: str) -> list[Defined]:
    """Return a context's measures in a stack's namespace, with the units."""
    return [Defined(namespace, one.name, {**_service(context), **_own(one)}, one.unit) for one in context.measures.all]


def _service(context: Context[Any]) -> Mapping[str, frozenset[str]]:
    """Return the dimension that all of them have."""
    return {"service": frozenset({context.name})}


def _own(measure: Measure) -> Mapping[str, frozenset[str]]:
    return {measure.dimension: frozenset(map(str, measure.values))} if measure.dimension else {}
