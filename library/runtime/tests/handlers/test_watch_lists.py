"""The watch over lists that are under way, and over event source mappings."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from bounded_context import ListApproval, aws
from bounded_context.adapters.services import Failing
from bounded_context.domain.lists import ListStatus, PinnedFile, ReceivedList
from bounded_context.handlers import watch_lists
from bounded_context.handlers.watch_lists import lambda_handler
from tests.emf import totals
from tests.handlers.conftest import LambdaContext, Lines

OLDEST = ("OldestUnfinishedListAge",)
FAILING = ("EventSourceMappingsFailing",)


@pytest.fixture(autouse=True)
def under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """No list is under way, and every mapping works."""
    _under_way(monkeypatch, None)
    _mappings(monkeypatch)


def _under_way(monkeypatch: pytest.MonkeyPatch, started: datetime | None) -> None:
    monkeypatch.setattr(aws, "executions", lambda: SimpleNamespace(starts=lambda: {"run": started} if started else {}))


def _mappings(monkeypatch: pytest.MonkeyPatch, *failing: str) -> None:
    def failing_mappings(functions: Sequence[str]) -> list[Failing]:
        return [Failing(function, "Disabled") for function in functions if function in failing]

    monkeypatch.setattr(aws, "event_sources", lambda: SimpleNamespace(failing=failing_mappings))


def test_the_age_of_the_oldest_list_is_in_seconds(
    context: LambdaContext, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """In seconds."""
    _under_way(monkeypatch, datetime.now(UTC) - timedelta(hours=1))
    answer = lambda_handler({}, context)
    assert answer["seconds"] == pytest.approx(3600, abs=5)
    assert totals(capsys.readouterr().out)[OLDEST] == answer["seconds"]


@pytest.mark.parametrize("started", [None, datetime.now(UTC) + timedelta(hours=1)])
def test_without_a_pending_list_the_age_is_zero(
    started: datetime | None,
    context: LambdaContext,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    """An alarm can tell that nothing is late from that nobody looks; clocks that differ make no negative age."""
    _under_way(monkeypatch, started)
    lambda_handler({}, context)
    assert totals(capsys.readouterr().out)[OLDEST] == 0


@pytest.mark.parametrize(
    ("failing", "number"), [([], 0), (["relay_events"], 1), (["relay_events", "measure_lists", "on_event"], 3)]
)
def test_mappings_that_fail_are_counted(
    failing: list[str],
    number: int,
    context: LambdaContext,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    """A count of 0 is written too, so that the alarm ends."""
    _mappings(monkeypatch, *failing)
    assert lambda_handler({}, context)["mappings"] == number
    assert totals(capsys.readouterr().out)[FAILING] == number


def test_a_mapping_that_fails_is_logged(context: LambdaContext, monkeypatch: pytest.MonkeyPatch, lines: Lines):
    """The runbook reads there which one it is, and why."""
    _mappings(monkeypatch, "measure_lists")
    lambda_handler({}, context)
    [line] = [line for line in lines() if "mapping_of" in line]
    assert (line["level"], line["mapping_of"], line["why"]) == ("WARNING", "measure_lists", "Disabled")


def test_lists_are_measured_also_where_mappings_cannot_be_listed(
    context: LambdaContext, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """What is not known is not counted as none, and the call fails."""

    def refused(_functions: Sequence[str]) -> list[Failing]:
        raise PermissionError

    monkeypatch.setattr(aws, "event_sources", lambda: SimpleNamespace(failing=refused))
    with pytest.raises(PermissionError):
        lambda_handler({}, context)
    assert set(totals(capsys.readouterr().out)) == {OLDEST}


def test_a_list_that_waits_for_its_approval_is_not_unfinished(
    context: LambdaContext, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """Its wait is a metric of its own. A list that was approved is as old as without its wait."""
    now = datetime.now(UTC)
    seconds, day = int(now.timestamp()), 24 * 60 * 60
    received = ReceivedList(PinnedFile("inbox", "incoming/acme/x.csv", "v1", 42), "run-1", ListStatus.IMPORTING)
    lists = {
        "waiting": replace(received, waits_since=seconds - 2 * day),
        "approved": replace(received, waits_since=seconds - 3 * day, decided_at=seconds - 60),
        "small": received,
    }
    starts = {"waiting": 2 * day + 30, "approved": 3 * day + 90, "small": 100, "not registered": 10}
    began = {name: now - timedelta(seconds=age) for name, age in starts.items()}
    monkeypatch.setattr(watch_lists, "CONTEXT", replace(watch_lists.CONTEXT, approval=ListApproval(lambda _: True)))
    monkeypatch.setattr(aws, "executions", lambda: SimpleNamespace(starts=lambda: began))
    monkeypatch.setattr(aws, "lists", lambda: SimpleNamespace(of_executions=lambda _: lists))
    assert lambda_handler({}, context)["seconds"] == pytest.approx(150, abs=5)
    assert totals(capsys.readouterr().out)["OldestWaitingListAge",] == pytest.approx(2 * day, abs=5)
