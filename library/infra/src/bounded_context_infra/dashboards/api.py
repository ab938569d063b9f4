"""The sections of the HTTP API on both dashboards."""

from collections.abc import Mapping, Sequence
from typing import Any

from .grid import Section, section
from .head import BUSINESS, TECHNICAL
from .widgets import BAD, DOUBTFUL, Metric, graph, metric

_OUTCOMES: Mapping[str, Mapping[str, Any]] = {
    "Count": {"label": "requests"},
    "4xx": {"label": "refused (4xx)", "color": DOUBTFUL},
    "5xx": {"label": "failed (5xx)", "color": BAD},
}
_LATENCIES = {"Latency": "of the answer", "IntegrationLatency": "of the function"}


def api_sections(api: str, stage: str, routes: Mapping[str, str]) -> dict[str, Sequence[Section]]:
    """Return the sections of each dashboard.

    Args:
        api: the API's id.
        stage: the name of its stage.
        routes: the keys, such as `GET /things`, of the routes with metrics of their own, by function.
    """
    stage_ = {"ApiId": api, "Stage": stage}
    return {BUSINESS: [_business(stage_, routes)], TECHNICAL: [_technical(stage_, routes)]}


def _business(stage: Mapping[str, str], routes: Mapping[str, str]) -> Section:
    return section(
        "Requests to the HTTP API",
        [
            graph("Requests, by route", _by_route(stage, routes, "Count"), stacked=True)
            if routes
            else graph("Requests", _outcomes(stage, "Count")),
            graph("Requests refused and failed", _outcomes(stage, "4xx", "5xx")),
        ],
    )


def _technical(stage: Mapping[str, str], routes: Mapping[str, str]) -> Section:
    return section(
        "HTTP API",
        [
            # Refused requests include the throttled requests (429), which the access log lists separately.
            graph("Requests, refused, failed", _outcomes(stage, *_OUTCOMES)),
            *([graph("Failed (5xx), by route", _by_route(stage, routes, "5xx"), stacked=True)] if routes else []),
            graph("Latency (ms)", _latencies(stage)),
        ],
    )


def _outcomes(stage: Mapping[str, str], *names: str) -> list[Metric]:
    return [_metric(name, stage, **_OUTCOMES[name]) for name in names]


def _by_route(stage: Mapping[str, str], routes: Mapping[str, str], name: str) -> list[Metric]:
    return [
        _metric(name, {**stage, **dict(zip(("Method", "Resource"), key.split(" "), strict=True))}, label=key)
        for key in routes.values()
    ]


def _latencies(stage: Mapping[str, str]) -> list[Metric]:
    return [
        _metric(name, stage, label=f"{stat} {whose}", stat=stat)
        for name, whose in _LATENCIES.items()
        for stat in ("p50", "p99")
    ]


def _metric(name: str, dimensions: Mapping[str, str], **drawn: Any) -> Metric:
    return metric("AWS/ApiGateway", name, dimensions, **drawn)
