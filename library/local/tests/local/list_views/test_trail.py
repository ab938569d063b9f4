"""One aggregate's trail, from hand-made facts."""

import io
import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from rich.console import Console

from bounded_context_infra.configuration.project import current
from bounded_context_local.actors.subscriber import Reception
from bounded_context_local.list_views.facts import Facts, Rejection, RowFacts
from bounded_context_local.list_views.trail import Trail, as_json, show, trail_of
from bounded_context_local.observation.logs import calls

from ..observation.lines import call, stamp

CONTEXT = current().context
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def _said(second: float, message: str, **fields: Any) -> dict[str, Any]:
    return {"level": "INFO", "message": message, "timestamp": stamp(second), **fields}


def _event(second: float, kind: str, **details: Any) -> dict[str, Any]:
    return {"type": kind, "timestamp": datetime.fromtimestamp(second, UTC), **details}


def _state(second: float, kind: str, name: str) -> dict[str, Any]:
    return _event(second, f"{kind}StateEntered", stateEnteredEventDetails={"name": name})


def _received(second: float) -> Reception:
    return Reception('{"type": "Created", "subject": "a"}', second, second - 0.1, {"traceparent": TRACE})


HISTORY = (
    _event(11.0, "ExecutionStarted"),
    _state(11.1, "Task", "Validate"),
    _state(13.0, "Choice", "IsValid"),
    _state(13.0, "Map", "Import"),
    _state(18.0, "Task", "Tell"),
    _event(19.0, "ExecutionSucceeded"),
)
LINES = (
    *call("validate_list", "r-1", 13.0, 1.9005, _said(12.9, "list validated", list_id="l", outcome="VALIDATED")),
    *call("import_list", "r-2", 16.0, 2.5, _said(15.5, "part imported", list_id="l", part=1)),
    *call("import_list", "r-3", 15.0, 1.5, _said(14.5, "part imported", list_id="l", part=0)),
    *call("relay_events", "r-4", 17.0, 0.5, _said(16.8, "events published", ids=["a", "b"])),
    *call("relay_events", "r-5", 17.5, 0.5, _said(17.4, "events published", ids=["c"])),
    *call("other", "r-6", 12.0, 0.5, _said(11.9, "list registered", list_id="another")),
    *call("register", "r-7", 20.5, 0.5, _said(20.4, "command done", **{CONTEXT.identity: "b"})),
)
FACTS = Facts(
    context=CONTEXT,
    file="list.csv",
    size=1,
    transport="over SFTP",
    arrived=10.0,
    announced=10.5,
    list_id="l",
    report="",
    record={"status": "IMPORTED"},
    manifest=[],
    history=HISTORY,
    calls=calls(LINES),
    receptions={},
)
IMPORTED = RowFacts(
    "a",
    part=1,
    item={"status": "NEW", "version": 1},
    receptions={"one": [_received(17.0)], "two": [_received(17.2)]},
)
REJECTED = RowFacts(
    "a",
    receptions={"one": [], "two": []},
    rejections=(Rejection(4, "colour", "expected red"), Rejection(4, "size", "expected a number")),
    rejected_by="validate_list",
)
VALID = replace(REJECTED, rejections=())
REFUSED = replace(FACTS, record={"status": "REJECTED", "reason": "too many"})


def _steps(trail: Trail) -> list[tuple[int, str, str]]:
    return [(round(trail.offset(step.time)), step.kind, step.name) for step in trail.steps]


def test_an_imported_row_is_followed_to_each_subscriber() -> None:
    """Through its own part and its own publication; later steps of the list are not part of the trail."""
    trail = trail_of(FACTS, IMPORTED)
    assert _steps(trail) == [
        (0, "uploaded", "list.csv"),
        (500, "announced", "upload event"),
        (1000, "started", "execution"),
        (1100, "state", "Validate"),
        (1100, "call", "validate_list"),
        (3000, "state", "Import"),
        (3500, "call", "import_list"),
        (5500, "written", f"{CONTEXT.name} item"),
        (6500, "call", "relay_events"),
        (6800, "published", "relay_events"),
        (7000, "received", "one"),
        (7200, "received", "two"),
    ]
    assert " one, two " in trail.result
    assert (trail.traceparent, trail.trace_id) == (TRACE, "1-0af76519-16cd43dd8448eb211c80319c")


def test_an_item_is_written_before_its_event_is_published() -> None:
    """The function says that a part is done after all of its rows, and the first of them may be told by then."""
    early = call("relay_events", "r-4", 15.4, 0.5, _said(15.2, "events published", ids=["a"]))
    trail = trail_of(replace(FACTS, calls=calls([*LINES, *early])), IMPORTED)
    [written] = [step for step in trail.steps if step.kind == "written"]
    assert written.time == pytest.approx(14.9)


def test_the_shares_of_the_stretches_are_the_whole() -> None:
    trail = trail_of(FACTS, IMPORTED)
    assert sum(trail.shares()) == pytest.approx(1.0)
    assert trail.shares()[0] == pytest.approx(0.5 / 7.2)
    assert trail.milliseconds == pytest.approx(7200)


def test_a_rejected_rows_trail_ends_where_it_was_rejected() -> None:
    trail = trail_of(FACTS, REJECTED)
    assert _steps(trail)[-2:] == [(1100, "call", "validate_list"), (3000, "rejected", "line 4")]
    assert re.search(r"\bline 4\b.*\bvalidate_list: colour: expected red; size: expected a number\.$", trail.result)


def test_a_good_row_of_a_refused_list_has_the_trail_of_the_list() -> None:
    trail = trail_of(REFUSED, VALID)
    assert _steps(trail)[-1] == (9000, "ended", "REJECTED")
    assert trail.result.endswith(" REJECTED: too many.")


def test_a_task_that_failed_is_a_step() -> None:
    failed = _event(12.0, "TaskFailed", taskFailedEventDetails={"error": "Timeout", "cause": "slow"})
    trail = trail_of(replace(FACTS, history=(*HISTORY[:2], failed, *HISTORY[2:])), IMPORTED)
    assert (2000, "failed", "Timeout") in _steps(trail)


def test_without_a_list_the_trail_has_the_upload() -> None:
    """An execution that failed in its first state has registered nothing."""
    trail = trail_of(replace(FACTS, list_id="", calls=[], record={}, history=HISTORY[:1]), VALID)
    assert trail.trace_id == ""
    assert [kind for _, kind, _ in _steps(trail)] == ["uploaded", "announced", "started", "ended"]


def test_a_reader_and_a_program_get_the_same() -> None:
    trail, out = trail_of(FACTS, IMPORTED), io.StringIO()
    show(trail, Console(file=out, width=200))
    data = as_json(trail)
    assert "7,200 ms in all" in out.getvalue()
    assert "part imported part=1" in out.getvalue()
    assert "ids" not in out.getvalue()
    assert [step["offset_ms"] for step in data["steps"]][-1] == data["milliseconds"] == 7200.0
    assert data["steps"][6]["lines"] == [{"offset_ms": 5500.0, "message": "part imported", "part": 1}]
    for step in data["steps"]:
        assert step["name"] in out.getvalue()


def test_the_rows_are_in_the_order_of_their_times() -> None:
    """Log lines of a call come between later steps. A call whose clock is some milliseconds early follows its state."""
    swapped = call("validate_list", "r-1", 13.0, 1.901, _said(12.9, "list validated", list_id="l", outcome="VALIDATED"))
    history = (*HISTORY[:2], _state(12.0, "Task", "Meanwhile"), *HISTORY[2:])
    trail = trail_of(replace(FACTS, calls=calls([*swapped, *LINES[3:]]), history=history), IMPORTED)
    out = io.StringIO()
    show(trail, Console(file=out, width=200))
    milliseconds = [int(ms.replace(",", "")) for ms in re.findall(r"^│ +([\d,]+) │", out.getvalue(), re.MULTILINE)]
    assert len(milliseconds) > len(trail.steps)
    assert milliseconds == sorted(milliseconds)
    assert all(share >= 0 for share in trail.shares())
