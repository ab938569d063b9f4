"""A list as a run leaves it, made up."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from bounded_context_infra.configuration.project import current
from bounded_context_local.actors.subscriber import Reception
from bounded_context_local.list_views.facts import Facts
from bounded_context_local.observation.logs import LoggedCall, LogLine
from bounded_context_local.running.context import Rows, RunResult

ARRIVED = datetime(2026, 1, 31, 12, tzinfo=UTC)
REPORT = """line,field,reason
3,amount,'x': no amount
7,amount,'x': no amount
9,,the row has 3 cells
,,too many <b>
"""


def event(kind: str, seconds: float, **details: Any) -> dict[str, Any]:
    """An event of an execution's history, so many seconds after the file had arrived."""
    return {"type": kind, "timestamp": ARRIVED + timedelta(seconds=seconds), **details}


def state(kind: str, name: str, entered: float, exited: float, *within: dict[str, Any]) -> list[dict[str, Any]]:
    """The events of a state, and those within it."""
    return [
        event(f"{kind}StateEntered", entered, stateEnteredEventDetails={"name": name}),
        *within,
        event(f"{kind}StateExited", exited, stateExitedEventDetails={"name": name}),
    ]


HISTORY = [
    event("ExecutionStarted", 0.1),
    *state("Task", "ValidateList", 0.2, 1.7),
    *state("Choice", "IsValid", 1.7, 1.7),
    *state("Map", "ImportList", 2, 4.5),
    event("ExecutionSucceeded", 5),
]
RESULT = RunResult(
    rows=Rows(uploaded=10, valid=7, rejected=3, imported=7),
    events={"bi": Counter({"PaymentRegistered": 7, "PaymentListImported": 1})},
    outcome="IMPORTED",
    own_event="PaymentListImported",
    not_emulated=[],
    adapted=[],
    stages={"deploy": 2.5, "import": 5.0},
    report=REPORT,
)
IMPORTED_PART = [
    LogLine("import_list", "1", f"r-{part}", 0.0, "INFO", "part imported", {"list_id": "abc123", "part": part})
    for part in range(2)
]
BEGAN = ARRIVED.timestamp() + 2.5
FACTS = Facts(
    context=current().context,
    file="january <1>.csv",
    size=12_345,
    transport="over SFTP",
    arrived=ARRIVED.timestamp(),
    announced=ARRIVED.timestamp(),
    list_id="abc123",
    report=REPORT,
    record={
        "partner": "acme",
        "traceparent": "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01",
        "rejections": {"value": 2, "cells": 1},
        "imported_parts": {0},
        "undone_parts": {1},
    },
    manifest=[{"part": 0, "rows": 5}, {"part": 1, "rows": 2}],
    history=HISTORY,
    calls=[
        LoggedCall("import_list", "1", "r-0", BEGAN, BEGAN + 1.5, (IMPORTED_PART[0],)),
        LoggedCall("import_list", "1", "r-1", BEGAN, BEGAN + 0.5, (IMPORTED_PART[1],)),
    ],
    receptions={"bi": [Reception("{}", BEGAN + seconds, BEGAN, {}) for seconds in (0.5, 1.5)]},
)
