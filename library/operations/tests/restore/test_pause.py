"""The pause of a restore: it begins after the comparison, and covers the changed keys."""

from collections import Counter
from datetime import date, timedelta
from typing import Any, cast

import pytest
from payment.context import PAYMENT

from bounded_context.domain.lists import ListStatus
from bounded_context.testing import on
from bounded_context_operations.repair.restore import tables
from bounded_context_operations.repair.restore.pause import Writes

from .test_restore import IDS, damaged
from .world import TABLE, World


class Reads:
    """The reads of a command. `while_paused` counts those during the pause; `happens` is called before each."""

    def __init__(self, world: World) -> None:
        self.world, self.while_paused, self.segments = world, Counter[str](), set[int]()
        self.happens: dict[str, Any] = {}
        world.watched = lambda service, client: _Client(client, self) if service.startswith("dynamodb") else client

    def note(self, name: str, parameters: Any) -> Any:
        if self.world.lambda_.is_paused:
            self.while_paused[name] += 1
        self.segments.add(parameters.get("TotalSegments", 1))
        return self.happens[name](parameters) if name in self.happens else None


class _Client:
    def __init__(self, client: Any, reads: Reads) -> None:
        self._client, self._reads = client, reads

    def get_paginator(self, name: str) -> Any:
        return _Pages(self._client.get_paginator(name), name, self._reads)

    def __getattr__(self, name: str) -> Any:
        def call(**parameters: Any) -> Any:
            answer = self._reads.note(name, parameters)
            return getattr(self._client, name)(**parameters) if answer is None else answer

        return call


class _Pages:
    def __init__(self, pages: Any, name: str, reads: Reads) -> None:
        self._pages, self._name, self._reads = pages, name, reads

    def paginate(self, **parameters: Any) -> Any:
        self._reads.note(self._name, parameters)
        return self._pages.paginate(**parameters)


def test_the_tables_are_compared_before_the_pause(world: World) -> None:
    """The pause reads the keys that differ, and those that changed since."""
    at = damaged(world)
    world.restore(at)
    reads = Reads(world)
    assert world.restore(at, "--go")[0] == 0
    assert reads.while_paused["batch_get_item"] > 0
    assert reads.while_paused["scan"] == 0


def test_large_tables_are_compared_in_segments(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the same result."""
    at = damaged(world)
    _, look = world.restore(at)
    monkeypatch.setattr(tables, "ITEMS_OF_SEGMENT", 2)
    reads = Reads(world)
    assert world.restore(at)[1]["counts"] == look["counts"]
    assert max(reads.segments) > 1
    assert world.restore(at, "--go")[0] == 0
    assert world.contents() == world.contents(at)


@pytest.mark.parametrize("change", ["verify", "remove", "create"])
def test_a_change_during_the_comparison_is_undone_too(change: str, world: World) -> None:
    """The bad release still writes until the pause: also an aggregate that was right when it was compared."""
    at = damaged(world)
    world.restore(at)
    reads, number = Reads(world), 25 if change == "create" else 7

    def scan(parameters: Any) -> None:
        if parameters["TableName"] == TABLE and not changes:
            changes.append(1)
            world.clock.at(world.clock.minutes, lambda: getattr(world, change)(number))

    changes: list[int] = []
    reads.happens["scan"] = scan
    status, report = world.restore(at, "--go")
    assert (status, report["remaining"], changes) == (0, 0, [1])
    assert world.contents() == world.contents(at)
    assert report["written"] == 7


def test_a_stream_that_is_late_hides_no_change(world: World) -> None:
    """A page may be empty although the shard has more records."""
    at = damaged(world)
    world.restore(at)
    reads, pages = Reads(world), Counter[str]()

    def late(_: Any) -> Any:
        pages.update(["all"])
        return {"Records": [], "NextShardIterator": _["ShardIterator"]} if pages["all"] % 8 else None

    def pause(name: str, _: Any) -> None:
        if name == "put_function_concurrency" and not pages["verified"]:
            pages.update(["verified"])
            world.verify(7)

    reads.happens["get_records"], world.before = late, pause
    assert world.restore(at, "--go")[0] == 0
    assert world.contents() == world.contents(at)


def test_a_pause_may_be_longer_than_the_position_in_a_stream_is_valid(world: World) -> None:
    """A position that nobody uses expires after 15 minutes."""
    at = damaged(world)
    world.restore(at)
    world.lambda_.timeouts["test-verify_payment"] = 900
    status, report = world.restore(at, "--go")
    assert (status, report["stopped"], report["remaining"]) == (0, "", 0)
    assert world.contents() == world.contents(at)


def test_commands_run_while_the_last_call_of_deadlines_is_awaited(world: World) -> None:
    """It may last 15 minutes, and write until its end. Nobody waits for deadlines."""
    deadlines, refused = "test-meet_deadlines", list[str]()
    at = damaged(world)
    world.with_deadlines()
    world.restore(at)
    world.lambda_.timeouts[deadlines] = 900
    world.clock.at(world.clock.minutes + 14, lambda: (refused.extend(world.lambda_.stopped), world.verify(7)))
    begun = world.clock.minutes
    status, report = world.restore(at, "--go")
    assert (status, report["stopped"], report["remaining"], report["pause_seconds"]) == (0, "", 0, 0)
    assert refused == [deadlines]
    assert world.clock.minutes - begun > 15
    assert (world.lambda_.is_paused, world.contents()) == (False, world.contents(at))


def test_an_interrupt_while_deadlines_are_awaited_leaves_nothing_stopped(world: World) -> None:
    at = damaged(world)
    world.with_deadlines()
    world.restore(at)
    before = world.contents()
    world.lambda_.timeouts["test-meet_deadlines"] = 900
    world.clock.at(world.clock.minutes + 5, _interrupt)
    status, report = world.restore(at, "--go")
    assert (status, report["interrupted"], report["written"]) == (130, True, 0)
    assert (world.lambda_.is_paused, world.contents()) == (False, before)
    assert world.restore(at, "--go")[0] == 0
    assert (world.lambda_.is_paused, world.contents()) == (False, world.contents(at))


def _interrupt() -> None:
    raise KeyboardInterrupt


def test_a_stream_that_does_not_return_the_latest_changes_is_refused(world: World) -> None:
    """Before anything is paused."""
    at = damaged(world)
    world.restore(at)
    reads, before = Reads(world), world.table.scan()["Items"]
    reads.happens["get_records"] = lambda request: {"Records": [], "NextShardIterator": request["ShardIterator"]}
    status, report = world.restore(at, "--go")
    assert (status, report["result"]) == (2, "refused")
    assert (world.table.scan()["Items"], world.lambda_.is_paused) == (before, False)


def test_unprocessed_keys_are_requested_again_after_a_wait(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A table that throttles would throttle on."""
    at, reads, waits = damaged(world), Reads(world), list[float]()
    monkeypatch.setattr(tables, "sleep", waits.append)

    def some(request: Any) -> Any:
        [(name, wanted)] = request["RequestItems"].items()
        first, *others = wanted["Keys"]
        if not others:
            return None
        answer = world.dynamodb.batch_get_item(RequestItems={name: {**wanted, "Keys": [first]}})
        return answer | {"UnprocessedKeys": {name: {**wanted, "Keys": others}}}

    reads.happens["batch_get_item"] = some
    _, look = world.restore(at)
    assert look["counts"] == {"changed": 3, "removed": 2, "created": 1}
    assert len(waits) > 10


def test_a_restore_waits_for_lists_that_are_being_imported(world: World) -> None:
    """Its pause would throttle their steps."""
    at = damaged(world)
    world.restore(at)
    called: list[str] = []
    world.before = lambda name, _: called.append(name)
    world.machine.running = 2
    status, report = world.restore(at, "--go")
    assert (status, report["result"], called) == (2, "refused", [])
    world.machine.running = 0
    assert world.restore(at, "--go")[0] == 0


def test_a_restore_names_all_lists_that_wait_for_an_approval(world: World) -> None:
    """With the commands of the person who decides: nothing else ends their executions."""
    at = damaged(world)
    world.restore(at)
    waiting = [world.wait_for_approval(f"list-{number}", number) for number in range(2)]
    world.import_list("running", ListStatus.IMPORTING)
    world.machine.running = 3
    status, report = world.restore(at, "--go")
    assert (status, report["result"]) == (2, "refused")
    assert all(list_id in report["why"] for list_id in waiting)
    for command in ("waiting", "approve", "reject"):
        assert f"uv run context list {command} test" in report["why"]


def test_a_comparison_prints_the_length_of_the_pause(world: World) -> None:
    """The timeout of the longest command, and the writes."""
    at = damaged(world)
    _, look = world.restore(at)
    assert 10 <= look["pause_seconds"] < 20
    begun: list[Any] = []
    world.before = lambda name, _: begun.append(world.clock.now()) if "concurrency" in name else None
    _, report = world.restore(at, "--go")
    assert begun[-1] - begun[0] <= timedelta(seconds=2 * look["pause_seconds"])
    assert report["differences"]["removed"] == sorted([IDS[3], IDS[13]])


@pytest.mark.parametrize("live", [None, {"version": 3, "etag": "a.b"}])
def test_a_restored_item_has_the_time_of_the_restore(live: dict[str, Any] | None) -> None:
    """And that of its creation."""
    restored = {"version": 2, "etag": "a.c", "created_at": "2029-01-01", "changed_at": "2029-12-31"}
    with on(date(2030, 1, 1)):
        children = tables.ChildCopies(cast("Any", None), PAYMENT)
        written = Writes(cast("Any", None), "table", "trace", children)._next(restored, live)
    assert (written["created_at"], written["changed_at"]) == ("2029-01-01", "2030-01-01T00:00:00.000Z")
