"""AWS/ApiGateway, of the HTTP API's stage, and of its routes.

Measured: Count, 4xx, 5xx and Latency, as this run's callers saw them; others' requests are not known. Assumed: that the
function took all of the answer's time (IntegrationLatency), and that nothing fails while nobody calls.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ..samples import Sample
from . import zeros

NAMESPACE = "AWS/ApiGateway"
STAGE = "$default"
COUNTED = ("Count", "4xx", "5xx")
TIMED = ("Latency", "IntegrationLatency")
NAMES = (*COUNTED, *TIMED)


@dataclass(frozen=True)
class Answered:
    """A request that was answered: when it was sent (seconds since 1970), with which status, after how long."""

    method: str
    path: str
    sent: float
    status: int
    milliseconds: float


def samples(api: str, routes: Mapping[str, str], answered: Iterable[Answered], now: float) -> Iterator[Sample]:
    """Yield the samples of an API.

    Args:
        api: its id.
        routes: the routes' keys, such as `GET /things/{id}`, by function.
        answered: the requests of this run.
        now: the time of what is assumed, in seconds since 1970.
    """
    stage = {"ApiId": api, "Stage": STAGE}
    for key in (None, *routes.values()):
        yield from zeros(NAMESPACE, stage | _of_route(key), COUNTED, now)
    for one in answered:
        for key in (None, *(key for key in routes.values() if _matches(key, one))):
            yield from _of(one, stage | _of_route(key))


def _of(one: Answered, dimensions: Mapping[str, str]) -> Iterator[Sample]:
    counts = {"Count": 1, "4xx": int(400 <= one.status < 500), "5xx": int(one.status >= 500)}
    for metric in COUNTED:
        yield Sample(NAMESPACE, metric, dimensions, "Count", one.sent, counts[metric])
    for metric in TIMED:
        yield Sample(NAMESPACE, metric, dimensions, "Milliseconds", one.sent, one.milliseconds)


def _of_route(key: str | None) -> dict[str, str]:
    """Return the dimensions that a route adds to those of its stage."""
    return {} if key is None else dict(zip(("Method", "Resource"), key.split(" "), strict=True))


def _matches(key: str, one: Answered) -> bool:
    method, path = key.split(" ")
    form = "/".join("[^/]+" if part.startswith("{") else re.escape(part) for part in path.split("/"))
    return method == one.method and re.fullmatch(form, one.path.partition("?")[0]) is not None
