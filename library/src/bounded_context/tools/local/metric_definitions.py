"""The metrics that a context defines, as CloudWatch identifies them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from ...declaration.context import Context
from ...declaration.measures import Measure
from .dashboards.metric_lines import Metric


@dataclass(frozen=True)
class Defined:
    """A metric definition with the possible values of each dimension. A `unit` of None matches any unit."""

    namespace: str
    name: str
    dimensions: Mapping[str, frozenset[str]]
    unit: str | None = None

    def metrics(self) -> Iterator[Metric]:
        """Yield a metric for each combination of dimension values."""
        pairs = [[(name, value) for value in values] for name, values in self.dimensions.items()]
        yield from (Metric(self.namespace, self.name, frozenset(chosen)) for chosen in product(*pairs))


def defined_by(context: Context[Any], namespace: str) -> list[Defined]:
    """Return the metric definitions of a context's measures in a stack's namespace."""
    return [
        Defined(namespace, measure.name, {**_service(context), **_own(measure)}, measure.unit)
        for measure in context.measures.all
    ]


def _service(context: Context[Any]) -> Mapping[str, frozenset[str]]:
    """Return the dimension that all metrics of the context have."""
    return {"service": frozenset({context.name})}


def _own(measure: Measure) -> Mapping[str, frozenset[str]]:
    return {measure.dimension: frozenset(map(str, measure.values))} if measure.dimension else {}
