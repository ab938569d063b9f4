"""The watch over lists that are under way."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from bounded_context import aws
from bounded_context.handlers.watch_lists import lambda_handler
from bounded_context.testing import InMemoryFiles, InMemoryLists
from tests.emf import totals
from tests.handlers.conftest import LambdaContext

OLDEST = ("OldestUnfinishedListAge",)
UNSEEN = ("UploadsUnseen",)
KEY = "incoming/acme/ja\u00f1uary.csv"


def _under_way(monkeypatch: pytest.MonkeyPatch, started: datetime | None) -> None:
    monkeypatch.setattr(aws, "executions", lambda: SimpleNamespace(oldest_start=lambda: started))


def test_the_age_of_the_oldest_list_is_told(
    context: LambdaContext, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """In seconds."""
    _under_way(monkeypatch, datetime.now(UTC) - timedelta(hours=1))
    answer = lambda_handler({}, context)
    assert answer["seconds"] == pytest.approx(3600, abs=5)
    assert totals(capsys.readouterr().out) == {OLDEST: answer["seconds"]}


@pytest.mark.parametrize("started", [None, datetime.now(UTC) + timedelta(hours=1)])
def test_without_a_list_under_way_the_age_is_none_and_told(
    started: datetime | None,
    context: LambdaContext,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    """An alarm can tell that nothing is late from that nobody looks; clocks that differ make no negative age."""
    _under_way(monkeypatch, started)
    lambda_handler({}, context)
    assert totals(capsys.readouterr().out) == {OLDEST: 0}


@pytest.fixture
def inbox(monkeypatch: pytest.MonkeyPatch) -> InMemoryFiles:
    """An inbox and records of lists, in memory, with no list under way."""
    files, lists = InMemoryFiles(), InMemoryLists()
    monkeypatch.setattr(aws, "files", lambda: files)
    monkeypatch.setattr(aws, "lists", lambda: lists)
    told = {"table_name": "t", "inbox_bucket": "b", "state_machine_arn": "m", "temporary_names": '[".part"]'}
    for name, value in told.items():
        monkeypatch.setenv(name.upper(), value)
    _under_way(monkeypatch, None)
    return files


def _minute(number: int, hours: int = 1) -> dict[str, str]:
    """The event of a schedule, some hours from now."""
    at = (datetime.now(UTC) + timedelta(hours=hours)).replace(minute=number)
    return {"time": at.isoformat().replace("+00:00", "Z")}


@pytest.mark.parametrize("files", [0, 2])
def test_uploads_that_nobody_has_heard_of_are_counted(
    files: int, inbox: InMemoryFiles, context: LambdaContext, capsys: pytest.CaptureFixture[str]
):
    """None are told too, so that the alarm is over."""
    for number in range(files):
        inbox.write(f"{KEY}-{number}", b"rows")
    lambda_handler(_minute(45, hours=2), context)
    assert totals(capsys.readouterr().out) == {OLDEST: 0, UNSEEN: files}


def test_the_inbox_is_listed_four_times_an_hour(
    inbox: InMemoryFiles, context: LambdaContext, capsys: pytest.CaptureFixture[str]
):
    """Each listing costs; what is not listed is not counted as none."""
    inbox.write(KEY, b"rows")
    told = [minute for minute in range(60) if _tells(minute, context, capsys)]
    assert told == [0, 15, 30, 45]


def _tells(minute: int, context: LambdaContext, capsys: pytest.CaptureFixture[str]) -> bool:
    lambda_handler(_minute(minute), context)
    return UNSEEN in totals(capsys.readouterr().out)


def test_a_person_is_told_which_they_are(
    inbox: InMemoryFiles, context: LambdaContext, capsys: pytest.CaptureFixture[str]
):
    """All that starts one, and what tells whether it is whole; a question changes no metric."""
    inbox.write(KEY, b"rows")
    inbox.write(f"{KEY}.part", b"")
    assert lambda_handler({"unseen": {}}, context) == {"unseen": []}
    [told] = lambda_handler({"unseen": {"seconds": 0}}, context)["unseen"]
    stored = told.pop("stored")
    assert datetime.now(UTC) - datetime.fromisoformat(stored) < timedelta(minutes=1)
    assert told == {"bucket": "inbox", "key": KEY, "version": "1", "size": 4}
    assert not totals(capsys.readouterr().out)
