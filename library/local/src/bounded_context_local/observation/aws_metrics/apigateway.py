"""AWS/ApiGateway, for the HTTP API's stage and its routes.

Measured: Count, 4xx, 5xx and Latency, by this run's callers; requests of other clients are missing. Assumed:
IntegrationLatency, which equals Latency, and zero requests and errors without calls.
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
    """An answered request. `sent` is in seconds since 1970, `milliseconds` is the latency."""

    method: str
    path: str
    sent: float
    status: int
    milliseconds: float


def samples(api: str, routes: Mapping[str, str], answered: Iterable[Answered], now: float) -> Iterator[Sample]:
    """Yield the samples of an API.

    Args:
        api: the API's id.
        routes: the routes' keys, such as `GET /things/{id}`, by function.
        answered: the requests of this run.
        now: the time of assumed samples, in seconds since 1970.
    """
    stage = {"ApiId": api, "Stage": STAGE}
    for key in (None, *routes.values()):
        yield from zeros(NAMESPACE, stage | _of_route(key), COUNTED, now)
    for request in answered:
        for key in (None, *(key for key in routes.values() if _matches(key, request))):
            yield from _of_request(request, stage | _of_route(key))


def _of_request(request: Answered, dimensions: Mapping[str, str]) -> Iterator[Sample]:
    counts = {"Count": 1, "4xx": int(400 <= request.status < 500), "5xx": int(request.status >= 500)}
    for metric in COUNTED:
        yield Sample(NAMESPACE, metric, dimensions, "Count", request.sent, counts[metric])
    for metric in TIMED:
        yield Sample(NAMESPACE, metric, dimensions, "Milliseconds", request.sent, request.milliseconds)


def _of_route(key: str | None) -> dict[str, str]:
    """Return the additional dimensions of a route."""
    return {} if key is None else dict(zip(("Method", "Resource"), key.split(" "), strict=True))


def _matches(key: str, request: Answered) -> bool:
    method, path = key.split(" ")
    form = "/".join("[^/]+" if part.startswith("{") else re.escape(part) for part in path.split("/"))
    return method == request.method and re.fullmatch(form, request.path.partition("?")[0]) is not None
