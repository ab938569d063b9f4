"""A list whose staged parts are gone: undone by the rows that the table has."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from bounded_context.application.importing import list_event
from bounded_context.application.staging import StagingGone
from bounded_context.domain.events import fresh_traceparent
from bounded_context.domain.faults import ListFault
from bounded_context.domain.lists import Failure, ListStatus, ReceivedList
from bounded_context_operations.repair.closing import SETTLE_SECONDS, Closing
from tests.application.world import World
from tests.contexts import CONTEXTS

ERROR = "States.DataLimitExceeded"


class Killed(BaseException):
    """The process has ended."""


class Rows:
    """The rows of the world, through an index to which the last rows come late."""

    def __init__(self, world: World, late: int = 0) -> None:
        self.world, self.late = world, late

    def of_list(self, list_id: str) -> Iterator[Sequence[str]]:
        rows = [identity for identity, owner in self.world.owners.items() if owner == list_id]
        for start in range(0, len(rows) - self.late, 2):
            yield rows[start : min(start + 2, len(rows) - self.late)]

    def undo_rows(self, list_id: str, identities: Sequence[str]) -> None:
        self.world.aggregates.undo_rows(list_id, identities)


class Closed:
    """The command's run on a world: its events, its pauses, and its rows."""

    def __init__(self, world: World, late: int = 0) -> None:
        self.events: list[dict[str, Any]] = []
        self.pauses: list[float] = []
        self.rows = Rows(world, late)
        self.steps = Closing(world.context, world.lists, world.files, self.rows, self._publish, self._pause)
        self._context = world.context

    def _publish(self, closed: ReceivedList) -> None:
        self.events.append(list_event(self._context, closed, fresh_traceparent()))

    def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.rows.late = 0


@pytest.fixture(params=CONTEXTS, ids=lambda context: context.name)
def world(request: pytest.FixtureRequest) -> World:
    """A world of each context."""
    return World(request.param)


def interrupted(world: World) -> str:
    """Import two of three parts, delete the staging, and return the list's id."""
    list_id = world.ready_to_import(world.rows(25))
    for part in world.verified_parts(list_id)[:2]:
        world.steps.import_part(list_id, part)
    world.staging_gone(list_id)
    return list_id


def test_all_rows_of_the_list_are_deleted_and_no_others(world: World):
    """Its undo by the workflow fails, since the staged parts are gone."""
    list_id = interrupted(world)
    world.exists(900)
    world.exists(901, list_id="another-list")
    with pytest.raises(StagingGone):
        world.compensate(list_id)
    assert Closed(world).steps.close(list_id, ERROR).status is ListStatus.FAILED
    assert set(world.owners.values()) == {None, "another-list"}


def test_record_report_and_event_equal_those_of_a_normal_undo(world: World):
    """Only the time and the trace of the event differ."""
    other = World(world.context)
    list_id = interrupted(world)
    assert list_id == other.ready_to_import(other.rows(25))
    for part in other.verified_parts(list_id)[:2]:
        other.steps.import_part(list_id, part)
    normal = other.steps.compensate(list_id, ERROR)
    by_command = Closed(world)
    closed = by_command.steps.close(list_id, ERROR)
    assert (closed.status, closed.reason, closed.code) == (normal.status, normal.reason, normal.code)
    assert world.report() == other.report()
    [event], expected = by_command.events, list_event(world.context, normal, fresh_traceparent())
    differ = {"time", "traceparent", "sequence"}
    assert {name: event[name] for name in event.keys() - differ} == {
        name: expected[name] for name in expected.keys() - differ
    }
    assert closed.failure and normal.failure
    assert (closed.failure.step, closed.failure.error) == (normal.failure.step, normal.failure.error)


def test_rows_that_appear_late_in_the_index_are_deleted(world: World):
    """The last pass begins after a pause, and finds no row."""
    list_id = interrupted(world)
    closed = Closed(world, late=3)
    closed.steps.close(list_id, ERROR)
    assert world.owners == {}
    assert closed.pauses == [SETTLE_SECONDS] * 2
    assert closed.steps.undone == 20


@pytest.mark.parametrize("killed_at", ["undo_rows", "write", "progress"])
def test_a_killed_run_is_repeated(world: World, killed_at: str, monkeypatch: pytest.MonkeyPatch):
    """The second run deletes the remaining rows. A second event has the id of the first."""
    list_id = interrupted(world)
    target: Any = {"undo_rows": world.aggregates, "write": world.files, "progress": world.lists}[killed_at]
    once, call = Closed(world), getattr(target, killed_at)
    with monkeypatch.context() as killing:
        killing.setattr(target, killed_at, _killing(call, 3 if killed_at == "undo_rows" else 1))
        with pytest.raises(Killed):
            once.steps.close(list_id, ERROR)
    assert world.lists.get(list_id).status is ListStatus.COMPENSATING
    again = Closed(world)
    assert again.steps.close(list_id, ERROR).status is ListStatus.FAILED
    assert world.owners == {}
    assert [row["code"] for row in world.report()] == [ListFault.FAILED]
    assert len({event["id"] for event in once.events + again.events}) == 1


def _killing(call: Callable[..., Any], at: int) -> Callable[..., Any]:
    calls = iter(range(1, 100))

    def killed(*arguments: Any, **named: Any) -> Any:
        if next(calls) == at:
            raise Killed
        return call(*arguments, **named)

    return killed


def test_a_rejected_list_keeps_its_reason_although_its_lines_are_gone(world: World):
    """It ends as rejected, and its report has the reason of the whole list."""
    list_id = world.ready_to_import([*world.rows(30), world.bad(31)])
    world.exists(15)
    world.import_parts(list_id)
    world.staging_gone(list_id)
    assert Closed(world).steps.close(list_id, "").status is ListStatus.REJECTED
    assert world.owners == {world.samples.aggregate(15).id: None}
    [line] = world.report()
    assert "was created while" in line["reason"]


def test_the_cause_is_the_exception_of_the_part_that_failed(world: World):
    """The list's record has it, as after a normal undo."""
    list_id = world.ready_to_import(world.rows(25))
    world.lists.take_part(list_id, 1, "writer", 0)
    world.lists.record_failure(list_id, Failure("import_list", 1, "KeyError", "'x'"), 1)
    world.staging_gone(list_id)
    assert Closed(world).steps.close(list_id, "States.Timeout").failure == Failure("import_list", 1, "KeyError", "'x'")


@pytest.mark.parametrize("status", [ListStatus.IMPORTED, ListStatus.FAILED, ListStatus.REJECTED])
def test_a_closed_list_stays(world: World, status: ListStatus):
    """Nothing is deleted or published."""
    list_id = interrupted(world)
    world.lists._change(list_id, status=status)
    closed = Closed(world)
    assert closed.steps.close(list_id, ERROR).status is status
    assert (len(world.owners), closed.events) == (20, [])
