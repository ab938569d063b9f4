"""Requests to the HTTP API of a stack, and the command that a person can send."""

from pathlib import Path
from typing import Any

import pytest

from bounded_context_local.emulator.process import Emulator
from bounded_context_local.observation.invocations import ApiRequests

EMULATOR = Emulator(1, 2, "eu-west-1", Path())


@pytest.mark.parametrize("outputs", [{}, {"api": None}])
def test_without_an_api_there_are_no_requests(outputs: dict[str, Any]) -> None:
    requests = ApiRequests({})
    assert requests.to_call(EMULATOR, outputs) == []
    assert list(requests.samples(outputs, 0.0)) == []


def test_each_route_of_an_api_is_listed() -> None:
    outputs = {"api": {"id": "a", "url": "http://127.0.0.1:1/a"}}
    requests = ApiRequests({"get_thing": "GET /things/{thing_id}"})
    call, route = requests.to_call(EMULATOR, outputs)
    assert call.startswith("curl -i --aws-sigv4")
    assert route == "# route of get_thing: GET /things/{thing_id}"
    resources = {sample.dimensions.get("Resource") for sample in requests.samples(outputs, 0.0)}
    assert resources == {
        None,
        "/things/{thing_id}",
    }
