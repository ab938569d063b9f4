"""The doors of a stack: where it has no API, there is nothing to tell of one."""

from pathlib import Path
from typing import Any

import pytest

from bounded_context.tools.local.api_requests import Doors
from bounded_context.tools.local.emulator import Emulator

EMULATOR = Emulator(1, 2, 3, 4, "eu-west-1", Path())


@pytest.mark.parametrize("outputs", [{}, {"api": None}])
def test_without_an_api_there_is_nothing_to_call(outputs: dict[str, Any]) -> None:
    doors = Doors({})
    assert doors.to_call(EMULATOR, outputs) == []
    assert list(doors.samples(outputs, 0.0)) == []


def test_with_one_each_route_is_told() -> None:
    outputs = {"api": {"id": "a", "url": "http://127.0.0.1:1/a"}}
    doors = Doors({"get_thing": "GET /things/{thing_id}"})
    call, route = doors.to_call(EMULATOR, outputs)
    assert call.startswith("curl -i --aws-sigv4")
    assert route == "# route of get_thing: GET /things/{thing_id}"
    assert {sample.dimensions.get("Resource") for sample in doors.samples(outputs, 0.0)} == {None, "/things/{thing_id}"}
