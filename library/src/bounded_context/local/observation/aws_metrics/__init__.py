"""AWS's own metrics, as far as this run can know them; the emulator records next to none.

Each module is one namespace and says what is measured and what is assumed: a sample that is assumed is zero, and stays
so as long as nothing of its kind happens.
"""

from collections.abc import Iterable, Iterator, Mapping

from ..samples import Sample


def zeros(
    namespace: str, dimensions: Mapping[str, str], metrics: Iterable[str], time: float, unit: str = "Count"
) -> Iterator[Sample]:
    """Yield one assumed zero of each metric."""
    for metric in metrics:
        yield Sample(namespace, metric, dimensions, unit, time, 0.0, assumed=True)
