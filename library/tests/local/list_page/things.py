"""A list as a run leaves it, made up."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bounded_context.tools.local.list_page.data import Part, Told
from bounded_context.tools.local.list_page.gather import rejected
from bounded_context.tools.local.list_page.steps import steps
from bounded_context.tools.local.observation.calls import Call
from bounded_context.tools.local.result import Result, Rows

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


def state(kind: str, name: str, entered: float, left: float, *within: dict[str, Any]) -> list[dict[str, Any]]:
    """The events of a state, and those within it."""
    return [
        event(f"{kind}StateEntered", entered, stateEnteredEventDetails={"name": name}),
        *within,
        event(f"{kind}StateExited", left, stateExitedEventDetails={"name": name}),
    ]


HISTORY = [
    event("ExecutionStarted", 0.1),
    *state("Task", "ValidateList", 0.2, 1.7),
    *state("Choice", "IsValid", 1.7, 1.7),
    *state("Map", "ImportList", 2, 4.5),
    event("ExecutionSucceeded", 5),
]
RESULT = Result(
    rows=Rows(uploaded=10, valid=7, rejected=3, imported=7),
    events={"bi": Counter({"PaymentRegistered": 7, "PaymentListImported": 1})},
    outcome="IMPORTED",
    own_event="PaymentListImported",
    not_emulated=[],
    adapted=[],
    stages={"deploy": 2.5, "import": 5.0},
    report=REPORT,
)
CALL = Call("import_list", "1", "r-1", ARRIVED.timestamp() + 2.5, ARRIVED.timestamp() + 4, ())
TOLD = Told(
    context="Payment",
    file="january <1>.csv",
    size=12_345,
    way="over SFTP",
    arrived=ARRIVED.timestamp(),
    list_id="abc123",
    result=RESULT,
    record={"partner": "acme", "traceparent": "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01"},
    faults={"value": 2, "cells": 1},
    rejected=rejected(REPORT),
    parts=[Part(0, 5, "imported", [CALL]), Part(1, 2, "imported", [CALL])],
    steps=list(steps(HISTORY)),
    calls=[CALL, replace(CALL, ended=CALL.began + 0.5)],
)
