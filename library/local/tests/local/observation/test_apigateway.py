"""Metrics of the HTTP API, of requests that were answered."""

from collections import Counter

from bounded_context_local.actors.caller import Answered
from bounded_context_local.observation.invocations import apigateway_samples

ROUTES = {"create": "POST /things", "read": "GET /things/{id}", "list": "GET /things"}


def _told(*answered: Answered) -> list[tuple[str, str | None, float]]:
    samples = apigateway_samples("a1", ROUTES, answered, now=9.0)
    return [
        (sample.metric, sample.dimensions.get("Resource"), sample.value) for sample in samples if not sample.assumed
    ]


def test_a_request_counts_for_the_stage_and_for_its_route() -> None:
    """Whatever stands in the place of the parameter, and with a query."""
    measurements = _told(Answered("GET", "/things/a%2Fb?x=1", 1.0, 404, 7.0))
    assert Counter(resource for _, resource, _ in measurements) == {None: 5, "/things/{id}": 5}
    assert {(metric, value) for metric, _, value in measurements} == {
        ("Count", 1),
        ("4xx", 1),
        ("5xx", 0),
        ("Latency", 7.0),
        ("IntegrationLatency", 7.0),
    }


def test_methods_of_one_path_are_two_routes() -> None:
    """And what has no route counts for the stage alone."""
    samples = list(apigateway_samples("a1", ROUTES, [Answered("POST", "/things", 1.0, 500, 1.0)], now=9.0))
    methods = {sample.dimensions.get("Method") for sample in samples if not sample.assumed}
    assert methods == {None, "POST"}
    assert {resource for _, resource, _ in _told(Answered("GET", "/others", 1.0, 404, 1.0))} == {None}


def test_without_calls_counts_are_assumed_and_times_unknown() -> None:
    """An answer that nobody waited for has no duration."""
    samples = list(apigateway_samples("a1", ROUTES, [], now=9.0))
    assert all(sample.assumed and sample.value == 0 for sample in samples)
    assert {sample.metric for sample in samples} == {"Count", "4xx", "5xx"}
    assert {sample.dimensions["Stage"] for sample in samples} == {"$default"}
