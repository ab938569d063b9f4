"""Every measure of the catalogue is emitted by some function, as it is defined, and nothing else is."""

import io
from collections.abc import Iterator, Mapping
from contextlib import redirect_stdout
from dataclasses import replace
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest

from bounded_context import ListApproval, aws
from bounded_context.adapters.items import Items
from bounded_context.declaration.measures import CURRENCY, REASON, Measure
from bounded_context.domain.lists import BROKEN, ListStatus
from bounded_context.handlers import event_handler, measure_lists, relay_events, sweep_uploads, watch_lists
from bounded_context.telemetry.traces import flush
from bounded_context.testing.functions import Samples, handler_of
from bounded_context.testing.in_memory import InMemoryAggregates, InMemoryFiles, InMemoryLists, InMemoryProjection
from tests import foreign
from tests.emf import Emitted, emitted
from tests.handlers.conftest import LambdaContext
from tests.infra.graph import CONTEXT
from tests.streams import ARRIVED, change, closing, list_item

CALL = LambdaContext()
SAMPLES = Samples(CONTEXT)


def test_no_measure_has_another_dimension() -> None:
    """Each value of each dimension is a metric that costs."""
    assert {measure.dimension for measure in CONTEXT.measures.all} <= {None, REASON, CURRENCY}


def _commands() -> None:
    handler_of(CONTEXT, CONTEXT.command_functions[0])({}, CALL)


def _relay() -> None:
    items = Items(CONTEXT)
    table_items = [
        items.from_aggregate(SAMPLES.aggregate(n, status=status)) for n, status in enumerate(CONTEXT.event_by_status)
    ]
    records = [change(None, item, number) for number, item in enumerate(table_items)]
    relay_events.lambda_handler({"Records": [*records, change(table_items[0], None, 99)]}, CALL)


def _lists() -> None:
    measures = CONTEXT.measures
    received = change(None, list_item(version=f"{BROKEN}event-1"))
    sums = {field: dict.fromkeys(measure.values, 1) for field, measure in measures.amounts_imported.items()}
    faults = dict.fromkeys(measures.rows_rejected.values, 1)
    ends = (ListStatus.REJECTED, ListStatus.FAILED, ListStatus.IMPORTED)
    closed = [closing(status, rejections=faults, amounts=sums) for status in ends]
    scanned = change(list_item(awaits_scan=True), list_item(scan="FAILED"))
    measure_lists.lambda_handler({"Records": [received, scanned, *closed]}, CALL)


def _watch() -> None:
    watch_lists.lambda_handler({}, CALL)
    sweep_uploads.lambda_handler({"time": "2026-01-31T14:45:00Z"}, CALL)


def _waiting() -> None:
    approving = replace(CONTEXT, approval=ListApproval(lambda _: True))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(watch_lists, "CONTEXT", approving)
        patch.setattr(aws, "executions", lambda: SimpleNamespace(starts=dict))
        patch.setattr(aws, "lists", lambda: SimpleNamespace(of_executions=lambda _: {}))
        watch_lists.lambda_handler({}, CALL)


def _inbound() -> None:
    poison = ["{", "{}", foreign.event(source="nobody"), foreign.event(subject=""), foreign.event(time=None)]
    messages = [foreign.event(), foreign.event(), *poison]
    records = [foreign.record(message, f"m-{number}") for number, message in enumerate(messages)]
    projection = InMemoryProjection()
    event_handler(CONTEXT, lambda: projection, _DeadLetters)({"Records": records}, CALL)


def _rule() -> None:
    aws.obeys(CONTEXT)([], "l-1")


EMITTING = (_commands, _relay, _lists, _watch, _waiting, _inbound, _rule)
"""Together they emit every measure. One that is added needs to be emitted by one of them."""


class _Topic:
    """Refuses some events of each batch, by their indexes."""

    def __init__(self, refused: set[int]) -> None:
        self._refused = refused

    def publish(self, _batch: list[object]) -> set[int]:
        return self._refused


class _DeadLetters:
    """Puts nothing anywhere."""

    def bury(self, body: str, attributes: Mapping[str, Any], reason: str) -> None:
        pass


def _starts() -> dict[str, datetime]:
    return {"run": ARRIVED}


@pytest.fixture(scope="module")
def output() -> Iterator[list[Emitted]]:
    """All that the functions emit."""
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(io.StringIO()) as written:
        patch.setenv("IMPORT_TARGET_SECONDS", "30")
        patch.setenv("CONSUMES", foreign.CONSUMES_JSON)
        patch.setenv("TABLE_NAME", "table")
        patch.setenv("INBOX_BUCKET", "inbox")
        patch.setenv("STATE_MACHINE_ARN", "arn:machine")
        patch.setenv("TEMPORARY_NAMES", "[]")
        patch.setenv("DEAD_LETTER_URL", "https://queue")
        patch.setattr(aws, "executions", lambda: SimpleNamespace(starts=_starts))
        patch.setattr(aws, "event_sources", lambda: SimpleNamespace(failing=lambda _: []))
        patch.setattr(aws, "files", InMemoryFiles)
        patch.setattr(aws, "lists", InMemoryLists)
        patch.setattr(aws, "aggregates", InMemoryAggregates)
        for refused in ({0}, set[int]()):
            patch.setattr(aws, "topic", lambda refused=refused: _Topic(refused))
            for emitting in EMITTING:
                emitting()
        flush()
    yield emitted(written.getvalue())


@pytest.mark.parametrize("measure", CONTEXT.measures.all, ids=lambda measure: measure.name)
def test_every_measure_is_emitted_as_it_is_defined(measure: Measure, output: list[Emitted]) -> None:
    """With its unit, the dimension `service`, and its own dimension if it has one."""
    metrics = [metric for metric in output if metric.name == measure.name]
    assert metrics
    own = {measure.dimension} - {None}
    for metric in metrics:
        assert metric.unit == measure.unit
        assert set(metric.dimensions) == {"service"} | own
        assert {metric.dimensions[name] for name in own if name} <= set(measure.values)


def test_only_defined_measures_are_emitted(output: list[Emitted]) -> None:
    """What is not defined is on no dashboard."""
    assert {metric.name for metric in output} == {measure.name for measure in CONTEXT.measures.all}
