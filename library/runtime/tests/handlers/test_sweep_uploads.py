"""The sweep of the inbox for uploads of which no list is recorded."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bounded_context import aws
from bounded_context.domain.lists import StoredVersion
from bounded_context.handlers.sweep_uploads import MOST, lambda_handler
from bounded_context.testing import InMemoryFiles, InMemoryLists
from tests.emf import totals
from tests.handlers.conftest import LambdaContext

UNSEEN = ("UploadsUnseen",)
KEY = "incoming/acme/ja\u00f1uary.csv"


@pytest.fixture
def inbox(monkeypatch: pytest.MonkeyPatch) -> InMemoryFiles:
    """An inbox and records of lists, in memory."""
    files, lists = InMemoryFiles(), InMemoryLists()
    monkeypatch.setattr(aws, "files", lambda: files)
    monkeypatch.setattr(aws, "lists", lambda: lists)
    told = {"table_name": "t", "inbox_bucket": "b", "temporary_names": '[".part"]'}
    for name, value in told.items():
        monkeypatch.setenv(name.upper(), value)
    return files


def _later(hours: int = 1) -> dict[str, str]:
    """The event of a schedule, some hours from now."""
    at = datetime.now(UTC) + timedelta(hours=hours)
    return {"time": at.isoformat().replace("+00:00", "Z")}


@pytest.mark.parametrize("files", [0, 2])
def test_unseen_uploads_are_counted(
    files: int, inbox: InMemoryFiles, context: LambdaContext, capsys: pytest.CaptureFixture[str]
):
    """A count of 0 is written too, so that the alarm ends."""
    for number in range(files):
        inbox.write(f"{KEY}-{number}", b"rows")
    assert lambda_handler(_later(), context) == {"uploads": files}
    assert totals(capsys.readouterr().out) == {UNSEEN: files}


def test_a_sweep_that_fails_writes_no_count(
    inbox: InMemoryFiles, context: LambdaContext, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """Also if it fails after it found some: half of a count would look like a whole one."""
    inbox.write(KEY, b"rows")
    found = list(inbox.arrived())

    def broken() -> Iterator[StoredVersion]:
        yield from found
        raise TimeoutError

    monkeypatch.setattr(inbox, "arrived", broken)
    with pytest.raises(TimeoutError):
        lambda_handler(_later(), context)
    assert UNSEEN not in totals(capsys.readouterr().out)


def test_a_person_gets_what_starts_each(
    inbox: InMemoryFiles, context: LambdaContext, capsys: pytest.CaptureFixture[str]
):
    """Bucket, key and version; the size tells whether it is whole. A question changes no metric."""
    inbox.write(KEY, b"rows")
    inbox.write(f"{KEY}.part", b"")
    assert lambda_handler({"unseen": {}}, context) == {"unseen": [], "more": 0}
    [told] = lambda_handler({"unseen": {"seconds": 0}}, context)["unseen"]
    stored = told.pop("stored")
    assert datetime.now(UTC) - datetime.fromisoformat(stored) < timedelta(minutes=1)
    assert told == {"bucket": "inbox", "key": KEY, "version": "1", "size": 4}
    assert not totals(capsys.readouterr().out)


def test_a_person_gets_the_oldest_of_very_many(
    inbox: InMemoryFiles, context: LambdaContext, monkeypatch: pytest.MonkeyPatch
):
    """Their partners wait longest."""
    inbox.write(KEY, b"rows")
    [one] = inbox.arrived()
    monkeypatch.setattr(inbox, "arrived", lambda: _aged(one, MOST + 2))
    told: dict[str, Any] = lambda_handler({"unseen": {"seconds": 0}}, context)
    found: list[Any] = told["unseen"]
    assert (len(found), told["more"]) == (MOST, 2)
    assert found == sorted(found, key=lambda told: told["stored"])
    assert found[0]["version"] == f"{MOST + 1}"
    after = {name: found[-1][name] for name in ("stored", "key", "version")}
    rest: dict[str, Any] = lambda_handler({"unseen": {"seconds": 0, "after": after}}, context)
    assert ([one["version"] for one in rest["unseen"]], rest["more"]) == (["1", "0"], 0)


def test_uploads_of_one_moment_are_each_in_one_answer(
    inbox: InMemoryFiles, context: LambdaContext, monkeypatch: pytest.MonkeyPatch
):
    """S3 counts whole seconds."""
    monkeypatch.setattr("bounded_context.handlers.sweep_uploads.MOST", 1)
    for number in (2, 1, 3):
        inbox.write(f"incoming/acme/{number}.csv", b"rows")
    [first] = {one.modified for one in list(inbox.arrived())[:1]}
    same = [StoredVersion(one.file, one.etag, first) for one in inbox.arrived()]
    monkeypatch.setattr(inbox, "arrived", lambda: iter(same))
    keys, after = list[str](), {}
    for _ in range(3):
        [told] = lambda_handler({"unseen": {"seconds": 0, **after}}, context)["unseen"]
        keys.append(told["key"])
        after = {"after": told}
    assert keys == [f"incoming/acme/{number}.csv" for number in (1, 2, 3)]


def _aged(one: StoredVersion, number: int) -> Iterator[StoredVersion]:
    """Versions, each a second older than the one before."""
    for age in range(number):
        file = one.file.__class__(one.file.bucket, one.file.key, str(age), one.file.size)
        yield StoredVersion(file, one.etag, one.modified - timedelta(seconds=age))
