"""AWS's own metrics, as far as the run can measure them; the emulator records few of them.

Each module covers a namespace and lists its measured and its assumed metrics. Assumed samples are zero.
"""

from collections.abc import Iterable, Iterator, Mapping

from ..logs import Sample


def zeros(
    namespace: str, dimensions: Mapping[str, str], metrics: Iterable[str], time: float, unit: str = "Count"
) -> Iterator[Sample]:
    """Yield an assumed zero for each metric."""
    for metric in metrics:
        yield Sample(namespace, metric, dimensions, unit, time, 0.0, assumed=True)
