"""The metrics that the code emits are those that the infrastructure knows, and every one of them is emitted."""

import importlib
import io
from collections.abc import Iterator
from contextlib import redirect_stdout
from datetime import datetime
from types import SimpleNamespace

import pytest

from <<cookiecutter.__package>> import bootstrap
from <<cookiecutter.__package>>.adapters import items
from <<cookiecutter.__package>>.domain import events
from <<cookiecutter.__package>>.domain.lists import BROKEN, ListStatus
from <<cookiecutter.__package>>.handlers import measure_lists, on_event, relay_events, watch_lists
from <<cookiecutter.__package>>.telemetry import measures

from infra import measures as known
from tests import foreign, samples
from tests.commands import CREATE
from tests.emf import Emitted, emitted
from tests.fakes import FakeProjection
from tests.handlers.conftest import LambdaContext
from tests.streams import ARRIVED, change, closing, list_item

CONTEXT = LambdaContext()


def test_the_infrastructure_knows_every_measure_and_no_other() -> None:
    """A dashboard or an alarm on a metric that nobody emits would stay empty for ever."""
    assert sorted(measure.name for measure in measures.ALL) == sorted(known.ALL)
    assert sorted(measures.CHANGES) == sorted(known.CHANGES)


@pytest.mark.parametrize(("dimension", "by_name"), [("reason", known.BY_REASON), ("currency", known.BY_CURRENCY)])
def test_both_know_the_same_dimensions_and_values(dimension: str, by_name: dict[str, tuple[str, ...]]) -> None:
    """A metric is found by its exact dimensions only."""
    defined = {one.name: set(one.values) for one in measures.ALL if one.dimension == dimension}
    assert defined == {name: set(values) for name, values in by_name.items()}


def test_no_measure_has_another_dimension() -> None:
    """Each value of each dimension is a metric that costs."""
    assert {one.dimension for one in measures.ALL} <= {None, "reason", "currency"}
    assert {one.name for one in measures.ALL if one.dimension is None} == set(known.PLAIN)


def _commands() -> None:
    importlib.import_module(f"<<cookiecutter.__package>>.handlers.{CREATE[1].__name__}").lambda_handler({}, CONTEXT)


def _relay() -> None:
    stored = (samples.<<cookiecutter.__package>>(n, status=status) for n, status in enumerate(events.REACHED))
    told = [items.from_<<cookiecutter.__package>>(one) for one in stored]
    records = [change(None, item, number) for number, item in enumerate(told)]
    relay_events.lambda_handler({"Records": [*records, change(told[0], None, 99)]}, CONTEXT)


def _lists() -> None:
    received = change(None, list_item(version=f"{BROKEN}event-1"))
    sums = {field: dict.fromkeys(measure.values, 1) for field, measure in measures.AMOUNTS_IMPORTED.items()}
    faults = dict.fromkeys(measures.ROWS_REJECTED.values, 1)
    ends = (ListStatus.REJECTED, ListStatus.FAILED, ListStatus.IMPORTED)
    closed = [closing(status, rejections=faults, amounts=sums) for status in ends]
    measure_lists.lambda_handler({"Records": [received, *closed]}, CONTEXT)


def _watch() -> None:
    watch_lists.lambda_handler({}, CONTEXT)


def _inbound() -> None:
    poison = ["{", "{}", foreign.event(source="nobody"), foreign.event(subject=""), foreign.event(time=None)]
    messages = [foreign.event(), foreign.event(), *poison]
    records = [foreign.record(message, f"m-{number}") for number, message in enumerate(messages)]
    on_event.lambda_handler({"Records": records}, CONTEXT)


EMITTING = (_commands, _relay, _lists, _watch, _inbound)
"""Together they emit every measure. One that is added needs to be emitted by one of them."""


class _Topic:
    """Refuses some events of each batch, by their indexes."""

    def __init__(self, refused: set[int]) -> None:
        self._refused = refused

    def publish(self, _batch: list[object]) -> set[int]:
        return self._refused


class _DeadLetters:
    """Puts nothing anywhere."""

    def bury(self, *_: object) -> None:
        pass


def _oldest() -> datetime:
    return ARRIVED


@pytest.fixture(scope="module")
def output() -> Iterator[list[Emitted]]:
    """All that the functions emit."""
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(io.StringIO()) as written:
        patch.setenv("IMPORT_TARGET_SECONDS", "30")
        patch.setenv("CONSUMES", foreign.CONSUMES_JSON)
        patch.setenv("TABLE_NAME", "table")
        patch.setenv("DEAD_LETTER_URL", "https://queue")
        projection = FakeProjection()
        patch.setattr(bootstrap, "projection", lambda: projection)
        patch.setattr(bootstrap, "dead_letters", _DeadLetters)
        patch.setattr(bootstrap, "executions", lambda: SimpleNamespace(oldest_start=_oldest))
        for refused in ({0}, set[int]()):
            patch.setattr(bootstrap, "topic", lambda refused=refused: _Topic(refused))
            for emitting in EMITTING:
                emitting()
    yield emitted(written.getvalue())


@pytest.mark.parametrize("measure", measures.ALL, ids=lambda measure: measure.name)
def test_every_measure_is_emitted_as_it_is_defined(measure: measures.Measure, output: list[Emitted]) -> None:
    """With its unit, the dimension `service`, and its own dimension if it has one."""
    found = [one for one in output if one.name == measure.name]
    assert found
    own = {measure.dimension} - {None}
    for one in found:
        assert one.unit == measure.unit.value
        assert set(one.dimensions) == {"service"} | own
        assert {one.dimensions[name] for name in own if name} <= set(measure.values)


def test_nothing_else_is_emitted(output: list[Emitted]) -> None:
    """What is not defined is on no dashboard."""
    assert {one.name for one in output} == {measure.name for measure in measures.ALL}
