"""Steps of the list workflow that overlap: invocations that outlive their execution, lost answers, late writes."""

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from payment.context import PAYMENT
from payment.model import Status

from bounded_context import ListOpen
from bounded_context.application import calls
from bounded_context.application.calls import seconds_to_spare, time_left
from bounded_context.application.list_import import Outcome
from bounded_context.application.ports import Throttled
from bounded_context.application.staging import VERIFIED, Part, Staging
from bounded_context.domain.lists import ListStatus
from tests.application.world import REPORT, World


@pytest.fixture
def world() -> World:
    return World(PAYMENT)


@pytest.fixture
def waited(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """How long steps wait, in seconds; nobody waits."""
    waits: list[float] = []
    monkeypatch.setattr(time, "sleep", waits.append)
    yield waits


def _parts(world: World, list_id: str) -> list[Part]:
    return Staging(world.files, list_id).manifest(VERIFIED)


def _lost_writer(world: World, list_id: str, part: int = 0, seconds: int = 100) -> None:
    """An invocation began a part, and nobody knows what became of it."""
    world.lists.take_part(list_id, part, "lost", int(time.time()) + seconds)


def test_a_row_of_an_open_list_is_not_changed(world: World):
    """The list may still be undone; when it is imported, the row is free."""
    list_id = world.ready_to_import(world.rows(1))
    world.import_parts(list_id)
    [row] = world.aggregates.stored.values()
    with pytest.raises(ListOpen):
        world.aggregates.save(row.moved_to(Status.VERIFIED))
    with pytest.raises(ListOpen):
        world.aggregates.remove(row)
    world.lists.progress(list_id, ListStatus.IMPORTED)
    world.aggregates.save(row.moved_to(Status.VERIFIED))


def test_undoing_waits_for_a_writer_that_may_still_write(world: World, waited: list[float]):
    """Its rows would come after their deletion."""
    list_id = world.ready_to_import(world.rows(5))
    _lost_writer(world, list_id)
    assert world.compensate(list_id) is ListStatus.FAILED
    [wait] = waited
    assert 100 < wait <= 100 + calls.MARGIN


def test_undoing_does_not_wait_if_every_writer_has_ended(world: World, waited: list[float]):
    """The usual case: a child that failed, or found a row taken, says that it has ended."""
    list_id = world.ready_to_import(world.rows(30))
    world.exists(15)
    world.import_parts(list_id)
    assert world.compensate(list_id) is ListStatus.REJECTED
    assert waited == []


def test_a_part_is_imported_when_its_earlier_writer_has_ended(world: World, waited: list[float]):
    """From then on commands may change its rows, and a late writer would bring deleted rows back."""
    list_id = world.ready_to_import(world.rows(5))
    _lost_writer(world, list_id)
    assert world.import_parts(list_id) == [Outcome.IMPORTED]
    assert len(waited) == 1


def test_an_unanswered_write_is_awaited(world: World, waited: list[float]):
    """It may take effect after the row's deletion, by a command or by the undoing."""
    list_id = world.ready_to_import(world.rows(30))
    world.aggregates.unanswered = int(time.time())
    world.import_parts(list_id)
    assert [0 < wait <= calls.MARGIN for wait in waited] == [True] * 3
    world.exists(900)
    other = world.register(world.samples.file([world.samples.values(900)]), "run-2").list_id
    world.validate(other)
    world.aggregates.stored.pop("id-000900")
    world.verify(other)
    world.exists(900)
    assert world.import_parts(other) == [Outcome.REFUSED]
    world.compensate(other)
    assert len(waited) == 4


def test_a_call_that_lost_its_part_is_repeated(world: World):
    """The list is still wanted: another call has the part, or had it."""
    list_id = world.ready_to_import(world.rows(5))
    write = world.aggregates.import_rows

    def overtaken(list_id: str, rows: Sequence[Mapping[str, Any]], traceparent: str | None) -> None:
        write(list_id, rows, traceparent)
        world.lists.take_part(list_id, 0, "other", 0)

    world.aggregates.import_rows = overtaken
    with pytest.raises(Throttled):
        world.import_parts(list_id)


def test_a_step_that_has_no_time_to_wait_is_repeated(world: World, waited: list[float]):
    """Later, and it begins with the rows that are left."""
    list_id = world.ready_to_import(world.rows(5))
    _lost_writer(world, list_id)
    [part] = _parts(world, list_id)
    with time_left(60), pytest.raises(Throttled):
        world.steps.import_part(list_id, part)
    assert (len(world.owners), world.lists.get(list_id).written[0], waited) == (5, 5, [])
    with time_left(60), pytest.raises(Throttled):
        world.steps.undo_part(list_id, part)


@pytest.mark.parametrize(("seconds", "spare"), [(900, 870), (120, 90), (2, 1.5)])
def test_a_step_keeps_the_end_of_its_time_for_itself(seconds: float, spare: float):
    """At most a quarter of it: a function of two seconds makes progress, too."""
    with time_left(seconds):
        assert spare - 0.5 < seconds_to_spare() <= spare


def test_a_throttled_part_continues_at_its_place(world: World, monkeypatch: pytest.MonkeyPatch):
    """Rows that are recorded as written are not sent again."""
    monkeypatch.setattr("bounded_context.application.importing.ROWS_AT_ONCE", 4)
    list_id = world.ready_to_import(world.rows(10))
    sent: list[int] = []
    write = world.aggregates.import_rows

    def once_throttled(list_id: str, rows: Sequence[Mapping[str, Any]], traceparent: str | None) -> None:
        sent.append(len(rows))
        if len(sent) == 3:
            raise Throttled
        write(list_id, rows, traceparent)

    monkeypatch.setattr(world.aggregates, "import_rows", once_throttled)
    monkeypatch.setattr(time, "sleep", lambda _: None)
    with pytest.raises(Throttled):
        world.import_parts(list_id)
    assert world.import_parts(list_id) == [Outcome.IMPORTED]
    assert sent == [4, 4, 2, 2]


def test_a_written_part_is_not_written_again(world: World):
    """A command may have deleted a row of it."""
    list_id = world.ready_to_import(world.rows(5))
    world.import_parts(list_id)
    world.aggregates.stored.clear()
    assert world.import_parts(list_id) == [Outcome.IMPORTED]
    assert world.owners == {}


def test_an_imported_list_is_not_undone(world: World):
    """Its last write took effect and the answer was lost: the workflow goes to the compensation."""
    list_id = world.ready_to_import(world.rows(5))
    world.import_parts(list_id)
    world.lists.progress(list_id, ListStatus.IMPORTED)
    [part] = _parts(world, list_id)
    world.steps.undo_part(list_id, part)
    assert world.compensate(list_id) is ListStatus.IMPORTED
    assert (len(world.owners), world.report()) == (5, [])


@pytest.mark.parametrize("step", ["validate", "verify"])
@pytest.mark.parametrize("end", [ListStatus.COMPENSATING, ListStatus.REJECTED])
def test_a_late_step_does_not_revive_a_list(world: World, step: str, end: ListStatus):
    """It answers what the list has become."""
    list_id = world.register(world.samples.file(world.rows(5))).list_id
    world.validate(list_id)
    world.lists.refuse(list_id, "refused")
    if end is ListStatus.REJECTED:
        world.compensate(list_id)
    assert getattr(world, step)(list_id).outcome is Outcome.REJECTED
    assert world.lists.get(list_id).status is end


def test_parts_of_a_late_validation_are_not_read(world: World):
    """Another version of the code, or another setting, would stage other parts."""
    list_id = world.register(world.samples.file(world.rows(20))).list_id
    registered = world.lists.get(list_id)
    world.validate(list_id)
    staged = dict(world.files.objects)
    recorded, world.lists.stored[list_id] = world.lists.get(list_id), registered
    progress = world.lists.progress

    def too_late(list_id: str, status: ListStatus, **facts: Any) -> Any:
        world.lists.stored[list_id] = recorded
        return progress(list_id, status, **facts)

    world.lists.progress = too_late
    assert world.validate(list_id, part_rows=3).outcome is Outcome.VALIDATED
    world.lists.progress = progress
    assert all(world.files.objects[key][-1] == versions[-1] for key, versions in staged.items())
    assert world.verify(list_id).outcome is Outcome.VERIFIED
    assert [part.rows for part in _parts(world, list_id)] == [10, 10]


def test_a_late_report_does_not_replace_that_of_a_rejected_list(world: World):
    """The verification reads the status, the list is closed, and the verification writes its report."""
    list_id = world.ready_to_import(world.rows(5))
    replace, late = world.files.replace, iter([True])

    def closed_meanwhile(key: str, data: bytes, tag: str | None) -> bool:
        if next(late, False):
            world.compensate(list_id)
        return replace(key, data, tag)

    world.files.replace = closed_meanwhile
    world.verify(list_id)
    assert [row["line"] for row in world.report()] == [""]


def test_a_good_list_replaces_an_existing_report_by_an_empty_one(world: World):
    """Also after a try of the verification that rejected rows, or a file of that name that was bad."""
    world.files.write(REPORT, b"line,field,reason\r\n2,id,rejected\r\n")
    world.ready_to_import(world.rows(5))
    assert world.report() == []
