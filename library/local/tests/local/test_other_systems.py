"""The stand-in of a system that rules call: it answers, waits or fails as its file says, between two calls."""

import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from urllib3 import request

from bounded_context.application.ports import SystemRequest
from bounded_context_cli.command.output import LocalRunError
from bounded_context_infra.configuration.project import Project, current
from bounded_context_local import stand_ins
from bounded_context_local.stand_ins import mode_file, serving_systems


def _project(root: Path, place: str) -> Project:
    return replace(current(), root=root, settings={"systems": {"bureau": place}})


def test_a_file_sets_how_it_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the file it answers by the repository's function."""
    requests: list[SystemRequest] = []
    bureau: Any = ModuleType("bureau_of_tests")
    bureau.answer = lambda request: (requests.append(request), (201, {"approved": True}))[1]
    monkeypatch.setitem(sys.modules, bureau.__name__, bureau)
    waits: list[float] = []
    monkeypatch.setattr("bounded_context_local.stand_ins.time.sleep", waits.append)
    project = _project(tmp_path, "bureau_of_tests:answer")
    file = mode_file(project, "bureau")
    file.parent.mkdir()
    with serving_systems(project) as addresses:
        statuses = []
        for mode in ("", "slow\n", "down\n", "success\n"):
            if mode:
                file.write_text(mode)
            reply = request("POST", f"{addresses['bureau']}/x", json={"a": 1}, headers={"Idempotency-Key": "k"})
            statuses.append(reply.status)
    assert (statuses, waits) == ([201, 201, 503, 201], [stand_ins.SLOW])
    assert requests == [SystemRequest("POST", "/x", {"a": 1}, "k")] * 3


@pytest.mark.parametrize("place", ["no_such_module:answer", "json:answer", "json"])
def test_a_function_that_is_missing_stops_the_run(tmp_path: Path, place: str) -> None:
    """The error names the table and the entry."""
    with pytest.raises(LocalRunError, match=r"\[tool\.bounded-context\.systems\] bureau"):
        serving_systems(_project(tmp_path, place)).__enter__()
