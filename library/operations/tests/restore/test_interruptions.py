"""The end of the process at any point, other writers, and a stack that cannot be paused."""

import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from payment.context import PAYMENT

from bounded_context_cli.command.aws_errors import INTERRUPTED
from bounded_context_operations.repair.restore import run
from bounded_context_operations.repair.restore.pause import ALIVE
from tests.rollout.clients import error

from .test_restore import IDS, damaged
from .world import READERS, Killed, World

DENIED = error("UpdateEventSourceMapping", "AccessDeniedException")


def _dies_at(number: int) -> Callable[[str, Any], None]:
    """End the process before its call of this number: later calls fail too, also those that clean up."""
    calls: list[str] = []

    def before(name: str, _: Any) -> None:
        calls.append(name)
        if len(calls) > number:
            raise Killed

    return before


def _dies_at_a_write() -> Callable[[str, Any], None]:
    """End the process before it writes an aggregate: the stack is paused."""
    dead: list[str] = []

    def before(name: str, parameters: Any) -> None:
        is_write = name == "put_item" and parameters["Item"]["pk"]["S"].startswith(PAYMENT.key_prefix)
        if dead or is_write:
            dead.append(name)
            raise Killed

    return before


def _is_killed(world: World, at: str, *options: str) -> bool:
    try:
        world.restore(at, "--go", *options)
    except Killed:
        world.clock.sleep(ALIVE.total_seconds())
        return True
    return False


def _killed(world: World) -> str:
    """Kill a restore that has paused the stack, and return its time."""
    at = damaged(world)
    world.restore(at)
    world.before = _dies_at_a_write()
    assert _is_killed(world, at)
    world.before = lambda *_: None
    return at


@pytest.mark.slow
def test_the_report_of_a_continuation_counts_the_whole_repair(
    tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever the first run was killed."""
    monkeypatch.setattr(run, "_CHUNK", 2)
    number, killed, continued, whole = 0, True, 0, dict[str, Any]()
    while killed:
        world = World(tmp_path, capsys)
        at = damaged(world)
        world.restore(at)
        world.before = _dies_at(number) if whole else lambda *_: None
        killed = _is_killed(world, at) if whole else True
        world.before = lambda *_: None
        status, report = world.restore(at, "--go") if killed else (2, {})
        numbers: dict[str, Any] = {name: report.get(name) for name in ("counts", "events", "written")}
        whole = whole or numbers
        if whole is not numbers:
            assert status == 2 or numbers == whole, number
            continued, number = continued + (status == 0), number + 1
    assert continued > 25
    assert whole["written"] == sum(whole["counts"].values()) == 6


def test_a_kill_during_the_look_needs_no_second_copy(world: World) -> None:
    """The next call finds the table by its name."""
    at = damaged(world)
    world.restore(at)
    calls: Counter[str] = Counter()
    world.before = lambda name, _: calls.update([name])
    _, report = world.restore(at)
    assert (report["result"], calls) == ("compared", Counter())


def test_ctrl_c_resumes_the_stack(world: World) -> None:
    """The differences that are left stay for the next run, as does the second table."""
    at = damaged(world)
    world.restore(at)
    calls: Counter[str] = Counter()

    def before(name: str, _: Any) -> None:
        calls.update([name] if world.lambda_.is_paused else [])
        if calls["put_item"] == 6:
            signal.raise_signal(signal.SIGINT)
            while signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
                time.sleep(0.001)

    world.before = before
    status, report = world.restore(at, "--go")
    assert (status, report["result"]) == (INTERRUPTED, "interrupted")
    assert not world.lambda_.is_paused
    world.before = lambda *_: None
    assert world.restore(at, "--go")[0] == 0
    assert world.contents() == world.contents(at)


def test_ctrl_c_during_the_resumption_is_ignored(world: World) -> None:
    """The stack would stay half paused."""
    at = damaged(world)
    world.restore(at)

    def before(name: str, _: Any) -> None:
        if name == "delete_function_concurrency":
            signal.raise_signal(signal.SIGINT)

    world.before = before
    assert world.restore(at, "--go")[0] == 0
    assert not world.lambda_.is_paused


def test_calls_that_ran_at_the_pause_do_not_damage_restored_items(world: World) -> None:
    """A call of the bad release writes right before the item's restore, and another one at the end of its time."""
    at = damaged(world)
    world.restore(at)
    writes: list[str] = []

    def before(name: str, parameters: Any) -> None:
        if name == "put_item" and parameters["Item"]["pk"]["S"] == world.item(2)["pk"] and not writes:
            world.verify(2)
            writes.append("at once")
            world.clock.at(world.clock.minutes + 9 / 60, late)

    def late() -> None:
        world.verify(6)
        writes.append("late")

    world.before = before
    status, report = world.restore(at, "--go")
    assert (status, report["remaining"], writes) == (0, 0, ["at once", "late"])
    assert world.contents() == world.contents(at)
    assert world.projection() == world.expected_projection()
    versions = [event["data"]["version"] for event in world.published() if event["subject"] == IDS[2]]
    assert versions == [1, 2, 3, 4]


def test_repeated_differences_are_reported_and_the_stack_runs(world: World) -> None:
    """A writer that was not paused, such as a function of the team's own."""
    at = damaged(world)
    world.restore(at)

    def before(name: str, parameters: Any) -> None:
        if name == "delete_item" and parameters["Key"]["pk"]["S"].startswith("RESTORE-MARK#"):
            world.overwrite(7, status="VERIFIED")

    world.before = before
    status, report = world.restore(at, "--go")
    assert (status, report["result"], report["remaining"]) == (1, "differences remain", 1)
    assert not world.lambda_.is_paused
    world.before = lambda *_: None
    assert world.restore(at, "--go")[0] == 0
    assert world.contents() == world.contents(at)


def test_a_stack_whose_reader_does_not_stop_is_not_written(world: World) -> None:
    """It runs on as before."""
    at = damaged(world)
    world.restore(at)
    before = world.table.scan()["Items"]
    world.lambda_.stuck = True
    status, report = world.restore(at, "--go")
    assert (status, report["result"]) == (2, "refused")
    assert world.table.scan()["Items"] == before
    assert not world.lambda_.is_paused


@pytest.mark.parametrize("state", ["Disabled", "Creating"])
def test_a_stack_whose_reader_does_not_read_is_refused_before_anything(world: World, state: str) -> None:
    """A restore would enable it in the end, and does not know why it is stopped."""
    at = damaged(world)
    world.restore(at)
    world.lambda_.states[READERS[0]] = state
    status, _ = world.restore(at, "--go")
    assert status == 2
    assert world.lambda_.states[READERS[0]] == state
    assert 0 not in world.lambda_.reserved.values()


def test_a_person_without_permission_to_pause_changes_nothing(world: World) -> None:
    """AWS's refusal is reported."""
    at = damaged(world)
    world.restore(at)
    before = world.table.scan()["Items"]
    world.lambda_.before["put_function_concurrency"] = [error("PutFunctionConcurrency", "AccessDeniedException")]
    status, report = world.restore(at, "--go")
    assert (status, report["result"]) == (2, "refused")
    assert world.table.scan()["Items"] == before
    assert not world.lambda_.is_paused


def test_a_stack_that_cannot_be_resumed_prints_the_way_back(world: World) -> None:
    """So does a comparison. The next run resumes it, too."""
    at = damaged(world)
    world.restore(at)
    world.lambda_.before["delete_function_concurrency"] = [error("DeleteFunctionConcurrency", "ServiceException")]
    status, report = world.restore(at, "--go")
    assert (status, report["result"]) == (1, "paused")
    _, look = world.restore(at)
    assert (look["way_back"], look["paused"]) == (report["way_back"], True)
    assert world.restore(at, "--go")[0] == 0
    assert not world.lambda_.is_paused
    assert world.contents() == world.contents(at)


def test_a_way_back_that_stops_is_printed_again(world: World) -> None:
    """It resumes only the rest."""
    at = _killed(world)
    [printed] = world.restore(at)[1]["way_back"]
    world.lambda_.before["update_event_source_mapping"] = [error("UpdateEventSourceMapping", "ServiceException")]
    status, report = world.follow(printed)
    assert (status, report["result"], report["way_back"]) == (1, "paused", [printed])
    assert world.follow(printed)[0] == 0
    assert not world.lambda_.is_paused


def test_a_comparison_reports_whether_the_stack_is_paused(world: World) -> None:
    """A person may have resumed it in the console."""
    at = _killed(world)
    assert world.restore(at)[1]["paused"]
    world.lambda_.reserved = {"test-import_list": 7}
    world.lambda_.states = dict.fromkeys(READERS, "Enabled")
    _, look = world.restore(at)
    assert (look["paused"], len(look["way_back"])) == (False, 1)


def test_a_stack_without_a_restore_is_not_resumed(world: World) -> None:
    """Nothing changes."""
    before = dict(world.lambda_.states)
    status, report = world.run("restore", "test", "--resume", "--outputs", str(world.file))
    assert (status, report["result"], world.lambda_.states) == (2, "refused", before)


@pytest.mark.parametrize("more", [[], ["--resume", "--at", "2026-01-31T12:00:00Z"], ["--resume", "--go"]])
def test_a_restore_has_a_time_or_only_resumes(more: list[str], world: World) -> None:
    status, report = world.run("restore", "test", *more, "--outputs", str(world.file))
    assert (status, report) == (2, {})


def test_a_restore_to_another_time_waits_for_the_first(world: World) -> None:
    """Two of them would undo each other."""
    first, second = damaged(world), world.remember()
    world.restore(first)
    world.restore(second)
    world.before = _dies_at_a_write()
    assert _is_killed(world, first)
    world.before = lambda *_: None
    assert world.restore(second, "--go")[0] == 2
    assert world.restore(first, "--go")[0] == 0


def test_a_second_person_with_the_same_restore_waits(world: World) -> None:
    """Or with another one, or with its end: whoever is the owner is alive."""
    first, second = damaged(world), world.remember()
    world.restore(first)
    world.restore(second)
    others: list[int] = []

    def before(name: str, _: Any) -> None:
        if name == "update_event_source_mapping" and not others:
            others.append(0)
            others[:] = [world.restore(at, "--go")[0] for at in (first, second)]
            others.append(world.run("restore", "test", "--resume", "--outputs", str(world.file))[0])

    world.before = before
    assert world.restore(first, "--go")[0] == 0
    assert others == [2, 2, 2]
    assert world.contents() == world.contents(first)


def _overtaken(world: World, then: Callable[[], None]) -> tuple[list[int], int, dict[str, Any]]:
    """Let a second call take over a silent restore and end it, and `then` something happen.

    Return the status of the second call, and the status and the report of the first.
    """
    at = damaged(world)
    world.restore(at)
    second: list[int] = []

    def before(name: str, _: Any) -> None:
        if name == "update_event_source_mapping" and not second:
            world.clock.sleep(ALIVE.total_seconds())
            second.append(1)
            second[0] = world.restore(at, "--go")[0]
            then()

    world.before = before
    return second, *world.restore(at, "--go")


def test_a_call_after_a_long_silence_neither_writes_nor_resumes(world: World) -> None:
    """Another one has taken over and ended the restore: a later command stays."""
    second, status, report = _overtaken(world, lambda: world.verify(5))
    assert (second, status, report["result"]) == ([0], 1, "stopped")
    assert world.item(5)["status"] == "VERIFIED"
    assert not world.lambda_.is_paused


def test_a_call_that_lost_its_restore_and_is_denied_prints_the_way_back(world: World) -> None:
    """It has written, so nothing is called refused."""

    def deny() -> None:
        world.lambda_.reserved["test-import_list"] = 0
        world.lambda_.before["put_function_concurrency"] = [DENIED] * 9

    _, status, report = _overtaken(world, deny)
    assert (status, report["result"], len(report["way_back"])) == (1, "paused", 1)


@pytest.mark.parametrize("at", ["2031-05-06T07:08:08Z", "2031-05-06T07:00:00+02:00", "2041-01-01T00:00:00Z"])
def test_a_time_outside_of_the_backup_is_refused(world: World, at: str) -> None:
    """Before the table, or in the future."""
    calls: list[str] = []
    world.before = lambda name, _: calls.append(name)
    status, report = world.restore(at)
    assert (status, report["result"], calls) == (2, "refused", [])


@pytest.mark.parametrize("at", ["yesterday", "2031-05-06T07:08:08", "12:00"])
def test_a_time_without_its_zone_is_no_time(world: World, at: str) -> None:
    """A runbook's time may be local or UTC."""
    assert world.restore(at) == (2, {})


def test_a_go_without_a_look_is_refused(world: World) -> None:
    """Somebody sees the differences first."""
    at = damaged(world)
    assert world.restore(at, "--go")[0] == 2
    assert not world.lambda_.called("put_function_concurrency")


def test_a_continuation_has_the_selection_of_the_beginning(world: World, tmp_path: Path) -> None:
    """Otherwise the report would call a restore of some aggregates a restore of all."""
    at = damaged(world)
    file, other = tmp_path / "ids.txt", tmp_path / "others.txt"
    file.write_text(f"{IDS[3]}\n{IDS[4]}\n")
    other.write_text(f"{IDS[2]}\n")
    world.restore(at)
    world.before = _dies_at_a_write()
    assert _is_killed(world, at, "--only", str(file))
    world.before = lambda *_: None
    for selection in ([], ["--only", str(other)]):
        status, report = world.restore(at, "--go", *selection)
        assert (status, report["result"], world.lambda_.is_paused) == (2, "refused", True)
    file.write_text(f"{IDS[4]}\n{IDS[3]}")
    assert world.restore(at, "--go", "--only", str(file))[0] == 0
    assert (world.item(2)["status"], world.lambda_.is_paused) == ("VERIFIED", False)
